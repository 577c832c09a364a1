//! Receipts: what they say, and when they are acknowledged.

use std::sync::atomic::Ordering;

use contract::ReceiptVerdict;
use loa_smpp::{Password, ReceiptIds, SmppSettings};
use simulators::smsc::script::{
    Fault, FaultKind, IdStyle, KeyCase, NumberScript, Outcome, ReceiptForm, ReceiptStyle, When,
};

use crate::kit::{BOUND, batch, is_accepted, number, world};

#[tokio::test]
async fn what_is_not_durable_is_not_acknowledged_and_comes_again() {
    let (smsc, mut engine) = world(|script| script.receipts.retry_ms = 20, |_| {}).await;
    engine.sink.set(&engine.sink.refuses, true);
    engine.submit(batch(20)).await;
    assert!(engine.outcomes(20).await.values().all(is_accepted));
    assert!(smsc.wait_for(|counts| counts.receipts_nacked >= 20, BOUND).await);
    assert_eq!(smsc.counts().receipts_acked, 0);
    assert_eq!(engine.sink.receipts.lock().unwrap().len(), 0);
    engine.sink.set(&engine.sink.refuses, false);
    engine.sink.receipts(20).await;
    assert!(smsc.wait_for(|counts| counts.receipts_acked == 20, BOUND).await);
}

#[tokio::test]
async fn nothing_is_acknowledged_before_the_sink_returns() {
    let (smsc, mut engine) = world(|_| {}, |_| {}).await;
    engine.sink.set(&engine.sink.holds, true);
    engine.submit(batch(20)).await;
    assert!(engine.outcomes(20).await.values().all(is_accepted));
    engine.sink.until(|sink| sink.batches.load(Ordering::SeqCst) > 0).await;
    assert_eq!(smsc.counts().receipts_acked, 0);
    // A sink that is busy must not hold up the answers to what is sent meanwhile.
    engine.submit(batch(40).split_off(20)).await;
    assert!(engine.outcomes(20).await.values().all(is_accepted));
    engine.sink.set(&engine.sink.holds, false);
    assert!(smsc.wait_for(|counts| counts.receipts_acked == 40, BOUND).await);
}

#[tokio::test]
async fn a_busy_sink_gets_few_and_large_batches() {
    let (smsc, mut engine) = world(|_| {}, |_| {}).await;
    engine.sink.set(&engine.sink.holds, true);
    for round in 0..10 {
        engine.submit(batch(100 * (round + 1)).split_off(usize::try_from(100 * round).unwrap())).await;
        assert!(engine.outcomes(100).await.values().all(is_accepted));
    }
    assert!(smsc.wait_for(|counts| counts.receipts_unacked == 1000, BOUND).await);
    engine.sink.set(&engine.sink.holds, false);
    engine.sink.receipts(1000).await;
    let batches = engine.sink.batches.load(Ordering::SeqCst);
    assert!(batches <= 12, "{batches} batches");
}

#[tokio::test]
async fn receipts_may_come_first_twice_and_contradict() {
    let faults = vec![
        Fault::new(FaultKind::ReceiptBeforeResponse, When::Once(1)),
        Fault::new(FaultKind::DuplicateReceipt, When::Once(2)),
        Fault::new(FaultKind::ContradictingReceipt, When::Once(3)),
    ];
    let (_smsc, mut engine) = world(|script| script.faults = faults, |_| {}).await;
    engine.submit(batch(3)).await;
    let outcomes = engine.outcomes(3).await;
    let receipts = engine.sink.receipts(5).await;
    let count = |seq: i64| {
        let own = &outcomes[&seq].accepted[0].reference;
        receipts.iter().filter(|receipt| receipt.references[0] == *own).count()
    };
    assert_eq!([count(1), count(2), count(3)], [1, 2, 2]);
}

#[tokio::test]
async fn every_way_of_writing_a_receipt_is_understood() {
    let plain = ReceiptForm { style: ReceiptStyle::Text, ..ReceiptForm::default() };
    let forms = vec![
        ReceiptForm::default(),
        plain,
        ReceiptForm { style: ReceiptStyle::Tlvs, ..plain },
        ReceiptForm { as_data_sm: true, ..plain },
        ReceiptForm { as_data_sm: true, style: ReceiptStyle::Tlvs, ..plain },
        ReceiptForm { without_counts: true, without_dates: true, ..plain },
        ReceiptForm { dates_with_seconds: true, keys: KeyCase::Upper, ..plain },
        ReceiptForm { keys: KeyCase::Capital, capital_text: true, lower_case_state: true, ..plain },
        ReceiptForm { err_4_digits: true, ..plain },
        ReceiptForm { tlv_without_nul: true, state_in_2_octets: true, style: ReceiptStyle::Tlvs, ..plain },
        ReceiptForm { stray_octets: 2, style: ReceiptStyle::Both, ..plain },
    ];
    let count = forms.len();
    let (_smsc, mut engine) = world(|script| script.receipts.forms = forms, |_| {}).await;
    engine.submit(batch(i64::try_from(count).unwrap())).await;
    let outcomes = engine.outcomes(count).await;
    let receipts = engine.sink.receipts(count).await;
    for (seq, outcome) in &outcomes {
        let own = receipts.iter().find(|receipt| receipt.references[0] == outcome.accepted[0].reference);
        let own = own.unwrap_or_else(|| panic!("no receipt for {seq}: {receipts:?}"));
        assert_eq!((own.verdict, own.raw.as_deref()), (ReceiptVerdict::Delivered, None), "{seq}");
        assert_eq!(own.address.as_deref(), Some(number(*seq).to_string().as_str()));
    }
}

