//! Looking up what became of a call whose answer is unknown. One look; when to look is the engine's business.

use std::sync::Arc;

use contract::{Body, Doubtful, PostAct, Reconciled};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    api::Trouble,
    board::About,
    codes::Class,
    evidence,
    lane::Lane,
    reply,
    words::{mentions, normal, same_post},
};

/// Meta allows no more per page of a listing.
const LISTING_LIMIT: &str = "100";
const POST_FIELDS: &str = "id,message,created_time,application,permalink_url,is_published";
const COMMENT_FIELDS: &str = "id,message,from,created_time";
/// The provider's clock against ours.
const SKEW: SignedDuration = SignedDuration::from_secs(120);
const PAIRS_MAX: usize = 16;

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Want<'w> {
    pub(crate) reference: &'w str,
    pub(crate) text: &'w str,
    /// Posts that only mention the reference count from here on; the very text counts whenever it was posted.
    pub(crate) after: Timestamp,
}

/// What a listing showed.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Ids that fit, oldest first.
    pub(crate) ours: Vec<String>,
    /// One of the controls was there.
    pub(crate) control: bool,
    /// The listing was read to its end, or as far back as could matter.
    pub(crate) complete: bool,
}

impl Lane {
    pub(crate) async fn resolve(self: &Arc<Self>, doubtful: &Doubtful) -> Reconciled {
        let Body::Post(post) = &*doubtful.body else {
            return Reconciled::Unknown("a Page has posts only".to_owned());
        };
        if let Some((why, _)) = self.board.paused() {
            return Reconciled::Unknown(format!("not looked up: {why}"));
        }
        let after = doubtful.since.saturating_sub(SKEW).unwrap_or(Timestamp::MIN);
        let want = Want { reference: &post.reference, text: &post.text, after };
        let seen = match &post.act {
            PostAct::Publish => self.posted(&want, doubtful).await,
            PostAct::Edit(target) => self.edited(target, &want, doubtful).await,
            PostAct::Comment(target) => self.commented(target, &want, doubtful).await,
            PostAct::Delete(target) => self.deleted(target, doubtful).await,
        };
        if let Ok(Reconciled::Sent { reference }) = &seen {
            evidence::follow(self, &doubtful.body, reference);
        }
        if let Err(Trouble::Refused { class: class @ Class::Token, code, text }) = &seen {
            self.stop(*class, code, text.clone()).await;
        }
        seen.unwrap_or_else(|trouble| Reconciled::Unknown(format!("the look-up failed: {}", trouble.text())))
    }

    async fn posted(&self, want: &Want<'_>, doubtful: &Doubtful) -> Result<Reconciled, Trouble> {
        let look = self.look(want, &doubtful.controls).await?;
        Ok(self.conclude(look, doubtful, "published_posts"))
    }

    /// Reads the Page's posts.
    pub(crate) async fn look(&self, want: &Want<'_>, controls: &[String]) -> Result<Look, Trouble> {
        let path = format!("{}/published_posts", self.settings.page_id);
        let look = self.list(&path, POST_FIELDS, controls, want.after, |row| self.fits(row, want)).await?;
        if look.ours.len() > 1 {
            let text = format!("{} posts carry {}: delete all but one", look.ours.len(), want.reference);
            tracing::warn!(lane = %self.context.lane, "{text}");
            self.board.warn(About::Duplicate, Some(text));
        }
        Ok(look)
    }

    fn fits(&self, row: &Value, want: &Want<'_>) -> bool {
        let message = normal(reply::text(row, "message").unwrap_or_default());
        let app = row.get("application").and_then(|app| reply::id(app, "id"));
        let others = app.is_some_and(|app| app != self.settings.app_id);
        let hidden = row.get("is_published").and_then(Value::as_bool) == Some(false);
        let created = row.get("created_time").and_then(reply::moment);
        let recent = || created.is_none_or(|created| created >= want.after);
        !others && !hidden && mentions(&message, want.reference) && (message == normal(want.text) || recent())
    }

