//! Several processes through one Redis (or Valkey). Every key can be lost at any moment: buckets fill up again, references
//! are found in the ledger, and after a gap in the news everybody looks for himself.
//!
//! While it is away or slower than [`RedisSettings::timeout`] this node works with its own share of every quota. At most
//! one caller per probe waits for the time-out; the others do not ask.

mod inspect;
mod link;
mod news;
mod post;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::{broadcast, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    link::Link,
    post::{Outgoing, Post},
};
use super::{Coordination, Grant, NEWS_MAX, News, Quota, Sent, Standing, bucket::Buckets};

/// News and references that wait to be passed on; more are dropped.
const OUTGOING_MAX: usize = 4096;
const GCRA: &str = include_str!("gcra.lua");

#[derive(Clone, PartialEq)]
pub struct RedisSettings {
    /// `redis://[user:password@]host:port/database`
    pub url: String,
    /// Begins every key and channel, so that several gateways may share one Redis.
    pub prefix: String,
    /// Share of every quota that this node uses while it can't ask. The shares of all nodes shall not exceed 1.
    pub share: f64,
    /// An answer later than this is no answer.
    pub timeout: Duration,
}

impl std::fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.debug_struct("RedisSettings").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

pub struct Redis {
    settings: RedisSettings,
    link: Arc<Link>,
    script: redis::Script,
    /// This node's own share while Redis is away.
    own: Buckets,
    news: broadcast::Sender<News>,
    outgoing: mpsc::Sender<Outgoing>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.settings.prefix).finish_non_exhaustive()
    }
}

impl Redis {
    /// Begins to connect in the background; nobody waits for it.
    ///
    /// # Errors
    /// If the address can't be understood.
    pub fn start(settings: RedisSettings) -> Result<Self, redis::RedisError> {
        let client = redis::Client::open(settings.url.as_str())?;
        let (outgoing, waiting) = mpsc::channel(OUTGOING_MAX);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let link = Arc::new(Link::new(client.clone(), settings.timeout));
        let origin = uuid::Uuid::now_v7().to_string();
        let channel = format!("{}:news", settings.prefix);
        let news = broadcast::Sender::new(NEWS_MAX);
        tasks.spawn(link.clone().keep(stop.clone()));
        let post = Post {
            link: link.clone(),
            prefix: settings.prefix.clone(),
            channel: channel.clone(),
            origin: origin.clone(),
        };
        tasks.spawn(post.run(waiting, stop.clone()));
        tasks.spawn(news::listen(client, channel, origin, news.clone(), settings.timeout, stop.clone()));
        tasks.close();
        Ok(Self {
            settings,
            link,
            script: redis::Script::new(GCRA),
            own: Buckets::default(),
            news,
            outgoing,
            tasks,
            stop,
        })
    }

    /// What of a server's version and settings would be in our way, one sentence each.
    ///
    /// # Errors
    /// Whatever keeps it from being asked.
    pub async fn inspect(settings: &RedisSettings) -> Result<Vec<String>, redis::RedisError> {
        inspect::inspect(settings).await
    }

    async fn ask(&self, quota: &Quota, wanted: u32) -> Option<Grant> {
        let mut connection = self.link.connection()?;
        let key = format!("{}:quota:{}", self.settings.prefix, quota.key);
        let mut call = self.script.key(key);
        call.arg(quota.interval_us()).arg(quota.burst.max(1)).arg(wanted);
        match call.invoke_async::<(u32, u64)>(&mut connection).await {
            Ok((units, retry_us)) => Some(Grant { units, retry_after: Duration::from_micros(retry_us) }),
            Err(error) => {
                self.link.failed(&error);
                None
            }
        }
    }
}

#[async_trait]
impl Coordination for Redis {
    async fn admit(&self, quota: &Quota, wanted: u32) -> Grant {
        if let Some(grant) = self.ask(quota, wanted).await {
            return grant;
        }
        self.own.admit_from_empty(&quota.share(self.settings.share), wanted)
    }

    fn announce(&self, news: News) {
        // Nobody listening here is no failure, nor is a full queue: news may be lost.
        let _heard = self.news.send(news.clone());
        let _queued = self.outgoing.try_send(Outgoing::News(news));
    }

    fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    fn remember(&self, account: &str, sent: Vec<(String, Sent)>) {
        if !sent.is_empty() {
            let _queued = self.outgoing.try_send(Outgoing::Sent { account: account.to_owned(), sent });
        }
    }

    async fn recall(&self, account: &str, references: &[String]) -> Vec<Option<Sent>> {
        let nothing = || vec![None; references.len()];
        let Some(mut connection) = self.link.connection().filter(|_| !references.is_empty()) else {
            return nothing();
        };
        let key = |reference: &String| post::reference_key(&self.settings.prefix, account, reference);
        let keys: Vec<_> = references.iter().map(key).collect();
        match redis::cmd("MGET").arg(keys).query_async::<Vec<Option<String>>>(&mut connection).await {
            Ok(found) => found.into_iter().map(|text| post::read(&text?)).collect(),
            Err(error) => {
                self.link.failed(&error);
                nothing()
            }
        }
    }

    fn standing(&self) -> Standing {
        self.link.standing()
    }

    async fn close(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}
