//! The composition root: settings become a running gateway here, top to bottom, and nowhere else.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use contract::{Clock, Keychain, SystemClock};
use tokio::{net::TcpListener, sync::Mutex, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Config, Way},
    coordination::{Coordination, Local, Redis},
    domain::{AreaCatalogue, LaneId, NumberPlan, RouteId},
    engine::{
        self, CallbackDesk, CallbackLane, Chance, Engine, LaneSpec, LedgerKeys, Reach, RouteSetup, Setup,
    },
    lanes::{self, Shared},
    ledger::{self, Store},
    office::{Consents, Office},
    web::{self, WebSettings},
};

/// A gateway at work.
#[derive(Debug)]
pub struct App {
    pub office: Office,
    /// Where the API listens.
    pub address: SocketAddr,
    /// The settings as they are in force.
    config: Mutex<Config>,
    /// `None` on a node that owns no lanes.
    engine: Option<Engine>,
    watch: Option<JoinHandle<()>>,
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
        let listener = listen(config).await?;
        let store = ledger::open(&config.ledger.url, config.ledger.migrate).await?;
        Self::run(config, clock, store, listener).await
    }

    /// The same on a ledger that is open already.
    ///
    /// # Errors
    /// As [`App::start`].
    pub async fn start_on(config: &Config, clock: Arc<dyn Clock>, store: Store) -> anyhow::Result<Self> {
        let listener = listen(config).await?;
        Self::run(config, clock, store, listener).await
    }

    async fn run(
        config: &Config,
        clock: Arc<dyn Clock>,
        store: Store,
        listener: TcpListener,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let office = office_on(config, clock.clone(), store).await?;
        inspect(config).await;
        let specs = lane_specs(config, &office).await?;
        let web_stop = CancellationToken::new();
        let (mut engine, mut watch) = (None, None);
        if config.node.sender {
            engine = Some(Engine::start(engine::Parts {
                store: office.store.clone(),
                setup: office.setup.clone(),
                lanes: specs,
                areas: office.areas.clone(),
                settings: config.sending.clone(),
                clock,
                chance: Chance::default(),
                handle: office.engine.clone(),
            }));
        } else {
            let (store, handle) = (office.store.clone(), office.engine.clone());
            watch = Some(tokio::spawn(engine::watch(store, specs, handle, web_stop.clone())));
        }
        let serving =
            web::serve(listener, office.clone(), web_settings(config), web_stop.clone().cancelled_owned());
        let web = tokio::spawn(serving);
        Ok(Self { office, address, config: Mutex::new(config.clone()), engine, watch, web, web_stop })
    }

    /// Takes routes, plans, lanes and rates from new settings while everything else goes on: lanes that only got another
    /// rate keep their links, changed ones are drained and begun anew. Returns the sections that differ and need a restart;
    /// of these nothing is taken.
    ///
    /// # Errors
    /// If the ledger can't be asked; then the old settings stay in force.
    pub async fn reload(&self, new: &Config) -> anyhow::Result<Vec<&'static str>> {
        let mut config = self.config.lock().await;
        let later = config.needing_restart(new);
        let mut merged = config.clone();
        merged.take_reloadable(new);
        let setup = setup(&merged, &self.office.store, &self.office.setup.load().node).await?;
        let before = self.office.setup.swap(Arc::new(setup));
        let specs = match lane_specs(&merged, &self.office).await {
            Ok(specs) => specs,
            Err(error) => {
                self.office.setup.store(before);
                return Err(error);
            }
        };
        self.office.desk.replace(callback_lanes(&specs));
        self.office.consents.store(Arc::new(consents(&merged, &self.office.store, &self.office.clock)));
        if let Some(engine) = &self.engine {
            engine.set_lanes(specs, &config.lanes_alike(&merged)).await;
        }
        *config = merged;
        Ok(later)
    }

    /// Takes no more requests, drains the lanes, keeps what comes in time, gives everything back.
    ///
    /// # Errors
    /// If the web server ended badly.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.web_stop.cancel();
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
        if let Some(watch) = self.watch {
            watch.await.context("watch of other nodes' lanes")?;
        }
        let ended = self.web.await.context("web server")?.context("web server");
        self.office.engine.coordination().close().await;
        ended
    }
}

