//! Comparing what was written with what Meta gives back.

use unicode_normalization::UnicodeNormalization;

/// The form in which texts are sent and compared: composed letters, plain line ends, nothing around it.
pub(crate) fn normal(text: &str) -> String {
    text.replace("\r\n", "\n").nfc().collect::<String>().trim().to_owned()
}

/// Whether `reference` stands in `text` as a word of its own: `VN-1` does not stand in `VN-10`.
pub(crate) fn mentions(text: &str, reference: &str) -> bool {
    let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '-');
    !reference.is_empty()
        && text.match_indices(reference).any(|(at, _)| {
            let (before, after) = (text.get(..at), text.get(at + reference.len()..));
            !part(before.and_then(|text| text.chars().next_back()))
                && !part(after.and_then(|text| text.chars().next()))
        })
}

/// Ids of posts come with the Page's id before them or without it.
pub(crate) fn same_post(one: &str, other: &str) -> bool {
    let own = |id: &str| id.rsplit_once('_').map_or_else(|| id.to_owned(), |(_, own)| own.to_owned());
    !one.is_empty() && own(one) == own(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_by_what_they_say() {
        assert_eq!(normal(" Canh ba\u{0301}o\r\nlũ \n"), "Canh báo\nlũ");
    }

    #[test]
    fn a_reference_is_a_word() {
        let table = [
            ("[VN-1] lũ", "VN-1", true),
            ("VN-1", "VN-1", true),
            ("[VN-10] lũ", "VN-1", false),
            ("XVN-1 lũ", "VN-1", false),
            ("[VN-10], VN-1.", "VN-1", true),
            ("bão", "", false),
            ("lũVN-1", "VN-1", false),
        ];
        for (text, reference, expected) in table {
            assert_eq!(mentions(text, reference), expected, "{text} {reference}");
        }
    }

    #[test]
    fn posts_are_the_same_with_and_without_the_page() {
        assert!(same_post("1_2", "2") && same_post("1_2", "1_2"));
        assert!(!same_post("1_2", "1_3") && !same_post("", ""));
    }
}
