//! Carrying out what is to happen on the Page. Only one call of each submission publishes anything, and it is the last.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contract::{
    Answer, Body, Outcome, PHOTOS_MAX, PartReference, PostAct, PostBody, ReasonClass, Scope, Submission,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    api::Trouble,
    board::Stop,
    codes::Class,
    lane::{Lane, answered, not_sent, reason, uncertain},
    reconcile::Want,
    reply, token,
    words::{mentions, normal},
};

/// Larger photos are refused by the running service, whatever its page says.
const PHOTO_OCTETS_MAX: usize = 4 * 1024 * 1024;

impl Lane {
    /// Tries a submission. Sets `begun` before the first byte of the call that publishes.
    pub(crate) async fn act(self: &Arc<Self>, submission: &Submission, begun: &AtomicBool) -> Outcome {
        let Body::Post(post) = &*submission.body else {
            return refused("body", "a Page takes posts only");
        };
        if let Some(why) = self.unfit(post) {
            return refused("unfit", &why);
        }
        if let Some(answer) = self.held_back(submission) {
            return answered(answer);
        }
        match &post.act {
            PostAct::Publish => self.publish(post, begun).await,
            PostAct::Edit(target) => {
                let text = normal(&post.text);
                begun.store(true, Ordering::SeqCst);
                let said = self.api.post(target, &[("message", &text)]).await;
                self.done(said, target).await
            }
            PostAct::Comment(target) => {
                let text = normal(&post.text);
                begun.store(true, Ordering::SeqCst);
                // Without `/comments` the same call would replace the text of the post.
                let said = self.api.post(&format!("{target}/comments"), &[("message", &text)]).await;
                self.created(said).await
            }
            PostAct::Delete(target) => {
                begun.store(true, Ordering::SeqCst);
                self.delete(target).await
            }
        }
    }

    /// Why this will never be sent.
    fn unfit(&self, post: &PostBody) -> Option<String> {
        let target = match &post.act {
            PostAct::Publish => None,
            PostAct::Edit(target) | PostAct::Comment(target) | PostAct::Delete(target) => Some(target),
        };
        if target.is_some_and(|target| reply::id(&json!({ "id": target }), "id").is_none()) {
            return Some("the post to change has no usable id".to_owned());
        }
        if matches!(post.act, PostAct::Delete(_)) {
            return None;
        }
        let (text, max) = (normal(&post.text), self.settings.text_max);
        let missing_link = post.link.as_ref().is_some_and(|link| !text.contains(link.as_str()));
        if !mentions(&text, &post.reference) {
            Some(
                "the text doesn't contain the alert's reference, so the post could not be found again"
                    .to_owned(),
            )
        } else if text.chars().count() > max {
            Some(format!("the text has {} characters; text_max allows {max}", text.chars().count()))
        } else if post.photos.len() > PHOTOS_MAX {
            Some(format!("{} photos are more than {PHOTOS_MAX}", post.photos.len()))
        } else if post
            .photos
            .iter()
            .any(|photo| photo.bytes.is_empty() || photo.bytes.len() > PHOTO_OCTETS_MAX)
        {
            Some(format!("a photo is empty or above {PHOTO_OCTETS_MAX} bytes"))
        } else if missing_link && !post.photos.is_empty() {
            Some("a post with photos has no place for the link: write it into the text".to_owned())
        } else {
            None
        }
    }

    /// What is answered without a call: too late, stopped, or a pause.
    fn held_back(&self, submission: &Submission) -> Option<Answer> {
        let now = self.context.clock.now();
        if submission.expires_at <= now {
            return Some(Answer::NotSent {
                reason: reason(ReasonClass::Permanent, "expired", "the alert has expired"),
            });
        }
        if let Some(stop) = self.board.stopped() {
            // Each further try may make a block longer.
            let reason = reason(ReasonClass::Permanent, &stop.code, &stop.text);
            return Some(Answer::Refused { reason, scope: Scope::Lane });
        }
        let (why, left) = self.board.paused()?;
        Some(self.deferred("pause", &format!("paused: {why}"), left))
    }

