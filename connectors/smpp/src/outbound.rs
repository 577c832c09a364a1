//! The sending half of a session, without I/O: which PDU is written next, and what becomes of each message
//! when an answer, a time-out or the end of the session comes.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::BytesMut;
use contract::{Clock, PartReference, Report};
use tokio::time::Instant;

use crate::{
    codes,
    config::SmppSettings,
    mailbox::{self, Mailbox, Queued},
    message::{self, Encoder, Flight, Unsent},
    pending::{Part, Window},
    reference, wire,
};

/// Octets waiting to be written beyond which no further message is taken up: what is in this buffer can
/// still be proved unsent, what is in the socket can't.
const UNWRITTEN_OCTETS_MAX: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Outbound {
    settings: Arc<SmppSettings>,
    encoder: Arc<Encoder>,
    mailbox: Arc<Mailbox>,
    response_timeout: Duration,
    /// Taken from the mailbox, not begun.
    ready: VecDeque<Queued>,
    /// The message whose parts are being written.
    current: Option<usize>,
    flights: Vec<Option<Flight>>,
    free_flights: Vec<usize>,
    window: Window,
    reports: Vec<Report>,
    /// Parts of the mailbox's bound to give back once `reports` are handed over.
    owed_parts: usize,
}

impl Outbound {
    pub(crate) fn new(
        settings: Arc<SmppSettings>,
        encoder: Arc<Encoder>,
        mailbox: Arc<Mailbox>,
        last_sequence: u32,
    ) -> Self {
        Self {
            response_timeout: settings.response_timeout(),
            window: Window::new(settings.window, last_sequence),
            settings,
            encoder,
            mailbox,
            ready: VecDeque::new(),
            current: None,
            flights: Vec::new(),
            free_flights: Vec::new(),
            reports: Vec::new(),
            owed_parts: 0,
        }
    }

    pub(crate) fn next_sequence(&mut self) -> u32 {
        self.window.next_sequence()
    }

    /// Is nothing left whose end is not known?
    pub(crate) fn is_idle(&self) -> bool {
        self.window.is_empty() && self.ready.is_empty() && self.current.is_none()
    }

    /// Could a new arrival be taken up?
    pub(crate) fn has_room(&self, out: &BytesMut) -> bool {
        self.window.free() > 0 && out.len() < UNWRITTEN_OCTETS_MAX
    }

    /// Writes into `out` what the window has room for. `handed` octets have gone to the socket before `out`.
    pub(crate) fn fill(&mut self, out: &mut BytesMut, handed: u64, now: Instant, clock: &dyn Clock) {
        let mut wall = None;
        while self.has_room(out) {
            let Some(at) = self.current.or_else(|| self.begin()) else { return };
            self.current = Some(at);
            let Some(flight) = self.flights.get_mut(at).and_then(Option::as_mut) else {
                self.current = None;
                continue;
            };
            let wall = *wall.get_or_insert_with(|| clock.now());
            if flight.submission().expires_at <= wall {
                flight.stop(message::not_sent(Unsent::Expired));
            }
            let Some(part) = flight.next_part(&self.encoder) else {
                self.current = None;
                self.finish(at);
                continue;
            };
            let sequence = self.window.next_sequence();
            let begins_at = handed + u64::try_from(out.len()).unwrap_or(u64::MAX);
            self.window.insert(sequence, Part { flight: at, part, begins_at }, now + self.response_timeout);
            self.encoder.part(out, sequence, flight.submission(), part, wall);
            if !flight.has_more() {
                self.current = None;
            }
        }
    }

    fn begin(&mut self) -> Option<usize> {
        if self.ready.is_empty() {
            self.mailbox.take(self.window.free(), &mut self.ready);
        }
        let flight = Flight::new(self.ready.pop_front()?.submission);
        let at = self.free_flights.pop().unwrap_or(self.flights.len());
        if at == self.flights.len() {
            self.flights.push(None);
        }
        self.flights[at] = Some(flight);
        Some(at)
    }

    /// Reports the message at `at` if nothing of it is open any more.
    fn finish(&mut self, at: usize) {
        let Some(place) = self.flights.get_mut(at) else { return };
        if place.as_ref().is_none_or(|flight| flight.waits() || flight.has_more()) {
            return;
        }
        if self.current == Some(at) {
            self.current = None;
        }
        if let Some(flight) = place.take() {
            self.free_flights.push(at);
            self.owed_parts += mailbox::cost(flight.submission());
            self.reports.push(flight.into_report());
        }
    }