#[tokio::test]
async fn ids_in_any_writing_find_their_message() {
    use IdStyle::{
        DecimalThenHex, HexThenDecimal, LowerThenUpper, RandomHex, SequentialDecimal, UpperThenLower,
        ZerosInReceipt, ZerosInResponse,
    };
    let table = [
        (SequentialDecimal, ReceiptIds::Same),
        (RandomHex, ReceiptIds::Same),
        (HexThenDecimal, ReceiptIds::Auto),
        (HexThenDecimal, ReceiptIds::HexResponse),
        (DecimalThenHex, ReceiptIds::Auto),
        (DecimalThenHex, ReceiptIds::HexReceipt),
        (UpperThenLower, ReceiptIds::Same),
        (LowerThenUpper, ReceiptIds::Auto),
        (ZerosInResponse, ReceiptIds::Auto),
        (ZerosInReceipt, ReceiptIds::Auto),
    ];
    for (ids, habit) in table {
        let (_smsc, mut engine) =
            world(|script| script.ids = ids, |settings| settings.receipt_ids = habit).await;
        engine.submit(batch(30)).await;
        let outcomes = engine.outcomes(30).await;
        let receipts = engine.sink.receipts(30).await;
        for (seq, outcome) in &outcomes {
            let (own, address) = (&outcome.accepted[0].reference, number(*seq).to_string());
            let of_it = receipts.iter().find(|receipt| receipt.address.as_deref() == Some(&address)).unwrap();
            let at = of_it.references.iter().position(|form| form == own);
            let likeliest = habit == ReceiptIds::Auto || at == Some(0);
            assert!(at.is_some() && likeliest, "{ids:?} {habit:?}: {own} among {:?}", of_it.references);
        }
    }
}

#[tokio::test]
async fn fates_become_verdicts() {
    let table = [
        (Outcome::Delivered, ReceiptVerdict::Delivered),
        (Outcome::Undeliverable, ReceiptVerdict::Failed),
        (Outcome::Expired, ReceiptVerdict::Failed),
        (Outcome::Rejected, ReceiptVerdict::Failed),
        (Outcome::Deleted, ReceiptVerdict::Failed),
        (Outcome::Accepted, ReceiptVerdict::Progress),
        (Outcome::Unknown, ReceiptVerdict::Unknown),
    ];
    let numbers = (1..).zip(&table).map(|(seq, (outcome, _))| NumberScript {
        number: number(seq),
        refuse: None,
        outcome: Some(*outcome),
    });
    let (_smsc, mut engine) = world(|script| script.numbers = numbers.collect(), |_| {}).await;
    engine.submit(batch(i64::try_from(table.len()).unwrap())).await;
    engine.outcomes(table.len()).await;
    let receipts = engine.sink.receipts(table.len()).await;
    for (seq, (outcome, verdict)) in (1..).zip(table) {
        let address = number(seq).to_string();
        let own = receipts.iter().find(|receipt| receipt.address.as_deref() == Some(&address)).unwrap();
        assert_eq!(own.verdict, verdict, "{outcome:?}");
        assert_eq!(own.raw.is_none(), verdict == ReceiptVerdict::Delivered, "{outcome:?}");
        assert!(!own.raw.as_deref().unwrap_or_default().contains(&address), "a number was kept");
        let now = jiff::Timestamp::try_from(
            std::time::UNIX_EPOCH.elapsed().map(|since| std::time::UNIX_EPOCH + since).unwrap(),
        )
        .unwrap();
        let off_s = own.provider_at.unwrap().duration_until(now).as_secs();
        assert!((-60..=120).contains(&off_s), "{off_s} s off");
    }
}

#[test]
fn passwords_are_never_shown() {
    let settings = SmppSettings::new("127.0.0.1:1", "loa", Password::new("hunter2hunter2"), "LANGSON");
    assert!(!format!("{settings:?}").contains("hunter2"));
}
