//! How many messages one bind carries against the simulated carrier in the same process, without a ledger.
//!
//! `cargo run --release -p loa-smpp --example rate -- [MESSAGES] [WINDOW] [BINDS] [receipts]`

#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use contract::{
    Answer, Body, Connector, Context, Finding, Health, Inbound, NoKeys, NotRecorded, Rate, Receipt,
    ReceiptSink, Report, SmsBody, SmsEncoding, Submission, SystemClock, Ticket,
};
use jiff::Timestamp;
use loa_smpp::{Password, SmppConnector, SmppSettings};
use simulators::smsc::{Smsc, SmscScript};
use tokio::{sync::mpsc, time::Instant};

#[derive(Default)]
struct Tally(AtomicUsize);

#[async_trait]
impl ReceiptSink for Tally {
    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded> {
        self.0.fetch_add(receipts.len(), Ordering::Relaxed);
        Ok(())
    }

    async fn inbound(&self, _messages: Vec<Inbound>) -> Result<(), NotRecorded> {
        Ok(())
    }

    async fn found(&self, _findings: Vec<Finding>) -> Result<(), NotRecorded> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |at: usize, default: usize| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (messages, window, binds) = (number(0, 1_000_000), number(1, 500), number(2, 1));
    let with_receipts = arguments.iter().any(|argument| argument == "receipts");
    let mut script = SmscScript::default();
    script.receipts.enabled = with_receipts;
    let smsc = Smsc::start(script, "127.0.0.1:0").await?;
    let settings = SmppSettings {
        window,
        binds,
        ..SmppSettings::new(&smsc.address().to_string(), "loa", Password::new("secret"), "LANGSON")
    };
    let (reports_to, mut reports) = mpsc::channel::<Vec<Report>>(64);
    let tally = Arc::new(Tally::default());
    let context = Context {
        lane: "rate".to_owned(),
        reports: reports_to,
        receipts: Arc::clone(&tally) as Arc<dyn ReceiptSink>,
        keychain: Arc::new(NoKeys),
        clock: Arc::new(SystemClock),
    };
    let connector = SmppConnector::start(settings, Rate::per_second(1_000_000), context);
    if connector.health().wait_for(|health| *health == Health::Ready).await.is_err() {
        return Ok(());
    }
    let began = Instant::now();
    let sender = tokio::spawn(submit_all(Arc::clone(&connector), messages));
    let (mut accepted, mut ended) = (0, 0);
    while ended < messages {
        let Some(batch) = reports.recv().await else { break };
        ended += batch.len();
        accepted += batch.iter().filter(|report| is_accepted(report)).count();
    }
    let sent_s = began.elapsed().as_secs_f64();
    println!(
        "{accepted} of {messages} accepted in {sent_s:.2} s: {} messages/s",
        per_second(messages, sent_s)
    );
    if with_receipts {
        let all = u64::try_from(messages).unwrap_or(u64::MAX);
        smsc.wait_for(|counts| counts.receipts_acked >= all, Duration::from_secs(60)).await;
        let all_s = began.elapsed().as_secs_f64();
        let recorded = tally.0.load(Ordering::Relaxed);
        println!(
            "{recorded} receipts acknowledged after {all_s:.2} s: {} messages/s",
            per_second(messages, all_s)
        );
    }
    connector.close(Duration::from_secs(5)).await;
    println!("carrier: {:?}", smsc.counts());
    drop(sender);
    Ok(())
}

async fn submit_all(connector: Arc<SmppConnector>, messages: usize) {
    let body = Arc::new(Body::Sms(SmsBody { encoding: SmsEncoding::Ucs2, parts: vec![vec![0x1E; 134]] }));
    let batch_max = i64::try_from(connector.profile().batch_max).unwrap_or(1);
    let messages = i64::try_from(messages).unwrap_or(0);
    let mut from = 0;
    while from < messages {
        let to = (from + batch_max).min(messages);
        let batch = (from..to).map(|seq| Submission {
            ticket: Ticket { alert: 1, route: 1, seq, attempt: 1, strikes: 0, claim: 1 },
            address: Arc::from((84_900_000_000_i64 + seq).to_string()),
            body: Arc::clone(&body),
            concat_reference: 1,
            parts_done: Vec::new(),
            expires_at: Timestamp::MAX,
        });
        connector.submit(batch.collect()).await;
        from = to;
    }
}

fn is_accepted(report: &Report) -> bool {
    matches!(report, Report::Outcome { outcome, .. } if outcome.answer == Answer::Accepted)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "for the eye"
)]
fn per_second(messages: usize, seconds: f64) -> u64 {
    (messages as f64 / seconds) as u64
}
