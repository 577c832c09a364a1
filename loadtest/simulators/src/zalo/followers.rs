//! Reading the OA and its users, tags, uploads.

use super::call::{Call, Said, Told, number, text};
use super::clock;
use super::codes::{self, Refusal};
use super::event::Event;
use super::people::Person;
use super::sign::sha256_hex;
use super::world::World;
use serde_json::{Value, json};

const COUNT_MAX: u64 = 50;
const OFFSET_MAX: u64 = 9_951;
const CHATS_MAX: u64 = 10;
const TAG_LENGTH_MAX: usize = 100;
const MEGABYTE: usize = 1 << 20;

/// `/v2.0/oa/getoa`
pub(crate) fn oa(world: &mut World, _: &Call) -> Told {
    let followers = world.people.iter().filter(|person| person.told.follows).count();
    Ok(Said::Data(json!({
        "oaid": world.script.oa_id,
        "oa_id": world.script.oa_id,
        "name": world.script.oa_name,
        "is_verified": true,
        "oa_type": 4,
        "num_follower": followers.to_string(),
        "package_name": "Gói Nâng cao",
        "package_valid_through_date": "31/12/2099",
        "linked_ZCA": "ZCA",
    })))
}

/// `/v3.0/oa/user/getlist`, and the older `/v2.0/oa/getfollowers`
pub(crate) fn list(world: &mut World, call: &Call) -> Told {
    let data = call.data()?;
    let (offset, count) = page(&data, OFFSET_MAX, COUNT_MAX)?;
    let tag = data["tag_name"].as_str();
    let follows = data["is_follower"].as_bool();
    let period = period(&data["last_interaction_period"], call.now_ms)?;
    let meant = |person: &&Person| {
        let day = person.last_interaction_ms.map(clock::day);
        tag.is_none_or(|tag| person.told.tags.iter().any(|has| has == tag))
            && follows.is_none_or(|follows| person.told.follows == follows)
            && period.is_none_or(|(from, to)| day.is_some_and(|day| (from..=to).contains(&day)))
    };
    let total = world.people.iter().filter(meant).count();
    let found = world.people.iter().filter(meant).skip(offset as usize).take(count as usize);
    let users: Vec<Value> = found.map(|person| json!({ "user_id": person.told.user_id })).collect();
    Ok(Said::Data(
        json!({ "total": total, "count": users.len(), "offset": offset.to_string(), "users": users }),
    ))
}

/// `/v3.0/oa/user/detail`, and the older `/v2.0/oa/getprofile`
pub(crate) fn detail(world: &mut World, call: &Call) -> Told {
    let person = world.people.get(&text(&call.data()?["user_id"])).ok_or(codes::USER_INVALID)?;
    let told = &person.told;
    let date = person.last_interaction_ms.map(clock::day_text).unwrap_or_default();
    Ok(Said::Data(json!({
        "user_id": told.user_id,
        "user_id_by_app": format!("9{}", told.user_id),
        "user_external_id": "",
        "display_name": told.name,
        "user_alias": told.name,
        "is_sensitive": false,
        "user_last_interaction_date": date,
        "user_is_follower": told.follows,
        "avatar": "",
        "avatars": {},
        "dynamic_param": "",
        "tags_and_notes_info": { "notes": [], "tag_names": told.tags },
        "shared_info": {
            "address": "", "city": "", "district": "", "phone": told.phone, "name": told.name, "user_dob": "",
        },
    })))
}

/// `/v2.0/oa/updatefollowerinfo` and `/v3.0/oa/user/update`
pub(crate) fn update(world: &mut World, call: &Call) -> Told {
    let body = call.object()?;
    let person = world.people.get_mut(&text(&body["user_id"])).ok_or(codes::USER_INVALID)?;
    if let Some(name) = body["name"].as_str() {
        name.clone_into(&mut person.told.name);
    }
    if !body["phone"].is_null() {
        person.told.phone = Some(text(&body["phone"]));
    }
    Ok(Said::Data(json!({})))
}

/// `/v2.0/oa/listrecentchat` and `/v2.0/oa/conversation`: messages are not kept here.
pub(crate) fn chats(_: &mut World, call: &Call) -> Told {
    page(&call.data()?, u64::MAX, CHATS_MAX)?;
    Ok(Said::Data(json!([])))
}

