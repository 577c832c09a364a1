//! One lane at work: the window of calls, the one way to call, and what an answer means.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contract::{
    Answer, Context, Finding, Health, Outcome, PartReference, Reason, ReasonClass, Report, Scope, Submission,
};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use tokio::{sync::Semaphore, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::App,
    board::{Board, Hold},
    codes::{self, Class, Host},
    config::ZaloSettings,
    hours,
    http::{self, Http, Lost, Reply},
    sign::proof,
    tokens::Keeper,
};

/// A longer wait for the minute's budget is left to the engine.
const BUDGET_WAIT_MAX: Duration = Duration::from_secs(2);

pub(crate) struct Lane {
    pub(crate) settings: Arc<ZaloSettings>,
    pub(crate) context: Context,
    pub(crate) app: Arc<App>,
    http: Http,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) board: Board,
    window: Arc<Semaphore>,
    pub(crate) tasks: TaskTracker,
    /// Nothing new is taken.
    pub(crate) closing: CancellationToken,
    /// Nothing is waited for.
    pub(crate) kill: CancellationToken,
    /// Tokens of articles made, by the hash of what they say: a second try must not make a second one.
    pub(crate) articles: Mutex<HashMap<String, String>>,
    /// As people know the account; empty until the account was looked up.
    pub(crate) name: Mutex<String>,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) host: Host,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
}

impl Ask {
    pub(crate) fn post(host: Host, path: &'static str, body: Value) -> Self {
        Self { host, method: Method::POST, path, query: Vec::new(), body: Some(body) }
    }

    pub(crate) fn get(host: Host, path: &'static str, query: Vec<(&'static str, String)>) -> Self {
        Self { host, method: Method::GET, path, query, body: None }
    }
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum NoReply {
    Lost(Lost),
    /// No token to call with; nothing was done.
    Tokens(Health),
    /// The minute's budget is spent; nothing was sent.
    Budget(Duration),
}

/// Whether a message may have left.
#[derive(Debug, Default)]
pub(crate) struct Stage(AtomicBool);

