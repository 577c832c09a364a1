//! The platform's hours: when a quota begins anew, when the night ends, when the next minute starts.

use jiff::{SignedDuration, Timestamp};

use crate::config::ZaloSettings;

const DAY_S: i64 = 86_400;
const MINUTE_MS: i64 = 60_000;

/// The first moment after `now` that is `second` seconds after local midnight.
fn next(now: Timestamp, offset_h: i8, second: i64) -> Timestamp {
    let offset_s = i64::from(offset_h) * 3_600;
    let local = now.as_second() + offset_s;
    let midnight = local - local.rem_euclid(DAY_S);
    let today = midnight + second;
    let at = if today > local { today } else { today + DAY_S };
    Timestamp::from_second(at - offset_s).unwrap_or(Timestamp::MAX)
}

/// The next daily reset of quotas.
pub(crate) fn reset(now: Timestamp, settings: &ZaloSettings) -> Timestamp {
    next(now, settings.utc_offset_hours, i64::from(settings.quota_reset_hour) * 3_600)
}

/// The first reset of next month.
pub(crate) fn month_end(now: Timestamp, settings: &ZaloSettings) -> Timestamp {
    let mut at = reset(now, settings);
    let offset = SignedDuration::from_hours(i64::from(settings.utc_offset_hours));
    let day = |at: Timestamp| {
        let local = at.saturating_add(offset).unwrap_or(at);
        local.to_zoned(jiff::tz::TimeZone::UTC).day()
    };
    // 31 days at the most, whatever the month.
    for _ in 0..31 {
        if day(at) == 1 {
            break;
        }
        at = at.saturating_add(SignedDuration::from_secs(DAY_S)).unwrap_or(at);
    }
    at
}

/// The end of the night, spread so that not all lanes start together.
pub(crate) fn morning(now: Timestamp, settings: &ZaloSettings) -> Timestamp {
    let morning = next(now, settings.utc_offset_hours, i64::from(settings.night_end_minute) * 60);
    spread(morning, settings)
}

pub(crate) fn spread(at: Timestamp, settings: &ZaloSettings) -> Timestamp {
    let jitter_ms = rand::random_range(0..=settings.night_jitter_s.saturating_mul(1_000));
    let jitter = SignedDuration::from_millis(i64::try_from(jitter_ms).unwrap_or(0));
    at.saturating_add(jitter).unwrap_or(at)
}

/// The start of the next minute of the clock.
pub(crate) fn next_minute(now: Timestamp) -> Timestamp {
    let ms = now.as_millisecond();
    Timestamp::from_millisecond(ms - ms.rem_euclid(MINUTE_MS) + MINUTE_MS).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Mode, Secret};

    #[test]
    fn days_months_and_nights_end_by_local_time() {
        let secret = || Secret::new("s");
        let settings = ZaloSettings {
            night_jitter_s: 0,
            ..ZaloSettings::new(Mode::Phone, "1", secret(), "2", secret())
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(reset(at("2026-11-22T16:59:59Z"), &settings), at("2026-11-22T17:00:00Z"));
        assert_eq!(reset(at("2026-11-22T17:00:00Z"), &settings), at("2026-11-23T17:00:00Z"));
        assert_eq!(morning(at("2026-11-22T15:10:00Z"), &settings), at("2026-11-22T23:05:00Z"));
        assert_eq!(month_end(at("2026-11-22T15:10:00Z"), &settings), at("2026-11-30T17:00:00Z"));
        assert_eq!(month_end(at("2026-11-30T16:10:00Z"), &settings), at("2026-11-30T17:00:00Z"));
        assert_eq!(next_minute(at("2026-11-22T15:10:00Z")), at("2026-11-22T15:11:00Z"));
    }
}
