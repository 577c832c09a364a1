//! What the platform posts to us, over a real socket: its own bytes, its own signature.

use std::sync::{Arc, Mutex};

use contract::{
    CallbackAnswer, CallbackFacts, CallbackMethod, CallbackRequest, Callbacks, Clock, ReceiptVerdict,
    SystemClock,
};
use loa_facebook::{FacebookCallbacks, Secret};
use serde_json::{Value, json};
use simulators::facebook::{FacebookScript, Push, feed_event};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::kit::{BOUND, World, settings};

const REQUEST_MAX: usize = 64 * 1024;

/// A door for callbacks, as small as can be; what it answered, in order.
struct Door {
    url: String,
    answers: Arc<Mutex<Vec<CallbackAnswer>>>,
}

impl Door {
    async fn open(callbacks: FacebookCallbacks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callback/page", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, &callbacks, &kept).await;
            }
        });
        Self { url, answers }
    }

    fn facts(&self) -> Vec<CallbackFacts> {
        let answers = self.answers.lock().unwrap();
        let facts = |answer: &CallbackAnswer| match answer {
            CallbackAnswer::Keep(facts) => Some(facts.clone()),
            _ => None,
        };
        answers.iter().filter_map(facts).collect()
    }
}

async fn serve(mut stream: TcpStream, callbacks: &FacebookCallbacks, kept: &Mutex<Vec<CallbackAnswer>>) {
    let Ok(Some(request)) = timeout(BOUND, read(&mut stream)).await else { return };
    let answer = callbacks.read(&request);
    kept.lock().unwrap().push(answer.clone());
    let (status, body) = match answer {
        CallbackAnswer::Keep(_) | CallbackAnswer::Ignore => (200, String::new()),
        CallbackAnswer::Echo(text) => (200, text),
        CallbackAnswer::Refuse { status, .. } => (status, String::new()),
    };
    let length = body.len();
    let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(reply.as_bytes()).await.ok();
}

async fn read(stream: &mut TcpStream) -> Option<CallbackRequest> {
    let mut octets = Vec::new();
    loop {
        if let Some(at) = octets.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(octets[..at].to_vec()).ok()?;
            let mut lines = head.lines();
            let mut first = lines.next()?.split(' ');
            let get = first.next()? == "GET";
            let path = reqwest::Url::parse(&format!("http://x{}", first.next()?)).ok()?;
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
            if octets.len() >= at + 4 + length {
                let method = if get { CallbackMethod::Get } else { CallbackMethod::Post };
                let body = octets[at + 4..at + 4 + length].to_vec();
                let query = path.query_pairs().into_owned().collect();
                return Some(CallbackRequest {
                    method,
                    query,
                    headers,
                    body,
                    received_at: SystemClock.now(),
                });
            }
        }
        if octets.len() > REQUEST_MAX || stream.read_buf(&mut octets).await.ok()? == 0 {
            return None;
        }
    }
}

async fn world() -> (World, Door) {
    world_with(|_| {}).await
}

async fn world_with(script: impl FnOnce(&mut FacebookScript)) -> (World, Door) {
    let world = World::with(script).await;
    let script = FacebookScript::default();
    let door = Door::open(FacebookCallbacks::new(&settings(&script, &world.facebook.base()))).await;
    assert!(world.facebook.set_webhook(Some(door.url.clone())).await, "the challenge is echoed");
    (world, door)
}

#[tokio::test]
async fn a_comment_and_our_own_post_are_heard() {
    let (mut world, door) = world_with(|script| script.webhooks.in_array = true).await;
    let reference = world.post("VN-1").await;
    let comment =
        world.facebook.visitor_comment(&reference, "Nguyễn Văn Thử", "Nhà tôi đã ngập \u{1F30A}").unwrap();
    assert!(world.facebook.wait_for(|counts| counts.webhooks_acked >= 2, BOUND).await);
    let facts = door.facts();
    let receipt = &facts[0].receipts[0];
    assert_eq!((&receipt.references[0], receipt.verdict), (&reference, ReceiptVerdict::Delivered));
    let inbound = &facts[1].inbound[0];
    assert_eq!(inbound.text, "Nhà tôi đã ngập \u{1F30A}", "signed over the escaped bytes");
    assert_eq!((inbound.id.as_ref(), inbound.answers.as_ref()), (Some(&comment), Some(&reference)));
    assert!(!inbound.from.is_empty());
}

