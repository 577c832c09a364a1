//! Articles and broadcasts.

use super::people::People;
use super::script::ZaloScript;
use serde_json::Value;

/// Articles, and broadcasts, that can be made.
pub(crate) const PRESS_MAX: usize = 10_000;

/// An article of the OA.
#[derive(Debug, Clone, PartialEq)]
pub struct Article {
    /// What `/v2.0/article/verify` asks with.
    pub token: String,
    /// What broadcasts name.
    pub id: String,
    /// Verified: `id` has been given out.
    pub ready: bool,
    /// `status` is `show`; the platform's default is `hide`.
    pub shown: bool,
    /// Taken away by `/v2.0/article/remove`.
    pub removed: bool,
    /// As it was sent.
    pub content: Value,
    pub(crate) polls: u32,
}

/// A broadcast that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Broadcast {
    /// As it was answered.
    pub message_id: String,
    /// Ids of the articles.
    pub articles: Vec<String>,
    /// As it was sent.
    pub target: Value,
    /// Followers reached; `None`: still in moderation.
    pub reached: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Press {
    pub(crate) articles: Vec<Article>,
    pub(crate) broadcasts: Vec<Broadcast>,
}

impl Press {
    /// The article of this id, unless removed or not ready.
    pub(crate) fn article_mut(&mut self, id: &str) -> Option<&mut Article> {
        self.articles.iter_mut().find(|article| article.id == id && article.ready && !article.removed)
    }

    /// Moderation is over: counts the followers who get it.
    pub(crate) fn publish(
        &mut self,
        number: usize,
        people: &mut People,
        script: &ZaloScript,
        now_ms: u64,
    ) -> u64 {
        let Some(broadcast) = self.broadcasts.get_mut(number) else { return 0 };
        let mut reached = 0;
        for person in people.iter_mut() {
            let meant = person.told.follows
                && listed(&broadcast.target["cities"], person.told.city)
                && (matches!(number_list(&broadcast.target["gender"]).as_slice(), [] | [0])
                    || listed(&broadcast.target["gender"], Some(person.told.gender)));
            let (daily_max, monthly_max) = (script.broadcasts_daily_max, script.broadcasts_monthly_max);
            reached += u64::from(meant && person.takes_broadcast(now_ms, daily_max, monthly_max));
        }
        broadcast.reached = Some(reached);
        reached
    }
}

/// Values separated by commas, or one bare number.
pub(crate) fn number_list(value: &Value) -> Vec<u64> {
    let text = super::call::text(value);
    text.split(',').filter_map(|part| part.trim().parse().ok()).collect()
}

/// Whether the list is empty or holds what is known of the person.
fn listed(list: &Value, known: Option<u8>) -> bool {
    let list = number_list(list);
    list.is_empty() || known.is_some_and(|known| list.contains(&u64::from(known)))
}
