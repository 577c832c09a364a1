//! What holds for any coordinator.

use std::{sync::Arc, time::Duration};

use loa::{
    coordination::{Coordination, Local, News, Purse, Quota, Redis, RedisSettings, Sent},
    domain::{AlertId, LaneId, MessageKey, RouteId},
    ledger::KnownPart,
};
use tokio::time::Instant;

use crate::kit::{redis::RedisServer, until};

pub(super) fn settings(server: &RedisServer) -> RedisSettings {
    RedisSettings {
        url: server.url(),
        prefix: "test".into(),
        share: 0.5,
        timeout: Duration::from_millis(500),
    }
}

pub(super) async fn connected(settings: RedisSettings) -> Arc<dyn Coordination> {
    let redis: Arc<dyn Coordination> = Arc::new(Redis::start(settings).expect("an address"));
    until("connected", async || redis.standing() == loa::coordination::Standing::Ready).await;
    redis
}

#[tokio::test]
async fn local_keeps_every_case() {
    let local: Arc<dyn Coordination> = Arc::new(Local::default());
    every_case(&local, &local).await;
}

#[tokio::test]
async fn redis_keeps_every_case_between_two_nodes() {
    let server = RedisServer::start().await;
    let (one, two) = (connected(settings(&server)).await, connected(settings(&server)).await);
    every_case(&one, &two).await;
    one.close().await;
    two.close().await;
}

/// `one` and `two` may be two nodes, or twice the same.
async fn every_case(one: &Arc<dyn Coordination>, two: &Arc<dyn Coordination>) {
    a_quota_is_shared_and_says_when_to_come_again(one, two).await;
    quotas_do_not_touch_each_other(one).await;
    news_are_heard_everywhere(one, two).await;
    references_are_found_by_others(one, two).await;
    a_grant_is_held_over_both(one, two).await;
}

async fn a_quota_is_shared_and_says_when_to_come_again(
    one: &Arc<dyn Coordination>,
    two: &Arc<dyn Coordination>,
) {
    // So slow that nothing comes back while we look.
    let quota = Quota { key: "slow".into(), per_s: 0.01, burst: 5 };
    assert_eq!(one.admit(&quota, 0).await.retry_after, Duration::ZERO, "a look takes nothing");
    assert_eq!(one.admit(&quota, 3).await.units, 3);
    let rest = two.admit(&quota, 3).await;
    assert_eq!(rest.units, 2, "what is left");
    assert!(rest.retry_after > Duration::from_secs(90), "{rest:?}");
    let nothing = one.admit(&quota, 1).await;
    assert_eq!(nothing.units, 0);
    assert!(nothing.retry_after > Duration::from_secs(90), "{nothing:?}");
    assert!(two.admit(&quota, 0).await.retry_after > Duration::from_secs(90), "nothing left, seen by a look");
}

async fn quotas_do_not_touch_each_other(one: &Arc<dyn Coordination>) {
    let mine = Quota::per_minute("mine", 2);
    let yours = Quota::per_minute("yours", 2);
    assert_eq!((one.admit(&mine, 5).await.units, one.admit(&yours, 5).await.units), (2, 2));
}

async fn news_are_heard_everywhere(one: &Arc<dyn Coordination>, two: &Arc<dyn Coordination>) {
    let (mut here, mut there) = (one.listen(), two.listen());
    let told = News::Moved(vec![AlertId(7)]);
    let mut heard = false;
    // The other may begin to listen a moment later: news are repeated until it does.
    until("heard by the other", async || {
        one.announce(told.clone());
        while let Ok(news) = there.try_recv() {
            heard |= news == told;
        }
        heard
    })
    .await;
    let mut own = false;
    while let Ok(news) = here.try_recv() {
        own |= news == told;
    }
    assert!(own, "and by the one who told");
}

async fn references_are_found_by_others(one: &Arc<dyn Coordination>, two: &Arc<dyn Coordination>) {
    let key = MessageKey { alert: AlertId(3), route: RouteId(2), seq: 99 };
    let sent = Sent { lane: LaneId(4), part: KnownPart { key, attempt: 2, part: 1 } };
    one.remember("smpp/loa@smsc", vec![("0A1B".to_owned(), sent)]);
    let asked = ["other".to_owned(), "0A1B".to_owned()];
    until("found by the other", async || two.recall("smpp/loa@smsc", &asked).await == [None, Some(sent)])
        .await;
    assert_eq!(two.recall("smpp/else@smsc", &asked).await, [None, None], "another account's");
    assert!(two.recall("smpp/loa@smsc", &[]).await.is_empty());
}

/// Two lanes of two nodes draw on one grant as fast as they can.
async fn a_grant_is_held_over_both(one: &Arc<dyn Coordination>, two: &Arc<dyn Coordination>) {
    const GRANTED: u32 = 500;
    const LONG: Duration = Duration::from_millis(2500);
    let quota = Quota::granted("lane", f64::from(GRANTED));
    let began = Instant::now();
    let draw = |node: &Arc<dyn Coordination>| {
        let purse = Purse::new(quota.clone(), node.clone());
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while began.elapsed() < LONG {
                purse.take(1).await;
                taken.push(began.elapsed());
            }
            taken
        })
    };
    let (first, second) = (draw(one), draw(two));
    let mut taken = first.await.unwrap();
    taken.extend(second.await.unwrap());
    taken.sort();
    let most = taken
        .iter()
        .map(|from| taken.iter().filter(|at| (*from..*from + Duration::from_secs(1)).contains(at)).count())
        .max()
        .unwrap_or(0);
    assert!(most <= GRANTED as usize, "{most} in a sliding second");
    assert!(taken.len() > GRANTED as usize, "and not much less: {} in {LONG:?}", taken.len());
}
