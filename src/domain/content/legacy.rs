//! Recognising Vietnamese text that was written in a font encoding of the 1990s (TCVN3, VNI), or UTF-8 that was read
//! as Western European. It pastes as nonsense that no check of the alphabet would stop, and would go to a million
//! phones as it is.

use std::fmt;

/// What the text probably is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Legacy {
    /// TCVN 5712 fonts (.VnTime): "Hµ Néi", "Qu¶ng Ninh".
    Tcvn3,
    /// VNI fonts: "Haø Noäi", "Laïng Sôn".
    Vni,
    /// UTF-8 bytes taken for Windows-1252: "HÃ  Ná»™i".
    MisreadUtf8,
}

impl fmt::Display for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcvn3 => "TCVN3 (.VnTime)",
            Self::Vni => "VNI",
            Self::MisreadUtf8 => "UTF-8",
        })
    }
}

/// So many words must look foreign before a text without one Vietnamese letter is called garbled: a single Malmö or
/// naïve is not.
const FOREIGN_WORDS_MIN: usize = 2;
/// A longer sample would be half the message.
const SAMPLE_CHARS_MAX: usize = 20;

/// The encoding `text` was probably garbled from, and the first word that shows it.
pub fn legacy_encoding(text: &str) -> Option<(Legacy, String)> {
    let first = |suspect: fn(&str) -> bool| text.split_whitespace().find(|word| suspect(word));
    if let Some(word) = first(misread_utf8) {
        return Some((Legacy::MisreadUtf8, sample(word)));
    }
    if let Some(word) = first(tcvn3) {
        return Some((Legacy::Tcvn3, sample(word)));
    }
    let foreign = text.split_whitespace().filter(|word| vni(word)).count();
    if foreign >= FOREIGN_WORDS_MIN && !text.chars().any(only_unicode_has) {
        return first(vni).map(|word| (Legacy::Vni, sample(word)));
    }
    None
}

fn sample(word: &str) -> String {
    word.chars().take(SAMPLE_CHARS_MAX).collect()
}

/// Three-byte Vietnamese letters begin with the bytes E1 BA or E1 BB, two-byte ones with C4 or C6; read as
/// Windows-1252 they are these pairs. U+FFFD stands where a reader has given up.
fn misread_utf8(word: &str) -> bool {
    ["áº", "á»", "Ä‘", "Ä\u{91}", "Æ°", "Æ¡", "\u{fffd}"].iter().any(|pair| word.contains(pair))
}

/// TCVN3 puts lower-case letters where Latin-1 has signs that never stand inside a word.
fn tcvn3(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    let at = |position: Option<usize>| position.and_then(|position| letters.get(position)).copied();
    letters.iter().enumerate().any(|(position, sign)| {
        let before = at(position.checked_sub(1)).is_some_and(char::is_alphabetic);
        let after = at(position.checked_add(1)).is_some_and(char::is_alphabetic);
        match sign {
            // à ả á ă ơ ê: end a syllable or stand in it. A micro sign before a unit (µm) has no letter before it.
            'µ' | '¶' | '¸' | '¨' | '¬' | 'ª' => before,
            // â stands between letters; a copyright sign does not.
            '©' => before && after,
            // đ and Đ begin a syllable; a trade mark ends one, a paragraph sign stands before a number.
            '®' | '§' => after || at(position.checked_add(1)) == Some('¹'),
            _ => false,
        }
    })
}

/// VNI writes the tone as a letter of its own that Vietnamese does not have, right after the vowel, and ñ for đ.
fn vni(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    letters.windows(2).any(|pair| {
        let [first, second] = *pair else { return false };
        let tone =
            matches!(second, 'ø' | 'û' | 'ï' | 'ä' | 'å' | 'ü' | 'ë' | 'æ' | 'Ø' | 'Û' | 'Ï' | 'Ä' | 'Å');
        let vowel =
            matches!(first.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'ô' | 'ö' | 'Ô' | 'Ö');
        (vowel && tone) || matches!(first, 'ñ' | 'Ñ')
    })
}

/// Letters of Unicode Vietnamese that lie beyond Latin-1: garbled text has none.
const fn only_unicode_has(letter: char) -> bool {
    matches!(letter, '\u{102}'..='\u{1b0}' | '\u{1ea0}'..='\u{1ef9}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbled_text_is_recognised_and_named() {
        let table = [
            ("Hµ Néi", Some(Legacy::Tcvn3)),
            ("tØnh Qu¶ng Ninh", Some(Legacy::Tcvn3)),
            ("§¹i héi", Some(Legacy::Tcvn3)),
            ("c©y ®æ", Some(Legacy::Tcvn3)),
            ("Haø Noäi", Some(Legacy::Vni)),
            ("Caûnh baùo luõ: Laïng Sôn, ñöôøng ngaäp", Some(Legacy::Vni)),
            ("Cáº£nh bÃ¡o lÅ©", Some(Legacy::MisreadUtf8)),
            ("C\u{fffd}nh báo", Some(Legacy::MisreadUtf8)),
            ("Cảnh báo lũ sông Kỳ Cùng. Gọi 112", None),
            ("Canh bao lu. Malmö 5 µm, khoản §5, Loa®, © UBND", None),
            ("Müller và Søren đến Lạng Sơn", None),
            ("Ở vùng cao: à, è, ý, Ô tô", None),
        ];
        for (text, expected) in table {
            assert_eq!(legacy_encoding(text).map(|(encoding, _)| encoding), expected, "{text}");
        }
    }
}
