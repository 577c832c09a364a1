//! The coordinator goes away, forgets and is slow while an alert is being sent over two links of one account.

use loa::{coordination::Standing, domain::Severity};
use simulators::smsc::SmscScript;

use crate::kit::{
    redis::RedisServer,
    town::{Plan, Town, alert},
};

const PEOPLE: u32 = 1200;
/// Parts per second that the account was granted; each link alone could send more than half of it.
const GRANTED: u32 = 300;

#[tokio::test]
async fn killed_flushed_and_slow_it_costs_no_message_and_no_copy() {
    let mut server = RedisServer::start().await;
    let settings = format!(
        "[coordination]\nurl = \"{}\"\nshare = 1.0\ntimeout_ms = 50\n[quotas]\nviettel = \"{GRANTED}/s\"\n",
        server.url()
    );
    let town = Town::build(Plan {
        people: PEOPLE,
        rate: "250/s",
        links: 2,
        lane: "quota = \"viettel\"",
        settings,
        ..Plan::default()
    })
    .await;
    let standing = || town.app.office.engine.coordination().standing();
    town.until_true("connected", async || standing() == Standing::Ready).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "under way", |counts| counts.delivered > 100).await;
    server.kill();
    town.until(sent, "further without it", |counts| counts.delivered > 400).await;
    assert!(matches!(standing(), Standing::Away(_)), "and the office is told: {:?}", standing());
    server.restart().await;
    town.until_true("back", async || standing() == Standing::Ready).await;
    town.until(sent, "further with it", |counts| counts.delivered > 600).await;
    server.tell(&["FLUSHALL"]).await.unwrap();
    server.tell(&["CLIENT", "PAUSE", "700", "ALL"]).await.unwrap();
    let counts = town.until(sent, "all", |counts| counts.delivered == i64::from(PEOPLE)).await;
    assert_eq!((counts.uncertain, counts.possible_repeats), (0, 0));
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    let most = town.carrier().counts().max_in_any_second;
    // Each time this node changes between its own share and the others', it may begin a bucket anew.
    assert!(most <= GRANTED + GRANTED / 10, "{most} in a sliding second of {GRANTED}");
    town.end().await;
}

#[tokio::test]
async fn receipts_over_the_other_link_of_the_account_find_their_message() {
    // The carrier brings receipts over whatever bind it likes; neither lane alone knows all references.
    let town = Town::build(Plan {
        carriers: vec![("viettel", SmscScript::default())],
        people: 600,
        rate: "400/s",
        links: 2,
        ..Plan::default()
    })
    .await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "all", |counts| counts.delivered == 600).await;
    assert_eq!(town.app.office.store.reports.unmatched().await.unwrap(), []);
    let lanes = town.app.office.engine.lanes();
    assert_eq!(lanes.iter().filter(|lane| lane.can_send).count(), 2);
    town.end().await;
}
