//! Lists: `/published_posts` and its sisters, and the comments of a post; with cursors.

use super::ask::Ask;
use super::error::GraphError;
use super::fault::mix;
use super::fields;
use super::gate::{is_page, may_read, page_token};
use super::publish::read_time;
use super::show::{COMMENT_USUAL, comments_summary};
use super::world::{Author, Stored, World};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const LIMIT_USUAL: usize = 25;
const LIMIT_MAX: usize = 100;
/// The platform lists about so many posts of a year.
const LISTED_MAX: usize = 600;
/// Cursor of the place before the first row.
const START: &str = "start";

/// `GET /{page}/published_posts`, `/posts`, `/scheduled_posts`, `/feed`
pub(crate) fn list(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    world.counts.listing_reads += 1;
    let [page, edge] = ask.segments()[..] else { return Err(GraphError::unknown_object("get", "")) };
    if !is_page(world, ask, page) {
        return Err(GraphError::unknown_object("get", page));
    }
    page_token(world, ask)?;
    may_read(world, "pages_read_engagement")?;
    if edge == "feed" {
        // Visitors' posts are among them.
        may_read(world, "pages_read_user_content")?;
    }
    let wanted = fields::read(ask.get("fields"), "created_time,message,id")?;
    let limit = limit(ask)?;
    if world.script.listing.silently_empty || world.data_access_ended(ask) {
        return Ok(json!({"data": []}));
    }
    let posts = rows(world, ask, edge)?;
    let size = match world.script.listing.page_size {
        0 => limit,
        most => limit.min(most),
    };
    let after = ask.get("after").map(cursor_of).transpose()?;
    if after.is_none() && world.script.listing.empty_page_with_next {
        let next = next_url(world, ask, &cursor(START));
        return Ok(json!({"data": [], "paging": {"next": next}}));
    }
    let from = match after.as_deref() {
        None | Some(START) => 0,
        Some(id) => 1 + posts.iter().position(|post| post.id == id).ok_or_else(bad_cursor)?,
    };
    let shown = &posts[from..posts.len().min(from + size)];
    let data = shown.iter().map(|post| world.show_post(post, &wanted)).collect::<Result<Vec<_>, _>>()?;
    let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return Ok(json!({"data": []})) };
    let ends = json!({"before": cursor(&first.id), "after": cursor(&last.id)});
    let mut paging = json!({ "cursors": ends });
    if from + size < posts.len() {
        paging["next"] = json!(next_url(world, ask, &cursor(&last.id)));
    }
    Ok(json!({"data": data, "paging": paging}))
}

/// The posts of an edge in its order.
fn rows<'world>(world: &'world World, ask: &Ask, edge: &str) -> Result<Vec<&'world Stored>, GraphError> {
    let script = &world.script.listing;
    let now_ms = world.now_ms;
    let bound = |name: &str| match ask.get(name) {
        Some(text) if script.since_honoured => {
            let at = read_time(text).ok_or_else(|| GraphError::parameter(format_args!("Invalid {name}")))?;
            Ok(Some(at))
        }
        _ => Ok(None),
    };
    let (since, until) = (bound("since")?, bound("until")?);
    let belongs = |post: &&Stored| {
        let published = post.is_published(now_ms);
        let scheduled = !published && post.scheduled_s.is_some();
        let at = (post.created_ms / 1_000) as i64;
        let right_edge = match edge {
            "feed" => true,
            "scheduled_posts" => scheduled,
            _ => published && !matches!(post.author, Author::Visitor(_)),
        };
        let in_time = since.is_none_or(|since| at >= since) && until.is_none_or(|until| at <= until);
        let visible = post.shown_ms() + script.delayed_ms <= now_ms || scheduled;
        right_edge && in_time && visible && !post.deleted
    };
    let mut posts: Vec<&Stored> = world.posts.values().rev().filter(belongs).take(LISTED_MAX).collect();
    if script.shuffled {
        posts.sort_by_key(|post| mix(post.serial ^ world.script.seed));
    }
    Ok(posts)
}

/// `GET /{post}/comments`
pub(crate) fn comments(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    let id = ask.path.first().map_or("", String::as_str);
    may_read(world, "pages_read_engagement")?;
    let wanted = fields::read(ask.get("fields"), COMMENT_USUAL)?;
    let limit = limit(ask)?;
    let empty = world.script.listing.silently_empty || world.data_access_ended(ask);
    let post = world.post(id).ok_or_else(|| GraphError::unknown_object("get", id))?;
    let after = ask.get("after").map(cursor_of).transpose()?;
    let mut all: Vec<_> = post.comments.iter().filter(|_| !empty).collect();
    if ask.get("order") == Some("reverse_chronological") {
        all.reverse();
    }
    let from = match after {
        None => 0,
        Some(id) => 1 + all.iter().position(|comment| comment.id.to_string() == id).ok_or_else(bad_cursor)?,
    };
    let shown = &all[from..all.len().min(from + limit)];
    let data = shown.iter().map(|comment| world.show_comment(post, comment, &wanted));
    let mut answer = json!({"data": data.collect::<Result<Vec<_>, _>>()?});
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        let (before, after) = (cursor(&first.id.to_string()), cursor(&last.id.to_string()));
        answer["paging"] = json!({"cursors": {"before": before, "after": after}});
        if from + limit < all.len() {
            answer["paging"]["next"] = json!(next_url(world, ask, &after));
        }
    }
    if ask.get("summary").is_some_and(|summary| summary != "false" && summary != "0") {
        may_read(world, "pages_read_user_content")?;
        answer["summary"] = comments_summary(post);
    }
    Ok(answer)
}

fn limit(ask: &Ask) -> Result<usize, GraphError> {
    let limit = match ask.get("limit") {
        None => LIMIT_USUAL,
        Some(text) => text.parse().map_err(|_| GraphError::parameter("Param limit must be an integer"))?,
    };
    if limit > LIMIT_MAX {
        let text = "Please reduce the amount of data you're asking for: limit must be 100 or less";
        return Err(GraphError::parameter(text));
    }
    Ok(limit.max(1))
}

fn cursor(id: &str) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

fn cursor_of(text: &str) -> Result<String, GraphError> {
    let octets = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
    String::from_utf8(octets).map_err(|_| bad_cursor())
}

fn bad_cursor() -> GraphError {
    GraphError::parameter("Invalid cursors values")
}

/// The same call from the cursor on; the token is in it, as the platform has it.
fn next_url(world: &World, ask: &Ask, after: &str) -> String {
    let version = ask.version.as_deref().unwrap_or("v26.0");
    let plain = format!("{}/{version}/{}", world.base, ask.path.join("/"));
    let Ok(mut url) = reqwest::Url::parse(&plain) else { return plain };
    {
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("access_token", ask.token.as_deref().unwrap_or(""));
        for (name, value) in ask.params() {
            if !matches!(name, "after" | "before" | "appsecret_proof") {
                pairs.append_pair(name, value);
            }
        }
        pairs.append_pair("after", after);
    }
    url.to_string()
}
