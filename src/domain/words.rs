//! Closed lists of words: enums that travel as text (settings, API, ledger, exports). One macro gives each its
//! words, a strict reader and serde, so that an unknown word is refused with the allowed ones named instead of being
//! guessed at.

use thiserror::Error;

/// A word that is not in its list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: `{given}` is not known; use one of: {allowed}")]
pub struct UnknownWord {
    /// What the word stands for, for example `severity`.
    pub field: &'static str,
    /// The word as it was given, cut short.
    pub given: String,
    /// The words that would have been understood, comma-separated.
    pub allowed: String,
}

/// An error text echoes at most this much of what a stranger sent.
const GIVEN_CHARS_MAX: usize = 40;

impl UnknownWord {
    pub(crate) fn new(field: &'static str, given: &str, allowed: &[&str]) -> Self {
        Self { field, given: given.chars().take(GIVEN_CHARS_MAX).collect(), allowed: allowed.join(", ") }
    }
}

/// `words!(Severity, "severity", { Extreme => "extreme", .. })` adds `ALL`, `as_str`, `Display`, `FromStr` and serde.
macro_rules! words {
    ($name:ident, $field:literal, { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every value, in the order of its definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for this value in settings, API, ledger and exports.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::words::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::domain::words::UnknownWord::new($field, word, &[$($word),+])),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use words;
