//! TLS with an authority of the carrier's own.

use std::{path::PathBuf, sync::Arc};

use contract::Health;
use loa_smpp::{SmppSettings, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use simulators::smsc::{Smsc, SmscScript};

use crate::kit::{Engine, batch, is_accepted, settings};

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    folder: PathBuf,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let folder = std::env::temp_dir().join(format!("loa-smpp-tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("ca.pem"), certificate.pem()).unwrap();
        Self { der: certificate.der().clone(), issuer: Issuer::new(params, key), folder }
    }

    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn server(&self, asks_client: bool) -> Arc<ServerConfig> {
        let (certificate, key) = self.sign("smsc.example");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = builder.unwrap();
        let builder = if asks_client {
            let mut roots = RootCertStore::empty();
            roots.add(self.der.clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }

    fn client(&self) -> TlsSettings {
        TlsSettings {
            ca: self.folder.join("ca.pem"),
            server_name: Some("smsc.example".to_owned()),
            certificate: None,
            key: None,
        }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

async fn carrier(authority: &Authority, asks_client: bool) -> Smsc {
    Smsc::start_tls(SmscScript::default(), "127.0.0.1:0", authority.server(asks_client)).await.unwrap()
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_named() {
    let authority = Authority::new("private");
    let smsc = carrier(&authority, false).await;
    let mut engine =
        Engine::start(SmppSettings { tls: Some(authority.client()), ..settings(&smsc) }).ready().await;
    engine.submit(batch(500)).await;
    assert!(engine.outcomes(500).await.values().all(is_accepted));
    engine.sink.receipts(500).await;
}

#[tokio::test]
async fn a_client_certificate_is_shown_when_asked_for() {
    let authority = Authority::new("client");
    let smsc = carrier(&authority, true).await;
    let (certificate, key) = authority.sign("loa.example");
    std::fs::write(authority.folder.join("own.pem"), certificate.pem()).unwrap();
    std::fs::write(authority.folder.join("own.key"), key.serialize_pem()).unwrap();
    let tls = TlsSettings {
        certificate: Some(authority.folder.join("own.pem")),
        key: Some(authority.folder.join("own.key")),
        ..authority.client()
    };
    let mut engine = Engine::start(SmppSettings { tls: Some(tls), ..settings(&smsc) }).ready().await;
    engine.submit(batch(1)).await;
    assert!(is_accepted(&engine.outcome().await));
}

#[tokio::test]
async fn another_authority_or_name_is_refused() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let smsc = carrier(&authority, false).await;
    let wrong_name = TlsSettings { server_name: Some("bank.example".to_owned()), ..authority.client() };
    let missing = TlsSettings { ca: "/nowhere/ca.pem".into(), ..authority.client() };
    for (tls, expected) in
        [(other.client(), "handshake"), (wrong_name, "handshake"), (missing, "/nowhere/ca.pem")]
    {
        let engine = Engine::start(SmppSettings { tls: Some(tls), ..settings(&smsc) });
        engine.health(|health| matches!(health, Health::Down(why) if why.contains(expected))).await;
    }
    assert_eq!(smsc.counts().binds, 0);
}
