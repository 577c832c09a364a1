//! Long messages, joined again by the carrier.

use contract::SmsEncoding;
use loa_smpp::{Alphabet, LongMessages};
use simulators::smsc::{script, status};

use crate::kit::{BOUND, body, code, is_accepted, number, submission, world};

const TEXT: &str = "CẢNH BÁO: lũ trên sông Kỳ Cùng đang lên nhanh. Bà con ở vùng trũng thấp, ven sông, ven suối \
                    khẩn trương di chuyển người và tài sản đến nơi an toàn theo hướng dẫn của chính quyền xã.";

fn accented(units_max: usize) -> Vec<Vec<u8>> {
    let units: Vec<u16> = TEXT.encode_utf16().collect();
    units.chunks(units_max).map(|part| part.iter().flat_map(|unit| unit.to_be_bytes()).collect()).collect()
}

#[tokio::test]
async fn every_way_of_joining_gives_the_same_text() {
    for long in [LongMessages::Udh8, LongMessages::Udh16, LongMessages::Sar, LongMessages::Payload] {
        let (smsc, mut engine) = world(|_| {}, |settings| settings.long = long).await;
        let parts = accented(66);
        let count = parts.len();
        assert!(count > 2);
        engine.submit(vec![submission(1, &body(SmsEncoding::Ucs2, parts))]).await;
        let outcome = engine.outcome().await;
        assert!(is_accepted(&outcome), "{long:?}: {outcome:?}");
        let numbers: Vec<_> = outcome.accepted.iter().map(|part| usize::from(part.part)).collect();
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "{long:?}");
        assert_eq!(smsc.text_for(number(1)).as_deref(), Some(TEXT), "{long:?}");
        let references = outcome.accepted.iter().filter(|part| !part.reference.is_empty()).count();
        let pdus = if long == LongMessages::Payload { 1 } else { count };
        assert_eq!(references, pdus, "{long:?}: a reference for each PDU");
        assert_eq!(engine.sink.receipts(pdus).await.len(), pdus, "{long:?}: a receipt for every part");
    }
}

#[tokio::test]
async fn plain_text_is_read_as_it_was_written() {
    let (smsc, mut engine) = world(|_| {}, |_| {}).await;
    let septets = b"Lu ve: goi 114 \x00 UBND \x1B\x28xa\x1B\x29".to_vec();
    engine.submit(vec![submission(1, &body(SmsEncoding::Gsm7, vec![septets]))]).await;
    assert!(is_accepted(&engine.outcome().await));
    assert_eq!(smsc.text_for(number(1)).as_deref(), Some("Lu ve: goi 114 @ UBND {xa}"));
}

#[tokio::test]
async fn a_carrier_that_wants_ascii_gets_it() {
    let to_ascii = |settings: &mut loa_smpp::SmppSettings| {
        settings.alphabet = Alphabet::Ascii;
        settings.gsm7_data_coding = 1;
    };
    let (smsc, mut engine) = world(|_| {}, to_ascii).await;
    engine.submit(vec![submission(1, &body(SmsEncoding::Gsm7, vec![b"a\x00b".to_vec()]))]).await;
    assert!(is_accepted(&engine.outcome().await));
    assert_eq!(smsc.text_for(number(1)).as_deref(), Some("a@b"));
}

#[tokio::test]
async fn parts_that_got_through_before_are_not_sent_again() {
    let (smsc, mut engine) = world(|_| {}, |_| {}).await;
    let parts = accented(66);
    let count = parts.len();
    let mut again = submission(1, &body(SmsEncoding::Ucs2, parts));
    again.parts_done = vec![1, 3];
    engine.submit(vec![again]).await;
    let outcome = engine.outcome().await;
    assert!(is_accepted(&outcome));
    assert_eq!(outcome.accepted.len(), count - 2);
    assert_eq!(smsc.counts().accepted_parts, u64::try_from(count - 2).unwrap());
}

#[tokio::test]
async fn after_a_refused_part_the_rest_is_not_sent() {
    let refuse = script::NumberScript { number: number(1), refuse: Some(status::THROTTLED), outcome: None };
    let (smsc, mut engine) =
        world(|script| script.numbers = vec![refuse], |settings| settings.window = 1).await;
    engine.submit(vec![submission(1, &body(SmsEncoding::Ucs2, accented(66)))]).await;
    let outcome = engine.outcome().await;
    assert_eq!((code(&outcome), outcome.accepted.len()), ("0x00000058", 0));
    assert_eq!(smsc.counts().submits, 1);
}

#[tokio::test]
async fn more_parts_than_the_window_still_pass() {
    let (smsc, mut engine) = world(|script| script.window = Some(2), |settings| settings.window = 2).await;
    let body = body(SmsEncoding::Ucs2, accented(10));
    engine.submit((1..=5).map(|seq| submission(seq, &body)).collect()).await;
    let outcomes = engine.outcomes(5).await;
    assert!(outcomes.values().all(is_accepted));
    assert!(smsc.wait_for(|counts| counts.distinct_messages == 5, BOUND).await);
    assert_eq!(smsc.text_for(number(5)).as_deref(), Some(TEXT));
}
