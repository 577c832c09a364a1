//! What is known about routes, lanes and plans from the settings; the same for the whole run.

use std::collections::BTreeMap;

use crate::{
    domain::{Channel, Plan, RouteId},
    ledger::Routing,
};

#[derive(Debug, Clone)]
pub struct Setup {
    /// This process among the gateway's nodes.
    pub node: String,
    /// In the order of their ids.
    pub routes: Vec<RouteSetup>,
    /// Which carrier's subscribers go over which route.
    pub carriers: Vec<(String, RouteId)>,
    /// Plans that an alert may name.
    pub plans: BTreeMap<String, Plan>,
    /// Ceiling of SMS parts per message.
    pub parts_max: usize,
}

#[derive(Debug, Clone)]
pub struct RouteSetup {
    pub id: RouteId,
    pub name: String,
    pub channel: Channel,
    pub rendering: Rendering,
    pub reach: Reach,
    /// Largest header among the route's lanes: a text is cut so that any of them can carry it.
    pub part_header_octets: usize,
    /// Sum of the granted rates of its lanes, those in reserve left out.
    pub parts_per_s: f64,
    pub lanes: Vec<String>,
}

/// How the persons of a route are addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// By telephone number, those whose carrier the route serves.
    Carrier,
    /// By telephone number, whatever the carrier.
    Phone,
    /// By the provider's own id of those who follow.
    Contact,
    /// All at once, at this address.
    Page(String),
}

/// Which rendering of the alert the route carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendering {
    Sms,
    /// A provider's approved template.
    Template,
    /// Free text to one follower.
    Text,
    /// An article, broadcast after the provider has looked at it: slow, few a month, not at night.
    Article,
    Post,
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

    /// Routes that a plan uses, each with its step.
    pub fn routes_of<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (&'a RouteSetup, i64)> {
        self.routes.iter().filter_map(|route| plan.step_of(route.channel).map(|step| (route, step)))
    }

    /// How a plan's persons are addressed.
    #[must_use]
    pub fn routing(&self, plan: &Plan) -> Routing {
        let reached = |reach: &Reach| {
            let routes = self.routes_of(plan).filter(|(route, _)| route.reach == *reach);
            routes.map(|(route, _)| route.id).collect::<Vec<_>>()
        };
        let by_carrier = if plan.uses(Channel::Sms) { self.carriers.clone() } else { Vec::new() };
        Routing { by_carrier, by_phone: reached(&Reach::Phone), by_contact: reached(&Reach::Contact) }
    }
}
