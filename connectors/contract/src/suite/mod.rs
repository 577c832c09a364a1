//! What every connector keeps to, as cases over a [`Bench`]: a connector and the simulator of its provider. The same
//! cases run for every channel, each in the tests of its own crate.

#![expect(clippy::panic, reason = "a case that fails ends the test that runs it")]

mod memory;

pub use memory::{MemoryKeychain, MemorySink};

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tokio::{sync::mpsc, time::timeout};

use crate::{Answer, Connector, Outcome, Reason, Report, Submission};

/// Longest wait of a case.
pub const BOUND: Duration = Duration::from_secs(20);

/// What the provider is like in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// Nobody listens at the provider's address.
    Away,
    /// It takes each message and the connection ends before its answer.
    CutAfterTaking,
    /// It takes each message and does not answer within the connector's time-out (set it short).
    NeverAnswers,
    /// It refuses every message for good.
    Refuses,
    /// It says "too fast" to every message.
    Throttles,
}

/// A connector, its provider and the engine's end of the seam.
pub struct Bench {
    pub connector: Arc<dyn Connector>,
    pub reports: mpsc::Receiver<Vec<Report>>,
    /// Makes the n-th message (from 1), each for an address of its own if the channel has addresses.
    pub message: Box<dyn Fn(i64) -> Submission + Send + Sync>,
    /// How many times the provider has the n-th message, by its own count.
    pub seen: Box<dyn Fn(i64) -> u32 + Send + Sync>,
    /// Words that no reason may contain: secrets, tokens, addresses.
    pub unspeakable: Vec<String>,
    /// Ends the provider with the bench.
    pub provider: Box<dyn Send + Sync>,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").field("connector", &self.connector).finish_non_exhaustive()
    }
}

/// Builds a bench for a trouble; waits until the connector can send unless the provider is away.
#[async_trait]
pub trait Benches: Send + Sync {
    async fn bench(&self, trouble: Trouble) -> Bench;
}

/// Messages per case; small, since some channels allow few.
const MESSAGES: i64 = 5;

/// All cases, one after the other.
pub async fn conforms(benches: &dyn Benches) {
    every_message_has_one_outcome(benches).await;
    a_provider_that_is_away_gets_nothing(benches).await;
    a_lost_answer_is_uncertain(benches, Trouble::CutAfterTaking).await;
    a_lost_answer_is_uncertain(benches, Trouble::NeverAnswers).await;
    a_refusal_is_final_and_explained(benches).await;
    too_fast_is_not_a_failure(benches).await;
    closing_answers_for_all(benches).await;
}

async fn every_message_has_one_outcome(benches: &dyn Benches) {
    let mut bench = benches.bench(Trouble::None).await;
    let outcomes = bench.send().await;
    for (seq, outcome) in &outcomes {
        assert_eq!(outcome.answer, Answer::Accepted, "message {seq}");
        assert!(
            outcome.accepted.iter().all(|part| !part.reference.is_empty()),
            "message {seq} has a reference"
        );
        assert_eq!((bench.seen)(*seq), 1, "message {seq} is with the provider once");
    }
    bench.connector.close(Duration::from_secs(1)).await;
}

async fn a_provider_that_is_away_gets_nothing(benches: &dyn Benches) {
    let mut bench = benches.bench(Trouble::Away).await;
    assert!(!bench.connector.health().borrow().can_send(), "an absent provider is not ready");
    for (seq, outcome) in bench.send().await {
        assert!(matches!(outcome.answer, Answer::NotSent { .. }), "message {seq}: {:?}", outcome.answer);
    }
    bench.connector.close(Duration::from_secs(1)).await;
}

async fn a_lost_answer_is_uncertain(benches: &dyn Benches, trouble: Trouble) {
    let mut bench = benches.bench(trouble).await;
    for (seq, outcome) in bench.send().await {
        let seen = (bench.seen)(seq);
        match outcome.answer {
            Answer::Uncertain { .. } => assert!(seen <= 1, "message {seq} was tried again by the connector"),
            // Behind a cut connection the rest may be proved unsent; then the provider must not have it.
            Answer::NotSent { .. } => assert_eq!(seen, 0, "message {seq} was said to be unsent"),
            other => panic!("message {seq} under {trouble:?}: {other:?}"),
        }
    }
    bench.connector.close(Duration::from_secs(1)).await;
}

