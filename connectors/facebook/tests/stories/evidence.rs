//! What is known of a post afterwards.

use contract::{Exhibit, Finding, PostAct, Rate, ReceiptVerdict};
use loa_facebook::{FacebookConnector, FacebookSettings};
use simulators::facebook::{Calls, FacebookScript, FaultKind};

use crate::kit::{BOUND, World, accepted, context, doing, settings};

fn exhibits(world: &World) -> Vec<Exhibit> {
    let findings = world.sink.findings.lock().unwrap();
    let exhibit = |finding: &Finding| match finding {
        Finding::Exhibit(exhibit) => Some(exhibit.clone()),
        _ => None,
    };
    findings.iter().filter_map(exhibit).collect()
}

fn value(exhibit: &Exhibit, name: &str) -> Option<Option<i64>> {
    exhibit.metrics.iter().find(|(metric, _)| metric == name).map(|(_, value)| *value)
}

#[tokio::test]
async fn a_post_is_read_back_and_its_address_is_kept() {
    let mut world = World::ready().await;
    let reference = world.post("VN-1").await;
    assert!(world.sink.until(BOUND, |sink| !sink.receipts.lock().unwrap().is_empty()).await);
    let receipt = world.sink.receipts.lock().unwrap()[0].clone();
    assert_eq!((receipt.references, receipt.verdict), (vec![reference.clone()], ReceiptVerdict::Delivered));
    assert!(world.sink.until(BOUND, |sink| !sink.findings.lock().unwrap().is_empty()).await);
    let exhibit = &exhibits(&world)[0];
    assert_eq!(exhibit.reference, reference);
    assert!(exhibit.permalink.as_deref().is_some_and(|link| link.starts_with("https://")), "{exhibit:?}");
}

#[tokio::test]
async fn what_can_not_be_read_back_is_not_called_delivered() {
    let mut world = World::ready().await;
    world.fault(FaultKind::FailBeforeCommit, Calls::Reads);
    world.post("VN-1").await;
    let tried = world.facebook.wait_for(|counts| counts.requests_of("GET post") >= 2, BOUND).await;
    assert!(tried && world.sink.receipts.lock().unwrap().is_empty());
    world.healed();
    assert!(world.sink.until(BOUND, |sink| sink.receipts.lock().unwrap().len() == 1).await);
}

#[tokio::test]
async fn figures_come_one_by_one_and_a_missing_one_is_not_zero() {
    let script = |script: &mut simulators::facebook::FacebookScript| {
        script.insights.missing = vec!["post_clicks".to_owned()];
    };
    let metrics = ["post_media_view", "post_clicks", "post_impressions"].map(str::to_owned);
    let mut world = World::start(script, |settings| {
        settings.evidence_for_hours = 1;
        settings.evidence_every_s = 1;
        settings.evidence_metrics = metrics.to_vec();
    })
    .await;
    world.health(contract::Health::can_send).await;
    world.post("VN-1").await;
    assert!(world.sink.until(BOUND, |sink| sink.findings.lock().unwrap().len() >= 2).await, "measured again");
    let exhibit = &exhibits(&world)[0];
    assert!(value(exhibit, "views").flatten().is_some(), "{exhibit:?}");
    assert!(value(exhibit, "reactions").flatten().is_some(), "{exhibit:?}");
    assert_eq!(value(exhibit, "post_clicks"), Some(None), "no rows");
    assert_eq!(value(exhibit, "post_impressions"), Some(None), "withdrawn by Meta");
    assert_eq!(world.facebook.counts().tokens_in_url, 0);
}

#[tokio::test]
async fn evidence_waits_while_much_is_used() {
    let script = |script: &mut simulators::facebook::FacebookScript| script.page_usage.call_count = 70;
    let mut world = World::start(script, |settings| settings.evidence_for_hours = 1).await;
    world.health(contract::Health::can_send).await;
    world.post("VN-1").await;
    assert!(world.sink.until(BOUND, |sink| !sink.receipts.lock().unwrap().is_empty()).await);
    assert!(world.sink.until(BOUND, |sink| !sink.findings.lock().unwrap().is_empty()).await);
    contract::Connector::close(&*world.connector, BOUND).await;
    let kept = exhibits(&world);
    assert!(world.facebook.counts().insight_reads == 0 && kept.len() == 1, "{kept:?}");
    assert!(kept[0].permalink.is_some() && kept[0].metrics.is_empty(), "{kept:?}");
}

#[tokio::test]
async fn a_deletion_is_confirmed_by_the_absence() {
    let mut world = World::ready().await;
    let target = world.post("VN-1").await;
    assert!(world.sink.until(BOUND, |sink| sink.receipts.lock().unwrap().len() == 1).await);
    accepted(&world.send(doing("VN-1", PostAct::Delete(target.clone()))).await);
    assert!(world.sink.until(BOUND, |sink| sink.receipts.lock().unwrap().len() == 2).await);
    assert_eq!(world.sink.receipts.lock().unwrap()[1].references, [target]);
}

/// The next owner of a lane knows nothing of the last one's posts, and asks the Page.
#[tokio::test]
async fn evidence_goes_on_after_a_restart() {
    let mut world = World::ready().await;
    let reference = world.post("VN-1").await;
    world.facebook.post_by_admin("Tin của quản trị viên");
    contract::Connector::close(&*world.connector, BOUND).await;
    let (context, _reports, sink, _) = context();
    let script = FacebookScript::default();
    let settings = FacebookSettings { evidence_for_hours: 72, ..settings(&script, &world.facebook.base()) };
    let _next = FacebookConnector::start(settings, Rate::per_second(1), context);
    assert!(sink.until(BOUND, |sink| !sink.findings.lock().unwrap().is_empty()).await);
    let receipts = sink.receipts.lock().unwrap().clone();
    assert_eq!(receipts.len(), 1, "only our own");
    assert_eq!(receipts[0].references, [reference]);
}
