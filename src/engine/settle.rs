//! Makes answers and receipts durable, in batches, in the order in which they came. One writer per lane, so a
//! receipt never overtakes the submission it belongs to, and a slow disk slows sending instead of filling memory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use contract::{
    Answer, Clock, Finding, Inbound, NotRecorded, Outcome, Reason, ReasonClass, Receipt, ReceiptSink,
    ReceiptVerdict, Report, Scope, Ticket,
};
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};

use super::{
    Account, Chance, Handle, Settings, meters::LaneMeters, pace::Brake, references::References,
    unsettled::Unsettled,
};
use crate::{
    domain::{
        AlertId, ClaimId, LaneId, MessageKey, RouteId,
        schedule::{ReasonClass as DelayClass, Retry, RetryPolicy},
    },
    ledger::{
        AgainKind, End, Found, KnownPart, Ledger, LedgerError, Ownership, ReceiptFact, Settlement, Why,
    },
};

/// Batches of receipts waiting for the writer; a provider that pushes faster is held back by its own window.
pub(crate) const RECEIPT_BATCHES_MAX: usize = 64;
/// Batches of outcomes waiting for the writer.
pub(crate) const REPORT_BATCHES_MAX: usize = 64;
/// A receipt's provider waits for us with a window of its own, so receipts are flushed sooner than answers.
const RECEIPT_WAIT: Duration = Duration::from_millis(8);
/// How long receipts wait for a ledger that is away before the provider is told to bring them again.
const RECEIPT_PATIENCE: Duration = Duration::from_secs(3);
/// The same for what waits behind answers that the ledger doesn't take. Kept in the end after all, it changes nothing when
/// it comes again.
const INTAKE_PATIENCE: Duration = Duration::from_secs(5);
const LEDGER_RETRY: Duration = Duration::from_millis(250);
/// A message that was not sent for a dead lane waits this long before it is claimed again.
const NOT_SENT_DELAY: SignedDuration = SignedDuration::from_millis(500);

/// Told when the facts are durable, or that they are not.
type Tell = oneshot::Sender<Result<(), NotRecorded>>;

pub(crate) enum Intake {
    Receipts(Vec<Receipt>, Tell),
    Inbound(Vec<Inbound>, Tell),
    Findings(Vec<Finding>, Tell),
}

/// The connector's door to the writer.
pub(crate) struct LaneSink {
    pub(crate) intake: mpsc::Sender<Intake>,
}

impl LaneSink {
    async fn pass(
        &self,
        item: Intake,
        done: oneshot::Receiver<Result<(), NotRecorded>>,
    ) -> Result<(), NotRecorded> {
        let stopped = || NotRecorded("the lane is stopping".into());
        let kept = async {
            self.intake.send(item).await.map_err(|_| stopped())?;
            done.await.unwrap_or_else(|_| Err(stopped()))
        };
        let in_vain = |_| Err(NotRecorded("the ledger does not take anything now".into()));
        timeout(INTAKE_PATIENCE, kept).await.unwrap_or_else(in_vain)
    }
}

#[async_trait]
impl ReceiptSink for LaneSink {
    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded> {
        let (tell, done) = oneshot::channel();
        self.pass(Intake::Receipts(receipts, tell), done).await
    }

    async fn inbound(&self, messages: Vec<Inbound>) -> Result<(), NotRecorded> {
        let (tell, done) = oneshot::channel();
        self.pass(Intake::Inbound(messages, tell), done).await
    }

    async fn found(&self, findings: Vec<Finding>) -> Result<(), NotRecorded> {
        let (tell, done) = oneshot::channel();
        self.pass(Intake::Findings(findings, tell), done).await
    }
}

pub(crate) struct Writer {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) handle: Handle,
    pub(crate) meters: LaneMeters,
    pub(crate) unsettled: Unsettled,
    pub(crate) account: Account,
    pub(crate) owner: Ownership,
    /// Where the lane's followers and templates belong.
    pub(crate) route: Option<RouteId>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Chance,
    pub(crate) settings: Settings,
    pub(crate) references: References,
    pub(crate) brake: Arc<Brake>,
    pub(crate) in_flight: Arc<AtomicUsize>,
    pub(crate) reports: mpsc::Receiver<Vec<Report>>,
    pub(crate) intake: mpsc::Receiver<Intake>,
    /// Set when the ledger says that the lane is no longer ours.
    pub(crate) fenced: tokio_util::sync::CancellationToken,
}

