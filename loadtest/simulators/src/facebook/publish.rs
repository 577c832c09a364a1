//! Creating: `/{page}/feed` and `/{page}/photos`.

use super::ask::{Ask, Picture};
use super::error::GraphError;
use super::fields;
use super::gate::{is_page, may_publish, page_token};
use super::world::{Author, Draft, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters of a message; widely used, not in the reference.
const MESSAGE_MAX: usize = 63_206;
/// Photos of one post.
const MEDIA_MAX: usize = 100;
/// Shortest time ahead of a scheduled post.
const SCHEDULE_MIN_S: i64 = 10 * 60;
const DAY_S: i64 = 24 * 60 * 60;
/// Octets of a picture that was believed, not fetched.
const BELIEVED_BYTES: usize = 100_000;

impl Draft {
    pub(crate) fn new(author: Author, message: &str) -> Self {
        Self {
            author,
            message: message.to_owned(),
            link: None,
            photos: Vec::new(),
            published: true,
            scheduled_s: None,
            targeting: None,
            place: None,
        }
    }
}

/// `POST /{page}/feed`
pub(crate) fn feed(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    allowed(world, ask)?;
    let wanted = fields::read(ask.get("fields"), "id")?;
    let message = ask.get("message").unwrap_or("");
    let media = attached_media(ask)?;
    let link = ask.get("link");
    if message.is_empty() && link.is_none() && media.is_empty() {
        return Err(GraphError::parameter("You must provide a message or a link to post"));
    }
    check_message(message)?;
    if let Some(link) = link {
        check_link(world, link)?;
    }
    check_preview(world, ask)?;
    let mut draft = draft(world, ask, message)?;
    draft.link = link.map(str::to_owned);
    for id in media {
        draft.photos.push(usable(world, &id, &draft.photos)?);
    }
    world.guard_duplicate(if message.is_empty() { link.unwrap_or("") } else { message })?;
    let id = world.add_post(draft);
    if !world.script.fields_after_write {
        return Ok(json!({ "id": id }));
    }
    match world.post(&id) {
        // What was written stays written, whatever cannot be shown of it.
        Some(post) => Ok(world.show_post(post, &wanted).unwrap_or_else(|_| json!({ "id": id }))),
        None => Ok(json!({ "id": id })),
    }
}

/// `POST /{page}/photos`
pub(crate) fn photos(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    allowed(world, ask)?;
    let aliases = ["caption", "message", "name"];
    let caption = aliases.iter().find_map(|name| ask.get(name)).unwrap_or("");
    check_message(caption)?;
    let picture = picture(world, ask)?;
    let draft = draft(world, ask, caption)?;
    let only_upload = only_uploads(ask) && draft.scheduled_s.is_none();
    if !only_upload && !caption.is_empty() {
        world.guard_duplicate(caption)?;
    }
    let photo = world.add_photo(picture, caption);
    if only_upload {
        return Ok(json!({"id": photo.to_string()}));
    }
    let post = world.add_post(Draft { photos: vec![photo], ..draft });
    Ok(json!({"id": photo.to_string(), "post_id": post}))
}

/// A photo that makes no post.
pub(crate) fn only_uploads(ask: &Ask) -> bool {
    matches!(ask.flag("published"), Ok(Some(false)))
}

fn allowed(world: &World, ask: &Ask) -> Result<(), GraphError> {
    let page = ask.path.first().map_or("", String::as_str);
    if !is_page(world, ask, page) {
        return Err(GraphError::unknown_object("post", page));
    }
    if only_uploads(ask) && world.bearer(ask).is_some_and(|known| known.bearer == super::gate::Bearer::User) {
        let text = "(#200) Unpublished posts must be posted to a page as the page itself.";
        return Err(GraphError::new(200, text));
    }
    page_token(world, ask)?;
    may_publish(world)?;
    let blocked = |feature: &str| feature == "page_publish" || feature == "page_read_only";
    if world.script.page_status.restrictions.iter().any(|one| blocked(&one.feature)) {
        let text = "The action attempted has been deemed abusive or is otherwise disallowed";
        let error = GraphError::new(368, text);
        return Err(error.for_person("You're Temporarily Blocked", "You can't post right now."));
    }
    Ok(())
}

fn check_message(message: &str) -> Result<(), GraphError> {
    if message.chars().count() > MESSAGE_MAX {
        return Err(GraphError::parameter("Name parameter too long"));
    }
    Ok(())
}

fn check_link(world: &World, link: &str) -> Result<(), GraphError> {
    let url = reqwest::Url::parse(link).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url else {
        return Err(GraphError::new(1_500, "(#1500) The url you supplied is invalid"));
    };
    let host = url.host_str().unwrap_or("");
    if host == "facebook.com" || host.ends_with(".facebook.com") {
        return Err(GraphError::new(1_609_008, "(#1609008) Links to facebook.com are not allowed"));
    }
    if unreachable(world, link) {
        let error = GraphError::new(1_609_005, "(#1609005) The link could not be scraped");
        return Err(error.for_person("Couldn't Scrape Link", "The page of this link could not be read."));
    }
    Ok(())
}

fn check_preview(world: &World, ask: &Ask) -> Result<(), GraphError> {
    let custom = ["name", "description", "picture", "thumbnail"].iter().any(|name| ask.has(name));
    if custom && !world.script.links_owned {
        let text = "Only owners of the URL have the ability to specify the picture, name, thumbnail or \
                    description params.";
        return Err(GraphError::parameter(text));
    }
    Ok(())
}

fn unreachable(world: &World, url: &str) -> bool {
    world.script.unreachable.iter().any(|start| url.starts_with(start.as_str()))
}

fn picture(world: &World, ask: &Ask) -> Result<Picture, GraphError> {
    let picture = match (ask.pictures.first(), ask.get("url")) {
        (Some(picture), _) => *picture,
        (None, None) => return Err(missing_image()),
        (None, Some(url)) if unreachable(world, url) => return Err(missing_image().sub(2_069_019)),
        (None, Some(url)) => match ask.fetched {
            Some(Ok(picture)) => picture,
            Some(Err(())) => return Err(missing_image().sub(2_069_019)),
            None if reqwest::Url::parse(url).is_ok() => Picture { bytes: BELIEVED_BYTES, known_type: true },
            None => return Err(GraphError::parameter("url should represent a valid URL")),
        },
    };
    if !picture.known_type || picture.bytes > world.script.photo_bytes_max {
        let text = "Photos should be less than 4 MB and saved as JPG, PNG, GIF, TIFF, HEIF or WebP files.";
        let error = GraphError::parameter("Invalid parameter").sub(1_366_046);
        return Err(error.for_person("Can't Read Files", text));
    }
    Ok(picture)
}

fn missing_image() -> GraphError {
    let mut error = GraphError::new(324, "(#324) Missing or invalid image file");
    // Seen as true for an image that stays unreachable for ever.
    error.is_transient = Some(true);
    error.for_person("Missing or invalid image file", "Could not fetch or read the image file.")
}

/// When and for whom.
fn draft(world: &World, ask: &Ask, message: &str) -> Result<Draft, GraphError> {
    let published = ask.flag("published")?;
    let mut draft = Draft::new(Author::App, message);
    draft.published = published.unwrap_or(true);
    draft.targeting = ask.get("targeting").map(str::to_owned);
    draft.place = ask.get("place").map(str::to_owned);
    let Some(at) = ask.get("scheduled_publish_time") else { return Ok(draft) };
    if draft.published {
        return Err(GraphError::parameter("You cannot specify a scheduled publish time on a published post"));
    }
    let at = read_time(at).ok_or_else(|| GraphError::parameter("Invalid scheduled_publish_time"))?;
    let ahead_s = at - world.now_s();
    if !(SCHEDULE_MIN_S..=i64::from(world.script.schedule_days_max) * DAY_S).contains(&ahead_s) {
        return Err(GraphError::parameter("The specified scheduled publish time is invalid."));
    }
    draft.scheduled_s = Some(at);
    Ok(draft)
}

/// UNIX seconds or ISO 8601, with or without the colon in the offset.
pub(crate) fn read_time(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(seconds);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_second());
    }
    let at = jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok()?;
    Some(at.as_second())
}