async fn a_refusal_is_final_and_explained(benches: &dyn Benches) {
    let mut bench = benches.bench(Trouble::Refuses).await;
    for (seq, outcome) in bench.send().await {
        let Answer::Refused { reason, .. } = &outcome.answer else {
            panic!("message {seq}: {:?}", outcome.answer);
        };
        assert!(!reason.code.is_empty() && !reason.text.is_empty(), "message {seq}: {reason:?}");
        assert_eq!((bench.seen)(seq), 0, "message {seq} was refused");
    }
    bench.connector.close(Duration::from_secs(1)).await;
}

async fn too_fast_is_not_a_failure(benches: &dyn Benches) {
    let mut bench = benches.bench(Trouble::Throttles).await;
    let outcomes = bench.send().await;
    let throttled = outcomes.values().filter(|outcome| {
        matches!(&outcome.answer, Answer::Throttled { retry_after, .. } if !retry_after.is_zero())
            || matches!(outcome.answer, Answer::Deferred { .. })
    });
    assert!(throttled.count() > 0, "nobody was told to slow down: {outcomes:?}");
    for (seq, outcome) in &outcomes {
        assert!(
            !matches!(outcome.answer, Answer::Refused { .. } | Answer::Uncertain { .. }),
            "message {seq}: {:?}",
            outcome.answer
        );
    }
    bench.connector.close(Duration::from_secs(1)).await;
}

/// What is in flight when the connector closes is reported as well, and never as sent without knowing.
async fn closing_answers_for_all(benches: &dyn Benches) {
    let mut bench = benches.bench(Trouble::NeverAnswers).await;
    let batch: Vec<_> = (1..=MESSAGES).map(|seq| (bench.message)(seq)).collect();
    let connector = Arc::clone(&bench.connector);
    let submitting = tokio::spawn(async move { connector.submit(batch).await });
    bench.connector.close(Duration::from_millis(50)).await;
    for (seq, outcome) in bench.outcomes().await {
        assert!(
            matches!(outcome.answer, Answer::Uncertain { .. } | Answer::NotSent { .. }),
            "message {seq}: {:?}",
            outcome.answer
        );
    }
    assert!(timeout(BOUND, submitting).await.is_ok(), "submit does not hang after the end");
}

impl Bench {
    async fn send(&mut self) -> BTreeMap<i64, Outcome> {
        let batch: Vec<_> = (1..=MESSAGES).map(|seq| (self.message)(seq)).collect();
        let connector = Arc::clone(&self.connector);
        let submitting = tokio::spawn(async move { connector.submit(batch).await });
        let outcomes = self.outcomes().await;
        assert!(timeout(BOUND, submitting).await.is_ok(), "submit returns");
        outcomes
    }

    /// Exactly one outcome for each message, none of which says what must not be said.
    async fn outcomes(&mut self) -> BTreeMap<i64, Outcome> {
        let mut outcomes = BTreeMap::new();
        while outcomes.len() < usize::try_from(MESSAGES).unwrap_or(0) {
            let Ok(Some(reports)) = timeout(BOUND, self.reports.recv()).await else {
                let known: BTreeSet<_> = outcomes.keys().collect();
                panic!("no outcome in time; known are {known:?}");
            };
            for report in reports {
                let Report::Outcome { ticket, outcome } = report else { continue };
                self.speakable(&outcome);
                let again = outcomes.insert(ticket.seq, outcome);
                assert!(again.is_none(), "message {} has a second outcome", ticket.seq);
            }
        }
        outcomes
    }

    fn speakable(&self, outcome: &Outcome) {
        let Some(Reason { code, text, .. }) = outcome.answer.reason() else { return };
        for word in &self.unspeakable {
            assert!(!code.contains(word) && !text.contains(word), "a reason says too much: {code} {text}");
        }
    }
}
