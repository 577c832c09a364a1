//! Webhooks: events of the `feed` field, written with escaped Unicode, signed over those octets, delivered
//! one after the other and tried again when the callback does not answer 200.

use super::platform::Shared;
use super::world::{Author, Comment, Stored, World};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events waiting for delivery; more are dropped.
pub(crate) const WAITING_MAX: usize = 10_000;
/// What a callback has to answer when it is verified.
const CHALLENGE: &str = "1158201444";

/// How a payload is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// With the app secret.
    Signed,
    /// With another secret, as a stranger would.
    WrongSecret,
    /// Without `X-Hub-Signature-256`.
    Unsigned,
}

/// One payload on its way.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) signature: Option<String>,
}

impl Delivery {
    pub(crate) fn new(url: &str, payload: &Value, how: Push, secret: &str) -> Self {
        let body = escaped(&payload.to_string());
        let key = if how == Push::WrongSecret { "not-the-app-secret" } else { secret };
        let signature = (how != Push::Unsigned).then(|| format!("sha256={}", hmac_hex(key, body.as_bytes())));
        Self { url: url.to_owned(), body, signature }
    }
}

/// Lower-case hex of HMAC-SHA256.
pub(crate) fn hmac_hex(key: &str, message: &[u8]) -> String {
    // Every length of key is good for HMAC; the error cannot come.
    Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map(|mut mac| {
            mac.update(message);
            hex::encode(mac.finalize().into_bytes())
        })
        .unwrap_or_default()
}

/// JSON text with everything beyond ASCII as `\uXXXX`, lower case.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String does not fail.
            write!(text, "\\u{unit:04x}").ok();
        }
    }
    text
}

/// A payload of the object `page` with one change of the field `feed`.
pub fn feed_event(page_id: &str, time_s: i64, value: &Value) -> Value {
    let change = json!({"field": "feed", "value": value});
    json!({"object": "page", "entry": [{"id": page_id, "time": time_s, "changes": [change]}]})
}

impl World {
    pub(crate) fn tell_of_post(&mut self, post: &Stored) {
        if !post.is_published(self.now_ms) {
            return;
        }
        let mut value = self.about(post, "add");
        value["message"] = json!(post.message);
        value["published"] = json!(1);
        if let Some(link) = &post.link {
            value["link"] = json!(link);
        }
        self.tell(&value);
    }

    pub(crate) fn tell_of_change(&mut self, post: &Stored, verb: &str) {
        if !post.is_published(self.now_ms) {
            return;
        }
        let mut value = self.about(post, verb);
        if verb == "edited" {
            value["message"] = json!(post.message);
            value["published"] = json!(1);
        }
        self.tell(&value);
    }

    pub(crate) fn tell_of_comment(&mut self, post_id: &str, serial: u64, comment: &Comment) {
        let from = match &comment.from {
            Some(name) => json!({"id": visitor_id(name), "name": name}),
            None => json!({"id": self.script.page_id, "name": self.script.page_name}),
        };
        let parent = comment.parent.map_or_else(|| post_id.to_owned(), |id| format!("{serial}_{id}"));
        self.tell(&json!({
            "from": from, "item": "comment", "verb": "add", "post_id": post_id,
            "comment_id": format!("{serial}_{}", comment.id), "parent_id": parent,
            "message": comment.message, "created_time": comment.created_ms / 1_000,
        }));
    }

    fn about(&self, post: &Stored, verb: &str) -> Value {
        let from = match &post.author {
            Author::Visitor(name) => json!({"id": visitor_id(name), "name": name}),
            Author::App | Author::Admin => {
                json!({"id": self.script.page_id, "name": self.script.page_name})
            }
        };
        let item = match (&post.link, post.photos.as_slice()) {
            (_, [_, ..]) => "photo",
            (Some(_), _) => "share",
            (None, []) => "status",
        };
        json!({"from": from, "item": item, "verb": verb, "post_id": post.id,
            "created_time": self.now_s()})
    }

    fn tell(&mut self, value: &Value) {
        let wanted = self.subscribed && !self.script.dev_mode;
        let Some(url) = self.callback.clone().filter(|_| wanted) else { return };
        let mut payload = feed_event(&self.script.page_id, self.now_s(), value);
        if self.script.webhooks.in_array {
            payload = json!([payload]);
        }
        for _ in 0..1 + u8::from(self.script.webhooks.twice) {
            let delivery = Delivery::new(&url, &payload, Push::Signed, &self.script.app_secret);
            self.deliver(delivery);
        }
    }
}

/// The same visitor has the same id.
pub(crate) fn visitor_id(name: &str) -> String {
    let sum = name.bytes().fold(7_u64, |sum, octet| sum.wrapping_mul(31).wrapping_add(u64::from(octet)));
    format!("24{:014}", sum % 100_000_000_000_000)
}

/// Delivers what is queued until the platform ends.
pub(crate) async fn deliver_all(shared: &Shared, mut queue: mpsc::Receiver<Delivery>) {
    while let Some(delivery) = queue.recv().await {
        let mut acked = try_once(shared, &delivery).await == Some(200);
        let waits = shared.world().script.webhooks.retry_ms.clone();
        for wait_ms in waits {
            if acked {
                break;
            }
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            acked = try_once(shared, &delivery).await == Some(200);
        }
        if !acked {
            shared.world().counts.webhooks_dropped += 1;
            shared.changed.notify_waiters();
        }
    }
}

/// Delivers once and counts it; `None`: no answer.
pub(crate) async fn try_once(shared: &Shared, delivery: &Delivery) -> Option<u16> {
    let within = Duration::from_millis(shared.world().script.webhooks.answer_within_ms);
    let mut request = shared.client.post(&delivery.url).timeout(within);
    request = request.header("content-type", "application/json").body(delivery.body.clone());
    if let Some(signature) = &delivery.signature {
        request = request.header("x-hub-signature-256", signature);
    }
    let status = request.send().await.ok().map(|answer| answer.status().as_u16());
    {
        let counts = &mut shared.world().counts;
        counts.webhooks_sent += 1;
        if status == Some(200) {
            counts.webhooks_acked += 1;
        } else {
            counts.webhooks_failed += 1;
        }
    }
    shared.changed.notify_waiters();
    status
}

/// Asks the callback whether it knows the verify token: 200 with the challenge as plain text.
pub(crate) async fn verify(shared: &Shared, url: &str) -> bool {
    let (verify_token, within_ms) = {
        let world = shared.world();
        (world.script.verify_token.clone(), world.script.webhooks.answer_within_ms)
    };
    let query =
        [("hub.mode", "subscribe"), ("hub.challenge", CHALLENGE), ("hub.verify_token", &verify_token)];
    let request = shared.client.get(url).query(&query).timeout(Duration::from_millis(within_ms));
    let Ok(mut answer) = request.send().await else { return false };
    let status = answer.status().as_u16();
    // The challenge fits into the first piece; the rest of a long answer is not read.
    let body = answer.chunk().await.ok().flatten().unwrap_or_default();
    status == 200 && body.as_ref() == CHALLENGE.as_bytes()
}
