//! What exists on the platform: posts, photos, comments, the callback, and the clock all of it lives by.

use super::ask::Picture;
use super::count::Counts;
use super::error::GraphError;
use super::fault::{Chance, Plan};
use super::hooks::Delivery;
use super::script::FacebookScript;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::sync::mpsc;

/// Posts and photos that are kept; beyond it the oldest are forgotten.
const POSTS_MAX: usize = 5_000;
const PHOTOS_MAX: usize = 20_000;
/// Comments of a post; more are refused.
const COMMENTS_MAX: usize = 500;
/// Earlier texts of a post; more are not kept.
pub(crate) const EDITS_MAX: usize = 20;
/// Different texts remembered for the count of duplicates.
const TEXTS_MAX: usize = 200_000;
/// Ids are larger than a float can hold.
const FIRST_ID: u64 = 122_100_000_000_000_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Who made a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Author {
    /// The app, through this API.
    App,
    /// An administrator, in Facebook's own pages.
    Admin,
    Visitor(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) message: String,
    /// `None`: the Page itself.
    pub(crate) from: Option<String>,
    pub(crate) created_ms: u64,
    pub(crate) parent: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// `{page}_{serial}`
    pub(crate) id: String,
    pub(crate) serial: u64,
    pub(crate) author: Author,
    pub(crate) message: String,
    pub(crate) link: Option<String>,
    pub(crate) photos: Vec<u64>,
    pub(crate) photo_bytes: usize,
    pub(crate) created_ms: u64,
    pub(crate) updated_ms: u64,
    pub(crate) published: bool,
    pub(crate) scheduled_s: Option<i64>,
    pub(crate) hidden: bool,
    pub(crate) pinned: bool,
    pub(crate) deleted: bool,
    /// Made while the app was in Development mode.
    pub(crate) in_dev_mode: bool,
    pub(crate) targeting: Option<String>,
    pub(crate) place: Option<String>,
    pub(crate) edits: Vec<String>,
    pub(crate) comments: Vec<Comment>,
}

impl Stored {
    /// Published, or scheduled for a time that has come.
    pub(crate) fn is_published(&self, now_ms: u64) -> bool {
        self.published || self.scheduled_s.is_some_and(|at| at <= (now_ms / 1_000) as i64)
    }

    /// Anybody can see it: published, not restricted, and not made by an app in Development mode.
    pub(crate) fn is_public(&self, now_ms: u64) -> bool {
        let open = self.is_published(now_ms) && !self.hidden && !self.deleted;
        open && !self.in_dev_mode && self.targeting.is_none()
    }

    /// When it became visible, for its numbers.
    pub(crate) fn shown_ms(&self) -> u64 {
        let scheduled = self.scheduled_s.filter(|_| !self.published).unwrap_or(0);
        self.created_ms.max(scheduled.unsigned_abs() * 1_000)
    }
}

#[derive(Debug)]
pub(crate) struct Photo {
    pub(crate) bytes: usize,
    pub(crate) created_ms: u64,
    pub(crate) caption: String,
    /// The post it belongs to; `None`: uploaded only.
    pub(crate) post: Option<u64>,
}

/// A post about to be made.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) author: Author,
    pub(crate) message: String,
    pub(crate) link: Option<String>,
    pub(crate) photos: Vec<u64>,
    pub(crate) published: bool,
    pub(crate) scheduled_s: Option<i64>,
    pub(crate) targeting: Option<String>,
    pub(crate) place: Option<String>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) script: FacebookScript,
    pub(crate) plan: Plan,
    pub(crate) chance: Chance,
    pub(crate) counts: Counts,
    /// `http://127.0.0.1:PORT`
    pub(crate) base: String,
    pub(crate) posts: BTreeMap<u64, Stored>,
    pub(crate) photos: BTreeMap<u64, Photo>,
    /// Photos with the time of their upload, oldest first, until it is known whether they were used.
    uploads: VecDeque<(u64, u64)>,
    /// Hash of a text to when it was last posted.
    texts: HashMap<u64, u64>,
    ids: u64,
    /// How far the platform's clock was moved forward.
    pub(crate) ahead_ms: u64,
    /// When tokens were issued.
    pub(crate) started_ms: u64,
    /// The verified callback.
    pub(crate) callback: Option<String>,
    pub(crate) subscribed: bool,
    deliveries: mpsc::Sender<Delivery>,
    /// Calls of the day that began then, and the end of a block.
    pub(crate) calls: u32,
    pub(crate) calls_since_ms: u64,
    pub(crate) blocked_until_ms: u64,
    pub(crate) now_ms: u64,
}

impl World {
    pub(crate) fn new(
        script: FacebookScript,
        base: String,
        now_ms: u64,
        deliveries: mpsc::Sender<Delivery>,
    ) -> Self {
        Self {
            plan: Plan::new(&script.faults),
            chance: Chance::new(script.seed),
            subscribed: script.webhooks.subscribed,
            script,
            counts: Counts::default(),
            base,
            posts: BTreeMap::new(),
            photos: BTreeMap::new(),
            uploads: VecDeque::new(),
            texts: HashMap::new(),
            ids: FIRST_ID,
            ahead_ms: 0,
            started_ms: now_ms,
            callback: None,
            deliveries,
            calls: 0,
            calls_since_ms: now_ms,
            blocked_until_ms: 0,
            now_ms,
        }
    }

    pub(crate) fn change(&mut self, script: FacebookScript) {
        self.plan = Plan::new(&script.faults);
        self.chance = Chance::new(script.seed);
        self.script = script;
    }

