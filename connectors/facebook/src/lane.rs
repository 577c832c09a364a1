//! One Page's queue of one: takes a submission, carries it out, reports it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use contract::{Answer, Context, Outcome, Reason, ReasonClass, Report, Submission};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{api::Api, board::Board, config::FacebookSettings, evidence, token};

/// Submissions taken beyond the one at work.
const QUEUE_MAX: usize = 1;

/// What all tasks of a connector share.
pub(crate) struct Lane {
    pub(crate) settings: Arc<FacebookSettings>,
    pub(crate) context: Context,
    pub(crate) board: Arc<Board>,
    pub(crate) api: Api,
    /// Takes nothing more.
    pub(crate) closing: CancellationToken,
    /// Waits for nothing more.
    pub(crate) kill: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// Posts whose evidence is being read.
    pub(crate) followed: AtomicUsize,
    /// One reading at a time: evidence is never urgent.
    pub(crate) reading: tokio::sync::Semaphore,
    queue: mpsc::Sender<Submission>,
}

impl Lane {
    /// The lane with its tasks running.
    pub(crate) fn start(settings: FacebookSettings, context: Context) -> Arc<Self> {
        let settings = Arc::new(settings);
        let board = Arc::new(Board::new(
            &settings.api_version,
            settings.usage_stop_percent,
            settings.throttle_pause_s,
        ));
        let (queue, taken) = mpsc::channel(QUEUE_MAX);
        let lane = Arc::new(Self {
            api: Api::new(Arc::clone(&settings), Arc::clone(&board)),
            settings,
            context,
            board,
            closing: CancellationToken::new(),
            kill: CancellationToken::new(),
            tasks: TaskTracker::new(),
            followed: AtomicUsize::new(0),
            reading: tokio::sync::Semaphore::new(1),
            queue,
        });
        lane.tasks.spawn(Arc::clone(&lane).work(taken));
        lane.tasks.spawn(token::watch(Arc::clone(&lane)));
        lane
    }

    pub(crate) async fn submit(&self, batch: Vec<Submission>) {
        for submission in batch {
            if let Err(refused) = self.queue.send(submission).await {
                self.report(&refused.0, not_sent("closing", "the lane is closing")).await;
            }
        }
    }

    async fn work(self: Arc<Self>, mut taken: mpsc::Receiver<Submission>) {
        loop {
            let next = tokio::select! {
                biased;
                () = self.closing.cancelled(), if !taken.is_closed() => {
                    taken.close();
                    continue;
                }
                next = taken.recv() => next,
            };
            let Some(submission) = next else { return };
            let outcome = if self.closing.is_cancelled() {
                not_sent("closing", "the lane is closing")
            } else {
                self.carry_out(&submission).await
            };
            self.report(&submission, outcome).await;
        }
    }

    /// With an end even when the lane is killed: what had begun is uncertain then.
    async fn carry_out(self: &Arc<Self>, submission: &Submission) -> Outcome {
        let begun = AtomicBool::new(false);
        let outcome = tokio::select! {
            outcome = self.act(submission, &begun) => outcome,
            () = self.kill.cancelled() => {
                if begun.load(Ordering::SeqCst) {
                    uncertain("closing", "the lane closed before Facebook answered")
                } else {
                    not_sent("closing", "the lane closed before anything was posted")
                }
            }
        };
        if let Some(reason) = outcome.answer.reason() {
            tracing::info!(lane = %self.context.lane, code = %reason.code, reason = %reason.text, "not accepted");
        }
        if outcome.answer == Answer::Accepted && !self.closing.is_cancelled() {
            evidence::follow(self, submission, &outcome);
        }
        outcome
    }

    async fn report(&self, submission: &Submission, outcome: Outcome) {
        let report = Report::Outcome { ticket: submission.ticket, outcome };
        if self.context.reports.send(vec![report]).await.is_err() {
            tracing::debug!(lane = %self.context.lane, "nobody takes reports any more");
        }
    }

    /// Waits; false if the lane closes meanwhile.
    pub(crate) async fn rest(&self, wait: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(wait) => true,
            () = self.closing.cancelled() => false,
        }
    }
}

pub(crate) fn answered(answer: Answer) -> Outcome {
    Outcome { accepted: Vec::new(), answer }
}

pub(crate) fn reason(class: ReasonClass, code: &str, text: &str) -> Reason {
    Reason { class, code: code.to_owned(), text: text.to_owned() }
}

pub(crate) fn not_sent(code: &str, text: &str) -> Outcome {
    answered(Answer::NotSent { reason: reason(ReasonClass::Temporary, code, text) })
}

pub(crate) fn uncertain(code: &str, text: &str) -> Outcome {
    answered(Answer::Uncertain { reason: reason(ReasonClass::Unknown, code, text) })
}
