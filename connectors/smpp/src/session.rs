//! One bound session, one task: read, take up what the window has room for, write it all at once. All
//! decisions are in the two halves; here are the socket, the clock and the order of things.

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::watch,
    time::{Instant, sleep_until},
};
use tracing::{debug, warn};

use crate::{
    bind::{BIND_SEQUENCE, Bound, Stream},
    codes,
    frame::{self, Frame, id},
    inbound::{Inbound, Recorded},
    links::Lane,
    mailbox::Mailbox,
    message::Unsent,
    outbound::Outbound,
    receipt::Reader,
    wire,
};

/// Room offered to one read; a few hundred PDUs.
const READ_OCTETS: usize = 64 * 1024;
/// After the peer's unbind, how long answers still owed are waited for.
const UNBOUND_GRACE: Duration = Duration::from_secs(5);
/// How long the answer to our own unbind is waited for.
const UNBIND_TIMEOUT: Duration = Duration::from_secs(2);
/// After a pause in reading, answers that already lie in the socket get this long to be read.
const RESUME_GRACE: Duration = Duration::from_secs(1);
/// Longest sleep; only bounds the timer when nothing is due.
const IDLE: Duration = Duration::from_secs(60);
/// Answers a peer leaves unread before nothing more is read from it: a flood of requests stays at the peer.
const UNREAD_ANSWERS_OCTETS_MAX: usize = 1 << 20;
/// Bad PDUs logged per session: a peer gone mad must not fill the disk.
const COMPLAINTS_MAX: usize = 20;

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// We closed it.
    Closed,
    /// The peer said unbind.
    Unbound,
    Lost(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// We are closing; waiting for what is in flight.
    Closing {
        until: Instant,
    },
    /// The peer has unbound; waiting for what it still owes.
    PeerUnbound {
        until: Instant,
    },
    /// Our unbind is on its way.
    Unbinding {
        until: Instant,
    },
}

enum Event {
    Wrote(std::io::Result<usize>),
    Flushed(std::io::Result<()>),
    Read(std::io::Result<usize>),
    Recorded(Option<Recorded>),
    Reported,
    Stop,
    Woken,
}

pub(crate) struct Session {
    lane: Arc<Lane>,
    link: String,
    mailbox: Arc<Mailbox>,
    outbound: Outbound,
    inbound: Inbound,
    read: BytesMut,
    out: BytesMut,
    /// Octets given to the socket so far.
    handed: u64,
    is_flushed: bool,
    phase: Phase,
    /// By when all shall have ended, once we are closing.
    stop_at: Option<Instant>,
    ended: Option<End>,
    read_at: Instant,
    /// Last time the socket took something, or there was nothing to take.
    wrote_at: Instant,
    /// An `enquire_link` without answer: since when.
    enquired_at: Option<Instant>,
    is_paused: bool,
    expire_from: Instant,
    complaints: usize,
}

impl Session {
    pub(crate) fn new(lane: &Arc<Lane>, link: String, mailbox: Arc<Mailbox>, read: BytesMut) -> Self {
        let settings = Arc::clone(&lane.settings);
        let reader = Reader::new(&settings);
        let now = Instant::now();
        let sink = Arc::clone(&lane.context.receipts);
        Self {
            outbound: Outbound::new(settings, Arc::clone(&lane.encoder), Arc::clone(&mailbox), BIND_SEQUENCE),
            inbound: Inbound::new(reader, sink, lane.tasks.clone(), lane.kill.clone()),
            lane: Arc::clone(lane),
            link,
            mailbox,
            read,
            out: BytesMut::with_capacity(READ_OCTETS),
            handed: 0,
            is_flushed: true,
            phase: Phase::Open,
            stop_at: None,
            ended: None,
            read_at: now,
            wrote_at: now,
            enquired_at: None,
            is_paused: false,
            expire_from: now,
            complaints: 0,
        }
    }

    /// Runs until the session is over; then every submission it had has been reported.
    pub(crate) async fn run(
        mut self,
        stream: Box<dyn Stream>,
        stop: &mut watch::Receiver<Option<Instant>>,
    ) -> End {
        self.take_frames();
        let end = self.carry(stream, stop).await;
        let why = match end {
            End::Closed => Unsent::Closing,
            End::Unbound => Unsent::Unbound,
            End::Lost(_) => Unsent::LinkLost,
        };
        self.outbound.lost(self.handed, why);
        let reports = self.outbound.take_reports();
        self.lane.report(reports).await;
        end
    }