    pub(crate) fn now_s(&self) -> i64 {
        (self.now_ms / 1_000) as i64
    }

    /// The clock moves on; what has lived too long goes.
    pub(crate) fn at(&mut self, wall_ms: u64) {
        self.now_ms = self.now_ms.max(wall_ms + self.ahead_ms);
        while let Some(&(created_ms, id)) = self.uploads.front() {
            if created_ms + DAY_MS > self.now_ms {
                break;
            }
            self.uploads.pop_front();
            if self.photos.get(&id).is_some_and(|photo| photo.post.is_none()) {
                self.photos.remove(&id);
                self.counts.photos_purged += 1;
            }
        }
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// A post that exists, by its whole id.
    pub(crate) fn post(&self, id: &str) -> Option<&Stored> {
        let serial: u64 = id.rsplit_once('_')?.1.parse().ok()?;
        self.posts.get(&serial).filter(|post| post.id == id && !post.deleted)
    }

    pub(crate) fn post_mut(&mut self, id: &str) -> Option<&mut Stored> {
        let serial = self.post(id)?.serial;
        self.posts.get_mut(&serial)
    }

    /// The post of a comment with the id `{post serial}_{comment}`, and the place of the comment.
    pub(crate) fn comment_mut(&mut self, id: &str) -> Option<(&mut Stored, usize)> {
        let (post, comment) = id.split_once('_')?;
        let (post, comment): (u64, u64) = (post.parse().ok()?, comment.parse().ok()?);
        let post = self.posts.get_mut(&post).filter(|post| !post.deleted)?;
        let at = post.comments.iter().position(|one| one.id == comment)?;
        Some((post, at))
    }

    pub(crate) fn add_photo(&mut self, picture: Picture, caption: &str) -> u64 {
        let id = self.next_id();
        let photo =
            Photo { bytes: picture.bytes, created_ms: self.now_ms, caption: caption.to_owned(), post: None };
        self.photos.insert(id, photo);
        self.uploads.push_back((self.now_ms, id));
        if self.photos.len() > PHOTOS_MAX {
            self.photos.pop_first();
        }
        if self.uploads.len() > PHOTOS_MAX {
            self.uploads.pop_front();
        }
        self.counts.photos_uploaded += 1;
        id
    }

    /// The platform's own guard: the same text too soon.
    pub(crate) fn guard_duplicate(&self, text: &str) -> Result<(), GraphError> {
        let last = self.texts.get(&hash(text)).copied();
        let window_ms = self.script.duplicate_window_ms;
        if last.is_some_and(|last| window_ms > 0 && self.now_ms < last + window_ms) {
            let error = GraphError::new(506, "(#506) Duplicate status message");
            let text = "This status update is identical to the last one you posted.";
            return Err(error.for_person("Duplicate Status Update", text));
        }
        Ok(())
    }

    /// Makes the post and returns its id.
    pub(crate) fn add_post(&mut self, draft: Draft) -> String {
        let serial = self.next_id();
        let id = format!("{}_{serial}", self.script.page_id);
        let mut photo_bytes = 0;
        for photo in &draft.photos {
            if let Some(photo) = self.photos.get_mut(photo) {
                photo.post = Some(serial);
                photo_bytes += photo.bytes;
            }
        }
        if draft.author == Author::App {
            self.count_post(draft.link.as_deref(), &draft.message);
        }
        let post = Stored {
            id: id.clone(),
            serial,
            author: draft.author,
            message: draft.message,
            link: draft.link,
            photos: draft.photos,
            photo_bytes,
            created_ms: self.now_ms,
            updated_ms: self.now_ms,
            published: draft.published,
            scheduled_s: draft.scheduled_s,
            hidden: false,
            pinned: false,
            deleted: false,
            in_dev_mode: self.script.dev_mode,
            targeting: draft.targeting,
            place: draft.place,
            edits: Vec::new(),
            comments: Vec::new(),
        };
        self.tell_of_post(&post);
        self.posts.insert(serial, post);
        if self.posts.len() > POSTS_MAX {
            self.posts.pop_first();
        }
        id
    }

    fn count_post(&mut self, link: Option<&str>, message: &str) {
        self.counts.posts_created += 1;
        let text = if message.is_empty() { link.unwrap_or("") } else { message };
        let key = hash(text);
        let known = self.texts.contains_key(&key);
        self.counts.duplicate_posts += u64::from(known && !text.is_empty());
        if known || self.texts.len() < TEXTS_MAX {
            self.texts.insert(key, self.now_ms);
        }
    }

    /// Adds a comment and returns its whole id; `None`: there is no such post, or it has too many.
    pub(crate) fn add_comment(
        &mut self,
        post_id: &str,
        message: &str,
        from: Option<String>,
        parent: Option<u64>,
    ) -> Option<String> {
        let id = self.next_id();
        let now_ms = self.now_ms;
        let post = self.post_mut(post_id).filter(|post| post.comments.len() < COMMENTS_MAX)?;
        let comment = Comment { id, message: message.to_owned(), from, created_ms: now_ms, parent };
        post.comments.push(comment.clone());
        // A new comment moves it too: no proof of an edit.
        post.updated_ms = now_ms;
        let serial = post.serial;
        self.tell_of_comment(post_id, serial, &comment);
        Some(format!("{serial}_{id}"))
    }

    /// Puts a delivery into the queue of the callback.
    pub(crate) fn deliver(&mut self, delivery: Delivery) {
        if self.deliveries.try_send(delivery).is_err() {
            self.counts.webhooks_dropped += 1;
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
