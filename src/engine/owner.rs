//! One period of ownership of a lane: connector, writer, dispatcher and lease renewal, brought up together and
//! brought down in the order that loses nothing.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::AtomicUsize, atomic::Ordering},
    time::Duration,
};

use contract::{Clock, Connector, Context, Health, Keychain, Rate};
use tokio::{
    sync::{futures::Notified, mpsc, watch},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Bodies, Chance, Handle, LaneSpec, LaneStatus, Settings,
    dispatch::{Dispatcher, Step},
    lane::health_line,
    news::{held, unowned},
    pace::{Brake, Pacer},
    reconcile::Reconciler,
    references::References,
    settle::{LaneSink, RECEIPT_BATCHES_MAX, REPORT_BATCHES_MAX, Writer, full},
    tenure::Tenure,
    unsettled::Unsettled,
};
use crate::ledger::{Lease, LedgerError, Ownership, Store};

/// How long the writer may go on after everything else has ended, before its facts are left to the sweep.
const WRITER_GRACE: Duration = Duration::from_secs(5);
/// A lane in reserve goes by what is shown of the others, so it is shown often.
const STATUS_EVERY: Duration = Duration::from_millis(100);
/// Pause after the ledger failed to answer.
const LEDGER_PAUSE: Duration = Duration::from_millis(500);

/// What the office reads while nothing is sent for want of a lease.
const NOT_RENEWED: &str = "the lease could not be renewed; nothing is sent until it is";

/// What is shown of a lane while it is ours.
struct Shown {
    health: watch::Receiver<Health>,
    brake: Arc<Brake>,
    in_flight: Arc<AtomicUsize>,
}

/// What a lane's tasks share for as long as the process lives.
#[derive(Clone)]
pub(crate) struct LaneWorker {
    pub(crate) spec: LaneSpec,
    /// The grant, which new settings may change.
    pub(crate) rate: watch::Receiver<Rate>,
    pub(crate) node: String,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Chance,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) handle: Handle,
    pub(crate) keychain: Arc<dyn Keychain>,
    pub(crate) stop: CancellationToken,
}

impl LaneWorker {
    /// Waits for the lease, owns the lane until it is lost, and starts over until told to stop.
    pub(crate) async fn run(self) {
        if self.spec.waits {
            // The other may be starting too. Later it is waited for no more: a lane without an owner serves nobody.
            self.pause(self.settings.lease).await;
        }
        while !self.stop.is_cancelled() {
            // Taken before the look, so that a lane given back in between is not missed.
            let released = self.handle.lane_released();
            let tenure = Tenure::new(Instant::now(), self.settings.lease);
            match self.lease(false).await {
                Ok(Lease::Granted { ownership, .. }) => self.own(ownership, tenure).await,
                Ok(Lease::HeldBy { node, ready, .. }) => {
                    self.show_held(node, ready);
                    tokio::select! {
                        biased;
                        () = self.pause(self.settings.lease / 4) => {}
                        () = released => {}
                    }
                }
                Err(error) => {
                    tracing::error!(lane = %self.spec.name, error = %full(&error), "no lease");
                    self.pause(LEDGER_PAUSE).await;
                }
            }
        }
    }

    async fn lease(&self, ready: bool) -> Result<Lease, LedgerError> {
        let now = self.clock.now();
        self.store.ledger.lease(now, self.spec.id, &self.node, self.settings.lease, ready).await
    }

    async fn pause(&self, pause: Duration) {
        tokio::select! {
            biased;
            () = tokio::time::sleep(pause) => {}
            () = self.stop.cancelled() => {}
        }
    }

