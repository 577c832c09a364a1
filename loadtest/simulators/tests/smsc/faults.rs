use crate::client::*;
use simulators::smsc::SmscScript;
use simulators::smsc::script::{BindScript, Fault, FaultKind, When};
use std::time::{Duration, Instant};

const QUIET: Duration = Duration::from_millis(40);

async fn faulty(what: FaultKind, when: When) -> (simulators::smsc::Smsc, Client) {
    bound(SmscScript { faults: vec![Fault::new(what, when)], ..SmscScript::default() }).await
}

fn silent() -> Message<'static> {
    Message { registered: 0, ..to("84900000001") }
}

#[tokio::test]
async fn the_connection_ends_before_or_after_the_message_was_accepted() {
    for (what, accepted, lost) in [(FaultKind::DropBeforeAccept, 2, 0), (FaultKind::DropBeforeResponse, 3, 1)]
    {
        let (smsc, mut client) = faulty(what, When::Once(3)).await;
        for _ in 0..2 {
            assert_eq!(client.submit(&silent()).await.status, 0);
        }
        client.send(4, &silent().body()).await;
        assert!(client.next().await.is_none(), "{what:?}");
        let counts = smsc.counts();
        assert_eq!(
            (counts.accepted_parts, counts.responses_lost, counts.drops),
            (accepted, lost, 1),
            "{what:?}"
        );
        assert_eq!(u64::from(smsc.accepted(84900000001)), accepted);
        assert_eq!(bind_again(&smsc).await.submit(&silent()).await.status, 0, "once only");
    }
}

#[tokio::test]
async fn when_is_once_after_every_or_a_share() {
    for (when, expected) in [
        (When::Once(2), vec![2]),
        (When::After(4), vec![5, 6]),
        (When::Every(3), vec![3, 6]),
        (When::Share(1.0), vec![1, 2, 3, 4, 5, 6]),
        (When::Share(0.0), vec![]),
    ] {
        let (_smsc, mut client) = faulty(FaultKind::UnknownCommand, when).await;
        let mut struck = Vec::new();
        for nth in 1..=6 {
            client.submit(&silent()).await;
            if !client.nothing_within(Duration::from_millis(15)).await {
                struck.push(nth);
            }
        }
        assert_eq!(struck, expected, "{when:?}");
    }
}

#[tokio::test]
async fn responses_may_be_missing_or_late() {
    let (smsc, mut client) = faulty(FaultKind::NoResponse, When::Once(1)).await;
    client.send(4, &to("84900000001").body()).await;
    assert_eq!(client.receipt().await.command, DELIVER_SM, "accepted all the same");
    assert!(client.nothing_within(QUIET).await);
    assert_eq!((smsc.counts().accepted_parts, smsc.counts().responses_lost), (1, 1));

    let (_smsc, mut client) = faulty(FaultKind::LateResponse { ms: 60 }, When::Once(1)).await;
    let started = Instant::now();
    let late = client.send(4, &silent().body()).await;
    assert_eq!(client.submit(&silent()).await.status, 0, "the next one overtakes it");
    assert_eq!(client.next().await.unwrap().sequence, late);
    assert!(started.elapsed() >= Duration::from_millis(59));
}

#[tokio::test]
async fn receipts_may_come_first_twice_or_contradict() {
    let (_smsc, mut client) = faulty(FaultKind::ReceiptBeforeResponse, When::Every(1)).await;
    client.send(4, &to("84900000001").body()).await;
    let receipt = client.next().await.unwrap();
    let response = client.next().await.unwrap();
    assert_eq!((receipt.command, response.command), (DELIVER_SM, RESP | 4));
    assert!(receipt.words().contains(&response.id()));

    for (what, second) in
        [(FaultKind::DuplicateReceipt, "DELIVRD"), (FaultKind::ContradictingReceipt, "UNDELIV")]
    {
        let (_smsc, mut client) = faulty(what, When::Every(1)).await;
        let id = client.submit(&to("84900000001")).await.id();
        for state in ["DELIVRD", second] {
            let words = client.receipt().await.words();
            assert!(words.contains(&id) && words.contains(state), "{what:?} {words}");
        }
        assert!(client.nothing_within(QUIET).await);
    }
}

