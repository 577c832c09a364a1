use crate::client::*;
use serde_json::json;
use simulators::zalo::ZaloScript;
use simulators::zalo::script::{Fate, FaultKind, Follower, RateScript, When};
use std::collections::BTreeMap;

#[tokio::test]
async fn copies_are_told_from_other_messages() {
    let script = ZaloScript { followers: vec![Follower::new("u")], ..ZaloScript::default() };
    let (zalo, client) = start(script).await;
    for (phone, tracking_id) in [("84900000001", "a"), ("84900000001", "b"), ("84900000002", "c")] {
        assert_eq!(client.warn(phone, tracking_id).await.code(), 0);
    }
    let mut other = warning("84900000001", "d");
    other["template_data"]["ma"] = json!("B2");
    client.write("/message/template", other.clone()).await;
    client.consult("u", "x").await;
    client.consult("u", "x").await;
    let counts = zalo.counts();
    assert_eq!((counts.template_accepted, counts.cs_accepted), (4, 2));
    assert_eq!((counts.distinct, counts.duplicates, counts.accepted()), (4, 2, 6));
    let recipients: BTreeMap<_, _> = zalo.recipients().collect();
    let expected = [("84900000001", 3), ("84900000002", 1), ("u", 2)];
    assert_eq!(recipients, expected.map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!(zalo.last_parameters("84900000001"), Some(other["template_data"].clone()));
}

#[tokio::test]
async fn above_the_rate_is_refused_with_http_200_and_headers_tell_the_room() {
    // An hour for a minute: the test must not meet the turn of one.
    let rate = RateScript { minute_ms: 3_600_000 * 24 * 365, ..RateScript::default() };
    let (zalo, client) = start(ZaloScript { rate_per_minute: 3, rate, ..ZaloScript::default() }).await;
    for remain in ["2", "1"] {
        let reply = client.read("/v2.0/oa/getoa").await;
        assert_eq!((reply.header("X-RateLimit-Limit"), reply.header("X-RateLimit-Remain")), ("3", remain));
    }
    assert_eq!(client.warn("84900000001", "t").await.code(), 0, "both hosts count for the app");
    let over = client.read("/v2.0/oa/getoa").await;
    assert_eq!((over.status, over.code(), over.header("X-RateLimit-Remain")), (200, -32, "0"));
    assert!(over.body["message"].as_str().unwrap().contains("application"));
    assert_eq!(client.warn("84900000002", "t").await.code(), -32);
    assert_eq!(client.write("/v2.0/article/create", json!({})).await.code(), -201, "a rate of their own");
    let counts = zalo.counts();
    assert_eq!((counts.rate_limited, counts.refused(-32), counts.max_in_any_minute), (2, 2, 6));
}

#[tokio::test]
async fn the_quota_may_fall_in_the_middle() {
    let script =
        ZaloScript { quota_daily: 100, quota_drop_to: Some(2), quota_drop_after: 3, ..ZaloScript::default() };
    let (zalo, client) = start(script).await;
    let mut codes = Vec::new();
    for number in 1..=4 {
        codes.push(client.warn(&format!("8490000000{number}"), "t").await.code());
    }
    assert_eq!(codes, [0, 0, 0, -144]);
    assert_eq!(client.read("/message/quota").await.data()["remainingQuota"], 0);
    zalo.change_quota(200);
    assert_eq!(client.warn("84900000005", "t").await.code(), 0);
}

#[test]
fn a_script_is_read_from_text_and_knows_its_fields() {
    let script: ZaloScript = toml::from_str(
        r#"
        rate_per_minute = 60000
        delivery_ms = 5
        phones = [{ ends_with = "07", fate = "no_zalo" }, { ends_with = "8", fate = { late = { ms = 9 } } }]
        mix = [{ fate = "delivered", weight = 97 }, { fate = "never", weight = 3 }]
        faults = [
            { what = "cut_after_accept", when = { every = 1000 } },
            { what = { error = -135 }, when = { after = 5 }, at = "/message" },
        ]
        followers = [{ user_id = "u1", tags = ["xa-01"] }]
        [[templates]]
        id = "9"
        params = [{ name = "ma", max_length = 30, type = "number" }]
        "#,
    )
    .unwrap();
    assert_eq!((script.rate_per_minute, script.delivery_ms), (60_000, 5));
    assert_eq!(script.phones[1].fate, Fate::Late { ms: 9 });
    assert_eq!(
        (script.faults[0].what, script.faults[0].when),
        (FaultKind::CutAfterAccept, When::Every(1_000))
    );
    assert!(script.templates[0].params[0].required);
    assert_eq!(script.quota_daily, ZaloScript::default().quota_daily, "what is not said is as by default");
    let unknown = toml::from_str::<ZaloScript>("rate_per_second = 5").unwrap_err();
    assert!(unknown.to_string().contains("rate_per_second"), "{unknown}");
    let written = toml::to_string(&ZaloScript::default()).unwrap();
    assert_eq!(toml::from_str::<ZaloScript>(&written).unwrap(), ZaloScript::default());
}