    async fn own(&self, owner: Ownership, tenure: Tenure) {
        tracing::info!(lane = %self.spec.name, epoch = owner.epoch, "lane is ours");
        let references = match self.take_over(&owner).await {
            Ok(references) => references,
            Err(error) => {
                tracing::error!(lane = %self.spec.name, error = %full(&error), "taking the lane over failed");
                self.pause(LEDGER_PAUSE).await;
                return;
            }
        };
        let lost = self.stop.child_token();
        let (mut writing, connector, dispatcher) = self.bring_up(&owner, &tenure, references, &lost);
        let tasks = TaskTracker::new();
        let (brake, in_flight) = (dispatcher.brake.clone(), dispatcher.in_flight.clone());
        if self.spec.reconciles {
            let reconciler = self.reconciler(&owner, &connector, &dispatcher, &lost);
            tasks.spawn(reconciler.run());
        }
        let shown = Shown { health: connector.health(), brake, in_flight };
        let over = CancellationToken::new();
        let renewing =
            tokio::spawn(self.clone().renew(owner.clone(), tenure, shown, lost.clone(), over.clone()));
        self.dispatch(dispatcher, &lost).await;
        lost.cancel();
        connector.close(self.settings.drain).await;
        drop(connector);
        tasks.close();
        tasks.wait().await;
        tokio::select! {
            biased;
            _ended = &mut writing => {}
            () = self.out_of_time() => {
                tracing::error!(lane = %self.spec.name, "answers could not be kept before the end; the next owner finds them in doubt");
                writing.abort();
            }
        }
        over.cancel();
        // It ends within one renewal.
        let _ended = renewing.await;
        self.release(&owner).await;
    }

    /// Answers can't be had twice: the writer has all the time there is, until the process itself has to end.
    async fn out_of_time(&self) {
        self.stop.cancelled().await;
        tokio::time::sleep(self.settings.drain + WRITER_GRACE).await;
    }

    /// Gives the lane back. Taken again under the same epoch, a claim whose commit was not answered would never be found:
    /// so it is tried until the lease has ended by itself.
    async fn release(&self, owner: &Ownership) {
        let asked_at = Instant::now();
        while let Err(error) = self.store.ledger.release(owner).await {
            if asked_at.elapsed() >= self.settings.lease || self.stop.is_cancelled() {
                tracing::warn!(lane = %self.spec.name, error = %full(&error), "lease not given back; it ends by itself");
                return;
            }
            self.pause(LEDGER_PAUSE).await;
        }
        self.handle.release(owner.lane);
        tracing::info!(lane = %self.spec.name, epoch = owner.epoch, "lane given back");
    }

    /// Writer first, since the connector may have facts as soon as it is up; then the connector, then the dispatcher.
    fn bring_up(
        &self,
        owner: &Ownership,
        tenure: &Tenure,
        references: References,
        lost: &CancellationToken,
    ) -> (JoinHandle<()>, Arc<dyn Connector>, Dispatcher) {
        let (reports_in, reports) = mpsc::channel(REPORT_BATCHES_MAX);
        let (intake_in, intake) = mpsc::channel(RECEIPT_BATCHES_MAX);
        let brake = Arc::new(Brake::default());
        let in_flight = Arc::new(AtomicUsize::new(0));
        let meters = self.handle.meters().lane(&self.spec.name);
        let unsettled = Unsettled::default();
        let writer = Writer {
            unsettled: unsettled.clone(),
            ledger: self.store.ledger.clone(),
            handle: self.handle.clone(),
            meters: meters.clone(),
            account: self.spec.account.clone(),
            owner: owner.clone(),
            route: self.spec.routes.first().copied(),
            clock: self.clock.clone(),
            chance: self.chance.clone(),
            settings: self.settings.clone(),
            references,
            brake: brake.clone(),
            in_flight: in_flight.clone(),
            reports,
            intake,
            fenced: lost.clone(),
        };
        let writing = tokio::spawn(writer.run());
        let connector = (self.spec.connect)(Context {
            lane: self.spec.name.clone(),
            reports: reports_in.clone(),
            receipts: Arc::new(LaneSink { intake: intake_in }),
            keychain: self.keychain.clone(),
            clock: self.clock.clone(),
        });
        let dispatcher = Dispatcher {
            spec: self.spec.clone(),
            store: self.store.clone(),
            owner: owner.clone(),
            tenure: tenure.clone(),
            unsettled,
            clock: self.clock.clone(),
            settings: self.settings.clone(),
            bodies: self.bodies.clone(),
            handle: self.handle.clone(),
            health: connector.health(),
            connector: connector.clone(),
            reports: reports_in,
            pacer: Pacer::new(*self.rate.borrow()),
            rate: self.rate.clone(),
            brake,
            meters,
            in_flight,
            stop: lost.clone(),
            claims: 0,
            parts_last: 1,
        };
        (writing, connector, dispatcher)
    }

