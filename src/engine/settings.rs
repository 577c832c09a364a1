//! The engine's own settings, filled by the configuration. Every bound has a name here.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How long a lane stays ours without renewal. Longer than any single ledger call may take.
    pub lease: Duration,
    /// Most messages in one claim: what an urgent alert may have to wait for, and what a crash leaves in doubt.
    pub claim_messages_max: usize,
    /// A claim is also no larger than what the lane sends in this time.
    pub claim_span: Duration,
    /// Facts per flush.
    pub settle_rows_max: usize,
    /// Longest time a fact waits for company.
    pub settle_wait: Duration,
    /// Targets frozen, or turned into messages, per transaction.
    pub fanout_rows: usize,
    /// Pause between looks at what time alone changes.
    pub sweep_every: Duration,
    pub sweep_rows: usize,
    /// Pause between looks at plans whose next step may be due.
    pub escalate_every: Duration,
    /// Pause between looks at an empty queue; a wake-up cuts it short.
    pub idle: Duration,
    /// References kept in memory per lane; the ledger's index serves the rest.
    pub references_max: usize,
    /// After the alert's expiry, how long a receipt may be missing before the message is called unconfirmed.
    pub receipt_wait: Duration,
    /// Pause before an uncertain message is sent again, if its alert says so.
    pub resend_after: Duration,
    /// Refusals that may pass, before a message is called failed.
    pub strikes_max: u32,
    /// Every n-th claim looks at the least urgent alert first, so that bulk never starves.
    pub bulk_share: u32,
    /// How long a lane rests after the provider refused the account or sender itself.
    pub lane_refused_rest: Duration,
    /// How long a stopping lane waits for answers that are under way.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            claim_messages_max: 200,
            claim_span: Duration::from_millis(250),
            settle_rows_max: 500,
            settle_wait: Duration::from_millis(20),
            fanout_rows: 5_000,
            sweep_every: Duration::from_secs(1),
            sweep_rows: 5_000,
            escalate_every: Duration::from_millis(500),
            idle: Duration::from_millis(250),
            references_max: 50_000,
            receipt_wait: Duration::from_secs(24 * 3600),
            resend_after: Duration::from_secs(2),
            strikes_max: 6,
            bulk_share: 8,
            lane_refused_rest: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}
