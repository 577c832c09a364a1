//! How much of its limits the app and the Page have used, as every answer's headers tell.

use serde_json::Value;

use crate::reply::integer;

/// `X-App-Usage`, the Page's share, and the older header that some answers still carry.
pub(crate) const HEADERS: [&str; 3] = ["x-app-usage", "x-business-use-case-usage", "x-page-usage"];
const ENTRIES_MAX: usize = 64;

/// The fullest of the limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Of the limit; above 100 calls are refused.
    pub(crate) percent: u32,
    /// Until calls are taken again; 0 where it isn't told.
    pub(crate) minutes: u64,
}

impl Usage {
    fn fullest(self, other: Self) -> Self {
        Self { percent: self.percent.max(other.percent), minutes: self.minutes.max(other.minutes) }
    }
}

/// Reads one header. Percentages stand in an object, or in arrays under the id of a Page or business.
pub(crate) fn read(header: &str) -> Option<Usage> {
    let value: Value = serde_json::from_str(header).ok()?;
    let object = value.as_object()?;
    let mut usage = entry(&value);
    for row in object.values().filter_map(Value::as_array).flatten().take(ENTRIES_MAX) {
        usage = usage.fullest(entry(row));
    }
    Some(usage)
}

/// The fullest over all headers; `None` if none was there, which is so while little is used.
pub(crate) fn fullest<'h>(headers: impl Iterator<Item = &'h str>) -> Option<Usage> {
    headers.filter_map(read).reduce(Usage::fullest)
}

fn entry(value: &Value) -> Usage {
    let number = |key: &str| value.get(key).and_then(integer).unwrap_or(0).max(0);
    let percent = ["call_count", "total_time", "total_cputime"].map(number).into_iter().max().unwrap_or(0);
    Usage {
        percent: u32::try_from(percent).unwrap_or(u32::MAX),
        minutes: u64::try_from(number("estimated_time_to_regain_access")).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_limit_counts() {
        let app = r#"{"call_count":28,"total_time":25,"total_cputime":31}"#;
        let page = r#"{"1000001":[{"type":"pages","call_count":97,"total_cputime":23,"total_time":23,"estimated_time_to_regain_access":12}]}"#;
        assert_eq!(fullest([app].into_iter()), Some(Usage { percent: 31, minutes: 0 }));
        assert_eq!(fullest([app, page].into_iter()), Some(Usage { percent: 97, minutes: 12 }));
        assert_eq!(fullest(std::iter::empty()), None);
        for garbage in ["", "97", "[]", "{", r#"{"a":[1,null,{"call_count":"x"}]}"#, r#"{"call_count":-5}"#] {
            assert_eq!(read(garbage).unwrap_or_default(), Usage::default(), "{garbage}");
        }
    }
}
