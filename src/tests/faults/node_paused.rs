//! The process that owns the lane is stopped for longer than its lease, and goes on when another has the lane.

use std::time::Duration;

use loa::{
    domain::{Severity, UncertainPolicy},
    office::AlertForm,
};
use simulators::smsc::SmscScript;

use crate::kit::{nodes::Nodes, town::alert};

#[tokio::test]
async fn a_paused_owner_comes_back_as_a_stranger() {
    let script = SmscScript { response_ms: 30, ..SmscScript::default() };
    let sending = "lease_s = 2\nsweep_ms = 100\nresend_after_ms = 50";
    let nodes = Nodes::prepare(1_200, "400/s", sending, script).await;
    let mut paused = nodes.serve("paused");
    paused.until_says(&["lane is ours"]).await;
    let mut other = nodes.serve("other");
    let form = AlertForm { uncertain: Some(UncertainPolicy::Resend), ..alert(Severity::Moderate) };
    let sent = nodes.send(form).await;
    let under_way = |counts: &simulators::smsc::Counts| counts.accepted_parts >= 250;
    assert!(nodes.carrier.wait_for(under_way, Duration::from_secs(60)).await);
    paused.signal("STOP").await;
    other.until_says(&["lane is ours"]).await;
    paused.signal("CONT").await;
    paused
        .until_says(&["the lane was taken over", "this node no longer owns the lane", "stopped sending"])
        .await;
    let counts = nodes.settled(sent).await;
    assert_eq!(counts.delivered, i64::from(nodes.people), "{counts:?}");
    let copies = i64::try_from(nodes.carrier.counts().duplicate_messages).unwrap();
    assert!(0 < counts.possible_repeats, "what it had in hand is sent again: {counts:?}");
    assert!(copies <= counts.possible_repeats, "{copies} copies, {counts:?}");
    nodes.check(&counts);
    assert!(paused.lives() && other.lives());
    paused.end().await;
    other.end().await;
}
