//! GSM 03.38 (3GPP TS 23.038 section 6.2): the default alphabet and its extension, one septet per octet.

/// Leads a septet of the extension table.
const ESCAPE: u8 = 0x1B;

/// Stands for what can't be shown.
const UNKNOWN: char = '\u{FFFD}';

#[rustfmt::skip]
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', UNKNOWN, 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

fn extension(septet: u8) -> char {
    match septet {
        0x0A => '\u{000C}',
        0x14 => '^',
        0x28 => '{',
        0x29 => '}',
        0x2F => '\\',
        0x3C => '[',
        0x3D => '~',
        0x3E => ']',
        0x40 => '|',
        0x65 => '€',
        _ => UNKNOWN,
    }
}

/// Reads unpacked septets; an octet above 127 or a broken escape becomes U+FFFD.
pub(crate) fn gsm7_to_text(septets: &[u8]) -> String {
    let mut rest = septets.iter();
    let mut text = String::with_capacity(septets.len());
    while let Some(&septet) = rest.next() {
        text.push(match septet {
            ESCAPE => rest.next().map_or(UNKNOWN, |&next| extension(next)),
            _ => BASIC.get(usize::from(septet)).copied().unwrap_or(UNKNOWN),
        });
    }
    text
}

/// The same text for a provider whose default alphabet is Latin-1 (and so ASCII); what Latin-1 lacks
/// becomes `?`, as the provider itself would have done.
pub(crate) fn gsm7_to_latin1(septets: &[u8]) -> Vec<u8> {
    gsm7_to_text(septets).chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}

pub(crate) fn latin1_to_text(octets: &[u8]) -> String {
    octets.iter().map(|&octet| char::from(octet)).collect()
}

/// UTF-16 big endian; half a character at the end becomes U+FFFD.
pub(crate) fn ucs2_to_text(octets: &[u8]) -> String {
    let units = octets.chunks(2).map(|pair| match *pair {
        [high, low] => u16::from_be_bytes([high, low]),
        _ => 0xFFFD,
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(UNKNOWN)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn septets_become_text() {
        assert_eq!(gsm7_to_text(b"\x00 Lang S\x61n \x1B\x65 \x1B\x28\x1B\x29 \x05"), "@ Lang San € {} é");
        assert_eq!(gsm7_to_text(&[0x1B]), "\u{FFFD}");
        assert_eq!(gsm7_to_text(&[0x80, 0x1B, 0x01]), "\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn for_a_latin1_provider_the_at_sign_is_no_longer_zero() {
        assert_eq!(gsm7_to_latin1(b"a\x00b\x1B\x3Cc\x11\x10"), b"a@b[c_?");
    }

    #[test]
    fn ucs2_keeps_accents_and_survives_a_cut() {
        assert_eq!(ucs2_to_text(&[0x1E, 0xA3, 0x00, 0x6E, 0x00]), "ản\u{FFFD}");
        assert_eq!(ucs2_to_text(&[0xD8, 0x3D]), "\u{FFFD}");
    }
}
