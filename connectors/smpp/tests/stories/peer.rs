//! A peer written octet by octet, for what no carrier should do.

use std::time::Duration;

use contract::Health;
use loa_smpp::{Password, SmppSettings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::kit::{BOUND, Engine, batch, code, is_accepted};

const BIND_TRANSCEIVER_RESP: u32 = 0x8000_0009;
const SUBMIT_SM_RESP: u32 = 0x8000_0004;
const DELIVER_SM: u32 = 5;
const DELIVER_SM_RESP: u32 = 0x8000_0005;

struct Peer(TcpStream);

impl Peer {
    /// Accepts a connection and its bind, and puts `more` into the same write as the answer.
    async fn bound(listener: &TcpListener, more: &[u8]) -> Self {
        let (stream, _) = timeout(BOUND, listener.accept()).await.unwrap().unwrap();
        let mut peer = Self(stream);
        let (_, sequence, _) = peer.read().await;
        let answer = pdu(BIND_TRANSCEIVER_RESP, 0, sequence, b"peer\0");
        peer.0.write_all(&[&answer, more].concat()).await.unwrap();
        peer
    }

    async fn read(&mut self) -> (u32, u32, Vec<u8>) {
        let mut header = [0; 16];
        timeout(BOUND, self.0.read_exact(&mut header)).await.expect("nothing came").unwrap();
        let word = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        let mut body = vec![0; usize::try_from(word(0)).unwrap() - 16];
        self.0.read_exact(&mut body).await.unwrap();
        (word(4), word(12), body)
    }

    async fn write(&mut self, octets: &[u8]) {
        self.0.write_all(octets).await.unwrap();
    }
}

fn pdu(id: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    [&length.to_be_bytes(), &id.to_be_bytes(), &status.to_be_bytes(), &sequence.to_be_bytes(), body].concat()
}

async fn listener(change: impl FnOnce(&mut SmppSettings)) -> (TcpListener, SmppSettings) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut settings = SmppSettings {
        reconnect_min_ms: 20,
        reconnect_max_ms: 50,
        ..SmppSettings::new(&address, "loa", Password::new("secret"), "LANGSON")
    };
    change(&mut settings);
    (listener, settings)
}

#[tokio::test]
async fn malformed_pdus_cost_themselves_only() {
    let (listener, settings) = listener(|_| {}).await;
    let mut engine = Engine::start(settings);
    // A response with an id that lacks its end, a delivery of nothing, an answer to nothing, a nack with a body.
    let mut peer = Peer::bound(&listener, &pdu(DELIVER_SM, 0, 70, b"no end")).await;
    assert_eq!(engine.health(|health| *health == Health::Ready).await, Health::Ready);
    let (id, sequence, _) = peer.read().await;
    assert_eq!((id, sequence), (DELIVER_SM_RESP, 70), "what can't be read is rejected, not ignored");
    engine.submit(batch(3)).await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(peer.read().await.1);
    }
    let answers = [
        pdu(SUBMIT_SM_RESP, 0, 999_999, b"nobody\0"),
        pdu(0x8000_0000, 3, 888_888, b"body"),
        pdu(0x8000_0015, 0, 5, b"x"),
        pdu(SUBMIT_SM_RESP, 0, asked[0], b"id-one"),
        pdu(SUBMIT_SM_RESP, 0, asked[1], b""),
        pdu(0x8000_0000, 0x58, asked[2], b""),
    ];
    peer.write(&answers.concat()).await;
    let outcomes = engine.outcomes(3).await;
    assert_eq!(outcomes[&1].accepted[0].reference, "id-one");
    assert_eq!(outcomes[&2].accepted[0].reference, "");
    assert_eq!(code(&outcomes[&3]), "0x00000058");
}

#[tokio::test]
async fn a_peer_that_reads_nothing_is_given_up_and_the_unsent_are_proved_unsent() {
    let (listener, settings) = listener(|settings| {
        settings.window = 10_000;
        settings.response_timeout_ms = 500;
    })
    .await;
    let mut engine = Engine::start(settings);
    let mut peer = Peer::bound(&listener, &[]).await;
    let engine_ready = engine.health(|health| *health == Health::Ready).await;
    assert_eq!(engine_ready, Health::Ready);
    // More than all buffers between the two hold.
    let text = crate::kit::body(contract::SmsEncoding::Gsm7, vec![vec![b'x'; 60_000]]);
    let many: Vec<_> = (1..=400).map(|seq| crate::kit::submission(seq, &text)).collect();
    engine.submit(many).await;
    let outcomes = engine.outcomes(400).await;
    // Now read what had been sent: exactly the uncertain ones may be in it.
    let mut seen = 0;
    let mut sent = Vec::new();
    while let Ok(octets) = peer.0.read_buf(&mut sent).await
        && octets > 0
    {
        seen += octets;
    }
    let pdu_octets = usize::try_from(u32::from_be_bytes(sent[..4].try_into().unwrap())).unwrap();
    let whole_or_begun = seen.div_ceil(pdu_octets);
    let uncertain =
        outcomes.values().filter(|one| matches!(one.answer, contract::Answer::Uncertain { .. })).count();
    let unsent =
        outcomes.values().filter(|one| matches!(one.answer, contract::Answer::NotSent { .. })).count();
    assert_eq!(uncertain + unsent, 400);
    assert!(unsent > 0, "the buffers took everything");
    assert!(uncertain >= whole_or_begun, "{uncertain} uncertain, {whole_or_begun} were on the wire");
}

#[tokio::test]
async fn sequence_numbers_of_ours_and_theirs_do_not_meet() {
    let (listener, settings) = listener(|settings| settings.enquire_link_ms = 30).await;
    let mut engine = Engine::start(settings);
    let mut peer = Peer::bound(&listener, &[]).await;
    let (id, sequence, _) = peer.read().await;
    assert_eq!(id, 0x15, "an idle link is asked");
    peer.write(&pdu(0x15, 0, sequence, b"")).await;
    peer.write(&pdu(0x8000_0015, 0, sequence, b"")).await;
    let (id, answered, _) = peer.read().await;
    assert_eq!((id, answered), (0x8000_0015, sequence));
    engine.submit(batch(1)).await;
    loop {
        let (id, sequence, _) = peer.read().await;
        if id == 4 {
            peer.write(&pdu(SUBMIT_SM_RESP, 0, sequence, b"7\0")).await;
            break;
        }
    }
    assert!(is_accepted(&engine.outcome().await));
}

#[tokio::test]
async fn a_peer_that_does_not_answer_enquire_link_is_left() {
    let (listener, settings) = listener(|settings| {
        settings.enquire_link_ms = 30;
        settings.response_timeout_ms = 60;
    })
    .await;
    let engine = Engine::start(settings);
    let mut silent = Peer::bound(&listener, &[]).await;
    assert_eq!(silent.read().await.0, 0x15);
    engine.health(|health| matches!(health, Health::Down(why) if why.contains("enquire_link"))).await;
    let again = timeout(Duration::from_secs(5), Peer::bound(&listener, &[])).await;
    assert!(again.is_ok(), "it comes back");
}