/// `attached_media=[{"media_fbid":"…"}]`, `attached_media[0]={"media_fbid":"…"}` or
/// `attached_media[0][media_fbid]=…`.
fn attached_media(ask: &Ask) -> Result<Vec<String>, GraphError> {
    let wrong = || GraphError::parameter("param attached_media must be an array.");
    if let Some(list) = ask.get("attached_media") {
        let list: Vec<Value> = serde_json::from_str(list).map_err(|_| wrong())?;
        if list.len() > MEDIA_MAX {
            return Err(GraphError::parameter("Too many photos"));
        }
        return list.iter().map(|item| media_id(item).ok_or_else(wrong)).collect();
    }
    let mut numbered = BTreeMap::new();
    for (name, value) in ask.params() {
        let Some(rest) = name.strip_prefix("attached_media[") else { continue };
        let (at, rest) = rest.split_once(']').ok_or_else(wrong)?;
        let at: usize = at.parse().map_err(|_| wrong())?;
        let id = match rest {
            "[media_fbid]" => Some(value.to_owned()),
            "" => serde_json::from_str(value).ok().as_ref().and_then(media_id),
            _ => None,
        };
        numbered.insert(at, id.ok_or_else(wrong)?);
    }
    if numbered.len() > MEDIA_MAX {
        return Err(GraphError::parameter("Too many photos"));
    }
    Ok(numbered.into_values().collect())
}

fn media_id(item: &Value) -> Option<String> {
    let id = item.get("media_fbid")?;
    id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|id| id.to_string()))
}

/// The photo exists, is unpublished and not used twice.
fn usable(world: &World, id: &str, used: &[u64]) -> Result<u64, GraphError> {
    let number: Option<u64> = id.parse().ok();
    let number = number.filter(|number| world.photos.contains_key(number));
    let number = number.ok_or_else(|| GraphError::unknown_object("post", id))?;
    let taken = world.photos.get(&number).is_some_and(|photo| photo.post.is_some());
    if taken || used.contains(&number) {
        return Err(GraphError::parameter("Photos were already posted.").sub(1_366_051));
    }
    Ok(number)
}
