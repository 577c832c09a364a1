//! What must hold after every step, seen from outside: nothing is lost between two commits, the urgent goes first, and
//! what was stopped is stopped.

use std::collections::{BTreeMap, BTreeSet};

use contract::Clock;
use jiff::Timestamp;
use loa::domain::{AlertId, Counts, LaneId, MessageKey, RouteId};
use loa::ledger::{Claim, ClaimAsk, Favour, Lease};

use super::world::{World, lock};

#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Lanes by name.
    pub(super) lanes: BTreeMap<String, LaneId>,
    /// Lanes in reserve, each with the one it stands in for.
    pub(super) reserve: BTreeMap<String, String>,
    owners: BTreeMap<LaneId, (i64, String)>,
    pub(super) alerts: BTreeMap<AlertId, Watched>,
    /// By number: which attempts the claim allows; true: a possible repeat.
    pub(super) claims: BTreeMap<i64, BTreeMap<(MessageKey, i32), bool>>,
}

#[derive(Debug)]
pub(super) struct Watched {
    pub(super) priority: i16,
    pub(super) expires_at: Timestamp,
    pub(super) parts: usize,
    /// Paused or cancelled.
    pub(super) stopped: bool,
    /// Its expiry was seen on the wall clock, whatever that shows now.
    over: bool,
    routes: BTreeMap<RouteId, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    counts: Counts,
    claimed: BTreeSet<i64>,
}

impl Watched {
    pub(super) fn new(priority: i16, expires_at: Timestamp, parts: usize) -> Self {
        Self { priority, expires_at, parts, stopped: false, over: false, routes: BTreeMap::new() }
    }

    /// Something was never claimed on one of these routes.
    fn waits_on(&self, routes: &[RouteId]) -> bool {
        let waits = |seen: &Seen| seen.counts.accepted > seen.claimed.len() as i64;
        self.routes.iter().any(|(route, seen)| routes.contains(route) && waits(seen))
    }
}

impl World {
    pub(super) fn leased(&self, lease: &Lease) {
        let Lease::Granted { ownership, .. } = lease else { return };
        let owners = &mut lock(&self.watch).owners;
        let earlier = owners.insert(ownership.lane, (ownership.epoch, ownership.node.clone()));
        let Some((epoch, node)) = earlier else { return };
        if ownership.epoch < epoch || ownership.epoch == epoch && ownership.node != node {
            self.wrong(&format!("{ownership:?} after epoch {epoch} of {node}"));
        }
    }

    /// Of the lane's present owner.
    pub(super) fn epoch(&self, lane: &str) -> i64 {
        let watch = lock(&self.watch);
        let owner = watch.lanes.get(lane).and_then(|lane| watch.owners.get(lane));
        owner.map_or(0, |(epoch, _)| *epoch)
    }

    /// The process was the last to be given the lane.
    pub(super) fn owns(&self, process: &str, lane: &str) -> bool {
        let watch = lock(&self.watch);
        let owner = watch.lanes.get(lane).and_then(|lane| watch.owners.get(lane));
        owner.is_some_and(|(_, node)| node == process)
    }

    /// Conservation per dispatch and in total, and what has ended stays so.
    pub(super) fn look_at_counts(&self, verb: &str) {
        let mut watch = lock(&self.watch);
        for (alert, watched) in &mut watch.alerts {
            let by_route = self.at_once(self.store.ledger.counts(*alert)).expect("the counters are there");
            watched.over |= self.clock.now() >= watched.expires_at;
            let total: Counts = by_route.iter().map(|(_, counts)| *counts).sum();
            if !total.conserved() {
                self.wrong(&format!("after {verb}, alert {alert}: {total:?} is not conserved"));
            }
            for (route, counts) in by_route {
                let seen = watched.routes.entry(route).or_default();
                if !counts.conserved() {
                    self.wrong(&format!(
                        "after {verb}, alert {alert} route {route}: {counts:?} is not conserved"
                    ));
                }
                if counts.settled() < seen.counts.settled() || counts.accepted < seen.counts.accepted {
                    let before = seen.counts;
                    self.wrong(&format!(
                        "after {verb}, alert {alert} route {route}: {before:?} became {counts:?}"
                    ));
                }
                seen.counts = counts;
            }
        }
    }

    pub(super) fn claimed(&self, now: Timestamp, ask: &ClaimAsk, claim: Option<&Claim>) {
        let Some(claim) = claim else { return };
        let watch = &mut *lock(&self.watch);
        let named = format!("claim {} of {} on {}", claim.id, claim.alert, claim.route);
        if claim.messages.len() > ask.messages_max || claim.messages.is_empty() {
            self.wrong(&format!("{named}: {} messages", claim.messages.len()));
        }
        if now >= claim.expires_at {
            self.wrong(&format!("{named}: it has expired"));
        }
        let passed_over = watch.alerts.iter().find(|(_, other)| {
            let waits =
                !other.stopped && !other.over && now < other.expires_at && other.waits_on(&ask.routes);
            waits && other.priority > claim.priority && ask.favour == Favour::Urgent
        });
        if let Some((urgent, _)) = passed_over {
            self.wrong(&format!("{named}: the more urgent alert {urgent} waits"));
        }
        let Some(watched) = watch.alerts.get_mut(&claim.alert) else {
            return self.wrong(&format!("{named}: there is no such alert"));
        };
        if watched.stopped {
            self.wrong(&format!("{named}: it is stopped"));
        }
        let claimed = &mut watched.routes.entry(claim.route).or_default().claimed;
        claimed.extend(claim.messages.iter().map(|message| message.seq));
        let attempts = claim.messages.iter().map(|message| {
            let key = MessageKey { alert: claim.alert, route: claim.route, seq: message.seq };
            ((key, message.attempt), message.possible_repeat)
        });
        if watch.claims.insert(claim.id.0, attempts.collect()).is_some() {
            self.wrong(&format!("{named}: its number was used before"));
        }
    }
}
