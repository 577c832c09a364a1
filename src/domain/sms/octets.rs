//! The parts of a text as they travel: unpacked septets of the GSM alphabet, or UTF-16 big endian.

use super::segment::{Encoding, Segments};

/// Leads a character of the extension table (3GPP TS 23.038, 6.2.1).
const ESCAPE: u8 = 0x1B;
/// The default alphabet in the order of its septets; U+001B stands for the escape itself.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

impl Segments {
    /// User data of each part, without header: septets one per octet, or UTF-16 big endian.
    /// `text` must be the one that was cut.
    pub fn octets(&self, text: &str) -> Vec<Vec<u8>> {
        self.texts(text).map(|part| encode(part, self.encoding)).collect()
    }
}

fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Ucs2 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Encoding::Gsm7 => {
            let mut septets = Vec::with_capacity(text.len());
            for character in text.chars() {
                push_septets(character, &mut septets);
            }
            septets
        }
    }
}

fn push_septets(character: char, septets: &mut Vec<u8>) {
    if let Some(extended) = extension(character) {
        septets.extend([ESCAPE, extended]);
        return;
    }
    let position = ALPHABET.chars().position(|letter| letter == character);
    // A text is cut as GSM-7 only if it is wholly in the alphabet.
    septets.push(position.and_then(|at| u8::try_from(at).ok()).unwrap_or(b'?'));
}

const fn extension(character: char) -> Option<u8> {
    match character {
        '\u{c}' => Some(0x0A),
        '^' => Some(0x14),
        '{' => Some(0x28),
        '}' => Some(0x29),
        '\\' => Some(0x2F),
        '[' => Some(0x3C),
        '~' => Some(0x3D),
        ']' => Some(0x3E),
        '|' => Some(0x40),
        '€' => Some(0x65),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sms::{segment, septets};

    #[test]
    fn octets_agree_with_the_cost_of_every_character() {
        assert_eq!(ALPHABET.chars().count(), 128);
        for character in '\0'..=char::MAX {
            if let Some(cost) = septets(character) {
                let mut octets = Vec::new();
                push_septets(character, &mut octets);
                assert_eq!(octets.len(), cost, "{character:?}");
                assert!(octets.iter().all(|septet| *septet < 0x80));
                assert!(octets != [b'?'] || character == '?', "{character:?} is not in the table");
            }
        }
    }

    #[test]
    fn known_texts() {
        let plain = "@a[DIEN TAP]€";
        assert_eq!(segment(plain).octets(plain), [b"\x00a\x1b\x3cDIEN TAP\x1b\x3e\x1b\x65".to_vec()]);
        let accented = "Lũ";
        assert_eq!(segment(accented).octets(accented), [vec![0, b'L', 0x01, 0x69]]);
    }
}
