//! How long an alert will take, before anyone approves it: parts to be sent against the rates that carriers granted.
//! Routes work side by side; the whole is done when the slowest is. Retries and throttling are not foreseen.

use std::time::Duration;

use super::ids::RouteId;

/// What has to go over one route, and how fast it may.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RouteLoad {
    pub route: RouteId,
    pub targets: u64,
    /// Parts of each message; a message without parts (a page post) counts as one.
    pub parts_per_message: u32,
    /// Parts per second of all its lanes together; 0 when no lane serves it.
    pub parts_per_s: f64,
}

/// Time until a share of the targets has been sent to. `None`: never, as things stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Finish {
    pub half: Option<Duration>,
    pub ninety: Option<Duration>,
    pub all: Option<Duration>,
}

/// The forecast of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteForecast {
    pub route: RouteId,
    pub targets: u64,
    pub parts: u64,
    pub finish: Finish,
}

/// The forecast of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// In the order they were given.
    pub routes: Vec<RouteForecast>,
    /// Over all targets together.
    pub overall: Finish,
    pub targets: u64,
    pub parts: u64,
    /// Routes with targets and no lane: nobody on them will be reached.
    pub unserved: Vec<RouteId>,
}

/// What `loads` take when all routes start at once.
pub fn forecast(loads: &[RouteLoad]) -> Forecast {
    let routes: Vec<RouteForecast> = loads.iter().map(route_forecast).collect();
    Forecast {
        overall: finish(loads),
        targets: routes.iter().map(|route| route.targets).sum(),
        parts: routes.iter().map(|route| route.parts).sum(),
        unserved: loads
            .iter()
            .filter(|load| load.targets > 0 && !load.served())
            .map(|load| load.route)
            .collect(),
        routes,
    }
}

impl RouteLoad {
    fn served(&self) -> bool {
        self.parts_per_s.is_finite() && self.parts_per_s > 0.0
    }

    fn parts(&self) -> u64 {
        self.targets.saturating_mul(self.parts_per_message.max(1).into())
    }

    /// Messages per second.
    fn speed(&self) -> f64 {
        if self.served() { self.parts_per_s / f64::from(self.parts_per_message.max(1)) } else { 0.0 }
    }

    /// Seconds until its last message, for a route that is served.
    fn duration_s(&self) -> f64 {
        self.targets as f64 / self.speed()
    }
}

fn route_forecast(load: &RouteLoad) -> RouteForecast {
    let finish = finish(std::slice::from_ref(load));
    RouteForecast { route: load.route, targets: load.targets, parts: load.parts(), finish }
}

fn finish(loads: &[RouteLoad]) -> Finish {
    Finish { half: time_to(loads, 50), ninety: time_to(loads, 90), all: time_to(loads, 100) }
}

/// Time until `percent` of all targets are done. Between the moments at which routes finish, the sum of their speeds
/// is constant: walk from one such moment to the next.
fn time_to(loads: &[RouteLoad], percent: u64) -> Option<Duration> {
    let targets: u64 = loads.iter().map(|load| load.targets).sum();
    // Whole persons, rounded up: half of three is two.
    let mut wanted = u128::from(targets).saturating_mul(percent.into()).div_ceil(100) as f64;
    let mut busy: Vec<&RouteLoad> = loads.iter().filter(|load| load.targets > 0 && load.served()).collect();
    let reachable: u64 = busy.iter().map(|load| load.targets).sum();
    if wanted > reachable as f64 {
        return None;
    }
    busy.sort_by(|a, b| a.duration_s().total_cmp(&b.duration_s()));
    let mut elapsed_s = 0.0;
    for (done, load) in busy.iter().enumerate() {
        let speed: f64 = busy.iter().skip(done).map(|load| load.speed()).sum();
        let step_s = load.duration_s() - elapsed_s;
        if wanted <= speed * step_s {
            return duration(elapsed_s + wanted / speed);
        }
        wanted -= speed * step_s;
        elapsed_s += step_s;
    }
    // Rounding may leave a sliver of a message after the last route.
    duration(elapsed_s)
}

/// A rate too small to give a time that fits is as good as none.
fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn load(route: i32, targets: u64, parts_per_message: u32, parts_per_s: f64) -> RouteLoad {
        RouteLoad { route: RouteId(route), targets, parts_per_message, parts_per_s }
    }

    fn seconds(finish: Finish) -> [Option<u64>; 3] {
        [finish.half, finish.ninety, finish.all]
            .map(|time| time.map(|time| time.as_secs_f64().round() as u64))
    }

    #[test]
    fn parts_are_paced_and_routes_work_side_by_side() {
        // 500 messages/s for 1000 s and 250/s for 400 s.
        let found = forecast(&[load(1, 500_000, 2, 1000.0), load(2, 100_000, 2, 500.0)]);
        assert_eq!(seconds(found.routes[0].finish), [Some(500), Some(900), Some(1000)]);
        assert_eq!(seconds(found.routes[1].finish), [Some(200), Some(360), Some(400)]);
        // 300,000 are done when the second route finishes (750/s), 540,000 need 240,000 more at 500/s.
        assert_eq!(seconds(found.overall), [Some(400), Some(880), Some(1000)]);
        assert_eq!((found.targets, found.parts, found.unserved.len()), (600_000, 1_200_000, 0));
    }

    #[test]
    fn a_route_without_a_lane_never_finishes_and_is_named() {
        let found = forecast(&[load(1, 90, 1, 10.0), load(2, 10, 1, 0.0), load(3, 0, 1, 0.0)]);
        assert_eq!(found.unserved, [RouteId(2)]);
        assert_eq!(seconds(found.overall), [Some(5), Some(9), None]);
        assert_eq!(seconds(found.routes[1].finish), [None, None, None]);
        assert_eq!(seconds(found.routes[2].finish), [Some(0), Some(0), Some(0)]);
        assert_eq!(seconds(forecast(&[load(1, 5, 1, f64::NAN)]).overall), [None, None, None]);
    }

    proptest! {
        #[test]
        fn shares_come_in_order_and_the_slowest_route_ends_it(
            loads in prop::collection::vec((0_u64..1_000_000, 0_u32..4, 1.0_f64..3000.0), 1..8)
        ) {
            let loads: Vec<RouteLoad> = loads.into_iter().map(|(t, p, r)| load(1, t, p, r)).collect();
            let found = forecast(&loads);
            prop_assert!(found.overall.half <= found.overall.ninety && found.overall.ninety <= found.overall.all);
            let slowest = found.routes.iter().filter_map(|route| route.finish.all).max();
            let gap = found.overall.all.unwrap().abs_diff(slowest.unwrap());
            prop_assert!(gap < Duration::from_millis(1), "{gap:?}");
        }
    }
}