/// Facts gathered for one flush.
struct Batch {
    began: Instant,
    ended: Vec<Settlement>,
    found: Vec<Found>,
    receipts: Vec<Receipt>,
    told: Vec<Tell>,
    inbound: Vec<(Vec<Inbound>, Tell)>,
    findings: Vec<(Vec<Finding>, Tell)>,
}

impl Batch {
    /// The first fact has come.
    fn begin() -> Self {
        Self {
            began: Instant::now(),
            ended: Vec::new(),
            found: Vec::new(),
            receipts: Vec::new(),
            told: Vec::new(),
            inbound: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn rows(&self) -> usize {
        self.ended.len() + self.found.len() + self.receipts.len()
    }

    /// Nobody waits to be told.
    fn is_silent(&self) -> bool {
        self.told.is_empty() && self.inbound.is_empty() && self.findings.is_empty()
    }
}

impl Writer {
    /// Works until every sender is gone and everything gathered is durable, or until it is fenced.
    pub(crate) async fn run(mut self) {
        while let Some(batch) = self.gather().await {
            if let Err(fenced) = self.flush(batch).await {
                tracing::error!(lane = %self.owner.lane, error = %fenced, "facts refused: this node no longer owns the lane");
                self.fenced.cancel();
                return;
            }
        }
    }

    /// The next batch: full, or as old as facts may get. `None` when all senders are gone.
    async fn gather(&mut self) -> Option<Batch> {
        let mut batch = Batch::begin();
        let mut due: Option<Instant> = None;
        loop {
            if batch.rows() >= self.settings.settle_rows_max {
                return Some(batch);
            }
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                reports = self.reports.recv() => match reports {
                    Some(reports) => self.take_reports(reports, &mut batch),
                    None => return self.last(batch).await,
                },
                intake = self.intake.recv() => match intake {
                    Some(item) => take_intake(item, &mut batch),
                    None => return self.last(batch).await,
                },
                () = wait => return Some(batch),
            }
            let patience = if batch.is_silent() { self.settings.settle_wait } else { RECEIPT_WAIT };
            let latest = Instant::now() + patience;
            if due.is_none() {
                batch.began = Instant::now();
            }
            due = Some(due.map_or(latest, |due| due.min(latest)));
        }
    }

    /// One of the channels is closed: what the other still holds belongs to the last batches.
    async fn last(&mut self, mut batch: Batch) -> Option<Batch> {
        while batch.rows() < self.settings.settle_rows_max {
            tokio::select! {
                biased;
                Some(reports) = self.reports.recv() => self.take_reports(reports, &mut batch),
                Some(item) = self.intake.recv() => take_intake(item, &mut batch),
                else => break,
            }
        }
        let empty = batch.rows() == 0 && batch.is_silent();
        (!empty).then_some(batch)
    }

    fn take_reports(&mut self, reports: Vec<Report>, batch: &mut Batch) {
        let at = self.clock.now();
        for report in reports {
            match report {
                Report::Outcome { ticket, outcome } => {
                    self.in_flight.fetch_sub(1, Ordering::Relaxed);
                    self.remember(&ticket, &outcome);
                    batch.ended.push(self.settlement(&ticket, outcome, at));
                }
                Report::Late { ticket, part } => {
                    let known = KnownPart { key: key(&ticket), attempt: ticket.attempt, part: part.part };
                    self.references.insert(&part.reference, known);
                    batch.found.push(Found {
                        key: known.key,
                        attempt: known.attempt,
                        part: known.part,
                        reference: part.reference,
                        at,
                    });
                }
            }
        }
    }

    fn remember(&mut self, ticket: &Ticket, outcome: &Outcome) {
        for part in &outcome.accepted {
            let known = KnownPart { key: key(ticket), attempt: ticket.attempt, part: part.part };
            self.references.insert(&part.reference, known);
        }
    }

    fn settlement(&self, ticket: &Ticket, outcome: Outcome, at: Timestamp) -> Settlement {
        if let Some(reason) = outcome.answer.reason() {
            let Ticket { alert, route, seq, attempt, .. } = *ticket;
            tracing::debug!(lane = %self.owner.lane, alert, route, seq, attempt, code = reason.code, "not taken");
        }
        let accepted = outcome.accepted.into_iter().map(|part| (part.part, part.reference)).collect();
        Settlement {
            key: key(ticket),
            claim: ClaimId(ticket.claim),
            attempt: ticket.attempt,
            accepted,
            end: self.end(ticket, outcome.answer, at),
            at,
        }
    }

    /// The engine's decision: what an answer means for the message.
    fn end(&self, ticket: &Ticket, answer: Answer, at: Timestamp) -> End {
        let again = |reason: Reason, kind, delay: SignedDuration, strikes| End::Again {
            why: why(reason),
            kind,
            due_at: at.saturating_add(delay).unwrap_or(Timestamp::MAX),
            strikes,
        };
        let strikes = ticket.strikes;
        match answer {
            Answer::Accepted => End::Sent,
            Answer::Throttled { reason, retry_after } => {
                self.brake.throttled(1);
                let delay = SignedDuration::try_from(retry_after).unwrap_or(SignedDuration::from_secs(1));
                again(reason, AgainKind::Throttled, delay, strikes)
            }
            Answer::Deferred { reason, until } => {
                End::Again { why: why(reason), kind: AgainKind::Throttled, due_at: until.max(at), strikes }
            }
            Answer::NotSent { reason } => again(reason, AgainKind::NotSent, NOT_SENT_DELAY, strikes),
            Answer::Refused { reason, scope: Scope::Lane } => {
                self.brake.refused_by_provider();
                let rest =
                    SignedDuration::try_from(self.settings.lane_refused_rest).unwrap_or(NOT_SENT_DELAY);
                again(reason, AgainKind::Refused, rest, strikes)
            }
            Answer::Refused { reason, scope: Scope::Message | Scope::Recipient } => {
                self.refused(reason, strikes + 1, at)
            }
            Answer::Uncertain { reason } => {
                self.meters.uncertain();
                let strikes = strikes + 1;
                let resend_at = if self.exhausted(strikes) {
                    Timestamp::MAX // later than any expiry: it stays in doubt
                } else {
                    let delay =
                        SignedDuration::try_from(self.settings.resend_after).unwrap_or(NOT_SENT_DELAY);
                    at.saturating_add(delay).unwrap_or(Timestamp::MAX)
                };
                End::Uncertain { why: why(reason), resend_at, strikes }
            }
        }
    }

    /// Refused, but not for good: again later, as long as the limit of such refusals allows.
    fn refused(&self, reason: Reason, strikes: i32, at: Timestamp) -> End {
        let class = match reason.class {
            ReasonClass::Permanent => DelayClass::Permanent,
            ReasonClass::Temporary => DelayClass::Temporary,
            ReasonClass::Unknown => DelayClass::Unknown,
        };
        let policy = RetryPolicy { attempts_max: self.settings.strikes_max, ..RetryPolicy::default() };
        let tries = u32::try_from(strikes).unwrap_or(0);
        // The ledger ends what would come after the alert's expiry.
        match policy.next(class, tries, self.chance.fraction(), at, Timestamp::MAX) {
            Retry::At(due_at) => End::Again { why: why(reason), kind: AgainKind::Refused, due_at, strikes },
            Retry::Never(_) => End::Failed(why(reason)),
        }
    }

    fn exhausted(&self, strikes: i32) -> bool {
        u32::try_from(strikes).unwrap_or(0) >= self.settings.strikes_max
    }

    /// Settles, then records. Answers wait as long as the ledger is away; receipts are given back to their
    /// provider after a while, since it can bring them again and answers cannot be had twice.
    async fn flush(&mut self, batch: Batch) -> Result<(), LedgerError> {
        let Batch { began, ended, found, receipts, told, inbound, findings } = batch;
        if !ended.is_empty() || !found.is_empty() {
            self.settle(&ended, &found).await?;
            self.unsettled.settled(ended.len());
            self.meters.settled(began.elapsed());
            self.tell(&ended);
        }
        if !receipts.is_empty() {
            let count = receipts.len();
            let result = self.record(receipts).await;
            self.meters.recorded(count, began.elapsed());
            for tell in told {
                // The connector may have gone meanwhile; the receipts are kept all the same.
                let _gone = tell.send(result.clone());
            }
        }
        for (messages, tell) in inbound {
            let now = self.clock.now();
            let kept = self.ledger.keep_inbound(now, self.owner.lane, &messages).await;
            let _gone = tell.send(kept.map_err(|error| NotRecorded(full(&error))));
        }
        for (findings, tell) in findings {
            let kept = match self.route {
                Some(route) => self.ledger.keep_findings(self.clock.now(), route, &findings).await,
                None => Ok(()),
            };
            let _gone = tell.send(kept.map_err(|error| NotRecorded(full(&error))));
        }
        Ok(())
    }

    async fn settle(&self, ended: &[Settlement], found: &[Found]) -> Result<(), LedgerError> {
        let mut away = false;
        loop {
            match self.ledger.settle(self.clock.now(), &self.owner, ended, found).await {
                Ok(_) => {
                    if away {
                        tracing::info!(lane = %self.owner.lane, "the ledger is back; answers are kept");
                    }
                    return Ok(());
                }
                Err(fenced @ LedgerError::Fenced { .. }) => return Err(fenced),
                Err(error) => {
                    if !away {
                        away = true;
                        tracing::error!(lane = %self.owner.lane, error = %full(&error), answers = ended.len(), "answers can't be kept now; trying on");
                    }
                    tokio::time::sleep(LEDGER_RETRY).await;
                }
            }
        }
    }

    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded> {
        let until = Instant::now() + RECEIPT_PATIENCE;
        loop {
            match self.record_once(&receipts).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_passing() && Instant::now() < until => {
                    tokio::time::sleep(LEDGER_RETRY).await;
                }
                Err(error) => {
                    let error = full(&error);
                    tracing::error!(lane = %self.owner.lane, %error, receipts = receipts.len(), "receipts not kept; the provider shall bring them again");
                    return Err(NotRecorded(error));
                }
            }
        }
    }

