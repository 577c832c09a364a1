//! Reads of JSON that writes numbers as texts and texts as numbers.

use jiff::Timestamp;
use serde_json::Value;

/// A text, or a number as its digits; empty where there is neither.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// As [`text`], `None` where it is empty.
pub(crate) fn word(value: &Value) -> Option<String> {
    Some(text(value)).filter(|text| !text.is_empty())
}

pub(crate) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(so) => Some(*so),
        Value::String(word) => word.parse().ok(),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        _ => None,
    }
}

/// Milliseconds since 1970.
pub(crate) fn moment(value: &Value) -> Option<Timestamp> {
    integer(value).filter(|ms| *ms > 0).and_then(|ms| Timestamp::from_millisecond(ms).ok())
}

/// `84` and nine digits, from that, `+84...` or `0...`.
pub(crate) fn phone(written: &str) -> Option<String> {
    let digits: String = written.chars().filter(|symbol| !matches!(symbol, ' ' | '.' | '-' | '+')).collect();
    let national =
        digits.strip_prefix("84").filter(|rest| rest.len() == 9).or_else(|| digits.strip_prefix('0'))?;
    let right = national.len() == 9 && national.bytes().all(|digit| digit.is_ascii_digit());
    right.then(|| format!("84{national}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_texts_are_read_alike() {
        assert_eq!(
            (integer(&json!("499")), integer(&json!(499)), integer(&json!(null))),
            (Some(499), Some(499), None)
        );
        assert_eq!(
            (text(&json!(12)), text(&json!("12")), text(&json!([]))),
            ("12".into(), "12".into(), String::new())
        );
        for written in ["84900000001", "+84 900 000 001", "0900000001", "0900.000.001"] {
            assert_eq!(phone(written).as_deref(), Some("84900000001"), "{written}");
        }
        for written in ["", "900000001", "8490000000", "84-abc", "028123456789"] {
            assert_eq!(phone(written), None, "{written}");
        }
    }
}
