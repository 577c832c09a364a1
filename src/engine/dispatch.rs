//! The hot loop of a lane's owner: claim, admit, submit. Answers go to the writer, never through here.

use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};

use contract::{
    Answer, Body, Clock, Connector, Health, Outcome, Rate, Reason, ReasonClass, Report, Submission, Ticket,
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    Bodies, Handle, LaneSpec, Settings,
    meters::LaneMeters,
    pace::{Brake, Pacer},
    tenure::Tenure,
    unsettled::Unsettled,
};
use crate::{
    domain::RouteId,
    ledger::{Claim, ClaimAsk, Claimed, Favour, LedgerError, Ownership, Store},
};

pub(crate) struct Dispatcher {
    pub(crate) spec: LaneSpec,
    pub(crate) store: Store,
    pub(crate) owner: Ownership,
    pub(crate) tenure: Tenure,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) handle: Handle,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) health: watch::Receiver<Health>,
    pub(crate) reports: mpsc::Sender<Vec<Report>>,
    pub(crate) pacer: Pacer,
    /// The grant, which new settings may change.
    pub(crate) rate: watch::Receiver<Rate>,
    pub(crate) brake: Arc<Brake>,
    pub(crate) meters: LaneMeters,
    pub(crate) in_flight: Arc<AtomicUsize>,
    pub(crate) unsettled: Unsettled,
    pub(crate) stop: CancellationToken,
    pub(crate) claims: u32,
    pub(crate) parts_last: usize,
}

/// What one step came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Worked,
    Idle,
}

impl Dispatcher {
    pub(crate) async fn step(&mut self) -> Result<Step, LedgerError> {
        if !self.tenure.holds(Instant::now()) || !self.health.borrow().can_send() {
            return Ok(Step::Idle);
        }
        let room = self.unsettled.room(self.unsettled_max()).await;
        if room == 0 {
            // Answers are slow, or the ledger is; the next step looks again.
            return Ok(Step::Worked);
        }
        let routes = self.routes();
        if routes.is_empty() {
            return Ok(Step::Idle);
        }
        if self.rate.has_changed().unwrap_or(false) {
            let granted = *self.rate.borrow_and_update();
            tracing::info!(lane = %self.spec.name, %granted, "the lane has a new grant");
            self.pacer.regrant(granted);
        }
        self.claims = self.claims.wrapping_add(1);
        let favour = if self.claims.is_multiple_of(self.settings.bulk_share.max(2)) {
            Favour::Bulk
        } else {
            Favour::Urgent
        };
        let ask = ClaimAsk { routes, messages_max: self.claim_max().min(room), favour };
        let Some(claim) = self.store.ledger.claim(self.clock.now(), &self.owner, &ask).await? else {
            return Ok(Step::Idle);
        };
        self.unsettled.claimed(claim.messages.len());
        self.send(claim).await?;
        Ok(Step::Worked)
    }

    /// A lane in reserve serves only the routes none of whose other lanes can send.
    fn routes(&self) -> Vec<RouteId> {
        if !self.spec.standby {
            return self.spec.routes.clone();
        }
        let lanes = self.handle.lanes();
        let served = |route: &str| {
            lanes.iter().any(|lane| {
                lane.name != self.spec.name
                    && lane.can_send
                    && !lane.standby
                    && lane.routes.iter().any(|r| r == route)
            })
        };
        let named = self.spec.routes.iter().zip(&self.spec.route_names);
        named.filter(|(_, name)| !served(name)).map(|(route, _)| *route).collect()
    }

    /// As much as the lane sends in the span of a claim, and no more than the bound.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bound")]
    fn claim_max(&self) -> usize {
        let parts = self.pacer.per_second() * self.settings.claim_span.as_secs_f64();
        let messages = (parts / self.parts_last.max(1) as f64).ceil();
        (messages as usize).clamp(1, self.settings.claim_messages_max)
    }

    fn unsettled_max(&self) -> usize {
        let messages_per_s = self.pacer.per_second() / self.parts_last.max(1) as f64;
        Unsettled::most(self.settings.claim_messages_max, messages_per_s)
    }

