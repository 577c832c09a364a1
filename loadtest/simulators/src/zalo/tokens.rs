//! Consent, access tokens and refresh tokens: one pair at a time, a refresh token for one use.

use super::codes::{self, Refusal};
use super::script::{OauthScript, ZaloScript};
use super::sign::{challenge, sha256_hex};
use std::collections::VecDeque;

/// Consent codes and old access tokens remembered.
const CODES_MAX: usize = 64;
const OLD_MAX: usize = 64;

/// A pair of tokens, as the API Explorer hands it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// For API calls, in the header `access_token`.
    pub access_token: String,
    /// For the next pair, once.
    pub refresh_token: String,
}

#[derive(Debug, Clone)]
struct Held {
    grant: Grant,
    access_until_ms: u64,
    refresh_until_ms: u64,
}

#[derive(Debug)]
struct Consent {
    code: String,
    challenge: Option<String>,
    until_ms: u64,
}

/// Why an access token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    Unknown,
    Expired,
    Revoked,
}

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    held: Option<Held>,
    /// Access tokens of before, with their end where they live on.
    old: VecDeque<(String, u64)>,
    codes: VecDeque<Consent>,
    made: u64,
    revoked: bool,
}

impl Tokens {
    /// A new pair; the one before it is over.
    pub(crate) fn grant(&mut self, script: &ZaloScript, now_ms: u64) -> Grant {
        self.made += 1;
        let token = |kind: &str| sha256_hex(&[kind, &script.seed.to_string(), &self.made.to_string()]);
        let grant = Grant { access_token: token("access"), refresh_token: token("refresh") };
        let until = |life_s: u64| now_ms.saturating_add(life_s.saturating_mul(1_000));
        let held = Held {
            grant: grant.clone(),
            access_until_ms: until(script.access_token_s),
            refresh_until_ms: until(script.oauth.refresh_token_s),
        };
        if let Some(before) = self.held.replace(held) {
            let until_ms = if script.oauth.old_access_lives { before.access_until_ms } else { 0 };
            push_bounded(&mut self.old, (before.grant.access_token, until_ms), OLD_MAX);
        }
        self.revoked = false;
        grant
    }

    /// A code for `/v4/oa/access_token`.
    pub(crate) fn consent(
        &mut self,
        seed: u64,
        script: &OauthScript,
        challenge: Option<String>,
        now_ms: u64,
    ) -> String {
        self.made += 1;
        let code = sha256_hex(&["code", &seed.to_string(), &self.made.to_string()]);
        let until_ms = now_ms.saturating_add(script.code_s.saturating_mul(1_000));
        push_bounded(&mut self.codes, Consent { code: code.clone(), challenge, until_ms }, CODES_MAX);
        code
    }

    /// Uses a code up.
    pub(crate) fn redeem(&mut self, code: &str, verifier: Option<&str>, now_ms: u64) -> Result<(), Refusal> {
        let at = self.codes.iter().position(|consent| consent.code == code);
        let consent = at.and_then(|at| self.codes.remove(at)).ok_or(codes::CODE_INVALID)?;
        if consent.until_ms <= now_ms {
            return Err(codes::CODE_INVALID.into());
        }
        match (consent.challenge, verifier) {
            (Some(wanted), Some(verifier)) if challenge(verifier) == wanted => Ok(()),
            (Some(_), _) => Err(codes::CODE_INVALID.with("Invalid code verifier")),
            (None, _) => Ok(()),
        }
    }

    /// Whether this is the refresh token in force. The [`Tokens::grant`] that follows uses it up.
    pub(crate) fn may_refresh(&self, refresh_token: &str, now_ms: u64) -> bool {
        let fits = |held: &Held| held.grant.refresh_token == refresh_token && held.refresh_until_ms > now_ms;
        !self.revoked && self.held.as_ref().is_some_and(fits)
    }

    pub(crate) fn check(&self, access_token: &str, now_ms: u64) -> Result<(), Unfit> {
        let current = self.held.as_ref().filter(|held| held.grant.access_token == access_token);
        let old = || self.old.iter().find(|(token, _)| token == access_token).map(|&(_, until_ms)| until_ms);
        match current.map(|held| held.access_until_ms).or_else(old) {
            None => Err(Unfit::Unknown),
            Some(_) if self.revoked => Err(Unfit::Revoked),
            Some(until_ms) if until_ms <= now_ms => Err(Unfit::Expired),
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn expire_access(&mut self) {
        if let Some(held) = &mut self.held {
            held.access_until_ms = 0;
        }
        for (_, until_ms) in &mut self.old {
            *until_ms = 0;
        }
    }

    pub(crate) fn revoke(&mut self) {
        self.revoked = true;
        self.codes.clear();
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, max: usize) {
    if queue.len() >= max {
        queue.pop_front();
    }
    queue.push_back(item);
}
