//! Messages to user ids: consultation, templates, and the ways that are shut.

use super::call::{Call, Said, Told, text};
use super::clock::{self, is_night};
use super::codes::{self, Refusal};
use super::event::Event;
use super::fate::Fate;
use super::fill::{self, Misfit};
use super::script::TemplateStatus;
use super::world::World;
use serde_json::{Value, json};

const TEXT_MAX: usize = 2_000;
const HOUR_MS: u64 = 3_600_000;
const FREE_MS: u64 = 48 * HOUR_MS;
const WINDOW_MS: u64 = 7 * 24 * HOUR_MS;
const PROMOTION: u8 = 3;

/// `/v3.0/oa/message/cs`
pub(crate) fn consult(world: &mut World, call: &Call) -> Told {
    let body = call.object()?;
    let user_id = text(&body["recipient"]["user_id"]);
    let message = &body["message"];
    let content = consultation(message)?;
    let fate = reachable(world, &user_id)?;
    let last_ms = world.people.get(&user_id).and_then(|person| person.last_interaction_ms);
    let ago_ms = call.now_ms.saturating_sub(last_ms.ok_or(codes::NOT_FOLLOWING)?);
    if ago_ms > WINDOW_MS {
        return Err(codes::NO_INTERACTION.into());
    }
    let quota = if ago_ms <= FREE_MS {
        json!({ "quota_type": "reply", "remain": "unlimited", "total": "unlimited", "owner_type": "OA" })
    } else {
        let total = world.script.cs_quota;
        if world.used.cs >= total {
            return Err(codes::OUT_OF_QUOTA.into());
        }
        world.used.cs += 1;
        json!({
            "quota_type": "sub_quota", "remain": (total - world.used.cs).to_string(), "total": total.to_string(),
            "expired_date": clock::day_text(call.now_ms + 30 * 24 * HOUR_MS), "owner_type": "OA",
            "owner_id": world.script.oa_id,
        })
    };
    world.counts.cs_accepted += 1;
    let message_id = world.accept(&user_id, "cs", &message.to_string(), None, fate, call.now_ms);
    echo(world, &user_id, &message_id, Some(content), call.now_ms);
    Ok(Said::Data(json!({ "message_id": message_id, "user_id": user_id, "quota": quota })))
}

/// `/v3.0/oa/message/template`
pub(crate) fn template(world: &mut World, call: &Call) -> Told {
    let body = call.object()?;
    let user_id = text(&body["user_id"]);
    let template = world.template(&text(&body["template_id"])).cloned();
    let template = template.ok_or_else(|| codes::INVALID.with("template_id is invalid"))?;
    if template.status != TemplateStatus::Enable {
        return Err(codes::INVALID.with("template_id is invalid"));
    }
    if !template.uid_allowed {
        return Err(codes::NOT_BY_UID.into());
    }
    let data = &body["template_data"];
    let fields = data.as_object().ok_or_else(|| codes::INVALID.with("template_data is invalid"))?;
    fill::check(&template, fields).map_err(|misfit| match misfit {
        Misfit::TooLong(name) => codes::EXCEEDS.with(format!("template_data.{name} exceeds allowed limit")),
        Misfit::Missing(name) | Misfit::Format(name) => {
            codes::INVALID.with(format!("template_data.{name} is invalid"))
        }
    })?;
    let fate = reachable(world, &user_id)?;
    if template.tag == PROMOTION && is_night(world.script.local_hour) {
        return Err(codes::OA_NIGHT.into());
    }
    if world.used.uid >= world.script.uid_quota {
        return Err(codes::OUT_OF_QUOTA.into());
    }
    world.used.uid += 1;
    world.counts.uid_accepted += 1;
    let way = format!("uid {}", template.id);
    let message_id = world.accept(&user_id, &way, &data.to_string(), None, fate, call.now_ms);
    echo(world, &user_id, &message_id, None, call.now_ms);
    Ok(Said::Data(json!({
        "message_id": message_id,
        "user_id": user_id,
        "sent_time": call.now_ms.to_string(),
        "quota": { "quota_type": "purchase_quota", "remain": world.script.uid_quota - world.used.uid },
    })))
}

/// `/v3.0/oa/message/transaction` and `/promotion`: shut since March 2026. The code is a guess.
pub(crate) fn shut(_: &mut World, _: &Call) -> Told {
    Err(codes::TYPE_UNSUPPORTED.into())
}

/// `/v3.0/oa/quota/message`
pub(crate) fn quota(world: &mut World, call: &Call) -> Told {
    let body = call.object()?;
    if body["user_id"].is_null() {
        let (total, used) = match text(&body["product_type"]).as_str() {
            "" => return Err(codes::INVALID.with("product_type is invalid")),
            "cs" => (world.script.cs_quota, world.used.cs),
            _ => (world.script.uid_quota, world.used.uid),
        };
        return Ok(Said::Data(json!([{
            "asset_id": "a1", "product_type": body["product_type"], "quota_type": "sub_quota",
            "valid_through": clock::day_text(call.now_ms + 30 * 24 * HOUR_MS),
            "total": total, "remain": total.saturating_sub(used).to_string(),
        }])));
    }
    let person = world.people.get(&text(&body["user_id"])).ok_or(codes::USER_INVALID)?;
    Ok(Said::Data(json!({
        "last_interaction": person.last_interaction_ms.map(|ms| ms.to_string()),
        "cs_reply": { "remain": 0, "total": 0 },
        "promotion": { "daily_remain": 1, "daily_total": 1, "monthly_remain": 4, "monthly_total": 4 },
    })))
}

/// Whether messages reach this user at all, and what becomes of them.
fn reachable(world: &World, user_id: &str) -> Result<Fate, Refusal> {
    let person = world.people.get(user_id).ok_or(codes::USER_INVALID)?;
    match person.told.fate.refuses_user() {
        Some(code) => Err(code.into()),
        None => Ok(person.told.fate),
    }
}

/// The text of a consultation message: none with most attachments.
fn consultation(message: &Value) -> Result<String, Refusal> {
    let attachment = &message["attachment"];
    let content = text(&message["text"]);
    if content.chars().count() > TEXT_MAX {
        return Err(codes::EXCEEDS.with("message.text exceeds allowed limit"));
    }
    let payload = &attachment["payload"];
    match (attachment["type"].as_str(), payload["template_type"].as_str()) {
        (None, _) if attachment.is_null() && !content.trim().is_empty() => Ok(content),
        (None, _) => Err(codes::INVALID.with("message is invalid")),
        (Some("file"), _) if payload["token"].is_string() => Ok(content),
        (Some("template"), Some("media")) => {
            let element = &payload["elements"][0];
            let known = matches!(element["media_type"].as_str(), Some("image" | "gif" | "sticker"));
            let one_source = element["url"].is_string() != element["attachment_id"].is_string();
            if known && one_source { Ok(content) } else { Err(codes::INVALID.with("elements is invalid")) }
        }
        (Some("template"), Some("request_user_info"))
            if payload["elements"].as_array().is_some_and(|elements| elements.len() == 1) =>
        {
            Ok(content)
        }
        _ => Err(codes::TYPE_UNSUPPORTED.into()),
    }
}

fn echo(world: &mut World, user_id: &str, message_id: &str, text: Option<String>, now_ms: u64) {
    if world.script.webhook.echo {
        let (user_id, message_id) = (user_id.to_owned(), message_id.to_owned());
        world.tell(Event::OaSent { user_id, message_id, text }, now_ms);
    }
}