    fn reconciler(
        &self,
        owner: &Ownership,
        connector: &Arc<dyn Connector>,
        dispatcher: &Dispatcher,
        lost: &CancellationToken,
    ) -> Reconciler {
        Reconciler {
            spec: self.spec.clone(),
            store: self.store.clone(),
            owner: owner.clone(),
            clock: self.clock.clone(),
            bodies: self.bodies.clone(),
            connector: connector.clone(),
            reports: dispatcher.reports.clone(),
            stop: lost.clone(),
        }
    }

    /// Claims of the former owner become doubt (or resends) at once, and open references are remembered.
    async fn take_over(&self, owner: &Ownership) -> Result<References, LedgerError> {
        let settings = &self.settings;
        while self
            .store
            .ledger
            .sweep(self.clock.now(), settings.receipt_wait, settings.sweep_rows)
            .await?
            .more
        {}
        let mut references = References::new(settings.references_max);
        let open = self.store.ledger.open_references(owner.lane, settings.references_max).await?;
        for reference in open.iter().rev() {
            references.insert(&reference.reference, reference.part);
        }
        Ok(references)
    }

    async fn dispatch(&self, mut dispatcher: Dispatcher, lost: &CancellationToken) {
        let mut rested_refusals = 0;
        while !lost.is_cancelled() {
            let refusals = dispatcher.brake.refusals();
            if refusals > rested_refusals {
                rested_refusals = refusals;
                tracing::error!(lane = %self.spec.name, "the provider refuses this account or sender; the lane rests");
                self.rest(self.settings.lane_refused_rest, lost).await;
                continue;
            }
            // Taken before the look, so that a wake-up in between is not lost.
            let woken = self.handle.woken();
            match dispatcher.step().await {
                Ok(Step::Worked) => {}
                Ok(Step::Idle) => self.idle(woken, &mut dispatcher.health, lost).await,
                Err(error @ LedgerError::Fenced { .. }) => {
                    tracing::error!(lane = %self.spec.name, %error, "stopped sending");
                    return;
                }
                Err(error) => {
                    tracing::error!(lane = %self.spec.name, error = %full(&error), "no claim");
                    self.ledger_back(lost).await;
                    return;
                }
            }
        }
    }

    /// A claim whose commit was not answered may stand without our knowing its messages. Once the ledger is back the lane
    /// starts over with a new epoch, under which such a claim is found and accounted for.
    async fn ledger_back(&self, lost: &CancellationToken) {
        while !lost.is_cancelled() {
            self.rest(LEDGER_PAUSE, lost).await;
            match self.lease(false).await {
                Ok(_) => {
                    tracing::warn!(lane = %self.spec.name, "the ledger is back; the lane starts over");
                    return;
                }
                Err(error) => {
                    tracing::debug!(lane = %self.spec.name, error = %full(&error), "still no ledger");
                }
            }
        }
    }

    async fn rest(&self, pause: Duration, lost: &CancellationToken) {
        tokio::select! {
            biased;
            () = tokio::time::sleep(pause) => {}
            () = lost.cancelled() => {}
        }
    }

