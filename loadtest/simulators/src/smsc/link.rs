//! One connection without its socket: octets in, octets out, and what is between. A turn takes orders,
//! reads what came, answers what is due and delivers what is ready, all under one lock and into one
//! buffer; the session around it only moves octets.

mod requests;

use super::centre::{Centre, Now, Order};
use super::outgoing;
use super::outstanding::{Outstanding, Request};
use super::receipts;
use super::script::BindKind;
use super::status;
use super::time_queue::TimeQueue;
use super::wire::{Cut, HEADER, Header, command, cut};
use bytes::{Buf, BytesMut};
use std::sync::Arc;
use tokio::sync::Notify;

/// Unwritten octets above which nothing more is read, and above which no receipt is added.
const UNWRITTEN_MAX: usize = 1 << 20;
const UNWRITTEN_FOR_RECEIPTS_MAX: usize = 256 << 10;
/// Receipts delivered in one turn, so that several binds share them.
const RECEIPTS_PER_TURN_MAX: usize = 512;
/// Time a closing connection has to take the last octets.
const CLOSING_MS: u64 = 1_000;
/// How long a response waits for a receipt that has to overtake it on another bind.
const OVERTAKEN_MS: u64 = 50;
/// A command id that no version of the protocol has.
const UNKNOWN_COMMAND: u32 = 0x0000_0F0F;
/// command_length 7, and no way to find the next PDU.
const GARBAGE: [u8; HEADER] = [0, 0, 0, 7, 0xDE, 0xAD, 0xBE, 0xEF, 0, 0, 0, 0, 0, 0, 0, 1];

#[derive(Debug, Default)]
struct Delayed {
    octets: Vec<u8>,
    responses: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Writes what is left, then ends.
    Closing {
        since_ms: u64,
    },
    Over,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) wake: Arc<Notify>,
    pub(crate) incoming: BytesMut,
    pub(crate) out: Vec<u8>,
    written: usize,
    phase: Phase,
    bound: Option<(usize, BindKind)>,
    /// Receipts wait until the bind response is on its way.
    bind_written: bool,
    muted: bool,
    delayed: TimeQueue<Delayed>,
    delayed_responses: u32,
    unwritten_responses: u32,
    outstanding: Outstanding,
    enquire_due_ms: Option<u64>,
    enquire_unanswered: bool,
    stop_reading_until_ms: u64,
    split_octets: Option<usize>,
    split_next_ms: u64,
}

impl Link {
    pub(crate) fn new(id: u64, wake: Arc<Notify>) -> Self {
        Self {
            id,
            wake,
            incoming: BytesMut::new(),
            out: Vec::new(),
            written: 0,
            phase: Phase::Open,
            bound: None,
            bind_written: false,
            muted: false,
            delayed: TimeQueue::default(),
            delayed_responses: 0,
            unwritten_responses: 0,
            outstanding: Outstanding::default(),
            enquire_due_ms: None,
            enquire_unanswered: false,
            stop_reading_until_ms: 0,
            split_octets: None,
            split_next_ms: 0,
        }
    }

    pub(crate) fn turn(&mut self, centre: &mut Centre, now: Now) {
        for order in centre.take_orders(self.id) {
            self.obey(centre, order, now);
        }
        self.read_frames(centre, now);
        self.answer_due(now);
        self.watch(centre, now);
        self.deliver(centre, now);
    }

    // --- what the session needs to know ---

    pub(crate) fn is_over(&self, now: Now) -> bool {
        match self.phase {
            Phase::Open => false,
            Phase::Closing { since_ms } => self.unwritten() == 0 || now.ms() >= since_ms + CLOSING_MS,
            Phase::Over => true,
        }
    }

    pub(crate) fn may_read(&self, now: Now) -> bool {
        self.phase == Phase::Open
            && self.unwritten() < UNWRITTEN_MAX
            && now.ms() >= self.stop_reading_until_ms
    }

    /// How much may be written now.
    pub(crate) fn writable(&self, now: Now) -> std::ops::Range<usize> {
        let end = match self.split_octets {
            Some(_) if now.ms() < self.split_next_ms => self.written,
            Some(octets) => self.out.len().min(self.written + octets),
            None => self.out.len(),
        };
        self.written..end
    }

