//! Cutting a text into parts. Never inside a surrogate pair, between an escape and what it escapes, or between a
//! letter and its combining marks: phones show each part as it comes, and some never join them.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::alphabet::{is_gsm7, septets};
use crate::domain::words::words;

/// The alphabet an SMS is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// 7-bit default alphabet; a unit is a septet.
    Gsm7,
    /// UTF-16 in practice; a unit is 16 bits.
    Ucs2,
}

words!(Encoding, "encoding", { Gsm7 => "gsm7", Ucs2 => "ucs2" });

/// The width of the reference number that joins the parts (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    EightBit,
    SixteenBit,
}

impl Encoding {
    /// The alphabet `text` needs.
    pub fn of(text: &str) -> Self {
        if is_gsm7(text) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// Units in an SMS of one part: 140 octets without a header.
    pub const fn units_single_max(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units in each part of a longer one: 140 octets less the header of 6 or 7.
    pub const fn units_part_max(self, reference: Reference) -> usize {
        match (self, reference) {
            (Self::Gsm7, Reference::EightBit) => 153,
            (Self::Gsm7, Reference::SixteenBit) => 152,
            (Self::Ucs2, Reference::EightBit) => 67,
            (Self::Ucs2, Reference::SixteenBit) => 66,
        }
    }

    /// Units that fit into `parts` parts joined by an 8-bit reference.
    pub const fn units_in(self, parts: usize) -> usize {
        match parts {
            0 | 1 => parts * self.units_single_max(),
            _ => parts * self.units_part_max(Reference::EightBit),
        }
    }

    /// What `character` costs in this alphabet.
    fn units(self, character: char) -> usize {
        match self {
            // Only texts wholly in the alphabet are counted in septets; a stranger would cost an escape and itself.
            Self::Gsm7 => septets(character).unwrap_or(2),
            Self::Ucs2 => character.len_utf16(),
        }
    }
}

/// A text cut into parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments {
    pub encoding: Encoding,
    /// Units of the whole text, headers not counted.
    pub units: usize,
    /// In order; together they are the text. Empty for an empty text.
    pub parts: Vec<Part>,
}

/// One part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Byte positions in the text that was cut.
    pub range: Range<usize>,
    pub units: usize,
}

impl Segments {
    /// The parts as text. `text` must be the one that was cut.
    pub fn texts<'text>(&self, text: &'text str) -> impl Iterator<Item = &'text str> {
        self.parts.iter().map(move |part| text.get(part.range.clone()).unwrap_or_default())
    }
}

/// Cuts `text` for an 8-bit reference, the form every network joins.
pub fn segment(text: &str) -> Segments {
    segment_with(text, Reference::EightBit)
}

/// Cuts `text` for a reference of the given width. The text is taken as it is: bring it to NFC first.
pub fn segment_with(text: &str, reference: Reference) -> Segments {
    let encoding = Encoding::of(text);
    let units = text.chars().map(|character| encoding.units(character)).sum();
    if units == 0 {
        return Segments { encoding, units, parts: Vec::new() };
    }
    if units <= encoding.units_single_max() {
        return Segments { encoding, units, parts: vec![Part { range: 0..text.len(), units }] };
    }
    Segments { encoding, units, parts: cut(text, encoding, encoding.units_part_max(reference)) }
}

/// Fills each part with as many whole clusters as fit.
fn cut(text: &str, encoding: Encoding, units_max: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = Part { range: 0..0, units: 0 };
    for cluster in clusters(text, encoding, units_max) {
        if part.units + cluster.units > units_max {
            parts.push(part);
            part = Part { range: cluster.range.start..cluster.range.start, units: 0 };
        }
        part.range.end = cluster.range.end;
        part.units += cluster.units;
    }
    parts.push(part);
    parts
}

/// Letters with the marks that belong to them. A heap of marks larger than a part is cut between marks: it fits
/// nowhere whole.
fn clusters(text: &str, encoding: Encoding, units_max: usize) -> Vec<Part> {
    let mut clusters: Vec<Part> = Vec::new();
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        let units = encoding.units(character);
        match clusters.last_mut() {
            Some(last) if is_combining_mark(character) && last.units + units <= units_max => {
                last.range.end = end;
                last.units += units;
            }
            Some(_) | None => clusters.push(Part { range: start..end, units }),
        }
    }
    clusters
}
