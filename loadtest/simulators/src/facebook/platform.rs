//! The running platform: its port, its tasks, and what a test may ask of it or do to it.

use super::count::Counts;
use super::hooks::{Delivery, Push, WAITING_MAX, deliver_all, try_once, verify};
use super::script::FacebookScript;
use super::wire::{Door, Line};
use super::world::{Author, Draft, World};
use axum::extract::DefaultBodyLimit;
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Time for calls under way to end when the platform stops.
const STOPPING: Duration = Duration::from_secs(2);

/// A post as the platform knows it, deleted ones included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Post {
    /// `{page}_{post}`
    pub id: String,
    /// Its text now.
    pub message: String,
    /// Its link.
    pub link: Option<String>,
    /// Number of photos.
    pub photos: usize,
    /// Octets of all of them.
    pub photo_bytes: usize,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// When it is to be published, in seconds since 1970.
    pub scheduled: Option<i64>,
    /// It is published: at once, later by a call, or because its time has come.
    pub published: bool,
    /// Anybody can see it: published, not hidden, not restricted, not made in Development mode.
    pub public: bool,
    /// It was withdrawn; every other field is as before.
    pub deleted: bool,
    /// It was made through this API.
    pub by_app: bool,
    /// It is pinned to the top.
    pub pinned: bool,
    /// Its earlier texts, oldest first.
    pub edits: Vec<String>,
    /// Texts of its comments, oldest first.
    pub comments: Vec<String>,
}

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) changed: Notify,
    pub(crate) client: reqwest::Client,
}

impl Shared {
    /// The world at this moment.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.at(wall_clock_ms());
        world
    }
}

