use crate::client::*;
use serde_json::{Value, json};
use simulators::zalo::ZaloScript;
use simulators::zalo::script::{Fate, PhoneScript, Template, TemplateStatus};

const SEND: &str = "/message/template";

#[tokio::test]
async fn a_warning_is_accepted_with_texts_for_numbers_and_its_delivery_can_be_asked_for() {
    let (zalo, client) = start(ZaloScript { quota_daily: 2, ..ZaloScript::default() }).await;
    let sent = client.warn("84900000001", "t-1").await;
    let data = sent.data();
    assert_eq!(data["quota"], json!({ "dailyQuota": "2", "remainingQuota": "1" }));
    assert!(data["sent_time"].as_str().unwrap().parse::<u64>().is_ok());
    let id = data["msg_id"].as_str().unwrap();
    assert!(zalo.wait_for(|counts| counts.delivered == 1, PATIENCE).await);
    let status = client.read(&format!("/message/status?message_id={id}")).await;
    assert_eq!(status.data()["status"], 1);
    assert!(status.data()["delivery_time"].as_str().unwrap().parse::<u64>().is_ok());
    let unknown = client.read("/message/status?message_id=a4d0243feee163bd3af2").await;
    assert_eq!(unknown.data()["status"], -1);
    assert_eq!(client.read("/message/status").await.code(), -107);

    let quota = client.read("/message/quota").await;
    assert_eq!(
        (&quota.data()["dailyQuota"], &quota.data()["remainingQuota"]),
        (&json!(2), &json!(1)),
        "numbers here"
    );
    assert_eq!(client.warn("+84900000002", "t-2").await.code(), 0);
    assert_eq!(client.warn("84900000003", "t-3").await.code(), -144, "the day's quota is used up");
    assert_eq!((zalo.accepted("84900000002"), zalo.accepted("84900000003")), (1, 0));
    assert_eq!(zalo.last_parameters("84900000001"), Some(crate::client::data()));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_its_code_and_http_200() {
    let templates = [("410002", TemplateStatus::PendingReview), ("410003", TemplateStatus::Disable)]
        .map(|(id, status)| Template { id: id.to_owned(), status, ..Template::warning() });
    let script = ZaloScript {
        templates: [vec![Template::warning()], templates.to_vec()].concat(),
        admin_phones: vec!["84900000009".to_owned()],
        ..ZaloScript::default()
    };
    let (zalo, client) = start(script).await;
    let with = |path: &str, value: Value| {
        let mut body = warning("84900000001", "t-1");
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let extra = |name: &str, value: Value| {
        let mut body = warning("84900000001", "t-1");
        body[name] = value;
        body
    };
    for (body, code) in [
        (with("/phone", json!("0900000001")), -108),
        (with("/phone", json!("8490000000")), -108),
        (with("/template_id", json!("999")), -109),
        (with("/template_id", json!("410002")), -131),
        (with("/template_id", json!("410003")), -146),
        (with("/template_data", json!({})), -111),
        (with("/template_data/ma", json!("")), -1122),
        (with("/template_data", json!({ "loai": "x" })), -1122),
        (with("/template_data/ma", json!("x".repeat(31))), -1121),
        (with("/template_data/noi_dung", json!("e\u{302}".repeat(101))), -1121),
        (with("/template_data/thoi_gian", json!("hôm nay")), -1124),
        (with("/tracking_id", json!("x".repeat(49))), -132),
        (with("/tracking_id", json!("a b")), -132),
        (extra("mode", json!("development")), -127),
        (extra("sending_mode", json!("2")), -161),
        (extra("sending_mode", json!("3")), -162),
        (with("/template_data/noi_dung", json!("ê".repeat(200))), 0),
        (extra("unknown", json!([1, 2])), 0),
    ] {
        let reply = client.write(SEND, body.clone()).await;
        assert_eq!((reply.status, reply.code()), (200, code), "{body}");
    }
    let mut to_admin = warning("84900000009", "t-1");
    to_admin["mode"] = json!("development");
    assert_eq!(client.write(SEND, to_admin).await.code(), 0);
    assert_eq!(reply(client.post(SEND, &json!({})).body("")).await.code(), -121);
    assert_eq!(reply(client.post(SEND, &json!({})).body("phone=84")).await.code(), -122);
    assert_eq!(client.read(SEND).await.code(), -106);
    let counts = zalo.counts();
    assert_eq!((counts.template_accepted, counts.refused(-1121), counts.refused(-1122)), (3, 2, 2));
}

#[tokio::test]
async fn phones_have_fates() {
    let fates = [
        ("84900000001", Fate::NoZalo, -118),
        ("84900000002", Fate::CannotReceive, -119),
        ("84900000003", Fate::RefusesType, -139),
        ("84900000004", Fate::RefusesOa, -141),
        ("84900000005", Fate::CannotNow, -114),
        ("84900000006", Fate::Never, 0),
        ("84900000007", Fate::Late { ms: 1 }, 0),
        ("84900000008", Fate::Delivered, 0),
    ];
    let phones = fates.iter().map(|&(phone, fate, _)| PhoneScript::new(phone, fate)).collect();
    let (zalo, client) = start(ZaloScript { phones, delivery_ms: 60_000, ..ZaloScript::default() }).await;
    let mut never = String::new();
    for (phone, _, code) in fates {
        let reply = client.warn(phone, "t").await;
        assert_eq!(reply.code(), code, "{phone}");
        if phone == "84900000006" {
            never = reply.data()["msg_id"].as_str().unwrap().to_owned();
        }
    }
    assert!(
        zalo.wait_for(|counts| counts.delivered == 1, PATIENCE).await,
        "the late one has a time of its own"
    );
    let status = client.read(&format!("/message/status?message_id={never}")).await;
    assert_eq!(status.data()["status"], 0, "accepted, and so for ever");
    let quota = client.read("/message/quota").await;
    assert_eq!(quota.data()["remainingQuota"], 5_000 - 3, "refused ones use nothing up");
}

#[tokio::test]
async fn a_phone_may_be_given_as_its_hash() {
    let phones = vec![PhoneScript::new("84987654321", Fate::RefusesOa)];
    let (zalo, client) = start(ZaloScript { phones, ..ZaloScript::default() }).await;
    let hash = "116ce31ae9170769b075a11dedca1198f41d30318334919fb90917e9c617b438";
    let body = |hash: &str| json!({ "hash_phone": hash, "template_id": "410001", "template_data": data(), "tracking_id": "h" });
    let path = "/message/template/hashphone";
    assert_eq!(client.write(path, body(hash)).await.code(), -141);
    assert_eq!(client.write(path, body(&"0".repeat(64))).await.code(), 0);
    assert_eq!(client.write(path, body("84987654321")).await.code(), -108);
    assert_eq!(zalo.accepted(&"0".repeat(64)), 1);
}

#[tokio::test]
async fn at_night_only_templates_for_the_night_go() {
    let night = Template { id: "410009".to_owned(), night_allowed: true, ..Template::warning() };
    let templates = vec![Template::warning(), night];
    let (zalo, client) = start(ZaloScript { templates, local_hour: Some(23), ..ZaloScript::default() }).await;
    assert_eq!(client.warn("84900000001", "t").await.code(), -133);
    let mut body = warning("84900000001", "t");
    body["template_id"] = json!("410009");
    assert_eq!(client.write(SEND, body).await.code(), 0);
    zalo.script_update(|script| script.local_hour = Some(6));
    assert_eq!(client.warn("84900000001", "t").await.code(), 0);
}

#[tokio::test]
async fn templates_can_be_listed_and_read() {
    let pending =
        Template { id: "7".to_owned(), status: TemplateStatus::PendingReview, ..Template::warning() };
    let templates = vec![Template::warning(), pending];
    let (_zalo, client) = start(ZaloScript { templates, ..ZaloScript::default() }).await;
    let all = client.read("/template/all?offset=0&limit=100&status=1&filterPreset=0").await;
    assert_eq!((all.data().as_array().unwrap().len(), &all.body["metadata"]["total"]), (1, &json!(1)));
    assert_eq!(client.read("/template/all").await.body["metadata"]["total"], 2);
    assert_eq!(client.read("/template/all?status=ENABLE").await.code(), -132, "numbers only");
    assert_eq!(client.read("/template/all?limit=101").await.code(), -132);

    let info = client.read("/template/info/v2?template_id=410001").await;
    let text = &info.data()["listParams"][1];
    assert_eq!((&text["name"], &text["maxLength"]), (&json!("noi_dung"), &json!(200)));
    assert_eq!(info.data()["status"], "ENABLE");
    let pending = client.read("/template/info/v2?template_id=7").await;
    assert_eq!(pending.data()["listParams"], json!([]));
    assert_eq!(client.read("/template/info/v2?template_id=8").await.code(), -109);
    let sample = client.read("/template/sample-data?template_id=410001").await;
    assert_eq!(
        client
            .write(SEND, {
                let mut body = warning("84900000001", "t");
                body["template_data"] = sample.data().clone();
                body
            })
            .await
            .code(),
        0,
        "a sample fills its template"
    );
    assert_eq!(client.read("/template/quota").await.status, 404);
    assert_eq!(client.read("/quality").await.data()["oaCurrentQuality"], "HIGH");
}
