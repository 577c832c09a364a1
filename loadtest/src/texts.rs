//! What the alerts of a run say. The number at the beginning tells carriers' own records apart by alert; ASCII, so that
//! what comes over the line is the text itself.

/// Comparable with what is published of others.
const ONE_PART: usize = 100;
/// A part of a long message has room for 153.
const PART_OF_SEVERAL: usize = 150;
const FILL: &str =
    "BCH PTDS tinh Lang Son: Lu song Ky Cung len nhanh. Dan ven song di doi len noi cao truoc 18h. Goi 112. ";

/// How every text of the `n`-th alert begins, and of no other.
pub(crate) fn head(n: u32) -> String {
    format!("Tin {n:04}. ")
}

pub(crate) fn text(n: u32, parts: u32) -> String {
    let length = if parts <= 1 { ONE_PART } else { PART_OF_SEVERAL * parts as usize };
    let mut text: String = head(n).chars().chain(FILL.chars().cycle()).take(length - 1).collect();
    // No space at the end: whoever trims it would send another text.
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_from_their_first_letters_and_fill_their_parts() {
        assert_eq!(text(7, 1).len(), 100);
        assert!((154..=306).contains(&text(7, 2).len()) && (307..=459).contains(&text(7, 3).len()));
        assert!(text(7, 2).starts_with(&head(7)) && !text(17, 2).starts_with(&head(1)));
        assert!(text(12, 3).is_ascii());
    }
}