    async fn send(&mut self, claim: Claim) -> Result<(), LedgerError> {
        let body = match self.body(&claim).await {
            Ok(Ok(body)) => body,
            Err(error) => {
                self.give_back(&claim, &claim.messages, "ledger", "the ledger did not answer").await;
                return Err(error);
            }
            Ok(Err(why)) => {
                tracing::error!(alert = %claim.alert, route = %claim.route, %why, "approved text can't be sent");
                self.give_back(&claim, &claim.messages, "content", &why).await;
                return Ok(());
            }
        };
        self.parts_last = body.parts();
        let mut rest = claim.messages.as_slice();
        while !rest.is_empty() {
            let (slice, parts) = self.slice(rest, &body);
            self.pacer.admit(parts, &self.brake).await;
            self.shared_grant(parts).await;
            if let Some((code, why)) = self.must_stop(&claim) {
                self.give_back(&claim, rest, code, why).await;
                return Ok(());
            }
            let batch: Vec<_> = slice.iter().map(|message| submission(&claim, message, &body)).collect();
            rest = rest.get(slice.len()..).unwrap_or_default();
            self.in_flight.fetch_add(batch.len(), Ordering::Relaxed);
            self.meters.submitted(parts);
            self.connector.submit(batch).await;
            self.pacer.departed();
        }
        Ok(())
    }

    /// Waits for the lane's part of a grant that it shares. A stopping lane waits no longer: it sends nothing more.
    async fn shared_grant(&self, parts: u32) {
        if let Some(purse) = &self.spec.purse {
            tokio::select! {
                biased;
                () = purse.take(parts) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    fn must_stop(&self, claim: &Claim) -> Option<(&'static str, &'static str)> {
        if self.stop.is_cancelled() {
            return Some(("stopping", "the gateway is stopping; the message was not sent"));
        }
        if !self.tenure.holds(Instant::now()) {
            return Some(("lease", "the lane may be another node's by now; the message was not sent"));
        }
        if self.clock.now() >= claim.expires_at {
            return Some(("expired", "the alert expired before the message was sent"));
        }
        None
    }

    /// As many messages as the pacer's bucket admits at once; at least one.
    fn slice<'a>(&self, messages: &'a [Claimed], body: &Body) -> (&'a [Claimed], u32) {
        let allowed = self.pacer.slice() as usize;
        let (mut parts, mut count) = (0, 0);
        for message in messages.iter().take(self.connector.profile().batch_max) {
            let wanted = body.parts().saturating_sub(message.parts_done.len()).max(1);
            if count > 0 && parts + wanted > allowed {
                break;
            }
            parts += wanted;
            count += 1;
        }
        (messages.get(..count).unwrap_or_default(), u32::try_from(parts).unwrap_or(u32::MAX))
    }

    async fn body(&self, claim: &Claim) -> Result<Result<Arc<Body>, String>, LedgerError> {
        self.bodies.of_id(claim.alert, claim.route).await
    }

    /// Messages of a claim that were never handed to the connector: proved not sent.
    async fn give_back(&self, claim: &Claim, messages: &[Claimed], code: &str, text: &str) {
        let reason = Reason { class: ReasonClass::Temporary, code: code.to_owned(), text: text.to_owned() };
        let report = |message: &Claimed| Report::Outcome {
            ticket: ticket(claim, message),
            outcome: Outcome { accepted: Vec::new(), answer: Answer::NotSent { reason: reason.clone() } },
        };
        self.in_flight.fetch_add(messages.len(), Ordering::Relaxed);
        // The writer outlives the dispatcher; if it is gone the lane was fenced and the claim is another's affair.
        let _gone = self.reports.send(messages.iter().map(report).collect()).await;
    }
}

fn ticket(claim: &Claim, message: &Claimed) -> Ticket {
    Ticket {
        alert: claim.alert.0,
        route: claim.route.0,
        seq: message.seq,
        attempt: message.attempt,
        strikes: message.strikes,
        claim: claim.id.0,
    }
}

fn submission(claim: &Claim, message: &Claimed, body: &Arc<Body>) -> Submission {
    Submission {
        ticket: ticket(claim, message),
        address: message.address.as_str().into(),
        body: body.clone(),
        concat_reference: concat_reference(claim, message),
        parts_done: message.parts_done.clone(),
        expires_at: claim.expires_at,
    }
}

/// The same for every attempt at a message, different for neighbours and for the next alert to the same person.
fn concat_reference(claim: &Claim, message: &Claimed) -> u16 {
    let mixed =
        (message.seq as u64).wrapping_mul(0x9E37_79B9).wrapping_add((claim.alert.0 as u64).wrapping_mul(31));
    (mixed & 0xFFFF) as u16
}
