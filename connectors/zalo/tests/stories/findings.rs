//! What the lane learns by itself.

use contract::Finding;
use loa_zalo::{FaultKind, Mode, validate};
use simulators::zalo::script::Follower;

use crate::kit::{BOUND, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_read_and_values_checked_against_them() {
    let (_zalo, engine, _) = world(Mode::Phone, |_| {}, |_| {}).await;
    let is_template = |finding: &Finding| matches!(finding, Finding::Template(_));
    assert!(engine.sink.until(BOUND, |sink| sink.findings.lock().unwrap().iter().any(is_template)).await);
    let findings = engine.sink.findings.lock().unwrap();
    let facts = findings.iter().find_map(|finding| match finding {
        Finding::Template(facts) => Some(facts.clone()),
        _ => None,
    });
    let facts = facts.unwrap();
    assert_eq!((facts.id.as_str(), facts.enabled, facts.price_dong), ("410001", true, Some(120)));
    let values = [("loai", "x".repeat(31)), ("noi_dung", "n".to_owned()), ("ma", "m".to_owned())];
    let values = values.map(|(name, value)| (name.to_owned(), value)).into();
    let kinds: Vec<_> = validate(&values, &facts).into_iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::TooLong { length: 31, max: 30 }, FaultKind::Missing]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_are_read_with_the_communes_of_their_tags() {
    let mut followers: Vec<_> = (0..120).map(|n| Follower::new(format!("6{n:03}"))).collect();
    for follower in followers.iter_mut().take(70) {
        follower.tags = vec!["xa-06001".to_owned(), "khác".to_owned()];
    }
    let (_zalo, engine, _) = world(Mode::Consult, |script| script.followers = followers, |_| {}).await;
    assert!(engine.sink.until(BOUND, |sink| sink.findings.lock().unwrap().len() >= 120).await);
    let findings = engine.sink.findings.lock().unwrap();
    let area = |finding: &Finding| match finding {
        Finding::Follower(follower) => follower.area.clone(),
        _ => None,
    };
    let here = findings.iter().filter(|finding| area(finding).as_deref() == Some("06001")).count();
    assert_eq!((findings.len(), here), (120, 70));
}
