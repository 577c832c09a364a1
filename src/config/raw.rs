//! The settings as they are written, before they are checked. One struct per section; every default stands in
//! `config/default.toml` and nowhere else.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub(super) listen: String,
    pub(super) public_url: String,
    pub(super) body_bytes_max: u64,
    pub(super) import_bytes_max: u64,
    pub(super) request_timeout_s: u64,
    pub(super) requests_per_minute: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ledger {
    pub(super) url: String,
    pub(super) migrate: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Coordination {
    pub(super) url: String,
    pub(super) prefix: String,
    pub(super) share: f64,
    pub(super) timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) api: bool,
    pub(super) sender: bool,
}

/// Grants that several lanes share.
pub(super) type Quotas = BTreeMap<String, String>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    pub(super) level: String,
    pub(super) format: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sending {
    pub(super) parts_max: u64,
    pub(super) lease_s: u64,
    pub(super) claim_messages_max: u64,
    pub(super) claim_ms: u64,
    pub(super) settle_rows_max: u64,
    pub(super) settle_ms: u64,
    pub(super) fanout_rows: u64,
    pub(super) sweep_ms: u64,
    pub(super) references_max: u64,
    pub(super) receipt_wait_s: u64,
    pub(super) resend_after_ms: u64,
    pub(super) strikes_max: u64,
    pub(super) bulk_share: u64,
    pub(super) lane_refused_rest_s: u64,
    pub(super) drain_s: u64,
    pub(super) escalate_ms: u64,
}

/// Plans that an alert may name.
pub(super) type Plans = BTreeMap<String, Vec<PlanStep>>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanStep {
    pub(super) channels: Vec<String>,
    #[serde(default)]
    pub(super) wait_s: u32,
}

pub(super) type Routing = BTreeMap<String, String>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) serves: Vec<String>,
    pub(super) rate: String,
    #[serde(default)]
    pub(super) standby: bool,
    #[serde(default)]
    pub(super) node: Option<String>,
    #[serde(default)]
    pub(super) quota: Option<String>,
    /// The connector's own section; it knows its keys.
    #[serde(default)]
    pub(super) smpp: Option<figment::value::Value>,
    #[serde(default)]
    pub(super) zalo: Option<figment::value::Value>,
    #[serde(default)]
    pub(super) facebook: Option<figment::value::Value>,
}
