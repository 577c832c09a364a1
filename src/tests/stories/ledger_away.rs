//! The database goes away in mid-send and comes back.

use loa::domain::Severity;

use crate::kit::{
    postgres::PostgresServer,
    town::{Plan, Town, alert},
};

#[tokio::test]
async fn the_database_restarts_and_everything_is_accounted_for() {
    let server = PostgresServer::start();
    let ledger = server.database("away").await;
    let town =
        Town::build(Plan { ledger: Some(ledger), people: 400, rate: "150/s", ..Plan::default() }).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "under way", |counts| counts.delivered > 40).await;
    server.restart();
    // Until the server takes connections again, asking for counts fails too.
    town.until_true("back", async || town.app.office.counts(&town.auditor, sent, false).await.is_ok()).await;
    let counts = town
        .until(sent, "settled", |counts| {
            counts.queued + counts.in_flight + counts.sent == 0 && counts.accepted == 400
        })
        .await;
    assert_eq!(counts.delivered + counts.uncertain, 400, "{counts:?}");
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    town.end().await;
}
