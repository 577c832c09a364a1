use crate::client::*;
use simulators::smsc::script::{Account, IdStyle, NumberScript, Refusal};
use simulators::smsc::{SmscScript, status};
use std::time::{Duration, Instant};

#[tokio::test]
async fn what_a_carrier_refuses() {
    let script = SmscScript {
        sources_allowed: vec!["LANGSON".into(), "LANGSONPROVI".into()],
        numbers: vec![NumberScript { number: 84900000002, refuse: Some(0x0450), outcome: None }],
        ..SmscScript::default()
    };
    let (smsc, mut client) = bound(script).await;
    let long = [b'a'; 161];
    let wide = [0; 142];
    let udh = [0x30, 0, 3, 1, 2, 1];
    for (what, message, expected) in [
        ("accepted", to("84900000001"), 0),
        ("by number", to("84900000002"), 0x0450),
        ("unregistered sender", Message { source: "HANOI", ..to("84900000001") }, status::INVALID_SOURCE),
        (
            "sender of 12 letters",
            Message { source: "LANGSONPROVI", ..to("84900000001") },
            status::INVALID_SOURCE,
        ),
        ("plus sign", to("+84900000001"), status::INVALID_DESTINATION),
        ("no number", to(""), status::INVALID_DESTINATION),
        ("161 septets", Message { text: &long, ..to("84900000001") }, status::INVALID_MESSAGE_LENGTH),
        (
            "71 UCS-2 units",
            Message { text: &wide, coding: 8, ..to("84900000001") },
            status::INVALID_MESSAGE_LENGTH,
        ),
        (
            "header too long",
            Message { text: &udh, esm_class: 0x40, ..to("84900000001") },
            status::INVALID_MESSAGE_LENGTH,
        ),
        ("payload of any length", Message { text: b"", tlvs: &[(0x0424, &long)], ..to("84900000001") }, 0),
    ] {
        assert_eq!(client.submit(&Message { registered: 0, ..message }).await.status, expected, "{what}");
    }
    assert_eq!(client.ask(SUBMIT_SM, b"\0\0").await.status, status::INVALID_COMMAND_LENGTH);
    let counts = smsc.counts();
    assert_eq!((counts.submits, counts.accepted_parts, counts.refused), (11, 2, 9));
    assert_eq!(counts.refused_by_status[&0x0450], 1);

    smsc.script_update(|script| script.refusals = vec![Refusal { status: status::SYSTEM_ERROR, share: 1.0 }]);
    assert_eq!(client.submit(&to("84900000001")).await.status, status::SYSTEM_ERROR);
}

#[tokio::test]
async fn the_rate_is_held_per_account_over_any_second() {
    let fast = Account { rate_per_s: Some(1_000_000), ..Account::new("fast", "secret") };
    let script =
        SmscScript { accounts: vec![Account::new("loa", "secret"), fast], ..SmscScript::throttling(20) };
    let (smsc, mut first) = bound(script).await;
    let mut second = bind_again(&smsc).await;
    let message = Message { registered: 0, ..to("84900000001") };
    let mut throttled = 0;
    for _ in 0..15 {
        for client in [&mut first, &mut second] {
            throttled += u32::from(client.submit(&message).await.status == status::THROTTLED);
        }
    }
    assert_eq!(throttled, 10);
    let counts = smsc.counts();
    assert_eq!((counts.accepted_parts, counts.throttled, counts.refused), (20, 10, 0));
    assert_eq!(counts.max_in_any_second, 30);

    let mut other = Client::connect(&smsc).await;
    assert_eq!(other.bind(BIND_TRANSCEIVER, "fast", "secret").await.status, 0);
    assert_eq!(other.submit(&message).await.status, 0, "another account has a rate of its own");
    smsc.script_update(|script| script.rate_per_s = Some(31));
    assert_eq!(first.submit(&message).await.status, 0, "the limit changed while running");
}

