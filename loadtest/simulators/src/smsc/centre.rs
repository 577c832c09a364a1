//! What all connections share: accounts with their receipts and rates, the fate of every message, the
//! books. Synchronous and behind one lock, taken once per batch of PDUs, never while waiting.

use super::account::Account;
use super::chance::{Chance, hash};
use super::count::{Books, Counts};
use super::fates::Fates;
use super::plan::{Mishaps, Plan};
use super::receipts::{Receipt, Sender, State, Subject, WallClock};
use super::script::{Outcome, SmscScript};
use super::status;
use super::timing::Timing;
use super::wire::{Address, Submit};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// Different senders remembered; more of them are refused as unregistered.
const SENDERS_MAX: usize = 65_536;

/// The instant of a turn: monotonic since the start, and the carrier's calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) us: u64,
    pub(crate) wall_s: u32,
}

impl Now {
    pub(crate) fn ms(self) -> u64 {
        self.us / 1_000
    }
}

/// What a test tells a connection to do.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    Cut,
    Unbind,
    Write(Vec<u8>),
}

#[derive(Debug)]
struct Mailbox {
    wake: Arc<Notify>,
    orders: Vec<Order>,
}

#[derive(Debug)]
pub(crate) struct Centre {
    pub(crate) plan: Plan,
    pub(crate) chance: Chance,
    pub(crate) books: Books,
    pub(crate) timing: Timing,
    pub(crate) fates: Fates,
    pub(crate) accounts: Vec<Account>,
    account_of: HashMap<Vec<u8>, usize>,
    senders: Vec<Sender>,
    sender_of: HashMap<u64, u32>,
    mailboxes: HashMap<u64, Mailbox>,
    connections: u64,
    /// When the ticker will look next; an earlier receipt has to wake it.
    pub(crate) ticker_ms: u64,
    pub(crate) ticker_late: bool,
}

impl Centre {
    pub(crate) fn new(script: SmscScript) -> Self {
        Self {
            chance: Chance::new(script.seed),
            plan: Plan::new(script),
            books: Books::default(),
            timing: Timing::default(),
            fates: Fates::default(),
            accounts: Vec::new(),
            account_of: HashMap::new(),
            senders: Vec::new(),
            sender_of: HashMap::new(),
            mailboxes: HashMap::new(),
            connections: 0,
            ticker_ms: u64::MAX,
            ticker_late: false,
        }
    }

