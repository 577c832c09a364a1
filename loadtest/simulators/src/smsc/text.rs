//! Text as phones show it: UCS-2 (really UTF-16), GSM 7 bit (3GPP 23.038, unpacked, with its extension
//! table) and Latin-1, by `data_coding`.

/// Basic character set of 3GPP 23.038, 6.2.1.
const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Extension table, 6.2.1.1: what follows an escape.
const GSM_EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

const ESCAPE: u8 = 0x1B;

pub(crate) fn decode(data_coding: u8, octets: &[u8]) -> String {
    match data_coding {
        8 => ucs2(octets),
        1 | 3 => octets.iter().map(|&octet| char::from(octet)).collect(),
        _ => gsm7(octets),
    }
}

fn ucs2(octets: &[u8]) -> String {
    let (units, _) = octets.as_chunks::<2>();
    char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn gsm7(octets: &[u8]) -> String {
    let basic: Vec<char> = GSM_BASIC.chars().collect();
    let mut text = String::with_capacity(octets.len());
    let mut escaped = false;
    for &octet in octets {
        if octet == ESCAPE && !escaped {
            escaped = true;
            continue;
        }
        let plain = basic.get(usize::from(octet)).copied();
        let extended =
            GSM_EXTENSION.iter().find(|(code, _)| escaped && *code == octet).map(|(_, char)| *char);
        text.push(extended.or(plain).unwrap_or(char::REPLACEMENT_CHARACTER));
        escaped = false;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_a_phone_would() {
        assert_eq!(GSM_BASIC.chars().count(), 128);
        let units: Vec<u8> = "Lũ lên nhanh 🌊".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(8, &units), "Lũ lên nhanh 🌊");
        assert_eq!(decode(0, b"Goi 112 \x00 \x1b\x65\x1b\x3c1\x1b\x3e \x11\x02"), "Goi 112 @ €[1] _$");
        assert_eq!(decode(3, &[b'd', 0xE9]), "dé");
    }
}