/// `/v2.0/oa/tag/tagfollower`
pub(crate) fn tag(world: &mut World, call: &Call) -> Told {
    let (user_id, tag) = user_and_tag(call)?;
    if world.people.tag(&user_id, &tag).ok_or(codes::USER_INVALID)? {
        world.tell(Event::TagAdded { user_id, tag }, call.now_ms);
    }
    Ok(Said::Data(json!({})))
}

/// `/v2.0/oa/tag/rmfollowerfromtag`
pub(crate) fn untag(world: &mut World, call: &Call) -> Told {
    let (user_id, tag) = user_and_tag(call)?;
    if world.people.untag(&user_id, &tag).ok_or(codes::USER_INVALID)? {
        world.tell(Event::TagRemoved { user_id, tag }, call.now_ms);
    }
    Ok(Said::Data(json!({})))
}

/// `/v2.0/oa/tag/rmtag`
pub(crate) fn remove_tag(world: &mut World, call: &Call) -> Told {
    let tag = text(&call.object()?["tag_name"]);
    if world.people.remove_tag(&tag) {
        Ok(Said::Data(json!({})))
    } else {
        Err(codes::INVALID.with("tag_name is invalid"))
    }
}

/// `/v2.0/oa/tag/gettagsofoa`
pub(crate) fn tags(world: &mut World, _: &Call) -> Told {
    Ok(Said::Data(json!(world.people.tags().collect::<Vec<_>>())))
}

/// `/v2.0/oa/upload/image`
pub(crate) fn upload_image(world: &mut World, call: &Call) -> Told {
    upload(world, call, &["jpg", "jpeg", "png"], MEGABYTE, "attachment_id")
}

/// `/v2.0/oa/upload/gif`
pub(crate) fn upload_gif(world: &mut World, call: &Call) -> Told {
    upload(world, call, &["gif"], 5 * MEGABYTE, "attachment_id")
}

/// `/v2.0/oa/upload/file`
pub(crate) fn upload_file(world: &mut World, call: &Call) -> Told {
    upload(world, call, &["pdf", "doc", "docx", "csv"], 5 * MEGABYTE, "token")
}

fn upload(world: &mut World, call: &Call, endings: &[&str], size_max: usize, key: &str) -> Told {
    let file = call.upload.as_ref().ok_or_else(|| codes::INVALID.with("file is invalid"))?;
    let name = file.name.to_ascii_lowercase();
    if file.size == 0 || !endings.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
        return Err(codes::INVALID.with("file is invalid"));
    }
    if file.size > size_max {
        return Err(codes::EXCEEDS.with("file exceeds allowed limit"));
    }
    Ok(Said::Data(json!({ key: sha256_hex(&["upload", &world.fresh_id()])[..32] })))
}

/// Offset and count, where both are within the limits.
fn page(data: &Value, offset_max: u64, count_max: u64) -> Result<(u64, u64), Refusal> {
    let field = |name: &str, default| match &data[name] {
        Value::Null => Ok(default),
        value => number(value).ok_or_else(|| codes::INVALID.with(format!("{name} is invalid"))),
    };
    let (offset, count) = (field("offset", 0)?, field("count", count_max)?);
    if offset > offset_max || count > count_max {
        return Err(codes::EXCEEDS.into());
    }
    Ok((offset, count))
}

/// The first and last day of a period; `None`: any.
fn period(value: &Value, now_ms: u64) -> Result<Option<(u64, u64)>, Refusal> {
    let today = clock::day(now_ms);
    let days = match value.as_str() {
        None => return Ok(None),
        Some("TODAY") => Some((today, today)),
        Some("YESTERDAY") => Some((today - 1, today - 1)),
        Some("L7D") => Some((today.saturating_sub(7), today)),
        Some("L30D") => Some((today.saturating_sub(30), today)),
        Some(span) => span.split_once(':').and_then(|(from, to)| clock::day_of(from).zip(clock::day_of(to))),
    };
    days.map(Some).ok_or_else(|| codes::INVALID.with("last_interaction_period is invalid"))
}

fn user_and_tag(call: &Call) -> Result<(String, String), Refusal> {
    let body = call.object()?;
    let tag = text(&body["tag_name"]);
    if tag.is_empty() || tag.chars().count() > TAG_LENGTH_MAX {
        return Err(codes::INVALID.with("tag_name is invalid"));
    }
    Ok((text(&body["user_id"]), tag))
}
