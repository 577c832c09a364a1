//! From nothing to a bound session: connect, TLS, bind, each with its own time-out, and every way it can
//! fail told apart.

use std::{io, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    codes::{self, BindEffect},
    config::SmppSettings,
    frame::{self, BadLength, id},
    tls::{self, TlsError},
    wire,
};

/// The bind is the first PDU of a session.
pub(crate) const BIND_SEQUENCE: u32 = 1;

/// A connection, plain or encrypted.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A bound session: its stream, and what the SMSC sent together with its answer.
pub(crate) struct Bound {
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) read: BytesMut,
}

/// Why a bind did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindError {
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("no connection within {0} ms")]
    ConnectTimeout(u64),
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    #[error("bind refused: {} ({})", codes::look_up(*status).en, codes::code(*status))]
    Refused { status: u32 },
    #[error("no answer to the bind within {0} ms")]
    BindTimeout(u64),
    #[error("connection closed during the bind")]
    Closed,
    #[error("connection lost during the bind: {0}")]
    Lost(#[from] io::Error),
    #[error("not SMPP: {0}")]
    Garbled(#[from] BadLength),
}

impl BindError {
    /// What to do about it.
    pub(crate) fn effect(&self) -> BindEffect {
        match self {
            Self::Refused { status } => codes::look_up(*status).bind,
            Self::Tls(TlsError::Name(_) | TlsError::Configuration(_) | TlsError::Pem { .. }) => {
                BindEffect::Stop
            }
            Self::Tls(TlsError::Read { .. } | TlsError::Handshake(_))
            | Self::Connect(_)
            | Self::ConnectTimeout(_)
            | Self::BindTimeout(_)
            | Self::Closed
            | Self::Lost(_)
            | Self::Garbled(_) => BindEffect::BackOff,
        }
    }
}

/// Opens a session with the bind PDU `command`.
pub(crate) async fn open(settings: &SmppSettings, command: u32) -> Result<Bound, BindError> {
    let mut stream = timeout(Duration::from_millis(settings.connect_timeout_ms), connect(settings))
        .await
        .map_err(|_| BindError::ConnectTimeout(settings.connect_timeout_ms))??;
    let read = timeout(Duration::from_millis(settings.bind_timeout_ms), bind(&mut stream, settings, command))
        .await
        .map_err(|_| BindError::BindTimeout(settings.bind_timeout_ms))??;
    Ok(Bound { stream, read })
}

async fn connect(settings: &SmppSettings) -> Result<Box<dyn Stream>, BindError> {
    let stream = TcpStream::connect(&settings.address).await.map_err(BindError::Connect)?;
    // Writes are gathered by the session; Nagle would only hold the last one back for an ACK.
    stream.set_nodelay(true)?;
    match &settings.tls {
        None => Ok(Box::new(stream)),
        Some(tls) => Ok(Box::new(tls::connect(tls, settings.host(), stream).await?)),
    }
}

/// Sends the bind and waits for its answer. What follows the answer stays in the buffer: an SMSC may send
/// receipts in the same segment.
async fn bind(
    stream: &mut Box<dyn Stream>,
    settings: &SmppSettings,
    command: u32,
) -> Result<BytesMut, BindError> {
    let mut out = BytesMut::new();
    wire::bind(&mut out, command, BIND_SEQUENCE, settings);
    let mut read = BytesMut::with_capacity(4096);
    loop {
        if !out.is_empty() {
            stream.write_all_buf(&mut out).await?;
            stream.flush().await?;
        }
        while let Some((frame, octets)) = frame::next(&read, settings.pdu_octets_max)? {
            let is_answer = match frame.id {
                id::GENERIC_NACK => Some(false),
                other => (other == command | id::RESPONSE).then_some(true),
            };
            let status = frame.status;
            if frame.id == id::ENQUIRE_LINK {
                wire::enquire_link_resp(&mut out, frame.sequence);
            }
            read.advance(octets);
            match (is_answer, status) {
                (Some(true), codes::ROK) => return Ok(read),
                (Some(_), status) => return Err(BindError::Refused { status }),
                // Nothing else may come before the answer; what does will come again.
                (None, _) => {}
            }
        }
        if out.is_empty() && stream.read_buf(&mut read).await? == 0 {
            return Err(BindError::Closed);
        }
    }
}
