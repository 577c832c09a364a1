//! A lane from this node's point of view: wait for the lease, own it, lose it, again.

use std::sync::Arc;

use contract::{Callbacks, Connector, Context, Health, Rate};

use super::Account;
use crate::{
    coordination::Purse,
    domain::{LaneId, RouteId},
};

/// Brings a lane's connector up; called each time a node becomes the lane's owner.
pub type Connect = Arc<dyn Fn(Context) -> Arc<dyn Connector> + Send + Sync>;

/// What the settings say about a lane, and how to bring it up.
#[derive(Clone)]
pub struct LaneSpec {
    pub id: LaneId,
    pub name: String,
    pub kind: &'static str,
    pub routes: Vec<RouteId>,
    pub route_names: Vec<String>,
    pub rate: Rate,
    /// Most submissions that may be without an answer.
    pub window: usize,
    /// Another node shall own it, if it runs: this one waits for it at its start.
    pub waits: bool,
    /// Serves only while no other lane of the route can.
    pub standby: bool,
    /// Its provider can be asked what became of a message in doubt.
    pub reconciles: bool,
    /// Providers that call us instead of being called.
    pub callbacks: Option<Arc<dyn Callbacks>>,
    /// The account at the provider, where several lanes may share one: receipts and callbacks come to any of them.
    pub account: Account,
    /// A grant that it shares with other lanes, here or on other nodes.
    pub purse: Option<Arc<Purse>>,
    pub connect: Connect,
}

impl std::fmt::Debug for LaneSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LaneSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Health in one line for the office.
pub(crate) fn health_line(health: &Health) -> String {
    match health {
        Health::Ready => "ready".into(),
        Health::Limited(why) => format!("limited: {why}"),
        Health::Down(why) => format!("down: {why}"),
        Health::Stopped(why) => format!("stopped: {why}"),
    }
}
