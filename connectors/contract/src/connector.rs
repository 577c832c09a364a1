//! The seam itself.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::{Body, Clock, Keychain, Rate, ReceiptSink, Report, Submission};

/// What a lane can carry. Known from its settings alone, before any link is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Parts per second granted by the provider.
    pub rate: Rate,
    /// Unanswered submissions the provider allows over all links of the lane.
    pub in_flight_max: usize,
    /// Largest batch one call of [`Connector::submit`] should carry.
    pub batch_max: usize,
    /// Octets that the header joining long messages takes from each part (6 or 7 for SMS).
    pub part_header_octets: usize,
}

/// Can the lane carry anything now? Kept by the connector itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    Ready,
    /// Works, but not with all it has (one of two binds is down).
    Limited(String),
    /// Nothing can be sent now; it will be tried again.
    Down(String),
    /// Nothing can be sent until a person acts (wrong password, revoked access).
    Stopped(String),
}

impl Health {
    #[must_use]
    pub fn can_send(&self) -> bool {
        matches!(self, Self::Ready | Self::Limited(_))
    }
}

/// What a connector is given, and all that it is given.
#[derive(Clone)]
pub struct Context {
    /// For log lines; unique in the deployment.
    pub lane: String,
    pub reports: mpsc::Sender<Vec<Report>>,
    pub receipts: Arc<dyn ReceiptSink>,
    pub keychain: Arc<dyn Keychain>,
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("lane", &self.lane).finish_non_exhaustive()
    }
}

/// A message of which is not known whether the provider has it.
#[derive(Debug, Clone)]
pub struct Doubtful {
    pub body: Arc<Body>,
    pub address: Arc<str>,
    /// When the attempt began.
    pub since: Timestamp,
    /// References of earlier messages of ours that the provider certainly has, newest first: what a search must find
    /// before its silence proves anything.
    pub controls: Vec<String>,
}

/// What looking it up at the provider showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    /// It is there, under this reference.
    Sent { reference: String },
    /// Proved absent: the search worked, found what it had to find, and not this.
    NotSent,
    /// Nothing is proved; why, in one sentence.
    Unknown(String),
}

/// One lane's way to its provider.
#[async_trait]
pub trait Connector: Send + Sync + std::fmt::Debug {
    fn profile(&self) -> &Profile;

    fn health(&self) -> watch::Receiver<Health>;

    /// Takes a batch and returns as soon as it is taken; waits while the window is full, which is what
    /// holds the engine back. Outcomes come through [`Context::reports`], in any order, exactly one
    /// per submission, within the connector's time-outs.
    async fn submit(&self, batch: Vec<Submission>);

    /// Looks an uncertain message up. Only for providers that can be asked; the others never know.
    async fn reconcile(&self, doubtful: Doubtful) -> Reconciled {
        drop(doubtful);
        Reconciled::Unknown("this provider cannot be asked".to_owned())
    }

    /// Takes nothing more, waits up to `grace` for answers to what is in flight, reports the rest as
    /// not sent or uncertain, and ends all tasks of the connector.
    async fn close(&self, grace: Duration);
}
