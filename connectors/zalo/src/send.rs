//! One message as a call, by the lane's way of sending.

use contract::{Answer, ArticleBody, Body, ReasonClass, Scope, Submission, TemplateBody, Ticket};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};
use unicode_normalization::UnicodeNormalization;

use crate::{
    board::Hold,
    codes::{self, Host},
    config::Mode,
    hours,
    http::{Lost, Reply},
    lane::{Ask, Lane, NoReply, Stage, own},
    lenient::{integer, phone, word},
};

/// Longest `tracking_id`.
const TRACKING_MAX: usize = 48;
/// Longest consultation message, in characters.
const TEXT_MAX: usize = 2_000;
/// Longest fields of an article, in characters.
const TITLE_MAX: usize = 150;
const DESCRIPTION_MAX: usize = 300;
const AUTHOR_MAX: usize = 50;
/// Articles remembered as made.
const ARTICLES_MAX: usize = 64;
/// "The article is being processed."
const PROCESSING: i64 = -214;

type Sent = Result<String, Answer>;

impl Lane {
    /// The provider's reference of the message, or the answer that it is not accepted.
    pub(crate) async fn send(&self, submission: &Submission, stage: &Stage) -> Sent {
        match (self.settings.mode, submission.body.as_ref()) {
            (Mode::Phone, Body::Template(body)) => self.to_phone(submission, body, stage).await,
            (Mode::Follower, Body::Template(body)) => self.to_follower(submission, body, stage).await,
            (Mode::Consult, Body::Text(body)) => {
                let text: String = body.text.nfc().collect();
                check_length("text", &text, TEXT_MAX)?;
                let call =
                    json!({ "recipient": { "user_id": &*submission.address }, "message": { "text": text } });
                self.to_user("/v3.0/oa/message/cs", call, submission, stage).await
            }
            (Mode::Broadcast, Body::Article(body)) => self.to_all(submission, body, stage).await,
            _ => Err(wrong("body", "this lane does not send messages of this kind")),
        }
    }

    async fn to_phone(&self, submission: &Submission, body: &TemplateBody, stage: &Stage) -> Sent {
        let Some(phone) = phone(&submission.address) else {
            let reason = own(ReasonClass::Permanent, "phone", "this is not a telephone number of Viet Nam");
            return Err(Answer::Refused { reason, scope: Scope::Recipient });
        };
        let tracking = tracking_id(submission.ticket);
        let mut call = json!({
            "phone": phone,
            "template_id": body.template,
            "template_data": data(body),
            "tracking_id": tracking,
        });
        if self.settings.development {
            call["mode"] = json!("development");
        }
        let ask = Ask::post(Host::Zns, "/message/template", call);
        let reply = self.done(&ask, submission, stage).await?;
        self.spent(&reply);
        // Receipts repeat our own id too, so it serves where the platform's is missing.
        Ok(word(&reply.data()["msg_id"]).unwrap_or(tracking))
    }

    async fn to_follower(&self, submission: &Submission, body: &TemplateBody, stage: &Stage) -> Sent {
        let mut call = json!({
            "user_id": &*submission.address,
            "template_id": body.template,
            "template_data": data(body),
        });
        if self.settings.development {
            call["mode"] = json!("development");
        }
        self.to_user("/v3.0/oa/message/template", call, submission, stage).await
    }

    async fn to_user(&self, path: &'static str, call: Value, submission: &Submission, stage: &Stage) -> Sent {
        let reply = self.done(&Ask::post(Host::Oa, path, call), submission, stage).await?;
        Ok(word(&reply.data()["message_id"]).unwrap_or_default())
    }

    async fn to_all(&self, submission: &Submission, body: &ArticleBody, stage: &Stage) -> Sent {
        let token = self.article(submission, body, stage).await?;
        let article = self.verified(&token, submission).await?;
        let element = json!({ "media_type": "article", "attachment_id": article });
        let payload = json!({ "template_type": "media", "elements": [element] });
        let call = json!({
            "recipient": { "target": {} },
            "message": { "attachment": { "type": "template", "payload": payload } },
        });
        self.to_user("/v2.0/oa/message", call, submission, stage).await
    }

    /// The token of the alert's article, made now or by an earlier attempt.
    async fn article(&self, submission: &Submission, body: &ArticleBody, stage: &Stage) -> Sent {
        let made = || self.articles.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (title, description, author) = (nfc(&body.title), nfc(&body.description), self.author(body));
        check_length("title", &title, TITLE_MAX)?;
        check_length("description", &description, DESCRIPTION_MAX)?;
        check_length("author", &author, AUTHOR_MAX)?;
        let paragraph =
            |text: &String| json!({ "type": "text", "content": format!("<p>{}</p>", escaped(&nfc(text))) });
        let paragraphs: Vec<_> = body.paragraphs.iter().map(paragraph).collect();
        // Both are hidden unless told otherwise.
        let call = json!({
            "type": "normal", "title": title, "author": author, "description": description,
            "cover": { "cover_type": "photo", "photo_url": body.cover_url, "status": "show" },
            "body": paragraphs, "status": "show", "comment": "hide",
        });
        // By its content: an article of the same alert with a new text is a new one.
        let key = hex::encode(Sha256::digest(call.to_string()));
        let known = made().get(&key).cloned();
        if let Some(token) = known {
            return Ok(token);
        }
        let ask = Ask::post(Host::Oa, "/v2.0/article/create", call);
        let reply = self.done(&ask, submission, stage).await?;
        let Some(token) = word(&reply.data()["token"]) else {
            return Err(wrong("token", "the platform took the article and gave no token for it"));
        };
        let mut made = made();
        if made.len() >= ARTICLES_MAX {
            made.clear();
        }
        made.insert(key, token.clone());
        Ok(token)
    }