    pub(crate) fn wrote(&mut self, octets: usize, now: Now) {
        self.written += octets;
        self.split_next_ms = now.ms() + 1;
        // After a partial write the client may have read some responses; counting none of them as
        // unanswered never blames it wrongly.
        self.unwritten_responses = 0;
        self.bind_written |= self.bound.is_some();
        if self.unwritten() == 0 {
            self.out.clear();
            self.written = 0;
            self.split_octets = None;
        }
    }

    /// When a turn is needed though nothing happens.
    pub(crate) fn next_due_ms(&self, centre: &Centre, now: Now) -> Option<u64> {
        let resend_after_ms = centre.plan.script.receipts.resend_after_ms;
        let resend = resend_after_ms.and_then(|after| Some(self.outstanding.oldest_sent_ms()? + after));
        let closing = match self.phase {
            Phase::Closing { since_ms } => Some(since_ms + CLOSING_MS),
            Phase::Open | Phase::Over => None,
        };
        let reading = Some(self.stop_reading_until_ms).filter(|until| *until > now.ms());
        let split = self.split_octets.map(|_| self.split_next_ms).filter(|next| *next > now.ms());
        [self.delayed.next_due_ms(), self.enquire_due_ms, resend, closing, reading, split]
            .into_iter()
            .flatten()
            .min()
    }

    /// Gives back to the account what was not acknowledged.
    pub(crate) fn leave(&mut self, centre: &mut Centre) {
        centre.disconnect(self.id);
        centre.books.totals.responses_lost += u64::from(self.delayed_responses + self.unwritten_responses);
        let Some((account, _)) = self.bound.take() else { return };
        let keep = centre.plan.script.receipts.resend_on_bind;
        for mut receipt in self.outstanding.drain_newest_first() {
            centre.books.totals.receipts_unacked -= 1;
            if keep {
                receipt.sent_before = true;
                centre.books.totals.receipts_waiting += 1;
                centre.accounts[account].ready_again(receipt);
            } else {
                centre.books.totals.receipts_dropped += 1;
            }
        }
        centre.accounts[account].unbind(self.id);
        centre.accounts[account].wake_receivers();
    }

    fn unwritten(&self) -> usize {
        self.out.len() - self.written
    }

