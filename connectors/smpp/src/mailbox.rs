//! Where submissions wait for one bind. Bounded in parts; open only while the bind is up, and emptied in
//! the same step that closes it, so that nothing can be left lying in it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use contract::Submission;
use tokio::{sync::Notify, time::Instant};

/// Parts that may wait beyond the window, so that the bind is never idle between an answer and the next
/// batch. Small, since what waits here can't be overtaken.
const AHEAD_PARTS_MAX: usize = 256;

/// A submission and since when it waits.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) submission: Submission,
    pub(crate) since: Instant,
}

#[derive(Debug)]
pub(crate) struct Mailbox {
    inner: Mutex<Inner>,
    /// Something arrived, for the session.
    pub(crate) arrived: Notify,
    /// Room was made or the state changed, for whoever submits; shared by all mailboxes of the lane.
    room: Arc<Notify>,
}

#[derive(Debug)]
struct Inner {
    is_open: bool,
    waiting: VecDeque<Queued>,
    /// Parts handed in whose outcome is not reported yet.
    taken_parts: usize,
    parts_max: usize,
}

impl Mailbox {
    pub(crate) fn new(window: usize, room: Arc<Notify>) -> Self {
        let parts_max = window + window.min(AHEAD_PARTS_MAX);
        let inner = Inner { is_open: false, waiting: VecDeque::new(), taken_parts: 0, parts_max };
        Self { inner: Mutex::new(inner), arrived: Notify::new(), room }
    }

    /// Free parts, or `None` while closed.
    pub(crate) fn free(&self) -> Option<usize> {
        let inner = self.lock();
        inner.is_open.then(|| inner.parts_max.saturating_sub(inner.taken_parts))
    }

    /// Takes up to `messages_max` from the front of `batch` while there is room. The last one may overdraw
    /// the bound by its own parts, or a message with more parts than the window could never pass.
    pub(crate) fn offer(&self, batch: &mut VecDeque<Submission>, messages_max: usize, now: Instant) {
        let mut inner = self.lock();
        let before = inner.waiting.len();
        for _ in 0..messages_max {
            if !inner.is_open || inner.taken_parts >= inner.parts_max {
                break;
            }
            let Some(submission) = batch.pop_front() else { break };
            inner.taken_parts += cost(&submission);
            inner.waiting.push_back(Queued { submission, since: now });
        }
        if inner.waiting.len() > before {
            drop(inner);
            self.arrived.notify_one();
        }
    }

    /// Moves up to `messages_max` to the session.
    pub(crate) fn take(&self, messages_max: usize, to: &mut VecDeque<Queued>) {
        let mut inner = self.lock();
        let count = messages_max.min(inner.waiting.len());
        to.extend(inner.waiting.drain(..count));
    }

    /// Since when the first waits.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.lock().waiting.front().map(|queued| queued.since)
    }

    /// `parts` have been reported.
    pub(crate) fn release(&self, parts: usize) {
        if parts > 0 {
            let mut inner = self.lock();
            inner.taken_parts = inner.taken_parts.saturating_sub(parts);
            drop(inner);
            self.room.notify_waiters();
        }
    }

    pub(crate) fn open(&self) {
        self.lock().is_open = true;
        self.room.notify_waiters();
    }

    /// Takes nothing more and gives back what still waits.
    pub(crate) fn close(&self) -> VecDeque<Queued> {
        let mut inner = self.lock();
        inner.is_open = false;
        let left = std::mem::take(&mut inner.waiting);
        drop(inner);
        self.room.notify_waiters();
        left
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here can panic half-way; a poisoned lock would still hold consistent counts.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a submission takes of the bound.
pub(crate) fn cost(submission: &Submission) -> usize {
    submission.parts_left().max(1)
}
