//! A text as SMS: which alphabet it needs, how many parts it takes and where it may be cut, which characters make it
//! dear, and what is left of it without accents. The same count serves the preview, the rate and the bill.

mod alphabet;
mod octets;
mod plain;
mod report;
mod segment;

pub use alphabet::{is_gsm7, septets};
pub use plain::{Plain, plain, strip_accents};
pub use report::{CharacterKind, CharacterUse, POSITIONS_MAX, TextReport, report};
pub use segment::{Encoding, Part, Reference, Segments, segment, segment_with};

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