    async fn carry(&mut self, stream: Box<dyn Stream>, stop: &mut watch::Receiver<Option<Instant>>) -> End {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut timer = pin!(sleep_until(Instant::now()));
        loop {
            let now = Instant::now();
            self.tend(now);
            if let Some(end) = self.ended.take() {
                return end;
            }
            let due = self.next_due(now);
            if timer.deadline() > due || timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            self.read.reserve(READ_OCTETS);
            let may_read = !self.is_paused && self.out.len() < UNREAD_ANSWERS_OCTETS_MAX;
            let may_take = self.phase == Phase::Open && self.outbound.has_room(&self.out);
            // Writing comes first: what it carries is bounded by what was read.
            let event = tokio::select! {
                biased;
                event = push(&mut writer, &mut self.out), if !self.out.is_empty() || !self.is_flushed => event,
                read = reader.read_buf(&mut self.read), if may_read => Event::Read(read),
                recorded = self.inbound.next_recorded(), if !self.inbound.is_idle() => Event::Recorded(recorded),
                permit = self.lane.context.reports.reserve(), if self.outbound.has_reports() => {
                    if let Ok(permit) = permit { permit.send(self.outbound.take_reports()); }
                    Event::Reported
                }
                _ = self.mailbox.arrived.notified(), if may_take => Event::Woken,
                _ = stop.wait_for(Option::is_some), if self.stop_at.is_none() => Event::Stop,
                () = timer.as_mut() => Event::Woken,
            };
            self.handle(event, stop);
        }
    }

    fn handle(&mut self, event: Event, stop: &watch::Receiver<Option<Instant>>) {
        let now = Instant::now();
        match event {
            Event::Wrote(Ok(0)) => self.end(End::Lost("the socket takes nothing".to_owned())),
            Event::Wrote(Ok(octets)) => {
                self.handed += u64::try_from(octets).unwrap_or(0);
                self.wrote_at = now;
                self.is_flushed = false;
            }
            Event::Flushed(Ok(())) => self.is_flushed = true,
            Event::Read(Ok(0)) => self.end(self.end_of_stream()),
            Event::Read(Ok(_)) => {
                self.read_at = now;
                self.enquired_at = None;
                self.take_frames();
            }
            Event::Wrote(Err(error)) | Event::Flushed(Err(error)) | Event::Read(Err(error)) => {
                let end = if self.phase == Phase::Open {
                    End::Lost(error.to_string())
                } else {
                    self.end_of_stream()
                };
                self.end(end);
            }
            Event::Recorded(Some(recorded)) => {
                let refused = self.inbound.acknowledge(&recorded, &mut self.out);
                if refused > 0 {
                    warn!(link = %self.link, refused, "deliveries could not be recorded: the carrier shall send them again");
                }
            }
            Event::Stop => {
                let until = stop.borrow().unwrap_or(now);
                self.stop_at = Some(until);
                self.outbound.stop(Unsent::Closing, false);
                self.phase = match self.phase {
                    Phase::PeerUnbound { until: grace } => Phase::PeerUnbound { until: grace.min(until) },
                    Phase::Open | Phase::Closing { .. } | Phase::Unbinding { .. } => Phase::Closing { until },
                };
            }
            Event::Recorded(None) | Event::Reported | Event::Woken => {}
        }
    }

    /// What follows from the time and from the state of the halves.
    fn tend(&mut self, now: Instant) {
        if self.out.is_empty() {
            self.wrote_at = now;
        }
        self.outbound.fill(&mut self.out, self.handed, now, &*self.lane.context.clock);
        self.inbound.hand_over();
        self.pause_or_resume(now);
        let may_expire = !self.is_paused && now >= self.expire_from;
        let expired = self.outbound.expire(now, !may_expire);
        if expired > 0 {
            warn!(link = %self.link, expired, "submissions without an answer in time");
        }
        self.report();
        if now >= self.wrote_at + self.lane.settings.response_timeout() {
            self.end(End::Lost("the socket could not be written for too long".to_owned()));
        }
        self.enquire(now);
        self.go_on(now);
    }

    fn report(&mut self) {
        if self.outbound.has_reports() {
            match self.lane.context.reports.try_reserve() {
                Ok(permit) => permit.send(self.outbound.take_reports()),
                // Full: the loop waits for a place. Closed: nobody wants to know any more.
                Err(tokio::sync::mpsc::error::TrySendError::Full(())) => {}
                Err(tokio::sync::mpsc::error::TrySendError::Closed(())) => drop(self.outbound.take_reports()),
            }
        }
    }

    fn pause_or_resume(&mut self, now: Instant) {
        let is_full = self.inbound.is_full();
        if is_full != self.is_paused {
            debug!(link = %self.link, paused = is_full, "reading");
        }
        if self.is_paused && !is_full {
            self.expire_from = now + RESUME_GRACE;
            self.read_at = now;
            self.enquired_at = None;
        }
        self.is_paused = is_full;
    }

    /// Asks a silent peer whether it is there, and gives it up if it does not answer.
    fn enquire(&mut self, now: Instant) {
        if self.is_paused || self.phase != Phase::Open {
            return;
        }
        match self.enquired_at {
            Some(since) if now >= since + self.lane.settings.response_timeout() => {
                self.end(End::Lost("no answer to enquire_link".to_owned()));
            }
            None if now >= self.read_at + self.lane.settings.enquire_link() => {
                let sequence = self.outbound.next_sequence();
                wire::enquire_link(&mut self.out, sequence);
                self.enquired_at = Some(now);
            }
            _ => {}
        }
    }

