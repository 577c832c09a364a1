//! Figures for a collector, in OpenMetrics text. Without an API key and without a word about people; few label values
//! (lanes, routes), so that they can be kept for years.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, header};
use jiff::Timestamp;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::{counter::ConstCounter, family::Family, gauge::Gauge, info::Info};
use prometheus_client::registry::Registry;

use super::Web;
use crate::coordination::Standing;
use crate::engine::LaneStatus;
use crate::ledger::QueueRow;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A ledger that is slower than this leaves its figures out; the others still come.
const QUEUES_LIMIT: Duration = Duration::from_secs(2);

type Float = Gauge<f64, AtomicU64>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lane {
    lane: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Lanes, queues and links in OpenMetrics text
#[utoipa::path(get, path = "/metrics", tag = "health", operation_id = "metrics", security(()), responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(super) async fn show(State(web): State<Web>) -> ([(HeaderName, &'static str); 1], String) {
    let mut registry = Registry::with_prefix("loa");
    let engine = &web.office.engine;
    let node = web.office.setup.load().node.clone();
    let about = vec![("version", env!("CARGO_PKG_VERSION").to_owned()), ("node", node.clone())];
    registry.register("build", "The running program", Info::new(about));
    coordination(&mut registry, &engine.coordination().standing());
    lanes(&mut registry, &engine.lanes(), &node);
    engine.meters().register(&mut registry);
    let queues = tokio::time::timeout(QUEUES_LIMIT, web.office.store.reports.queues()).await;
    if let Ok(Ok(rows)) = queues {
        let setup = web.office.setup.load_full();
        let name = |row: &QueueRow| {
            setup.route(row.route).map_or_else(|| row.route.to_string(), |route| route.name.clone())
        };
        let rows: Vec<_> = rows.iter().map(|row| (name(row), row)).collect();
        queued(&mut registry, &rows, web.office.clock.now());
    }
    let mut page = String::new();
    // Writing to a String cannot fail.
    _ = text::encode(&mut page, &registry);
    ([(header::CONTENT_TYPE, OPEN_METRICS)], page)
}

fn coordination(registry: &mut Registry, standing: &Standing) {
    let ready = Gauge::<i64>::default();
    ready.set(i64::from(!matches!(standing, Standing::Away(_))));
    registry.register("coordination_ready", "0 while the coordinator is away and shares are used", ready);
}

fn lanes(registry: &mut Registry, lanes: &[LaneStatus], node: &str) {
    type Read<'a> = &'a dyn Fn(&LaneStatus) -> f64;
    #[expect(clippy::cast_precision_loss, reason = "windows are far below 2^53")]
    let gauges: [(&str, &str, Read<'_>); 6] = [
        ("lane_can_send", "1 if the lane can send now, on whatever node it is", &|lane| {
            f64::from(u8::from(lane.can_send))
        }),
        ("lane_owned", "1 if this node owns the lane", &|lane| {
            f64::from(u8::from(lane.owner.as_deref() == Some(node)))
        }),
        ("lane_in_flight", "Submissions without an answer", &|lane| lane.in_flight as f64),
        ("lane_window", "Most submissions that may be without an answer", &|lane| lane.window as f64),
        ("lane_rate_parts_per_second", "Parts per second the lane allows itself now", &|lane| lane.rate_now),
        ("lane_granted_parts_per_second", "Parts per second the provider granted", &|lane| {
            lane.granted.as_per_second()
        }),
    ];
    for (name, help, read) in gauges {
        let family = Family::<Lane, Float>::default();
        for lane in lanes {
            family.get_or_create(&Lane { lane: lane.name.clone() }).set(read(lane));
        }
        registry.register(name, help, family);
    }
    for lane in lanes {
        let label = [(String::from("lane").into(), lane.name.clone().into())].into_iter();
        registry.sub_registry_with_labels(label).register(
            "lane_throttles",
            "Throttle replies since the lane came to this node",
            ConstCounter::new(lane.throttles),
        );
    }
}

fn queued(registry: &mut Registry, rows: &[(String, &QueueRow)], now: Timestamp) {
    type Read<'a> = &'a dyn Fn(&QueueRow) -> f64;
    #[expect(clippy::cast_precision_loss, reason = "queues are far below 2^53")]
    let gauges: [(&str, &str, Read<'_>); 4] = [
        ("route_queued", "Messages waiting on the route", &|row| row.queued as f64),
        ("route_in_flight", "Messages claimed and not yet answered", &|row| row.in_flight as f64),
        ("route_uncertain", "Messages in doubt, of alerts that are not done", &|row| row.uncertain as f64),
        ("route_oldest_queued_seconds", "Age of the oldest alert with something waiting; 0: none", &|row| {
            row.oldest_at.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0))
        }),
    ];
    for (name, help, read) in gauges {
        let family = Family::<Route, Float>::default();
        for (route, row) in rows {
            family.get_or_create(&Route { route: route.clone() }).set(read(row));
        }
        registry.register(name, help, family);
    }
}
