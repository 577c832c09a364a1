//! Posts and comments as JSON, field by field.

use super::error::GraphError;
use super::fields::{self, Field};
use super::gate::may_read;
use super::hooks::visitor_id;
use super::insights::Numbers;
use super::world::{Author, Comment, Stored, World};
use serde_json::{Map, Value, json};

/// Comments shown inside a post.
const COMMENTS_SHOWN: usize = 25;

/// `2026-10-01T03:15:00+0000`: no colon in the offset.
pub(crate) fn time(ms: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms as i64).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

impl World {
    pub(crate) fn show_post(&self, post: &Stored, wanted: &[Field]) -> Result<Value, GraphError> {
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(post.id));
        for field in wanted {
            if let Some(value) = self.post_field(post, field)? {
                object.insert(field.name.clone(), fields::inside(value, field));
            }
        }
        Ok(Value::Object(object))
    }

    /// `None`: the field exists and is empty.
    fn post_field(&self, post: &Stored, field: &Field) -> Result<Option<Value>, GraphError> {
        let published = post.is_published(self.now_ms);
        let value = match field.name.as_str() {
            "id" => json!(post.id),
            "message" => return Ok(text(&post.message)),
            "created_time" => json!(time(post.created_ms)),
            "updated_time" => json!(time(post.updated_ms)),
            "permalink_url" => json!(self.permalink(post)),
            "is_published" => json!(published),
            "is_hidden" => json!(post.hidden),
            "is_expired" => json!(false),
            "scheduled_publish_time" => {
                return Ok(post.scheduled_s.filter(|_| !published).map(|at| json!(at)));
            }
            "status_type" => json!(match (&post.link, post.photos.is_empty()) {
                (_, false) => "added_photos",
                (Some(_), true) => "shared_story",
                (None, true) => "mobile_status_update",
            }),
            "from" => self.author(&post.author),
            "application" => return Ok(self.application(post)),
            "admin_creator" => return Ok(self.application(post)),
            "full_picture" => return Ok(post.photos.first().map(|photo| json!(picture_url(*photo)))),
            "attachments" => return Ok(attachments(post)),
            "privacy" => json!({"value": "EVERYONE", "description": "Public", "friends": "", "allow": "",
                "deny": ""}),
            "targeting" => return Ok(post.targeting.as_deref().map(read_json)),
            "place" => return Ok(post.place.as_deref().map(|place| json!({"id": place}))),
            "shares" => {
                let count = Numbers::of(self, post).shares;
                return Ok((count > 0).then(|| json!({"count": count})));
            }
            "reactions" | "likes" => people(field, Numbers::of(self, post).reactions),
            "comments" => self.comments_field(post, field)?,
            "story" | "parent_id" | "message_tags" | "story_tags" | "properties" | "feed_targeting" => {
                return Ok(None);
            }
            other => return Err(fields::unknown(other, "Post")),
        };
        Ok(Some(value))
    }

    fn comments_field(&self, post: &Stored, field: &Field) -> Result<Value, GraphError> {
        // One gated field fails the whole call.
        may_read(self, "pages_read_user_content")?;
        let shown = field.limit().unwrap_or(COMMENTS_SHOWN);
        let wanted =
            if field.inside.is_empty() { fields::read(None, COMMENT_USUAL)? } else { field.inside.clone() };
        let first = post.comments.iter().take(shown);
        let data = first.map(|comment| self.show_comment(post, comment, &wanted));
        let mut value = json!({"data": data.collect::<Result<Vec<_>, _>>()?});
        if field.summary() {
            value["summary"] = comments_summary(post);
        }
        Ok(value)
    }

    pub(crate) fn show_comment(
        &self,
        post: &Stored,
        comment: &Comment,
        wanted: &[Field],
    ) -> Result<Value, GraphError> {
        let id = format!("{}_{}", post.serial, comment.id);
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(id));
        for field in wanted {
            let value = match field.name.as_str() {
                "id" => json!(id),
                "message" => json!(comment.message),
                "created_time" => json!(time(comment.created_ms)),
                "from" => match &comment.from {
                    Some(name) => json!({"id": visitor_id(name), "name": name}),
                    None => self.author(&Author::App),
                },
                "parent" => match comment.parent {
                    Some(parent) => json!({"id": format!("{}_{parent}", post.serial)}),
                    None => continue,
                },
                "permalink_url" => json!(format!("{}?comment_id={}", self.permalink(post), comment.id)),
                "like_count" | "comment_count" => json!(0),
                "is_hidden" => json!(false),
                "can_remove" => json!(true),
                other => return Err(fields::unknown(other, "Comment")),
            };
            object.insert(field.name.clone(), fields::inside(value, field));
        }
        Ok(Value::Object(object))
    }

    pub(crate) fn permalink(&self, post: &Stored) -> String {
        let page = post.id.split('_').next().unwrap_or_default();
        format!("https://www.facebook.com/{page}/posts/{}", post.serial)
    }

    fn author(&self, author: &Author) -> Value {
        match author {
            Author::Visitor(name) => json!({"id": visitor_id(name), "name": name}),
            Author::App | Author::Admin => {
                json!({"id": self.script.page_id, "name": self.script.page_name})
            }
        }
    }

    fn application(&self, post: &Stored) -> Option<Value> {
        let shown = post.author == Author::App && self.script.application_shown;
        shown.then(|| json!({"id": self.script.app_id, "name": self.script.app_name}))
    }
}

/// Fields of a comment when none are asked for.
pub(crate) const COMMENT_USUAL: &str = "created_time,from,message,id";

pub(crate) fn comments_summary(post: &Stored) -> Value {
    json!({"order": "chronological", "total_count": post.comments.len(), "can_comment": true})
}

pub(crate) fn picture_url(photo: u64) -> String {
    format!("https://scontent.example/{photo}.jpg")
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!(text))
}

fn read_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

/// People who reacted: hidden from apps, only their number is told.
fn people(field: &Field, count: u64) -> Value {
    let mut value = json!({"data": []});
    if field.summary() {
        value["summary"] = json!({"total_count": count});
    }
    value
}

fn attachments(post: &Stored) -> Option<Value> {
    let link = post.link.as_ref().map(|link| json!({"media_type": "link", "type": "share", "url": link}));
    let photos = post.photos.iter().map(|photo| {
        json!({"media_type": "photo", "type": "photo", "target": {"id": photo.to_string()},
            "media": {"image": {"src": picture_url(*photo)}}})
    });
    let data: Vec<Value> = match post.photos.len() {
        0 => link.into_iter().collect(),
        1 => photos.collect(),
        _ => vec![json!({"media_type": "album", "type": "album",
            "subattachments": {"data": photos.collect::<Vec<_>>()}})],
    };
    (!data.is_empty()).then(|| json!({ "data": data }))
}