/// The Graph platform for one Page, on a loopback port. It ends when stopped or dropped.
#[derive(Debug)]
pub struct Facebook {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Facebook {
    /// Listens at `listen` (an address with port; port 0 takes a free one) and serves in the background.
    ///
    /// # Errors
    /// The address is not a loopback address, or cannot be listened at.
    pub async fn start(script: FacebookScript, listen: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(loopback(listen)?).await?;
        let address = listener.local_addr()?;
        let (deliveries, queue) = mpsc::channel(WAITING_MAX);
        let world = World::new(script, format!("http://{address}"), wall_clock_ms(), deliveries);
        let shared = Arc::new(Shared { world: Mutex::new(world), changed: Notify::new(), client: client()? });
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(listener, Arc::clone(&shared), queue, stop.clone()));
        Ok(Self { address, shared, stop, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`; the routes are below `/v26.0/` or any other version.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The totals so far.
    pub fn counts(&self) -> Counts {
        self.shared.world().counts.clone()
    }

    /// Every post, oldest first.
    pub fn posts(&self) -> Vec<Post> {
        let world = self.shared.world();
        let now_ms = world.now_ms;
        let posts = world.posts.values().map(|post| Post {
            id: post.id.clone(),
            message: post.message.clone(),
            link: post.link.clone(),
            photos: post.photos.len(),
            photo_bytes: post.photo_bytes,
            created: (post.created_ms / 1_000) as i64,
            scheduled: post.scheduled_s,
            published: post.is_published(now_ms),
            public: post.is_public(now_ms),
            deleted: post.deleted,
            by_app: post.author == Author::App,
            pinned: post.pinned,
            edits: post.edits.clone(),
            comments: post.comments.iter().map(|comment| comment.message.clone()).collect(),
        });
        posts.collect()
    }

    /// Waits until the counts are so; `false` when they are not in time.
    pub async fn wait_for(&self, mut so: impl FnMut(&Counts) -> bool, within: Duration) -> bool {
        let wait = async {
            loop {
                let changed = self.shared.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if so(&self.counts()) {
                    return;
                }
                changed.await;
            }
        };
        timeout(within, wait).await.is_ok()
    }

    /// Changes the behaviour from the next call on. Faults are counted anew.
    pub fn script_update(&self, change: impl FnOnce(&mut FacebookScript)) {
        let mut world = self.shared.world();
        let mut script = world.script.clone();
        change(&mut script);
        world.change(script);
    }

    /// The page token expires now, without a word; faults go on counting.
    pub fn expire_token(&self) {
        let mut world = self.shared.world();
        world.script.token.expires_at = (world.now_s() - 1).max(1);
    }

    /// Moves the platform's clock forward: photos are purged, scheduled posts appear, numbers grow.
    pub fn advance(&self, by: Duration) {
        self.shared.world().ahead_ms += by.as_millis() as u64;
    }

    /// Registers the callback after it was verified by a GET with `hub.challenge`; `None` removes it.
    /// `false`: it did not answer as it must (or is not on this machine), and nothing changes.
    pub async fn set_webhook(&self, url: Option<String>) -> bool {
        if let Some(url) = &url
            && !(is_loopback(url) && verify(&self.shared, url).await)
        {
            return false;
        }
        self.shared.world().callback = url;
        true
    }

    /// Delivers a whole payload once, whatever is subscribed, and returns the HTTP status of the answer;
    /// `None`: no callback or no answer. See [`super::feed_event`] for the usual payload.
    pub async fn push(&self, event: serde_json::Value, how: Push) -> Option<u16> {
        let delivery = {
            let world = self.shared.world();
            let url = world.callback.as_deref()?;
            Delivery::new(url, &event, how, &world.script.app_secret)
        };
        try_once(&self.shared, &delivery).await
    }

    /// A visitor comments; returns the comment's id, `None` when there is no such post.
    pub fn visitor_comment(&self, post_id: &str, who: &str, text: &str) -> Option<String> {
        self.shared.world().add_comment(post_id, text, Some(who.to_owned()), None)
    }

    /// A visitor posts to the Page: in `/feed`, not in `/published_posts`.
    pub fn visitor_post(&self, who: &str, text: &str) -> String {
        self.shared.world().add_post(Draft::new(Author::Visitor(who.to_owned()), text))
    }

    /// An administrator posts in Facebook's own pages: no `application`, and this app cannot edit it.
    pub fn post_by_admin(&self, text: &str) -> String {
        self.shared.world().add_post(Draft::new(Author::Admin, text))
    }

    /// An administrator or Meta withdraws a post; `false`: there is no such post.
    pub fn delete_by_admin(&self, post_id: &str) -> bool {
        self.shared.world().withdraw(post_id)
    }

    /// Ends every connection and gives the port back.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if timeout(STOPPING, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Facebook {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    queue: mpsc::Receiver<Delivery>,
    stop: CancellationToken,
) {
    // Bodies have a bound of their own: photos are larger than the usual one.
    let router = axum::Router::new()
        .fallback(super::serve::call)
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(&shared));
    let service = router.into_make_service_with_connect_info::<Line>();
    let door = Door::new(listener, stop.clone());
    tokio::select! {
        () = stop.cancelled() => {}
        () = deliver_all(&shared, queue) => {}
        served = async { axum::serve(door, service).await } => {
            if let Err(error) = served {
                tracing::warn!(%error, "the simulated platform ended");
            }
        }
    }
}

/// A client for callbacks: loopback only, so that no certificate is ever looked at.
fn client() -> io::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    client.build().map_err(io::Error::other)
}

/// An `http` URL of this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or("").trim_matches(['[', ']']).to_owned();
    let here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    url.scheme() == "http" && here
}

fn loopback(listen: &str) -> io::Result<SocketAddr> {
    let refuse = |why: &str| {
        let text =
            format!("listen = {listen:?} {why}; use 127.0.0.1:PORT or [::1]:PORT (port 0: any free one)");
        io::Error::new(io::ErrorKind::InvalidInput, text)
    };
    let address: SocketAddr = listen.parse().map_err(|_| refuse("is not an address with a port"))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(refuse("is not a loopback address, and a simulator serves this machine only"))
    }
}

/// Milliseconds since 1970. The platform's calendar is its own, not a parameter of its client.
#[expect(clippy::disallowed_methods, reason = "a simulated platform dates posts by a clock of its own")]
fn wall_clock_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| since.as_millis() as u64)
}
