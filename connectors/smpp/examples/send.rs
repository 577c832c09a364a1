//! Sends one text to one number over a carrier's link and shows what comes back; for trying a link out.
//!
//! `cargo run -p loa-smpp --example send -- HOST:PORT SYSTEM_ID PASSWORD SENDER NUMBER TEXT [udh8|udh16|sar|payload]`

#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::{
    Body, Connector, Context, Finding, Health, Inbound, NoKeys, NotRecorded, Rate, Receipt, ReceiptSink,
    Report, SmsBody, SmsEncoding, Submission, SystemClock, Ticket,
};
use jiff::Timestamp;
use loa_smpp::{LongMessages, Password, SmppConnector, SmppSettings};
use tokio::{sync::mpsc, time::timeout};

const PATIENCE: Duration = Duration::from_secs(10);
/// UTF-16 units of a part beside the longest header.
const UNITS_MAX: usize = 66;
const ALONE_UNITS_MAX: usize = 70;

/// Passes receipts on to the screen.
struct Screen(mpsc::Sender<Receipt>);

#[async_trait]
impl ReceiptSink for Screen {
    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded> {
        for receipt in receipts {
            self.0.send(receipt).await.map_err(|gone| NotRecorded(gone.to_string()))?;
        }
        Ok(())
    }

    async fn inbound(&self, messages: Vec<Inbound>) -> Result<(), NotRecorded> {
        println!("inbound: {messages:?}");
        Ok(())
    }

    async fn found(&self, _findings: Vec<Finding>) -> Result<(), NotRecorded> {
        Ok(())
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, system_id, password, sender, number, text, rest @ ..] = arguments.as_slice() else {
        println!("usage: send HOST:PORT SYSTEM_ID PASSWORD SENDER NUMBER TEXT [udh8|udh16|sar|payload]");
        return;
    };
    let mut settings = SmppSettings::new(address, system_id, Password::new(password.as_str()), sender);
    settings.long = match rest.first().map(String::as_str) {
        Some("udh16") => LongMessages::Udh16,
        Some("sar") => LongMessages::Sar,
        Some("payload") => LongMessages::Payload,
        _ => LongMessages::Udh8,
    };
    let complaints = settings.check();
    if complaints.is_empty() {
        send(settings, number, text).await;
    }
    for complaint in complaints {
        println!("{complaint}");
    }
}

async fn send(settings: SmppSettings, number: &str, text: &str) {
    let (reports_to, mut reports) = mpsc::channel(16);
    let (receipts_to, mut receipts) = mpsc::channel(16);
    let context = Context {
        lane: "try".to_owned(),
        reports: reports_to,
        receipts: Arc::new(Screen(receipts_to)),
        keychain: Arc::new(NoKeys),
        clock: Arc::new(SystemClock),
    };
    let connector = SmppConnector::start(settings, Rate::per_second(10), context);
    let mut health = connector.health();
    let up = timeout(PATIENCE, health.wait_for(Health::can_send)).await.is_ok_and(|seen| seen.is_ok());
    println!("health: {:?}", *connector.health().borrow());
    if up {
        connector.submit(vec![submission(number, text)]).await;
        let mut owed = 0;
        if let Ok(Some(batch)) = timeout(PATIENCE, reports.recv()).await {
            for report in &batch {
                println!("{report:?}");
                if let Report::Outcome { outcome, .. } = report {
                    owed += outcome.accepted.iter().filter(|part| !part.reference.is_empty()).count();
                }
            }
        }
        for _ in 0..owed {
            match timeout(PATIENCE, receipts.recv()).await {
                Ok(Some(receipt)) => println!("{receipt:?}"),
                _ => println!("no receipt in time"),
            }
        }
    }
    connector.close(PATIENCE).await;
}

fn submission(number: &str, text: &str) -> Submission {
    let units: Vec<u16> = text.encode_utf16().collect();
    let units_max = if units.len() <= ALONE_UNITS_MAX { ALONE_UNITS_MAX } else { UNITS_MAX };
    let parts = units
        .chunks(units_max)
        .map(|part| part.iter().flat_map(|unit| unit.to_be_bytes()).collect())
        .collect();
    Submission {
        ticket: Ticket { alert: 1, route: 1, seq: 1, attempt: 1, strikes: 0, claim: 1 },
        address: Arc::from(number),
        body: Arc::new(Body::Sms(SmsBody { encoding: SmsEncoding::Ucs2, parts })),
        concat_reference: 0x1234,
        parts_done: Vec::new(),
        expires_at: Timestamp::MAX,
    }
}
