use serde_json::json;

use super::*;
use crate::config::Secret;

fn settings() -> FacebookSettings {
    FacebookSettings::new("1000001", Secret::new("EAAsecret"), "77", Secret::new("hush"))
}

fn good() -> Value {
    json!({"app_id": "77", "type": "PAGE", "is_valid": true, "expires_at": 0, "data_access_expires_at": 0,
        "profile_id": "1000001", "scopes": ["pages_manage_posts", "pages_read_engagement"]})
}

fn with(key: &str, value: Value) -> Value {
    let mut data = good();
    data[key] = value;
    data
}

fn now() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

#[test]
fn a_token_that_cannot_post_stops_the_lane_and_says_what_to_do() {
    assert_eq!(read(&good(), &settings(), now()), Findings::default());
    assert_eq!(read(&Value::Null, &settings(), now()), Findings::default(), "absence is no complaint");
    for (data, word) in [
        (with("is_valid", json!(false)), "create a new Page token"),
        (with("type", json!("SYSTEM_USER")), "SYSTEM_USER"),
        (with("profile_id", json!(5)), "another Page"),
        (with("expires_at", json!(now().as_second() - 1)), "expired"),
        (with("scopes", json!(["pages_read_engagement"])), "pages_manage_posts"),
    ] {
        let stop = read(&data, &settings(), now()).stop.unwrap_or_default();
        assert!(stop.contains(word), "{word}: {stop}");
    }
}

#[test]
fn what_ends_soon_is_told_in_time() {
    let at = |hours: i64| json!(now().as_second() + hours * HOUR_S);
    for (data, about, word) in [
        (with("expires_at", at(2)), About::Token, "2 h"),
        (with("expires_at", at(240)), About::Token, "10 days"),
        (with("data_access_expires_at", at(240)), About::DataAccess, "10 days"),
        (with("data_access_expires_at", at(-24)), About::DataAccess, "no absence is proved"),
        (with("app_id", json!("78")), About::Rights, "another app"),
        (with("scopes", json!(["pages_manage_posts"])), About::Rights, "pages_read_engagement"),
    ] {
        let findings = read(&data, &settings(), now());
        assert_eq!(findings.stop, None);
        assert!(
            matches!(&findings.warnings[..], [(of, text)] if *of == about && text.contains(word)),
            "{findings:?}"
        );
    }
    assert_eq!(read(&with("expires_at", at(24 * 90)), &settings(), now()), Findings::default());
}

#[test]
fn a_barred_page_is_told_from_a_warned_one() {
    assert_eq!(read_page_state(&json!({"status": "ok"})), None);
    assert_eq!(read_page_state(&json!([])), None);
    let state = |status: &str, feature: &str, of: &str| {
        let value = json!({"status": status, "restrictions": [{"feature": feature, "status": of}]});
        read_page_state(&value).map(|state| state.barred)
    };
    assert_eq!(state("warning", "page_messaging", "active"), Some(false));
    assert_eq!(state("restricted", "page_publish", "active"), Some(true));
    assert_eq!(state("restricted", "page_publish", "EXPIRED"), Some(false));
    assert_eq!(state("suspended", "", ""), Some(true));
}
