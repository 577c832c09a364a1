//! Carriers by a short lower-case name that also names their route. A list of them would be out of date with the next
//! licence, so the type is open; only the spelling is checked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::domain::words::words;

/// A carrier, as `viettel`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Carrier(String);

/// A text that cannot name a carrier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "carrier: `{given}` is no carrier name; use lower-case letters, digits and `-`, at most 32, as `viettel`"
)]
pub struct CarrierError {
    pub given: String,
}

/// Fits every column and label it appears in.
const SLUG_CHARS_MAX: usize = 32;

impl Carrier {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as the carrier writes it; the short name where none is known.
    pub fn display_name(&self) -> &str {
        match self.0.as_str() {
            "viettel" => "Viettel",
            "vinaphone" => "VinaPhone",
            "mobifone" => "MobiFone",
            "vietnamobile" => "Vietnamobile",
            "gmobile" => "Gmobile",
            "itel" => "Itel",
            "wintel" => "Wintel",
            "fpt" => "FPT",
            "vnsky" => "VNSKY",
            other => other,
        }
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Carrier {
    type Err = CarrierError;

    fn from_str(text: &str) -> Result<Self, CarrierError> {
        let slug = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if text.is_empty() || text.len() > SLUG_CHARS_MAX || !slug {
            return Err(CarrierError { given: text.chars().take(SLUG_CHARS_MAX).collect() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl Serialize for Carrier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Carrier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A carrier and how it is known. Numbers move between carriers since 2018-11-16: the prefix is only a guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierGuess {
    pub value: Carrier,
    pub source: CarrierSource,
}

/// How a carrier is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CarrierSource {
    /// The carrier to which the prefix was first given.
    Prefix,
    /// Told by a receipt, an operator's file or a person.
    Override,
}

words!(CarrierSource, "carrier_source", { Prefix => "prefix", Override => "override" });
