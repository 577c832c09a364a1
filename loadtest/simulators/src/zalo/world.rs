//! The state of the platform, and what changes it besides requests.

use super::clock;
use super::codes::Refusal;
use super::count::{Books, Counts};
use super::event::Event;
use super::fate::{self, Fate};
use super::fault::Faults;
use super::outbox::{Delivery, Job, Outbox, Post};
use super::people::People;
use super::press::Press;
use super::rate::Rates;
use super::script::{Template, ZaloScript};
use super::sign::{message_id, message_serial};
use super::tokens::Tokens;
use std::collections::{HashMap, VecDeque};

/// Messages whose state can be asked for; the oldest are forgotten.
const STATES_MAX: usize = 4_000_000;

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) script: ZaloScript,
    pub(crate) counts: Counts,
    pub(crate) books: Books,
    pub(crate) tokens: Tokens,
    pub(crate) rates: Rates,
    pub(crate) faults: Faults,
    pub(crate) people: People,
    pub(crate) press: Press,
    pub(crate) used: Used,
    pub(crate) outbox: Outbox,
    /// Events that must be told before the request at hand is answered.
    pub(crate) first: Vec<Post>,
    pub(crate) webhook: Option<reqwest::Url>,
    states: States,
}

/// What has been used of the quotas.
#[derive(Debug, Default)]
pub(crate) struct Used {
    day: u64,
    month: u64,
    pub(crate) phones: u32,
    pub(crate) by_template: HashMap<String, u32>,
    pub(crate) uid: u32,
    pub(crate) cs: u32,
    pub(crate) articles: u32,
    dropped: bool,
}

impl Used {
    /// A new day, or month, starts with nothing used.
    fn turn(&mut self, now_ms: u64) {
        let (day, month) = (clock::day(now_ms), clock::month(now_ms));
        if self.day != day {
            (self.day, self.phones) = (day, 0);
            self.by_template.clear();
        }
        if self.month != month {
            (self.month, self.cs, self.articles) = (month, 0, 0);
        }
    }
}

/// When each message was delivered: 0 is not yet.
#[derive(Debug, Default)]
struct States {
    delivered_ms: VecDeque<u64>,
    first: u64,
}

impl States {
    fn add(&mut self) -> u64 {
        if self.delivered_ms.len() >= STATES_MAX {
            self.delivered_ms.pop_front();
            self.first += 1;
        }
        self.delivered_ms.push_back(0);
        self.first + self.delivered_ms.len() as u64 - 1
    }

    fn at(&mut self, serial: u64) -> Option<&mut u64> {
        let at = usize::try_from(serial.checked_sub(self.first)?).ok()?;
        self.delivered_ms.get_mut(at)
    }
}

impl World {
    pub(crate) fn new(script: ZaloScript, now_ms: u64) -> Self {
        let mut world = Self { script, ..Self::default() };
        world.people.welcome(&world.script.followers, now_ms);
        world
    }

    /// A changed script: faults are counted anew, new followers are taken up.
    pub(crate) fn change(&mut self, script: ZaloScript, now_ms: u64) {
        self.people.welcome(&script.followers, now_ms);
        self.script = script;
        self.faults.restart();
    }

    pub(crate) fn turn(&mut self, now_ms: u64) {
        self.used.turn(now_ms);
    }

    pub(crate) fn refuse(&mut self, refusal: &Refusal) {
        *self.counts.refused_by_code.entry(refusal.code).or_default() += 1;
    }

    pub(crate) fn template(&self, id: &str) -> Option<&Template> {
        self.script.templates.iter().find(|template| template.id == id)
    }

    pub(crate) fn fate_of_phone(&self, phone: &str) -> Fate {
        fate::of_phone(self.script.seed, &self.script.phones, &self.script.mix, phone)
    }

    /// A message id of its own, for events that nobody asked for.
    pub(crate) fn fresh_id(&mut self) -> String {
        message_id(self.script.seed, self.states.add())
    }

    /// Enters an accepted message, sees to its delivery and returns its id.
    pub(crate) fn accept(
        &mut self,
        recipient: &str,
        way: &str,
        data: &str,
        tracking_id: Option<String>,
        fate: Fate,
        now_ms: u64,
    ) -> String {
        let again = self.books.accept(recipient, way, data);
        *if again { &mut self.counts.duplicates } else { &mut self.counts.distinct } += 1;
        let serial = self.states.add();
        let delivery = Delivery { serial, recipient: recipient.to_owned(), tracking_id, fate };
        match fate {
            Fate::Never => {}
            Fate::WebhookBeforeReply => {
                let events = self.deliver(&delivery, now_ms);
                let posts: Vec<_> = events.into_iter().filter_map(|event| self.post(event, now_ms)).collect();
                self.first.extend(posts);
            }
            Fate::Late { ms } => self.later(now_ms.saturating_add(ms), Job::Deliver(Box::new(delivery))),
            _ => {
                let at_ms = now_ms.saturating_add(self.script.delivery_ms);
                self.later(at_ms, Job::Deliver(Box::new(delivery)));
            }
        }
        self.drop_quota_when_due(now_ms);
        message_id(self.script.seed, serial)
    }