    /// Who writes, and the account itself where nobody is named: the platform takes no article without an author.
    fn author(&self, body: &ArticleBody) -> String {
        if !body.author.is_empty() {
            return nfc(&body.author);
        }
        let name = self.name.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = if name.is_empty() { self.settings.oa_id.as_str() } else { name.as_str() };
        nfc(name).chars().take(AUTHOR_MAX).collect()
    }

    /// The article's id, once it is ready. Nothing was broadcast yet, so whatever fails here may be tried again.
    async fn verified(&self, token: &str, submission: &Submission) -> Sent {
        let until = Instant::now() + std::time::Duration::from_millis(self.settings.article_wait_ms);
        let mut last = own(ReasonClass::Temporary, "-214", "the article is not ready yet");
        while Instant::now() < until {
            let ask = Ask::post(Host::Oa, "/v2.0/article/verify", json!({ "token": token }));
            match self.ask(&ask, &Stage::default()).await {
                Ok(reply) if reply.code == 0 => {
                    if let Some(id) = word(&reply.data()["id"]) {
                        return Ok(id);
                    }
                }
                Ok(reply) if reply.code == PROCESSING => {}
                Ok(reply) => return Err(self.refused(Host::Oa, &reply, submission).await),
                Err(NoReply::Lost(Lost::Unknown { code, text })) => {
                    last =
                        own(ReasonClass::Temporary, &code, format!("whether the article is ready: {text}"));
                }
                Err(no) => return Err(self.unanswered(no)),
            }
            sleep(std::time::Duration::from_millis(self.settings.article_poll_ms)).await;
        }
        Err(Answer::Refused { reason: last, scope: Scope::Message })
    }

    async fn done(&self, ask: &Ask, submission: &Submission, stage: &Stage) -> Result<Reply, Answer> {
        let reply = self.ask(ask, stage).await.map_err(|no| self.unanswered(no))?;
        if reply.code == 0 { Ok(reply) } else { Err(self.refused(ask.host, &reply, submission).await) }
    }

    /// Every accepted message tells what is left of the day; at nothing the lane waits for the reset.
    pub(crate) fn spent(&self, reply: &Reply) {
        if integer(&reply.data()["quota"]["remainingQuota"]) == Some(0) {
            self.hold_for_reset();
        }
    }

    pub(crate) fn hold_for_reset(&self) {
        let now = self.now();
        let until = hours::spread(hours::reset(now, &self.settings), &self.settings);
        let reason = codes::reason(-144, codes::look_up(Host::Zns, -144, ""));
        self.board.hold(now, Hold { until, reason });
    }
}

fn nfc(text: &str) -> String {
    text.nfc().collect()
}

fn data(body: &TemplateBody) -> Map<String, Value> {
    body.parameters.iter().map(|(name, value)| (name.clone(), Value::String(nfc(value)))).collect()
}

fn wrong(code: &str, text: &str) -> Answer {
    Answer::Refused { reason: own(ReasonClass::Permanent, code, text), scope: Scope::Message }
}

fn check_length(field: &str, text: &str, max: usize) -> Result<(), Answer> {
    let length = text.chars().count();
    if length <= max {
        return Ok(());
    }
    Err(wrong("too-long", &format!("{field} has {length} characters, {max} are allowed")))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

/// Ours in every receipt; the same for the same attempt, and different for every other.
pub(crate) fn tracking_id(ticket: Ticket) -> String {
    let Ticket { alert, route, seq, attempt, .. } = ticket;
    let plain = format!("a{alert}r{route}s{seq}t{attempt}");
    if plain.len() <= TRACKING_MAX {
        return plain;
    }
    // Numbers as large as these do not come up; their hash keeps the promise all the same.
    hex::encode(Sha256::digest(plain)).chars().take(TRACKING_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_ids_are_short_plain_and_different() {
        let ticket = |alert, route, seq, attempt| Ticket { alert, route, seq, attempt, strikes: 9, claim: 9 };
        assert_eq!(tracking_id(ticket(12, 3, 45, 1)), "a12r3s45t1");
        assert_ne!(tracking_id(ticket(12, 3, 45, 1)), tracking_id(ticket(12, 3, 45, 2)));
        let longest = tracking_id(ticket(i64::MAX, i32::MAX, i64::MAX >> 8, i32::MAX));
        assert!(longest.len() <= TRACKING_MAX, "{longest}");
        assert!(longest.chars().all(|symbol| symbol.is_ascii_alphanumeric() || symbol == '-'));
    }

    #[test]
    fn an_article_holds_no_markup_of_its_text() {
        assert_eq!(escaped("a <b> & c\nd"), "a &lt;b&gt; &amp; c<br>d");
    }
}
