//! A carrier that takes connections and says nothing.

use loa::domain::Severity;
use simulators::smsc::{
    SmscScript,
    script::{BindScript, Fault, FaultKind, When},
};

use crate::kit::town::{Plan, Town, alert};

const PEOPLE: u32 = 400;
const WINDOW: i64 = 20;
/// What waited for an answer when it fell silent, and what took its place when that was given up, just before the
/// connection itself was.
const DOUBT_MAX: i64 = 2 * WINDOW;
const IMPATIENT: &str =
    "binds = 1\nwindow = 20\nbind_timeout_ms = 300\nresponse_timeout_ms = 1000\nenquire_link_ms = 300";

/// Two lanes on one route: one to this carrier, one to a good one.
fn beside(script: SmscScript) -> Plan {
    Plan {
        carriers: vec![("viettel", script), ("viettel", SmscScript::default())],
        people: PEOPLE,
        rate: "400/s",
        smpp: IMPATIENT,
        ..Plan::default()
    }
}

#[tokio::test]
async fn a_carrier_that_never_answers_the_bind_is_down_and_nothing_is_in_doubt() {
    let bind = BindScript { silent: true, ..BindScript::default() };
    let town = Town::build(beside(SmscScript { bind, ..SmscScript::default() })).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    let counts = town.until(sent, "delivered to all", |counts| counts.delivered == i64::from(PEOPLE)).await;
    assert_eq!((counts.uncertain, counts.failed, counts.possible_repeats), (0, 0, 0), "{counts:?}");
    town.until_true("shown as down, with the reason", async || {
        let lane = town.app.office.engine.lanes().into_iter().find(|lane| lane.name == "viettel-1");
        lane.is_some_and(|lane| {
            !lane.can_send && lane.in_flight == 0 && lane.health.contains("no answer to the bind")
        })
    })
    .await;
    assert_eq!((town.carriers[0].counts().submits, town.duplicates()), (0, 0));
    town.end().await;
}

#[tokio::test]
async fn a_carrier_that_falls_silent_costs_no_more_than_its_windows() {
    let silence = Fault::new(FaultKind::StopReading { ms: 60_000 }, When::Once(30));
    let town = Town::build(beside(SmscScript { faults: vec![silence], ..SmscScript::default() })).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    let counts = town
        .until(sent, "settled", |counts| {
            counts.queued + counts.in_flight + counts.sent == 0 && counts.accepted == i64::from(PEOPLE)
        })
        .await;
    assert!(0 < counts.uncertain && counts.uncertain <= DOUBT_MAX, "what was in its window: {counts:?}");
    assert_eq!(counts.delivered + counts.uncertain, i64::from(PEOPLE), "{counts:?}");
    assert!(town.carriers[1].counts().messages > 100, "the other lane carries on");
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    town.end().await;
}