    async fn publish(&self, post: &PostBody, begun: &AtomicBool) -> Outcome {
        let mut photos = Vec::new();
        for photo in &post.photos {
            let said = self.api.upload(&format!("{}/photos", self.settings.page_id), photo).await;
            match said.map(|value| reply::id(&value, "id")) {
                Ok(Some(id)) => photos.push(json!({ "media_fbid": id })),
                Ok(None) => return not_sent("photo", "the upload of a photo gave no id; nothing was posted"),
                Err(trouble) => return self.upload_failed(trouble).await,
            }
        }
        let (path, text) = (format!("{}/feed", self.settings.page_id), normal(&post.text));
        let attached = (!photos.is_empty()).then(|| Value::Array(photos).to_string());
        let mut form = vec![("message", text.as_str())];
        form.extend(attached.as_deref().map(|attached| ("attached_media", attached)));
        let link = post.link.as_deref().filter(|_| attached.is_none());
        begun.store(true, Ordering::SeqCst);
        let Some(link) = link else {
            let said = self.api.post(&path, &form).await;
            return self.published(said, post).await;
        };
        let with_link: Vec<_> = form.iter().copied().chain([("link", link)]).collect();
        let said = self.api.post(&path, &with_link).await;
        let only_link = matches!(&said, Err(Trouble::Refused { class: Class::Link, .. }));
        if only_link && text.contains(link) {
            // Proved not posted. The address still stands in the text; only its preview is missing.
            tracing::warn!(lane = %self.context.lane, "the link was refused; posting without its preview");
            let said = self.api.post(&path, &form).await;
            return self.published(said, post).await;
        }
        self.published(said, post).await
    }

    async fn published(&self, said: Result<Value, Trouble>, post: &PostBody) -> Outcome {
        match said {
            Err(Trouble::Refused { class: Class::Duplicate, code, text }) => {
                let within = SignedDuration::from_secs(
                    i64::try_from(self.settings.duplicate_within_s).unwrap_or(i64::MAX),
                );
                let after = self.context.clock.now().saturating_sub(within).unwrap_or_default();
                let want = Want { reference: &post.reference, text: &post.text, after };
                match self.look(&want, &[]).await {
                    Ok(look) if !look.ours.is_empty() => self.accepted(look.ours.first().cloned()),
                    _ => uncertain(&code, &format!("{text}; no post of ours was found yet")),
                }
            }
            // Where to publish is our own setting.
            Err(Trouble::Refused { class: Class::Gone, code, text }) => {
                self.answer(Trouble::Refused { class: Class::Config, code, text }).await
            }
            said => self.created(said).await,
        }
    }

    /// Nothing is public yet, whatever became of the upload.
    async fn upload_failed(&self, trouble: Trouble) -> Outcome {
        match trouble {
            Trouble::Lost { code, text } => not_sent(code, &format!("a photo could not be uploaded: {text}")),
            Trouble::Refused { class: Class::Uncertain | Class::Duplicate, code, text } => {
                not_sent(&code, &format!("a photo could not be uploaded: {text}"))
            }
            Trouble::Refused { class: Class::Gone, code, text } => {
                self.answer(Trouble::Refused { class: Class::Config, code, text }).await
            }
            other => self.answer(other).await,
        }
    }

    /// An answer to the making of something: good only with an id.
    async fn created(&self, said: Result<Value, Trouble>) -> Outcome {
        match said {
            Ok(value) => match reply::id(&value, "post_id").or_else(|| reply::id(&value, "id")) {
                Some(id) => self.accepted(Some(self.whole(id))),
                None => uncertain("no-id", "Facebook said yes but gave no id"),
            },
            Err(trouble) => self.answer(trouble).await,
        }
    }

    async fn done(&self, said: Result<Value, Trouble>, target: &str) -> Outcome {
        match said {
            Ok(value) if is_yes(&value) => self.accepted(Some(target.to_owned())),
            Ok(_) => uncertain("no-success", "Facebook's answer doesn't say that it was done"),
            Err(trouble) => self.answer(trouble).await,
        }
    }

    async fn delete(&self, target: &str) -> Outcome {
        let said = self.api.delete(target).await;
        let gone = matches!(&said, Err(Trouble::Refused { class: Class::Gone, .. }));
        if gone && self.is_there(target).await == Ok(Some(false)) {
            return self.accepted(Some(target.to_owned()));
        }
        self.done(said, target).await
    }

