//! Message ids in one normal form, on both sides: in the response to a submission and in its receipt.
//! SMSCs pad them with zeros, change their case, or write hexadecimal in one place and decimal in the other.

use crate::config::ReceiptIds;

/// Longest id kept; the standard says 64, and an id from a stranger must not fill the ledger.
const REFERENCE_OCTETS_MAX: usize = 128;

/// Trimmed, lower case, without leading zeros.
pub(crate) fn canonical(id: &[u8]) -> String {
    let text = String::from_utf8_lossy(id.get(..REFERENCE_OCTETS_MAX).unwrap_or(id));
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || letter.is_control());
    let stripped = text.trim_start_matches('0');
    let kept = if stripped.is_empty() && !text.is_empty() { "0" } else { stripped };
    kept.to_ascii_lowercase()
}

/// The forms under which the id of a receipt may have been given in the response, the likeliest first.
pub(crate) fn candidates(id: &[u8], habit: ReceiptIds) -> Vec<String> {
    let as_is = canonical(id);
    if as_is.is_empty() {
        return Vec::new();
    }
    let in_hex = || as_is.parse::<u128>().ok().map(|number| format!("{number:x}"));
    let in_decimal = || u128::from_str_radix(&as_is, 16).ok().map(|number| number.to_string());
    let forms = match habit {
        ReceiptIds::Same => [Some(as_is.clone()), None, None],
        ReceiptIds::Auto => [Some(as_is.clone()), in_hex(), in_decimal()],
        ReceiptIds::HexResponse => [in_hex(), Some(as_is.clone()), None],
        ReceiptIds::HexReceipt => [in_decimal(), Some(as_is.clone()), None],
    };
    let mut candidates: Vec<String> = Vec::with_capacity(forms.len());
    for form in forms.into_iter().flatten() {
        if !candidates.contains(&form) {
            candidates.push(form);
        }
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_an_id_have_one_form() {
        let table = [
            (" 00AbC12 ", "abc12"),
            ("0000", "0"),
            ("", ""),
            ("c449ab9744f47b6af1879e49e75e4f40", "c449ab9744f47b6af1879e49e75e4f40"),
            ("0-1", "-1"),
        ];
        for (id, form) in table {
            assert_eq!(canonical(id.as_bytes()), form, "{id}");
        }
    }

    #[test]
    fn a_receipt_may_name_its_message_in_another_base() {
        use ReceiptIds::{Auto, HexReceipt, HexResponse, Same};
        let table: [(&str, ReceiptIds, &[&str]); 8] = [
            ("0255", Same, &["255"]),
            ("0255", Auto, &["255", "ff", "597"]),
            ("0255", HexResponse, &["ff", "255"]),
            ("00FF", HexReceipt, &["255", "ff"]),
            ("00FF", Auto, &["ff", "255"]),
            ("7", Auto, &["7"]),
            ("uuid-1", Auto, &["uuid-1"]),
            ("", Auto, &[]),
        ];
        for (id, habit, forms) in table {
            assert_eq!(candidates(id.as_bytes(), habit), forms, "{id} {habit:?}");
        }
    }

    #[test]
    fn ids_of_any_length_are_bounded() {
        assert_eq!(canonical(&[b'7'; 4000]).len(), 128);
        assert_eq!(candidates(&[b'9'; 64], ReceiptIds::Auto).len(), 1);
    }
}
