//! What may become of one message. This table is the only one: the ledger's statements are given the states they may
//! touch by [`State::sources`], nothing else moves a message.
//!
//! ```text
//!              Claim Accept Refuse Return Lose Find  Resend Deliver Fail  Overdue Expire Cancel Lapse
//! queued       claim   !      !      !     !   sent    =    deliv   undel    !    expir  cancl  unctn
//! claimed        !   sent   fail   queue unctn sent    =    deliv   undel    !      =      =     !
//! sent           !     =      =      =     =    =      =    deliv   undel  unconf   =      =     !
//! unconfirmed    !     =      =      =     =    =      =    deliv   undel    =      =      =     !
//! uncertain      !   sent     =      =     =   sent  queue  deliv   undel    !      =      =     !
//! delivered      !     =      =      =     =    =      =      =       =      =      =      =     !
//! undelivered    !     =      =      =     =    =      =      =       =      =      =      =     !
//! failed         !     =      =      =     =    =      =      =       =      !      =      =     !
//! expired        !     !      !      !     !    =      =      =       =      !      =      =     !
//! cancelled      !     !      !      !     !    =      =      =       =      !      =      =     !
//! ```
//!
//! `=` is [`Step::Stay`], `!` is [`Step::Impossible`]. Why it is so:
//! - A claim is committed before the first byte leaves, so only a queued message can be claimed, and Accept, Refuse,
//!   Return and Lose close a claim. A queued, expired or cancelled message has none.
//! - Proof that the provider took it (Accept, Find, a receipt) is valid whenever it comes: before our own settle,
//!   while a resend waits, or while the resend is under way. Whatever the resend is then answered cannot unsend it.
//! - Proof about one attempt that it was *not* taken says nothing of the attempt before it, so Refuse and Return do
//!   not move an uncertain message, and to a resend a refusal for good is a Lose. Only Resend leads from uncertain to
//!   the queue: each is a possible repeat, counted.
//! - An uncertain message may have reached its person: Expire and Cancel never relabel it. One that waits for its
//!   resend is queued; if its alert ends first, Lapse makes it uncertain again, never expired or cancelled.
//! - The first final word stands. What comes later is kept as a fact beside it and changes no state.

use super::words::words;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Waits for its first attempt or for the next one.
    Queued,
    /// In the hands of a lane; bytes may be leaving.
    Claimed,
    /// The provider took it; its receipt is awaited.
    Sent,
    /// The provider says it reached the person. Final.
    Delivered,
    /// The provider says it did not. Final.
    Undelivered,
    /// Sent for certain; the receipt is overdue. A late one still moves it.
    Unconfirmed,
    /// Refused for good before it was taken. Final.
    Failed,
    /// Bytes may have left and no answer is known.
    Uncertain,
    /// Never taken before its alert expired. Final.
    Expired,
    /// Never taken before its alert was cancelled. Final.
    Cancelled,
}

words!(State, "state", {
    Queued => "queued",
    Claimed => "claimed",
    Sent => "sent",
    Delivered => "delivered",
    Undelivered => "undelivered",
    Unconfirmed => "unconfirmed",
    Failed => "failed",
    Uncertain => "uncertain",
    Expired => "expired",
    Cancelled => "cancelled",
});

/// What can happen to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A lane takes it into a batch.
    Claim,
    /// The provider took it.
    Accept,
    /// The provider refused it for good.
    Refuse,
    /// Proved not sent, throttled, or refused with leave to try again: back to the queue.
    Return,
    /// No answer is known.
    Lose,
    /// A late answer or an enquiry proved that it was taken.
    Find,
    /// The policy or a person sends an uncertain message again.
    Resend,
    /// Receipt: it reached the person.
    Deliver,
    /// Receipt: it did not and will not.
    Fail,
    /// The time for its receipt is over.
    Overdue,
    /// Its alert has expired.
    Expire,
    /// Its alert was cancelled.
    Cancel,
    /// Its alert ended while it waited to be sent again: the earlier attempt may have reached its person.
    Lapse,
}

words!(Event, "event", {
    Claim => "claim",
    Accept => "accept",
    Refuse => "refuse",
    Return => "return",
    Lose => "lose",
    Find => "find",
    Resend => "resend",
    Deliver => "deliver",
    Fail => "fail",
    Overdue => "overdue",
    Expire => "expire",
    Cancel => "cancel",
    Lapse => "lapse",
});

/// The answer to "this happened to a message in that state".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// It moves.
    To(State),
    /// A duplicate, a late or a contradicting fact: kept as a fact, the state does not change.
    Stay,
    /// Our own mistake or a provider that lies: to be counted and looked at, the state does not change.
    Impossible,
}

impl State {
    /// What `event` does to a message in this state.
    pub const fn after(self, event: Event) -> Step {
        match event {
            Event::Claim => self.after_claim(),
            Event::Accept => self.after_accept(),
            Event::Refuse => self.after_unsent(Self::Failed),
            Event::Return => self.after_unsent(Self::Queued),
            Event::Lose => self.after_unsent(Self::Uncertain),
            Event::Find => self.after_find(),
            Event::Resend => self.after_resend(),
            Event::Deliver => self.after_receipt(Self::Delivered),
            Event::Fail => self.after_receipt(Self::Undelivered),
            Event::Overdue => self.after_overdue(),
            Event::Expire => self.after_stop(Self::Expired),
            Event::Cancel => self.after_stop(Self::Cancelled),
            Event::Lapse => self.after_lapse(),
        }
    }

