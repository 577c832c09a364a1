//! The webhook: what is genuine, and what it tells.

use contract::{CallbackAnswer, CallbackFacts, CallbackMethod, CallbackRequest, Callbacks};
use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    config::{Secret, ZaloSettings},
    events,
    lenient::{integer, text},
    sign::{event_mac, mac_agrees},
};

/// A longer event is not one of the platform's.
const BODY_OCTETS_MAX: usize = 256 * 1024;
/// Lead of the platform's clock that is believed.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// An answer other than 200 makes the platform switch the webhook off, also for genuine events.
const STATUS: u16 = 200;

/// Reads the webhook's requests for one lane.
#[derive(Debug, Clone)]
pub struct ZaloCallbacks {
    app_id: String,
    oa_id: String,
    oa_secret: Secret,
    /// `None`: any age.
    age_max: Option<SignedDuration>,
    tag_prefix: String,
}

impl ZaloCallbacks {
    #[must_use]
    pub fn new(settings: &ZaloSettings) -> Self {
        let age_s = i64::try_from(settings.webhook_age_max_s).unwrap_or(i64::MAX);
        Self {
            app_id: settings.app_id.clone(),
            oa_id: settings.oa_id.clone(),
            oa_secret: settings.oa_secret.clone(),
            age_max: (age_s > 0).then(|| SignedDuration::from_secs(age_s)),
            tag_prefix: settings.commune_tag_prefix.clone(),
        }
    }

    /// Why the signature does not hold, if it does not.
    fn forged(&self, header: Option<&str>, body: &[u8], timestamp: &str) -> Option<&'static str> {
        let Some(header) = header else { return Some("there is no signature") };
        let agrees =
            |first: &str| mac_agrees(header, &event_mac(first, body, timestamp, self.oa_secret.expose()));
        if agrees(&self.app_id) {
            None
        } else if agrees(&self.oa_id) {
            Some("it is signed with the OA's id in place of the app's")
        } else {
            Some("the signature is wrong: compare oa_secret with the console's webhook page")
        }
    }

    fn is_other_account(&self, event: &Value) -> bool {
        let app = text(&event["app_id"]);
        if !app.is_empty() && app != self.app_id {
            return true;
        }
        let named = [&event["oa_id"], &event["oaId"], &event["sender"]["id"], &event["recipient"]["id"]];
        let named: Vec<_> = named.into_iter().map(text).filter(|id| !id.is_empty()).collect();
        !named.is_empty() && !named.contains(&self.oa_id)
    }
}

impl Callbacks for ZaloCallbacks {
    fn read(&self, request: &CallbackRequest) -> CallbackAnswer {
        let refuse = |why: &'static str| CallbackAnswer::Refuse { status: STATUS, why };
        if request.method != CallbackMethod::Post {
            return CallbackAnswer::Refuse { status: 405, why: "the platform posts" };
        }
        if request.body.len() > BODY_OCTETS_MAX {
            return refuse("it is too long");
        }
        let header = request.header("x-zevent-signature");
        let bare: Vec<u8> =
            request.body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
        if header.is_none() && (bare.is_empty() || bare == b"{}") {
            // Saving the address in the console asks so whether somebody is there.
            return CallbackAnswer::Ignore;
        }
        let Ok(event) = serde_json::from_slice::<Value>(&request.body) else {
            return refuse("it is not JSON");
        };
        let timestamp = text(&event["timestamp"]);
        if let Some(why) = self.forged(header, &request.body, &timestamp) {
            return refuse(why);
        }
        let Some(age) = age(request, &event) else { return refuse("it has no time") };
        if self.age_max.is_some_and(|max| age > max) || age < -AHEAD {
            return refuse("its time is out of the window");
        }
        if self.is_other_account(&event) {
            return CallbackAnswer::Ignore;
        }
        let facts = events::facts(&event, &self.tag_prefix);
        if facts == CallbackFacts::default() { CallbackAnswer::Ignore } else { CallbackAnswer::Keep(facts) }
    }
}

fn age(request: &CallbackRequest, event: &Value) -> Option<SignedDuration> {
    let ms = integer(&event["timestamp"])?;
    let told = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(request.received_at.duration_since(told))
}
