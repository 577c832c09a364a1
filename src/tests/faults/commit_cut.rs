//! The line to the database is cut around commits, again and again, while an alert runs.

use std::time::Duration;

use loa::{
    domain::{Counts, Severity, UncertainPolicy},
    office::AlertForm,
};

use crate::kit::{
    postgres::PostgresServer,
    proxy::{Cut, Proxy},
    town::{Plan, Town, alert},
};

const PEOPLE: u32 = 500;
/// 250 per second for 100 ms.
const CLAIM: i64 = 25;
const CUTS: [Cut; 7] = [
    Cut::AfterCommit,
    Cut::BeforeCommit,
    Cut::AfterAnything,
    Cut::AfterCommit,
    Cut::AfterAnything,
    Cut::BeforeCommit,
    Cut::AfterCommit,
];

/// Sends to everybody while every cut is made; returns when everything has come to rest.
async fn cut_through(policy: UncertainPolicy) -> Counts {
    let direct = PostgresServer::shared().await.fresh().await;
    let proxy = Proxy::start(&direct).await;
    let mut town = Town::build(Plan {
        ledger: Some(proxy.url(&direct)),
        people: PEOPLE,
        rate: "250/s",
        settings: "[sending]\nclaim_ms = 100\nsweep_ms = 100\nresend_after_ms = 50".into(),
        ..Plan::default()
    })
    .await;
    town.look_from(&direct).await;
    let sent = town.send(AlertForm { uncertain: Some(policy), ..alert(Severity::Moderate) }).await;
    for (n, cut) in (1_usize..).zip(CUTS) {
        // At another moment each time: so many parts after the last cut.
        let wanted = town.carrier().counts().accepted_parts + [40, 7, 23, 31, 3, 17, 11][n - 1];
        assert!(
            town.carrier().wait_for(|counts| counts.accepted_parts >= wanted, Duration::from_secs(30)).await,
            "the lane recovers by itself: {:?}",
            town.app.office.engine.lanes()
        );
        proxy.order(cut);
        town.until_true("cut", async || proxy.made() >= n).await;
    }
    let counts = town
        .until(sent, "settled", |counts| {
            counts.queued + counts.in_flight + counts.sent == 0 && counts.accepted == i64::from(PEOPLE)
        })
        .await;
    town.until_true("shown as well and empty", async || {
        let lane = town.app.office.engine.lanes().remove(0);
        lane.can_send && lane.in_flight == 0
    })
    .await;
    assert_eq!(town.lost(sent).await, 0);
    assert!(town.duplicates() <= counts.possible_repeats, "{} copies, {counts:?}", town.duplicates());
    town.end().await;
    counts
}

#[tokio::test]
async fn cut_around_commits_nothing_is_lost_or_sent_twice() {
    let counts = cut_through(UncertainPolicy::Hold).await;
    assert_eq!(counts.delivered + counts.uncertain, i64::from(PEOPLE), "{counts:?}");
    assert_eq!(counts.possible_repeats, 0, "{counts:?}");
    let cuts = i64::try_from(CUTS.len()).unwrap();
    assert!(counts.uncertain <= cuts * 2 * CLAIM, "a cut leaves the claims under way in doubt: {counts:?}");
}

#[tokio::test]
async fn cut_around_commits_what_is_sent_again_was_called_a_possible_repeat() {
    let counts = cut_through(UncertainPolicy::Resend).await;
    assert_eq!(counts.delivered, i64::from(PEOPLE), "{counts:?}");
}
