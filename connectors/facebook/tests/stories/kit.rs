//! A platform, a connector that posts to it, and the engine's end of the seam. Every wait has a bound.

use std::{sync::Arc, time::Duration};

use contract::{
    Answer, Body, Clock, Connector, Context, Doubtful, Health, ManualClock, NoKeys, Outcome, Photo, PostAct,
    PostBody, Rate, Reason, Reconciled, Report, Submission, Ticket, suite::MemorySink,
};
use jiff::{SignedDuration, Timestamp};
use loa_facebook::{FacebookConnector, FacebookSettings, Secret, TokenCheck};
use simulators::facebook::{Calls, Facebook, FacebookScript, Fault, FaultKind, GraphError, When};
use tokio::{sync::mpsc, time::timeout};

pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) fn settings(script: &FacebookScript, base: &str) -> FacebookSettings {
    let (token, secret) = (Secret::new(&script.page_token), Secret::new(&script.app_secret));
    FacebookSettings {
        api_url: base.to_owned(),
        verify_token: Secret::new(&script.verify_token),
        // The simulated platform takes inspections only as they are documented.
        token_check: TokenCheck::Get,
        request_timeout_ms: 3_000,
        reconnect_min_ms: 10,
        reconnect_max_ms: 50,
        evidence_for_hours: 0,
        ..FacebookSettings::new(&script.page_id, token, &script.app_id, secret)
    }
}

/// The platform and the engine's end of the seam.
pub(crate) struct World {
    pub(crate) facebook: Facebook,
    pub(crate) connector: Arc<FacebookConnector>,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) clock: Arc<ManualClock>,
    reports: mpsc::Receiver<Vec<Report>>,
    seq: i64,
}

/// What the connector is given, with the other ends.
pub(crate) fn context() -> (Context, mpsc::Receiver<Vec<Report>>, Arc<MemorySink>, Arc<ManualClock>) {
    let sink = Arc::new(MemorySink::default());
    let (sender, reports) = mpsc::channel(64);
    let clock = Arc::new(ManualClock::at(now()));
    let context = Context {
        lane: "page".to_owned(),
        reports: sender,
        receipts: Arc::clone(&sink) as _,
        keychain: Arc::new(NoKeys),
        clock: Arc::clone(&clock) as _,
    };
    (context, reports, sink, clock)
}

/// The platform dates posts by the machine's clock, so the manual one starts there.
fn now() -> Timestamp {
    contract::SystemClock.now()
}

impl World {
    pub(crate) async fn start(
        script: impl FnOnce(&mut FacebookScript),
        change: impl FnOnce(&mut FacebookSettings),
    ) -> Self {
        let mut wanted = FacebookScript::default();
        script(&mut wanted);
        let facebook = Facebook::start(wanted.clone(), "127.0.0.1:0").await.unwrap();
        let mut settings = settings(&wanted, &facebook.base());
        change(&mut settings);
        assert_eq!(settings.check(), []);
        let (context, reports, sink, clock) = context();
        let connector = FacebookConnector::start(settings, Rate::per_second(1), context);
        Self { facebook, connector, sink, clock, reports, seq: 0 }
    }

    /// A platform as documented, and a connector that is ready.
    pub(crate) async fn ready() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(script: impl FnOnce(&mut FacebookScript)) -> Self {
        let world = Self::start(script, |_| {}).await;
        world.health(Health::can_send).await;
        world
    }

    pub(crate) async fn health(&self, so: impl Fn(&Health) -> bool) -> Health {
        let mut health = self.connector.health();
        let seen = timeout(BOUND, health.wait_for(|health| so(health))).await;
        seen.unwrap_or_else(|_| panic!("health stays {:?}", self.connector.health().borrow()))
            .unwrap()
            .clone()
    }

    pub(crate) async fn send(&mut self, body: PostBody) -> Outcome {
        self.seq += 1;
        let submission = submission(self.seq, body);
        timeout(BOUND, self.connector.submit(vec![submission])).await.expect("submit returns");
        let reports = timeout(BOUND, self.reports.recv()).await.expect("an outcome in time").unwrap();
        match reports.as_slice() {
            [Report::Outcome { ticket, outcome }] if ticket.seq == self.seq => outcome.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Posts something, which is accepted, and returns its reference.
    pub(crate) async fn post(&mut self, reference: &str) -> String {
        let outcome = self.send(post(reference)).await;
        accepted(&outcome)
    }

    pub(crate) async fn reconcile(&self, body: PostBody, since: Timestamp, controls: &[&str]) -> Reconciled {
        let doubtful = Doubtful {
            body: Arc::new(Body::Post(body)),
            address: Arc::from("page"),
            since,
            controls: controls.iter().map(|control| (*control).to_owned()).collect(),
        };
        timeout(BOUND, self.connector.reconcile(doubtful)).await.expect("one look ends")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn wait_s(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// Calls of these kinds meet this from now on.
    pub(crate) fn fault(&self, what: FaultKind, on: Calls) {
        self.facebook.script_update(|script| script.faults = vec![Fault::new(what, When::Every(1)).on(on)]);
    }

    pub(crate) fn healed(&self) {
        self.facebook.script_update(|script| script.faults.clear());
    }

    /// Posts that stand on the Page with this reference, whatever was answered.
    pub(crate) fn standing(&self, reference: &str) -> usize {
        let posts = self.facebook.posts();
        posts.iter().filter(|post| !post.deleted && post.message.contains(reference)).count()
    }
}

pub(crate) fn submission(seq: i64, body: PostBody) -> Submission {
    Submission {
        ticket: Ticket { alert: 1, route: 1, seq, attempt: 1, strikes: 0, claim: 1 },
        address: Arc::from("page"),
        body: Arc::new(Body::Post(body)),
        concat_reference: 0,
        parts_done: Vec::new(),
        expires_at: Timestamp::MAX,
    }
}

pub(crate) fn post(reference: &str) -> PostBody {
    PostBody {
        reference: reference.to_owned(),
        text: format!("[{reference}] Cảnh báo mưa lớn\nNgười dân vùng trũng chủ động di dời."),
        link: None,
        photos: Vec::new(),
        act: PostAct::Publish,
    }
}

pub(crate) fn doing(reference: &str, act: PostAct) -> PostBody {
    PostBody { act, ..post(reference) }
}

pub(crate) fn photo(alt: &str) -> Photo {
    Photo {
        media_type: "image/png".to_owned(),
        bytes: Arc::from(&b"\x89PNG\r\n\x1a\n0000"[..]),
        alt: alt.to_owned(),
    }
}

/// An answer of the platform with one of its codes.
pub(crate) fn error(code: u32, subcode: Option<u32>) -> FaultKind {
    FaultKind::Error(GraphError::documented(code, subcode).unwrap_or_else(|| GraphError::new(code, "no")))
}

pub(crate) fn accepted(outcome: &Outcome) -> String {
    assert_eq!(outcome.answer, Answer::Accepted);
    assert_eq!(outcome.accepted.len(), 1);
    outcome.accepted[0].reference.clone()
}

pub(crate) fn why(outcome: &Outcome) -> &Reason {
    outcome.answer.reason().expect("a reason")
}