    /// The states that `event` moves, in the order of [`State::ALL`]. The ledger passes them to its statements.
    pub fn sources(event: Event) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|state| matches!(state.after(event), Step::To(_))).collect()
    }

    /// No event moves it any more.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Expired | Self::Cancelled => true,
            Self::Queued | Self::Claimed | Self::Sent | Self::Unconfirmed | Self::Uncertain => false,
        }
    }

    /// Something may still happen to it.
    pub const fn is_open(self) -> bool {
        !self.is_final()
    }

    /// The person has or may have read it: those to whom a correction goes.
    pub const fn may_have_reached(self) -> bool {
        match self {
            Self::Claimed | Self::Sent | Self::Delivered | Self::Unconfirmed | Self::Uncertain => true,
            Self::Queued | Self::Undelivered | Self::Failed | Self::Expired | Self::Cancelled => false,
        }
    }

    /// The number stored in the ledger. Never renumbered; 0 is no state.
    pub const fn code(self) -> i16 {
        match self {
            Self::Queued => 1,
            Self::Claimed => 2,
            Self::Sent => 3,
            Self::Delivered => 4,
            Self::Undelivered => 5,
            Self::Unconfirmed => 6,
            Self::Failed => 7,
            Self::Uncertain => 8,
            Self::Expired => 9,
            Self::Cancelled => 10,
        }
    }

    /// The state stored as `code`, if there is one.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.code() == code)
    }

    const fn after_claim(self) -> Step {
        match self {
            Self::Queued => Step::To(Self::Claimed),
            Self::Claimed
            | Self::Sent
            | Self::Delivered
            | Self::Undelivered
            | Self::Unconfirmed
            | Self::Failed
            | Self::Uncertain
            | Self::Expired
            | Self::Cancelled => Step::Impossible,
        }
    }

    const fn after_accept(self) -> Step {
        match self {
            Self::Claimed | Self::Uncertain => Step::To(Self::Sent),
            Self::Sent | Self::Delivered | Self::Undelivered | Self::Unconfirmed | Self::Failed => Step::Stay,
            Self::Queued | Self::Expired | Self::Cancelled => Step::Impossible,
        }
    }

    /// A claim closes without proof that the provider took the message.
    const fn after_unsent(self, to: Self) -> Step {
        match self {
            Self::Claimed => Step::To(to),
            Self::Sent
            | Self::Delivered
            | Self::Undelivered
            | Self::Unconfirmed
            | Self::Failed
            | Self::Uncertain => Step::Stay,
            Self::Queued | Self::Expired | Self::Cancelled => Step::Impossible,
        }
    }

    const fn after_lapse(self) -> Step {
        match self {
            Self::Queued => Step::To(Self::Uncertain),
            Self::Claimed
            | Self::Sent
            | Self::Delivered
            | Self::Undelivered
            | Self::Unconfirmed
            | Self::Failed
            | Self::Uncertain
            | Self::Expired
            | Self::Cancelled => Step::Impossible,
        }
    }

    const fn after_find(self) -> Step {
        match self {
            Self::Queued | Self::Claimed | Self::Uncertain => Step::To(Self::Sent),
            Self::Sent
            | Self::Delivered
            | Self::Undelivered
            | Self::Unconfirmed
            | Self::Failed
            | Self::Expired
            | Self::Cancelled => Step::Stay,
        }
    }

    /// A person may press twice, or while an answer comes in: only an uncertain message moves.
    const fn after_resend(self) -> Step {
        match self {
            Self::Uncertain => Step::To(Self::Queued),
            Self::Queued
            | Self::Claimed
            | Self::Sent
            | Self::Delivered
            | Self::Undelivered
            | Self::Unconfirmed
            | Self::Failed
            | Self::Expired
            | Self::Cancelled => Step::Stay,
        }
    }

    const fn after_receipt(self, to: Self) -> Step {
        match self {
            Self::Queued | Self::Claimed | Self::Sent | Self::Unconfirmed | Self::Uncertain => Step::To(to),
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Expired | Self::Cancelled => {
                Step::Stay
            }
        }
    }

    /// Only a sent message has a receipt to wait for, and none goes back from there.
    const fn after_overdue(self) -> Step {
        match self {
            Self::Sent => Step::To(Self::Unconfirmed),
            Self::Unconfirmed | Self::Delivered | Self::Undelivered => Step::Stay,
            Self::Queued
            | Self::Claimed
            | Self::Failed
            | Self::Uncertain
            | Self::Expired
            | Self::Cancelled => Step::Impossible,
        }
    }

    /// Expiry and cancellation strike a whole alert: every state has to bear them, only the queue empties.
    const fn after_stop(self, to: Self) -> Step {
        match self {
            Self::Queued => Step::To(to),
            Self::Claimed
            | Self::Sent
            | Self::Delivered
            | Self::Undelivered
            | Self::Unconfirmed
            | Self::Failed
            | Self::Uncertain
            | Self::Expired
            | Self::Cancelled => Step::Stay,
        }
    }
}

#[cfg(test)]
mod tests;
