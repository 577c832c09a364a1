//! What the tests of the gateway share. Everything here is real: a PostgreSQL server of our own on a free port, carriers
//! from `loadtest/simulators`, the gateway as `loa serve` composes it. Nothing is mocked; what is simulated is the world
//! outside, and it counts by itself.
//!
//! A story reads like this: people are imported, an alert is written, approved and sent, and then both sides are asked
//! what happened: the ledger, and the carrier. Waiting is done here and nowhere else, always for a condition and
//! always with a bound; a test that sleeps is refused by `tidy.rs`.

pub(crate) mod clock;
pub(crate) mod nodes;
pub(crate) mod platforms;
pub(crate) mod postgres;
pub(crate) mod proxy;
pub(crate) mod redis;
pub(crate) mod town;

use std::time::Duration;

use tokio::time::Instant;

/// Longest wait for anything; generous, since test machines are busy.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until it is so; `what` should have come true is said if it never does.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < PATIENCE, "never {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
