//! One client: its binds, its rate, and the receipts it is owed, whether it is there or not (store and
//! forward).

use super::rate::SlidingSecond;
use super::receipts::Receipt;
use super::time_queue::TimeQueue;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;

/// Emptied buckets kept for the next milliseconds.
const SPARE_MAX: usize = 64;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) system_id: Vec<u8>,
    pub(crate) rate: SlidingSecond,
    pub(crate) rate_per_s: Option<u32>,
    links: Vec<Bound>,
    later: TimeQueue<Vec<Receipt>>,
    later_count: usize,
    ready: VecDeque<Receipt>,
    spare: Vec<Vec<Receipt>>,
}

#[derive(Debug)]
struct Bound {
    link: u64,
    receives: bool,
    wake: Arc<Notify>,
}

impl Account {
    pub(crate) fn new(system_id: &[u8], rate_per_s: Option<u32>) -> Self {
        Self {
            system_id: system_id.to_vec(),
            rate: SlidingSecond::default(),
            rate_per_s,
            links: Vec::new(),
            later: TimeQueue::default(),
            later_count: 0,
            ready: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    pub(crate) fn binds(&self) -> usize {
        self.links.len()
    }

    pub(crate) fn bind(&mut self, link: u64, receives: bool, wake: Arc<Notify>) {
        self.links.push(Bound { link, receives, wake });
    }

    pub(crate) fn unbind(&mut self, link: u64) {
        self.links.retain(|bound| bound.link != link);
    }

    pub(crate) fn wake_receivers(&self) {
        self.links.iter().filter(|bound| bound.receives).for_each(|bound| bound.wake.notify_one());
    }

    /// This link takes what it can by itself; the others may share it.
    pub(crate) fn wake_other_receivers(&self, link: u64) {
        let others = self.links.iter().filter(|bound| bound.receives && bound.link != link);
        others.for_each(|bound| bound.wake.notify_one());
    }

    pub(crate) fn waiting(&self) -> usize {
        self.later_count + self.ready.len()
    }

    pub(crate) fn wait(&mut self, receipt: Receipt, due_ms: u64) {
        let bucket = self.later.bucket(due_ms);
        if bucket.capacity() == 0
            && let Some(spare) = self.spare.pop()
        {
            *bucket = spare;
        }
        bucket.push(receipt);
        self.later_count += 1;
    }

    pub(crate) fn pop_due(&mut self, now_ms: u64) -> Option<Vec<Receipt>> {
        let due = self.later.pop_due(now_ms)?;
        self.later_count -= due.len();
        Some(due)
    }

    pub(crate) fn reuse(&mut self, mut bucket: Vec<Receipt>) {
        if self.spare.len() < SPARE_MAX {
            bucket.clear();
            self.spare.push(bucket);
        }
    }

    pub(crate) fn next_due_ms(&self) -> Option<u64> {
        self.later.next_due_ms()
    }

    pub(crate) fn ready(&mut self, receipt: Receipt) {
        self.ready.push_back(receipt);
    }

    /// Back to the front: it was sent before what waits now.
    pub(crate) fn ready_again(&mut self, receipt: Receipt) {
        self.ready.push_front(receipt);
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(crate) fn take_ready(&mut self) -> Option<Receipt> {
        self.ready.pop_front()
    }

    pub(crate) fn drop_oldest(&mut self) -> Option<Receipt> {
        self.ready.pop_front()
    }

    pub(crate) fn serials_to(&self, number: u64) -> Vec<u64> {
        let waiting = self.later.buckets().flatten();
        waiting.filter(|receipt| receipt.number == number).map(|receipt| receipt.serial).collect()
    }
}
