//! One object by its id: the Page, a post, a photo, a comment; read, changed, deleted, commented.

use super::ask::Ask;
use super::error::GraphError;
use super::fields::{self, Field};
use super::gate::{Bearer, is_page, may_publish, may_read, page_token};
use super::show::{COMMENT_USUAL, picture_url, time};
use super::world::{Author, EDITS_MAX, World};
use serde_json::{Map, Value, json};

/// Whom a user token speaks for.
pub(crate) const USER_ID: &str = "10000000000055";

fn id_of(ask: &Ask) -> &str {
    ask.path.first().map_or("", String::as_str)
}

/// `GET /{id}`
pub(crate) fn read(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    let id = id_of(ask);
    if is_page(world, ask, id) {
        return page(world, ask);
    }
    if id == "me" {
        return Ok(json!({"id": USER_ID, "name": "Cán bộ truyền thông (demo)"}));
    }
    let unknown = || GraphError::unknown_object("get", id);
    if let Some(post) = world.post(id) {
        page_token(world, ask)?;
        may_read(world, "pages_read_engagement")?;
        if world.data_access_ended(ask) {
            return Err(unknown());
        }
        return world.show_post(post, &fields::read(ask.get("fields"), "created_time,message,id")?);
    }
    if let Some(photo) = id.parse().ok().and_then(|id: u64| world.photos.get(&id)) {
        page_token(world, ask)?;
        let caption = (!photo.caption.is_empty()).then_some(&photo.caption);
        let wanted = fields::read(ask.get("fields"), "created_time,name,id")?;
        let pairs = [
            ("created_time", json!(time(photo.created_ms))),
            ("name", json!(caption)),
            ("picture", json!(picture_url(id.parse().unwrap_or(0)))),
        ];
        return pick(id, &wanted, &pairs, "Photo");
    }
    page_token(world, ask)?;
    let wanted = fields::read(ask.get("fields"), COMMENT_USUAL)?;
    let (post, at) = world.comment_mut(id).ok_or_else(unknown)?;
    let (post, comment) = (post.clone(), post.comments[at].clone());
    world.show_comment(&post, &comment, &wanted)
}

fn page(world: &World, ask: &Ask) -> Result<Value, GraphError> {
    let wanted = fields::read(ask.get("fields"), "name,id")?;
    let script = &world.script;
    let short = world.bearer(ask).is_some_and(|known| known.short);
    let pairs = [
        ("name", json!(script.page_name)),
        ("access_token", json!(page_token_for(world, short))),
        ("link", json!(format!("https://www.facebook.com/{}", script.page_id))),
        ("category", json!("Government organization")),
        ("is_published", json!(true)),
        ("followers_count", json!(12_000)),
        ("fan_count", json!(11_500)),
    ];
    pick(&script.page_id, &wanted, &pairs, "Page")
}

/// The Page token that is handed out: one made from a short-lived token is short-lived too.
pub(crate) fn page_token_for(world: &World, short: bool) -> String {
    let token = &world.script.page_token;
    if short { format!("{token}-short") } else { token.clone() }
}

fn pick(
    id: &str,
    wanted: &[Field],
    pairs: &[(&str, Value)],
    node: &'static str,
) -> Result<Value, GraphError> {
    let mut object = Map::new();
    for field in wanted.iter().filter(|field| field.name != "id") {
        let (_, value) = pairs
            .iter()
            .find(|(name, _)| *name == field.name)
            .ok_or_else(|| fields::unknown(&field.name, node))?;
        if !value.is_null() {
            object.insert(field.name.clone(), value.clone());
        }
    }
    object.insert("id".to_owned(), json!(id));
    Ok(Value::Object(object))
}

