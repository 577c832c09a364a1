//! After a post is accepted: reading it back, and what can be shown of it for some days. Politely: one call at a time,
//! ever further apart, and none while much of the limits is used.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use contract::{Body, Exhibit, Finding, Health, PostAct, Receipt, ReceiptVerdict};
use jiff::SignedDuration;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    api::Trouble,
    codes::Class,
    lane::Lane,
    reply::{id, integer, moment, text},
};

/// Posts measured at a time; later ones are read back only.
const FOLLOWED_MAX: usize = 64;
/// Posts and changes read back at a time.
const READ_MAX: usize = 256;
/// When to read a post back: a new one may not be readable at once.
const READ_BACK_S: [u64; 6] = [0, 1, 3, 10, 60, 300];
/// When to hand facts over again that could not be kept.
const KEEP_AGAIN_S: [u64; 4] = [0, 1, 10, 60];
const EVERY_MAX: Duration = Duration::from_secs(86_400);
const LINK_MAX: usize = 500;

/// Meta's names of metrics and the ledger's.
const NAMES: &[(&str, &str)] = &[("post_media_view", "views"), ("post_total_media_view_unique", "viewers")];

/// What an accepted call made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Post,
    Edit,
    Comment,
    Gap,
}

/// Follows what was accepted, in the background.
pub(crate) fn follow(lane: &Arc<Lane>, body: &Body, reference: &str) {
    let Body::Post(post) = body else { return };
    let made = match post.act {
        PostAct::Publish => Made::Post,
        PostAct::Edit(_) => Made::Edit,
        PostAct::Comment(_) => Made::Comment,
        PostAct::Delete(_) => Made::Gap,
    };
    start(lane, reference, made);
}

/// Takes up again what an earlier owner of the lane followed: the app's own posts of the last days.
pub(crate) async fn resume(lane: Arc<Lane>) {
    let ready = async {
        let mut health = lane.board.subscribe();
        health.wait_for(Health::can_send).await.is_ok()
    };
    let ready = tokio::select! {
        ready = ready => ready,
        () = lane.closing.cancelled() => false,
    };
    let hours = i64::try_from(lane.settings.evidence_for_hours).unwrap_or(0);
    if !ready || hours == 0 {
        return;
    }
    let path = format!("{}/published_posts", lane.settings.page_id);
    let query = [("fields", "id,created_time,application"), ("limit", "100")];
    let Some(Some(page)) = ask(&lane, &path, &query).await else { return };
    let after =
        lane.context.clock.now().saturating_sub(SignedDuration::from_hours(hours)).unwrap_or_default();
    let ours = |row: &&Value| {
        let app = row.get("application").and_then(|app| id(app, "id"));
        let created = row.get("created_time").and_then(moment);
        app.as_deref() == Some(&lane.settings.app_id) && created >= Some(after)
    };
    let rows = page.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for reference in rows.iter().filter(ours).filter_map(|row| id(row, "id")) {
        start(&lane, &reference, Made::Post);
    }
}

fn start(lane: &Arc<Lane>, reference: &str, made: Made) {
    let others = lane.followed.fetch_add(1, Ordering::SeqCst);
    if others >= READ_MAX {
        lane.followed.fetch_sub(1, Ordering::SeqCst);
        tracing::warn!(lane = %lane.context.lane, reference, "too much at a time to read this one back");
        return;
    }
    let (lane, reference) = (Arc::clone(lane), reference.to_owned());
    let tracker = lane.tasks.clone();
    tracker.spawn(async move {
        let closing = lane.closing.clone();
        tokio::select! {
            () = closing.cancelled() => {}
            () = after(&lane, &reference, made, others < FOLLOWED_MAX) => {}
        }
        lane.followed.fetch_sub(1, Ordering::SeqCst);
    });
}

async fn after(lane: &Lane, reference: &str, made: Made, measured: bool) {
    let Some(read) = read_back(lane, reference, made).await else { return };
    keep_receipt(lane, reference, read.visible).await;
    if made == Made::Post && measured && lane.settings.evidence_for_hours > 0 {
        measure_on(lane, reference, read.permalink).await;
    } else if read.permalink.is_some() {
        keep(lane, reference, read.permalink, Vec::new()).await;
    }
}

struct ReadBack {
    permalink: Option<String>,
    visible: bool,
}

/// `None`: it could not be read, so nothing is known beyond its acceptance.
async fn read_back(lane: &Lane, reference: &str, made: Made) -> Option<ReadBack> {
    let fields = match made {
        Made::Post | Made::Edit => "id,permalink_url,is_published",
        Made::Comment => "id,permalink_url",
        Made::Gap => "id",
    };
    for wait in READ_BACK_S {
        if !lane.rest(Duration::from_secs(wait)).await {
            return None;
        }
        let turn = lane.reading.acquire().await;
        if made == Made::Gap {
            if lane.is_there(reference).await == Ok(Some(false)) {
                return Some(ReadBack { permalink: None, visible: true });
            }
        } else if let Ok(post) = lane.api.get(reference, &[("fields", fields)]).await {
            let visible = post.get("is_published").and_then(Value::as_bool) != Some(false);
            return Some(ReadBack { permalink: permalink(&post), visible });
        }
        drop(turn);
    }
    tracing::warn!(lane = %lane.context.lane, reference, "accepted, but it can't be read back");
    None
}