    async fn record_once(&self, receipts: &[Receipt]) -> Result<(), LedgerError> {
        let known =
            |receipt: &Receipt| receipt.references.first().and_then(|first| self.references.get(first));
        let strangers: Vec<_> = receipts.iter().filter(|receipt| known(receipt).is_none()).collect();
        let mut origins =
            self.account.origins(&self.handle, &self.ledger, self.owner.lane, &strangers).await?.into_iter();
        let facts: Vec<_> = receipts
            .iter()
            .map(|receipt| match known(receipt) {
                Some(part) => self.fact(receipt, self.owner.lane, Some(part)),
                None => {
                    let (lane, part) = origins.next().unwrap_or((self.owner.lane, None));
                    self.fact(receipt, lane, part)
                }
            })
            .collect();
        self.ledger.record(self.clock.now(), &facts).await?;
        self.handle.moved(facts.iter().filter_map(|fact| fact.known).map(|part| part.key.alert));
        Ok(())
    }

    fn fact(&self, receipt: &Receipt, lane: LaneId, known: Option<KnownPart>) -> ReceiptFact {
        let plain = receipt.verdict == ReceiptVerdict::Delivered;
        ReceiptFact {
            lane,
            known,
            references: receipt.references.clone(),
            address: receipt.address.clone(),
            verdict: receipt.verdict,
            code: receipt.code.clone(),
            provider_at: receipt.provider_at,
            received_at: self.clock.now(),
            raw: if plain { None } else { receipt.raw.clone() },
        }
    }

