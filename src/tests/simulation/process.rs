//! A process of the gateway, as the world sees it: it may be stopped for a while, or for good. What a dead process would
//! do next never happens, since everything it does outwards passes its gate.

use std::sync::Mutex;

use tokio::{sync::Notify, time::Instant};

use super::world::lock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Runs,
    Frozen,
    Dead,
}

#[derive(Debug)]
pub(super) struct Process {
    pub(super) name: String,
    mode: Mutex<Mode>,
    thawed_at: Mutex<Option<Instant>>,
    /// In the order of their coming; a `watch` would wake them in an order that chance decides.
    waiting: Notify,
}

impl Process {
    pub(super) fn new(name: String) -> Self {
        Self { name, mode: Mutex::new(Mode::Runs), thawed_at: Mutex::default(), waiting: Notify::new() }
    }

    /// Returns at once while the process runs, after it goes on if it is frozen, and never if it is dead.
    pub(super) async fn gate(&self) {
        loop {
            let goes_on = self.waiting.notified();
            if self.runs() {
                return;
            }
            goes_on.await;
        }
    }

    fn turn(&self, from: Mode, to: Mode) {
        let mut mode = lock(&self.mode);
        if *mode == from {
            *mode = to;
        }
    }

    pub(super) fn freeze(&self) {
        self.turn(Mode::Runs, Mode::Frozen);
    }

    pub(super) fn thaw(&self) {
        self.turn(Mode::Frozen, Mode::Runs);
        *lock(&self.thawed_at) = Some(Instant::now());
        self.waiting.notify_waiters();
    }

    pub(super) fn kill(&self) {
        *lock(&self.mode) = Mode::Dead;
    }

    pub(super) fn is_dead(&self) -> bool {
        *lock(&self.mode) == Mode::Dead
    }

    /// It goes on in this very moment, and has not had the time to look at a clock.
    pub(super) fn just_thawed(&self) -> bool {
        *lock(&self.thawed_at) == Some(Instant::now())
    }

    pub(super) fn runs(&self) -> bool {
        *lock(&self.mode) == Mode::Runs
    }
}
