//! The numbers of a post, growing with its age, and `/{post}/insights`.

use super::ask::Ask;
use super::error::GraphError;
use super::gate::{may_read, page_token};
use super::world::{Stored, World};
use serde_json::{Value, json};

/// Metrics of one call.
const METRICS_MAX: usize = 50;
const MINUTE_MS: u64 = 60_000;

/// What people did with a post so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) views: u64,
    pub(crate) viewers: u64,
    pub(crate) clicks: u64,
    pub(crate) reactions: u64,
    pub(crate) shares: u64,
    comments: u64,
}

impl Numbers {
    pub(crate) fn of(world: &World, post: &Stored) -> Self {
        let script = world.script.engagement;
        let age_ms = world.now_ms.saturating_sub(post.shown_ms());
        let grown = script.views_per_minute.saturating_mul(age_ms) / MINUTE_MS;
        let views = if post.is_public(world.now_ms) { grown.min(script.views_max) } else { 0 };
        let share = |percent: u64| views.saturating_mul(percent) / 100;
        Self {
            views,
            viewers: share(script.viewers_percent),
            clicks: share(script.clicks_percent),
            reactions: share(script.reactions_percent),
            shares: share(script.shares_percent),
            comments: post.comments.len() as u64,
        }
    }

    /// Of ten reactions: six likes, two loves, one wow, one sorry.
    fn reaction(&self, kind: &str) -> u64 {
        let (love, wow, sorry) = (self.reactions / 5, self.reactions / 10, self.reactions / 10);
        match kind {
            "like" => self.reactions - love - wow - sorry,
            "love" => love,
            "wow" => wow,
            "sorry" => sorry,
            _ => 0,
        }
    }

    fn value(&self, metric: &str) -> Value {
        match metric {
            "post_media_view" => json!(self.views),
            "post_total_media_view_unique" => json!(self.viewers),
            "post_clicks" => json!(self.clicks),
            "post_clicks_by_type" => {
                let links = self.clicks / 2;
                json!({"link clicks": links, "other clicks": self.clicks - links})
            }
            "post_reactions_by_type_total" => {
                let kinds = ["like", "love", "wow", "sorry"].map(|kind| (kind, self.reaction(kind)));
                kinds
                    .into_iter()
                    .filter(|(_, count)| *count > 0)
                    .map(|(kind, count)| (kind, json!(count)))
                    .collect()
            }
            "post_activity_by_action_type" => {
                json!({"share": self.shares, "like": self.reactions, "comment": self.comments})
            }
            other => {
                let kind = other.strip_prefix("post_reactions_").and_then(|rest| rest.strip_suffix("_total"));
                json!(kind.map_or(0, |kind| self.reaction(kind)))
            }
        }
    }
}

/// `GET /{post}/insights`
pub(crate) fn read(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    world.counts.insight_reads += 1;
    let id = ask.path.first().map_or("", String::as_str);
    page_token(world, ask)?;
    may_read(world, "pages_read_engagement")?;
    let metrics: Vec<&str> =
        ask.get("metric").unwrap_or("").split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if metrics.is_empty() || metrics.len() > METRICS_MAX {
        let text = "(#3001) No metric was specified to be fetched. Please specify one or more metrics.";
        return Err(GraphError::new(3_001, text).sub(1_504_028));
    }
    let post = world.post(id).ok_or_else(|| GraphError::unknown_object("get", id))?;
    let script = &world.script.insights;
    let is_in = |list: &[String], metric: &str| list.iter().any(|name| name == metric);
    // One bad name fails the whole call.
    if metrics.iter().any(|name| is_in(&script.removed, name) || !is_in(&script.valid, name)) {
        return Err(GraphError::parameter("The value must be a valid insights metric"));
    }
    if script.too_few_followers {
        let text = "(#2874008) Insights are available for Pages with 100 or more followers";
        return Err(GraphError::new(2_874_008, text));
    }
    if !world.has_scope("read_insights") || world.data_access_ended(ask) {
        return Ok(json!({"data": []}));
    }
    let numbers = Numbers::of(world, post);
    let mut data = Vec::new();
    for metric in metrics.into_iter().filter(|name| !is_in(&script.missing, name)) {
        if script.stale_day_rows {
            data.push(row(id, metric, "day", &json!(0)));
        }
        data.push(row(id, metric, "lifetime", &numbers.value(metric)));
    }
    // Other times of the same numbers: there is always a next one, and never more to it.
    let page = |name: &str| {
        let asked = ask.get("metric").unwrap_or("");
        format!("{}/v26.0/{id}/insights?metric={asked}&{name}={}", world.base, world.now_s())
    };
    Ok(json!({"data": data, "paging": {"previous": page("until"), "next": page("since")}}))
}

fn row(id: &str, metric: &str, period: &str, value: &Value) -> Value {
    json!({"name": metric, "period": period, "values": [{"value": value}], "title": metric,
        "description": "A number of this post", "id": format!("{id}/insights/{metric}/{period}")})
}