    /// Whether a post of this Page is still there. `None`: neither it nor the Page can be read.
    pub(crate) async fn is_there(&self, target: &str) -> Result<Option<bool>, Trouble> {
        match self.api.get(target, &[("fields", "id")]).await {
            Ok(_) => Ok(Some(true)),
            Err(Trouble::Refused { class: Class::Gone, .. }) => {
                // Without a right to it a post looks gone as well: the Page itself is the control.
                let page = self.settings.page_id.as_str();
                let ours = target.split_once('_').is_none_or(|(owner, _)| owner == page);
                let works = ours && self.api.get(page, &[("fields", "id")]).await.is_ok();
                Ok(works.then_some(false))
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// The id of a post is always written with its Page.
    fn whole(&self, id: String) -> String {
        if id.contains('_') { id } else { format!("{}_{id}", self.settings.page_id) }
    }

    fn accepted(&self, reference: Option<String>) -> Outcome {
        self.board.away(None);
        let part = PartReference { part: 1, reference: reference.unwrap_or_default() };
        Outcome { accepted: vec![part], answer: Answer::Accepted }
    }

    /// What trouble with a writing call means; stops or pauses the lane where every message would meet the same.
    async fn answer(&self, trouble: Trouble) -> Outcome {
        let (class, code, text) = match trouble {
            Trouble::Unsent { code, text } => {
                self.board.away(Some(text.clone()));
                return not_sent(code, &text);
            }
            Trouble::Lost { code, text } => return uncertain(code, &text),
            Trouble::Refused { class, code, text } => (class, code, text),
        };
        match class {
            Class::Uncertain | Class::Duplicate => uncertain(&code, &text),
            Class::Throttle => self.throttled(&code, &text),
            Class::Token | Class::Permission | Class::Config | Class::Block => {
                let text = self.stop(class, &code, text).await;
                answered(Answer::Refused {
                    reason: reason(ReasonClass::Permanent, &code, &text),
                    scope: Scope::Lane,
                })
            }
            Class::Permanent | Class::Link | Class::Gone | Class::Unmeasured => refused(&code, &text),
        }
    }

    fn throttled(&self, code: &str, text: &str) -> Outcome {
        let told = self.board.paused().is_some();
        let pause = Duration::from_secs(self.settings.throttle_pause_s);
        let left = if told {
            self.board.paused().map_or(pause, |(_, left)| left)
        } else {
            self.board.pause(format!("too many calls ({code})"), pause)
        };
        if !self.settings.throttled_means_unsent {
            return uncertain(code, text);
        }
        if told {
            answered(self.deferred(code, text, left))
        } else {
            answered(Answer::Throttled {
                reason: reason(ReasonClass::Temporary, code, text),
                retry_after: left,
            })
        }
    }

    fn deferred(&self, code: &str, text: &str, left: Duration) -> Answer {
        let left = SignedDuration::try_from(left).unwrap_or(SignedDuration::MAX);
        let until = self.context.clock.now().saturating_add(left).unwrap_or(jiff::Timestamp::MAX);
        Answer::Deferred { reason: reason(ReasonClass::Temporary, code, text), until }
    }

    async fn stop(&self, class: Class, code: &str, text: String) -> String {
        let remedy = match class {
            Class::Token => "create a new Page token and put it where page_token is kept",
            Class::Permission => "an administrator of the Page and of the app must give the right again",
            Class::Block => "look at the Page on facebook.com; each further try may make the block longer",
            _ => "correct the lane's settings or the app's set-up",
        };
        let mut text = format!("{text}: {remedy}");
        if class == Class::Block
            && let Some(state) = token::page_state(self).await
        {
            text = format!("{text}; {}", state.text);
        }
        let until = Instant::now() + Duration::from_secs(self.settings.stopped_for_s);
        self.board.stop(Stop { code: code.to_owned(), text: text.clone(), until: Some(until) });
        text
    }
}

fn refused(code: &str, text: &str) -> Outcome {
    answered(Answer::Refused { reason: reason(ReasonClass::Permanent, code, text), scope: Scope::Message })
}

/// `{"success": true}`, or the bare `true` of old versions.
fn is_yes(value: &Value) -> bool {
    value.as_bool().or_else(|| value.get("success").and_then(Value::as_bool)).unwrap_or(false)
}
