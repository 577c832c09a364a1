//! Every state of a message meets every event; what comes out is what the domain's table says.

use contract::ReceiptVerdict;
use loa::domain::{AlertId, Event, MessageKey, Phase, State, Step};
use loa::ledger::{Applied, Claim, End, Found, PhaseChange, Store};

use super::world::{EXPIRES_S, Plan, WAIT, World, again, at, by_memory, ended, lost, sent, why};

/// How a message came to its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Fresh,
    /// After an attempt that was proved unsent.
    Returned,
    /// After an attempt that was lost and sent again by a person.
    Resent,
}

const STANDS: &[(State, Way)] = &[
    (State::Queued, Way::Fresh),
    (State::Queued, Way::Returned),
    (State::Queued, Way::Resent),
    (State::Claimed, Way::Fresh),
    (State::Claimed, Way::Returned),
    (State::Claimed, Way::Resent),
    (State::Sent, Way::Fresh),
    (State::Sent, Way::Resent),
    (State::Delivered, Way::Fresh),
    (State::Undelivered, Way::Fresh),
    (State::Unconfirmed, Way::Fresh),
    (State::Unconfirmed, Way::Resent),
    (State::Failed, Way::Fresh),
    (State::Uncertain, Way::Fresh),
    (State::Expired, Way::Fresh),
    (State::Expired, Way::Returned),
    (State::Cancelled, Way::Fresh),
    (State::Cancelled, Way::Returned),
];

/// A message that stands where it should, with the claim that had it last.
struct Case<'a> {
    world: &'a World<'a>,
    alert: AlertId,
    key: MessageKey,
    claim: Option<Claim>,
    /// It has been answered for, so that late facts can speak of it.
    answered: bool,
    /// An earlier attempt of it may have arrived.
    resent: bool,
}

pub(super) async fn every_state_meets_every_event(store: &Store) {
    let world = World::new(store, 2).await;
    for &(state, way) in STANDS {
        for &event in Event::ALL {
            let case = Case::reach(&world, state, way).await;
            let before = case.world.state(case.key).await;
            assert_eq!(before, state, "the way to {state} ({way:?})");
            world.check(case.alert).await;
            case.strike(event).await;
            let expected = case.expected(state, event);
            assert_eq!(world.state(case.key).await, expected, "{state} ({way:?}) + {event}");
            world.check(case.alert).await;
            case.retire().await;
        }
    }
}

fn step(state: State, event: Event) -> State {
    match state.after(event) {
        Step::To(to) => to,
        Step::Stay | Step::Impossible => state,
    }
}

impl<'a> Case<'a> {
    async fn reach(world: &'a World<'a>, state: State, way: Way) -> Self {
        let alert = world.begun(Plan::default()).await;
        let key = MessageKey { alert, route: world.routes[0], seq: 1 };
        let mut case = Case { world, alert, key, claim: None, answered: false, resent: way == Way::Resent };
        match way {
            Way::Fresh => {}
            Way::Returned => {
                case.claimed().await;
                case.settle(again(5)).await;
            }
            Way::Resent => {
                case.reach_uncertain().await;
                world.store.catalog.resend_uncertain(at(5), alert, world.approver).await.unwrap();
            }
        }
        match state {
            State::Queued => {}
            State::Claimed => case.claimed().await,
            State::Sent => case.reach_sent().await,
            State::Delivered | State::Undelivered => {
                case.reach_sent().await;
                let verdict = if state == State::Delivered { Event::Deliver } else { Event::Fail };
                case.strike(verdict).await;
            }
            State::Unconfirmed => {
                case.reach_sent().await;
                case.strike(Event::Overdue).await;
            }
            State::Failed => {
                case.claimed().await;
                case.settle(End::Failed(why("rejected"))).await;
            }
            State::Uncertain => case.reach_uncertain().await,
            State::Expired => case.strike(Event::Expire).await,
            State::Cancelled => case.strike(Event::Cancel).await,
        }
        case
    }

    /// The first claim takes both messages of the alert, so that it stays open when the first is settled.
    async fn claimed(&mut self) {
        self.claim = Some(self.world.claim(10, 2).await);
    }

    async fn reach_uncertain(&mut self) {
        self.claimed().await;
        self.settle(lost(60)).await;
    }

