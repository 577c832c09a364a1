//! TLS to an SMSC: carriers sign their certificates themselves, so the authority is always named in the
//! settings. Files are read at each connect, and so may be renewed while the gateway runs.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::config::TlsSettings;

/// Why no TLS session came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("tls.{key}: cannot read {file}: {source}")]
    Read { key: &'static str, file: String, source: std::io::Error },
    #[error("tls.{key}: {file} holds no usable PEM: {problem}")]
    Pem { key: &'static str, file: String, problem: String },
    #[error("tls.server_name: '{0}' is not a host name or an address")]
    Name(String),
    #[error("certificate and key do not fit: {0}")]
    Configuration(#[from] rustls::Error),
    #[error("handshake failed: {0}")]
    Handshake(#[from] std::io::Error),
}

pub(crate) async fn connect(
    settings: &TlsSettings,
    host: &str,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, TlsError> {
    let name = settings.server_name.as_deref().unwrap_or(host);
    let server = ServerName::try_from(name.to_owned()).map_err(|_| TlsError::Name(name.to_owned()))?;
    let config = configuration(settings).await?;
    Ok(TlsConnector::from(Arc::new(config)).connect(server, stream).await?)
}

async fn configuration(settings: &TlsSettings) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("ca", &settings.ca).await? {
        roots.add(certificate)?;
    }
    // The provider is named here, so that no other part of the process has to install a default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates("certificate", certificate).await?;
            Ok(builder.with_client_auth_cert(chain, private_key(key).await?)?)
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

async fn certificates(key: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(key, file).await?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(no_pem(key, file, "no certificate in it".to_owned())),
        Err(problem) => Err(no_pem(key, file, problem.to_string())),
    }
}

async fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read("key", file).await?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|problem| no_pem("key", file, problem.to_string()))
}

async fn read(key: &'static str, file: &Path) -> Result<Vec<u8>, TlsError> {
    let shown = || file.display().to_string();
    tokio::fs::read(file).await.map_err(|source| TlsError::Read { key, file: shown(), source })
}

fn no_pem(key: &'static str, file: &Path, problem: String) -> TlsError {
    TlsError::Pem { key, file: file.display().to_string(), problem }
}
