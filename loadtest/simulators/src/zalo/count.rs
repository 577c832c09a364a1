//! The platform's own account of what happened, independent of what its client believes.

use super::sign::hash;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Messages remembered to tell copies; beyond it each counts as a new one.
const SEEN_MAX: usize = 4_000_000;
/// Recipients counted one by one, and those whose last message is kept.
const RECIPIENTS_MAX: usize = 4_000_000;
const KEPT_MAX: usize = 100_000;

/// Totals since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests read, by path; unknown paths under `other`.
    pub requests: BTreeMap<&'static str, u64>,
    /// Messages by template accepted for phones, copies included.
    pub template_accepted: u64,
    /// Messages by template accepted for user ids, copies included.
    pub uid_accepted: u64,
    /// Consultation messages accepted, copies included.
    pub cs_accepted: u64,
    /// Messages accepted again: same way of sending, recipient, template and data.
    pub duplicates: u64,
    /// Different messages accepted. All accepted = `distinct` + `duplicates`.
    pub distinct: u64,
    /// Requests answered with an error code, by code; those above a rate too (-32).
    pub refused_by_code: BTreeMap<i64, u64>,
    /// Token pairs given out by `/v4/oa/access_token`.
    pub refreshes: u64,
    /// Refresh tokens that were used before, or are unknown or expired.
    pub refresh_reuse_failures: u64,
    /// Tries to bring an event to the webhook. Probes and [`push`](super::Zalo::push) are not counted.
    pub webhooks_sent: u64,
    /// Answered 200 in time.
    pub webhooks_acked: u64,
    /// Not answered 200 in time.
    pub webhooks_failed: u64,
    /// Events given up: no try left, the webhook is disabled, or too many were waiting.
    pub webhooks_dropped: u64,
    /// The webhook failed to the end of the ladder and gets nothing more until it is set again.
    pub webhook_disabled: bool,
    /// Messages delivered to phones and users, told or not.
    pub delivered: u64,
    /// Broadcasts accepted, copies included.
    pub broadcasts: u64,
    /// Broadcasts accepted again with the same target and articles.
    pub duplicate_broadcasts: u64,
    /// Followers reached by broadcasts, once for each broadcast.
    pub broadcast_deliveries: u64,
    /// Articles made, copies included.
    pub articles: u64,
    /// Articles made again with the same title and body.
    pub duplicate_articles: u64,
    /// Requests above a rate.
    pub rate_limited: u64,
    /// Most API requests within any minute, refused ones too.
    pub max_in_any_minute: u32,
    /// Faults that happened.
    pub faults: u64,
}

impl Counts {
    /// Messages to one recipient each: by template and consultation.
    pub fn accepted(&self) -> u64 {
        self.template_accepted + self.uid_accepted + self.cs_accepted
    }

    /// Requests refused with this code.
    pub fn refused(&self, code: i64) -> u64 {
        self.refused_by_code.get(&code).copied().unwrap_or(0)
    }
}

#[derive(Debug, Default)]
struct Recipient {
    count: u32,
    last: Option<Box<str>>,
}

/// What was accepted for whom.
#[derive(Debug, Default)]
pub(crate) struct Books {
    recipients: HashMap<Box<str>, Recipient>,
    kept: usize,
    seen: HashSet<u64>,
}

impl Books {
    /// Enters a message; `true`: the same one was accepted before.
    pub(crate) fn accept(&mut self, recipient: &str, way: &str, data: &str) -> bool {
        self.enter(recipient, data);
        self.again(&(recipient, way, data))
    }

    /// Whether this was seen before.
    pub(crate) fn again(&mut self, what: &impl std::hash::Hash) -> bool {
        let key = hash(what);
        if self.seen.len() >= SEEN_MAX {
            return self.seen.contains(&key);
        }
        !self.seen.insert(key)
    }

    pub(crate) fn accepted(&self, recipient: &str) -> u32 {
        self.recipients.get(recipient).map_or(0, |found| found.count)
    }

    pub(crate) fn last(&self, recipient: &str) -> Option<&str> {
        self.recipients.get(recipient)?.last.as_deref()
    }

    pub(crate) fn recipients(&self) -> Vec<(String, u32)> {
        self.recipients.iter().map(|(name, found)| (name.to_string(), found.count)).collect()
    }

    fn enter(&mut self, recipient: &str, data: &str) {
        if self.recipients.len() >= RECIPIENTS_MAX && !self.recipients.contains_key(recipient) {
            return;
        }
        let found = self.recipients.entry(recipient.into()).or_default();
        found.count = found.count.saturating_add(1);
        if found.last.is_some() || self.kept < KEPT_MAX {
            self.kept += usize::from(found.last.is_none());
            found.last = Some(data.into());
        }
    }
}
