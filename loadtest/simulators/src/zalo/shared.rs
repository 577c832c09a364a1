//! What the tasks of one simulator share, and the task that does what is due.

use super::call::Call;
use super::clock::now_ms;
use super::fault::FaultKind;
use super::front::label;
use super::outbox::Post;
use super::routes::{self, Reply};
use super::world::World;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Events on their way at one time.
const POSTS_MAX: usize = 64;
/// Jobs done before others may have the world.
const JOBS_MAX: usize = 256;
/// Longest sleep of a task with nothing to do.
const IDLE: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    /// Something was counted.
    pub(crate) changed: Notify,
    /// Something has to be done, now or later.
    pub(crate) todo: Notify,
    pub(crate) stop: CancellationToken,
    client: reqwest::Client,
}

impl Shared {
    pub(crate) fn new(world: World, stop: CancellationToken, client: reqwest::Client) -> Self {
        Self { stop, world: Mutex::new(world), changed: Notify::new(), todo: Notify::new(), client }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request; the fault that falls on it and the time to take for it.
    pub(crate) fn arrive(&self, call: &mut Call) -> (Option<FaultKind>, u64) {
        call.now_ms = now_ms();
        let (path, sends) = label(call);
        let world = &mut *self.world();
        *world.counts.requests.entry(path).or_default() += 1;
        let fault = world.faults.due(world.script.seed, &world.script.faults, &call.path, sends);
        world.counts.faults += u64::from(fault.is_some());
        self.changed.notify_waiters();
        (fault, world.script.response_ms)
    }

    /// Answers a request, after the webhook was told what it must know before.
    pub(crate) async fn answer(&self, call: &mut Call, error: Option<i64>) -> Reply {
        call.now_ms = now_ms();
        let (reply, first) = {
            let world = &mut *self.world();
            (routes::answer(world, call, error), std::mem::take(&mut world.first))
        };
        for post in first {
            self.bring(post).await;
        }
        self.changed.notify_waiters();
        self.todo.notify_one();
        reply
    }

    /// Brings an event to the webhook and counts how that went.
    async fn bring(&self, post: Post) {
        let (url, deadline) = {
            let world = self.world();
            (world.webhook.clone(), Duration::from_millis(world.script.webhook.deadline_ms))
        };
        let Some(url) = url else { return };
        let mut headers = vec![("x-zevent-signature", post.signature.clone())];
        if post.event.is_of_templates() {
            headers.push(("x-zevent-server", "ZNS".to_owned()));
        }
        if post.failures > 0 {
            headers.push(("num_retry", post.failures.to_string()));
        }
        let status = self.post(url, headers, post.body.clone(), deadline).await;
        self.world().posted(post, status == Some(200), now_ms());
        self.changed.notify_waiters();
        self.todo.notify_one();
    }

    /// One request to the webhook; its status, where there was one in time.
    pub(crate) async fn post(
        &self,
        url: reqwest::Url,
        headers: Vec<(&'static str, String)>,
        body: String,
        deadline: Duration,
    ) -> Option<u16> {
        let mut request = self.client.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let exchange = async {
            let response = request.send().await.ok()?;
            let status = response.status().as_u16();
            // Read to the end, so that the connection can be used again.
            response.bytes().await.ok()?;
            Some(status)
        };
        timeout(deadline, exchange).await.ok().flatten()
    }

    /// What is due now, and the time until the next.
    fn due(&self) -> (Vec<Post>, Duration) {
        let now = now_ms();
        let world = &mut *self.world();
        let mut posts = Vec::new();
        for _ in 0..JOBS_MAX {
            let Some(job) = world.outbox.due(now) else { break };
            posts.extend(world.run(job, now));
            if posts.len() >= POSTS_MAX {
                break;
            }
        }
        let wait_ms = world.outbox.next_ms().map(|at_ms| at_ms.saturating_sub(now));
        (posts, wait_ms.map_or(IDLE, Duration::from_millis).min(IDLE))
    }
}

/// Does what is due, until it is stopped.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut posting = JoinSet::new();
    loop {
        let (posts, wait) = shared.due();
        for post in posts {
            while posting.len() >= POSTS_MAX {
                tokio::select! {
                    () = shared.stop.cancelled() => return,
                    _ = posting.join_next() => {}
                }
            }
            let shared = Arc::clone(&shared);
            posting.spawn(async move { shared.bring(post).await });
        }
        shared.changed.notify_waiters();
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = shared.todo.notified() => {}
            () = sleep(wait) => {}
            Some(_) = posting.join_next() => {}
        }
    }
}
