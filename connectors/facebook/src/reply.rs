//! Lenient readers of what the Graph API answers.

use jiff::{Timestamp, fmt::strtime};
use serde_json::Value;

/// Longest text of an error kept.
const ERROR_TEXT_MAX: usize = 300;
const TRACE_MAX: usize = 40;
const ID_MAX: usize = 200;

/// `error` of an answer. Only message and code can be expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    pub(crate) message: String,
    pub(crate) user_message: Option<String>,
    pub(crate) trace: Option<String>,
}

/// The error in `value`, if there is one of whatever shape.
pub(crate) fn error(value: &Value) -> Option<ApiError> {
    let error = value.get("error").filter(|error| !error.is_null())?;
    let message = match error {
        Value::String(text) => text,
        _ => error.get("message").and_then(Value::as_str).unwrap_or_default(),
    };
    Some(ApiError {
        code: error.get("code").and_then(integer).unwrap_or(0),
        subcode: error.get("error_subcode").or_else(|| error.get("subcode")).and_then(integer),
        message: cut(message, ERROR_TEXT_MAX),
        user_message: text(error, "error_user_msg").map(|text| cut(text, ERROR_TEXT_MAX)),
        trace: text(error, "fbtrace_id").map(|trace| cut(trace, TRACE_MAX)),
    })
}

/// The text of a key; `None` if it is absent, empty or something else.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// An id, as text or as the number that some answers make of it.
pub(crate) fn id(value: &Value, key: &str) -> Option<String> {
    let id = match value.get(key)? {
        Value::String(id) => id.clone(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        _ => return None,
    };
    let fits = (1..=ID_MAX).contains(&id.len())
        && id.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-' | b':'));
    fits.then_some(id)
}

/// A whole number, also where it is written as a text or with a point.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "casts of floats saturate, and no count comes near"
        )]
        _ => value.as_i64().or_else(|| value.as_f64().map(|number| number as i64)),
    }
}

/// `2026-10-01T03:15:00+0000` (no colon, so not RFC 3339), RFC 3339 itself, or seconds since 1970.
pub(crate) fn moment(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str()
        && let Ok(moment) = strtime::parse("%Y-%m-%dT%H:%M:%S%z", text)
    {
        return moment.to_timestamp().ok();
    }
    let rfc3339 = value.as_str().and_then(|text| text.parse().ok());
    rfc3339.or_else(|| Timestamp::from_second(integer(value)?).ok())
}

/// At most `max` characters of `text`.
pub(crate) fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_are_read_in_every_shape_they_come_in() {
        let whole = error(&json!({"error": {"message": "(#368) no", "type": "OAuthException", "code": 368,
            "error_subcode": 1_390_008, "error_user_msg": "Chậm lại", "error_data": "{\"a\":1}", "fbtrace_id": "Axx"}}))
        .unwrap();
        assert_eq!((whole.code, whole.subcode, whole.trace.as_deref()), (368, Some(1_390_008), Some("Axx")));
        assert_eq!(whole.user_message.as_deref(), Some("Chậm lại"));
        assert_eq!(error(&json!({"error": {"code": "190"}})).unwrap().code, 190);
        assert_eq!(error(&json!({"error": "no"})).unwrap().message, "no");
        assert_eq!(error(&json!({"error": null, "id": "1"})), None);
        assert_eq!(error(&json!(["error"])), None);
    }

    #[test]
    fn ids_and_moments_are_read_leniently() {
        assert_eq!(id(&json!({"id": "1_2"}), "id").as_deref(), Some("1_2"));
        assert_eq!(id(&json!({"id": 12}), "id").as_deref(), Some("12"));
        for bad in
            [json!({"id": ""}), json!({"id": "../x"}), json!({"id": 1.5}), json!({"id": {}}), json!({})]
        {
            assert_eq!(id(&bad, "id"), None, "{bad}");
        }
        let expected: Timestamp = "2026-10-01T03:15:00Z".parse().unwrap();
        for value in [
            json!("2026-10-01T03:15:00+0000"),
            json!("2026-10-01T10:15:00+07:00"),
            json!(expected.as_second()),
        ] {
            assert_eq!(moment(&value), Some(expected), "{value}");
        }
        assert_eq!(moment(&json!("yesterday")), None);
    }
}
