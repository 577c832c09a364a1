//! A sliding second: how many submits an account sent within any 1,000,000 microseconds. Runs of the
//! same instant are one entry, so the cost does not grow with the rate.

use std::collections::VecDeque;

const SECOND_US: u64 = 1_000_000;

#[derive(Debug, Default)]
pub(crate) struct SlidingSecond {
    runs: VecDeque<Run>,
    seen: u32,
    passed: u32,
    seen_max: u32,
}

#[derive(Debug)]
struct Run {
    at_us: u64,
    seen: u32,
    passed: u32,
}

impl SlidingSecond {
    /// Counts an arrival; `false`: it is above the limit. Throttled ones do not use the rate up.
    pub(crate) fn arrive(&mut self, now_us: u64, limit: Option<u32>) -> bool {
        self.forget(now_us);
        let passes = limit.is_none_or(|limit| self.passed < limit);
        if self.runs.back().is_none_or(|run| run.at_us != now_us) {
            self.runs.push_back(Run { at_us: now_us, seen: 0, passed: 0 });
        }
        if let Some(run) = self.runs.back_mut() {
            run.seen += 1;
            run.passed += u32::from(passes);
        }
        self.seen += 1;
        self.passed += u32::from(passes);
        self.seen_max = self.seen_max.max(self.seen);
        passes
    }

    pub(crate) fn seen_max(&self) -> u32 {
        self.seen_max
    }

    fn forget(&mut self, now_us: u64) {
        while let Some(run) = self.runs.front().filter(|run| run.at_us + SECOND_US <= now_us) {
            self.seen -= run.seen;
            self.passed -= run.passed;
            self.runs.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_slides() {
        let mut second = SlidingSecond::default();
        let passed = |second: &mut SlidingSecond, at_us: u64, count: u32| {
            (0..count).filter(|_| second.arrive(at_us, Some(10))).count()
        };
        assert_eq!(passed(&mut second, 900_000, 8), 8);
        assert_eq!(passed(&mut second, 1_100_000, 8), 2, "no fresh start at the full second");
        assert_eq!(passed(&mut second, 1_899_999, 1), 0);
        assert_eq!(passed(&mut second, 1_900_000, 10), 8, "the first eight are a second old");
        assert_eq!(second.seen_max(), 19);
    }
}
