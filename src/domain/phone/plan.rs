//! The numbering plan: which prefixes with how many digits are people, machines or fixed lines, and which carrier a
//! prefix was first given to. Embedded as a table; whoever needs it holds it as a value.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use serde::Deserialize;
use thiserror::Error;

use super::carrier::Carrier;
use super::parse::{Parsed, PhoneRefusal, parse};
use crate::domain::words::words;

/// Prefixes with the leading 0; the longest that fits, with the right number of digits, decides.
#[derive(Debug, Clone, Default)]
pub struct NumberPlan {
    entries: HashMap<String, Vec<Entry>>,
    prefix_chars_max: usize,
}

/// What a number is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    Mobile,
    /// Eleven digits, in use until November 2018.
    LegacyMobile,
    /// Machines: meters, cameras, cars.
    Machine,
    SatelliteVoip,
    /// 069: networks of the State.
    Special,
    Fixed,
}

words!(LineKind, "kind", {
    Mobile => "mobile",
    LegacyMobile => "legacy-mobile",
    Machine => "m2m",
    SatelliteVoip => "satellite-voip",
    Special => "special",
    Fixed => "fixed",
});

/// A table that cannot be read as a numbering plan.
#[derive(Debug, Error)]
pub enum PlanError {
    #[error(
        "number plan: the table cannot be read; check the columns prefix, digits, kind, carrier_or_area, becomes"
    )]
    Table(#[from] csv::Error),
    #[error("number plan: prefix `{prefix}`: digits `{digits}` is no count or range; write `10` or `8-9`")]
    Digits { prefix: String, digits: String },
}

/// One line of the plan.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) kind: LineKind,
    pub(super) carrier: Option<Carrier>,
    /// For fixed lines: the province as it was named when the code was given.
    pub(super) area: Option<String>,
    /// For old numbers: what the prefix became.
    pub(super) becomes: Option<String>,
    digits: RangeInclusive<usize>,
}

#[derive(Deserialize)]
struct Row {
    prefix: String,
    digits: String,
    kind: LineKind,
    carrier_or_area: String,
    becomes: String,
}

impl NumberPlan {
    /// The plan of Vietnam as known in November 2026 (libphonenumber 9.0.43, the notices on the 2018 conversion).
    /// The table is part of the program, and a test reads every line of it; still no empty plan is ever made up.
    pub fn embedded() -> Result<Self, PlanError> {
        Self::from_csv(include_str!("../data/phone-prefixes.csv"))
    }

    /// A plan from a table with the columns of the embedded one.
    pub fn from_csv(table: &str) -> Result<Self, PlanError> {
        let mut plan = Self::default();
        for row in csv::Reader::from_reader(table.as_bytes()).deserialize() {
            plan.add(row?)?;
        }
        Ok(plan)
    }

    /// Reads a number as people type it.
    pub fn parse(&self, raw: &str) -> Result<Parsed, PhoneRefusal> {
        parse(self, raw)
    }

    /// How many lines the plan has.
    pub fn len(&self) -> usize {
        self.entries.values().map(Vec::len).sum()
    }

    /// There is no line in it: every prefix would be unknown.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The line for a national number with its leading 0.
    pub(super) fn find(&self, national: &str) -> Option<&Entry> {
        (1..=self.prefix_chars_max.min(national.len())).rev().find_map(|length| {
            let entries = self.entries.get(national.get(..length)?)?;
            entries.iter().find(|entry| entry.digits.contains(&national.len()))
        })
    }

    fn add(&mut self, row: Row) -> Result<(), PlanError> {
        let Row { prefix, digits, kind, carrier_or_area, becomes } = row;
        let digits = digit_range(&digits).ok_or(PlanError::Digits { prefix: prefix.clone(), digits })?;
        let (carrier, area) = match kind {
            LineKind::Fixed => (None, Some(carrier_or_area)),
            LineKind::Mobile
            | LineKind::LegacyMobile
            | LineKind::Machine
            | LineKind::SatelliteVoip
            | LineKind::Special => (carrier_or_area.to_lowercase().parse().ok(), None),
        };
        let becomes = Some(becomes).filter(|becomes| !becomes.is_empty());
        self.prefix_chars_max = self.prefix_chars_max.max(prefix.len());
        self.entries.entry(prefix).or_default().push(Entry { kind, carrier, area, becomes, digits });
        Ok(())
    }
}

/// `10` or `8-9`.
fn digit_range(text: &str) -> Option<RangeInclusive<usize>> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    Some(least.parse().ok()?..=most.parse().ok()?)
}
