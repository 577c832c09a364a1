//! Ten thousand receipts at once for messages that nobody sent.

use loa::domain::Severity;
use serde_json::json;
use simulators::zalo::{Push, ZaloScript};

use crate::kit::town::{Plan, Town, alert};

const RECEIPTS: u32 = 10_000;
/// By HTTP each is a request and a commit of its own.
const CALLS: u32 = 1_000;
const AT_ONCE: u32 = 4;
const GROWTH_MAX_KB: u64 = 64 * 1024;

/// Memory of this process: gateway, carriers and all.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn unmatched(town: &Town) -> i64 {
    town.app.office.store.reports.unmatched().await.unwrap().iter().map(|(_, count)| count).sum()
}

/// A `deliver_sm` with a receipt for an id that no submission was ever given.
fn stray(n: u32) -> Vec<u8> {
    let text = format!(
        "id:STRAY{n:08} sub:001 dlvrd:001 submit date:2511230900 done date:2511230901 stat:DELIVRD err:000 text:"
    );
    let mut body = vec![0, 1, 1];
    body.extend(format!("8452{:07}\0", 9_000_000 + n).bytes());
    body.extend([5, 0]);
    body.extend(b"LANGSON\0");
    // A receipt; no protocol, priority, times, registration, replacement; plain text.
    body.extend([4, 0, 0, 0, 0, 0, 0, 0, 0, u8::try_from(text.len()).unwrap()]);
    body.extend(text.bytes());
    let head = [u32::try_from(16 + body.len()).unwrap(), 5, 0, 0x4000_0000 + n];
    head.iter().flat_map(|word| word.to_be_bytes()).chain(body).collect()
}

#[tokio::test]
async fn strays_over_smpp_are_kept_once_and_hold_nobody_up() {
    let town = Town::build(Plan { smpp: "binds = 1", rate: "500/s", ..Plan::default() }).await;
    town.until_true("up", async || town.app.office.engine.lanes().iter().any(|lane| lane.can_send)).await;
    let before_kb = resident_kb();
    let sent = town.send(alert(Severity::Moderate)).await;
    let flood: Vec<u8> = (0..RECEIPTS).flat_map(stray).collect();
    town.carrier().inject(&flood);
    drop(flood);
    let counts = town.until(sent, "delivered to all", |counts| counts.delivered == 300).await;
    assert_eq!((counts.uncertain, counts.possible_repeats), (0, 0), "{counts:?}");
    town.until_true("kept", async || unmatched(&town).await >= i64::from(RECEIPTS)).await;
    assert_eq!(unmatched(&town).await, i64::from(RECEIPTS), "each once");
    let grown_kb = resident_kb().saturating_sub(before_kb);
    assert!(grown_kb < GROWTH_MAX_KB, "{grown_kb} kB more");
    assert_eq!(town.carrier().counts().connections, 1, "on one and the same link");
    town.end().await;
}

#[tokio::test]
async fn strays_by_callback_are_answered_in_time_and_kept_once() {
    let mut zalo = ZaloScript::default();
    // Generous for a busy machine; the gateway itself gives up after two seconds.
    zalo.webhook.deadline_ms = 10_000;
    let town = Town::build(Plan { zalo: Some(zalo), rate: "500/s", ..Plan::default() }).await;
    let before_kb = resident_kb();
    let sent = town.send(alert(Severity::Moderate)).await;
    let _named = rustls::crypto::ring::default_provider().install_default();
    let caller = reqwest::Client::new();
    // Nobody's lane: refused before anything is looked up.
    let nobody = async |from: u32| {
        for n in (from..CALLS).step_by(AT_ONCE as usize) {
            let url = format!("http://{}/callback/nobody-{}", town.app.address, n % 7);
            let answer = caller.post(url).body(format!("{{\"n\":{n}}}")).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 404);
        }
    };
    futures::future::join_all((0..AT_ONCE).map(&nobody)).await;
    // The account's own, signed, for messages that nobody sent.
    let strays = async |from: u32| {
        for n in (from..CALLS).step_by(AT_ONCE as usize) {
            let event = json!({
                "event_name": "user_received_message", "sender": {"id": ZaloScript::default().oa_id}, "recipient": {"id": format!("8452{:07}", 9_000_000 + n)},
                "message": {"delivery_time": "1763863200000", "msg_id": format!("stray-{n}"), "tracking_id": ""},
            });
            assert_eq!(town.platforms.zalo().push(event, Push::Signed).await, Some(200), "kept, and in time");
        }
    };
    futures::future::join_all((0..AT_ONCE).map(&strays)).await;
    assert_eq!(unmatched(&town).await, i64::from(CALLS), "each once");
    let counts = town.until(sent, "delivered to all", |counts| counts.delivered == 300).await;
    assert_eq!(counts.uncertain, 0, "{counts:?}");
    let grown_kb = resident_kb().saturating_sub(before_kb);
    assert!(grown_kb < GROWTH_MAX_KB, "{grown_kb} kB more");
    town.end().await;
}
