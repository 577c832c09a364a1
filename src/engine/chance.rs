//! Chance as a parameter, so that a run can be told again exactly.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Where jitter comes from. Clones draw from the same source.
#[derive(Debug, Clone, Default)]
pub enum Chance {
    /// The machine's own.
    #[default]
    System,
    /// SplitMix64 from a seed.
    Seeded(Arc<AtomicU64>),
}

impl Chance {
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(AtomicU64::new(seed)))
    }

    /// From 0 to 1, without the 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a fraction exactly")]
    pub fn fraction(&self) -> f64 {
        match self {
            Self::System => rand::random(),
            Self::Seeded(state) => (next(state) >> 11) as f64 / (1_u64 << 53) as f64,
        }
    }
}

fn next(state: &AtomicU64) -> u64 {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut z = state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_tells_the_same_story() {
        let (one, two) = (Chance::seeded(7), Chance::seeded(7));
        for _ in 0..100 {
            let drawn = one.fraction();
            assert!((0.0..1.0).contains(&drawn));
            assert!((drawn - two.fraction()).abs() < f64::EPSILON);
        }
        assert!((Chance::System.fraction() - Chance::System.fraction()).abs() > 0.0);
    }
}
