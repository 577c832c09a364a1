//! One connection without its socket: octets in, octets out, and what is between. A turn takes orders,
//! reads what came, answers what is due and delivers what is ready, all under one lock and into one
//! buffer; the session around it only moves octets.

use super::centre::{Centre, Now, Order};
use super::outgoing;
use super::outstanding::{Outstanding, Request};
use super::receipts;
use super::script::BindKind;
use super::status;
use super::time_queue::TimeQueue;
use super::wire::{Bind, Cut, HEADER, Header, Reader, Submit, command, cut};
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
        let split = self.split_octets.map(|_| self.split_next_ms).filter(|_| self.unwritten() > 0);
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

    fn bind(&mut self, centre: &mut Centre, header: Header, kind: BindKind, body: &[u8], now: Now) {
        if centre.plan.script.bind.silent {
            self.muted = true;
            return;
        }
        centre.plan.binds += 1;
        let account = match self.admit(centre, kind, body) {
            Ok(account) => account,
            Err(refusal) => {
                centre.books.totals.binds_refused += 1;
                let response = header.command | command::RESPONSE;
                outgoing::bare(&mut self.out, response, refusal, header.sequence);
                // A second bind on a bound connection is answered, and the first one stays.
                if self.bound.is_none() {
                    self.close(now);
                }
                return;
            }
        };
        centre.books.totals.binds += 1;
        centre.accounts[account].bind(self.id, kind.receives(), Arc::clone(&self.wake));
        self.bound = Some((account, kind));
        let script = &centre.plan.script;
        self.enquire_due_ms = script.enquire_link_ms.map(|every| now.ms() + every);
        let version = script.bind.interface_version;
        outgoing::bind_response(&mut self.out, header.command, header.sequence, version);
        if script.bind.coalesce_deliver && kind.receives() {
            self.bind_written = true;
            if !centre.accounts[account].has_ready() {
                let sequence = self.outstanding.add(Request::Other);
                outgoing::message(&mut self.out, sequence, b"STOP");
            }
        }
    }

    fn admit(&self, centre: &mut Centre, kind: BindKind, body: &[u8]) -> Result<usize, u32> {
        let bind = Bind::read(body).ok_or(status::INVALID_COMMAND_LENGTH)?;
        if self.bound.is_some() {
            return Err(status::ALREADY_BOUND);
        }
        let binds = centre.plan.binds;
        let script = &centre.plan.script.bind;
        let (per_account_max, knows_kind) = (script.per_account_max as usize, script.kinds.contains(&kind));
        if binds <= u64::from(script.refuse_first) {
            return Err(script.refuse_status);
        }
        let account = centre.account(bind.system_id, bind.password)?;
        if !knows_kind {
            return Err(status::BIND_FAILED);
        }
        if centre.accounts[account].binds() >= per_account_max {
            return Err(status::ALREADY_BOUND);
        }
        Ok(account)
    }

    fn submit(&mut self, centre: &mut Centre, header: Header, body: &[u8], now: Now) {
        centre.books.totals.submits += 1;
        let mishaps = centre.plan.next_submit(&mut centre.chance);
        if mishaps.drop_before_accept {
            return self.drop_connection(centre, now);
        }
        let script = &centre.plan.script;
        let (base_ms, jitter_ms) = (script.response_ms, script.response_jitter_ms);
        let answered_ms = base_ms + centre.chance.up_to(jitter_ms);
        let accepted = self
            .judge(centre, header.command, body, now)
            .and_then(|(account, submit)| centre.accept(account, &submit, mishaps, answered_ms, now));
        if let Err(refusal) = accepted {
            centre.books.refuse(refusal);
        }
        if mishaps.receipt_first {
            self.deliver(centre, now);
        }
        if accepted.is_ok() && (mishaps.drop_before_response || mishaps.no_response) {
            centre.books.totals.responses_lost += 1;
        } else {
            let delay_ms = answered_ms + mishaps.late_ms;
            self.respond(centre, header, accepted, delay_ms, now);
        }
        if let Some(octets) = Some(mishaps.split_octets).filter(|octets| *octets > 0) {
            self.split_octets = Some(octets as usize);
        }
        if mishaps.unknown_command {
            let sequence = self.outstanding.add(Request::Other);
            outgoing::bare(&mut self.out, UNKNOWN_COMMAND, 0, sequence);
        }
        if mishaps.unbind {
            self.ask_unbind();
        }
        if mishaps.garbage {
            self.out.extend_from_slice(&GARBAGE);
        }
        if mishaps.stop_reading_ms > 0 {
            self.stop_reading_until_ms = now.ms() + mishaps.stop_reading_ms;
        }
        if mishaps.drop_before_response {
            self.drop_connection(centre, now);
        }
    }

    /// Everything that speaks against a submit before its destination does, in the order in which a
    /// message centre looks: state of the bind, window, rate, syntax.
    fn judge<'a>(
        &self,
        centre: &mut Centre,
        command: u32,
        body: &'a [u8],
        now: Now,
    ) -> Result<(usize, Submit<'a>), u32> {
        let Some((account, _)) = self.bound.filter(|(_, kind)| kind.transmits()) else {
            return Err(status::INVALID_BIND_STATE);
        };
        let unanswered = self.delayed_responses + self.unwritten_responses + 1;
        let totals = &mut centre.books.totals;
        totals.max_unanswered = totals.max_unanswered.max(unanswered);
        let limit = centre.accounts[account].rate_per_s;
        let passes = centre.accounts[account].rate.arrive(now.us, limit);
        let script = &centre.plan.script;
        if script.window.is_some_and(|window| unanswered > window) {
            return Err(script.window_status);
        }
        if !passes {
            return Err(status::THROTTLED);
        }
        let submit = if command == command::DATA_SM { Submit::read_data(body) } else { Submit::read(body) };
        if submit.is_err() {
            centre.books.totals.malformed += 1;
        }
        Ok((account, submit?))
    }

    fn respond(
        &mut self,
        centre: &Centre,
        header: Header,
        accepted: Result<u64, u32>,
        delay_ms: u64,
        now: Now,
    ) {
        let out = if delay_ms == 0 {
            self.unwritten_responses += 1;
            &mut self.out
        } else {
            let bucket = self.delayed.bucket(now.ms() + delay_ms);
            bucket.responses += 1;
            self.delayed_responses += 1;
            &mut bucket.octets
        };
        let command = header.command | command::RESPONSE;
        match accepted {
            Ok(serial) => {
                let start = outgoing::open(out, command, 0, header.sequence);
                centre.plan.script.ids.write_response(out, serial);
                out.push(0);
                outgoing::close(out, start);
            }
            Err(refusal) => outgoing::bare(out, command, refusal, header.sequence),
        }
    }

    /// `query_sm` (4.8): the final date is left empty, as it may be.
    fn query(&mut self, centre: &Centre, sequence: u32, body: &[u8]) {
        let command = command::QUERY_SM | command::RESPONSE;
        let id = Reader::new(body).text().unwrap_or_default();
        let serial = centre.plan.script.ids.read_response(id);
        let Some(state) = serial.and_then(|serial| centre.fates.get(serial)) else {
            return outgoing::bare(&mut self.out, command, status::QUERY_FAILED, sequence);
        };
        let start = outgoing::open(&mut self.out, command, 0, sequence);
        self.out.extend_from_slice(id);
        self.out.extend_from_slice(&[0, 0, state as u8, 0]);
        outgoing::close(&mut self.out, start);
    }

    /// `cancel_sm` (4.9).
    fn cancel(&mut self, centre: &mut Centre, sequence: u32, body: &[u8]) {
        let command = command::CANCEL_SM | command::RESPONSE;
        let mut reader = Reader::new(body);
        let cancelled = (|| {
            reader.text()?; // service_type
            let id = reader.text()?;
            reader.address()?;
            let destination = reader.address()?;
            let (account, _) = self.bound?;
            centre.cancel(account, id, destination.number()).then_some(())
        })();
        let answer = if cancelled.is_some() { status::OK } else { status::CANCEL_FAILED };
        outgoing::bare(&mut self.out, command, answer, sequence);
    }

    fn answered(&mut self, centre: &mut Centre, sequence: u32, status: u32, now: Now) {
        match self.outstanding.answer(sequence) {
            Some(Request::Receipt { mut receipt, .. }) => {
                let totals = &mut centre.books.totals;
                totals.receipts_unacked -= 1;
                if status == status::OK {
                    totals.receipts_acked += 1;
                    return;
                }
                totals.receipts_nacked += 1;
                let Some((account, _)) = self.bound.filter(|_| is_temporary(status)) else {
                    totals.receipts_dropped += 1;
                    return;
                };
                receipt.sent_before = true;
                let due_ms = now.ms() + centre.plan.script.receipts.retry_ms;
                centre.schedule(account, receipt, due_ms, now.ms());
            }
            Some(Request::EnquireLink) => self.enquire_unanswered = false,
            Some(Request::Unbind) => self.close(now),
            Some(Request::Other) | None => {}
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
        if self.enquire_due_ms.is_some_and(|due| due <= now.ms()) {
            if self.enquire_unanswered {
                self.enquire_due_ms = None;
                return self.drop_connection(centre, now);
            }
            self.enquire_unanswered = true;
            self.enquire_due_ms = centre.plan.script.enquire_link_ms.map(|every| now.ms() + every);
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

/// The client wants it again later.
fn is_temporary(status: u32) -> bool {
    matches!(
        status,
        status::RECEIVER_TEMPORARY | status::QUEUE_FULL | status::THROTTLED | status::SYSTEM_ERROR
    )
}
