//! Redis killed, flushed, slow: seen at the seam. What that does to an alert under way is in `faults`.

use std::time::Duration;

use loa::coordination::{Coordination as _, Purse, Quota, Redis, RedisSettings, Standing};
use tokio::time::{Instant, timeout};

use super::cases::{connected, settings};
use crate::kit::{redis::RedisServer, until};

fn away(standing: &Standing) -> bool {
    matches!(standing, Standing::Away(_))
}

#[tokio::test]
async fn killed_it_leaves_every_node_its_share_and_comes_back_by_itself() {
    let mut server = RedisServer::start().await;
    let node = connected(settings(&server)).await;
    server.kill();
    let quota = Quota { key: "q".into(), per_s: 100.0, burst: 100 };
    let purse = Purse::new(quota.clone(), node.clone());
    let mut taken = 0;
    let drawing = async {
        loop {
            purse.take(1).await;
            taken += 1;
        }
    };
    assert!(timeout(Duration::from_secs(2), drawing).await.is_err(), "there is always more to come");
    assert!(away(&node.standing()), "{:?}", node.standing());
    assert!((60..=110).contains(&taken), "half of 100/s for two seconds, from an empty bucket: {taken}");
    server.restart().await;
    until("back", async || node.standing() == Standing::Ready).await;
    assert_eq!(node.admit(&quota, 100).await.units, 100, "the whole quota again");
    node.close().await;
}

#[tokio::test]
async fn flushed_it_begins_anew() {
    let server = RedisServer::start().await;
    let node = connected(settings(&server)).await;
    let quota = Quota { key: "q".into(), per_s: 0.01, burst: 3 };
    assert_eq!((node.admit(&quota, 9).await.units, node.admit(&quota, 9).await.units), (3, 0));
    // The script is forgotten too.
    server.tell(&["SCRIPT", "FLUSH"]).await.unwrap();
    server.tell(&["FLUSHALL"]).await.unwrap();
    assert_eq!(node.admit(&quota, 9).await.units, 3);
    assert_eq!(node.standing(), Standing::Ready);
    // Somebody else's value under our key is no reason to stop.
    server.tell(&["SET", "test:quota:q", "what is this"]).await.unwrap();
    assert_eq!(node.admit(&quota, 9).await.units, 3);
    node.close().await;
}

#[tokio::test]
async fn slow_it_is_asked_no_more_until_it_answers_in_time() {
    let server = RedisServer::start().await;
    let quick = RedisSettings { timeout: Duration::from_millis(50), ..settings(&server) };
    let node = connected(quick).await;
    server.tell(&["CLIENT", "PAUSE", "1500", "ALL"]).await.unwrap();
    let quota = Quota { key: "q".into(), per_s: 1_000_000.0, burst: 1_000_000 };
    let began = Instant::now();
    for _ in 0..1000 {
        node.admit(&quota, 1).await;
    }
    assert!(began.elapsed() < Duration::from_secs(1), "a thousand calls took {:?}", began.elapsed());
    assert!(away(&node.standing()), "{:?}", node.standing());
    until("quick again", async || node.standing() == Standing::Ready).await;
    node.close().await;
}

#[tokio::test]
async fn nobody_there_at_the_start_is_no_reason_not_to_start() {
    let mut server = RedisServer::start().await;
    server.kill();
    let node = Redis::start(settings(&server)).expect("an address");
    assert!(node.admit(&Quota::per_minute("q", 60), 0).await.retry_after <= Duration::from_secs(2));
    assert!(Redis::inspect(&settings(&server)).await.is_err());
    server.restart().await;
    until("connected", async || node.standing() == Standing::Ready).await;
    assert!(Redis::inspect(&settings(&server)).await.expect("it answers").is_empty());
    node.close().await;
}