fn permalink(post: &Value) -> Option<String> {
    let link = text(post, "permalink_url").filter(|link| link.len() <= LINK_MAX)?;
    if link.starts_with('/') {
        Some(format!("https://www.facebook.com{link}"))
    } else {
        Some(link.to_owned())
    }
}

async fn keep_receipt(lane: &Lane, reference: &str, visible: bool) {
    let receipt = Receipt {
        references: vec![reference.to_owned()],
        address: None,
        verdict: if visible { ReceiptVerdict::Delivered } else { ReceiptVerdict::Progress },
        code: (!visible).then(|| "unpublished".to_owned()),
        provider_at: None,
        raw: None,
    };
    for wait in KEEP_AGAIN_S {
        if !lane.rest(Duration::from_secs(wait)).await {
            return;
        }
        if lane.context.receipts.record(vec![receipt.clone()]).await.is_ok() {
            return;
        }
    }
    tracing::warn!(lane = %lane.context.lane, reference, "the receipt could not be kept");
}

/// Measures, waits twice as long as before, and measures again.
async fn measure_on(lane: &Lane, reference: &str, permalink: Option<String>) {
    let end = Instant::now() + lane.settings.evidence_for();
    let mut wait = lane.settings.evidence_every();
    let mut first = true;
    loop {
        let metrics = measure(lane, reference).await;
        // The address is known, even while there are no figures.
        if metrics.is_some() || first {
            keep(lane, reference, permalink.clone(), metrics.unwrap_or_default()).await;
        }
        if Instant::now() + wait > end || !lane.rest(wait).await {
            return;
        }
        first = false;
        wait = (wait * 2).min(EVERY_MAX);
    }
}

async fn keep(lane: &Lane, reference: &str, permalink: Option<String>, metrics: Vec<(String, Option<i64>)>) {
    let at = lane.context.clock.now();
    let exhibit = Exhibit { reference: reference.to_owned(), permalink, metrics, at };
    if let Err(error) = lane.context.receipts.found(vec![Finding::Exhibit(exhibit)]).await {
        tracing::warn!(lane = %lane.context.lane, %error, "evidence not kept; it is measured again later");
    }
}

/// All figures, each in a call of its own: one that may not be read would fail the others. `None`: not now.
async fn measure(lane: &Lane, reference: &str) -> Option<Vec<(String, Option<i64>)>> {
    let counts = [
        ("reactions", "reactions.limit(0).summary(total_count)", "/reactions/summary/total_count"),
        ("comments", "comments.limit(0).summary(total_count)", "/comments/summary/total_count"),
        ("shares", "shares", "/shares/count"),
    ];
    let mut metrics = Vec::new();
    for (name, fields, place) in counts {
        let post = ask(lane, reference, &[("fields", fields)]).await?;
        metrics.push((name.to_owned(), post.and_then(|post| post.pointer(place).and_then(integer))));
    }
    let path = format!("{reference}/insights");
    for metric in &lane.settings.evidence_metrics {
        let rows = ask(lane, &path, &[("metric", metric), ("period", "lifetime")]).await?;
        let name =
            NAMES.iter().find(|(theirs, _)| theirs == metric).map_or(metric.as_str(), |(_, ours)| ours);
        metrics.push((name.to_owned(), rows.and_then(|rows| value(&rows, metric))));
    }
    Some(metrics)
}

/// `None`: too much of the limits is used, or the lane can't call now. `Some(None)`: this one isn't to be had.
async fn ask(lane: &Lane, path: &str, query: &[(&str, &str)]) -> Option<Option<Value>> {
    let _turn = lane.reading.acquire().await.ok()?;
    let quiet = lane.board.used_percent() < lane.settings.evidence_stop_percent;
    if !quiet || lane.board.paused().is_some() || lane.board.stopped().is_some() {
        return None;
    }
    match lane.api.get(path, query).await {
        Ok(value) => Some(Some(value)),
        Err(Trouble::Refused { class: Class::Throttle | Class::Token, .. } | Trouble::Unsent { .. }) => None,
        Err(Trouble::Refused { .. } | Trouble::Lost { .. }) => Some(None),
    }
}

/// The lifetime figure of a metric; stale rows of single days may stand beside it.
fn value(rows: &Value, metric: &str) -> Option<i64> {
    let rows = rows.get("data")?.as_array()?;
    let row = rows.iter().find(|row| {
        text(row, "name").is_none_or(|name| name == metric)
            && text(row, "period").is_none_or(|period| period == "lifetime")
    })?;
    row.get("values")?.as_array()?.last()?.get("value").and_then(integer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_lifetime_row_is_taken_and_absence_is_not_zero() {
        let row =
            |period: &str, value: Value| json!({"name": "m", "period": period, "values": [{"value": value}]});
        let table = [
            (json!({"data": [row("day", json!(1)), row("lifetime", json!(1834))]}), Some(1834)),
            (json!({"data": [row("lifetime", json!(0))]}), Some(0)),
            (json!({"data": [row("day", json!(1))]}), None),
            (json!({"data": []}), None),
            (json!({"data": [row("lifetime", json!({"like": 2}))]}), None),
            (json!({"data": [{"name": "m", "values": []}]}), None),
            (json!(null), None),
        ];
        for (rows, expected) in table {
            assert_eq!(value(&rows, "m"), expected, "{rows}");
        }
    }
}