    pub(crate) fn change(&mut self, script: SmscScript) {
        self.plan = Plan::new(script);
        for account in &mut self.accounts {
            account.rate_per_s = rate_of(&self.plan.script, &account.system_id);
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut counts = self.books.totals.clone();
        counts.max_in_any_second =
            self.accounts.iter().map(|account| account.rate.seen_max()).max().unwrap_or(0);
        counts
    }

    /// Whole messages with exactly this text to a number, from whatever sender.
    pub(crate) fn copies(&self, number: u64, octets: &[u8]) -> u32 {
        (0..self.senders.len()).map(|source| self.books.copies(number, source as u32, octets)).sum()
    }

    pub(crate) fn clock(&self, now: Now) -> WallClock {
        WallClock { now_s: now.wall_s, offset_minutes: self.plan.script.receipts.utc_offset_minutes }
    }

    // --- connections ---

    pub(crate) fn connect(&mut self, wake: Arc<Notify>) -> u64 {
        self.connections += 1;
        self.books.totals.connections += 1;
        self.mailboxes.insert(self.connections, Mailbox { wake, orders: Vec::new() });
        self.connections
    }

    pub(crate) fn disconnect(&mut self, link: u64) {
        self.mailboxes.remove(&link);
    }

    pub(crate) fn order_all(&mut self, order: &Order) {
        for mailbox in self.mailboxes.values_mut() {
            mailbox.orders.push(order.clone());
            mailbox.wake.notify_one();
        }
    }

    pub(crate) fn wake_all(&self) {
        self.mailboxes.values().for_each(|mailbox| mailbox.wake.notify_one());
    }

    pub(crate) fn take_orders(&mut self, link: u64) -> Vec<Order> {
        self.mailboxes.get_mut(&link).map(|mailbox| std::mem::take(&mut mailbox.orders)).unwrap_or_default()
    }

    /// The account behind credentials; `Err` is the status to answer.
    pub(crate) fn account(&mut self, system_id: &[u8], password: &[u8]) -> Result<usize, u32> {
        let accounts = &self.plan.script.accounts;
        let known = accounts.iter().find(|account| account.system_id.as_bytes() == system_id);
        let known = known.ok_or(status::INVALID_SYSTEM_ID)?;
        if known.password.as_bytes() != password {
            return Err(status::INVALID_PASSWORD);
        }
        if let Some(&at) = self.account_of.get(system_id) {
            return Ok(at);
        }
        let at = self.accounts.len();
        self.accounts.push(Account::new(system_id, rate_of(&self.plan.script, system_id)));
        self.account_of.insert(system_id.to_vec(), at);
        Ok(at)
    }

    // --- messages ---

    /// Takes a message over: `Ok` is its serial, `Err` the status to answer.
    pub(crate) fn accept(
        &mut self,
        account: usize,
        submit: &Submit<'_>,
        mishaps: Mishaps,
        answered_ms: u64,
        now: Now,
    ) -> Result<u64, u32> {
        let source = self.source(&submit.source)?;
        let number = submit.destination.number().ok_or(status::INVALID_DESTINATION)?;
        if let Some(refusal) = self.plan.refusal(number, &mut self.chance) {
            return Err(refusal);
        }
        let serial = self.fates.add(State::Enroute);
        self.books.accept(submit, number, source, self.plan.script.keep_texts);
        self.timing.accepted(submit, now.us);
        let subject = Subject {
            serial,
            number,
            digits: submit.destination.value.len() as u8,
            ton: submit.destination.ton,
            npi: submit.destination.npi,
            source,
            submitted_s: now.wall_s,
            data_coding: submit.data_coding,
            text: submit.text,
        };
        self.plan_receipts(account, subject, submit.registered_delivery, mishaps, answered_ms, now.ms());
        Ok(serial)
    }

    fn plan_receipts(
        &mut self,
        account: usize,
        subject: Subject<'_>,
        registered_delivery: u8,
        mishaps: Mishaps,
        answered_ms: u64,
        now_ms: u64,
    ) {
        let outcome = self.plan.outcome(subject.number, &mut self.chance);
        let Some(state) = State::of(outcome) else { return };
        let last = if outcome == Outcome::Enroute { State::Delivered } else { state };
        let script = &self.plan.script.receipts;
        if !script.enabled || (script.honour_request && !asks_for(registered_delivery, last)) {
            self.fates.set(subject.serial, last);
            return;
        }
        let receipt = Receipt::new(subject, state, self.plan.script.ids);
        let delay_ms = script.delay_ms + self.chance.up_to(script.delay_jitter_ms);
        let after_ms = if mishaps.receipt_first { 0 } else { answered_ms + delay_ms };
        let due_ms = now_ms + after_ms;
        if mishaps.receipt_contradicts {
            self.schedule(account, receipt.saying(State::Delivered), due_ms, now_ms);
            let contradiction = receipt.saying(State::Undeliverable);
            self.schedule(account, contradiction, due_ms + delay_ms + 1, now_ms);
            return;
        }
        self.schedule(account, receipt, due_ms, now_ms);
        if last != state {
            self.schedule(account, receipt.saying(last), due_ms + delay_ms + 1, now_ms);
        }
        if mishaps.receipt_twice {
            self.schedule(account, receipt.saying(last), due_ms + 1, now_ms);
        }
    }

    /// Keeps a receipt for its time, within the bound.
    pub(crate) fn schedule(&mut self, account: usize, receipt: Receipt, due_ms: u64, now_ms: u64) {
        let kept_max = self.plan.script.receipts.kept_max;
        if self.accounts[account].waiting() >= kept_max {
            self.books.totals.receipts_dropped += 1;
            if self.accounts[account].drop_oldest().is_none() {
                return;
            }
            self.books.totals.receipts_waiting -= 1;
        }
        self.books.totals.receipts_waiting += 1;
        if due_ms <= now_ms {
            self.release(account, receipt);
            return;
        }
        self.accounts[account].wait(receipt, due_ms);
        self.ticker_late |= due_ms < self.ticker_ms;
    }

    /// Makes every receipt ready whose time has come, wakes who can deliver it, and says when the next
    /// one is due.
    pub(crate) fn tick(&mut self, now_ms: u64) -> Option<u64> {
        for account in 0..self.accounts.len() {
            let mut released = false;
            while let Some(due) = self.accounts[account].pop_due(now_ms) {
                for &receipt in &due {
                    self.release(account, receipt);
                }
                self.accounts[account].reuse(due);
                released = true;
            }
            if released {
                self.accounts[account].wake_receivers();
            }
        }
        let next = self.accounts.iter().filter_map(Account::next_due_ms).min();
        self.ticker_ms = next.unwrap_or(u64::MAX);
        self.ticker_late = false;
        next
    }

    /// The message's fate is sealed when its receipt is ready; a cancelled one says so.
    fn release(&mut self, account: usize, mut receipt: Receipt) {
        if !receipt.sent_before {
            if self.fates.get(receipt.serial) == Some(State::Deleted) {
                receipt.state = State::Deleted;
            }
            self.fates.set(receipt.serial, receipt.state);
        }
        self.accounts[account].ready(receipt);
    }

    /// `cancel_sm`: by id, or everything still waiting for a destination when the id is empty.
    pub(crate) fn cancel(&mut self, account: usize, id: &[u8], destination: Option<u64>) -> bool {
        let serials = if id.is_empty() {
            destination.map(|number| self.accounts[account].serials_to(number)).unwrap_or_default()
        } else {
            self.plan.script.ids.read_response(id).into_iter().collect()
        };
        let mut cancelled = 0;
        for serial in serials {
            if self.fates.get(serial) == Some(State::Enroute) {
                self.fates.set(serial, State::Deleted);
                cancelled += 1;
            }
        }
        self.books.totals.cancelled += cancelled;
        cancelled > 0
    }

    pub(crate) fn sender(&self, source: u32) -> Option<&Sender> {
        self.senders.get(source as usize)
    }

    fn source(&mut self, source: &Address<'_>) -> Result<u32, u32> {
        let key = hash(u64::from(source.ton) << 8 | u64::from(source.npi), source.value);
        // Eleven characters are what an alphanumeric sender (TON 5) has room for over the air.
        let length_max = if source.ton == 5 { 11 } else { 20 };
        if source.value.len() > length_max || !self.plan.allows_source(source.value) {
            return Err(status::INVALID_SOURCE);
        }
        if let Some(&at) = self.sender_of.get(&key) {
            return Ok(at);
        }
        if self.senders.len() >= SENDERS_MAX {
            return Err(status::INVALID_SOURCE);
        }
        let at = self.senders.len() as u32;
        self.senders.push(Sender { ton: source.ton, npi: source.npi, value: source.value.to_vec() });
        self.sender_of.insert(key, at);
        Ok(at)
    }
}

fn rate_of(script: &SmscScript, system_id: &[u8]) -> Option<u32> {
    let own = script.accounts.iter().find(|account| account.system_id.as_bytes() == system_id);
    let rate = own.and_then(|account| account.rate_per_s).or(script.rate_per_s);
    rate.map(|rate| rate.saturating_add(script.rate_tolerance))
}

/// `registered_delivery`, bits 1 and 0 (5.2.17): none, any final outcome, failures, (5.0) successes.
fn asks_for(registered_delivery: u8, last: State) -> bool {
    match registered_delivery & 0b11 {
        0 => false,
        1 => true,
        2 => !last.is_success(),
        _ => last.is_success(),
    }
}
