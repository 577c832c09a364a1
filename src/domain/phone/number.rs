//! A Vietnamese mobile number that cannot be wrong in form, and its masked display.

use std::fmt;
use std::str::FromStr;

use super::parse::PhoneRefusal;

/// A mobile number of Vietnam in E.164: 84 and nine digits, the first of them 3, 5, 7, 8 or 9.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

/// 84 before nine digits.
const COUNTRY: u64 = 84 * NINE_DIGITS;
const NINE_DIGITS: u64 = 1_000_000_000;

impl Phone {
    /// From the digits of E.164 without the plus, as the ledger keeps them.
    pub const fn from_digits(digits: u64) -> Option<Self> {
        let subscriber = digits % NINE_DIGITS;
        let first = subscriber / (NINE_DIGITS / 10);
        if digits / NINE_DIGITS == 84 && matches!(first, 3 | 5 | 7 | 8 | 9) {
            Some(Self(digits))
        } else {
            None
        }
    }

    /// From the nine digits after the trunk zero.
    pub(super) const fn from_subscriber(subscriber: u64) -> Option<Self> {
        if subscriber < NINE_DIGITS { Self::from_digits(COUNTRY + subscriber) } else { None }
    }

    /// The digits of E.164 without the plus: `84521234567`.
    pub const fn digits(self) -> u64 {
        self.0
    }

    /// As people in Vietnam write it: `0901234567`. A full number: not for logs.
    pub fn national(self) -> String {
        format!("0{:09}", self.0 % NINE_DIGITS)
    }

    /// Enough to recognise one's own number and no more: `+8490***321`.
    pub fn masked(self) -> String {
        let subscriber = self.0 % NINE_DIGITS;
        format!("+84{:02}***{:03}", subscriber / 10_000_000, subscriber % 1000)
    }
}

/// E.164 with the plus. A full number: not for logs.
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

/// Reads exactly what `Display` writes. What people type goes through [`super::NumberPlan::parse`].
impl FromStr for Phone {
    type Err = PhoneRefusal;

    fn from_str(text: &str) -> Result<Self, PhoneRefusal> {
        text.strip_prefix('+')
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .and_then(Self::from_digits)
            .ok_or_else(|| PhoneRefusal::not_a_number(text))
    }
}

/// An eleven-digit number from before 2018-09-15, kept beside the one it became so that the list it came from can be
/// found again. `Debug` is masked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OldNumber(pub(super) u64);

impl OldNumber {
    /// As it was written: `01681234567`. A full number: not for logs.
    pub fn national(self) -> String {
        format!("0{}", self.0)
    }
}

impl fmt::Debug for OldNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OldNumber(0{}***{:03})", self.0 / 10_000_000, self.0 % 1000)
    }
}

/// `#[serde(with = "e164")]` for a [`Phone`] that is meant to leave whole, as `"+84901234567"`.
pub mod e164 {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Phone;

    /// Writes the full number.
    pub fn serialize<S: Serializer>(phone: &Phone, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(phone)
    }

    /// Reads the full number, E.164 with the plus.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Phone, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
