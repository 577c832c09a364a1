//! A node of the gateway: the engine as `loa serve` starts it, over a ledger and carriers that are watched.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use contract::{Connector, Context, Rate};
use loa::{
    domain::{AreaCatalogue, Channel, LaneId, RouteId},
    engine::{
        Account, Chance, Engine, Handle, LaneSpec, Parts, Reach, Rendering, RouteSetup, Settings, Setup,
    },
};

use super::{
    dice::Dice,
    link::{Link, Terms},
    process::Process,
    store::store,
    world::World,
};

/// The settings that all nodes share.
pub(super) struct Layout {
    pub(super) routes: Vec<(RouteId, String)>,
    pub(super) lanes: Vec<Lane>,
    pub(super) areas: Arc<AreaCatalogue>,
    pub(super) settings: Settings,
}

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) id: LaneId,
    pub(super) name: String,
    pub(super) route: usize,
    pub(super) per_s: u32,
    pub(super) standby: bool,
    pub(super) window: usize,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) process: Arc<Process>,
    pub(super) handle: Handle,
    engine: Engine,
}

impl Node {
    pub(super) fn start(world: &Arc<World>, layout: &Layout, name: String) -> Self {
        world.note(&format!("{name} starts"));
        let mut dice = Dice::of(world.seed, &name);
        let process = Arc::new(Process::new(name));
        let handle = Handle::default();
        let lanes =
            layout.lanes.iter().map(|lane| spec(world, &process, layout, lane, dice.ms(50..900))).collect();
        let engine = Engine::start(Parts {
            store: store(&process, world),
            setup: Arc::new(ArcSwap::from_pointee(setup(layout, &process.name))),
            lanes,
            areas: layout.areas.clone(),
            settings: layout.settings.clone(),
            clock: world.clock.clone(),
            chance: Chance::seeded(dice.draw()),
            handle: handle.clone(),
        });
        Self { process, handle, engine }
    }

    pub(super) async fn stop(self) {
        self.engine.stop().await;
    }
}

fn setup(layout: &Layout, node: &str) -> Setup {
    let lanes_of = |route: usize| layout.lanes.iter().filter(move |lane| lane.route == route);
    let route = |(place, (id, name)): (usize, &(RouteId, String))| RouteSetup {
        id: *id,
        name: name.clone(),
        channel: Channel::Sms,
        rendering: Rendering::Sms,
        reach: Reach::Carrier,
        part_header_octets: 6,
        parts_per_s: lanes_of(place).filter(|lane| !lane.standby).map(|lane| f64::from(lane.per_s)).sum(),
        lanes: lanes_of(place).map(|lane| lane.name.clone()).collect(),
    };
    Setup {
        node: node.to_owned(),
        routes: layout.routes.iter().enumerate().map(route).collect(),
        carriers: layout.routes.iter().map(|(id, name)| (name.clone(), *id)).collect(),
        plans: std::collections::BTreeMap::new(),
        parts_max: 10,
    }
}

fn spec(
    world: &Arc<World>,
    process: &Arc<Process>,
    layout: &Layout,
    lane: &Lane,
    connects_after: Duration,
) -> LaneSpec {
    let (route, route_name) = layout.routes[lane.route].clone();
    let rate = Rate::per_second(lane.per_s);
    let terms = Terms { lane: lane.name.clone(), rate, window: lane.window, connects_after };
    let (world, process) = (world.clone(), process.clone());
    let connect =
        move |context: Context| -> Arc<dyn Connector> { Link::connect(&world, &process, &terms, context) };
    LaneSpec {
        id: lane.id,
        name: lane.name.clone(),
        kind: "scripted",
        routes: vec![route],
        route_names: vec![route_name],
        rate,
        waits: false,
        standby: lane.standby,
        reconciles: false,
        callbacks: None,
        window: lane.window,
        account: Account { name: lane.name.clone(), lanes: vec![lane.id] },
        purse: None,
        connect: Arc::new(connect),
    }
}
