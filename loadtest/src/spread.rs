//! Figures that vary, told by count, median, 99th percentile and worst.

use serde::Serialize;
use simulators::smsc::Waits;

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    pub(crate) min: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// By the nearest rank: always one of the values. `None`: there is none.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share of a length that fits in memory"
            )]
            let at = (sorted.len() as f64 * share).ceil().max(1.0) as usize - 1;
            sorted.get(at).copied()
        };
        Some(Self {
            count: sorted.len() as u64,
            min: rank(0.0)?,
            p50: rank(0.5)?,
            p99: rank(0.99)?,
            max: rank(1.0)?,
        })
    }

    /// Of what a carrier counted by the millisecond.
    pub(crate) fn of_waits(waits: &Waits) -> Option<Self> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds, bounded")]
        let at = |share: f64| waits.quantile_ms(share).map(|ms| ms as f64);
        Some(Self { count: waits.count(), min: at(0.0)?, p50: at(0.5)?, p99: at(0.99)?, max: at(1.0)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_at_their_rank() {
        assert_eq!(Spread::of(&[]), None);
        let values: Vec<_> = (1..=200).rev().map(f64::from).collect();
        let found = Spread::of(&values).unwrap();
        assert_eq!(found, Spread { count: 200, min: 1.0, p50: 100.0, p99: 198.0, max: 200.0 });
        let one = Spread::of(&[7.0]).unwrap();
        assert_eq!((one.min, one.p50, one.p99, one.max), (7.0, 7.0, 7.0, 7.0));
    }
}
