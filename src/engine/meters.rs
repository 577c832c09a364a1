//! What the engine measures while it works, per lane, for whoever collects metrics. No label ever names a message, an alert
//! or a person.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

/// From a millisecond, where a fast disk ends, to half a minute, where somebody should look.
const BUCKETS_S: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LaneLabel {
    lane: String,
}

/// Counters and distributions of all lanes of this process; they start with it.
#[derive(Debug, Clone)]
pub struct Meters {
    submitted_parts: Family<LaneLabel, Counter>,
    uncertain: Family<LaneLabel, Counter>,
    receipts: Family<LaneLabel, Counter>,
    settle: Family<LaneLabel, Histogram>,
    record: Family<LaneLabel, Histogram>,
}

impl Default for Meters {
    fn default() -> Self {
        let histogram = || Histogram::new(BUCKETS_S);
        Self {
            submitted_parts: Family::default(),
            uncertain: Family::default(),
            receipts: Family::default(),
            settle: Family::new_with_constructor(histogram),
            record: Family::new_with_constructor(histogram),
        }
    }
}

impl Meters {
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "lane_submitted_parts",
            "Parts handed to the provider's link",
            self.submitted_parts.clone(),
        );
        registry.register("lane_uncertain", "Submissions whose answer is not known", self.uncertain.clone());
        registry.register("lane_receipts", "Receipts recorded", self.receipts.clone());
        registry.register(
            "lane_settle_seconds",
            "From an answer of the provider to its commit",
            self.settle.clone(),
        );
        registry.register(
            "lane_receipt_seconds",
            "From a receipt to its commit, after which the provider is answered",
            self.record.clone(),
        );
    }

    /// The meters of one lane.
    pub(crate) fn lane(&self, name: &str) -> LaneMeters {
        let label = LaneLabel { lane: name.to_owned() };
        LaneMeters {
            submitted_parts: self.submitted_parts.get_or_create_owned(&label),
            uncertain: self.uncertain.get_or_create_owned(&label),
            receipts: self.receipts.get_or_create_owned(&label),
            settle: self.settle.get_or_create_owned(&label),
            record: self.record.get_or_create_owned(&label),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct LaneMeters {
    submitted_parts: Counter,
    uncertain: Counter,
    receipts: Counter,
    settle: Histogram,
    record: Histogram,
}

impl LaneMeters {
    pub(crate) fn submitted(&self, parts: u32) {
        self.submitted_parts.inc_by(u64::from(parts));
    }

    pub(crate) fn uncertain(&self) {
        self.uncertain.inc();
    }

    pub(crate) fn settled(&self, took: Duration) {
        self.settle.observe(took.as_secs_f64());
    }

    pub(crate) fn recorded(&self, receipts: usize, took: Duration) {
        self.receipts.inc_by(receipts as u64);
        self.record.observe(took.as_secs_f64());
    }
}
