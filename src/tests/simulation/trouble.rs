//! What befalls a process when it calls the ledger.

use std::time::Duration;

use tokio::time::Instant;

use super::dice::Dice;

/// What a call meets.
#[derive(Debug, Default)]
pub(super) struct Fault {
    pub(super) before: Duration,
    pub(super) after: Duration,
    pub(super) fails: Option<Side>,
    pub(super) blow: Option<Blow>,
}

/// Of the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// What happens to a process in the midst of a call.
#[derive(Debug, Clone)]
pub(super) struct Blow {
    pub(super) process: String,
    pub(super) side: Side,
    /// `None`: it dies. Otherwise it stands still for so long.
    pub(super) freeze: Option<Duration>,
    /// In a call of this verb, after so many that still go well.
    pub(super) verb: &'static str,
    pub(super) calls_left: u64,
}

#[derive(Debug)]
pub(super) struct Trouble {
    dice: Dice,
    /// Calls in a thousand that fail, and those that are slow.
    pub(super) failing: u64,
    pub(super) slow: u64,
    pub(super) away_until: Option<Instant>,
    /// Nobody's lease is renewed.
    pub(super) leases_away_until: Option<Instant>,
    pub(super) blows: Vec<Blow>,
}

impl Trouble {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::of(seed, "trouble");
        let (failing, slow) = (*dice.pick(&[0, 0, 3, 10]), *dice.pick(&[0, 20, 100]));
        Self { dice, failing, slow, away_until: None, leases_away_until: None, blows: Vec::new() }
    }

    /// From here on everything goes well.
    pub(super) fn heal(&mut self) {
        (self.failing, self.slow) = (0, 0);
        (self.away_until, self.leases_away_until) = (None, None);
        self.blows.clear();
    }

    /// The ledger has been there for so long, but for a call now and then.
    pub(super) fn calm_for(&self, time: Duration) -> bool {
        let now = Instant::now();
        [self.away_until, self.leases_away_until].iter().flatten().all(|until| now >= *until + time)
    }

    pub(super) fn meet(&mut self, process: &str, verb: &str) -> Fault {
        let now = Instant::now();
        let mut fault = Fault::default();
        if self.dice.in_1000(self.slow) {
            fault.before = self.dice.ms(1..400);
            fault.after = self.dice.ms(1..400);
        }
        let away = self.away_until.is_some_and(|until| now < until)
            || verb == "lease" && self.leases_away_until.is_some_and(|until| now < until);
        if away || self.dice.in_1000(self.failing) {
            let side = if self.dice.in_1000(500) { Side::Before } else { Side::After };
            fault.fails = Some(side);
        }
        if let Some(place) = self.blows.iter().position(|blow| blow.process == process && blow.verb == verb) {
            match self.blows[place].calls_left {
                0 => fault.blow = Some(self.blows.remove(place)),
                _ => self.blows[place].calls_left -= 1,
            }
        }
        fault
    }
}