    async fn list(
        &self,
        path: &str,
        fields: &str,
        controls: &[String],
        after: Timestamp,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Look, Trouble> {
        let mut look = Look::default();
        let mut ours: Vec<(Timestamp, String)> = Vec::new();
        let mut query =
            vec![("fields".to_owned(), fields.to_owned()), ("limit".to_owned(), LISTING_LIMIT.to_owned())];
        for _ in 0..self.settings.listing_pages_max {
            let pairs: Vec<_> = query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            let page = self.api.get(path, &pairs).await?;
            let Some(rows) = page.get("data").and_then(Value::as_array) else { break };
            let mut all_old = !rows.is_empty();
            for row in rows {
                let (id, created) = (reply::id(row, "id"), row.get("created_time").and_then(reply::moment));
                all_old &= created.is_some_and(|created| created < after);
                let Some(id) = id else { continue };
                look.control |= controls.iter().any(|control| same_post(control, &id));
                if fits(row) {
                    ours.push((created.unwrap_or(after), id));
                }
            }
            query = match next_page(&page, &query) {
                Next::Page(next) => next,
                Next::End => {
                    look.complete = true;
                    break;
                }
                Next::Lost => break,
            };
            if self.settings.listing_ordered && all_old && (look.control || controls.is_empty()) {
                look.complete = true;
                break;
            }
        }
        ours.sort();
        look.ours = ours.into_iter().map(|(_, id)| id).collect();
        look.ours.dedup();
        Ok(look)
    }

    fn conclude(&self, look: Look, doubtful: &Doubtful, listing: &str) -> Reconciled {
        if let Some(id) = look.ours.into_iter().next() {
            return Reconciled::Sent { reference: id };
        }
        if doubtful.controls.is_empty() {
            return Reconciled::Unknown(format!(
                "not in {listing}, and no earlier post shows that the listing works"
            ));
        }
        if !look.control {
            return Reconciled::Unknown(format!(
                "not in {listing}, but earlier posts are not there either: the listing proves nothing"
            ));
        }
        if !look.complete {
            return Reconciled::Unknown(format!(
                "not in the first {} pages of {listing}: raise listing_pages_max",
                self.settings.listing_pages_max
            ));
        }
        self.absent(doubtful, listing)
    }

    /// Not there; whether that proves anything depends on how long ago it was tried.
    fn absent(&self, doubtful: &Doubtful, place: &str) -> Reconciled {
        let waited = self.context.clock.now().duration_since(doubtful.since).as_secs();
        let needed = i64::try_from(self.settings.absence_proved_after_s).unwrap_or(i64::MAX);
        if waited >= needed {
            Reconciled::NotSent
        } else {
            Reconciled::Unknown(format!("not in {place} after {waited} s; proof takes {needed} s"))
        }
    }

    async fn edited(
        &self,
        target: &str,
        want: &Want<'_>,
        doubtful: &Doubtful,
    ) -> Result<Reconciled, Trouble> {
        let post = self.api.get(target, &[("fields", "id,message")]).await?;
        let Some(message) = reply::text(&post, "message") else {
            return Ok(Reconciled::Unknown("the post's text can't be read".to_owned()));
        };
        if normal(message) == normal(want.text) {
            return Ok(Reconciled::Sent { reference: target.to_owned() });
        }
        Ok(self.absent(doubtful, "the post"))
    }

    async fn commented(
        &self,
        target: &str,
        want: &Want<'_>,
        doubtful: &Doubtful,
    ) -> Result<Reconciled, Trouble> {
        let ours = |row: &Value| {
            let from = row.get("from").and_then(|from| reply::id(from, "id"));
            let others = from.is_some_and(|from| from != self.settings.page_id);
            let message = normal(reply::text(row, "message").unwrap_or_default());
            !others && mentions(&message, want.reference) && message == normal(want.text)
        };
        let path = format!("{target}/comments");
        let look = self.list(&path, COMMENT_FIELDS, &doubtful.controls, want.after, ours).await?;
        Ok(self.conclude(look, doubtful, "the comments"))
    }

    async fn deleted(&self, target: &str, doubtful: &Doubtful) -> Result<Reconciled, Trouble> {
        Ok(match self.is_there(target).await? {
            Some(false) => Reconciled::Sent { reference: target.to_owned() },
            Some(true) => self.absent(doubtful, "what was deleted: the post is still there"),
            None => Reconciled::Unknown("neither the post nor the Page can be read".to_owned()),
        })
    }
}

/// What comes after a page of a listing.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Its parameters.
    Page(Vec<(String, String)>),
    /// Nothing: that was all.
    End,
    /// Something that can't be asked for.
    Lost,
}

/// The parameters of the next page, without the secrets that Meta writes into its address. The address itself is not
/// followed: our token goes only to the host in the settings. An empty page may still have a next one.
fn next_page(page: &Value, last: &[(String, String)]) -> Next {
    let Some(next) = page.pointer("/paging/next").filter(|next| !next.is_null()) else { return Next::End };
    let Some(next) = next.as_str().and_then(|next| reqwest::Url::parse(next).ok()) else { return Next::Lost };
    let secret = |key: &str| matches!(key, "access_token" | "appsecret_proof");
    let mut query: Vec<_> = next
        .query_pairs()
        .filter(|(key, _)| !secret(key))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .take(PAIRS_MAX)
        .collect();
    for (key, value) in last.iter().filter(|(key, _)| matches!(key.as_str(), "fields" | "limit")) {
        if !query.iter().any(|(have, _)| have == key) {
            query.push((key.clone(), value.clone()));
        }
    }
    // The same page again would be read for ever.
    if query == last { Next::Lost } else { Next::Page(query) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_next_page_is_asked_for_without_the_token() {
        let first = query(&[("fields", "id"), ("limit", "100")]);
        let page = json!({"data": [], "paging": {"next":
            "https://elsewhere.example/v26.0/1/published_posts?access_token=EAAsecret&appsecret_proof=ab&limit=100&after=QVF"}});
        let expected = query(&[("limit", "100"), ("after", "QVF"), ("fields", "id")]);
        assert_eq!(next_page(&page, &first), Next::Page(expected.clone()));
        assert_eq!(next_page(&page, &expected), Next::Lost, "the same page again is no next page");
    }

    #[test]
    fn only_the_absence_of_a_next_page_is_the_end() {
        for end in [
            json!({"data": []}),
            json!({"paging": {"cursors": {"after": "x"}}}),
            json!({"paging": {"next": null}}),
        ] {
            assert_eq!(next_page(&end, &[]), Next::End, "{end}");
        }
        for lost in [json!({"paging": {"next": 5}}), json!({"paging": {"next": "no address"}})] {
            assert_eq!(next_page(&lost, &[]), Next::Lost, "{lost}");
        }
    }
}
