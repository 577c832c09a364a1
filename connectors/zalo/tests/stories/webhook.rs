//! The webhook's requests, signed by the simulated platform's own rules and read by the connector.

use contract::{CallbackAnswer, CallbackMethod, CallbackRequest, Callbacks, Finding};
use jiff::{SignedDuration, Timestamp};
use loa_zalo::{Mode, ZaloCallbacks};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use simulators::zalo::{Event, ZaloScript};

use crate::kit::settings;

const NOW_MS: u64 = 1_795_000_000_000;

fn now() -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(NOW_MS).unwrap()).unwrap()
}

fn reader() -> ZaloCallbacks {
    ZaloCallbacks::new(&settings("http://127.0.0.1:1", Mode::Phone))
}

fn request(body: &str, signature: Option<String>) -> CallbackRequest {
    let headers = signature.map(|mac| ("x-zevent-signature".to_owned(), mac)).into_iter().collect();
    CallbackRequest {
        method: CallbackMethod::Post,
        query: Vec::new(),
        headers,
        body: body.as_bytes().to_vec(),
        received_at: now(),
    }
}

fn signed(event: &Value) -> CallbackRequest {
    let script = ZaloScript::default();
    let body = event.to_string();
    let timestamp = event["timestamp"].as_str().unwrap_or_default();
    let text = format!("{}{body}{timestamp}{}", script.app_id, script.oa_secret);
    request(&body, Some(format!("mac={}", hex::encode(Sha256::digest(text)))))
}

fn read(event: &Event) -> CallbackAnswer {
    let script = ZaloScript::default();
    reader().read(&signed(&event.body(&script.app_id, &script.oa_id, NOW_MS)))
}

#[test]
fn a_delivery_names_the_message_by_both_ids() {
    for delivered_ms in [NOW_MS - 1_000, NOW_MS - 999] {
        let answer = read(&Event::PhoneDelivered {
            recipient: "84900000001".to_owned(),
            message_id: "m1".to_owned(),
            tracking_id: "a1r1s1t1".to_owned(),
            delivered_ms,
        });
        let CallbackAnswer::Keep(facts) = answer else { panic!("{answer:?}") };
        assert_eq!(facts.receipts[0].references, ["m1", "a1r1s1t1"]);
        let told = facts.receipts[0].provider_at.unwrap().as_millisecond();
        assert_eq!(u64::try_from(told).unwrap(), delivered_ms);
    }
    let seen =
        Event::UserSeen { user_id: "601".to_owned(), message_ids: vec!["m2".to_owned(), "m3".to_owned()] };
    let CallbackAnswer::Keep(facts) = read(&seen) else { panic!("seen is kept") };
    assert_eq!(facts.receipts.len(), 2);
}

#[test]
fn people_are_heard_and_our_own_echo_is_not() {
    let say = Event::UserSentText { user_id: "601".into(), message_id: "m4".into(), text: "cứu".into() };
    let CallbackAnswer::Keep(facts) = read(&say) else { panic!("heard") };
    assert_eq!((facts.inbound[0].id.as_deref(), facts.inbound[0].text.as_str()), (Some("m4"), "cứu"));
    let echo = Event::OaSent { user_id: "601".into(), message_id: "m5".into(), text: Some("x".into()) };
    assert_eq!(read(&echo), CallbackAnswer::Ignore);
    assert_eq!(read(&Event::QuotaChanged { before: 5, now: 3 }), CallbackAnswer::Ignore);

    let follower = |event: &Event| match read(event) {
        CallbackAnswer::Keep(facts) => match facts.findings.into_iter().next() {
            Some(Finding::Follower(follower)) => follower,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert!(follower(&Event::Follow { user_id: "601".into() }).follows);
    assert!(!follower(&Event::Unfollow { user_id: "601".into() }).follows);
    let tag = |tag: &str| Event::TagAdded { user_id: "601".into(), tag: tag.into() };
    assert_eq!(follower(&tag("xa-06001")).area.as_deref(), Some("06001"));
    assert_eq!(read(&tag("khách")), CallbackAnswer::Ignore);
    let info = Event::UserSubmittedInfo {
        user_id: "601".into(),
        name: "A".into(),
        phone: "0900000001".into(),
        ward: "Xã A".into(),
    };
    assert_eq!(follower(&info).phone.as_deref(), Some("84900000001"));
}

#[test]
fn what_is_forged_old_or_broken_is_refused_and_the_probe_is_answered() {
    let script = ZaloScript::default();
    let event = Event::Follow { user_id: "601".to_owned() };
    let body = event.body(&script.app_id, &script.oa_id, NOW_MS);
    let refused = |request: &CallbackRequest| {
        let answer = reader().read(request);
        // Another status would make the platform switch the webhook off.
        assert!(matches!(answer, CallbackAnswer::Refuse { status: 200, .. }), "{answer:?}");
    };
    let good = signed(&body);
    assert_eq!(reader().read(&good), reader().read(&good), "a repeated one reads the same");
    assert!(matches!(reader().read(&good), CallbackAnswer::Keep(_)));
    refused(&request(&body.to_string(), None));
    refused(&request(&body.to_string(), Some("mac=00".to_owned())));
    let mut tampered = good.clone();
    tampered.body = body.to_string().replace("601", "602").into_bytes();
    refused(&tampered);
    let mut old = good;
    old.received_at = now() + SignedDuration::from_hours(24);
    refused(&old);
    refused(&request("not json", Some("mac=00".to_owned())));
    refused(&signed(&json!({ "event_name": "follow" })));
    for probe in ["", "{}", " { } "] {
        assert_eq!(reader().read(&request(probe, None)), CallbackAnswer::Ignore);
    }
}
