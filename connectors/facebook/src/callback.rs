//! What Meta posts to us about the Page's feed.

use contract::{
    CallbackAnswer, CallbackFacts, CallbackMethod, CallbackRequest, Callbacks, Inbound, Receipt,
    ReceiptVerdict,
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::{
    config::{FacebookSettings, Secret},
    reply::{self, cut, id, text},
    sign,
};

/// Meta sends up to 1,000 changes in a request.
const CHANGES_MAX: usize = 1_000;
const TEXT_MAX: usize = 5_000;
const NAME_MAX: usize = 200;
const CHALLENGE_MAX: usize = 200;

/// Reads one Page's webhook.
#[derive(Debug, Clone)]
pub struct FacebookCallbacks {
    page_id: String,
    app_secret: Secret,
    verify_token: Secret,
}

impl FacebookCallbacks {
    #[must_use]
    pub fn new(settings: &FacebookSettings) -> Self {
        Self {
            page_id: settings.page_id.clone(),
            app_secret: settings.app_secret.clone(),
            verify_token: settings.verify_token.clone(),
        }
    }

    fn verify(&self, request: &CallbackRequest) -> CallbackAnswer {
        let given = request.parameter("hub.verify_token").unwrap_or_default();
        let same: bool = given.as_bytes().ct_eq(self.verify_token.expose().as_bytes()).into();
        if self.verify_token.is_empty() || !same || request.parameter("hub.mode") != Some("subscribe") {
            return CallbackAnswer::Refuse { status: 403, why: "the verify token is not ours" };
        }
        match request.parameter("hub.challenge").filter(|challenge| is_plain(challenge)) {
            Some(challenge) => CallbackAnswer::Echo(challenge.to_owned()),
            None => CallbackAnswer::Refuse { status: 400, why: "no usable challenge" },
        }
    }

    fn facts(&self, value: &Value) -> CallbackFacts {
        let mut facts = CallbackFacts::default();
        // One of Meta's own examples wraps the object in an array.
        let objects = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let changes = objects
            .iter()
            .filter(|object| text(object, "object").is_none_or(|object| object == "page"))
            .filter_map(|object| object.get("entry")?.as_array())
            .flatten()
            .filter(|entry| id(entry, "id").is_none_or(|page| page == self.page_id))
            .filter_map(|entry| entry.get("changes")?.as_array())
            .flatten()
            .filter(|change| text(change, "field") == Some("feed"))
            .filter_map(|change| change.get("value"));
        for change in changes.take(CHANGES_MAX) {
            facts.inbound.extend(self.comment(change));
            facts.receipts.extend(self.receipt(change));
        }
        facts
    }

    /// A comment by somebody else.
    fn comment(&self, change: &Value) -> Option<Inbound> {
        if text(change, "item") != Some("comment") || text(change, "verb") != Some("add") {
            return None;
        }
        let from = change.get("from").unwrap_or(&Value::Null);
        let author = id(from, "id");
        if author.as_deref() == Some(&self.page_id) {
            return None;
        }
        let name = || text(from, "name").map(|name| cut(name, NAME_MAX));
        Some(Inbound {
            from: author.or_else(name).unwrap_or_default(),
            to: self.page_id.clone(),
            text: cut(text(change, "message").unwrap_or_default(), TEXT_MAX),
            id: id(change, "comment_id"),
            answers: id(change, "post_id"),
        })
    }

    /// A post of the Page that appeared, or one that went away.
    fn receipt(&self, change: &Value) -> Option<Receipt> {
        let (item, verb) = (text(change, "item")?, text(change, "verb")?);
        if !matches!(item, "status" | "post" | "photo" | "share" | "album" | "video")
            || change.get("comment_id").is_some()
        {
            return None;
        }
        let post = id(change, "post_id")?;
        let by_us =
            change.get("from").and_then(|from| id(from, "id")).is_none_or(|from| from == self.page_id);
        let published = change.get("published").and_then(reply::integer) != Some(0);
        // What is delivered stays delivered; that it went away afterwards is kept beside it.
        let (verdict, code) = match verb {
            "add" if by_us && published => (ReceiptVerdict::Delivered, None),
            "remove" | "delete" => (ReceiptVerdict::Progress, Some("removed")),
            "hide" => (ReceiptVerdict::Progress, Some("hidden")),
            _ => return None,
        };
        let raw = code.map(|_| json!({ "item": item, "verb": cut(verb, 20), "post_id": post }).to_string());
        Some(Receipt {
            references: vec![post],
            address: None,
            verdict,
            code: code.map(str::to_owned),
            provider_at: change.get("created_time").and_then(reply::moment),
            raw,
        })
    }
}

impl Callbacks for FacebookCallbacks {
    fn read(&self, request: &CallbackRequest) -> CallbackAnswer {
        if request.method == CallbackMethod::Get {
            return self.verify(request);
        }
        let Some(signature) = request.header("x-hub-signature-256") else {
            return CallbackAnswer::Refuse { status: 403, why: "no signature" };
        };
        if !sign::signed(&self.app_secret, signature, &request.body) {
            return CallbackAnswer::Refuse { status: 403, why: "the signature is not Meta's" };
        }
        // Genuine but unreadable: asking for it again would bring the same.
        let Ok(value) = serde_json::from_slice(&request.body) else { return CallbackAnswer::Ignore };
        let facts = self.facts(&value);
        if facts == CallbackFacts::default() { CallbackAnswer::Ignore } else { CallbackAnswer::Keep(facts) }
    }
}

fn is_plain(challenge: &str) -> bool {
    (1..=CHALLENGE_MAX).contains(&challenge.len())
        && challenge.bytes().all(|octet| octet.is_ascii_alphanumeric())
}
