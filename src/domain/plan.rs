//! In which order an alert uses its channels: all at once, or step by step, each step for those whom the steps before
//! it did not reach.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::words::words;

/// A way to people. An alert names channels; the settings say which routes carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Sms,
    Zalo,
    /// A post on the page: it reaches nobody in particular, so it counts as no person's message.
    Facebook,
}

words!(Channel, "channel", { Sms => "sms", Zalo => "zalo", Facebook => "facebook" });

/// The steps of an alert, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub steps: Vec<Step>,
}

/// Channels used together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub channels: Vec<Channel>,
    /// Seconds after the beginning of the step before; 0 for the first. Earlier if nothing of that step is open any more.
    #[serde(default)]
    pub wait_s: u32,
}

/// Channels are few, and each is used once.
pub const STEPS_MAX: usize = 3;
/// A warning that waits a day between steps is none.
pub const WAIT_S_MAX: u32 = 24 * 3600;

/// Why a plan is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanRefusal {
    #[error("plan.steps: empty; name at least one channel")]
    Empty,
    #[error("plan.steps: {steps} steps, the most is {STEPS_MAX}; use each channel once")]
    TooManySteps { steps: usize },
    #[error("plan.steps[{step}].channels: empty; name a channel or take the step out")]
    NoChannel { step: usize },
    #[error("plan.steps[{step}].channels: `{channel}` is used twice; keep one")]
    Twice { step: usize, channel: Channel },
    #[error("plan.steps[0].wait_s: {wait_s}; the first step begins at once: set 0")]
    FirstWaits { wait_s: u32 },
    #[error("plan.steps[{step}].wait_s: {wait_s}; set 1 to {WAIT_S_MAX} seconds")]
    Wait { step: usize, wait_s: u32 },
    #[error(
        "plan.steps[{step}].channels: `facebook` reaches nobody in particular and cannot follow on a step; \
         move it to the first"
    )]
    PageLate { step: usize },
}

impl Default for Plan {
    /// SMS alone.
    fn default() -> Self {
        Self::at_once(&[Channel::Sms])
    }
}

impl Plan {
    #[must_use]
    pub fn at_once(channels: &[Channel]) -> Self {
        Self { steps: vec![Step { channels: channels.to_vec(), wait_s: 0 }] }
    }

    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), PlanRefusal> {
        if self.steps.is_empty() {
            return Err(PlanRefusal::Empty);
        }
        if self.steps.len() > STEPS_MAX {
            return Err(PlanRefusal::TooManySteps { steps: self.steps.len() });
        }
        let mut seen = Vec::new();
        for (step, one) in self.steps.iter().enumerate() {
            if one.channels.is_empty() {
                return Err(PlanRefusal::NoChannel { step });
            }
            for channel in &one.channels {
                if seen.contains(channel) {
                    return Err(PlanRefusal::Twice { step, channel: *channel });
                }
                seen.push(*channel);
            }
            match (step, one.wait_s) {
                (0, 0) => {}
                (0, wait_s) => return Err(PlanRefusal::FirstWaits { wait_s }),
                (_, wait_s) if wait_s == 0 || wait_s > WAIT_S_MAX => {
                    return Err(PlanRefusal::Wait { step, wait_s });
                }
                (_, _) if one.channels.contains(&Channel::Facebook) => {
                    return Err(PlanRefusal::PageLate { step });
                }
                (_, _) => {}
            }
        }
        Ok(())
    }

    /// The step (from 1) in which the channel is used.
    #[must_use]
    pub fn step_of(&self, channel: Channel) -> Option<i64> {
        let step = self.steps.iter().position(|step| step.channels.contains(&channel))?;
        i64::try_from(step).ok().map(|step| step + 1)
    }

    #[must_use]
    pub fn uses(&self, channel: Channel) -> bool {
        self.step_of(channel).is_some()
    }

    /// One channel that reaches persons: a message's verdict is its person's.
    #[must_use]
    pub fn is_single(&self) -> bool {
        let personal =
            self.steps.iter().flat_map(|step| &step.channels).filter(|channel| channel.is_personal());
        personal.count() <= 1
    }

    /// From the beginning of the dispatch to the beginning of each step, the first (0) included.
    #[must_use]
    pub fn starts(&self) -> Vec<Duration> {
        let mut at_s = 0_u64;
        let start = |step: &Step| {
            at_s += u64::from(step.wait_s);
            Duration::from_secs(at_s)
        };
        self.steps.iter().map(start).collect()
    }
}

impl Channel {
    /// Each message is for one person.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        match self {
            Self::Sms | Self::Zalo => true,
            Self::Facebook => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(steps: &[(&[Channel], u32)]) -> Plan {
        let step =
            |(channels, wait_s): &(&[Channel], u32)| Step { channels: channels.to_vec(), wait_s: *wait_s };
        Plan { steps: steps.iter().map(step).collect() }
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_named() {
        use Channel::{Facebook, Sms, Zalo};
        let table: &[(Plan, Option<PlanRefusal>)] = &[
            (Plan::default(), None),
            (plan(&[(&[Zalo, Facebook], 0), (&[Sms], 600)]), None),
            (plan(&[]), Some(PlanRefusal::Empty)),
            (plan(&[(&[], 0)]), Some(PlanRefusal::NoChannel { step: 0 })),
            (plan(&[(&[Sms], 5)]), Some(PlanRefusal::FirstWaits { wait_s: 5 })),
            (plan(&[(&[Zalo], 0), (&[Sms], 0)]), Some(PlanRefusal::Wait { step: 1, wait_s: 0 })),
            (plan(&[(&[Zalo], 0), (&[Zalo], 60)]), Some(PlanRefusal::Twice { step: 1, channel: Zalo })),
            (plan(&[(&[Sms], 0), (&[Facebook], 60)]), Some(PlanRefusal::PageLate { step: 1 })),
            (plan(&[(&[Sms], 0); 4]), Some(PlanRefusal::TooManySteps { steps: 4 })),
        ];
        for (plan, refusal) in table {
            assert_eq!(plan.check().err(), *refusal, "{plan:?}");
        }
    }

    #[test]
    fn steps_begin_one_after_the_other() {
        let plan = plan(&[(&[Channel::Zalo], 0), (&[Channel::Sms], 600)]);
        assert_eq!(plan.starts(), [Duration::ZERO, Duration::from_secs(600)]);
        assert_eq!(plan.step_of(Channel::Sms), Some(2));
        assert_eq!(plan.step_of(Channel::Facebook), None);
        assert!(!plan.is_single());
        assert!(Plan::at_once(&[Channel::Sms, Channel::Facebook]).is_single());
    }
}
