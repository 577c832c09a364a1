//! What becomes of a message, by its recipient.

use super::codes::{self, Code};
use super::sign::{hash, sha256_hex};
use serde::{Deserialize, Serialize};

/// What becomes of a message. The refusals answer a phone with a code of the template host, a user with
/// the nearest code of the OA host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Delivered after the script's `delivery_ms`.
    #[default]
    Delivered,
    /// Delivered so much later.
    Late { ms: u64 },
    /// Accepted, and never heard of again.
    Never,
    /// -118: no such Zalo account. For a user -201.
    NoZalo,
    /// -119: the account cannot receive. For a user -227: banned, or inactive for 45 days.
    CannotReceive,
    /// -139: refuses this type of message. For a user -244.
    RefusesType,
    /// -141: refuses this OA. For a user -213: does not follow.
    RefusesOa,
    /// -114: cannot receive now. For a user -218: has received too much.
    CannotNow,
    /// The delivery is told twice.
    DuplicateWebhook,
    /// The delivery is told before the send is answered.
    WebhookBeforeReply,
    /// Users only: read after the delivery. A phone: delivered.
    Seen,
    /// Users only: told as read before it is told as received. A phone: delivered.
    SeenFirst,
}

impl Fate {
    /// The refusal of the template host.
    pub(crate) fn refuses_phone(self) -> Option<Code> {
        match self {
            Self::NoZalo => Some(codes::ZNS_NO_ACCOUNT),
            Self::CannotReceive => Some(codes::ZNS_CANNOT_RECEIVE),
            Self::RefusesType => Some(codes::ZNS_REFUSES_TYPE),
            Self::RefusesOa => Some(codes::ZNS_REFUSES_OA),
            Self::CannotNow => Some(codes::ZNS_CANNOT_NOW),
            _ => None,
        }
    }

    /// The refusal of the OA host.
    pub(crate) fn refuses_user(self) -> Option<Code> {
        match self {
            Self::NoZalo => Some(codes::USER_INVALID),
            Self::CannotReceive => Some(codes::INACTIVE_USER),
            Self::RefusesType => Some(codes::RESTRICTED),
            Self::RefusesOa => Some(codes::NOT_FOLLOWING),
            Self::CannotNow => Some(codes::RECEIVE_LIMIT),
            _ => None,
        }
    }
}

/// A fate for the phones that end with these digits: one phone, or many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneScript {
    /// A whole number (`84900000001`) or its last digits.
    pub ends_with: String,
    /// Theirs.
    pub fate: Fate,
}

impl PhoneScript {
    pub fn new(ends_with: impl Into<String>, fate: Fate) -> Self {
        Self { ends_with: ends_with.into(), fate }
    }
}

/// A part of the phones that no [`PhoneScript`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FateWeight {
    /// Theirs.
    pub fate: Fate,
    /// Their share of the sum of all weights.
    pub weight: u32,
}

/// The fate of a phone; the same phone always has the same one. `phone` may be the hash of a phone, and
/// then fits entries with a whole number.
pub(crate) fn of_phone(seed: u64, phones: &[PhoneScript], mix: &[FateWeight], phone: &str) -> Fate {
    let named = |entry: &&PhoneScript| {
        phone.ends_with(&entry.ends_with) || phone.len() == 64 && phone == sha256_hex(&[&entry.ends_with])
    };
    if let Some(entry) = phones.iter().find(named) {
        return entry.fate;
    }
    let weights = mix.iter().map(|part| u64::from(part.weight)).sum::<u64>();
    if weights == 0 {
        return Fate::Delivered;
    }
    let mut at = hash(&(seed, phone)) % weights;
    for part in mix {
        match at.checked_sub(u64::from(part.weight)) {
            Some(left) => at = left,
            None => return part.fate,
        }
    }
    Fate::Delivered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_phones_go_before_the_mix_and_the_mix_is_about_its_weights() {
        let phones = [PhoneScript::new("84900000007", Fate::NoZalo), PhoneScript::new("07", Fate::Never)];
        let mix =
            [FateWeight { fate: Fate::Seen, weight: 3 }, FateWeight { fate: Fate::RefusesOa, weight: 1 }];
        let fate = |phone: &str| of_phone(7, &phones, &mix, phone);
        assert_eq!((fate("84900000007"), fate("84900000107")), (Fate::NoZalo, Fate::Never));
        assert_eq!(fate(&sha256_hex(&["84900000007"])), Fate::NoZalo);
        let numbers = (0..4_000).map(|number| format!("849{number:07}8"));
        let refused = numbers.filter(|phone| fate(phone) == Fate::RefusesOa).count();
        assert!((900..1_100).contains(&refused), "{refused}");
    }
}
