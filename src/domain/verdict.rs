//! From receipts of parts to the one verdict of a message, and from messages on several channels to the one verdict
//! of a person.

use super::message::State;
use super::words::words;

/// What the provider has said about one part so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PartVerdict {
    Delivered,
    /// It will not arrive.
    Failed,
    /// Nothing final: no receipt, one that says "on its way", or one that nobody understands.
    #[default]
    Progress,
}

words!(PartVerdict, "part_verdict", { Delivered => "delivered", Failed => "failed", Progress => "progress" });

impl PartVerdict {
    /// The verdict of a part after one more receipt: the first final one stands.
    #[must_use]
    pub const fn then(self, later: Self) -> Self {
        match self {
            Self::Delivered | Self::Failed => self,
            Self::Progress => later,
        }
    }
}

/// What a message has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    Delivered,
    Undelivered,
}

words!(Verdict, "verdict", { Delivered => "delivered", Undelivered => "undelivered" });

/// The verdict of a message of `parts_total` parts; `parts` holds one entry for each part heard of, in any order. One
/// part that failed decides: a text with a hole in it was not delivered. `None` while it is open.
pub fn fold(parts_total: usize, parts: &[PartVerdict]) -> Option<Verdict> {
    if parts.contains(&PartVerdict::Failed) {
        return Some(Verdict::Undelivered);
    }
    let delivered = parts.iter().filter(|part| **part == PartVerdict::Delivered).count();
    (parts_total > 0 && delivered >= parts_total).then_some(Verdict::Delivered)
}

/// What a person's messages on all channels come to: the best of them. `None` for no message at all.
pub fn person(messages: &[State]) -> Option<State> {
    messages.iter().copied().max_by_key(|state| hope(*state))
}

/// How far a message has come to its person; an open one ranks above one that has failed. No two states are equal.
pub const fn hope(state: State) -> u8 {
    match state {
        State::Delivered => 9,
        State::Unconfirmed => 8,
        State::Sent => 7,
        State::Uncertain => 6,
        State::Claimed => 5,
        State::Queued => 4,
        State::Undelivered => 3,
        State::Failed => 2,
        State::Expired => 1,
        State::Cancelled => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::PartVerdict::{Delivered, Failed, Progress};
    use super::*;

    #[test]
    fn all_parts_deliver_a_message_and_one_failure_ends_it() {
        let table: &[(usize, &[PartVerdict], Option<Verdict>)] = &[
            (1, &[], None),
            (1, &[Delivered], Some(Verdict::Delivered)),
            (1, &[Progress], None),
            (3, &[Delivered, Delivered], None),
            (3, &[Delivered, Progress, Delivered], None),
            (3, &[Delivered, Delivered, Delivered], Some(Verdict::Delivered)),
            (3, &[Failed], Some(Verdict::Undelivered)),
            (3, &[Delivered, Failed, Progress], Some(Verdict::Undelivered)),
            (0, &[], None),
        ];
        for (total, parts, expected) in table {
            assert_eq!(fold(*total, parts), *expected, "{total} {parts:?}");
        }
        assert_eq!(Progress.then(Failed).then(Delivered), Failed);
        assert_eq!(Delivered.then(Failed), Delivered);
    }

    #[test]
    fn a_person_is_reached_if_one_channel_reached_them() {
        assert_eq!(person(&[State::Failed, State::Delivered, State::Queued]), Some(State::Delivered));
        assert_eq!(person(&[State::Undelivered, State::Uncertain]), Some(State::Uncertain));
        assert_eq!(person(&[]), None);
    }
}
