//! The platform's own calendar: milliseconds since 1970, and days of Vietnam.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

const DAY_MS: u64 = 86_400_000;
const VIETNAM_MS: u64 = 7 * 3_600_000;
/// Hours from which, and to which, some messages are not accepted.
const NIGHT_FROM: u8 = 22;
const NIGHT_TO: u8 = 6;

/// Milliseconds since 1970. The platform's calendar is its own, not a parameter of its client.
#[expect(clippy::disallowed_methods, reason = "a simulated platform dates its events by a clock of its own")]
pub(crate) fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The number of a day in Vietnam.
pub(crate) fn day(ms: u64) -> u64 {
    ms.saturating_add(VIETNAM_MS) / DAY_MS
}

/// The number of a month in Vietnam.
pub(crate) fn month(ms: u64) -> u64 {
    let date = date(ms);
    u64::try_from(date.year()).unwrap_or(0) * 12 + u64::try_from(date.month()).unwrap_or(0)
}

/// `DD/MM/YYYY` in Vietnam.
pub(crate) fn day_text(ms: u64) -> String {
    let date = date(ms);
    format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
}

/// The number of the day `YYYY_MM_DD`.
pub(crate) fn day_of(text: &str) -> Option<u64> {
    let midnight = jiff::civil::Date::strptime("%Y_%m_%d", text).ok()?.to_zoned(vietnam()).ok()?;
    Some(day(u64::try_from(midnight.timestamp().as_millisecond()).ok()?))
}

pub(crate) fn is_night(local_hour: Option<u8>) -> bool {
    local_hour.is_some_and(|hour| !(NIGHT_TO..NIGHT_FROM).contains(&hour))
}

fn vietnam() -> TimeZone {
    TimeZone::fixed(Offset::constant(7))
}

fn date(ms: u64) -> jiff::civil::Date {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(vietnam()).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_in_vietnam() {
        let evening = 1_767_200_399_999; // 2025-12-31 23:59:59.999 +07:00
        assert_eq!(
            (day_text(evening).as_str(), day_text(evening + 1).as_str()),
            ("31/12/2025", "01/01/2026")
        );
        assert_eq!(day(evening) + 1, day(evening + 1));
        assert_eq!(month(evening) + 1, month(evening + 1));
        assert_eq!(day_of("2026_01_01"), Some(day(evening + 1)));
        assert_eq!(day_of("2026-01-01"), None);
    }

    #[test]
    fn night_is_from_22_to_6() {
        for (hour, night) in [(5, true), (6, false), (21, false), (22, true), (0, true)] {
            assert_eq!(is_night(Some(hour)), night, "{hour}");
        }
        assert!(!is_night(None));
    }
}