#[tokio::test]
async fn the_window_is_counted_even_when_a_burst_comes_in_one_read() {
    let script = SmscScript { window: Some(3), response_ms: 30, ..SmscScript::default() };
    let (smsc, mut client) = bound(script).await;
    let body = Message { registered: 0, ..to("84900000001") }.body();
    let burst: Vec<u8> = (1..=5).flat_map(|sequence| pdu(SUBMIT_SM, 0, sequence, &body)).collect();
    let started = Instant::now();
    client.raw(&burst).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(client.next().await.unwrap().status);
    }
    assert_eq!(statuses, [0, 0, 0, status::QUEUE_FULL, status::QUEUE_FULL]);
    assert!(started.elapsed() >= Duration::from_millis(29));
    assert_eq!(client.submit(&to("84900000001")).await.status, 0, "the window is open again");
    assert_eq!(smsc.counts().max_unanswered, 5);
}

#[tokio::test]
async fn ids_differ_between_response_and_receipt_as_scripted() {
    let hex = |id: &str| u64::from_str_radix(id, 16).unwrap();
    let decimal = |id: &str| id.parse::<u64>().unwrap();
    let (smsc, mut client) = bound(SmscScript::default()).await;
    for style in [
        IdStyle::SequentialDecimal,
        IdStyle::RandomHex,
        IdStyle::HexThenDecimal,
        IdStyle::DecimalThenHex,
        IdStyle::UpperThenLower,
        IdStyle::LowerThenUpper,
        IdStyle::ZerosInResponse,
        IdStyle::ZerosInReceipt,
    ] {
        smsc.script_update(|script| script.ids = style);
        let answered = client.submit(&to("84900000001")).await.id();
        let receipt = client.receipt().await.words();
        let reported = receipt.split("id:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let same = match style {
            IdStyle::SequentialDecimal => answered == reported && decimal(&answered) > 0,
            IdStyle::RandomHex => answered == reported && answered.len() == 16,
            IdStyle::HexThenDecimal => hex(&answered) == decimal(&reported) && answered != reported,
            IdStyle::DecimalThenHex => decimal(&answered) == hex(&reported) && answered != reported,
            IdStyle::UpperThenLower => answered.to_lowercase() == reported && answered != reported,
            IdStyle::LowerThenUpper => answered.to_uppercase() == reported && answered != reported,
            IdStyle::ZerosInResponse => {
                answered.starts_with("00") && decimal(&answered) == decimal(&reported)
            }
            IdStyle::ZerosInReceipt => reported.starts_with("00") && decimal(&answered) == decimal(&reported),
        };
        assert!(same, "{style:?}: {answered} {reported}");
    }
}

#[tokio::test]
async fn query_and_cancel_know_the_message() {
    let mut script = SmscScript::default();
    script.receipts.delay_ms = 300;
    let (smsc, mut client) = bound(script).await;
    let id = client.submit(&to("84900000001")).await.id();
    let other = client.submit(&to("84900000002")).await.id();
    let query = format!("{id}\0\x05\0LANGSON\0");
    let enroute = client.ask(QUERY_SM, query.as_bytes()).await;
    assert!(enroute.body.ends_with(&[0, 0, 1, 0]), "{enroute:?}");
    let by_id = format!("\0{id}\0\x05\0LANGSON\0\x01\x0184900000001\0");
    assert_eq!(client.ask(CANCEL_SM, by_id.as_bytes()).await.status, 0);
    assert_eq!(client.ask(CANCEL_SM, by_id.as_bytes()).await.status, status::CANCEL_FAILED);
    let by_number = "\0\0\x05\0LANGSON\0\x01\x0184900000002\0";
    assert_eq!(client.ask(CANCEL_SM, by_number.as_bytes()).await.status, 0);
    for expected in [&id, &other] {
        let words = client.receipt().await.words();
        assert!(words.contains("stat:DELETED") && words.contains(expected.as_str()), "{words}");
    }
    assert!(client.ask(QUERY_SM, query.as_bytes()).await.body.ends_with(&[0, 0, 4, 0]));
    assert_eq!(client.ask(QUERY_SM, b"nonsense\0\0\0\0").await.status, status::QUERY_FAILED);
    assert_eq!(smsc.counts().cancelled, 2);
}
