//! Which characters make a text dear, for the person who writes it: those that force UCS-2, those that cost two
//! septets, and those that gateways on Vietnamese networks are known to mangle.

use serde::Serialize;
use unicode_normalization::char::is_combining_mark;

use super::alphabet::septets;
use super::plain::{ascii, replacement};
use super::segment::{Encoding, segment};
use crate::domain::words::words;

/// What a text costs and why. Characters stand in the order they first occur.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextReport {
    pub encoding: Encoding,
    /// Septets or 16-bit units.
    pub units: usize,
    pub parts: usize,
    /// Outside the GSM 7-bit alphabet: one of them is enough for UCS-2.
    pub forces_ucs2: Vec<CharacterUse>,
    /// In the extension table: two septets each as long as the text is GSM 7-bit.
    pub costs_two: Vec<CharacterUse>,
    /// In the GSM 7-bit alphabet, but often replaced or dropped on the way; a plain text must be pure ASCII.
    pub distrusted: Vec<CharacterUse>,
    /// The text needs UCS-2 only because of characters that nobody sees or misses: with the suggested replacements
    /// it would be GSM 7-bit.
    pub cheap_after_replacement: bool,
}

/// One character and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CharacterUse {
    pub character: char,
    /// As in `U+00A0`.
    pub code_point: String,
    pub kind: CharacterKind,
    /// How often it occurs.
    pub count: usize,
    /// Positions in characters from 0, the first [`POSITIONS_MAX`] of them.
    pub positions: Vec<usize>,
    pub name_vi: String,
    pub name_en: String,
    /// What to write instead; empty means leave it out. `None` where nothing fits.
    pub replacement: Option<String>,
}

/// Enough to find them in an editor without a report as long as the text.
pub const POSITIONS_MAX: usize = 20;

/// Why a character is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CharacterKind {
    /// A letter with accents, wanted in an accented text.
    Letter,
    /// Cannot be seen, or only as a space: pasted by mistake.
    Invisible,
    /// Quotes, dashes, bullets as a word processor makes them.
    Typographic,
    /// An accent on its own: the text is not NFC.
    Mark,
    /// Emoji, other scripts and signs.
    Other,
}

words!(CharacterKind, "character kind", {
    Letter => "letter",
    Invisible => "invisible",
    Typographic => "typographic",
    Mark => "mark",
    Other => "other",
});

/// What `text` costs as it stands and which characters cause it.
pub fn report(text: &str) -> TextReport {
    let segments = segment(text);
    let mut report = TextReport {
        encoding: segments.encoding,
        units: segments.units,
        parts: segments.parts.len(),
        forces_ucs2: Vec::new(),
        costs_two: Vec::new(),
        distrusted: Vec::new(),
        cheap_after_replacement: false,
    };
    for (position, character) in text.chars().enumerate() {
        match septets(character) {
            None => note(&mut report.forces_ucs2, character, position),
            Some(2) => note(&mut report.costs_two, character, position),
            Some(_) if !character.is_ascii() => note(&mut report.distrusted, character, position),
            Some(_) => {}
        }
    }
    report.cheap_after_replacement = !report.forces_ucs2.is_empty()
        && report.forces_ucs2.iter().all(|found| {
            matches!(found.kind, CharacterKind::Invisible | CharacterKind::Typographic)
                && found.replacement.is_some()
        });
    report
}

fn note(uses: &mut Vec<CharacterUse>, character: char, position: usize) {
    if let Some(known) = uses.iter_mut().find(|known| known.character == character) {
        known.count += 1;
        if known.positions.len() < POSITIONS_MAX {
            known.positions.push(position);
        }
        return;
    }
    let (kind, name_vi, name_en) = describe(character);
    uses.push(CharacterUse {
        character,
        code_point: format!("U+{:04X}", u32::from(character)),
        kind,
        count: 1,
        positions: vec![position],
        name_vi,
        name_en,
        replacement: ascii(character).filter(|ascii| *ascii != character.to_string()),
    });
}

/// Kind and name of a character, Vietnamese and English.
fn describe(character: char) -> (CharacterKind, String, String) {
    if let Some((kind, vi, en)) = known_name(character) {
        return (kind, vi.to_owned(), en.to_owned());
    }
    if is_combining_mark(character) {
        let vi = "dấu rời (văn bản chưa chuẩn hóa NFC)".to_owned();
        return (CharacterKind::Mark, vi, "combining mark (text is not NFC)".to_owned());
    }
    if character.is_alphabetic() && ascii(character).is_some() {
        return (CharacterKind::Letter, format!("chữ {character}"), format!("letter {character}"));
    }
    // A table entry without a name of its own is still typography: bullets, arrows, signs of comparison.
    if replacement(character).is_some() && !character.is_ascii() {
        let vi = format!("ký hiệu {character}");
        return (CharacterKind::Typographic, vi, format!("sign {character}"));
    }
    (CharacterKind::Other, format!("ký hiệu {character}"), format!("sign {character}"))
}

/// The characters that come in by copy and paste and are hard to see or to tell from ASCII.
const fn known_name(character: char) -> Option<(CharacterKind, &'static str, &'static str)> {
    use CharacterKind::{Invisible, Letter, Other, Typographic};
    let name = match character {
        '\u{a0}' | '\u{202f}' => (Invisible, "khoảng trắng không ngắt", "no-break space"),
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' | '\u{3000}' => {
            (Invisible, "khoảng trắng đặc biệt", "special space")
        }
        '\u{200b}'..='\u{200d}' | '\u{2060}' => (Invisible, "ký tự rộng bằng không", "zero-width character"),
        '\u{feff}' => (Invisible, "dấu đầu tệp BOM", "byte order mark"),
        '\u{ad}' => (Invisible, "gạch nối mềm", "soft hyphen"),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2061}'..='\u{2069}' => {
            (Invisible, "ký tự điều khiển hướng chữ", "text direction control")
        }
        '\t' => (Invisible, "ký tự tab", "tab"),
        '\u{0}'..='\u{9}'
        | '\u{b}'
        | '\u{c}'
        | '\u{e}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{2028}'
        | '\u{2029}' => (Invisible, "ký tự điều khiển", "control character"),
        '“' | '”' | '„' | '‟' | '«' | '»' => {
            (Typographic, "dấu ngoặc kép cong", "curly double quote")
        }
        '‘' | '’' | '‚' | '‛' | 'ʼ' => (Typographic, "dấu nháy cong", "curly single quote"),
        '`' | '´' => (Typographic, "dấu huyền hoặc dấu sắc đứng riêng", "backtick or acute accent alone"),
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => (Typographic, "gạch ngang dài", "dash"),
        '…' => (Typographic, "dấu ba chấm liền", "ellipsis"),
        '•' | '‣' | '◦' | '▪' | '●' | '·' => (Typographic, "dấu chấm đầu dòng", "bullet"),
        '\u{ff01}'..='\u{ff5e}' => (Typographic, "ký tự toàn chiều rộng", "full-width form"),
        'Ð' | 'ð' => (Letter, "chữ Eth, dễ nhầm với Đ đ", "letter Eth, mistaken for Đ đ"),
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' => {
            (Other, "ký hiệu tính hai đơn vị", "sign that costs two septets")
        }
        _ => return None,
    };
    Some(name)
}