    /// What became durable: others may look at it, and hear of receipts for it.
    fn tell(&self, ended: &[Settlement]) {
        self.handle.moved(ended.iter().map(|settled| settled.key.alert));
        let taken = ended.iter().flat_map(|settled| {
            settled.accepted.iter().map(|(part, reference)| {
                (reference.clone(), KnownPart { key: settled.key, attempt: settled.attempt, part: *part })
            })
        });
        if self.account.lanes.len() > 1 {
            self.account.remember(&self.handle, self.owner.lane, taken.collect());
        }
    }
}

fn take_intake(item: Intake, batch: &mut Batch) {
    match item {
        Intake::Receipts(mut receipts, tell) => {
            batch.receipts.append(&mut receipts);
            batch.told.push(tell);
        }
        Intake::Inbound(messages, tell) => batch.inbound.push((messages, tell)),
        Intake::Findings(findings, tell) => batch.findings.push((findings, tell)),
    }
}

fn key(ticket: &Ticket) -> MessageKey {
    MessageKey { alert: AlertId(ticket.alert), route: RouteId(ticket.route), seq: ticket.seq }
}

fn why(reason: Reason) -> Why {
    Why { code: reason.code, text: reason.text }
}

/// The error with its causes, for the one place that logs it.
pub(crate) fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
