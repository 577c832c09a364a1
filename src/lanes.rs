//! From a lane's settings to the connector that serves it: the only place that knows every kind of channel.

use std::sync::Arc;

use contract::{Connector, Context, Profile};

use crate::{
    config::{Channel, Lane},
    domain::{LaneId, RouteId},
    engine::{Connect, LaneSpec},
};

/// What the lane can carry, from its settings alone.
pub(crate) fn profile(lane: &Lane) -> Profile {
    match &lane.channel {
        Channel::Smpp(settings) => loa_smpp::profile(settings, lane.rate),
    }
}

/// How the engine brings the lane up, each time it becomes its owner.
pub(crate) fn spec(lane: &Lane, id: LaneId, routes: Vec<RouteId>) -> LaneSpec {
    let (kind, connect): (_, Connect) = match &lane.channel {
        Channel::Smpp(settings) => {
            let (settings, rate) = (settings.clone(), lane.rate);
            let connect = move |context: Context| -> Arc<dyn Connector> {
                loa_smpp::SmppConnector::start((*settings).clone(), rate, context)
            };
            ("smpp", Arc::new(connect))
        }
    };
    LaneSpec {
        id,
        name: lane.name.clone(),
        kind,
        routes,
        route_names: lane.serves.clone(),
        rate: lane.rate,
        standby: lane.standby,
        connect,
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
    if window_per_s < granted {
        format!(
            "{window_per_s:.0} parts/s if the carrier answers in {ANSWER_MS:.0} ms, limited by lane.smpp.window × binds = {} (granted: {})",
            profile.in_flight_max, lane.rate
        )
    } else {
        format!(
            "{granted:.1} parts/s, limited by lane.rate = {} (the window of {} allows {window_per_s:.0})",
            lane.rate, profile.in_flight_max
        )
    }
}
