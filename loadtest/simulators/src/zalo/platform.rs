//! The running platform: its port, its tasks, and what a test may ask of it or do to it.

use super::clock::now_ms;
use super::count::Counts;
use super::event::Event;
use super::front::serve;
use super::line::{Lines, Wire};
use super::press::{Article, Broadcast};
use super::script::{TemplateStatus, ZaloScript};
use super::shared::{Shared, run};
use super::sign::{event_signature, sha256_hex};
use super::tokens::Grant;
use super::world::World;
use axum::Router;
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Time for the tasks to end when the platform stops.
const STOPPING: Duration = Duration::from_secs(2);
/// How old the timestamp of [`Push::Old`] is.
const OLD_MS: u64 = 24 * 3_600_000;

/// How [`Zalo::push`] sends an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// As the platform does.
    Signed,
    /// Signed in capital letters and without `mac=`.
    Capitals,
    /// Signed with the app's secret in place of the OA's: the usual mistake of a set-up.
    WrongSecret,
    /// Signed with the OA's id in place of the app's.
    OaFirst,
    /// Without a signature.
    Unsigned,
    /// Signed, and changed afterwards.
    Tampered,
    /// Signed rightly, with a timestamp of yesterday.
    Old,
    /// The very same request twice.
    Replayed,
}

/// The platform on a loopback port: one app, one OA. It ends when stopped or dropped.
#[derive(Debug)]
pub struct Zalo {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Zalo {
    /// Listens at `listen` (an address with port; port 0 takes a free one) and serves all three hosts of
    /// the platform there.
    ///
    /// # Errors
    /// The address is not a loopback address, or cannot be listened at.
    pub async fn start(script: ZaloScript, listen: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(loopback(listen)?).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared::new(World::new(script, now_ms()), stop.clone(), client()?));
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        let service = router.into_make_service_with_connect_info::<Wire>();
        let server = axum::serve(Lines::new(listener, stop.clone()), service);
        let stopped = stop.clone();
        let serving = tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                ended = server => if let Err(error) = ended {
                    tracing::warn!(%error, "the simulated platform ended");
                }
            }
        });
        let running = tokio::spawn(run(Arc::clone(&shared)));
        Ok(Self { address, shared, stop, tasks: vec![serving, running] })
    }

    /// `http://` and the address: the base of the token host, the OA host and the template host.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The totals so far.
    pub fn counts(&self) -> Counts {
        self.shared.world().counts.clone()
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

    /// Changes the behaviour from the next request on. Faults are counted anew.
    pub fn script_update(&self, change: impl FnOnce(&mut ZaloScript)) {
        let mut world = self.shared.world();
        let mut script = world.script.clone();
        change(&mut script);
        world.change(script, now_ms());
    }

    /// A new pair of tokens without consent, as the API Explorer hands it out. The pair before it is
    /// over.
    pub fn grant(&self) -> Grant {
        let world = &mut *self.shared.world();
        world.tokens.grant(&world.script, now_ms())
    }

    /// All access tokens end now; the refresh token stands.
    pub fn expire_access_tokens(&self) {
        self.shared.world().tokens.expire_access();
    }

    /// The whole grant ends now; an admin has to consent again, or [`Zalo::grant`].
    pub fn revoke(&self) {
        self.shared.world().tokens.revoke();
    }

    /// Saves the address of the webhook, which stands again if it was disabled; an unsigned probe is
    /// sent to it first. `None`: no webhook.
    ///
    /// # Errors
    /// It is not a URL on this machine, or it did not answer the probe with 200; it is not saved then.
    pub async fn set_webhook(&self, url: Option<String>) -> io::Result<()> {
        let url = url.map(|url| local_url(&url)).transpose()?;
        if let Some(url) = &url {
            let deadline = self.webhook_deadline();
            let status = self.shared.post(url.clone(), Vec::new(), "{}".to_owned(), deadline).await;
            if status != Some(200) {
                let text = format!("{url} did not answer the probe with 200 but {status:?}");
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, text));
            }
        }
        let mut world = self.shared.world();
        world.webhook = url;
        world.counts.webhook_disabled = false;
        Ok(())
    }

    /// Sends an event of one's own to the webhook, once and past all counting; the HTTP status of the
    /// (last) answer, where there was one in time. `app_id` and `timestamp` are added where they are
    /// missing.
    pub async fn push(&self, mut event: Value, how: Push) -> Option<u16> {
        let (url, request) = {
            let world = self.shared.world();
            let now = if how == Push::Old { now_ms().saturating_sub(OLD_MS) } else { now_ms() };
            if event.is_object() {
                for (name, value) in [("app_id", world.script.app_id.clone()), ("timestamp", now.to_string())]
                {
                    if event[name].is_null() {
                        event[name] = json!(value);
                    }
                }
            }
            (world.webhook.clone()?, signed(&world.script, &event, how))
        };
        let (headers, body) = request;
        let deadline = self.webhook_deadline();
        let status = self.shared.post(url.clone(), headers.clone(), body.clone(), deadline).await;
        if how == Push::Replayed {
            return self.shared.post(url, headers, body, deadline).await;
        }
        status
    }

    /// Tells the webhook of something as the platform does: signed, repeated until it is answered.
    pub fn tell(&self, event: Event) {
        self.change(|world, now_ms| world.tell(event, now_ms));
    }

    /// A user follows the OA.
    pub fn follow(&self, user_id: &str) {
        let event = Event::Follow { user_id: user_id.to_owned() };
        self.change(|world, now_ms| {
            world.people.follow(user_id, true, now_ms);
            world.tell(event, now_ms);
        });
    }

    /// A user follows the OA no more.
    pub fn unfollow(&self, user_id: &str) {
        let event = Event::Unfollow { user_id: user_id.to_owned() };
        self.change(|world, now_ms| {
            world.people.follow(user_id, false, now_ms);
            world.tell(event, now_ms);
        });
    }

    /// A user writes to the OA, which opens the window for consultation messages.
    pub fn say(&self, user_id: &str, text: &str) {
        let (user_id, text) = (user_id.to_owned(), text.to_owned());
        self.change(|world, now_ms| {
            world.people.interact(&user_id, now_ms);
            let message_id = world.fresh_id();
            world.tell(Event::UserSentText { user_id, message_id, text }, now_ms);
        });
    }

    /// Sets the daily quota, as after complaints, and tells so.
    pub fn change_quota(&self, quota_daily: u32) {
        self.change(|world, now_ms| world.set_quota(quota_daily, now_ms));
    }

    /// Sets the state of a template and tells so; `false`: there is no such template.
    pub fn change_template(&self, id: &str, status: TemplateStatus, reason: &str) -> bool {
        self.change(|world, now_ms| {
            let found = world.script.templates.iter_mut().find(|template| template.id == id);
            let Some(template) = found else { return false };
            let before = std::mem::replace(&mut template.status, status).word().to_owned();
            let (template_id, now) = (id.to_owned(), status.word().to_owned());
            let reason = reason.to_owned();
            world.tell(Event::TemplateStatusChanged { template_id, before, now, reason }, now_ms);
            true
        })
    }

    /// Messages accepted for a phone (`84...`), the hash of one, or a user id, copies included.
    pub fn accepted(&self, recipient: &str) -> u32 {
        self.shared.world().books.accepted(recipient)
    }

    /// Everybody for whom a message was accepted, and how many, in no order.
    pub fn recipients(&self) -> impl Iterator<Item = (String, u32)> {
        self.shared.world().books.recipients().into_iter()
    }

    /// `template_data` of the last message accepted for a recipient, or the `message` of a consultation
    /// message.
    pub fn last_parameters(&self, recipient: &str) -> Option<Value> {
        serde_json::from_str(self.shared.world().books.last(recipient)?).ok()
    }

    /// Articles made, oldest first; removed ones too.
    pub fn articles(&self) -> Vec<Article> {
        self.shared.world().press.articles.clone()
    }

    /// Broadcasts accepted, oldest first.
    pub fn broadcasts(&self) -> Vec<Broadcast> {
        self.shared.world().press.broadcasts.clone()
    }

    /// Ends every connection and gives the port back.
    pub async fn stop(mut self) {
        self.stop.cancel();
        for task in &mut self.tasks {
            if timeout(STOPPING, &mut *task).await.is_err() {
                task.abort();
            }
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut World, u64) -> T) -> T {
        let changed = change(&mut self.shared.world(), now_ms());
        self.shared.todo.notify_one();
        self.shared.changed.notify_waiters();
        changed
    }

    fn webhook_deadline(&self) -> Duration {
        Duration::from_millis(self.shared.world().script.webhook.deadline_ms)
    }
}

