//! Whether the token still is what the settings say: asked at the start, daily, and while something is wrong.
//! Meta tells nobody that a token has died.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use rand::RngExt;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    api::Trouble,
    board::{About, Stop},
    codes::Class,
    config::{FacebookSettings, TokenCheck},
    lane::Lane,
    reply::{self, integer, moment},
    versions,
};

/// Without it nothing can be posted.
const NEEDED: &str = "pages_manage_posts";
/// Without it nothing can be looked up, and Meta takes the other one away in time.
const WANTED: &str = "pages_read_engagement";
const SCOPES_MAX: usize = 200;
const HOUR_S: i64 = 3_600;
const PAGE_TEXT_MAX: usize = 200;

/// What an inspection shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Why nothing can be posted.
    pub(crate) stop: Option<String>,
    pub(crate) warnings: Vec<(About, String)>,
}

/// What Meta says about the Page itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageState {
    pub(crate) text: String,
    /// Publishing is taken away from the Page.
    pub(crate) barred: bool,
}

/// Inspects until the lane closes.
pub(crate) async fn watch(lane: Arc<Lane>) {
    let mut failures = 0_u32;
    loop {
        let wait = match inspect(&lane).await {
            Ok(()) => {
                failures = 0;
                every(&lane)
            }
            Err(trouble) => {
                let text = trouble.text().to_owned();
                tracing::warn!(lane = %lane.context.lane, reason = %text, "the token can't be inspected");
                lane.board.away(Some(text));
                failures = failures.saturating_add(1);
                backoff(&lane.settings, failures)
            }
        };
        if !rest(&lane, Instant::now() + wait).await {
            return;
        }
    }
}

/// Stopped lanes are looked at when their time is over.
fn every(lane: &Lane) -> Duration {
    let usual = Duration::from_secs(lane.settings.inspect_every_s);
    match lane.board.stopped() {
        Some(_) => usual.min(Duration::from_secs(lane.settings.stopped_for_s)),
        None => usual,
    }
}

fn backoff(settings: &FacebookSettings, failures: u32) -> Duration {
    let least = settings.reconnect_min_ms;
    let grown = least.saturating_mul(1_u64 << failures.min(16)).min(settings.reconnect_max_ms).max(least);
    Duration::from_millis(rand::rng().random_range(grown / 2..=grown))
}

/// Waits until `end`, or until something happened that an inspection may clear up. False: the lane closes.
async fn rest(lane: &Lane, end: Instant) -> bool {
    loop {
        let next = lane.board.pause_end().map_or(end, |pause| pause.min(end));
        tokio::select! {
            () = lane.closing.cancelled() => return false,
            () = tokio::time::sleep_until(next) => {}
            () = lane.board.changed.notified() => {
                if lane.board.is_away() || lane.board.stopped().is_some_and(|stop| stop.until.is_some()) {
                    // Not at once: what was away a moment ago still is.
                    return lane.rest(backoff(&lane.settings, 1)).await && until_tried_again(lane).await;
                }
            }
        }
        lane.board.refresh(Instant::now());
        if Instant::now() >= end {
            return true;
        }
    }
}

/// A refusal of Meta's stands for its time; inspecting before that proves nothing.
async fn until_tried_again(lane: &Lane) -> bool {
    let Some(until) = lane.board.stopped().and_then(|stop| stop.until) else { return true };
    lane.rest(until.saturating_duration_since(Instant::now())).await
}

/// One inspection. `Err`: nothing was learnt.
async fn inspect(lane: &Lane) -> Result<(), Trouble> {
    let (settings, now) = (&lane.settings, lane.context.clock.now());
    let said = match settings.token_check {
        TokenCheck::Post => lane.api.inspect(true).await,
        TokenCheck::Get => lane.api.inspect(false).await,
        TokenCheck::Off => lane.api.get(&settings.page_id, &[("fields", "id")]).await,
    };
    let mut findings = match said {
        Ok(value) if settings.token_check == TokenCheck::Off => page_itself(&value, settings),
        Ok(value) => read(value.get("data").unwrap_or(&Value::Null), settings, now),
        Err(Trouble::Refused { class: Class::Uncertain | Class::Throttle, code, text }) => {
            return Err(Trouble::Refused { class: Class::Uncertain, code, text });
        }
        Err(Trouble::Refused { text, .. }) => Findings {
            stop: Some(format!("the token's inspection was refused: {text}")),
            ..Findings::default()
        },
        Err(trouble) => return Err(trouble),
    };
    findings.stop = findings.stop.map(|text| lane.api.redact(&text));
    if findings.stop.is_none()
        && let Some(state) = page_state(lane).await
    {
        findings.stop = state.barred.then(|| state.text.clone());
        findings.warnings.push((About::Page, state.text));
    }
    let today = now.to_zoned(TimeZone::UTC).date();
    findings.warnings.extend(versions::warning(settings, today).map(|text| (About::VersionEnd, text)));
    show(lane, findings);
    Ok(())
}

fn show(lane: &Lane, findings: Findings) {
    for about in [About::Token, About::DataAccess, About::Rights, About::Page, About::VersionEnd] {
        let text = findings.warnings.iter().find(|(of, _)| *of == about).map(|(_, text)| text.clone());
        lane.board.warn(about, text);
    }
    match findings.stop {
        Some(text) => {
            tracing::error!(lane = %lane.context.lane, reason = %text, "stopped");
            lane.board.stop(Stop { code: "token".to_owned(), text, until: None });
        }
        None => lane.board.release(Instant::now()),
    }
    lane.board.away(None);
}

