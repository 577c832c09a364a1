//! What nodes hear of each other, and tell each other.

use std::time::Duration;

use contract::Rate;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{Handle, LaneSpec, LaneStatus, settle::full};
use crate::{
    coordination::News,
    ledger::{LeaseRow, Store},
};

/// How often others are told whose counts have moved.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// How often a node that owns no lanes looks who does.
const WATCH_EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn hear(handle: Handle, stop: CancellationToken) {
    let mut news = handle.coordination().listen();
    loop {
        let heard = tokio::select! {
            biased;
            heard = news.recv() => heard,
            () = stop.cancelled() => return,
        };
        match heard {
            Ok(news) => handle.hear(&news),
            // Some were missed: whatever they were, looking is enough.
            Err(RecvError::Lagged(_)) => handle.hear(&News::Look),
            Err(RecvError::Closed) => return,
        }
    }
}

pub(crate) async fn tell_moved(handle: Handle, stop: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = tokio::time::sleep(TELL_EVERY) => handle.announce_moved(),
            () = stop.cancelled() => return handle.announce_moved(),
        }
    }
}

/// What a node without lanes of its own does: it hears the others, and shows who owns the lanes, from the ledger.
pub async fn watch(store: Store, specs: Vec<LaneSpec>, handle: Handle, stop: CancellationToken) {
    tokio::join!(
        hear(handle.clone(), stop.clone()),
        tell_moved(handle.clone(), stop.clone()),
        watch_leases(store, specs, handle, stop),
    );
}

async fn watch_leases(store: Store, specs: Vec<LaneSpec>, handle: Handle, stop: CancellationToken) {
    loop {
        match store.reports.leases().await {
            Ok(leases) => {
                for spec in &specs {
                    let lease = leases.iter().find(|lease| lease.lane == spec.id);
                    handle.show(seen(spec, lease));
                }
            }
            Err(error) => tracing::warn!(error = %full(&error), "lanes of other nodes are not known now"),
        }
        tokio::select! {
            biased;
            () = tokio::time::sleep(WATCH_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

fn seen(spec: &LaneSpec, lease: Option<&LeaseRow>) -> LaneStatus {
    let node = lease.and_then(|lease| lease.node.clone());
    let ready = node.is_some() && lease.is_some_and(|lease| lease.ready);
    let health = match &node {
        Some(node) => held(node, ready),
        None => "down: no node owns the lane".into(),
    };
    LaneStatus { can_send: ready, health, owner: node, ..unowned(spec, spec.rate) }
}

/// A lane that another node owns.
pub(crate) fn held(node: &str, ready: bool) -> String {
    if ready { format!("ready, on node {node}") } else { format!("down, on node {node}") }
}

/// A lane without what only its owner knows.
pub(crate) fn unowned(spec: &LaneSpec, granted: Rate) -> LaneStatus {
    LaneStatus {
        name: spec.name.clone(),
        routes: spec.route_names.clone(),
        kind: spec.kind,
        granted,
        rate_now: 0.0,
        health: "down: not owned by this node".into(),
        can_send: false,
        owner: None,
        in_flight: 0,
        window: spec.window,
        throttles: 0,
        standby: spec.standby,
    }
}
