//! Before anything is done: limits, the token and what it is, its proof, its scopes.

use super::ask::Ask;
use super::error::GraphError;
use super::hooks::hmac_hex;
use super::script::{RateBlock, TokenKind};
use super::serve::Route;
use super::world::World;
use serde_json::{Value, json};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const HOUR_S: i64 = 60 * 60;

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer {
    Page,
    User,
    SystemUser,
    App,
}

/// What the platform knows of a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) bearer: Bearer,
    /// Seconds since 1970; 0: never.
    pub(crate) expires_at: i64,
    pub(crate) data_access_expires_at: i64,
    /// Why it is invalid.
    pub(crate) invalid: Option<u32>,
    /// The token that `token` of the script describes, with its scopes.
    pub(crate) scripted: bool,
    /// Made in one hour's time from a short-lived token.
    pub(crate) short: bool,
}

impl World {
    pub(crate) fn known(&self, token: &str) -> Option<Known> {
        let script = &self.script;
        let now_s = self.now_s();
        let issued_s = (self.started_ms / 1_000) as i64;
        let plain = |bearer, expires_at, short| Known {
            bearer,
            expires_at,
            data_access_expires_at: 0,
            invalid: (expires_at != 0 && expires_at <= now_s).then_some(463),
            scripted: false,
            short,
        };
        if token == script.page_token {
            let bearer = match script.token.kind {
                TokenKind::Page => Bearer::Page,
                TokenKind::User => Bearer::User,
                TokenKind::SystemUser => Bearer::SystemUser,
            };
            let mut known = plain(bearer, script.token.expires_at, false);
            known.data_access_expires_at = script.token.data_access_expires_at;
            known.scripted = true;
            if !script.token.is_valid {
                known.invalid = Some(script.token.invalid_subcode);
            }
            return Some(known);
        }
        let short = issued_s + HOUR_S;
        if token == script.user_token {
            Some(plain(Bearer::User, issued_s + 60 * 24 * HOUR_S, false))
        } else if token == script.short_user_token {
            Some(plain(Bearer::User, short, true))
        } else if token == script.system_user_token {
            Some(plain(Bearer::SystemUser, 0, false))
        } else if token.strip_suffix("-short").is_some_and(|long| long == script.page_token) {
            Some(plain(Bearer::Page, short, true))
        } else if token.split_once('|') == Some((&script.app_id, &script.app_secret)) {
            Some(plain(Bearer::App, 0, false))
        } else {
            None
        }
    }

    /// The token of a call, good or not.
    pub(crate) fn bearer(&self, ask: &Ask) -> Option<Known> {
        self.known(ask.token.as_deref()?)
    }

    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.script.token.scopes.iter().any(|one| one == scope)
    }

    /// Reads come back empty, without an error.
    pub(crate) fn data_access_ended(&self, ask: &Ask) -> bool {
        let ends = self.bearer(ask).map_or(0, |known| known.data_access_expires_at);
        ends != 0 && ends <= self.now_s()
    }

    /// The header `X-Business-Use-Case-Usage`; none while all is 0.
    pub(crate) fn page_usage(&self) -> Option<Value> {
        let mut usage = self.script.page_usage;
        if let Some(calls_max) = self.script.calls_max {
            usage.call_count = usage.call_count.max(self.calls.saturating_mul(100) / calls_max.max(1));
        }
        let blocked = self.page_blocked();
        if usage.most() == 0 && !blocked {
            return None;
        }
        let minutes = match self.blocked_until_ms.saturating_sub(self.now_ms) {
            0 if blocked => self.script.regain_minutes,
            left_ms => left_ms.div_ceil(60_000) as u32,
        };
        let page = &self.script.page_id;
        Some(json!({ page: [{"type": "pages", "call_count": usage.call_count,
            "total_cputime": usage.total_cputime, "total_time": usage.total_time,
            "estimated_time_to_regain_access": minutes}] }))
    }

    fn page_blocked(&self) -> bool {
        self.script.rate_block == Some(RateBlock::Page)
            || self.script.page_usage.most() >= 100
            || self.now_ms < self.blocked_until_ms
    }

    /// Counts a call of a Page token and says whether the limit is reached. Calling on extends the block.
    fn limit(&mut self) -> Result<(), GraphError> {
        if self.script.rate_block == Some(RateBlock::App) || self.script.app_usage.most() >= 100 {
            return Err(GraphError::new(4, "(#4) Application request limit reached"));
        }
        if let Some(calls_max) = self.script.calls_max {
            if self.now_ms >= self.calls_since_ms + DAY_MS {
                (self.calls, self.calls_since_ms) = (0, self.now_ms);
            }
            self.calls = self.calls.saturating_add(1);
            let over_again = self.blocked_until_ms != 0 && self.now_ms >= self.blocked_until_ms;
            if over_again {
                (self.calls, self.calls_since_ms, self.blocked_until_ms) = (1, self.now_ms, 0);
            }
            if self.calls > calls_max {
                self.blocked_until_ms = self.now_ms + u64::from(self.script.regain_minutes) * 60_000;
            }
        }
        if self.page_blocked() {
            let text = "(#80001) There have been too many calls to this Page account. \
                        Wait a bit and try again.";
            return Err(GraphError::new(80_001, text));
        }
        Ok(())
    }
}