#[tokio::test]
async fn a_deliver_sm_comes_in_the_same_write_as_the_bind_response() {
    let bind = BindScript { coalesce_deliver: true, ..BindScript::default() };
    let smsc = start(SmscScript { bind, ..SmscScript::default() }).await;
    let mut client = Client::connect(&smsc).await;
    assert_eq!(client.bind(BIND_TRANSCEIVER, "loa", "secret").await.status, 0);
    assert_eq!(client.reads, 1);
    assert!(!client.rest.is_empty(), "it came with the first read");
    assert_eq!(client.next().await.unwrap().command, DELIVER_SM);
}

#[tokio::test]
async fn pdus_may_be_split_over_many_writes() {
    let (_smsc, mut client) = faulty(FaultKind::SplitWrites { octets: 3 }, When::Once(2)).await;
    client.submit(&silent()).await;
    let before = client.reads;
    assert_eq!(client.submit(&silent()).await.status, 0);
    assert!(client.reads - before > 4, "{} reads", client.reads - before);
    let before = client.reads;
    client.submit(&silent()).await;
    assert_eq!(client.reads - before, 1, "and whole again");
}

#[tokio::test]
async fn strange_octets_and_a_sudden_unbind() {
    let (_smsc, mut client) = faulty(FaultKind::UnknownCommand, When::Once(1)).await;
    client.submit(&silent()).await;
    let unknown = client.next().await.unwrap();
    assert_eq!((unknown.command, unknown.status), (0x0F0F, 0));
    client.raw(&pdu(RESP, 3, unknown.sequence, b"")).await;
    assert_eq!(client.ask(ENQUIRE_LINK, b"").await.status, 0);

    let (_smsc, mut client) = faulty(FaultKind::Garbage, When::Once(1)).await;
    client.submit(&silent()).await;
    client.fill(16).await;
    assert_eq!(client.rest[..4], [0, 0, 0, 7]);

    let (smsc, mut client) = faulty(FaultKind::Unbind, When::Once(1)).await;
    client.submit(&silent()).await;
    let unbind = client.next().await.unwrap();
    assert_eq!(unbind.command, UNBIND);
    assert_eq!(client.submit(&silent()).await.status, 0, "what is under way is still answered");
    client.acknowledge(&unbind, 0).await;
    assert!(client.next().await.is_none());
    assert!(smsc.wait_for(|_| smsc.binds_now() == 0, PATIENCE).await);
}

#[tokio::test]
async fn a_socket_that_is_not_read_pushes_back() {
    let (smsc, mut client) = faulty(FaultKind::StopReading { ms: 80 }, When::Once(1)).await;
    client.submit(&silent()).await;
    let started = Instant::now();
    assert_eq!(client.ask(ENQUIRE_LINK, b"").await.status, 0);
    assert!(started.elapsed() >= Duration::from_millis(70));
    assert_eq!(smsc.counts().enquire_links, 1);
}

#[tokio::test]
async fn ready_made_characters_behave_as_named() {
    let (smsc, mut client) = bound(SmscScript::dropping(5)).await;
    for _ in 0..4 {
        client.submit(&silent()).await;
    }
    client.send(4, &silent().body()).await;
    assert!(client.next().await.is_none());
    assert_eq!(smsc.counts().accepted_parts, 5);

    let (smsc, mut client) = bound(SmscScript::odd_receipts()).await;
    for _ in 0..120 {
        client.send(4, &to("84900000001").body()).await;
    }
    let mut answered = 0;
    while answered < 120 || smsc.counts().receipts_waiting > 0 {
        let came = client.next().await.unwrap();
        answered += u32::from(came.command == RESP | 4);
        if came.command & RESP == 0 {
            client.acknowledge(&came, 0).await;
        }
    }
    let sent = smsc.counts().receipts_sent;
    assert!(sent.total() >= 120 + 120 / 11 && sent.delivered < sent.total(), "{sent:?}");
}
