//! Somebody sets the clock of a machine while an alert runs.

use std::sync::Arc;

use loa::domain::Severity;

use crate::kit::{
    clock::SteppedClock,
    postgres::PostgresServer,
    town::{Plan, Town, alert},
};

const PEOPLE: u32 = 400;
const MINUTE_S: i64 = 60;

#[tokio::test]
async fn a_clock_that_steps_back_and_forth_costs_nothing() {
    let clock = Arc::new(SteppedClock::default());
    let town = Town::build(Plan {
        people: PEOPLE,
        rate: "200/s",
        settings: "[sending]\nlease_s = 2\nsweep_ms = 50".into(),
        clock: clock.clone(),
        ..Plan::default()
    })
    .await;
    let sent = town.send(alert(Severity::Moderate)).await;
    for (delivered, step_s) in [(40, -MINUTE_S), (140, 2 * MINUTE_S), (240, -MINUTE_S)] {
        town.until(sent, "under way", |counts| counts.delivered > delivered).await;
        clock.step(step_s);
    }
    let counts =
        town.until(sent, "at rest", |counts| counts.delivered + counts.uncertain == i64::from(PEOPLE)).await;
    assert_eq!((counts.delivered, counts.uncertain), (i64::from(PEOPLE), 0), "{counts:?}");
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    town.end().await;
}

#[tokio::test]
async fn nodes_whose_clocks_differ_by_more_than_a_lease_agree_on_the_owner() {
    let ledger = PostgresServer::shared().await.fresh().await;
    let clock = Arc::new(SteppedClock::default());
    let town = Town::build(Plan {
        ledger: Some(ledger),
        people: PEOPLE,
        rate: "200/s",
        settings: "[sending]\nlease_s = 2\nsweep_ms = 50".into(),
        clock: clock.clone(),
        ..Plan::default()
    })
    .await;
    let owner = |app: &loa::app::App| app.office.engine.lanes().first().and_then(|lane| lane.owner.clone());
    let here = Some(town.app.office.setup.load().node.clone());
    town.until_true("owned", async || owner(&town.app) == here).await;
    let ahead = town.second(Arc::new(SteppedClock::off_by(MINUTE_S)), |_| {}).await;
    let behind = town.second(Arc::new(SteppedClock::off_by(-MINUTE_S)), |_| {}).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "under way", |counts| counts.delivered > 100).await;
    clock.step(-MINUTE_S);
    let counts =
        town.until(sent, "at rest", |counts| counts.delivered + counts.uncertain == i64::from(PEOPLE)).await;
    assert_eq!((counts.delivered, counts.uncertain), (i64::from(PEOPLE), 0), "{counts:?}");
    for app in [&town.app, &ahead, &behind] {
        assert_eq!(owner(app), here, "nobody else ever had the lane");
    }
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    ahead.stop().await.unwrap();
    behind.stop().await.unwrap();
    town.end().await;
}
