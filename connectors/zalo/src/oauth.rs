//! The token host: the pair for a consent code, the next pair for a refresh token.

use contract::{Clock, Keychain, Tokens};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;

use crate::{
    config::ZaloSettings,
    http::{self, Http, Lost, Reply},
    keychain_name,
    lenient::integer,
};

const DAY_S: i64 = 86_400;
/// Taken for the life of an access token where the reply does not tell it: short, so that it is renewed.
const LIFE_S: i64 = 3_600;
/// "Too many calls in this minute."
const TOO_MANY: i64 = -32;
/// How often a stored pair may change under the exchange before it gives up.
const STORES_MAX: u32 = 3;

/// Why there is no new pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoPair {
    /// The platform said no.
    Refused(i64),
    /// Not carried out; the grant is as it was.
    NotSent(&'static str),
    /// It may have handed out a pair that did not arrive.
    Unknown(String),
}

/// Asks for a pair; `form` is all but the app's id.
pub(crate) async fn ask(
    http: &Http,
    settings: &ZaloSettings,
    form: &[(&str, &str)],
    now: Timestamp,
) -> Result<Tokens, NoPair> {
    let url = format!("{}/v4/oa/access_token", settings.oauth_url);
    let mut fields = vec![("app_id", settings.app_id.as_str())];
    fields.extend_from_slice(form);
    let lost = |lost| match lost {
        Lost::NotSent(why) => NoPair::NotSent(why),
        Lost::Unknown { code, .. } => NoPair::Unknown(code),
    };
    let request = http.request(Method::POST, &url).map_err(lost)?;
    let request = request.header("secret_key", settings.app_secret.expose()).form(&fields);
    let reply = http::call(request).await.map_err(lost)?;
    if reply.status == 429 || reply.code == TOO_MANY {
        // Says nothing about the refresh token, which must not be given up for it.
        return Err(NoPair::NotSent("the token host has too many calls"));
    }
    if reply.code != 0 {
        return Err(NoPair::Refused(reply.code));
    }
    // Half a pair is no pair: what is there must not replace what we have.
    pair(&reply, settings, now).ok_or_else(|| NoPair::Unknown("half a pair".to_owned()))
}

fn pair(reply: &Reply, settings: &ZaloSettings, now: Timestamp) -> Option<Tokens> {
    let token = |key: &str| reply.body[key].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
    let life_s = integer(&reply.body["expires_in"]).filter(|life_s| *life_s > 0).unwrap_or(LIFE_S);
    Some(Tokens {
        access: token("access_token")?,
        refresh: token("refresh_token")?,
        access_until: after(now, life_s),
        refresh_until: after(now, i64::from(settings.refresh_life_days) * DAY_S),
    })
}

pub(crate) fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// Where an admin of the OA consents. Comes back to `redirect` with `code`, `oa_id` and `state`; the code is good once,
/// for ten minutes. `redirect` must be the callback saved in the console.
#[must_use]
pub fn consent_url(settings: &ZaloSettings, redirect: &str, state: &str, challenge: &str) -> String {
    let base = format!("{}/v4/oa/permission", settings.oauth_url);
    let mut query = vec![("app_id", settings.app_id.as_str()), ("redirect_uri", redirect)];
    query.extend(Some(("code_challenge", challenge)).filter(|pair| !pair.1.is_empty()));
    query.extend(Some(("state", state)).filter(|pair| !pair.1.is_empty()));
    reqwest::Url::parse_with_params(&base, &query).map_or(base, String::from)
}

/// Why a consent code did not become tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    #[error(
        "the platform refuses the code ({0}): consent again, and compare app id, secret and callback with the console"
    )]
    Refused(i64),
    #[error("the platform cannot be reached: {0}; nothing was sent, try again")]
    Unreachable(&'static str),
    #[error("no usable answer ({0}): the code may be used up, consent again")]
    Lost(String),
    #[error("the new tokens could not be stored ({0}) and are not used: consent again")]
    NotStored(String),
}

/// Turns a consent code into a stored pair; running connectors pick it up by themselves. `verifier` is empty without PKCE.
///
/// # Errors
/// [`ExchangeError`]; what was stored before still stands.
pub async fn exchange(
    settings: &ZaloSettings,
    code: &str,
    verifier: &str,
    keychain: &dyn Keychain,
    clock: &dyn Clock,
) -> Result<(), ExchangeError> {
    let http = Http::new(settings.request_timeout());
    let mut form = vec![("grant_type", "authorization_code"), ("code", code)];
    form.extend(Some(("code_verifier", verifier)).filter(|pair| !pair.1.is_empty()));
    let tokens = ask(&http, settings, &form, clock.now()).await.map_err(|no| match no {
        NoPair::Refused(code) => ExchangeError::Refused(code),
        NoPair::NotSent(why) => ExchangeError::Unreachable(why),
        NoPair::Unknown(why) => ExchangeError::Lost(why),
    })?;
    let name = keychain_name(settings);
    let failed = |error: contract::NotRecorded| ExchangeError::NotStored(error.0);
    for _ in 0..STORES_MAX {
        let seen = keychain.tokens(&name).await.map_err(failed)?.map_or(0, |stored| stored.edition);
        if keychain.replace(&name, seen, &tokens).await.map_err(failed)?.is_some() {
            return Ok(());
        }
    }
    Err(ExchangeError::NotStored("somebody else keeps storing".to_owned()))
}