fn page_itself(value: &Value, settings: &FacebookSettings) -> Findings {
    let other = reply::id(value, "id").is_some_and(|id| id != settings.page_id);
    Findings {
        stop: other.then(|| "page_id is answered by another object".to_owned()),
        ..Findings::default()
    }
}

/// Reads `data` of `debug_token`. What is absent is not held against the token.
fn read(data: &Value, settings: &FacebookSettings, now: Timestamp) -> Findings {
    let mut findings = Findings { stop: wrong(data, settings, now), warnings: Vec::new() };
    let mut warn = |about, text: String| findings.warnings.push((about, text));
    let hours = |key: &str| end(data, key).map(|end| end.duration_since(now).as_secs() / HOUR_S);
    let near = |hours: &i64| *hours <= i64::from(settings.warn_days) * 24;
    if let Some(left) = hours("expires_at").filter(near) {
        warn(About::Token, format!("the Page token ends in {}: create one without an end", period(left)));
    }
    match hours("data_access_expires_at").filter(near) {
        Some(left) if left < 0 => warn(
            About::DataAccess,
            "data access has ended: lists may be empty without an error, so no absence is proved; log in again".into(),
        ),
        Some(left) => warn(About::DataAccess, format!("data access ends in {}: log in again", period(left))),
        None => {}
    }
    if reply::id(data, "app_id").is_some_and(|app| app != settings.app_id) {
        warn(About::Rights, "the Page token belongs to another app than app_id".into());
    } else if lacks(data, WANTED) {
        warn(About::Rights, format!("the token lacks {WANTED}: posts can't be read back"));
    }
    findings
}

fn wrong(data: &Value, settings: &FacebookSettings, now: Timestamp) -> Option<String> {
    const REMEDY: &str = "create a new Page token and put it where page_token is kept";
    if data.get("is_valid").and_then(Value::as_bool) == Some(false) {
        let why =
            data.get("error").and_then(|error| reply::text(error, "message")).unwrap_or("no reason given");
        return Some(format!(
            "the Page token is no longer valid ({}): {REMEDY}",
            reply::cut(why, PAGE_TEXT_MAX)
        ));
    }
    let kind = reply::text(data, "type").unwrap_or("PAGE");
    if !kind.eq_ignore_ascii_case("PAGE") {
        let kind = reply::cut(kind, 20);
        return Some(format!(
            "page_token is a token of kind {kind}, not of a Page: exchange it at /me/accounts"
        ));
    }
    if reply::id(data, "profile_id").is_some_and(|page| page != settings.page_id) {
        return Some("page_token belongs to another Page than page_id".to_owned());
    }
    if end(data, "expires_at").is_some_and(|end| end <= now) {
        return Some(format!("the Page token has expired: {REMEDY}"));
    }
    lacks(data, NEEDED).then(|| format!("the token lacks {NEEDED}: give the app this right and {REMEDY}"))
}

/// 0 and absence both mean that there is no end.
fn end(data: &Value, key: &str) -> Option<Timestamp> {
    let value = data.get(key).filter(|value| integer(value) != Some(0))?;
    moment(value)
}

fn lacks(data: &Value, scope: &str) -> bool {
    let scopes = data.get("scopes").and_then(Value::as_array);
    scopes.is_some_and(|scopes| !scopes.iter().take(SCOPES_MAX).any(|have| have.as_str() == Some(scope)))
}

fn period(hours: i64) -> String {
    if hours < 48 { format!("{} h", hours.max(0)) } else { format!("{} days", hours / 24) }
}

/// `page_status`, if it may be read and there is something to say.
pub(crate) async fn page_state(lane: &Lane) -> Option<PageState> {
    let path = format!("{}/page_status", lane.settings.page_id);
    match lane.api.get(&path, &[]).await {
        Ok(value) => read_page_state(&value),
        Err(trouble) => {
            tracing::debug!(lane = %lane.context.lane, reason = %trouble.text(), "page_status can't be read");
            None
        }
    }
}

fn read_page_state(value: &Value) -> Option<PageState> {
    let status = reply::text(value, "status").filter(|status| !status.eq_ignore_ascii_case("ok"))?;
    let restrictions =
        value.get("restrictions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut barred = status.eq_ignore_ascii_case("suspended");
    let mut text = format!("Meta says of the Page: {}", reply::cut(status, 20));
    for restriction in restrictions.iter().take(8) {
        let Some(feature) = reply::text(restriction, "feature") else { continue };
        let over = reply::text(restriction, "status").is_some_and(|status| !is_in_force(status));
        barred |= !over && matches!(feature, "page_publish" | "page_read_only");
        text.push_str(&format!(", {feature}"));
        if let Some(end) = restriction.get("expiration_time").and_then(moment) {
            text.push_str(&format!(" until {end}"));
        }
    }
    Some(PageState { text: reply::cut(&text, PAGE_TEXT_MAX), barred })
}

/// The words for a restriction's state aren't published: only those that plainly say it is over count as over.
fn is_in_force(status: &str) -> bool {
    !["expired", "lifted", "removed", "inactive", "resolved"]
        .iter()
        .any(|over| status.eq_ignore_ascii_case(over))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
