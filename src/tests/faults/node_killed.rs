//! Two processes on one database; the one that owns the lane is killed while an alert runs.

use std::time::Duration;

use loa::domain::Severity;
use simulators::smsc::SmscScript;
use tokio::time::Instant;

use crate::kit::{nodes::Nodes, town::alert};

const LEASE: Duration = Duration::from_secs(2);
/// 400 per second for 250 ms, the default span.
const CLAIM: i64 = 100;
/// Of the claim before, at 400 per second: answers take 30 ms, and wait at most 50 ms for company.
const UNDER_WAY: i64 = 60;

#[tokio::test]
async fn the_other_node_takes_the_lane_over_and_finishes() {
    let script = SmscScript { response_ms: 30, ..SmscScript::default() };
    let nodes = Nodes::prepare(800, "400/s", "lease_s = 2\nsweep_ms = 100", script).await;
    let owner = nodes.serve("owner");
    owner.until_says(&["lane is ours"]).await;
    let mut other = nodes.serve("other");
    let sent = nodes.send(alert(Severity::Moderate)).await;
    let under_way = |counts: &simulators::smsc::Counts| counts.accepted_parts >= 250;
    assert!(nodes.carrier.wait_for(under_way, Duration::from_secs(60)).await);
    owner.kill().await;
    let killed_at = Instant::now();
    other.until_says(&["lane is ours"]).await;
    // It asks every quarter of a lease; the rest is for a busy machine.
    assert!(killed_at.elapsed() < LEASE * 2, "taken over after {:?}", killed_at.elapsed());
    let counts = nodes.settled(sent).await;
    assert!(other.lives());
    assert_eq!((counts.failed, counts.possible_repeats), (0, 0), "{counts:?}");
    assert!(0 < counts.uncertain && counts.uncertain <= CLAIM + UNDER_WAY, "one claim: {counts:?}");
    assert_eq!(counts.delivered + counts.uncertain, i64::from(nodes.people), "{counts:?}");
    assert_eq!(nodes.carrier.counts().duplicate_messages, 0, "held doubts are not sent again");
    nodes.check(&counts);
    other.end().await;
}
