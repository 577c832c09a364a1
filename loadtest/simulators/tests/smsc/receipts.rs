use crate::client::*;
use simulators::smsc::SmscScript;
use simulators::smsc::script::{
    KeyCase, NumberScript, Outcome, ReceiptForm, ReceiptScript, ReceiptStyle, Weight,
};
use std::time::Duration;

const QUIET: Duration = Duration::from_millis(40);

fn with(receipts: ReceiptScript) -> SmscScript {
    SmscScript { receipts, ..SmscScript::default() }
}

/// The short_message of a `deliver_sm` to LANGSON from a number of eleven digits.
fn text_of(receipt: &Pdu) -> String {
    let addresses = 3 + 12 + 2 + 8;
    assert_eq!(receipt.body[addresses], 0x04, "esm_class");
    let length_at = addresses + 9;
    let length = usize::from(receipt.body[length_at]);
    String::from_utf8(receipt.body[length_at + 1..length_at + 1 + length].to_vec()).unwrap()
}

#[tokio::test]
async fn every_form_is_written_as_carriers_write_it() {
    let (smsc, mut client) = bound(SmscScript::default()).await;
    let text = ReceiptForm { style: ReceiptStyle::Text, ..ReceiptForm::default() };
    for (form, shape) in [
        (text, "id:# sub:001 dlvrd:001 submit date:@ done date:@ stat:DELIVRD err:000 text:Goi 112"),
        (
            ReceiptForm { without_counts: true, ..text },
            "id:# submit date:@ done date:@ stat:DELIVRD err:000 text:Goi 112",
        ),
        (
            ReceiptForm { without_dates: true, err_4_digits: true, ..text },
            "id:# sub:001 dlvrd:001 stat:DELIVRD err:0000 text:Goi 112",
        ),
        (
            ReceiptForm { dates_with_seconds: true, capital_text: true, ..text },
            "id:# sub:001 dlvrd:001 submit date:@@ done date:@@ stat:DELIVRD err:000 Text:Goi 112",
        ),
        (
            ReceiptForm { keys: KeyCase::Upper, lower_case_state: true, ..text },
            "ID:# SUB:001 DLVRD:001 SUBMIT DATE:@ DONE DATE:@ STAT:delivrd ERR:000 TEXT:Goi 112",
        ),
        (
            ReceiptForm { keys: KeyCase::Capital, ..text },
            "Id:# Sub:001 Dlvrd:001 Submit date:@ Done date:@ Stat:DELIVRD Err:000 Text:Goi 112",
        ),
    ] {
        smsc.script_update(|script| script.receipts.forms = vec![form]);
        let id = client.submit(&to("84900000001")).await.id();
        let receipt = client.receipt().await;
        let written = text_of(&receipt);
        // Dates differ from run to run: ten digits are one @, twelve are two.
        let words: Vec<String> = written
            .split(' ')
            .map(|word| match word.split_once(':') {
                Some((key, value)) if value == id => format!("{key}:#"),
                Some((key, value)) if key.eq_ignore_ascii_case("date") && value.len() == 10 => {
                    format!("{key}:@")
                }
                Some((key, value)) if key.eq_ignore_ascii_case("date") && value.len() == 12 => {
                    format!("{key}:@@")
                }
                _ => word.to_owned(),
            })
            .collect();
        assert_eq!(words.join(" "), shape, "{form:?}");
        assert!(receipt.tlv(0x0427, 1).is_none());
    }
}

#[tokio::test]
async fn parameters_may_be_alone_odd_or_in_data_sm() {
    let (smsc, mut client) = bound(SmscScript::default()).await;
    let tlvs = ReceiptForm { style: ReceiptStyle::Tlvs, ..ReceiptForm::default() };
    smsc.script_update(|script| script.receipts.forms = vec![tlvs]);
    let id = client.submit(&to("84900000001")).await.id();
    let receipt = client.receipt().await;
    assert_eq!(text_of(&receipt), "");
    assert_eq!(receipt.tlv(0x001E, id.len() + 1), Some(format!("{id}\0").as_bytes()));
    assert_eq!(receipt.tlv(0x0427, 1), Some(&[2][..]));

    let odd = ReceiptForm { tlv_without_nul: true, state_in_2_octets: true, stray_octets: 2, ..tlvs };
    smsc.script_update(|script| script.receipts.forms = vec![odd]);
    let id = client.submit(&to("84900000001")).await.id();
    let receipt = client.receipt().await;
    assert_eq!(receipt.tlv(0x001E, id.len()), Some(id.as_bytes()));
    assert_eq!(receipt.tlv(0x0427, 2), Some(&[0, 2][..]));
    assert!(receipt.body.ends_with(&[0, 2, 0, 0]));

    smsc.script_update(|script| {
        script.receipts.forms = vec![ReceiptForm { as_data_sm: true, ..ReceiptForm::default() }];
    });
    let id = client.submit(&to("84900000001")).await.id();
    let receipt = client.receipt().await;
    assert_eq!(receipt.command, DATA_SM);
    assert!(receipt.words().contains(&format!("id:{id} sub:")));
    assert!(smsc.wait_for(|counts| counts.receipts_acked == 3, PATIENCE).await);
}