    /// The way through closing.
    fn go_on(&mut self, now: Instant) {
        let is_done =
            self.outbound.is_idle() && self.inbound.is_idle() && self.out.is_empty() && self.is_flushed;
        match self.phase {
            Phase::Open => {}
            Phase::Closing { until } if is_done || now >= until => {
                let sequence = self.outbound.next_sequence();
                wire::unbind(&mut self.out, sequence);
                self.phase = Phase::Unbinding { until: now + UNBIND_TIMEOUT };
            }
            Phase::PeerUnbound { until } if is_done || now >= until => self.end(End::Unbound),
            Phase::Unbinding { until } if now >= until => self.end(End::Closed),
            Phase::Closing { .. } | Phase::PeerUnbound { .. } | Phase::Unbinding { .. } => {}
        }
    }

    fn next_due(&self, now: Instant) -> Instant {
        let settings = &self.lane.settings;
        let mut due = now + IDLE;
        if let Some(deadline) = self.outbound.next_deadline().filter(|_| !self.is_paused) {
            due = due.min(deadline.max(self.expire_from));
        }
        if !self.out.is_empty() {
            due = due.min(self.wrote_at + settings.response_timeout());
        }
        match (self.phase, self.enquired_at) {
            (Phase::Open, _) if self.is_paused => due,
            (Phase::Open, Some(since)) => due.min(since + settings.response_timeout()),
            (Phase::Open, None) => due.min(self.read_at + settings.enquire_link()),
            (Phase::Closing { until } | Phase::PeerUnbound { until } | Phase::Unbinding { until }, _) => {
                due.min(until)
            }
        }
    }

    fn end(&mut self, end: End) {
        self.ended.get_or_insert(end);
    }

    fn end_of_stream(&self) -> End {
        match self.phase {
            Phase::Open => End::Lost("the carrier closed the connection".to_owned()),
            Phase::PeerUnbound { .. } => End::Unbound,
            Phase::Closing { .. } | Phase::Unbinding { .. } => End::Closed,
        }
    }

    fn take_frames(&mut self) {
        let mut read = std::mem::take(&mut self.read);
        let mut taken = 0;
        loop {
            match frame::next(&read[taken..], self.lane.settings.pdu_octets_max) {
                Ok(Some((frame, octets))) => {
                    self.take(&frame);
                    taken += octets;
                }
                Ok(None) => break,
                Err(error) => {
                    self.end(End::Lost(error.to_string()));
                    break;
                }
            }
        }
        read.advance(taken);
        self.read = read;
    }

    fn take(&mut self, frame: &Frame<'_>) {
        match frame.id {
            id::SUBMIT_SM_RESP => {
                if !self.outbound.answered(frame.sequence, frame.status, frame.body) {
                    self.complain(frame, "an answer to nothing");
                }
            }
            id::GENERIC_NACK => {
                let status = if frame.status == codes::ROK { codes::RUNKNOWNERR } else { frame.status };
                if !self.outbound.answered(frame.sequence, status, &[]) {
                    self.complain(frame, "a generic_nack to nothing");
                }
            }
            id::DELIVER_SM | id::DATA_SM => {
                if !self.inbound.take(frame, &mut self.out) {
                    self.complain(frame, "an unreadable delivery");
                }
            }
            id::ENQUIRE_LINK => wire::enquire_link_resp(&mut self.out, frame.sequence),
            // Any octet read proves that the peer is there, so its answer says nothing more.
            id::ENQUIRE_LINK_RESP | id::ALERT_NOTIFICATION => {}
            id::UNBIND => {
                wire::unbind_resp(&mut self.out, frame.sequence);
                self.outbound.stop(Unsent::Unbound, true);
                let grace = Instant::now() + UNBOUND_GRACE;
                self.phase =
                    Phase::PeerUnbound { until: self.stop_at.map_or(grace, |stop_at| stop_at.min(grace)) };
            }
            id::UNBIND_RESP => self.end(self.end_of_stream()),
            response if response & id::RESPONSE != 0 => self.complain(frame, "an unknown response"),
            _ => {
                wire::generic_nack(&mut self.out, codes::RINVCMDID, frame.sequence);
                self.complain(frame, "an unknown command");
            }
        }
    }

    fn complain(&mut self, frame: &Frame<'_>, what: &str) {
        self.complaints += 1;
        if self.complaints <= COMPLAINTS_MAX {
            warn!(link = %self.link, pdu = %wire::dump(frame), "the carrier sent {what}");
        }
    }
}

/// Writes what is there, and when all is written sees to it that TLS keeps nothing back.
async fn push(writer: &mut (impl AsyncWrite + Unpin), out: &mut BytesMut) -> Event {
    if out.is_empty() {
        Event::Flushed(writer.flush().await)
    } else {
        Event::Wrote(writer.write_buf(out).await)
    }
}

/// Carries a session from its bind to its end.
pub(crate) async fn carry(
    lane: &Arc<Lane>,
    link: String,
    mailbox: Arc<Mailbox>,
    bound: Bound,
    stop: &mut watch::Receiver<Option<Instant>>,
) -> End {
    Session::new(lane, link, mailbox, bound.read).run(bound.stream, stop).await
}