    /// The answer to a submission, by `submit_sm_resp` or `generic_nack`. False if nothing waits for it.
    pub(crate) fn answered(&mut self, sequence: u32, status: u32, body: &[u8]) -> bool {
        let id =
            if status == codes::ROK { reference::canonical(wire::message_id(body)) } else { String::new() };
        let Some(Part { flight: at, part, .. }) = self.window.remove(sequence) else {
            return self.answered_late(sequence, status, id);
        };
        if let Some(flight) = self.flights.get_mut(at).and_then(Option::as_mut) {
            if status == codes::ROK {
                flight.accept(part, id, &self.encoder);
            } else {
                flight.miss(codes::answer(status, &self.settings.status));
            }
        }
        self.finish(at);
        true
    }

    fn answered_late(&mut self, sequence: u32, status: u32, reference: String) -> bool {
        let Some((ticket, part)) = self.window.take_late(sequence) else { return false };
        if status == codes::ROK {
            self.reports.push(Report::Late { ticket, part: PartReference { part, reference } });
        }
        true
    }

    /// Ends what has waited too long, in the mailbox or, unless reading is `paused`, for an answer.
    pub(crate) fn expire(&mut self, now: Instant, paused: bool) -> usize {
        let too_old = |queued: &Queued, timeout| queued.since + timeout <= now;
        if self.mailbox.oldest().is_some_and(|since| since + self.response_timeout <= now) {
            self.mailbox.take(usize::MAX, &mut self.ready);
        }
        while self.ready.front().is_some_and(|queued| too_old(queued, self.response_timeout)) {
            if let Some(queued) = self.ready.pop_front() {
                self.give_back(&queued, Unsent::QueueTimeout);
            }
        }
        let mut expired = 0;
        while !paused && let Some((sequence, Part { flight: at, part, .. })) = self.window.pop_expired(now) {
            expired += 1;
            if let Some(flight) = self.flights.get_mut(at).and_then(Option::as_mut) {
                self.window.remember_late(sequence, flight.ticket(), part);
                flight.miss(message::uncertain(Unsent::ResponseTimeout));
            }
            self.finish(at);
        }
        expired
    }

    /// When [`Self::expire`] has something to do next.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let waiting = self.ready.front().map(|queued| queued.since).or_else(|| self.mailbox.oldest());
        [waiting.map(|since| since + self.response_timeout), self.window.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Takes up nothing more: what is not begun goes back. The message being written is finished, or, if
    /// the peer takes nothing any more, cut off.
    pub(crate) fn stop(&mut self, why: Unsent, cut_current: bool) {
        for queued in std::mem::take(&mut self.ready).into_iter().chain(self.mailbox.close()) {
            self.give_back(&queued, why);
        }
        if cut_current && let Some(at) = self.current.take() {
            if let Some(flight) = self.flights.get_mut(at).and_then(Option::as_mut) {
                flight.stop(message::not_sent(why));
            }
            self.finish(at);
        }
    }

    /// The session is over. Of `handed` octets given to the socket nobody knows how far they got; a PDU that
    /// begins behind them was never sent.
    pub(crate) fn lost(&mut self, handed: u64, why: Unsent) {
        self.stop(why, true);
        let parts: Vec<Part> = self.window.drain().collect();
        for Part { flight: at, begins_at, .. } in parts {
            if let Some(flight) = self.flights.get_mut(at).and_then(Option::as_mut) {
                let left = begins_at < handed;
                flight.miss(if left { message::uncertain(why) } else { message::not_sent(why) });
            }
            self.finish(at);
        }
    }

    fn give_back(&mut self, queued: &Queued, why: Unsent) {
        self.owed_parts += mailbox::cost(&queued.submission);
        self.reports.push(message::unsent(&queued.submission, why));
    }

    pub(crate) fn has_reports(&self) -> bool {
        !self.reports.is_empty()
    }

    /// All reports so far, as one batch; their parts are free again.
    pub(crate) fn take_reports(&mut self) -> Vec<Report> {
        self.mailbox.release(std::mem::take(&mut self.owed_parts));
        let next = Vec::with_capacity(self.reports.len().min(64));
        std::mem::replace(&mut self.reports, next)
    }
}

#[cfg(test)]
#[path = "outbound_tests.rs"]
mod tests;
