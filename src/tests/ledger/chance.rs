//! Verbs in an order that chance chose, each with a chance to be repeated: what is counted is what the facts say, and
//! nothing is ever lost or counted twice.

use contract::ReceiptVerdict;
use loa::domain::{AlertId, Phase, UncertainPolicy};
use loa::ledger::{
    AgainKind, Claim, ClaimAsk, End, Favour, Found, PhaseChange, ReceiptFact, Settlement, Store,
};

use super::world::{
    EXPIRES_S, LONG_LEASE, Plan, WAIT, World, address, at, ended, key_of, lease, lost, receipt, why,
};

/// Enough to meet each pair of verbs many times.
const STEPS: usize = 400;
const SEEDS: u64 = 3;
const PEOPLE: i64 = 40;

/// A small generator (SplitMix64), so that a seed tells the same story for ever.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }
}

struct Story<'a> {
    world: World<'a>,
    chance: Chance,
    alerts: Vec<(AlertId, i64)>,
    claims: Vec<Claim>,
    references: Vec<String>,
    second: i64,
    node: usize,
}

pub(super) async fn whatever_happens_everything_is_counted_once(store: &Store) {
    let world = World::new(store, PEOPLE).await;
    let mut story = Story {
        world,
        chance: Chance(0),
        alerts: Vec::new(),
        claims: Vec::new(),
        references: Vec::new(),
        second: 10,
        node: 0,
    };
    for seed in 0..SEEDS {
        story.chance = Chance(seed);
        for policy in [UncertainPolicy::Hold, UncertainPolicy::Resend] {
            for parts in [1, 2] {
                let plan = Plan { policy, parts, expires_s: story.second + EXPIRES_S, ..Plan::default() };
                story.alerts.push((story.world.begun(plan).await, parts));
            }
        }
        for step in 0..STEPS {
            let verb = story.step().await;
            for (alert, _) in &story.alerts {
                let counts = story.world.counts(*alert).await;
                assert!(counts.conserved(), "seed {seed} step {step} {verb}: {counts:?}");
                assert_eq!(counts.accepted, PEOPLE);
            }
            if step % 10 == 0 {
                story.check_all().await;
            }
        }
        story.check_all().await;
        story.finish().await;
    }
}