impl Drop for Zalo {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Headers and body of a pushed event.
fn signed(script: &ZaloScript, event: &Value, how: Push) -> (Vec<(&'static str, String)>, String) {
    let mut body = event.to_string();
    let timestamp = super::call::text(&event["timestamp"]);
    let sign = |first: &str, secret: &str| event_signature(first, &body, &timestamp, secret);
    let signature = match how {
        Push::Unsigned => return (Vec::new(), body),
        Push::WrongSecret => sign(&script.app_id, &script.app_secret),
        Push::OaFirst => sign(&script.oa_id, &script.oa_secret),
        Push::Capitals => {
            sha256_hex(&[&script.app_id, &body, &timestamp, &script.oa_secret]).to_ascii_uppercase()
        }
        Push::Signed | Push::Tampered | Push::Old | Push::Replayed => sign(&script.app_id, &script.oa_secret),
    };
    if how == Push::Tampered {
        body.push(' ');
    }
    (vec![("x-zevent-signature", signature)], body)
}

/// Plain HTTP on this machine; a provider of its own spares the process-wide one.
fn client() -> io::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let builder = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls);
    builder.redirect(reqwest::redirect::Policy::none()).build().map_err(io::Error::other)
}

fn local_url(url: &str) -> io::Result<reqwest::Url> {
    let refuse = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("webhook {url:?} {why}"));
    let parsed = reqwest::Url::parse(url).map_err(|_| refuse("is not a URL"))?;
    let host = parsed.host_str().unwrap_or("").trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|host| host.is_loopback());
    if here && parsed.scheme() == "http" {
        Ok(parsed)
    } else {
        Err(refuse("is not http:// on this machine, and a simulator reaches nothing else"))
    }
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
