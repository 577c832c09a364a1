//! The composition root: settings become a running gateway here, top to bottom, and nowhere else.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use contract::{Clock, Keychain, SystemClock};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Config, Way},
    domain::{AreaCatalogue, NumberPlan, RouteId},
    engine::{
        self, CallbackDesk, CallbackLane, Consent, Engine, LaneSpec, LedgerKeys, Reach, RouteSetup, Setup,
    },
    lanes::{self, Apps},
    ledger::{self, Store},
    office::Office,
    web::{self, WebSettings},
};

/// A gateway at work.
#[derive(Debug)]
pub struct App {
    pub office: Office,
    /// Where the API listens.
    pub address: SocketAddr,
    engine: Engine,
    web: JoinHandle<std::io::Result<()>>,
    web_stop: CancellationToken,
}

impl App {
    /// Opens the ledger, starts the lanes, listens.
    ///
    /// # Errors
    /// Whatever keeps the gateway from starting, with its cause.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        Self::start_with(config, Arc::new(SystemClock)).await
    }

    /// The same with a clock of one's own.
    ///
    /// # Errors
    /// As [`App::start`].
    pub async fn start_with(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(config.server.listen)
            .await
            .with_context(|| format!("can't listen on server.listen = {}", config.server.listen))?;
        let address = listener.local_addr()?;
        let office = office(config, clock.clone()).await?;
        let engine = Engine::start(engine::Parts {
            store: office.store.clone(),
            setup: office.setup.clone(),
            lanes: lane_specs(config, &office.store).await?,
            areas: office.areas.clone(),
            settings: config.sending.clone(),
            clock,
            handle: office.engine.clone(),
        });
        let web_stop = CancellationToken::new();
        let serving =
            web::serve(listener, office.clone(), web_settings(config), web_stop.clone().cancelled_owned());
        let web = tokio::spawn(serving);
        Ok(Self { office, address, engine, web, web_stop })
    }

    /// Takes no more requests, drains the lanes, keeps what comes in time, gives everything back.
    ///
    /// # Errors
    /// If the web server ended badly.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.web_stop.cancel();
        self.engine.stop().await;
        self.web.await.context("web server")?.context("web server")
    }
}

/// The office over the ledger of these settings, without lanes or web: what the command line works with.
///
/// # Errors
/// If the ledger can't be opened .
pub async fn office(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Office> {
    let store = ledger::open(&config.ledger.url, config.ledger.migrate).await?;
    let setup = Arc::new(setup(config, &store).await?);
    let desk =
        CallbackDesk::new(callback_lanes(&lane_specs(config, &store).await?), store.clone(), clock.clone());
    Ok(Office {
        consents: Arc::new(consents(config, &store, &clock)),
        desk: Arc::new(desk),
        store,
        setup,
        numbers: Arc::new(NumberPlan::embedded().context("embedded numbering plan")?),
        areas: Arc::new(AreaCatalogue::embedded().context("embedded catalogue of communes")?),
        clock,
        engine: engine::Handle::default(),
    })
}

/// Lanes whose providers call us. Lanes of one account at a provider hear of each other's messages.
fn callback_lanes(specs: &[LaneSpec]) -> BTreeMap<String, CallbackLane> {
    let siblings = |spec: &LaneSpec| {
        let same = specs.iter().filter(|other| other.account == spec.account);
        same.map(|other| other.id).collect()
    };
    let lane = |spec: &LaneSpec| {
        let (reader, route) = (spec.callbacks.clone()?, *spec.routes.first()?);
        Some((spec.name.clone(), CallbackLane { lane: spec.id, siblings: siblings(spec), route, reader }))
    };
    specs.iter().filter_map(lane).collect()
}

fn consents(config: &Config, store: &Store, clock: &Arc<dyn Clock>) -> BTreeMap<String, Arc<dyn Consent>> {
    let keychain: Arc<dyn Keychain> = Arc::new(LedgerKeys::new(store.clone(), clock.clone()));
    let consent = |lane: &config::Lane| {
        Some((lane.name.clone(), lanes::consent(lane, keychain.clone(), clock.clone())?))
    };
    config.lanes.iter().filter_map(consent).collect()
}

async fn setup(config: &Config, store: &Store) -> anyhow::Result<Setup> {
    let names = route_names(config);
    let ids = store.catalog.routes(&names).await?;
    let mut routes: Vec<_> =
        names.iter().zip(&ids).filter_map(|(name, id)| route_setup(config, name, *id)).collect();
    routes.sort_by_key(|route| route.id);
    let id_of = |name: &str| routes.iter().find(|route| route.name == name).map(|route| route.id);
    let sms: Vec<_> =
        routes.iter().filter(|route| route.reach == Reach::Carrier).map(|route| route.name.clone()).collect();
    let carriers = config::carriers(&sms, &config.routing)
        .into_iter()
        .filter_map(|(carrier, route)| id_of(&route).map(|id| (carrier, id)))
        .collect();
    Ok(Setup {
        node: format!("node-{}", uuid::Uuid::now_v7()),
        routes,
        carriers,
        plans: config.plans.clone(),
        parts_max: config.parts_max,
    })
}

fn route_names(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = config.lanes.iter().flat_map(|lane| lane.serves.iter().cloned()).collect();
    names.sort();
    names.dedup();
    names
}

fn route_setup(config: &Config, name: &str, id: RouteId) -> Option<RouteSetup> {
    let serving = || config.lanes.iter().filter(|lane| lane.serves.iter().any(|route| route == name));
    // The settings were checked: all lanes of a route have the same way.
    let Way { channel, rendering, reach } = config::way(&serving().next()?.channel);
    Some(RouteSetup {
        id,
        name: name.to_owned(),
        channel,
        rendering,
        reach,
        part_header_octets: serving().map(|lane| lanes::profile(lane).part_header_octets).max().unwrap_or(6),
        parts_per_s: serving().filter(|lane| !lane.standby).map(|lane| lane.rate.as_per_second()).sum(),
        lanes: serving().map(|lane| lane.name.clone()).collect(),
    })
}

async fn lane_specs(config: &Config, store: &Store) -> anyhow::Result<Vec<LaneSpec>> {
    let names: Vec<_> = config.lanes.iter().map(|lane| lane.name.clone()).collect();
    let ids = store.catalog.lanes(&names).await?;
    let mut apps = Apps::default();
    let mut specs = Vec::with_capacity(ids.len());
    for (lane, id) in config.lanes.iter().zip(ids) {
        let routes = store.catalog.routes(&lane.serves).await?;
        specs.push(lanes::spec(lane, id, routes, &mut apps));
    }
    Ok(specs)
}

fn web_settings(config: &Config) -> WebSettings {
    WebSettings {
        body_bytes_max: config.server.body_bytes_max,
        import_bytes_max: config.server.import_bytes_max,
        request_timeout_s: config.server.request_timeout_s,
        public_url: config.server.public_url.clone(),
    }
}
