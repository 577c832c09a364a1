//! A carrier, a connector bound to it, and the two ends of the seam: what the connector reports, and a sink
//! that keeps receipts, refuses them or holds them as a test likes. Every wait has a bound.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use contract::{
    Answer, Body, Connector, Context, Finding, Health, Inbound, NoKeys, NotRecorded, Outcome, Rate, Receipt,
    ReceiptSink, Report, SmsBody, SmsEncoding, Submission, SystemClock, Ticket,
};
use jiff::Timestamp;
use loa_smpp::{Password, SmppConnector, SmppSettings};
use simulators::smsc::{Smsc, SmscScript};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};

pub(crate) const BOUND: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(crate) receipts: Mutex<Vec<Receipt>>,
    pub(crate) inbound: Mutex<Vec<Inbound>>,
    pub(crate) refuses: AtomicBool,
    pub(crate) holds: AtomicBool,
    pub(crate) batches: AtomicUsize,
    pub(crate) changed: Notify,
}

#[async_trait]
impl ReceiptSink for Sink {
    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded> {
        self.batches.fetch_add(1, Ordering::SeqCst);
        self.pass().await?;
        self.receipts.lock().unwrap().extend(receipts);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn inbound(&self, messages: Vec<Inbound>) -> Result<(), NotRecorded> {
        self.pass().await?;
        self.inbound.lock().unwrap().extend(messages);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn found(&self, _findings: Vec<Finding>) -> Result<(), NotRecorded> {
        self.pass().await
    }
}

impl Sink {
    async fn pass(&self) -> Result<(), NotRecorded> {
        self.changed.notify_waiters();
        self.until(|sink| !sink.holds.load(Ordering::SeqCst)).await;
        if self.refuses.load(Ordering::SeqCst) {
            Err(NotRecorded("the disk is full".to_owned()))
        } else {
            Ok(())
        }
    }

    pub(crate) fn set(&self, switch: &AtomicBool, on: bool) {
        switch.store(on, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Waits until it is so.
    pub(crate) async fn until(&self, so: impl Fn(&Self) -> bool) {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if so(self) {
                    return;
                }
                changed.await;
            }
        };
        timeout(BOUND, wait).await.expect("the sink did not get there in time");
    }

    pub(crate) async fn receipts(&self, count: usize) -> Vec<Receipt> {
        self.until(|sink| sink.receipts.lock().unwrap().len() >= count).await;
        self.receipts.lock().unwrap().clone()
    }
}

/// The engine's end of the seam.
pub(crate) struct Engine {
    pub(crate) connector: Arc<SmppConnector>,
    pub(crate) sink: Arc<Sink>,
    pub(crate) reports: mpsc::Receiver<Vec<Report>>,
    late: Vec<Report>,
}

impl Engine {
    pub(crate) fn start(settings: SmppSettings) -> Self {
        assert_eq!(settings.check(), []);
        let sink = Arc::new(Sink::default());
        let (sender, reports) = mpsc::channel(1024);
        let context = Context {
            lane: "carrier".to_owned(),
            reports: sender,
            receipts: Arc::clone(&sink) as Arc<dyn ReceiptSink>,
            keychain: Arc::new(NoKeys),
            clock: Arc::new(SystemClock),
        };
        let connector = SmppConnector::start(settings, Rate::per_second(1000), context);
        Self { connector, sink, reports, late: Vec::new() }
    }

    pub(crate) async fn health(&self, so: impl Fn(&Health) -> bool) -> Health {
        let mut health = self.connector.health();
        let seen = timeout(BOUND, health.wait_for(|health| so(health))).await;
        seen.unwrap_or_else(|_| panic!("health stays {:?}", self.connector.health().borrow()))
            .unwrap()
            .clone()
    }

    pub(crate) async fn ready(self) -> Self {
        self.health(|health| *health == Health::Ready).await;
        self
    }

    pub(crate) async fn submit(&self, batch: Vec<Submission>) {
        timeout(BOUND, self.connector.submit(batch)).await.expect("submit did not return");
    }

    /// The outcomes of `count` submissions by sequence; panics at a second outcome for one of them.
    pub(crate) async fn outcomes(&mut self, count: usize) -> BTreeMap<i64, Outcome> {
        let mut outcomes = BTreeMap::new();
        while outcomes.len() < count {
            let reports = timeout(BOUND, self.reports.recv()).await;
            let reports =
                reports.unwrap_or_else(|_| panic!("{} of {count} outcomes in time", outcomes.len()));
            for report in reports.expect("the connector is gone") {
                match report {
                    Report::Outcome { ticket, outcome } => {
                        let again = outcomes.insert(ticket.seq, outcome);
                        assert_eq!(again, None, "a second outcome for {}", ticket.seq);
                    }
                    late @ Report::Late { .. } => self.late.push(late),
                }
            }
        }
        outcomes
    }

    pub(crate) async fn late(&mut self) -> Report {
        while self.late.is_empty() {
            let reports = timeout(BOUND, self.reports.recv()).await.expect("nothing late came").unwrap();
            self.late.extend(reports);
        }
        self.late.remove(0)
    }

    pub(crate) async fn outcome(&mut self) -> Outcome {
        self.outcomes(1).await.into_values().next().unwrap()
    }
}

pub(crate) fn settings(smsc: &Smsc) -> SmppSettings {
    SmppSettings {
        reconnect_min_ms: 20,
        reconnect_max_ms: 200,
        ..SmppSettings::new(&smsc.address().to_string(), "loa", Password::new("secret"), "LANGSON")
    }
}

pub(crate) async fn smsc(change: impl FnOnce(&mut SmscScript)) -> Smsc {
    let mut script = SmscScript { keep_texts: true, ..SmscScript::default() };
    change(&mut script);
    Smsc::start(script, "127.0.0.1:0").await.unwrap()
}

/// A carrier and an engine bound to it.
pub(crate) async fn world(
    script: impl FnOnce(&mut SmscScript),
    change: impl FnOnce(&mut SmppSettings),
) -> (Smsc, Engine) {
    let smsc = smsc(script).await;
    let mut settings = settings(&smsc);
    change(&mut settings);
    let engine = Engine::start(settings).ready().await;
    (smsc, engine)
}

pub(crate) fn number(seq: i64) -> u64 {
    84_900_000_000 + u64::try_from(seq).unwrap()
}

pub(crate) fn body(encoding: SmsEncoding, parts: Vec<Vec<u8>>) -> Arc<Body> {
    Arc::new(Body::Sms(SmsBody { encoding, parts }))
}

pub(crate) fn submission(seq: i64, body: &Arc<Body>) -> Submission {
    Submission {
        ticket: Ticket { alert: 1, route: 1, seq, attempt: 1, strikes: 0, claim: 1 },
        address: Arc::from(number(seq).to_string()),
        body: Arc::clone(body),
        concat_reference: u16::try_from(seq & 0xFFFF).unwrap(),
        parts_done: Vec::new(),
        expires_at: Timestamp::MAX,
    }
}

/// Short messages to the numbers 1..=count.
pub(crate) fn batch(count: i64) -> Vec<Submission> {
    let body = body(SmsEncoding::Gsm7, vec![b"Canh bao lu".to_vec()]);
    (1..=count).map(|seq| submission(seq, &body)).collect()
}

pub(crate) fn is_accepted(outcome: &Outcome) -> bool {
    outcome.answer == Answer::Accepted
}

/// The code of whatever answer it is.
pub(crate) fn code(outcome: &Outcome) -> &str {
    match &outcome.answer {
        Answer::Accepted => "accepted",
        Answer::Refused { reason, .. }
        | Answer::Throttled { reason, .. }
        | Answer::Deferred { reason, .. }
        | Answer::NotSent { reason }
        | Answer::Uncertain { reason } => &reason.code,
    }
}

/// No number is lost and none comes twice without having been called uncertain: what is accepted arrived,
/// what is not sent never did.
pub(crate) fn agree(smsc: &Smsc, outcomes: &BTreeMap<i64, Outcome>) {
    for (seq, outcome) in outcomes {
        let seen = smsc.accepted(number(*seq));
        match outcome.answer {
            Answer::Accepted => assert_eq!(seen, 1, "{seq} is accepted"),
            Answer::Uncertain { .. } => assert!(seen <= 1, "{seq} is uncertain"),
            Answer::NotSent { .. }
            | Answer::Refused { .. }
            | Answer::Deferred { .. }
            | Answer::Throttled { .. } => {
                assert_eq!(seen, 0, "{seq}: {outcome:?}");
            }
        }
    }
}