/// `POST /{id}`: changes a post, or a comment's text. A message meant as a reply changes the post.
pub(crate) fn edit(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    let id = id_of(ask);
    page_token(world, ask)?;
    let message = ask.get("message").map(str::to_owned);
    if world.post(id).is_none() {
        may_publish(world)?;
        let (post, at) = world.comment_mut(id).ok_or_else(|| GraphError::unknown_object("post", id))?;
        post.comments[at].message = message.ok_or_else(|| GraphError::parameter("Missing message"))?;
        return Ok(json!({"success": true}));
    }
    may_publish(world)?;
    let [hidden, pinned, published] =
        [ask.flag("is_hidden")?, ask.flag("is_pinned")?, ask.flag("is_published")?];
    let now_ms = world.now_ms;
    let unknown = || GraphError::unknown_object("post", id);
    let post = world.post_mut(id).ok_or_else(unknown)?;
    if post.author != Author::App {
        return Err(GraphError::new(200, "(#200) App cannot edit non-app posts"));
    }
    if ask.has("message") && message.is_none() && post.link.is_none() && post.photos.is_empty() {
        return Err(GraphError::parameter("You must provide a message or a link to post"));
    }
    post.hidden = hidden.unwrap_or(post.hidden);
    post.pinned = pinned.unwrap_or(post.pinned);
    let appears = published == Some(true) && !post.is_published(now_ms);
    if appears {
        post.published = true;
        // It appears now, not when it was written.
        post.created_ms = now_ms;
    }
    if ask.has("message") {
        let before = std::mem::replace(&mut post.message, message.unwrap_or_default());
        if post.edits.len() < EDITS_MAX {
            post.edits.push(before);
        }
    }
    post.updated_ms = now_ms;
    let post = post.clone();
    world.counts.edits += 1;
    if appears {
        world.tell_of_post(&post);
    } else {
        world.tell_of_change(&post, "edited");
    }
    Ok(json!({"success": true}))
}

/// `DELETE /{id}`
pub(crate) fn delete(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    let id = id_of(ask);
    page_token(world, ask)?;
    may_publish(world)?;
    if world.withdraw(id) {
        world.counts.deletes += 1;
        return Ok(json!({"success": true}));
    }
    let unused = |id: u64| world.photos.get(&id).is_some_and(|photo| photo.post.is_none());
    if let Some(photo) = id.parse().ok().filter(|&id| unused(id)) {
        world.photos.remove(&photo);
        return Ok(json!({"success": true}));
    }
    let (post, at) = world.comment_mut(id).ok_or_else(|| GraphError::unknown_object("delete", id))?;
    post.comments.remove(at);
    Ok(json!({"success": true}))
}

/// `POST /{id}/comments`: on a post, or as a reply to a comment.
pub(crate) fn comment(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    let id = id_of(ask);
    if world.bearer(ask).is_some_and(|known| known.bearer == Bearer::User) {
        return Err(GraphError::new(1_705, "(#1705) There was an error posting to wall"));
    }
    page_token(world, ask)?;
    if !(world.has_scope("pages_manage_engagement") && world.has_scope("pages_read_engagement")) {
        let text = "(#200) Requires pages_manage_engagement and pages_read_engagement permissions";
        return Err(GraphError::new(200, text));
    }
    let message = ask.get("message").or(ask.get("attachment_url")).map(str::to_owned);
    let message = message.ok_or_else(|| GraphError::parameter("Missing message or attachment"))?;
    let reply = world.comment_mut(id).map(|(post, at)| (post.id.clone(), post.comments[at].id));
    let (post, parent) = match reply {
        Some((post, parent)) => (post, Some(parent)),
        None => (id.to_owned(), None),
    };
    let comment = world.add_comment(&post, &message, None, parent);
    let comment = comment.ok_or_else(|| GraphError::unknown_object("post", id))?;
    world.counts.comments += 1;
    Ok(json!({ "id": comment }))
}

impl World {
    /// Withdraws a post, whoever asks; `false`: there is none.
    pub(crate) fn withdraw(&mut self, id: &str) -> bool {
        let now_ms = self.now_ms;
        let Some(post) = self.post_mut(id) else { return false };
        // Its photos stay used: they cannot be attached again.
        post.deleted = true;
        post.updated_ms = now_ms;
        let post = post.clone();
        self.tell_of_change(&post, "remove");
        true
    }
}
