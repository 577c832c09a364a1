//! From a lane's settings to the connector that serves it: the only place that knows every kind of channel.

use std::{collections::BTreeMap, sync::Arc};

use contract::{Callbacks, Connector, Context, Keychain, Profile};

use crate::{
    config::{Channel, Lane},
    domain::{LaneId, RouteId},
    engine::{Connect, Consent, LaneSpec},
};

mod consent;

/// What lanes of one application share within this process: its requests per minute.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    zalo: BTreeMap<String, Arc<loa_zalo::App>>,
}

impl Apps {
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
pub(crate) fn spec(lane: &Lane, id: LaneId, routes: Vec<RouteId>, apps: &mut Apps) -> LaneSpec {
    let rate = lane.rate;
    let (kind, connect, callbacks, account): (_, Connect, Option<Arc<dyn Callbacks>>, _) = match &lane.channel
    {
        Channel::Smpp(settings) => {
            let settings = settings.clone();
            let connect = move |context: Context| -> Arc<dyn Connector> {
                loa_smpp::SmppConnector::start((*settings).clone(), rate, context)
            };
            ("smpp", Arc::new(connect), None, None)
        }
        Channel::Zalo(settings) => {
            let (app, account) = (apps.zalo(settings), format!("zalo/{}", settings.app_id));
            let callbacks = Arc::new(loa_zalo::ZaloCallbacks::new(settings));
            let settings = settings.clone();
            let connect = move |context: Context| -> Arc<dyn Connector> {
                loa_zalo::ZaloConnector::start((*settings).clone(), rate, app.clone(), context)
            };
            ("zalo", Arc::new(connect), Some(callbacks), Some(account))
        }
        Channel::Facebook(settings) => {
            let account = format!("facebook/{}", settings.page_id);
            let callbacks = Arc::new(loa_facebook::FacebookCallbacks::new(settings));
            let settings = settings.clone();
            let connect = move |context: Context| -> Arc<dyn Connector> {
                loa_facebook::FacebookConnector::start((*settings).clone(), rate, context)
            };
            ("facebook", Arc::new(connect), Some(callbacks), Some(account))
        }
    };
    LaneSpec {
        id,
        name: lane.name.clone(),
        kind,
        routes,
        route_names: lane.serves.clone(),
        rate,
        standby: lane.standby,
        reconciles: matches!(lane.channel, Channel::Facebook(_)),
        callbacks,
        account,
        connect,
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
pub fn ceiling(lane: &Lane) -> String {
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
    if window_per_s < granted {
        format!(
            "{window_per_s:.0} parts/s if the provider answers in {ANSWER_MS:.0} ms, limited by {window} = {} (granted: {})",
            profile.in_flight_max, lane.rate
        )
    } else {
        format!(
            "{granted:.1} parts/s, limited by lane.rate = {} (the window of {} allows {window_per_s:.0})",
            lane.rate, profile.in_flight_max
        )
    }
}
