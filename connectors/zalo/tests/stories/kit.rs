//! A platform, a connector with a keychain, and the engine's end of the seam. Every wait has a bound.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use contract::{
    Body, Clock, Connector, Context, Health, Keychain, Outcome, Rate, ReceiptSink, Report, Submission,
    SystemClock, TemplateBody, TextBody, Ticket, Tokens,
    suite::{MemoryKeychain, MemorySink},
};
use jiff::{SignedDuration, Timestamp};
use loa_zalo::{App, Mode, Secret, ZaloConnector, ZaloSettings, keychain_name};
use simulators::zalo::{Zalo, ZaloScript};
use tokio::{sync::mpsc, time::timeout};

pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) async fn zalo(change: impl FnOnce(&mut ZaloScript)) -> Zalo {
    let mut script = ZaloScript::default();
    change(&mut script);
    Zalo::start(script, "127.0.0.1:0").await.unwrap()
}

pub(crate) fn settings(base: &str, mode: Mode) -> ZaloSettings {
    let script = ZaloScript::default();
    let base = || base.to_owned();
    ZaloSettings {
        oauth_url: base(),
        openapi_url: base(),
        business_url: base(),
        retry_ms: 50,
        recheck_s: 1,
        article_poll_ms: 20,
        night_jitter_s: 0,
        request_timeout_ms: 3_000,
        ..ZaloSettings::new(
            mode,
            &script.app_id,
            Secret::new(script.app_secret.clone()),
            &script.oa_id,
            Secret::new(script.oa_secret.clone()),
        )
    }
}

/// A keychain with a fresh pair of the platform.
pub(crate) fn keychain(zalo: &Zalo, settings: &ZaloSettings, now: Timestamp) -> Arc<MemoryKeychain> {
    let grant = zalo.grant();
    let tokens = Tokens {
        access: grant.access_token,
        refresh: grant.refresh_token,
        access_until: now + SignedDuration::from_hours(25),
        refresh_until: now + SignedDuration::from_hours(24 * 90),
    };
    Arc::new(MemoryKeychain::with(&keychain_name(settings), tokens))
}

pub(crate) struct Engine {
    pub(crate) connector: Arc<ZaloConnector>,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) reports: mpsc::Receiver<Vec<Report>>,
}

impl Engine {
    pub(crate) fn start(settings: ZaloSettings, keychain: Arc<dyn Keychain>, clock: Arc<dyn Clock>) -> Self {
        assert_eq!(settings.check(), []);
        let sink = Arc::new(MemorySink::default());
        let (sender, reports) = mpsc::channel(1_024);
        let context = Context {
            lane: "zalo".to_owned(),
            reports: sender,
            receipts: Arc::clone(&sink) as Arc<dyn ReceiptSink>,
            keychain,
            clock,
        };
        let app = App::new(60_000);
        let connector = ZaloConnector::start(settings, Rate::per_second(100), app, context);
        Self { connector, sink, reports }
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

    /// Sends a batch and waits for all its outcomes.
    pub(crate) async fn send(&mut self, batch: Vec<Submission>) -> BTreeMap<i64, Outcome> {
        let count = batch.len();
        timeout(BOUND, self.connector.submit(batch)).await.expect("submit did not return");
        let mut outcomes = BTreeMap::new();
        while outcomes.len() < count {
            let reports = timeout(BOUND, self.reports.recv()).await.expect("outcomes in time").unwrap();
            for report in reports {
                let Report::Outcome { ticket, outcome } = report else { continue };
                assert_eq!(outcomes.insert(ticket.seq, outcome), None, "a second outcome for {}", ticket.seq);
            }
        }
        outcomes
    }

    pub(crate) async fn send_one(&mut self, submission: Submission) -> Outcome {
        self.send(vec![submission]).await.into_values().next().unwrap()
    }
}

/// A platform and a ready connector.
pub(crate) async fn world(
    mode: Mode,
    script: impl FnOnce(&mut ZaloScript),
    change: impl FnOnce(&mut ZaloSettings),
) -> (Zalo, Engine, Arc<MemoryKeychain>) {
    let zalo = zalo(script).await;
    let mut settings = settings(&zalo.base(), mode);
    change(&mut settings);
    let keychain = keychain(&zalo, &settings, SystemClock.now());
    let engine = Engine::start(settings, Arc::clone(&keychain) as _, Arc::new(SystemClock)).ready().await;
    (zalo, engine, keychain)
}

pub(crate) fn phone(seq: i64) -> String {
    format!("8490000{seq:04}")
}

pub(crate) fn template() -> Arc<Body> {
    let values =
        [("loai", "Lũ quét"), ("noi_dung", "Sơ tán ngay"), ("thoi_gian", "10:00 22/11/2026"), ("ma", "LS-1")];
    let parameters = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Arc::new(Body::Template(TemplateBody { template: "410001".to_owned(), parameters }))
}

pub(crate) fn text(text: &str) -> Arc<Body> {
    Arc::new(Body::Text(TextBody { text: text.to_owned() }))
}

pub(crate) fn submission(seq: i64, address: &str, body: &Arc<Body>) -> Submission {
    Submission {
        ticket: Ticket { alert: 1, route: 1, seq, attempt: 1, strikes: 0, claim: 1 },
        address: Arc::from(address),
        body: Arc::clone(body),
        concat_reference: 0,
        parts_done: Vec::new(),
        expires_at: Timestamp::MAX,
    }
}

/// Templates to the phones 1..=count.
pub(crate) fn batch(count: i64) -> Vec<Submission> {
    let body = template();
    (1..=count).map(|seq| submission(seq, &phone(seq), &body)).collect()
}
