//! One period of ownership of a lane: connector, writer, dispatcher and lease renewal, brought up together and
//! brought down in the order that loses nothing.

use std::{
    sync::{Arc, atomic::AtomicUsize, atomic::Ordering},
    time::Duration,
};

use contract::{Clock, Connector, Context, Health, Keychain};
use tokio::{
    sync::{futures::Notified, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Bodies, Handle, LaneSpec, LaneStatus, Settings,
    dispatch::{Dispatcher, Step},
    lane::health_line,
    pace::{Brake, Pacer},
    reconcile::Reconciler,
    references::References,
    settle::{LaneSink, RECEIPT_BATCHES_MAX, REPORT_BATCHES_MAX, Writer, full},
};
use crate::ledger::{Lease, LedgerError, Ownership, Store};

/// How long the writer may go on after everything else has ended, before its facts are left to the sweep.
const WRITER_GRACE: Duration = Duration::from_secs(5);
const STATUS_EVERY: Duration = Duration::from_millis(500);
/// Pause after the ledger failed to answer.
const LEDGER_PAUSE: Duration = Duration::from_millis(500);

/// What a lane's tasks share for as long as the process lives.
#[derive(Clone)]
pub(crate) struct LaneWorker {
    pub(crate) spec: LaneSpec,
    pub(crate) node: String,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) handle: Handle,
    pub(crate) keychain: Arc<dyn Keychain>,
    pub(crate) stop: CancellationToken,
}

impl LaneWorker {
    /// Waits for the lease, owns the lane until it is lost, and starts over until told to stop.
    pub(crate) async fn run(self) {
        while !self.stop.is_cancelled() {
            match self.lease(false).await {
                Ok(Lease::Granted { ownership, .. }) => self.own(ownership).await,
                Ok(Lease::HeldBy { node, .. }) => {
                    self.show(Some(node), &Health::Down("another node owns the lane".into()), None, 0);
                    self.pause(self.settings.lease / 4).await;
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
            () = tokio::time::sleep(pause) => {}
            () = self.stop.cancelled() => {}
        }
    }

    async fn own(&self, owner: Ownership) {
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
        let (mut writing, connector, dispatcher) = self.bring_up(&owner, references, &lost);
        let tasks = TaskTracker::new();
        let (brake, in_flight) = (dispatcher.brake.clone(), dispatcher.in_flight.clone());
        if self.spec.reconciles {
            let reconciler = self.reconciler(&owner, &connector, &dispatcher, &lost);
            tasks.spawn(reconciler.run());
        }
        tasks.spawn(self.clone().renew(owner.clone(), connector.health(), brake, in_flight, lost.clone()));
        self.dispatch(dispatcher, &lost).await;
        lost.cancel();
        connector.close(self.settings.drain).await;
        drop(connector);
        tasks.close();
        tasks.wait().await;
        if timeout(self.settings.drain + WRITER_GRACE, &mut writing).await.is_err() {
            tracing::error!(lane = %self.spec.name, "answers could not be kept before the end; the next owner finds them in doubt");
            writing.abort();
        }
        if let Err(error) = self.store.ledger.release(&owner).await {
            tracing::warn!(lane = %self.spec.name, error = %full(&error), "lease not given back; it ends by itself");
        }
        tracing::info!(lane = %self.spec.name, epoch = owner.epoch, "lane given back");
    }

    /// Writer first, since the connector may have facts as soon as it is up; then the connector, then the dispatcher.
    fn bring_up(
        &self,
        owner: &Ownership,
        references: References,
        lost: &CancellationToken,
    ) -> (JoinHandle<()>, Arc<dyn Connector>, Dispatcher) {
        let (reports_in, reports) = mpsc::channel(REPORT_BATCHES_MAX);
        let (intake_in, intake) = mpsc::channel(RECEIPT_BATCHES_MAX);
        let brake = Arc::new(Brake::default());
        let in_flight = Arc::new(AtomicUsize::new(0));
        let writer = Writer {
            ledger: self.store.ledger.clone(),
            owner: owner.clone(),
            route: self.spec.routes.first().copied(),
            clock: self.clock.clone(),
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
            clock: self.clock.clone(),
            settings: self.settings.clone(),
            bodies: self.bodies.clone(),
            handle: self.handle.clone(),
            health: connector.health(),
            connector: connector.clone(),
            reports: reports_in,
            pacer: Pacer::new(self.spec.rate),
            brake,
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
            () = tokio::time::sleep(self.settings.idle) => {}
            () = woken => {}
            changed = health.changed() => if changed.is_err() {
                // The connector has ended; wait to be told why instead of spinning.
                self.rest(self.settings.idle, lost).await;
            },
            () = lost.cancelled() => {}
        }
    }

    /// Keeps the lease and shows the lane's state until the lane is lost.
    async fn renew(
        self,
        owner: Ownership,
        health: watch::Receiver<Health>,
        brake: Arc<Brake>,
        in_flight: Arc<AtomicUsize>,
        lost: CancellationToken,
    ) {
        let every = self.settings.lease / 4;
        let mut renewed = tokio::time::Instant::now();
        while !lost.is_cancelled() {
            let state = health.borrow().clone();
            self.show(Some(self.node.clone()), &state, Some(&brake), in_flight.load(Ordering::Relaxed));
            if renewed.elapsed() >= every {
                renewed = tokio::time::Instant::now();
                match self.lease(state.can_send()).await {
                    Ok(Lease::Granted { ownership, .. }) if ownership.epoch == owner.epoch => {}
                    Ok(_) => {
                        tracing::error!(lane = %self.spec.name, "the lane was taken over");
                        lost.cancel();
                    }
                    Err(error) => {
                        tracing::warn!(lane = %self.spec.name, error = %full(&error), "lease not renewed");
                    }
                }
            }
            self.rest(STATUS_EVERY, &lost).await;
        }
        self.show(None, &Health::Down("not owned by this node".into()), Some(&brake), 0);
    }

    fn show(&self, owner: Option<String>, health: &Health, brake: Option<&Brake>, in_flight: usize) {
        self.handle.show(LaneStatus {
            name: self.spec.name.clone(),
            routes: self.spec.route_names.clone(),
            kind: self.spec.kind,
            granted: self.spec.rate,
            rate_now: brake.map_or(0.0, Brake::rate_now),
            health: health_line(health),
            can_send: health.can_send(),
            owner,
            in_flight,
            throttles: brake.map_or(0, Brake::throttles),
            standby: self.spec.standby,
        });
    }
}
