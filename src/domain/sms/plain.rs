//! A text without accents: pure ASCII that every gateway carries unchanged. Meaning is lost (cấm, cảm and cam become
//! cam), so it is a proposal that a person reads and may edit before approval.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text brought to ASCII, and what had no ASCII form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// ASCII only, and within the GSM 7-bit alphabet.
    pub text: String,
    /// Characters that became `?`, each once, in the order they came.
    pub lost: Vec<char>,
}

/// What stands in the plain text where a character has no ASCII form.
const LOST: char = '?';

/// NFKD turns ≠ into = and this mark: dropping it would say the opposite.
const NEGATION: char = '\u{338}';

/// `text` without accents.
pub fn strip_accents(text: &str) -> String {
    plain(text).text
}

/// `text` without accents, and the characters that could not be kept.
pub fn plain(text: &str) -> Plain {
    let mut plain = Plain { text: String::with_capacity(text.len()), lost: Vec::new() };
    // NFC first: a mark typed after its letter must not be judged alone.
    for character in text.nfc() {
        match ascii(character) {
            Some(ascii) => plain.text.push_str(&ascii),
            None => {
                plain.text.push(LOST);
                if !plain.lost.contains(&character) {
                    plain.lost.push(character);
                }
            }
        }
    }
    plain
}

/// The ASCII form of one character, by table or by decomposition.
pub(super) fn ascii(character: char) -> Option<String> {
    if let Some(replacement) = replacement(character) {
        return Some(replacement.to_owned());
    }
    if is_carried(character) {
        return Some(character.to_string());
    }
    let mut ascii = String::new();
    for piece in std::iter::once(character).nfkd() {
        match replacement(piece) {
            Some(replacement) => ascii.push_str(replacement),
            None if piece == NEGATION => return None,
            None if is_combining_mark(piece) => {}
            None if is_carried(piece) => ascii.push(piece),
            None => return None,
        }
    }
    Some(ascii)
}

/// ASCII that is also in the GSM alphabet and means something in a message.
const fn is_carried(character: char) -> bool {
    matches!(character, '\n' | '\r' | ' '..='~') && character != '`'
}

/// Characters whose ASCII form is a matter of custom, not of decomposition. Empty: leave it out.
pub(super) const fn replacement(character: char) -> Option<&'static str> {
    let ascii = match character {
        // đ does not decompose; the Icelandic and African letters beside it are common mistakes for it.
        'đ' | 'ð' | 'ɖ' | '₫' => "d",
        'Đ' | 'Ð' | 'Ɖ' => "D",
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => "\"",
        '‘' | '’' | '‚' | '‛' | '`' | '´' | '′' | 'ʼ' => "'",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '•' | '‣' | '◦' | '▪' | '●' => "-",
        '…' => "...",
        '·' => ".",
        '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => "\n",
        '\u{0}'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "",
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => "",
        '°' | 'º' | '˚' => "o",
        '×' => "x",
        '÷' | '⁄' => "/",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '±' => "+/-",
        '→' | '➔' | '➜' => "->",
        '€' => "EUR",
        'Ø' => "O",
        'ø' => "o",
        'Æ' => "AE",
        'æ' => "ae",
        'ß' => "ss",
        'ı' => "i",
        'Ł' => "L",
        'ł' => "l",
        _ => return None,
    };
    Some(ascii)
}
