//! A rate as an operator writes it: `500/s`, `4000/min`, `20000/h`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Units (SMS parts, calls) per period. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    units: u32,
    period_s: u32,
}

/// A text that is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a rate: write a whole number above 0 and a period, such as \"500/s\", \"4000/min\" or \"20000/h\""
)]
pub struct RateError(String);

impl Rate {
    /// `units` per second; 0 is raised to 1, since a rate of nothing would be a dead lane in disguise.
    #[must_use]
    pub fn per_second(units: u32) -> Self {
        Self { units: units.max(1), period_s: 1 }
    }

    /// Units per second; below 1 for slow rates.
    #[must_use]
    pub fn as_per_second(self) -> f64 {
        f64::from(self.units) / f64::from(self.period_s)
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let refuse = || RateError(text.to_owned());
        let (units, period) = text.split_once('/').ok_or_else(refuse)?;
        let units: u32 = units.trim().replace('_', "").parse().map_err(|_| refuse())?;
        let period_s = match period.trim() {
            "s" | "sec" | "second" => 1,
            "m" | "min" | "minute" => 60,
            "h" | "hr" | "hour" => 3600,
            "d" | "day" => 86_400,
            _ => return Err(refuse()),
        };
        if units == 0 { Err(refuse()) } else { Ok(Self { units, period_s }) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.period_s {
            1 => write!(f, "{}/s", self.units),
            60 => write!(f, "{}/min", self.units),
            3600 => write!(f, "{}/h", self.units),
            _ => write!(f, "{}/day", self.units),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_written() {
        let table = [("500/s", 500.0), ("4_000/min", 4000.0 / 60.0), ("7200/h", 2.0), ("86400/day", 1.0)];
        for (text, per_second) in table {
            let rate: Rate = text.parse().unwrap();
            assert!((rate.as_per_second() - per_second).abs() < 1e-9, "{text}");
        }
        for text in ["", "500", "0/s", "-1/s", "1.5/s", "5/fortnight", "/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