#[tokio::test]
async fn outcomes_follow_numbers_weights_and_the_request() {
    let number = |number, outcome| NumberScript { number, refuse: None, outcome: Some(outcome) };
    let script = SmscScript {
        numbers: vec![
            number(84900000001, Outcome::Undeliverable),
            number(84900000002, Outcome::Silent),
            number(84900000003, Outcome::Enroute),
            number(84900000004, Outcome::Rejected),
        ],
        ..SmscScript::default()
    };
    let (smsc, mut client) = bound(script).await;
    client.submit(&to("84900000001")).await;
    let failed = client.receipt().await;
    assert!(failed.words().contains("dlvrd:000") && failed.words().contains("stat:UNDELIV err:027"));
    assert_eq!(failed.tlv(0x0423, 3), Some(&[3, 0, 27][..]));
    client.submit(&to("84900000002")).await;
    assert!(client.nothing_within(QUIET).await);
    client.submit(&to("84900000003")).await;
    assert!(client.receipt().await.words().contains("stat:ENROUTE"));
    assert!(client.receipt().await.words().contains("stat:DELIVRD"));
    for (registered, number, expected) in [
        (0, "84900000004", false),
        (2, "84900000004", true),
        (2, "84900000005", false),
        (1, "84900000005", true),
    ] {
        client.submit(&Message { registered, ..to(number) }).await;
        if expected {
            client.receipt().await;
        } else {
            assert!(client.nothing_within(QUIET).await, "{registered} {number}");
        }
    }
    let sent = smsc.counts().receipts_sent;
    assert_eq!((sent.undeliverable, sent.enroute, sent.delivered, sent.rejected), (1, 1, 2, 1));

    smsc.script_update(|script| {
        script.receipts.mix = [(Outcome::Expired, 3), (Outcome::Accepted, 1)]
            .map(|(outcome, weight)| Weight { outcome, weight })
            .to_vec();
    });
    for _ in 0..200 {
        client.submit(&to("84900000005")).await;
        client.receipt().await;
    }
    let sent = smsc.counts().receipts_sent;
    assert_eq!(sent.expired + sent.accepted, 200);
    assert!((120..180).contains(&sent.expired), "{sent:?}");
}

#[tokio::test]
async fn receipts_wait_for_the_next_bind_and_go_to_any_receiver() {
    let smsc = start(SmscScript::default()).await;
    let mut sender = Client::connect(&smsc).await;
    assert_eq!(sender.bind(BIND_TRANSMITTER, "loa", "secret").await.status, 0);
    for _ in 0..3 {
        sender.submit(&to("84900000001")).await;
    }
    assert!(sender.nothing_within(QUIET).await, "a transmitter gets none");
    assert_eq!(smsc.counts().receipts_waiting, 3);

    let mut receiver = Client::connect(&smsc).await;
    assert_eq!(receiver.bind(BIND_RECEIVER, "loa", "secret").await.status, 0);
    let first = receiver.receipt().await;
    let unanswered = [receiver.next().await.unwrap(), receiver.next().await.unwrap()];
    assert!(smsc.wait_for(|counts| counts.receipts_acked == 1, PATIENCE).await);
    assert_eq!(smsc.counts().receipts_unacked, 2);
    drop(receiver);
    assert!(smsc.wait_for(|counts| counts.receipts_waiting == 2, PATIENCE).await);

    let mut receiver = Client::connect(&smsc).await;
    receiver.bind(BIND_RECEIVER, "loa", "secret").await;
    for unanswered in unanswered {
        let again = receiver.receipt().await;
        assert_eq!(text_of(&again)[..12], text_of(&unanswered)[..12], "the same ids in the same order");
        assert_ne!(text_of(&again)[..12], text_of(&first)[..12]);
    }
    assert!(
        smsc.wait_for(|counts| counts.receipts_acked == 3 && counts.receipts_resent == 2, PATIENCE).await
    );
    assert_eq!(smsc.counts().receipts_sent.total(), 3);
}

#[tokio::test]
async fn unacknowledged_receipts_come_again() {
    let (smsc, mut client) =
        bound(with(ReceiptScript { resend_after_ms: Some(30), ..ReceiptScript::default() })).await;
    client.submit(&to("84900000001")).await;
    let first = client.next().await.unwrap();
    let second = client.receipt().await;
    assert_eq!(first.body, second.body);
    assert_ne!(first.sequence, second.sequence);
    assert!(smsc.wait_for(|counts| counts.receipts_acked == 1, PATIENCE).await);

    smsc.script_update(|script| (script.receipts.resend_after_ms, script.receipts.retry_ms) = (None, 20));
    client.submit(&to("84900000002")).await;
    let refused = client.next().await.unwrap();
    client.acknowledge(&refused, 0x64).await;
    let again = client.next().await.unwrap();
    client.acknowledge(&again, 0x65).await;
    assert!(client.nothing_within(QUIET).await, "refused for good");
    let counts = smsc.counts();
    assert_eq!((counts.receipts_nacked, counts.receipts_dropped, counts.receipts_unacked), (2, 1, 0));
}

#[tokio::test]
async fn delay_window_and_bound_are_kept() {
    let receipts = ReceiptScript { window: 2, kept_max: 4, delay_ms: 30, ..ReceiptScript::default() };
    let (smsc, mut client) = bound(with(receipts)).await;
    let started = std::time::Instant::now();
    for _ in 0..4 {
        client.submit(&to("84900000001")).await;
    }
    let first = client.next().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(29));
    client.next().await.unwrap();
    assert!(client.nothing_within(QUIET).await, "two are unacknowledged");
    for _ in 0..4 {
        client.submit(&Message { number: "84900000002", ..to("84900000002") }).await;
    }
    let counts = smsc.counts();
    assert_eq!((counts.receipts_waiting, counts.receipts_dropped), (4, 2));
    client.acknowledge(&first, 0).await;
    client.receipt().await;
}
