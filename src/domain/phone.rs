//! Telephone numbers of people: parsed once at the door, however they were typed, into a [`Phone`]. Inside there is
//! only E.164. A number is personal data: `Debug` and errors show it masked, and serde needs [`e164`] by name.

mod carrier;
mod number;
mod parse;
mod plan;

pub use carrier::{Carrier, CarrierError, CarrierGuess, CarrierSource};
pub use number::{OldNumber, Phone, e164};
pub use parse::{Note, Parsed, PhoneRefusal, RAW_CHARS_MAX};
pub use plan::{LineKind, NumberPlan, PlanError};

#[cfg(test)]
mod tests;
