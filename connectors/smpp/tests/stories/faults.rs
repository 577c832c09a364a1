//! What goes wrong on the way, and what is said about it.

use std::time::Duration;

use contract::{Answer, Health, Report};
use simulators::smsc::script::{Fault, FaultKind, When};

use crate::kit::{BOUND, agree, batch, code, is_accepted, number, world};

#[tokio::test]
async fn a_drop_in_mid_window_tells_unsent_from_uncertain() {
    for what in [FaultKind::DropBeforeAccept, FaultKind::DropBeforeResponse] {
        let (smsc, mut engine) = world(
            |script| script.faults = vec![Fault::new(what, When::Once(40))],
            |settings| settings.window = 20,
        )
        .await;
        engine.submit(batch(100)).await;
        let outcomes = engine.outcomes(100).await;
        agree(&smsc, &outcomes);
        let uncertain =
            outcomes.values().filter(|outcome| matches!(outcome.answer, Answer::Uncertain { .. })).count();
        assert!((1..=20).contains(&uncertain), "{what:?}: {uncertain} uncertain of a window of 20");
        engine.ready().await;
    }
}

#[tokio::test]
async fn a_link_that_dies_while_nothing_is_read_keeps_the_two_apart() {
    let (smsc, mut engine) = world(
        |script| script.faults = vec![Fault::new(FaultKind::StopReading { ms: 60_000 }, When::Once(1))],
        |settings| {
            settings.window = 5_000;
            settings.response_timeout_ms = 400;
        },
    )
    .await;
    engine.submit(batch(4_000)).await;
    let outcomes = engine.outcomes(4_000).await;
    agree(&smsc, &outcomes);
    // Some were read before the carrier fell silent; of the rest nobody knows.
    let silent = outcomes.values().filter(|one| matches!(one.answer, Answer::Uncertain { .. })).count();
    assert!(silent > 1000, "{silent}");
}

#[tokio::test]
async fn a_lost_response_is_uncertain_and_the_session_goes_on() {
    let (smsc, mut engine) = world(
        |script| script.faults = vec![Fault::new(FaultKind::NoResponse, When::Once(3))],
        |settings| settings.response_timeout_ms = 200,
    )
    .await;
    engine.submit(batch(5)).await;
    let outcomes = engine.outcomes(5).await;
    agree(&smsc, &outcomes);
    assert_eq!(code(&outcomes[&3]), "response-timeout");
    assert_eq!(smsc.accepted(number(3)), 1, "it had arrived");
    assert_eq!(outcomes.values().filter(|outcome| is_accepted(outcome)).count(), 4);
    assert_eq!(smsc.counts().binds, 1, "one lost answer is no reason to bind again");
}

#[tokio::test]
async fn an_answer_after_the_time_out_still_reaches_its_owner() {
    let (_smsc, mut engine) = world(
        |script| script.faults = vec![Fault::new(FaultKind::LateResponse { ms: 400 }, When::Once(1))],
        |settings| settings.response_timeout_ms = 100,
    )
    .await;
    engine.submit(batch(1)).await;
    assert_eq!(code(&engine.outcome().await), "response-timeout");
    let Report::Late { ticket, part } = engine.late().await else { panic!("not late") };
    assert_eq!((ticket.seq, part.part), (1, 1));
    let receipt = engine.sink.receipts(1).await.remove(0);
    assert_eq!(receipt.references[0], part.reference);
}

#[tokio::test]
async fn responses_may_overtake_each_other() {
    let (smsc, mut engine) = world(
        |script| {
            script.response_ms = 1;
            script.response_jitter_ms = 30;
        },
        |_| {},
    )
    .await;
    engine.submit(batch(200)).await;
    let outcomes = engine.outcomes(200).await;
    assert!(outcomes.values().all(is_accepted));
    agree(&smsc, &outcomes);
    let receipts = engine.sink.receipts(200).await;
    for (seq, outcome) in &outcomes {
        let own = receipts.iter().find(|receipt| receipt.references[0] == outcome.accepted[0].reference);
        assert_eq!(own.unwrap().address.as_deref(), Some(number(*seq).to_string().as_str()));
    }
}

#[tokio::test]
async fn pdus_in_pieces_are_put_together() {
    let (smsc, mut engine) = world(
        |script| script.faults = vec![Fault::new(FaultKind::SplitWrites { octets: 7 }, When::Every(1))],
        |_| {},
    )
    .await;
    engine.submit(batch(10)).await;
    assert!(engine.outcomes(10).await.values().all(is_accepted));
    engine.sink.receipts(10).await;
    assert_eq!(smsc.counts().malformed, 0);
}

#[tokio::test]
async fn an_unknown_command_is_answered_and_costs_nothing() {
    let (smsc, mut engine) =
        world(|script| script.faults = vec![Fault::new(FaultKind::UnknownCommand, When::Every(2))], |_| {})
            .await;
    engine.submit(batch(10)).await;
    assert!(engine.outcomes(10).await.values().all(is_accepted));
    assert!(smsc.wait_for(|counts| counts.nacks == 5, BOUND).await, "{:?}", smsc.counts());
    assert_eq!(smsc.counts().binds, 1);
}

#[tokio::test]
async fn garbage_ends_the_session_and_nothing_else() {
    let (smsc, mut engine) = world(
        |script| script.faults = vec![Fault::new(FaultKind::Garbage, When::Once(5))],
        |settings| settings.window = 10,
    )
    .await;
    engine.submit(batch(5)).await;
    let outcomes = engine.outcomes(5).await;
    agree(&smsc, &outcomes);
    assert!(smsc.wait_for(|counts| counts.binds == 2, BOUND).await);
    let mut engine = engine.ready().await;
    engine
        .submit(
            batch(5)
                .into_iter()
                .map(|mut one| {
                    one.ticket.seq += 10;
                    one
                })
                .collect(),
        )
        .await;
    assert!(engine.outcomes(5).await.values().all(is_accepted));
}

#[tokio::test]
async fn an_unbind_by_the_carrier_is_answered_and_the_link_comes_back() {
    let (smsc, mut engine) = world(
        |script| script.faults = vec![Fault::new(FaultKind::Unbind, When::Once(20))],
        |settings| settings.window = 10,
    )
    .await;
    engine.submit(batch(60)).await;
    let outcomes = engine.outcomes(60).await;
    agree(&smsc, &outcomes);
    assert!(smsc.wait_for(|counts| counts.binds == 2, BOUND).await, "{:?}", smsc.counts());
    engine.ready().await;
}

#[tokio::test]
async fn a_dead_peer_is_found_by_enquire_link() {
    let (smsc, engine) = world(
        |_| {},
        |settings| {
            settings.enquire_link_ms = 50;
            settings.response_timeout_ms = 100;
        },
    )
    .await;
    assert!(smsc.wait_for(|counts| counts.enquire_links >= 2, BOUND).await, "an idle link is asked");
    assert_eq!(engine.health(|_| true).await, Health::Ready);
    assert_eq!(smsc.counts().binds, 1);
}

#[tokio::test]
async fn cut_connections_come_back_by_themselves() {
    let (smsc, mut engine) = world(|_| {}, |settings| settings.binds = 2).await;
    smsc.cut_connections();
    assert!(smsc.wait_for(|counts| counts.binds == 4, BOUND).await);
    engine = engine.ready().await;
    engine.submit(batch(10)).await;
    assert!(engine.outcomes(10).await.values().all(is_accepted));
    assert!(!smsc.wait_for(|counts| counts.binds > 4, Duration::from_millis(50)).await);
}
