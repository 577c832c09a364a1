//! A tiny raw client: octets by hand, so that what the message centre writes is seen as it is.

use simulators::smsc::{Smsc, SmscScript};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) const BIND_RECEIVER: u32 = 1;
pub(crate) const BIND_TRANSMITTER: u32 = 2;
pub(crate) const QUERY_SM: u32 = 3;
pub(crate) const SUBMIT_SM: u32 = 4;
pub(crate) const DELIVER_SM: u32 = 5;
pub(crate) const UNBIND: u32 = 6;
pub(crate) const CANCEL_SM: u32 = 8;
pub(crate) const BIND_TRANSCEIVER: u32 = 9;
pub(crate) const ENQUIRE_LINK: u32 = 0x15;
pub(crate) const DATA_SM: u32 = 0x103;
pub(crate) const RESP: u32 = 0x8000_0000;

#[derive(Debug, Clone)]
pub(crate) struct Pdu {
    pub(crate) command: u32,
    pub(crate) status: u32,
    pub(crate) sequence: u32,
    pub(crate) body: Vec<u8>,
}

impl Pdu {
    /// The C-octet string at the start of the body.
    pub(crate) fn id(&self) -> String {
        let end = self.body.iter().position(|&octet| octet == 0).unwrap_or(self.body.len());
        String::from_utf8(self.body[..end].to_vec()).unwrap()
    }

    /// Everything readable in the body, for looking for words.
    pub(crate) fn words(&self) -> String {
        self.body.iter().map(|&octet| char::from(octet)).collect()
    }

    /// The value of an optional parameter, found by its tag and a plausible length.
    pub(crate) fn tlv(&self, tag: u16, length: usize) -> Option<&[u8]> {
        let [high, low] = tag.to_be_bytes();
        let head = [high, low, 0, length as u8];
        let at = self.body.windows(4).position(|window| window == head)? + 4;
        self.body.get(at..at + length)
    }
}

pub(crate) fn pdu(command: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    for word in [16 + body.len() as u32, command, status, sequence] {
        octets.extend_from_slice(&word.to_be_bytes());
    }
    octets.extend_from_slice(body);
    octets
}

/// What may differ between submits.
#[derive(Debug, Clone)]
pub(crate) struct Message<'a> {
    pub(crate) source: &'a str,
    pub(crate) number: &'a str,
    pub(crate) esm_class: u8,
    pub(crate) registered: u8,
    pub(crate) coding: u8,
    pub(crate) text: &'a [u8],
    pub(crate) tlvs: &'a [(u16, &'a [u8])],
}

pub(crate) fn to(number: &str) -> Message<'_> {
    Message { source: "LANGSON", number, esm_class: 0, registered: 1, coding: 0, text: b"Goi 112", tlvs: &[] }
}

impl Message<'_> {
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = vec![0, 5, 0];
        body.extend_from_slice(self.source.as_bytes());
        body.extend_from_slice(&[0, 1, 1]);
        body.extend_from_slice(self.number.as_bytes());
        body.extend_from_slice(&[0, self.esm_class, 0, 0, 0, 0, self.registered, 0, self.coding, 0]);
        body.push(self.text.len() as u8);
        body.extend_from_slice(self.text);
        for (tag, value) in self.tlvs {
            body.extend_from_slice(&tag.to_be_bytes());
            body.extend_from_slice(&(value.len() as u16).to_be_bytes());
            body.extend_from_slice(value);
        }
        body
    }
}

pub(crate) struct Client {
    stream: TcpStream,
    sequence: u32,
    /// Octets that came in the last read, beyond the PDU returned.
    pub(crate) rest: Vec<u8>,
    pub(crate) reads: usize,
}

impl Client {
    pub(crate) async fn connect(smsc: &Smsc) -> Self {
        let stream = TcpStream::connect(smsc.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, sequence: 0, rest: Vec::new(), reads: 0 }
    }

    pub(crate) async fn send(&mut self, command: u32, body: &[u8]) -> u32 {
        self.sequence += 1;
        let octets = pdu(command, 0, self.sequence, body);
        self.stream.write_all(&octets).await.unwrap();
        self.sequence
    }

    pub(crate) async fn raw(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    /// The next PDU; `None` when the connection ended.
    pub(crate) async fn next(&mut self) -> Option<Pdu> {
        timeout(PATIENCE, self.read()).await.expect("nothing came")
    }

    pub(crate) async fn nothing_within(&mut self, quiet: Duration) -> bool {
        timeout(quiet, self.read()).await.is_err()
    }

    async fn read(&mut self) -> Option<Pdu> {
        loop {
            let word = |at: usize| u32::from_be_bytes(self.rest[at..at + 4].try_into().unwrap());
            if self.rest.len() >= 16 {
                let length = word(0) as usize;
                assert!(length >= 16, "command_length {length}");
                if self.rest.len() >= length {
                    let found = Pdu {
                        command: word(4),
                        status: word(8),
                        sequence: word(12),
                        body: self.rest[16..length].to_vec(),
                    };
                    self.rest.drain(..length);
                    return Some(found);
                }
            }
            self.reads += 1;
            match self.stream.read_buf(&mut self.rest).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Reads until that many octets are here, without looking at them.
    pub(crate) async fn fill(&mut self, octets: usize) {
        while self.rest.len() < octets {
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.rest)).await.expect("nothing came");
            assert_ne!(read.unwrap(), 0, "ended after {:?}", self.rest);
        }
    }

    pub(crate) async fn ask(&mut self, command: u32, body: &[u8]) -> Pdu {
        let sequence = self.send(command, body).await;
        let answer = self.next().await.expect("the connection ended");
        assert_eq!((answer.command, answer.sequence), (command | RESP, sequence));
        answer
    }

    pub(crate) async fn bind(&mut self, command: u32, system_id: &str, password: &str) -> Pdu {
        let mut body = Vec::new();
        for field in [system_id, password, ""] {
            body.extend_from_slice(field.as_bytes());
            body.push(0);
        }
        body.extend_from_slice(&[0x34, 0, 0, 0]);
        self.ask(command, &body).await
    }

    pub(crate) async fn submit(&mut self, message: &Message<'_>) -> Pdu {
        self.ask(SUBMIT_SM, &message.body()).await
    }

    pub(crate) async fn acknowledge(&mut self, request: &Pdu, status: u32) {
        let octets = pdu(request.command | RESP, status, request.sequence, b"\0");
        self.raw(&octets).await;
    }

    /// The next receipt, acknowledged.
    pub(crate) async fn receipt(&mut self) -> Pdu {
        let receipt = self.next().await.expect("the connection ended");
        assert!(matches!(receipt.command, DELIVER_SM | DATA_SM), "{receipt:?}");
        self.acknowledge(&receipt, 0).await;
        receipt
    }
}

pub(crate) async fn start(script: SmscScript) -> Smsc {
    Smsc::start(script, "127.0.0.1:0").await.unwrap()
}

/// A message centre and a transceiver bound to it.
pub(crate) async fn bound(script: SmscScript) -> (Smsc, Client) {
    let smsc = start(script).await;
    let client = bind_again(&smsc).await;
    (smsc, client)
}

pub(crate) async fn bind_again(smsc: &Smsc) -> Client {
    let mut client = Client::connect(smsc).await;
    assert_eq!(client.bind(BIND_TRANSCEIVER, "loa", "secret").await.status, 0);
    client
}