#[tokio::test]
async fn a_post_that_somebody_else_takes_away_is_noted() {
    let (mut world, door) = world().await;
    let reference = world.post("VN-1").await;
    assert!(world.facebook.delete_by_admin(&reference));
    assert!(world.facebook.wait_for(|counts| counts.webhooks_acked >= 2, BOUND).await);
    let receipt = door.facts()[1].receipts[0].clone();
    assert_eq!((receipt.verdict, receipt.code.as_deref()), (ReceiptVerdict::Progress, Some("removed")));
    assert!(receipt.raw.is_some_and(|raw| !raw.contains("mưa lớn")));
}

#[tokio::test]
async fn forged_requests_are_refused_and_nothing_of_them_is_believed() {
    let (world, door) = world().await;
    let value = json!({"item": "comment", "verb": "add", "post_id": "1_2", "comment_id": "2_3", "message": "giả",
        "from": {"id": "5", "name": "Kẻ lạ"}});
    let event = feed_event("100000000000001", 1, &value);
    assert_eq!(world.facebook.push(event.clone(), Push::WrongSecret).await, Some(403));
    assert_eq!(world.facebook.push(event.clone(), Push::Unsigned).await, Some(403));
    assert_eq!(door.facts(), []);
    assert_eq!(world.facebook.push(event, Push::Signed).await, Some(200));
    assert_eq!(door.facts().len(), 1);
}

#[tokio::test]
async fn garbage_and_other_events_are_ignored() {
    let (world, door) = world().await;
    let own =
        json!({"item": "comment", "verb": "add", "from": {"id": "100000000000001"}, "message": "của ta"});
    let like = json!({"item": "reaction", "verb": "add", "post_id": "1_2", "reaction_type": "like"});
    for event in [
        feed_event("100000000000001", 1, &own),
        feed_event("100000000000001", 1, &like),
        feed_event("5", 1, &json!({"item": "comment", "verb": "add", "comment_id": "1_1"})),
        json!({"object": "user", "entry": [{}]}),
        json!([[], null, 5, {"entry": 5}, {"entry": [{"changes": "x"}]}]),
        Value::Null,
    ] {
        assert_eq!(world.facebook.push(event.clone(), Push::Signed).await, Some(200), "{event}");
    }
    assert_eq!(door.facts(), []);
}

#[test]
fn only_our_verify_token_is_answered() {
    let settings = settings(&FacebookScript::default(), "http://127.0.0.1:1");
    let ask = |callbacks: &FacebookCallbacks, token: &str, mode: &str, challenge: &str| {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        callbacks.read(&CallbackRequest {
            method: CallbackMethod::Get,
            query: vec![
                pair("hub.mode", mode),
                pair("hub.verify_token", token),
                pair("hub.challenge", challenge),
            ],
            headers: Vec::new(),
            body: Vec::new(),
            received_at: SystemClock.now(),
        })
    };
    let callbacks = FacebookCallbacks::new(&settings);
    assert_eq!(
        ask(&callbacks, "verify-me", "subscribe", "1158201444"),
        CallbackAnswer::Echo("1158201444".into())
    );
    let refused = |answer| matches!(answer, CallbackAnswer::Refuse { .. });
    assert!(refused(ask(&callbacks, "verify-m", "subscribe", "1")));
    assert!(refused(ask(&callbacks, "verify-me", "unsubscribe", "1")));
    assert!(refused(ask(&callbacks, "verify-me", "subscribe", "<script>")));
    let none = FacebookCallbacks::new(&loa_facebook::FacebookSettings {
        verify_token: Secret::default(),
        ..settings
    });
    assert!(refused(ask(&none, "", "subscribe", "1")), "an empty token is no token");
}
