//! The raw ceiling: the same session against the same carriers with nothing behind it. Receipts are acknowledged at
//! once and nothing is kept, so whatever the gateway stays below it is the price of knowing.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use contract::{
    Body, Clock, Connector as _, Context, Finding, Inbound, NoKeys, NotRecorded, Rate, Receipt, ReceiptSink,
    Report, SmsBody, SmsEncoding, Submission, SystemClock, Ticket,
};
use loa_smpp::{Password, SmppConnector, SmppSettings};
use tokio::{sync::mpsc, time::Instant};

const BATCH: u32 = 500;
const READY_WITHIN: Duration = Duration::from_secs(10);
const DONE_WITHIN: Duration = Duration::from_secs(120);

#[derive(Debug, Default)]
struct Counter {
    receipts: AtomicU64,
}

#[async_trait]
impl ReceiptSink for Counter {
    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded> {
        self.receipts.fetch_add(receipts.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    async fn inbound(&self, _: Vec<Inbound>) -> Result<(), NotRecorded> {
        Ok(())
    }

    async fn found(&self, _findings: Vec<Finding>) -> Result<(), NotRecorded> {
        Ok(())
    }
}

/// Messages per second from the first submit to the last receipt, one connector per carrier.
pub(crate) async fn measure(
    carriers: &[SocketAddr],
    messages: u32,
    window: usize,
    text: &str,
) -> anyhow::Result<f64> {
    let counter = Arc::new(Counter::default());
    let each = messages / u32::try_from(carriers.len().max(1))?;
    let began = Instant::now();
    let mut lanes = Vec::new();
    for (number, address) in carriers.iter().enumerate() {
        lanes.push(tokio::spawn(lane(
            *address,
            u32::try_from(number)?,
            each,
            window,
            text.to_owned(),
            counter.clone(),
        )));
    }
    for lane in lanes {
        lane.await??;
    }
    let wanted = u64::from(each) * carriers.len() as u64;
    while counter.receipts.load(Ordering::Relaxed) < wanted {
        anyhow::ensure!(began.elapsed() < DONE_WITHIN, "receipts are missing");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(f64::from(u32::try_from(wanted)?) / began.elapsed().as_secs_f64())
}

async fn lane(
    address: SocketAddr,
    number: u32,
    messages: u32,
    window: usize,
    text: String,
    counter: Arc<Counter>,
) -> anyhow::Result<()> {
    let mut settings = SmppSettings::new(&address.to_string(), "loa", Password::new("secret"), "LANGSON");
    settings.window = window;
    let (reports, mut answers) = mpsc::channel(64);
    let context = Context {
        lane: format!("ceiling-{number}"),
        reports,
        receipts: counter,
        keychain: Arc::new(NoKeys),
        clock: Arc::new(SystemClock),
    };
    let connector = SmppConnector::start(settings, Rate::per_second(10_000_000), context);
    let mut health = connector.health();
    tokio::time::timeout(READY_WITHIN, health.wait_for(contract::Health::can_send)).await??;
    let body = Arc::new(Body::Sms(SmsBody { encoding: SmsEncoding::Gsm7, parts: vec![text.into_bytes()] }));
    let expires_at = SystemClock.now() + jiff::SignedDuration::from_hours(1);
    let feeder = {
        let connector = connector.clone();
        tokio::spawn(async move {
            let mut from = 0;
            while from < messages {
                let to = messages.min(from + BATCH);
                let batch = (from..to).map(|n| submission(number, n, &body, expires_at)).collect();
                connector.submit(batch).await;
                from = to;
            }
        })
    };
    let mut answered = 0;
    while answered < messages {
        let Some(reports) = answers.recv().await else { break };
        answered +=
            u32::try_from(reports.iter().filter(|report| matches!(report, Report::Outcome { .. })).count())?;
    }
    feeder.await?;
    // Closing waits until the last receipts are acknowledged too.
    tokio::spawn(async move { connector.close(Duration::from_secs(5)).await });
    Ok(())
}

fn submission(lane: u32, n: u32, body: &Arc<Body>, expires_at: jiff::Timestamp) -> Submission {
    let ticket = Ticket { alert: 1, route: 1, seq: i64::from(n), attempt: 1, strikes: 0, claim: 1 };
    Submission {
        ticket,
        address: format!("8452{lane}{n:07}").into(),
        body: body.clone(),
        concat_reference: 0,
        parts_done: Vec::new(),
        expires_at,
    }
}