/// What has to be right before a route looks at its parameters.
pub(crate) fn check(world: &mut World, ask: &Ask, route: Route) -> Result<(), GraphError> {
    if ask.has("date_format") {
        return Err(GraphError::parameter("date_format is not supported"));
    }
    if route == Route::Exchange {
        return Ok(());
    }
    let Some(token) = ask.token.as_deref() else {
        return Err(GraphError::new(104, "An access token is required to request this resource."));
    };
    let Some(known) = world.known(token) else {
        return Err(GraphError::new(190, "Invalid OAuth access token - Cannot parse access token"));
    };
    check_proof(world, ask, token, known)?;
    if let Some(subcode) = known.invalid {
        return Err(invalid(subcode));
    }
    if known.bearer != Bearer::App {
        world.limit()?;
    }
    Ok(())
}

/// Why a token is refused.
pub(crate) fn invalid(subcode: u32) -> GraphError {
    let error = GraphError::documented(190, Some(subcode));
    error.unwrap_or_else(|| GraphError::new(190, "Error validating access token.").sub(subcode))
}

fn check_proof(world: &mut World, ask: &Ask, token: &str, known: Known) -> Result<(), GraphError> {
    let good = hmac_hex(&world.script.app_secret, token.as_bytes());
    match ask.get("appsecret_proof") {
        Some(proof) if proof == good => Ok(()),
        Some(_) => {
            let text = "Invalid appsecret_proof provided in the API argument";
            Err(GraphError::new(100, text).method())
        }
        None if world.script.proof_required && known.bearer != Bearer::App => {
            world.counts.proofs_missing += 1;
            let text = "API calls from the server require an appsecret_proof argument";
            Err(GraphError::new(100, text).method())
        }
        None => Ok(()),
    }
}

/// The call needs a Page token of this Page.
pub(crate) fn page_token(world: &World, ask: &Ask) -> Result<(), GraphError> {
    match world.bearer(ask).map(|known| known.bearer) {
        Some(Bearer::Page) => Ok(()),
        Some(Bearer::SystemUser) => {
            Err(GraphError::new(210, "(#210) A page access token is required to request this resource."))
        }
        _ => {
            let text = "A Page access token is required for this call for the new Pages experience.";
            Err(GraphError::new(190, text).sub(2_069_032))
        }
    }
}

/// The call needs these permissions to write.
pub(crate) fn may_publish(world: &World) -> Result<(), GraphError> {
    if world.has_scope("pages_manage_posts") && world.has_scope("pages_read_engagement") {
        return Ok(());
    }
    let text = "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts as an \
                admin with sufficient administrative permission";
    Err(GraphError::new(200, text))
}

/// The call needs this permission to read.
pub(crate) fn may_read(world: &World, scope: &str) -> Result<(), GraphError> {
    if world.has_scope(scope) {
        return Ok(());
    }
    let text = format!("(#10) This endpoint requires the '{scope}' permission");
    Err(GraphError::new(10, text))
}

/// The Page of a path: its id, or `me` with a Page token.
pub(crate) fn is_page(world: &World, ask: &Ask, id: &str) -> bool {
    let me = || world.bearer(ask).is_some_and(|known| known.bearer == Bearer::Page);
    id == world.script.page_id || (id == "me" && me())
}
