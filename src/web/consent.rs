//! Renewing a provider's consent. An admin asks for the provider's page here, agrees there, and comes back with a code.
//! What was begun is kept in this process only: whoever comes back to another node, or too late, begins again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};

use super::Web;
use super::error::ApiError;
use super::extract::{Path, pairs};
use crate::engine::{ConsentRefusal, ConsentStart};

/// How long a person may take at the provider's page.
const BEGUN_LIMIT: SignedDuration = SignedDuration::from_mins(10);
/// Admins at it at the same time; beyond, the one that began first is forgotten.
const BEGUN_MAX: usize = 16;

/// What was begun and has not come back, by the state that must come back with it.
#[derive(Debug, Default)]
pub(super) struct Begun(Mutex<HashMap<String, One>>);

struct One {
    lane: String,
    verifier: String,
    until: Timestamp,
}

impl std::fmt::Debug for One {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("One").field("lane", &self.lane).finish_non_exhaustive()
    }
}

impl Begun {
    /// Keeps it, and gives the address of the provider's page.
    pub(super) fn keep(&self, now: Timestamp, lane: &str, start: ConsentStart) -> String {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|_, one| one.until > now);
        while begun.len() >= BEGUN_MAX {
            let Some(oldest) = begun.iter().min_by_key(|(_, one)| one.until).map(|(state, _)| state.clone())
            else {
                break;
            };
            begun.remove(&oldest);
        }
        let ConsentStart { url, state, verifier } = start;
        let until = now.saturating_add(BEGUN_LIMIT).unwrap_or(Timestamp::MAX);
        begun.insert(state, One { lane: lane.to_owned(), verifier, until });
        url
    }

    /// The verifier, once, if this lane's consent was begun with this state and the time is not over.
    fn take(&self, now: Timestamp, lane: &str, state: &str) -> Option<String> {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = begun.remove(state)?;
        (one.lane == lane && one.until > now).then_some(one.verifier)
    }
}

/// Where the provider sends the person back.
pub(super) async fn back(
    State(web): State<Web>,
    Path(lane): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = pairs(&uri)?;
    let given = |name: &str| query.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str());
    let verifier = given("state").and_then(|state| web.begun.take(web.office.clock.now(), &lane, state));
    let Some(verifier) = verifier else {
        let vi = "Yêu cầu này không còn hiệu lực. Hãy bắt đầu lại từ Loa.";
        let en = "This request was not begun here, or its time is over. Begin again in Loa.";
        return Ok(page(StatusCode::BAD_REQUEST, &lane, vi, en));
    };
    let Some(code) = given("code").filter(|code| !code.is_empty()) else {
        let vi = "Nhà cung cấp chưa cấp quyền. Hãy bắt đầu lại từ Loa và chọn đồng ý.";
        let en = "The provider granted nothing. Begin again in Loa, and agree.";
        return Ok(page(StatusCode::BAD_REQUEST, &lane, vi, en));
    };
    Ok(match web.office.consent_finish(&lane, code, &verifier, given("oa_id")).await? {
        Ok(()) => {
            let vi =
                "Đã cấp quyền. Trong vòng nửa phút đường gửi sẽ tự hoạt động lại; có thể đóng trang này.";
            let en = "The consent is given. The lane goes on within half a minute; you may close this page.";
            page(StatusCode::OK, &lane, vi, en)
        }
        Err(ConsentRefusal { vi, en }) => {
            let vi = format!("Chưa nhận được quyền: {vi}.");
            page(StatusCode::BAD_GATEWAY, &lane, &vi, &format!("The consent was not taken: {en}."))
        }
    })
}

/// `vi` and `en` say the same.
fn page(status: StatusCode, lane: &str, vi: &str, en: &str) -> Response {
    let class = if status.is_success() { "done" } else { "failed" };
    let places = [
        ("{class}", class.to_owned()),
        ("{lane}", escaped(lane)),
        ("{vi}", escaped(vi)),
        ("{en}", escaped(en)),
    ];
    let html = places
        .iter()
        .fold(include_str!("consent.html").to_owned(), |html, (place, text)| html.replace(place, text));
    let headers = [
        // The address holds a code: no other site is told of it.
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ];
    (status, headers, Html(html)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn start(n: usize) -> ConsentStart {
        ConsentStart { url: "https://x".into(), state: format!("s{n}"), verifier: format!("v{n}") }
    }

    #[test]
    fn what_was_begun_comes_back_once_to_its_lane_and_in_time() {
        let begun = Begun::default();
        for n in 0..3 {
            begun.keep(at(0), "zalo-1", start(n));
        }
        assert_eq!(begun.take(at(1), "zalo-1", "s0").as_deref(), Some("v0"));
        assert_eq!(begun.take(at(1), "zalo-1", "s0"), None, "once");
        assert_eq!(begun.take(at(1), "zalo-2", "s1"), None, "another lane");
        assert_eq!(begun.take(at(600), "zalo-1", "s2"), None, "too late");
        assert_eq!(begun.take(at(1), "zalo-1", "guess"), None);
    }

    #[test]
    fn memory_does_not_grow_with_what_never_comes_back() {
        let begun = Begun::default();
        for n in 0..100 {
            begun.keep(at(i64::try_from(n).unwrap()), "zalo-1", start(n));
        }
        assert_eq!(begun.0.lock().unwrap().len(), BEGUN_MAX);
        assert!(begun.take(at(100), "zalo-1", "s99").is_some(), "the newest stays");
        assert!(!format!("{begun:?}").contains("v98"));
    }

    #[test]
    fn what_a_provider_says_is_shown_as_text() {
        assert_eq!(escaped("<b>&\"</b>"), "&lt;b&gt;&amp;&quot;&lt;/b&gt;");
    }
}
