//! Who is asking: the API key in `Authorization: Bearer loa_…`, read on every route under `/api/v1`.
//!
//! Wrong keys are counted per peer address, so that guessing costs the ledger nothing after the first few. Behind a
//! proxy all callers share one address: a key that was good before is never locked out by its neighbours' mistakes.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::Web;
use super::error::{ApiError, Kind};
use super::listen::Peer;
use crate::coordination::{Quota, Standing};

/// Wrong keys a peer may send in one window: a person mistypes, a misconfigured client retries.
pub(crate) const FAILURES_MAX: u32 = 20;
/// How long wrong keys are remembered.
const WINDOW_S: i64 = 60;
/// Peers remembered at once; beyond, the one that began first is forgotten.
const PEERS_MAX: usize = 4096;
/// Good keys remembered; an office has a few dozen accounts.
const GOOD_KEYS_MAX: usize = 1024;

/// Finds the account behind the key and hands it on with the request.
pub(super) async fn authenticate(
    State(web): State<Web>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = bearer(request.headers()).ok_or_else(no_key)?;
    let now = web.office.clock.now();
    let peer = peer(&request);
    web.logins.admit(now, peer, key)?;
    let nodes = web.office.engine.coordination();
    let guesses = Quota::per_minute(format!("logins/{peer}"), FAILURES_MAX);
    // Alone, this process remembers enough by itself.
    let others = nodes.standing() != Standing::Alone;
    if others && !web.logins.is_good(key) && nodes.admit(&guesses, 0).await.retry_after > Duration::ZERO {
        // This peer guesses on other nodes too.
        return Err(too_many_guesses(u32::try_from(WINDOW_S).unwrap_or(1)));
    }
    let Some(account) = web.office.authenticate(key).await? else {
        web.logins.failed(now, peer);
        if others {
            nodes.admit(&guesses, 1).await;
        }
        return Err(wrong_key());
    };
    web.logins.succeeded(key);
    let calls = Quota::per_minute(format!("calls/{}", account.id), web.settings.requests_per_minute);
    let grant = nodes.admit(&calls, 1).await;
    if grant.units == 0 {
        return Err(too_many_calls(web.settings.requests_per_minute, grant.retry_after));
    }
    request.extensions_mut().insert(account);
    Ok(next.run(request).await)
}

/// The refusal of a request without a key.
pub(crate) fn no_key() -> ApiError {
    ApiError::new(Kind::Unauthenticated, "The request carries no API key.").remedy(
        "Send the header Authorization: Bearer loa_… with a key that `loa user add` or an admin made.",
    )
}

fn wrong_key() -> ApiError {
    ApiError::new(Kind::Unauthenticated, "The API key is not known, or it was revoked.")
        .remedy("Check that the key was copied whole; an admin can make a new one.")
}

fn too_many_guesses(wait_s: u32) -> ApiError {
    ApiError::new(Kind::TooManyLogins, format!("{FAILURES_MAX} wrong API keys came from this address."))
        .remedy("Correct the key, then wait for the time in Retry-After.")
        .retry_after_s(wait_s)
}

fn too_many_calls(per_minute: u32, wait: Duration) -> ApiError {
    let wait_s = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
    ApiError::new(Kind::TooManyCalls, format!("This API key has made {per_minute} requests in a minute."))
        .remedy("Wait for the time in Retry-After; to follow an alert use GET /alerts/{id}/live; the limit is server.requests_per_minute.")
        .retry_after_s(wait_s)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

/// The address wrong keys are counted for. An IPv6 host owns its whole /64.
fn peer(request: &Request) -> IpAddr {
    match request.extensions().get::<ConnectInfo<Peer>>().map(|info| info.0.0.ip().to_canonical()) {
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Some(ip) => ip,
        // In-process calls have no peer.
        None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

/// Wrong keys of the last minute, by peer.
#[derive(Debug, Default)]
pub(super) struct Logins {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    failures: HashMap<IpAddr, Window>,
    /// Digests: the keys themselves are not kept.
    good: HashSet<[u8; 32]>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    until: Timestamp,
    failures: u32,
}

impl Logins {
    fn admit(&self, now: Timestamp, peer: IpAddr, key: &str) -> Result<(), ApiError> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = memory.failures.get(&peer) else { return Ok(()) };
        if window.failures < FAILURES_MAX || window.until <= now || memory.good.contains(&digest(key)) {
            return Ok(());
        }
        let wait_s = u32::try_from(window.until.duration_since(now).as_secs() + 1).unwrap_or(1);
        Err(too_many_guesses(wait_s))
    }

    fn is_good(&self, key: &str) -> bool {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).good.contains(&digest(key))
    }

    fn failed(&self, now: Timestamp, peer: IpAddr) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.failures.len() >= PEERS_MAX && !memory.failures.contains_key(&peer) {
            memory.forget_one(now);
        }
        let fresh = Window { until: now + SignedDuration::from_secs(WINDOW_S), failures: 0 };
        let window = memory.failures.entry(peer).or_insert(fresh);
        if window.until <= now {
            *window = fresh;
        }
        window.failures += 1;
    }

    fn succeeded(&self, key: &str) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.good.len() < GOOD_KEYS_MAX {
            memory.good.insert(digest(key));
        }
    }
}

impl Memory {
    /// Makes room: everything that is over goes, else the window that ends first.
    fn forget_one(&mut self, now: Timestamp) {
        self.failures.retain(|_, window| window.until > now);
        if self.failures.len() < PEERS_MAX {
            return;
        }
        let oldest = self.failures.iter().min_by_key(|(_, window)| window.until).map(|(peer, _)| *peer);
        if let Some(peer) = oldest {
            self.failures.remove(&peer);
        }
    }
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn a_guesser_waits_and_his_neighbour_with_a_good_key_does_not() {
        let logins = Logins::default();
        logins.succeeded("loa_good");
        for _ in 0..FAILURES_MAX {
            assert!(logins.admit(at(0), ip(1), "loa_guess").is_ok());
            logins.failed(at(0), ip(1));
        }
        assert!(logins.admit(at(59), ip(1), "loa_guess").is_err());
        assert!(logins.admit(at(59), ip(1), "loa_good").is_ok());
        assert!(logins.admit(at(59), ip(2), "loa_guess").is_ok());
        assert!(logins.admit(at(60), ip(1), "loa_guess").is_ok(), "the window is over");
    }

    #[test]
    fn memory_does_not_grow_with_the_number_of_peers() {
        let logins = Logins::default();
        for n in 0..2 * u32::try_from(PEERS_MAX).unwrap() {
            logins.failed(at(i64::from(n) / 1000), ip(n));
            logins.succeeded(&n.to_string());
        }
        let memory = logins.memory.lock().unwrap();
        assert_eq!((memory.failures.len(), memory.good.len()), (PEERS_MAX, GOOD_KEYS_MAX));
    }
}
