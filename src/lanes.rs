//! From a lane's settings to the connector that serves it: the only place that knows every kind of channel.

use std::{collections::BTreeMap, sync::Arc};

use contract::{Callbacks, Connector, Context, Keychain, Profile};

use crate::{
    config::{Channel, Config, Lane},
    coordination::{Coordination, Purse, Quota},
    domain::{LaneId, RouteId},
    engine::{Account, Connect, Consent, LaneSpec},
};

mod consent;

/// What lanes share: the requests per minute of one application, and grants that the settings name.
#[derive(Debug)]
pub(crate) struct Shared {
    coordination: Arc<dyn Coordination>,
    zalo: BTreeMap<String, Arc<loa_zalo::App>>,
    purses: BTreeMap<String, Arc<Purse>>,
}

impl Shared {
    pub(crate) fn new(coordination: Arc<dyn Coordination>) -> Self {
        Self { coordination, zalo: BTreeMap::new(), purses: BTreeMap::new() }
    }

    /// The lane's part of a shared grant, if it has one. The lanes of a Zalo app share its requests without being told to.
    fn purse(&mut self, config: &Config, lane: &Lane) -> Option<Arc<Purse>> {
        let (key, per_s) = match (&lane.quota, &lane.channel) {
            (Some(name), _) => (name.clone(), config.quotas.get(name)?.as_per_second()),
            (None, Channel::Zalo(settings)) => {
                (format!("zalo/{}", settings.app_id), f64::from(settings.requests_per_minute) / 60.0)
            }
            (None, Channel::Smpp(_) | Channel::Facebook(_)) => return None,
        };
        let coordination = self.coordination.clone();
        let purse = self.purses.entry(key.clone());
        Some(purse.or_insert_with(|| Arc::new(Purse::new(Quota::granted(key, per_s), coordination))).clone())
    }

    fn zalo(&mut self, settings: &loa_zalo::ZaloSettings) -> Arc<loa_zalo::App> {
        let app = self.zalo.entry(settings.app_id.clone());
        app.or_insert_with(|| loa_zalo::App::new(settings.requests_per_minute)).clone()
    }
}

/// What the lane can carry, from its settings alone.
pub(crate) fn profile(lane: &Lane) -> Profile {
    match &lane.channel {
        Channel::Smpp(settings) => loa_smpp::profile(settings, lane.rate),
        Channel::Zalo(settings) => loa_zalo::profile(settings, lane.rate),
        Channel::Facebook(settings) => loa_facebook::profile(settings, lane.rate),
    }
}

/// How the engine brings the lane up, each time it becomes its owner.
pub(crate) fn spec(
    config: &Config,
    lane: &Lane,
    id: LaneId,
    routes: Vec<RouteId>,
    shared: &mut Shared,
) -> LaneSpec {
    let rate = lane.rate;
    let (kind, connect, callbacks): (_, Connect, Option<Arc<dyn Callbacks>>) = match &lane.channel {
        Channel::Smpp(settings) => {
            let settings = settings.clone();
            let connect = move |context: Context| -> Arc<dyn Connector> {
                loa_smpp::SmppConnector::start((*settings).clone(), rate, context)
            };
            ("smpp", Arc::new(connect), None)
        }
        Channel::Zalo(settings) => {
            let app = shared.zalo(settings);
            let callbacks = Arc::new(loa_zalo::ZaloCallbacks::new(settings));
            let settings = settings.clone();
            let connect = move |context: Context| -> Arc<dyn Connector> {
                loa_zalo::ZaloConnector::start((*settings).clone(), rate, app.clone(), context)
            };
            ("zalo", Arc::new(connect), Some(callbacks))
        }
        Channel::Facebook(settings) => {
            let callbacks = Arc::new(loa_facebook::FacebookCallbacks::new(settings));
            let settings = settings.clone();
            let connect = move |context: Context| -> Arc<dyn Connector> {
                loa_facebook::FacebookConnector::start((*settings).clone(), rate, context)
            };
            ("facebook", Arc::new(connect), Some(callbacks))
        }
    };
    LaneSpec {
        id,
        name: lane.name.clone(),
        kind,
        routes,
        route_names: lane.serves.clone(),
        rate,
        window: profile(lane).in_flight_max,
        waits: lane.node.is_some() && lane.node != config.node.name,
        standby: lane.standby,
        reconciles: matches!(lane.channel, Channel::Facebook(_)),
        callbacks,
        account: Account { name: account(lane), lanes: vec![id] },
        purse: shared.purse(config, lane),
        connect,
    }
}

/// The account at the provider, the same on every node: receipts for one of its lanes may come over another.
fn account(lane: &Lane) -> String {
    match &lane.channel {
        Channel::Smpp(settings) => format!("smpp/{}@{}", settings.system_id, settings.address),
        Channel::Zalo(settings) => format!("zalo/{}", settings.app_id),
        Channel::Facebook(settings) => format!("facebook/{}", settings.page_id),
    }
}

/// How a person renews the consent behind a lane, where there is one.
pub(crate) fn consent(
    lane: &Lane,
    keychain: Arc<dyn Keychain>,
    clock: Arc<dyn contract::Clock>,
) -> Option<Arc<dyn Consent>> {
    match &lane.channel {
        Channel::Zalo(settings) => {
            Some(Arc::new(consent::ZaloConsent::new((**settings).clone(), keychain, clock)))
        }
        Channel::Smpp(_) | Channel::Facebook(_) => None,
    }
}

/// What holds a lane's rate down, and the setting that causes it: the grant, or the window against the
/// provider's answering time.
#[must_use]
pub fn ceiling(config: &Config, lane: &Lane) -> String {
    /// Answering time assumed where none is known yet; carriers are seldom slower.
    const ANSWER_MS: f64 = 100.0;
    let profile = profile(lane);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let window_per_s = profile.in_flight_max as f64 * 1000.0 / ANSWER_MS;
    let granted = lane.rate.as_per_second();
    let window = match &lane.channel {
        Channel::Smpp(_) => "lane.smpp.window × binds",
        Channel::Zalo(_) => "requests at one time",
        Channel::Facebook(_) => "one post at a time",
    };
    let shared = shared_ceiling(config, lane);
    if window_per_s < granted {
        format!(
            "{window_per_s:.0} parts/s if the provider answers in {ANSWER_MS:.0} ms, limited by {window} = {} (granted: {}){shared}",
            profile.in_flight_max, lane.rate
        )
    } else {
        format!(
            "{granted:.1} parts/s, limited by lane.rate = {} (the window of {} allows {window_per_s:.0}){shared}",
            lane.rate, profile.in_flight_max
        )
    }
}

/// What the lane shares with others, and what is left of it while the coordinator is away.
fn shared_ceiling(config: &Config, lane: &Lane) -> String {
    let Some((name, quota)) = lane.quota.as_ref().and_then(|name| Some((name, config.quotas.get(name)?)))
    else {
        return String::new();
    };
    let others: Vec<_> = config
        .lanes
        .iter()
        .filter(|other| other.quota.as_ref() == Some(name) && other.name != lane.name)
        .map(|other| other.name.as_str())
        .collect();
    let others = if others.is_empty() { "no other lane".to_owned() } else { others.join(", ") };
    let away = match &config.coordination {
        crate::config::Coordination::Local => String::new(),
        crate::config::Coordination::Redis(redis) => {
            let own = quota.as_per_second() * redis.share;
            format!(
                "; {own:.1} parts/s on this node while Redis is away (coordination.share = {})",
                redis.share
            )
        }
    };
    format!("; shares quotas.{name} = {quota} with {others}{away}")
}