    fn close(&mut self, now: Now) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing { since_ms: now.ms() };
        }
    }

    /// This side ends the connection.
    fn drop_connection(&mut self, centre: &mut Centre, now: Now) {
        centre.books.totals.drops += 1;
        self.close(now);
    }

    fn obey(&mut self, centre: &mut Centre, order: Order, now: Now) {
        match order {
            Order::Cut => {
                self.drop_connection(centre, now);
                self.phase = Phase::Over;
            }
            Order::Unbind => self.ask_unbind(),
            Order::Write(octets) => self.out.extend_from_slice(&octets),
        }
    }

    fn ask_unbind(&mut self) {
        let sequence = self.outstanding.add(Request::Unbind);
        outgoing::bare(&mut self.out, command::UNBIND, 0, sequence);
    }

    // --- what came ---

    fn read_frames(&mut self, centre: &mut Centre, now: Now) {
        let mut incoming = std::mem::take(&mut self.incoming);
        let mut at = 0;
        let ready_before = self.bound.is_some_and(|(account, _)| centre.accounts[account].has_ready());
        while self.phase == Phase::Open && self.unwritten() < UNWRITTEN_MAX {
            match cut(&incoming[at..]) {
                Cut::More => break,
                Cut::Broken { sequence } => {
                    centre.books.totals.malformed += 1;
                    outgoing::bare(
                        &mut self.out,
                        command::GENERIC_NACK,
                        status::INVALID_COMMAND_LENGTH,
                        sequence,
                    );
                    self.drop_connection(centre, now);
                }
                Cut::Frame(header) => {
                    let body = &incoming[at + HEADER..at + header.length];
                    at += header.length;
                    self.frame(centre, header, body, now);
                }
            }
        }
        incoming.advance(at);
        self.incoming = incoming;
        if let Some((account, _)) = self.bound
            && !ready_before
            && centre.accounts[account].has_ready()
        {
            centre.accounts[account].wake_other_receivers(self.id);
        }
    }

    fn frame(&mut self, centre: &mut Centre, header: Header, body: &[u8], now: Now) {
        if self.muted {
            return;
        }
        let Header { command, status, sequence, .. } = header;
        match command {
            command::SUBMIT_SM | command::DATA_SM => self.submit(centre, header, body, now),
            command::BIND_TRANSMITTER => self.bind(centre, header, BindKind::Transmitter, body, now),
            command::BIND_RECEIVER => self.bind(centre, header, BindKind::Receiver, body, now),
            command::BIND_TRANSCEIVER => self.bind(centre, header, BindKind::Transceiver, body, now),
            command::ENQUIRE_LINK => {
                centre.books.totals.enquire_links += 1;
                outgoing::bare(&mut self.out, command | command::RESPONSE, 0, sequence);
            }
            command::UNBIND => {
                centre.books.totals.unbinds += 1;
                outgoing::bare(&mut self.out, command | command::RESPONSE, 0, sequence);
                self.close(now);
            }
            command::QUERY_SM => self.query(centre, sequence, body),
            command::CANCEL_SM => self.cancel(centre, sequence, body),
            command::GENERIC_NACK => {
                centre.books.totals.nacks += 1;
                self.answered(centre, sequence, status.max(1), now);
            }
            response if response & command::RESPONSE != 0 => self.answered(centre, sequence, status, now),
            _ => {
                outgoing::bare(&mut self.out, command::GENERIC_NACK, status::INVALID_COMMAND_ID, sequence);
            }
        }
    }

    // --- what is due ---

    fn answer_due(&mut self, now: Now) {
        while let Some(due) = self.delayed.pop_due(now.ms()) {
            self.out.extend_from_slice(&due.octets);
            self.delayed_responses -= due.responses;
            self.unwritten_responses += due.responses;
        }
    }

    /// Asks whether the client is there, and delivers again what it did not acknowledge.
    fn watch(&mut self, centre: &mut Centre, now: Now) {
        let every_ms = centre.plan.script.enquire_link_ms;
        if self.enquire_due_ms.is_none() && self.bound.is_some() && self.phase == Phase::Open {
            self.enquire_due_ms = every_ms.map(|every| now.ms() + every);
        }
        if self.enquire_due_ms.is_some_and(|due| due <= now.ms()) {
            if self.enquire_unanswered {
                self.enquire_due_ms = None;
                return self.drop_connection(centre, now);
            }
            self.enquire_unanswered = true;
            self.enquire_due_ms = every_ms.map(|every| now.ms() + every);
            let sequence = self.outstanding.add(Request::EnquireLink);
            outgoing::bare(&mut self.out, command::ENQUIRE_LINK, 0, sequence);
        }
        let (Some((account, _)), Some(after)) = (self.bound, centre.plan.script.receipts.resend_after_ms)
        else {
            return;
        };
        let Some(sent_ms_max) = now.ms().checked_sub(after) else { return };
        while let Some(mut receipt) = self.outstanding.take_sent_before(sent_ms_max) {
            receipt.sent_before = true;
            centre.books.totals.receipts_unacked -= 1;
            centre.books.totals.receipts_waiting += 1;
            centre.accounts[account].ready_again(receipt);
        }
    }

    fn deliver(&mut self, centre: &mut Centre, now: Now) {
        let Some((account, kind)) = self.bound else { return };
        if self.phase != Phase::Open || !self.bind_written || !kind.receives() {
            return;
        }
        let clock = centre.clock(now);
        let window = centre.plan.script.receipts.window as usize;
        for _ in 0..RECEIPTS_PER_TURN_MAX {
            if self.unwritten() >= UNWRITTEN_FOR_RECEIPTS_MAX || self.outstanding.receipts() >= window {
                return;
            }
            let Some(receipt) = centre.accounts[account].take_ready() else { return };
            let totals = &mut centre.books.totals;
            totals.receipts_waiting -= 1;
            totals.receipts_unacked += 1;
            if receipt.sent_before {
                totals.receipts_resent += 1;
            } else {
                totals.receipts_sent.add(receipt.state);
            }
            let sequence = self.outstanding.add(Request::Receipt { receipt, sent_ms: now.ms() });
            if let Some(sender) = centre.sender(receipt.source) {
                let form = centre.plan.form(receipt.serial);
                receipts::write(&mut self.out, sequence, &receipt, sender, form, clock);
            }
        }
        // More is ready than one turn takes: the next turn must come though nothing else happens.
        self.wake.notify_one();
    }
}
