//! Making articles and broadcasting them.

use super::call::{Call, Said, Told, text};
use super::clock::is_night;
use super::codes::{self, Refusal};
use super::outbox::Job;
use super::press::{Article, Broadcast, PRESS_MAX};
use super::sign::sha256_hex;
use super::world::World;
use serde_json::{Value, json};

const TITLE_MAX: usize = 150;
const AUTHOR_MAX: usize = 50;
const DESCRIPTION_MAX: usize = 300;
const ARTICLES_PER_BROADCAST_MAX: usize = 5;

/// `/v2.0/article/create`
pub(crate) fn create(world: &mut World, call: &Call) -> Told {
    let content = call.object()?;
    check(&content)?;
    if world.used.articles >= world.script.article_quota || world.press.articles.len() >= PRESS_MAX {
        return Err(codes::ARTICLE_QUOTA.into());
    }
    world.used.articles += 1;
    world.counts.articles += 1;
    let again = world.books.again(&("article", content["title"].to_string(), content["body"].to_string()));
    world.counts.duplicate_articles += u64::from(again);
    let number = world.press.articles.len().to_string();
    let seed = world.script.seed.to_string();
    let token = sha256_hex(&["article token", &seed, &number]);
    let id = sha256_hex(&["article", &seed, &number])[..20].to_owned();
    let shown = content["status"] == "show";
    let article =
        Article { token: token.clone(), id, ready: false, shown, removed: false, content, polls: 0 };
    world.press.articles.push(article);
    Ok(Said::Data(json!({ "token": token })))
}

/// `/v2.0/article/verify`
pub(crate) fn verify(world: &mut World, call: &Call) -> Told {
    let token = text(&call.object()?["token"]);
    let article = world.press.articles.iter_mut().find(|article| article.token == token);
    let article = article.ok_or_else(|| codes::INVALID.with("token is invalid"))?;
    if article.polls < world.script.article_polls {
        article.polls += 1;
        return Err(codes::PROCESSING.into());
    }
    article.ready = true;
    Ok(Said::Data(json!({ "id": article.id })))
}

/// `/v2.0/article/update`
pub(crate) fn update(world: &mut World, call: &Call) -> Told {
    let content = call.object()?;
    check(&content)?;
    let article = find(world, &text(&content["id"]))?;
    article.shown = content["status"] == "show";
    article.content = content;
    Ok(Said::Data(json!({ "id": article.id, "token": article.token })))
}

/// `/v2.0/article/remove`
pub(crate) fn remove(world: &mut World, call: &Call) -> Told {
    let id = text(&call.object()?["id"]);
    find(world, &id)?.removed = true;
    Ok(Said::Data(json!({ "id": id })))
}

/// `/v2.0/article/getdetail`
pub(crate) fn detail(world: &mut World, call: &Call) -> Told {
    let article = find(world, call.asked("id").unwrap_or(""))?;
    let mut detail = article.content.clone();
    detail["id"] = json!(article.id);
    detail["status"] = json!(if article.shown { "show" } else { "hide" });
    Ok(Said::Data(detail))
}

/// `/v2.0/article/getslice`
pub(crate) fn slice(world: &mut World, call: &Call) -> Told {
    let number = |name: &str| call.asked(name).and_then(|value| value.parse::<usize>().ok());
    let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(10));
    let standing = || world.press.articles.iter().filter(|article| article.ready && !article.removed);
    let medias: Vec<Value> = standing()
        .skip(offset)
        .take(limit.min(100))
        .map(|article| {
            json!({
                "id": article.id, "title": article.content["title"], "type": "normal",
                "status": if article.shown { "show" } else { "hide" }, "total_view": "0",
            })
        })
        .collect();
    Ok(Said::Data(json!({ "medias": medias, "total": standing().count() })))
}

