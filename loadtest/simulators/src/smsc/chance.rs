//! Chance with a seed (splitmix64), and the fast hash behind the counting: both reversible mixing, none
//! of it for secrets.

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
const MIX_1: u64 = 0xBF58_476D_1CE4_E5B9;
const MIX_2: u64 = 0x94D0_49BB_1331_11EB;
/// Inverses of the two above modulo 2^64.
const UNMIX_1: u64 = 0x96DE_1B17_3F11_9089;
const UNMIX_2: u64 = 0x3196_42B2_D24D_8EC3;

#[derive(Debug)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: mix(seed) }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// Evenly from `0..=max`.
    pub(crate) fn up_to(&mut self, max: u64) -> u64 {
        if max == 0 { 0 } else { self.next() % max.saturating_add(1) }
    }

    /// True in this share of the cases.
    pub(crate) fn falls(&mut self, share: f64) -> bool {
        share > 0.0 && ((self.next() >> 11) as f64) < share * (1u64 << 53) as f64
    }
}

/// A permutation of the 64 bit numbers.
pub(crate) fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(MIX_1);
    value = (value ^ (value >> 27)).wrapping_mul(MIX_2);
    value ^ (value >> 31)
}

/// The way back from [`mix`].
pub(crate) fn unmix(mut value: u64) -> u64 {
    value = (value ^ (value >> 31) ^ (value >> 62)).wrapping_mul(UNMIX_2);
    value = (value ^ (value >> 27) ^ (value >> 54)).wrapping_mul(UNMIX_1);
    value ^ (value >> 30) ^ (value >> 60)
}

/// Hash of some octets, eight at a time.
pub(crate) fn hash(seed: u64, octets: &[u8]) -> u64 {
    let mut state = fold(seed ^ STEP, octets.len() as u64 ^ MIX_1);
    let (words, tail) = octets.as_chunks::<8>();
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), MIX_2);
    }
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    mix(fold(state ^ u64::from_le_bytes(last), MIX_2))
}

/// Hash of two numbers.
pub(crate) fn join(left: u64, right: u64) -> u64 {
    mix(fold(left ^ STEP, MIX_2) ^ right)
}

fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ ((product >> 64) as u64) ^ left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unmix_is_the_way_back() {
        for value in (0..10_000).chain([u64::MAX, 1 << 63]) {
            assert_eq!(unmix(mix(value)), value);
        }
    }

    #[test]
    fn neighbours_hash_apart() {
        let hashes: std::collections::HashSet<u64> =
            (0..100_000u32).map(|value| hash(7, &value.to_be_bytes())).collect();
        assert_eq!(hashes.len(), 100_000);
        assert_ne!(hash(1, b"a\0"), hash(1, b"a"));
    }
}
