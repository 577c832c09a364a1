//! One process: nobody else to ask, everybody to be told is here.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::broadcast;

use super::{Coordination, Grant, NEWS_MAX, News, Quota, Sent, Standing, bucket::Buckets};

/// References remembered at once, about 100 bytes each; the oldest go first.
const REMEMBERED_MAX: usize = 100_000;

#[derive(Debug)]
pub struct Local {
    buckets: Buckets,
    news: broadcast::Sender<News>,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    sent: HashMap<Box<str>, Sent>,
    order: VecDeque<Box<str>>,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            buckets: Buckets::default(),
            news: broadcast::Sender::new(NEWS_MAX),
            remembered: Mutex::default(),
        }
    }
}

#[async_trait]
impl Coordination for Local {
    async fn admit(&self, quota: &Quota, wanted: u32) -> Grant {
        self.buckets.admit(quota, wanted)
    }

    fn announce(&self, news: News) {
        // Nobody listening is no failure.
        let _heard = self.news.send(news);
    }

    fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    fn remember(&self, account: &str, sent: Vec<(String, Sent)>) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        for (reference, sent) in sent {
            remembered.put(key(account, &reference), sent);
        }
    }

    async fn recall(&self, account: &str, references: &[String]) -> Vec<Option<Sent>> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |reference: &String| remembered.sent.get(&key(account, reference)).copied();
        references.iter().map(find).collect()
    }

    fn standing(&self) -> Standing {
        Standing::Alone
    }

    async fn close(&self) {}
}

impl Remembered {
    fn put(&mut self, key: Box<str>, sent: Sent) {
        while self.order.len() >= REMEMBERED_MAX {
            let Some(oldest) = self.order.pop_front() else { break };
            self.sent.remove(&oldest);
        }
        if self.sent.insert(key.clone(), sent).is_none() {
            self.order.push_back(key);
        }
    }
}

fn key(account: &str, reference: &str) -> Box<str> {
    format!("{account}:{reference}").into()
}
