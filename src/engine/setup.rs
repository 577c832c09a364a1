//! What is known about routes and lanes from the settings; the same for the whole run.

use crate::{domain::RouteId, ledger::Routing};

#[derive(Debug, Clone)]
pub struct Setup {
    /// This process among the gateway's nodes.
    pub node: String,
    /// In the order of their ids.
    pub routes: Vec<RouteSetup>,
    /// Which carrier's subscribers go over which route.
    pub routing: Routing,
    /// Ceiling of SMS parts per message.
    pub parts_max: usize,
}

#[derive(Debug, Clone)]
pub struct RouteSetup {
    pub id: RouteId,
    pub name: String,
    /// Largest header among the route's lanes: a text is cut so that any of them can carry it.
    pub part_header_octets: usize,
    /// Sum of the granted rates of its lanes, those in reserve left out.
    pub parts_per_s: f64,
    pub lanes: Vec<String>,
}

impl Setup {
    #[must_use]
    pub fn route(&self, id: RouteId) -> Option<&RouteSetup> {
        self.routes.iter().find(|route| route.id == id)
    }

    #[must_use]
    pub fn route_named(&self, name: &str) -> Option<&RouteSetup> {
        self.routes.iter().find(|route| route.name == name)
    }
}
