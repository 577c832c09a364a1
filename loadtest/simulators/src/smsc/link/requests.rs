//! What a client may ask and answer: binds, submits, queries, cancellations, responses.

use super::{GARBAGE, Link, OVERTAKEN_MS, UNKNOWN_COMMAND};
use crate::smsc::centre::{Centre, Now};
use crate::smsc::outgoing;
use crate::smsc::outstanding::Request;
use crate::smsc::script::BindKind;
use crate::smsc::status;
use crate::smsc::wire::{Bind, Header, Reader, Submit, command};
use std::sync::Arc;

impl Link {
    pub(super) fn bind(
        &mut self,
        centre: &mut Centre,
        header: Header,
        kind: BindKind,
        body: &[u8],
        now: Now,
    ) {
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

    pub(super) fn submit(&mut self, centre: &mut Centre, header: Header, body: &[u8], now: Now) {
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
            let receives = self.bound.is_some_and(|(_, kind)| kind.receives());
            let overtaken_ms = if mishaps.receipt_first && !receives { OVERTAKEN_MS } else { 0 };
            let delay_ms = answered_ms + mishaps.late_ms + overtaken_ms;
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
    pub(super) fn query(&mut self, centre: &Centre, sequence: u32, body: &[u8]) {
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
    pub(super) fn cancel(&mut self, centre: &mut Centre, sequence: u32, body: &[u8]) {
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

    pub(super) fn answered(&mut self, centre: &mut Centre, sequence: u32, status: u32, now: Now) {
        match self.outstanding.answer(sequence) {
            Some(Request::Receipt { mut receipt, sent_ms }) => {
                let totals = &mut centre.books.totals;
                totals.receipts_unacked -= 1;
                if status == status::OK {
                    totals.receipts_acked += 1;
                    centre.timing.acknowledgements.add(now.ms().saturating_sub(sent_ms));
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
}

/// The client wants it again later.
fn is_temporary(status: u32) -> bool {
    matches!(
        status,
        status::RECEIVER_TEMPORARY | status::QUEUE_FULL | status::THROTTLED | status::SYSTEM_ERROR
    )
}