impl Story<'_> {
    async fn check_all(&self) {
        for (alert, _) in &self.alerts {
            self.world.check(*alert).await;
        }
    }

    async fn step(&mut self) -> &'static str {
        self.second += 1;
        match self.chance.below(20) {
            0..6 => self.claim().await,
            6..12 => self.settle().await,
            12..16 => self.record().await,
            16 => self.find().await,
            17 => self.decide().await,
            18 => self.sweep().await,
            _ => self.hand_over().await,
        }
    }

    async fn claim(&mut self) -> &'static str {
        let favour = if self.chance.below(2) == 0 { Favour::Urgent } else { Favour::Bulk };
        let ask = ClaimAsk { favour, ..self.world.ask(1 + self.chance.below(9)) };
        let owner = &self.world.owner;
        if let Some(claim) = self.world.store.ledger.claim(at(self.second), owner, &ask).await.unwrap() {
            self.claims.push(claim);
        }
        "claim"
    }

    /// Ends for some messages of some claim, of the present or of an earlier owner, perhaps told before.
    async fn settle(&mut self) -> &'static str {
        let Some(claim) = self.chance.pick(&self.claims).cloned() else { return "settle" };
        let parts = self.parts_of(claim.alert);
        let mut ends = Vec::new();
        for place in 0..claim.messages.len() {
            if self.chance.below(3) > 0 {
                ends.push(self.end(&claim, place, parts));
            }
        }
        let mut applied = Vec::new();
        for _ in 0..=self.chance.below(2) {
            let settled =
                self.world.store.ledger.settle(at(self.second), &self.world.owner, &ends, &[]).await;
            applied.push(settled.unwrap().applied);
        }
        assert!(applied.iter().skip(1).all(|repeated| *repeated == 0), "{applied:?}");
        "settle"
    }

    fn end(&mut self, claim: &Claim, place: usize, parts: u8) -> Settlement {
        let mut settlement = ended(claim, place, End::Sent, self.second);
        let missing: Vec<u8> =
            (1..=parts).filter(|part| !claim.messages[place].parts_done.contains(part)).collect();
        let due_at = at(self.second + self.chance.below(5) as i64);
        let kind = [AgainKind::Refused, AgainKind::Throttled, AgainKind::NotSent][self.chance.below(3)];
        settlement.end = match self.chance.below(8) {
            0 => End::Failed(why("no")),
            1 => End::Again { why: why("later"), kind, due_at, strikes: 1 },
            2 | 3 => lost(self.second + 2),
            _ => End::Sent,
        };
        let accepted = match settlement.end {
            End::Sent => missing.len(),
            _ => self.chance.below(missing.len().max(1)),
        };
        for part in missing.into_iter().take(accepted) {
            let reference = format!("{}-{}-{}", settlement.key, settlement.attempt, part).replace('/', "-");
            self.references.push(reference.clone());
            settlement.accepted.push((part, reference));
        }
        settlement
    }

    async fn record(&mut self) -> &'static str {
        let mut receipts = Vec::new();
        for _ in 0..1 + self.chance.below(8) {
            let verdict = [
                ReceiptVerdict::Delivered,
                ReceiptVerdict::Delivered,
                ReceiptVerdict::Failed,
                ReceiptVerdict::Progress,
            ][self.chance.below(4)];
            let mut fact = receipt(self.world.lane, verdict);
            if let Some(reference) = self.chance.pick(&self.references) {
                fact.references = vec!["nobody".into(), reference.clone()];
            }
            if self.chance.below(3) == 0 {
                fact.address = Some(address(1 + self.chance.below(PEOPLE as usize) as i64));
            }
            receipts.push(fact.clone());
            if self.chance.below(4) == 0 {
                receipts.push(ReceiptFact { verdict: ReceiptVerdict::Failed, ..fact });
            }
        }
        for _ in 0..=self.chance.below(2) {
            let recorded = self.world.record(&receipts).await;
            assert_eq!(recorded.closed + recorded.unmatched + recorded.stayed, receipts.len());
        }
        "record"
    }

    async fn find(&mut self) -> &'static str {
        let Some(claim) = self.chance.pick(&self.claims).cloned() else { return "find" };
        let place = self.chance.below(claim.messages.len());
        let part = 1 + self.chance.below(self.parts_of(claim.alert).into()) as u8;
        let attempt = claim.messages[place].attempt;
        let key = key_of(&claim, place);
        let reference = format!("{key}-{attempt}-{part}").replace('/', "-");
        let found = Found { key, attempt, part, reference, at: at(self.second) };
        let owner = &self.world.owner;
        self.world.store.ledger.settle(at(self.second), owner, &[], &[found]).await.unwrap();
        "find"
    }

    async fn decide(&mut self) -> &'static str {
        let Some((alert, _)) = self.chance.pick(&self.alerts).copied() else { return "decide" };
        let from = self.world.phase(alert).await;
        let to = match (from, self.chance.below(30)) {
            (Phase::Dispatching, 0..6) => Phase::Paused,
            (Phase::Paused, _) => Phase::Dispatching,
            (Phase::Dispatching, 6) => Phase::Cancelled,
            _ => {
                let account = self.world.approver;
                let catalog = &self.world.store.catalog;
                catalog.resend_uncertain(at(self.second), alert, account).await.unwrap();
                return "resend";
            }
        };
        let (action, account) = (to.as_str().to_owned(), Some(self.world.author));
        let change = PhaseChange { alert, version: 1, from, to, action, account, reason: None };
        self.world.store.catalog.alert_change(at(self.second), &change).await.unwrap();
        "change"
    }

    async fn sweep(&mut self) -> &'static str {
        let rows_max = 1 + self.chance.below(20);
        self.world.store.ledger.sweep(at(self.second), WAIT, rows_max).await.unwrap();
        "sweep"
    }

    /// The lane goes to another node, with or without a farewell.
    async fn hand_over(&mut self) -> &'static str {
        if self.chance.below(3) > 0 {
            return "keep";
        }
        self.node += 1;
        let node = format!("node-{}", self.node);
        self.world.store.ledger.release(&self.world.owner).await.unwrap();
        self.world.owner = lease(self.world.store, self.world.lane, &node, self.second, LONG_LEASE).await;
        "hand over"
    }

    fn parts_of(&self, alert: AlertId) -> u8 {
        self.alerts.iter().find(|(known, _)| *known == alert).map_or(1, |(_, parts)| *parts as u8)
    }

    /// Past every deadline nothing waits any more: each alert has come to an end.
    async fn finish(&mut self) {
        self.second += EXPIRES_S + 2000;
        self.node += 1;
        let node = format!("node-{}", self.node);
        self.world.store.ledger.release(&self.world.owner).await.unwrap();
        self.world.owner = lease(self.world.store, self.world.lane, &node, self.second, LONG_LEASE).await;
        for round in 0.. {
            assert!(round < 200, "the sweep comes to an end");
            if !self.world.store.ledger.sweep(at(self.second), WAIT, 50).await.unwrap().more {
                break;
            }
        }
        for (alert, _) in &self.alerts {
            let counts = self.world.check(*alert).await;
            assert_eq!((counts.queued, counts.in_flight, counts.sent), (0, 0, 0), "alert {alert}");
            let phase = self.world.phase(*alert).await;
            assert!(phase.is_final(), "alert {alert} is {phase}");
        }
        self.alerts.clear();
        self.claims.clear();
        self.references.clear();
    }
}
