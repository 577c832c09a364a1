//! What has to happen later: deliveries, moderation, and events on their way to the webhook.

use super::event::Event;
use super::fate::Fate;
use super::script::ZaloScript;
use super::sign::event_signature;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Jobs that wait; more are dropped and counted.
const WAITING_MAX: usize = 4_000_000;

/// An event as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) event: Event,
    pub(crate) body: String,
    pub(crate) signature: String,
    /// Tries that failed.
    pub(crate) failures: usize,
}

impl Post {
    pub(crate) fn new(event: Event, script: &ZaloScript, now_ms: u64) -> Self {
        let body = event.body(&script.app_id, &script.oa_id, now_ms).to_string();
        let signature = event_signature(&script.app_id, &body, &now_ms.to_string(), &script.oa_secret);
        Self { event, body, signature, failures: 0 }
    }
}

/// A message that is to reach somebody.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) serial: u64,
    pub(crate) recipient: String,
    /// Of a message to a phone; `None`: to a user.
    pub(crate) tracking_id: Option<String>,
    pub(crate) fate: Fate,
}

#[derive(Debug)]
pub(crate) enum Job {
    Deliver(Box<Delivery>),
    Post(Box<Post>),
    /// The broadcast of this number leaves moderation.
    Broadcast(usize),
}

#[derive(Debug)]
struct Due {
    at_ms: u64,
    serial: u64,
    job: Job,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.serial == other.serial
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at_ms, self.serial).cmp(&(other.at_ms, other.serial))
    }
}

/// Jobs by their time; those of the same time in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: BinaryHeap<Reverse<Due>>,
    serial: u64,
}

impl Outbox {
    /// `false`: too many wait already.
    #[must_use]
    pub(crate) fn add(&mut self, at_ms: u64, job: Job) -> bool {
        if self.waiting.len() >= WAITING_MAX {
            return false;
        }
        self.serial += 1;
        self.waiting.push(Reverse(Due { at_ms, serial: self.serial, job }));
        true
    }

    pub(crate) fn due(&mut self, now_ms: u64) -> Option<Job> {
        self.waiting.peek().filter(|next| next.0.at_ms <= now_ms)?;
        self.waiting.pop().map(|next| next.0.job)
    }

    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.waiting.peek().map(|next| next.0.at_ms)
    }
}