impl Stage {
    fn left(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn set(&self, left: bool) {
        self.0.store(left, Ordering::SeqCst);
    }
}

pub(crate) fn own(class: ReasonClass, code: &str, text: impl Into<String>) -> Reason {
    Reason { class, code: code.to_owned(), text: text.into() }
}

impl Lane {
    pub(crate) fn new(settings: ZaloSettings, app: Arc<App>, context: Context) -> Self {
        let settings = Arc::new(settings);
        let http = Http::new(settings.request_timeout());
        let (keychain, clock) = (Arc::clone(&context.keychain), Arc::clone(&context.clock));
        let keeper = Arc::new(Keeper::new(Arc::clone(&settings), http.clone(), keychain, clock));
        let window = Arc::new(Semaphore::new(settings.in_flight_max.max(1)));
        Self {
            settings,
            context,
            app,
            http,
            keeper,
            board: Board::new(),
            window,
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            kill: CancellationToken::new(),
            articles: Mutex::default(),
            name: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

    pub(crate) async fn submit(self: &Arc<Self>, batch: Vec<Submission>) {
        for submission in batch {
            let permit = tokio::select! {
                biased;
                () = self.closing.cancelled() => None,
                permit = Arc::clone(&self.window).acquire_owned() => permit.ok(),
            };
            let Some(permit) = permit else {
                self.report(&submission, refused_by_closing()).await;
                continue;
            };
            let lane = Arc::clone(self);
            self.tasks.spawn(async move {
                let outcome = lane.carry(&submission).await;
                drop(permit);
                lane.report(&submission, outcome).await;
            });
        }
    }

    async fn report(&self, submission: &Submission, outcome: Outcome) {
        let report = Report::Outcome { ticket: submission.ticket, outcome };
        if self.context.reports.send(vec![report]).await.is_err() {
            tracing::warn!(lane = self.context.lane, "nobody takes reports any more");
        }
    }

    async fn carry(&self, submission: &Submission) -> Outcome {
        let stage = Stage::default();
        tokio::select! {
            biased;
            () = self.kill.cancelled() => {
                if stage.left() {
                    let reason = own(ReasonClass::Unknown, "closed", "the lane closed before the answer");
                    Outcome { accepted: Vec::new(), answer: Answer::Uncertain { reason } }
                } else {
                    refused_by_closing()
                }
            }
            sent = self.deliver(submission, &stage) => match sent {
                Ok(reference) => {
                    let accepted = vec![PartReference { part: 1, reference }];
                    Outcome { accepted, answer: Answer::Accepted }
                }
                Err(answer) => Outcome { accepted: Vec::new(), answer },
            }
        }
    }

    async fn deliver(&self, submission: &Submission, stage: &Stage) -> Result<String, Answer> {
        let now = self.now();
        if let Some(Hold { until, reason }) = self.board.held(now) {
            return Err(Answer::Deferred { reason, until });
        }
        if now >= submission.expires_at {
            let reason = own(ReasonClass::Permanent, "expired", "its time is over");
            return Err(Answer::NotSent { reason });
        }
        self.send(submission, stage).await
    }

    /// One call with the lane's token. A refused token is renewed and the call made once more.
    pub(crate) async fn ask(&self, ask: &Ask, stage: &Stage) -> Result<Reply, NoReply> {
        let tokens = |trouble: Health| {
            self.board.tokens(self.now(), Some(trouble.clone()));
            NoReply::Tokens(trouble)
        };
        let mut stored = self.keeper.current().await.map_err(tokens)?;
        for is_last in [false, true] {
            self.budget().await?;
            let request = self.request(ask, &stored.tokens.access).map_err(NoReply::Lost)?;
            stage.set(true);
            let reply = http::call(request).await.map_err(NoReply::Lost)?;
            if reply.remain == Some(0) {
                self.app.exhausted(self.now());
            }
            let row = codes::look_up(ask.host, reply.code, &reply.message);
            if reply.status != 401 && (reply.code == 0 || row.class != Class::Token) {
                return Ok(reply);
            }
            // Refused for its token, so certainly not done.
            stage.set(false);
            if !is_last {
                stored = self.keeper.renew(stored.edition).await.map_err(tokens)?;
            }
        }
        Err(tokens(Health::Down("the platform refuses a fresh access token".to_owned())))
    }

    async fn budget(&self) -> Result<(), NoReply> {
        loop {
            let wait = self.app.take(self.now());
            if wait.is_zero() {
                return Ok(());
            }
            if wait > BUDGET_WAIT_MAX {
                return Err(NoReply::Budget(wait));
            }
            sleep(wait).await;
        }
    }

    fn request(&self, ask: &Ask, access: &str) -> Result<reqwest::RequestBuilder, Lost> {
        let base = match ask.host {
            Host::Oa => &self.settings.openapi_url,
            Host::Zns => &self.settings.business_url,
        };
        let url = format!("{base}{}", ask.path);
        let mut request = self.http.request(ask.method.clone(), &url)?.header("access_token", access);
        if self.settings.proof {
            request = request.header("appsecret_proof", proof(self.settings.app_secret.expose(), access));
        }
        if !ask.query.is_empty() {
            request = request.query(&ask.query);
        }
        Ok(match &ask.body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    /// What the lack of a reply to a message means.
    pub(crate) fn unanswered(&self, no: NoReply) -> Answer {
        match no {
            NoReply::Lost(Lost::NotSent(why)) => {
                self.board.unreached(self.now(), why);
                Answer::NotSent { reason: own(ReasonClass::Temporary, "unreachable", why) }
            }
            NoReply::Lost(Lost::Unknown { code, text }) => {
                Answer::Uncertain { reason: own(ReasonClass::Unknown, &code, text) }
            }
            NoReply::Tokens(Health::Down(why) | Health::Stopped(why) | Health::Limited(why)) => {
                Answer::NotSent { reason: own(ReasonClass::Temporary, "token", why) }
            }
            NoReply::Tokens(Health::Ready) => {
                Answer::NotSent { reason: own(ReasonClass::Temporary, "token", "there is no token") }
            }
            NoReply::Budget(retry_after) => Answer::Throttled {
                reason: own(ReasonClass::Temporary, "minute", "the app's calls of this minute are used up"),
                retry_after,
            },
        }
    }

    /// What an error in a reply to a message means.
    pub(crate) async fn refused(&self, host: Host, reply: &Reply, submission: &Submission) -> Answer {
        let now = self.now();
        let code = if reply.status == 429 { -32 } else { reply.code };
        let row = codes::look_up(host, code, &reply.message);
        let reason = codes::reason(code, row);
        let hold = |until| {
            self.board.hold(now, Hold { until, reason: reason.clone() });
            Answer::Deferred { reason: reason.clone(), until }
        };
        let scope = match row.class {
            Class::Limit => {
                let retry_after = self.app.exhausted(now).max(Duration::from_millis(1));
                return Answer::Throttled { reason, retry_after };
            }
            Class::Quota => return hold(hours::spread(hours::reset(now, &self.settings), &self.settings)),
            Class::Month => {
                return hold(hours::spread(hours::month_end(now, &self.settings), &self.settings));
            }
            Class::Night => return hold(hours::morning(now, &self.settings)),
            Class::Config => {
                self.board.stopped(now, &reason.text);
                Scope::Lane
            }
            Class::Token => Scope::Lane,
            Class::Template => {
                self.board.limit(now, "template", Some(reason.text.clone()));
                Scope::Message
            }
            Class::OptOut => {
                let address = submission.address.to_string();
                self.found(vec![Finding::OptedOut { address, reason: row.text.to_owned() }]).await;
                Scope::Recipient
            }
            Class::Recipient | Class::RecipientQuota => Scope::Recipient,
            Class::Retry | Class::Bad | Class::Unknown => Scope::Message,
        };
        Answer::Refused { reason, scope }
    }

    pub(crate) async fn found(&self, findings: Vec<Finding>) {
        if findings.is_empty() {
            return;
        }
        if let Err(error) = self.context.receipts.found(findings).await {
            tracing::warn!(lane = self.context.lane, %error, "findings are lost until they are found again");
        }
    }
}

fn refused_by_closing() -> Outcome {
    let reason = own(ReasonClass::Temporary, "closed", "the lane is closing");
    Outcome { accepted: Vec::new(), answer: Answer::NotSent { reason } }
}