    async fn idle(
        &self,
        woken: Notified<'_>,
        health: &mut watch::Receiver<Health>,
        lost: &CancellationToken,
    ) {
        tokio::select! {
            biased;
            () = tokio::time::sleep(self.settings.idle) => {}
            () = woken => {}
            changed = health.changed() => if changed.is_err() {
                // The connector has ended; wait to be told why instead of spinning.
                self.rest(self.settings.idle, lost).await;
            },
            () = lost.cancelled() => {}
        }
    }

    /// Keeps the lease and shows the lane's state until everything is `over`: also while answers are drained, which must
    /// not be refused as a stranger's. Taken over, the lane is `lost`, and there is nothing to renew.
    async fn renew(
        self,
        owner: Ownership,
        tenure: Tenure,
        shown: Shown,
        lost: CancellationToken,
        over: CancellationToken,
    ) {
        let every = self.settings.lease / 4;
        let (mut ours, mut told) = (true, false);
        while !over.is_cancelled() {
            let can_send = shown.health.borrow().can_send();
            // Lanes in reserve, here and elsewhere, go by whether this one can send.
            if ours && (tenure.age(Instant::now()) >= every || can_send != told) {
                told = can_send;
                ours = tokio::select! {
                    biased;
                    ours = self.keep(&owner, &tenure, can_send) => ours,
                    // A ledger that takes its time does not make what is shown older.
                    never = self.show_on(&tenure, &shown) => match never {},
                };
                if !ours {
                    lost.cancel();
                }
            }
            self.show_now(&tenure, &shown);
            self.rest(STATUS_EVERY.min(every), &over).await;
        }
        self.show(None, &Health::Down("not owned by this node".into()), &shown.brake, 0);
    }

    async fn show_on(&self, tenure: &Tenure, shown: &Shown) -> Infallible {
        loop {
            tokio::time::sleep(STATUS_EVERY).await;
            self.show_now(tenure, shown);
        }
    }

    fn show_now(&self, tenure: &Tenure, shown: &Shown) {
        let state = match tenure.holds(Instant::now()) {
            true => shown.health.borrow().clone(),
            false => Health::Down(NOT_RENEWED.into()),
        };
        self.show(Some(self.node.clone()), &state, &shown.brake, shown.in_flight.load(Ordering::Relaxed));
    }

    /// One renewal; false if the lane is another's by now, or ours under a later epoch. A ledger that does not answer is not
    /// waited for, but asked again.
    async fn keep(&self, owner: &Ownership, tenure: &Tenure, ready: bool) -> bool {
        let asked_at = Instant::now();
        match timeout(self.settings.lease / 4, self.lease(ready)).await {
            Ok(Ok(Lease::Granted { ownership, .. })) if ownership.epoch == owner.epoch => {
                tenure.renewed(asked_at);
            }
            Ok(Ok(_)) => {
                tracing::error!(lane = %self.spec.name, epoch = owner.epoch, "the lane was taken over");
                return false;
            }
            Ok(Err(error)) => {
                tracing::warn!(lane = %self.spec.name, error = %full(&error), "lease not renewed");
            }
            Err(_) => {
                tracing::warn!(lane = %self.spec.name, "lease not renewed: the ledger does not answer");
            }
        }
        true
    }

    fn show_held(&self, node: String, ready: bool) {
        let health = held(&node, ready);
        let unowned = unowned(&self.spec, *self.rate.borrow());
        self.handle.show(LaneStatus { health, can_send: ready, owner: Some(node), ..unowned });
    }

    fn show(&self, owner: Option<String>, health: &Health, brake: &Brake, in_flight: usize) {
        self.handle.show(LaneStatus {
            rate_now: brake.rate_now(),
            health: health_line(health),
            can_send: health.can_send(),
            owner,
            in_flight,
            throttles: brake.throttles(),
            ..unowned(&self.spec, *self.rate.borrow())
        });
    }
}
