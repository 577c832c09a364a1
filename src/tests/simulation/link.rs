//! A process's way to a carrier: the scripted connector. It keeps the contract (one outcome for each submission, nothing
//! left behind by `close`), whatever the carrier and the network do.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use async_trait::async_trait;
use contract::{
    Answer, Connector, Context, Health, Outcome, Profile, Rate, Reason, ReasonClass, Receipt, Report,
    Submission, Ticket,
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{
    process::Process,
    provider::Fate,
    time::pass,
    world::{World, lock},
};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(2);

pub(super) struct Link {
    me: Weak<Self>,
    lane: String,
    pub(super) process: Arc<Process>,
    world: Arc<World>,
    context: Context,
    profile: Profile,
    health: watch::Sender<Health>,
    window: Arc<Semaphore>,
    in_flight: Mutex<BTreeMap<Ticket, OwnedSemaphorePermit>>,
    answered: Notify,
    closed: CancellationToken,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link of {} by {}", self.lane, self.process.name)
    }
}

/// What the lane's settings say.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) lane: String,
    pub(super) rate: Rate,
    pub(super) window: usize,
    pub(super) connects_after: Duration,
}

fn reason(code: &str) -> Reason {
    Reason { class: ReasonClass::Temporary, code: code.to_owned(), text: code.to_owned() }
}

impl Link {
    pub(super) fn connect(
        world: &Arc<World>,
        process: &Arc<Process>,
        terms: &Terms,
        context: Context,
    ) -> Arc<dyn Connector> {
        let link = Arc::new_cyclic(|me| Self {
            me: me.clone(),
            lane: terms.lane.clone(),
            process: process.clone(),
            world: world.clone(),
            context,
            profile: Profile {
                rate: terms.rate,
                in_flight_max: terms.window,
                batch_max: terms.window,
                part_header_octets: 6,
            },
            health: watch::Sender::new(Health::Down("connecting".into())),
            window: Arc::new(Semaphore::new(terms.window)),
            in_flight: Mutex::default(),
            answered: Notify::new(),
            closed: CancellationToken::new(),
        });
        let (connecting, after) = (link.clone(), terms.connects_after);
        tokio::spawn(async move {
            if connecting.wait(after).await {
                let mut provider = lock(&connecting.world.provider);
                let carrier = provider.carriers.get_mut(&connecting.lane).expect("the lane is known");
                carrier.links.push(connecting.clone());
                if carrier.up {
                    connecting.health.send_replace(Health::Ready);
                }
            }
        });
        link
    }

    pub(super) fn is_up(&self) -> bool {
        self.health.borrow().can_send()
    }

    /// The connection breaks: nobody knows what became of that which is under way.
    pub(super) async fn cut(&self) {
        self.process.gate().await;
        self.health.send_replace(Health::Down("connection lost".into()));
        self.give_up("connection lost").await;
    }

    pub(super) async fn restore(&self) {
        self.process.gate().await;
        self.health.send_replace(Health::Ready);
    }

    /// The carrier brings receipts; false: they were not acknowledged.
    pub(super) async fn receives(&self, receipts: Vec<Receipt>) -> bool {
        self.process.gate().await;
        if self.closed.is_cancelled() {
            return false;
        }
        let kept = self.context.receipts.record(receipts).await.is_ok();
        self.process.gate().await;
        kept
    }

    async fn give_up(&self, why: &str) {
        let lost = std::mem::take(&mut *lock(&self.in_flight));
        let uncertain = |ticket| Report::Outcome {
            ticket,
            outcome: Outcome { accepted: Vec::new(), answer: Answer::Uncertain { reason: reason(why) } },
        };
        let reports: Vec<_> = lost.keys().copied().map(uncertain).collect();
        if !reports.is_empty() {
            self.tell(reports).await;
        }
        self.answered.notify_waiters();
    }

    async fn tell(&self, reports: Vec<Report>) {
        // A writer that has ended was fenced.
        let _gone = self.context.reports.send(reports).await;
    }

    /// False: the link was closed meanwhile.
    async fn wait(&self, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.closed.cancelled() => false,
            () = async { pass(time).await; self.process.gate().await } => true,
        }
    }

    /// False: the link knows nothing of it any more.
    async fn ends(&self, ticket: Ticket, outcome: Outcome) -> bool {
        let permit = lock(&self.in_flight).remove(&ticket);
        if permit.is_none() {
            return false;
        }
        self.tell(vec![Report::Outcome { ticket, outcome }]).await;
        drop(permit);
        self.answered.notify_waiters();
        true
    }

    async fn follow(self: Arc<Self>, ticket: Ticket, fate: Fate) {
        let Fate { accepted, answer, late } = fate;
        if let Some((answer, after)) = answer {
            if self.wait(after).await {
                self.ends(ticket, Outcome { accepted, answer }).await;
            }
            return;
        }
        let uncertain = Answer::Uncertain { reason: reason("timeout") };
        let outcome = Outcome { accepted: Vec::new(), answer: uncertain };
        if !self.wait(TIMEOUT).await || !self.ends(ticket, outcome).await {
            return;
        }
        let Some(after) = late else { return };
        if self.wait(after).await && self.is_up() {
            let late = |part| Report::Late { ticket, part };
            self.tell(accepted.into_iter().map(late).collect()).await;
        }
    }

    async fn not_sent(&self, ticket: Ticket, code: &str) {
        let answer = Answer::NotSent { reason: reason(code) };
        self.tell(vec![Report::Outcome { ticket, outcome: Outcome { accepted: Vec::new(), answer } }]).await;
    }
}

#[async_trait]
impl Connector for Link {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    async fn submit(&self, batch: Vec<Submission>) {
        for submission in batch {
            let place = self.window.clone().acquire_owned().await.expect("the window is never closed");
            self.process.gate().await;
            if self.closed.is_cancelled() || !self.is_up() {
                self.not_sent(submission.ticket, "no connection").await;
                continue;
            }
            if self.context.clock.now() >= submission.expires_at {
                self.not_sent(submission.ticket, "expired").await;
                continue;
            }
            let link = self.me.upgrade().expect("it is called through its Arc");
            let fate = self.world.arrives(&self.lane, &self.process, &submission);
            lock(&self.in_flight).insert(submission.ticket, place);
            tokio::spawn(link.follow(submission.ticket, fate));
        }
    }

    async fn close(&self, grace: Duration) {
        self.process.gate().await;
        if let Some(carrier) = lock(&self.world.provider).carriers.get_mut(&self.lane) {
            carrier.links.retain(|link| !std::ptr::eq(Arc::as_ptr(link), self.me.as_ptr()));
        }
        self.health.send_replace(Health::Down("closing".into()));
        let answered = async {
            loop {
                let answered = self.answered.notified();
                if lock(&self.in_flight).is_empty() {
                    return;
                }
                answered.await;
            }
        };
        let _late = tokio::time::timeout(grace, answered).await;
        self.closed.cancel();
        self.give_up("closed").await;
    }
}