/// `/v2.0/oa/message`: broadcasts only. Messages to users went this way once.
pub(crate) fn broadcast(world: &mut World, call: &Call) -> Told {
    let body = call.object()?;
    let recipient = &body["recipient"];
    if !recipient["user_id"].is_null() {
        return Err(codes::OLD_API.into());
    }
    let target = recipient["target"].clone();
    check_target(&target)?;
    let articles = elements(&body["message"]["attachment"])?;
    for id in &articles {
        if world.press.article_mut(id).is_none() {
            return Err(codes::INVALID.with("attachment_id is invalid"));
        }
    }
    if is_night(world.script.local_hour) {
        return Err(codes::OA_NIGHT.into());
    }
    if world.press.broadcasts.len() >= PRESS_MAX {
        return Err(codes::OUT_OF_QUOTA.into());
    }
    world.counts.broadcasts += 1;
    let again = world.books.again(&("broadcast", target.to_string(), &articles));
    world.counts.duplicate_broadcasts += u64::from(again);
    let message_id = world.fresh_id();
    let number = world.press.broadcasts.len();
    let accepted = Broadcast { message_id: message_id.clone(), articles, target, reached: None };
    world.press.broadcasts.push(accepted);
    world.later(call.now_ms.saturating_add(world.script.moderation_ms), Job::Broadcast(number));
    Ok(Said::Data(json!({ "message_id": message_id })))
}

fn find<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Article, Refusal> {
    world.press.article_mut(id).ok_or_else(|| codes::INVALID.with("id is invalid"))
}

fn check(content: &Value) -> Result<(), Refusal> {
    let invalid = |what: &str| Err(codes::INVALID.with(format!("{what} is invalid")));
    for (name, max) in [("title", TITLE_MAX), ("author", AUTHOR_MAX), ("description", DESCRIPTION_MAX)] {
        let length = text(&content[name]).chars().count();
        if length > max {
            return Err(codes::EXCEEDS.with(format!("{name} exceeds allowed limit")));
        }
        if length == 0 && name != "description" {
            return invalid(name);
        }
    }
    if content["type"] != "normal" {
        return invalid("type");
    }
    if !content["status"].is_null() && content["status"] != "show" && content["status"] != "hide" {
        return invalid("status");
    }
    let cover = &content["cover"];
    let public = text(&cover["photo_url"]).starts_with("http");
    if cover["cover_type"] != "photo" || !public || !cover["status"].is_string() {
        return Err(codes::SEND_FAILED.with("create media fail"));
    }
    let block = |block: &Value| match block["type"].as_str() {
        Some("text") => block["content"].is_string(),
        Some("image") => block["url"].is_string(),
        Some("video") => block["url"].is_string() || block["video_id"].is_string(),
        Some("product") => true,
        _ => false,
    };
    match content["body"].as_array() {
        Some(blocks) if !blocks.is_empty() && blocks.iter().all(block) => Ok(()),
        _ => invalid("body"),
    }
}

/// An object whose values are texts (values separated by commas) or single numbers, never lists.
fn check_target(target: &Value) -> Result<(), Refusal> {
    let invalid = || codes::INVALID.with("target is invalid");
    for (name, value) in target.as_object().ok_or_else(invalid)? {
        let last = match name.as_str() {
            "ages" => 7,
            "gender" | "locations" => 2,
            "cities" => 63,
            "platform" | "platforms" | "telcos" => 4,
            _ => continue,
        };
        let list = text(value);
        let known = |part: &str| part.trim().parse::<u64>().is_ok_and(|part| part <= last);
        if !list.split(',').all(known) {
            return Err(codes::INVALID.with(format!("{name} is invalid")));
        }
    }
    Ok(())
}

/// The ids of the articles in an attachment.
fn elements(attachment: &Value) -> Result<Vec<String>, Refusal> {
    let payload = &attachment["payload"];
    if attachment["type"] != "template" || payload["template_type"] != "media" {
        return Err(codes::TYPE_UNSUPPORTED.into());
    }
    let elements = payload["elements"].as_array().filter(|elements| !elements.is_empty());
    let elements = elements.ok_or_else(|| codes::INVALID.with("elements is invalid"))?;
    if elements.len() > ARTICLES_PER_BROADCAST_MAX {
        return Err(codes::EXCEEDS.with("elements exceeds allowed limit"));
    }
    if elements.iter().any(|element| element["media_type"] != "article") {
        return Err(codes::TYPE_UNSUPPORTED.into());
    }
    Ok(elements.iter().map(|element| text(&element["attachment_id"])).collect())
}
