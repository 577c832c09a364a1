//! A node that can't reach the ledger believes that it owns its lane, while another has been given it.

use std::{sync::Arc, time::Duration};

use contract::{Rate, SystemClock};
use loa::{config::Channel, domain::Severity};
use simulators::smsc::{Smsc, SmscScript};

use crate::kit::{
    postgres::PostgresServer,
    proxy::Proxy,
    town::{Plan, Town, alert, number},
};

const PEOPLE: u32 = 400;

#[tokio::test]
async fn a_node_cut_off_from_the_ledger_falls_silent_before_another_begins() {
    let direct = PostgresServer::shared().await.fresh().await;
    let proxy = Proxy::start(&direct).await;
    // A claim is half of all and lasts for five seconds: longer than the lease.
    let mut town = Town::build(Plan {
        ledger: Some(proxy.url(&direct)),
        people: PEOPLE,
        rate: "40/s",
        settings: "[sending]\nlease_s = 2\nclaim_ms = 5000\nsweep_ms = 100".into(),
        ..Plan::default()
    })
    .await;
    town.look_from(&direct).await;
    // The other node reaches the same lane's carrier at another door, so that each can be counted.
    let door = Smsc::start(SmscScript::default(), "127.0.0.1:0").await.unwrap();
    let other = town
        .second(Arc::new(SystemClock), |config| {
            config.ledger.url = direct.clone();
            config.lanes[0].rate = Rate::per_second(200);
            if let Channel::Smpp(smpp) = &mut config.lanes[0].channel {
                smpp.address = door.address().to_string();
            }
        })
        .await;
    let sent = town.send(alert(Severity::Moderate)).await;
    assert!(town.carrier().wait_for(|counts| counts.accepted_parts >= 20, Duration::from_secs(30)).await);
    proxy.stall(true);
    let owner = |app: &loa::app::App| app.office.engine.lanes().first().and_then(|lane| lane.owner.clone());
    let (here, there) = (town.app.office.setup.load().node.clone(), other.office.setup.load().node.clone());
    town.until_true("taken over", async || owner(&other).as_deref() == Some(there.as_str())).await;
    assert_eq!(owner(&town.app), Some(here), "both believe it");
    let then = town.carrier().counts().accepted_parts;
    let cut_off = || town.app.office.engine.lanes().remove(0);
    town.until_true("said", async || !cut_off().can_send && cut_off().health.contains("lease")).await;
    let counts = town
        // A receipt that the first could not keep is still with its carrier.
        .until(sent, "settled", |counts| {
            counts.queued + counts.in_flight == 0 && counts.accepted == i64::from(PEOPLE)
        })
        .await;
    assert_eq!(town.carrier().counts().accepted_parts, then, "not a word in the lane's name meanwhile");
    assert!(counts.uncertain > 0, "what the first had in hand: {counts:?}");
    proxy.stall(false);
    town.until_true("told", async || owner(&town.app).as_deref() == Some(there.as_str())).await;
    // Its late answers were refused or found what they belong to; nothing moved twice.
    let after = town.counts(sent).await;
    assert!(after.conserved() && after.in_flight == 0, "{after:?}");
    assert_eq!(after.delivered + after.sent + after.uncertain, i64::from(PEOPLE), "{after:?}");
    for n in 0..PEOPLE {
        assert!(town.carrier().accepted(number(n)) + door.accepted(number(n)) <= 1, "{n} got it twice");
    }
    other.stop().await.unwrap();
    door.stop().await;
    town.end().await;
}
