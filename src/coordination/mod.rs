//! What several processes tell each other: advice, never truth. Whatever is said here may be lost at any moment and can
//! be had again from the ledger; losing it costs speed and nothing else.
//!
//! Two tenants: [`Local`] for one process, [`Redis`] for several. One table of cases holds for both
//! (`src/tests/coordination`).

mod bucket;
mod local;
mod purse;
mod redis;

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

pub use local::Local;
pub use purse::Purse;
pub use redis::{Redis, RedisSettings};

use crate::{
    domain::{AlertId, LaneId},
    ledger::KnownPart,
};

/// News that one listener may be behind with; then it is told that it missed some, and looks for itself.
const NEWS_MAX: usize = 1024;
/// Share of a second's grant that a shared quota gives out at once. Together with the refill below, no sliding second
/// carries more than the grant, also when a node holds a slice back for [`purse::SLICE_LIFE`].
const BURST_SHARE: f64 = 0.02;
/// The refill leaves room for the burst and for what a slice may be late.
const REFILL_SHARE: f64 = 1.0 - 2.0 * BURST_SHARE;

/// So many units in so much time, shared by everybody who names the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct Quota {
    pub key: String,
    /// Units that come back per second.
    pub per_s: f64,
    /// Units that may be taken at once after a rest. At least 1.
    pub burst: u32,
}

impl Quota {
    /// A provider's grant: no sliding second takes more than `granted_per_s`.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the target's range"
    )]
    pub fn granted(key: impl Into<String>, granted_per_s: f64) -> Self {
        let burst = (granted_per_s * BURST_SHARE).floor().clamp(1.0, 1_000_000.0) as u32;
        Self { key: key.into(), per_s: granted_per_s * REFILL_SHARE, burst }
    }

    /// So many in a minute, all at once if need be.
    #[must_use]
    pub fn per_minute(key: impl Into<String>, units: u32) -> Self {
        Self { key: key.into(), per_s: f64::from(units.max(1)) / 60.0, burst: units.max(1) }
    }

    /// A part of it, for a node that can't ask the others.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a u32")]
    fn share(&self, share: f64) -> Self {
        let burst = (f64::from(self.burst) * share).floor().max(1.0) as u32;
        Self { key: self.key.clone(), per_s: self.per_s * share, burst }
    }

    /// Microseconds until one unit comes back.
    fn interval_us(&self) -> f64 {
        1_000_000.0 / self.per_s.max(1e-6)
    }
}

/// What was given of what was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub units: u32,
    /// When the next unit is there. Zero if everything wanted was given.
    pub retry_after: Duration,
}

/// What nodes tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Something was approved, resumed or stopped: look at the queues now.
    Look,
    /// Counts of these alerts have moved.
    Moved(Vec<AlertId>),
    /// A lane was given back and waits for an owner.
    Released(LaneId),
}

/// How the coordinator is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// One process; nobody else to ask.
    Alone,
    Ready,
    /// Not to be had, why; this node works with its own share.
    Away(String),
}

impl Standing {
    /// In one line, for the office.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Alone => "local".into(),
            Self::Ready => "ready".into(),
            Self::Away(why) => format!("away: {why}"),
        }
    }
}

/// A message's part and the lane that sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub lane: LaneId,
    pub part: KnownPart,
}

/// The seam. Nothing here can fail: away means own share, nothing remembered, nothing heard.
#[async_trait]
pub trait Coordination: Debug + Send + Sync {
    /// Takes up to `wanted` units. With `wanted = 0` nothing is taken and `retry_after` says when one unit is to be had.
    async fn admit(&self, quota: &Quota, wanted: u32) -> Grant;

    /// Tells everybody, this process included. Never waits; what can't be passed on is dropped.
    fn announce(&self, news: News);

    /// News from now on.
    fn listen(&self) -> broadcast::Receiver<News>;

    /// Remembers for a while which message the provider's references of one account belong to. Never waits.
    fn remember(&self, account: &str, sent: Vec<(String, Sent)>);

    /// The message behind each of these references that is remembered, in their order.
    async fn recall(&self, account: &str, references: &[String]) -> Vec<Option<Sent>>;

    fn standing(&self) -> Standing;

    /// Ends what runs in the background.
    async fn close(&self);
}