    /// When a message was delivered: `None` is an unknown id, 0 is not yet.
    pub(crate) fn delivered_ms(&mut self, id: &str) -> Option<u64> {
        let serial = message_serial(self.script.seed, id)?;
        self.states.at(serial).copied()
    }

    /// Tells the webhook, as soon as it can be.
    pub(crate) fn tell(&mut self, event: Event, now_ms: u64) {
        if let Some(post) = self.post(event, now_ms) {
            self.later(now_ms, Job::Post(Box::new(post)));
        }
    }

    /// Does a job whose time has come; what is left to post.
    pub(crate) fn run(&mut self, job: Job, now_ms: u64) -> Vec<Post> {
        match job {
            Job::Post(post) => {
                let stands = self.webhook.is_some() && !self.counts.webhook_disabled;
                self.counts.webhooks_dropped += u64::from(!stands);
                if stands { vec![self.renewed(*post, now_ms)] } else { Vec::new() }
            }
            Job::Deliver(delivery) => {
                let events = self.deliver(&delivery, now_ms);
                events.into_iter().filter_map(|event| self.post(event, now_ms)).collect()
            }
            Job::Broadcast(number) => {
                let reached = self.press.publish(number, &mut self.people, &self.script, now_ms);
                self.counts.broadcast_deliveries += reached;
                Vec::new()
            }
        }
    }

    /// Counts a try, and plans the next one where it failed.
    pub(crate) fn posted(&mut self, mut post: Post, acked: bool, now_ms: u64) {
        self.counts.webhooks_sent += 1;
        if acked {
            self.counts.webhooks_acked += 1;
            return;
        }
        self.counts.webhooks_failed += 1;
        match self.script.webhook_retry_ms.get(post.failures) {
            Some(&wait_ms) => {
                post.failures += 1;
                self.later(now_ms.saturating_add(wait_ms), Job::Post(Box::new(post)));
            }
            None => {
                self.counts.webhooks_dropped += 1;
                self.counts.webhook_disabled = true;
            }
        }
    }

    /// Sets the daily quota and tells so.
    pub(crate) fn set_quota(&mut self, now: u32, now_ms: u64) {
        let before = std::mem::replace(&mut self.script.quota_daily, now);
        self.tell(Event::QuotaChanged { before, now }, now_ms);
    }

    pub(crate) fn later(&mut self, at_ms: u64, job: Job) {
        self.counts.webhooks_dropped += u64::from(!self.outbox.add(at_ms, job));
    }

    fn renewed(&self, post: Post, now_ms: u64) -> Post {
        if post.failures > 0 && self.script.webhook.retry_renews_timestamp {
            Post { failures: post.failures, ..Post::new(post.event, &self.script, now_ms) }
        } else {
            post
        }
    }

    fn post(&self, event: Event, now_ms: u64) -> Option<Post> {
        let off = self.script.webhook.events_off.iter().any(|name| name == event.name());
        let stands = self.webhook.is_some() && !self.counts.webhook_disabled && !off;
        stands.then(|| Post::new(event, &self.script, now_ms))
    }

    /// The message reaches its recipient; what the webhook is told, in this order.
    fn deliver(&mut self, delivery: &Delivery, now_ms: u64) -> Vec<Event> {
        if let Some(delivered_ms) = self.states.at(delivery.serial) {
            *delivered_ms = now_ms;
        }
        self.counts.delivered += 1;
        let message_id = message_id(self.script.seed, delivery.serial);
        let recipient = delivery.recipient.clone();
        let seen = Event::UserSeen { user_id: recipient.clone(), message_ids: vec![message_id.clone()] };
        let received = match &delivery.tracking_id {
            Some(tracking_id) => Event::PhoneDelivered {
                recipient,
                message_id,
                tracking_id: tracking_id.clone(),
                delivered_ms: now_ms,
            },
            None => Event::UserReceived { user_id: recipient, message_id },
        };
        match delivery.fate {
            Fate::DuplicateWebhook => vec![received.clone(), received],
            Fate::Seen if delivery.tracking_id.is_none() => vec![received, seen],
            Fate::SeenFirst if delivery.tracking_id.is_none() => vec![seen, received],
            _ => vec![received],
        }
    }

    fn drop_quota_when_due(&mut self, now_ms: u64) {
        let due = self.counts.accepted() >= self.script.quota_drop_after && !self.used.dropped;
        if let Some(to) = self.script.quota_drop_to.filter(|_| due) {
            self.used.dropped = true;
            self.set_quota(to, now_ms);
        }
    }
}