    async fn reach_sent(&mut self) {
        self.claimed().await;
        self.strike(Event::Accept).await;
        self.answered = true;
    }

    async fn settle(&mut self, end: End) {
        if let Some(claim) = &self.claim {
            self.world.settle(12, &[ended(claim, 0, end, 12)]).await;
            self.answered = true;
        }
    }

    /// The attempt that late facts speak of: the first, which was answered before any other.
    fn found(&self) -> Found {
        Found { key: self.key, attempt: 1, part: 1, reference: format!("late-{}", self.alert), at: at(13) }
    }

    async fn strike(&self, event: Event) {
        let world = self.world;
        match (event, &self.claim) {
            (Event::Claim, _) => {
                if let Some(claim) = world.try_claim(20, 1).await.filter(|claim| claim.alert != self.alert) {
                    panic!("{} has work left", claim.alert);
                }
            }
            (Event::Accept, Some(claim)) => {
                world.settle(21, &[sent(claim, 0, &format!("ref-{}", self.alert), 21)]).await;
            }
            (Event::Refuse, Some(claim)) => {
                world.settle(21, &[ended(claim, 0, End::Failed(why("no")), 21)]).await;
            }
            (Event::Return, Some(claim)) => {
                world.settle(21, &[ended(claim, 0, again(22), 21)]).await;
            }
            (Event::Lose, Some(claim)) => {
                world.settle(21, &[ended(claim, 0, lost(22), 21)]).await;
            }
            // Nobody ever had it, so nobody can end an attempt at it.
            (Event::Accept | Event::Refuse | Event::Return | Event::Lose, None) => {}
            (Event::Find, _) => {
                world.store.ledger.settle(at(21), &world.owner, &[], &[self.found()]).await.unwrap();
            }
            (Event::Resend, _) => {
                world.store.catalog.resend_uncertain(at(21), self.alert, world.approver).await.unwrap();
            }
            (Event::Deliver, _) => {
                world.record(&[by_memory(world.lane, self.key, 1, ReceiptVerdict::Delivered)]).await;
            }
            (Event::Fail, _) => {
                world.record(&[by_memory(world.lane, self.key, 1, ReceiptVerdict::Failed)]).await;
            }
            (Event::Overdue, _) => {
                world.store.ledger.sweep(at(EXPIRES_S + 2000), WAIT, 100).await.unwrap();
            }
            (Event::Expire, _) => {
                world.store.ledger.sweep(at(EXPIRES_S), WAIT, 100).await.unwrap();
            }
            (Event::Lapse, _) if !self.resent => {}
            (Event::Cancel | Event::Lapse, _) => self.cancel().await,
        }
    }

    async fn cancel(&self) {
        let from = self.world.phase(self.alert).await;
        let change = PhaseChange {
            alert: self.alert,
            version: 1,
            from,
            to: Phase::Cancelled,
            action: "cancel".into(),
            account: Some(self.world.author),
            reason: Some("hết lũ".into()),
        };
        if !from.is_final() {
            assert_eq!(self.world.store.catalog.alert_change(at(21), &change).await.unwrap(), Applied::Yes);
            self.world.store.ledger.sweep(at(22), WAIT, 100).await.unwrap();
        }
    }

    fn expected(&self, state: State, event: Event) -> State {
        match event {
            // Facts about attempts that were never answered find nothing to speak of.
            Event::Find | Event::Deliver | Event::Fail if !self.answered => state,
            // Proof of acceptance by an attempt that has its end already is a late answer.
            Event::Accept if self.answered && state == State::Queued => step(state, Event::Find),
            // A no to the second copy is no proof about the first.
            Event::Refuse if self.resent => step(state, Event::Lose),
            // Only what waits for a resend can lapse, and it does whenever its alert ends.
            Event::Lapse if !self.resent => state,
            Event::Expire | Event::Cancel | Event::Overdue if self.resent && state == State::Queued => {
                step(state, Event::Lapse)
            }
            // The clock brings expiry first, then overdue receipts.
            Event::Overdue => step(step(state, Event::Expire), Event::Overdue),
            _ => step(state, event),
        }
    }

    /// Takes the alert out of the way of the next case.
    async fn retire(self) {
        self.cancel().await;
    }
}