/// Says what of the coordinator would be in the way. It may be away now and come later.
async fn inspect(config: &Config) {
    let config::Coordination::Redis(settings) = &config.coordination else { return };
    match Redis::inspect(settings).await {
        Ok(warnings) => {
            for warning in warnings {
                tracing::warn!(warning, "coordination.url");
            }
        }
        Err(error) => tracing::warn!(%error, "coordination.url: Redis does not answer; starting without it"),
    }
}

fn coordination(config: &Config) -> anyhow::Result<Arc<dyn Coordination>> {
    Ok(match &config.coordination {
        config::Coordination::Local => Arc::new(Local::default()),
        config::Coordination::Redis(settings) => {
            Arc::new(Redis::start(settings.clone()).context("coordination.url")?)
        }
    })
}

async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let at = config.server.listen;
    TcpListener::bind(at).await.with_context(|| format!("can't listen on server.listen = {at}"))
}

/// The office over the ledger of these settings, without lanes or web: what the command line works with.
///
/// # Errors
/// If the ledger can't be opened .
pub async fn office(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Office> {
    office_on(config, clock, ledger::open(&config.ledger.url, config.ledger.migrate).await?).await
}

async fn office_on(config: &Config, clock: Arc<dyn Clock>, store: Store) -> anyhow::Result<Office> {
    let node = config.node.name.clone().unwrap_or_else(|| format!("node-{}", uuid::Uuid::now_v7()));
    let setup = setup(config, &store, &node).await?;
    let handle = engine::Handle::new(coordination(config)?);
    let desk = CallbackDesk::new(BTreeMap::new(), store.clone(), handle.clone(), clock.clone());
    let office = Office {
        consents: Arc::new(ArcSwap::from_pointee(consents(config, &store, &clock))),
        desk: Arc::new(desk),
        store,
        setup: Arc::new(ArcSwap::from_pointee(setup)),
        numbers: Arc::new(NumberPlan::embedded().context("embedded numbering plan")?),
        areas: Arc::new(AreaCatalogue::embedded().context("embedded catalogue of communes")?),
        clock,
        engine: handle,
    };
    office.desk.replace(callback_lanes(&lane_specs(config, &office).await?));
    Ok(office)
}

/// Lanes whose providers call us.
fn callback_lanes(specs: &[LaneSpec]) -> BTreeMap<String, CallbackLane> {
    let lane = |spec: &LaneSpec| {
        let (reader, route) = (spec.callbacks.clone()?, *spec.routes.first()?);
        let account = spec.account.clone();
        Some((spec.name.clone(), CallbackLane { lane: spec.id, account, route, reader }))
    };
    specs.iter().filter_map(lane).collect()
}

fn consents(config: &Config, store: &Store, clock: &Arc<dyn Clock>) -> Consents {
    let keychain: Arc<dyn Keychain> = Arc::new(LedgerKeys::new(store.clone(), clock.clone()));
    let consent = |lane: &config::Lane| {
        Some((lane.name.clone(), lanes::consent(lane, keychain.clone(), clock.clone())?))
    };
    config.lanes.iter().filter_map(consent).collect()
}

async fn setup(config: &Config, store: &Store, node: &str) -> anyhow::Result<Setup> {
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
        node: node.to_owned(),
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

async fn lane_specs(config: &Config, office: &Office) -> anyhow::Result<Vec<LaneSpec>> {
    let catalog = &office.store.catalog;
    let names: Vec<_> = config.lanes.iter().map(|lane| lane.name.clone()).collect();
    let ids = catalog.lanes(&names).await?;
    let mut shared = Shared::new(office.engine.coordination().clone());
    let mut specs = Vec::with_capacity(ids.len());
    for (lane, id) in config.lanes.iter().zip(ids) {
        let routes = catalog.routes(&lane.serves).await?;
        specs.push(lanes::spec(config, lane, id, routes, &mut shared));
    }
    let mut accounts: BTreeMap<String, Vec<LaneId>> = BTreeMap::new();
    for spec in &specs {
        accounts.entry(spec.account.name.clone()).or_default().push(spec.id);
    }
    for spec in &mut specs {
        spec.account.lanes = accounts.get(&spec.account.name).cloned().unwrap_or_default();
        spec.account.lanes.sort();
    }
    Ok(specs)
}

fn web_settings(config: &Config) -> WebSettings {
    WebSettings {
        body_bytes_max: config.server.body_bytes_max,
        import_bytes_max: config.server.import_bytes_max,
        request_timeout_s: config.server.request_timeout_s,
        public_url: config.server.public_url.clone(),
        requests_per_minute: config.server.requests_per_minute,
        api: config.node.api,
    }
}
