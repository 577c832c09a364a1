//! Delays grow and stay within bounds, nothing is tried past expiry, the urgent passes at night.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn delays_double_up_to_the_cap_and_jitter_moves_them_by_a_quarter() {
    let backoff = Backoff { first_ms: 1000, cap_ms: 10_000 };
    let delays: Vec<i128> = (1..=6).map(|tries| backoff.delay(tries, 0.5).as_millis()).collect();
    assert_eq!(delays, [1000, 2000, 4000, 8000, 10_000, 10_000]);
    assert_eq!(backoff.delay(1, 0.0).as_millis(), 750);
    assert_eq!(backoff.delay(1, 1.0).as_millis(), 1250);
    assert_eq!(backoff.delay(1, f64::NAN).as_millis(), 1000);
    assert_eq!(backoff.delay(u32::MAX, 0.5).as_millis(), 10_000);
}

#[test]
fn reasons_decide_and_a_dead_lane_costs_no_attempt() {
    let policy = RetryPolicy { attempts_max: 3, ..RetryPolicy::default() };
    let (now, expiry) = (at("2026-10-07T10:00:00Z"), at("2026-10-07T20:00:00Z"));
    let next = |class, tries| policy.next(class, tries, 0.5, now, expiry);
    assert_eq!(next(ReasonClass::Permanent, 1), Retry::Never(GiveUp::Permanent));
    assert_eq!(next(ReasonClass::Temporary, 2), Retry::At(at("2026-10-07T10:00:10Z")));
    assert_eq!(next(ReasonClass::Temporary, 3), Retry::Never(GiveUp::AttemptsSpent));
    assert_eq!(next(ReasonClass::Unknown, 3), Retry::Never(GiveUp::AttemptsSpent));
    assert_eq!(next(ReasonClass::NotSent, 500), Retry::At(at("2026-10-07T10:00:30Z")));
    assert_eq!(next(ReasonClass::Throttled, 500), Retry::At(at("2026-10-07T10:00:30Z")));
    let late = policy.next(ReasonClass::Temporary, 1, 0.5, now, at("2026-10-07T10:00:05Z"));
    assert_eq!(late, Retry::Never(GiveUp::PastExpiry));
}

#[test]
fn quiet_hours_warn_at_night_and_let_the_urgent_pass() {
    let quiet = QuietHours::default();
    // Vietnam is seven hours ahead: 15:00Z is 22:00 there, 23:00Z is 06:00.
    let table = [
        ("2026-10-07T14:59:59Z", Severity::Minor, Quiet::Open),
        ("2026-10-07T15:00:00Z", Severity::Minor, Quiet::Warn { until: at("2026-10-07T23:00:00Z") }),
        ("2026-10-07T18:00:00Z", Severity::Moderate, Quiet::Warn { until: at("2026-10-07T23:00:00Z") }),
        ("2026-10-07T18:00:00Z", Severity::Severe, Quiet::Urgent),
        ("2026-10-07T23:00:00Z", Severity::Minor, Quiet::Open),
    ];
    for (time, severity, expected) in table {
        assert_eq!(quiet.check(severity, at(time)), expected, "{time} {severity}");
    }
    let noon: QuietHours = "12:00-13:30".parse().unwrap();
    let until = at("2026-10-07T06:30:00Z");
    assert_eq!(noon.check(Severity::Minor, at("2026-10-07T05:30:00Z")), Quiet::Warn { until });
    assert_eq!(noon.check(Severity::Minor, at("2026-10-07T18:00:00Z")), Quiet::Open);
    let none: QuietHours = "00:00-00:00".parse().unwrap();
    assert_eq!(none.check(Severity::Minor, at("2026-10-07T18:00:00Z")), Quiet::Open);
    assert!("22h-6h".parse::<QuietHours>().unwrap_err().to_string().contains("22:00-06:00"));
}

#[test]
fn remaining_time_is_none_at_expiry_and_the_grave_expires_first() {
    let (now, later) = (at("2026-10-07T10:00:00Z"), at("2026-10-07T10:00:01Z"));
    assert_eq!(remaining(now, later), Some(SignedDuration::from_secs(1)));
    assert_eq!((remaining(now, now), remaining(later, now)), (None, None));
    assert!(Severity::ALL.iter().map(|severity| default_expiry(*severity)).is_sorted());
}

proptest! {
    #[test]
    fn no_attempt_is_before_now_or_past_expiry(
        class in prop::sample::select(ReasonClass::ALL), tries in 1_u32..40, jitter in any::<f64>(), left_s in -10_i64..100_000
    ) {
        let now = at("2026-10-07T10:00:00Z");
        let expiry = now + SignedDuration::from_secs(left_s);
        if let Retry::At(next) = RetryPolicy::default().next(class, tries, jitter, now, expiry) {
            prop_assert!(now < next && next < expiry);
        }
    }
}
