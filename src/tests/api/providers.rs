//! What providers send, and the consent that they ask for. How a real provider's callback is read is tested with its
//! simulator; here a reader of a few words shows what the surface hands on and what it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Method, Request};
use contract::{
    CallbackAnswer, CallbackFacts, CallbackRequest, Callbacks, Clock, Inbound, Receipt, ReceiptVerdict,
};
use loa::engine::{Account, CallbackDesk, CallbackLane, Consent, ConsentRefusal, ConsentStart, Handle};
use loa::ledger::{Role, Store};
use loa::web::{WebSettings, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::desk::{Answer, Desk, form, settings};

/// Understands `delivered REFERENCE` and `says NUMBER TEXT`, if the header `x-signature` is `good`.
#[derive(Debug)]
struct Reader;

impl Callbacks for Reader {
    fn read(&self, request: &CallbackRequest) -> CallbackAnswer {
        if let Some(challenge) = request.parameter("hub.challenge") {
            return CallbackAnswer::Echo(challenge.to_owned());
        }
        if request.header("x-signature") != Some("good") {
            return CallbackAnswer::Refuse { status: 401, why: "the signature is wrong" };
        }
        let body = String::from_utf8_lossy(&request.body);
        match body.split_once(' ') {
            Some(("delivered", reference)) => CallbackAnswer::Keep(CallbackFacts {
                receipts: vec![Receipt {
                    references: vec![reference.to_owned()],
                    address: None,
                    verdict: ReceiptVerdict::Delivered,
                    code: None,
                    provider_at: None,
                    raw: None,
                }],
                ..CallbackFacts::default()
            }),
            Some(("says", said)) => {
                let (from, text) = said.split_once(' ').unwrap();
                let inbound =
                    Inbound { from: from.into(), to: "oa".into(), text: text.into(), ..Inbound::default() };
                CallbackAnswer::Keep(CallbackFacts { inbound: vec![inbound], ..CallbackFacts::default() })
            }
            _ => CallbackAnswer::Ignore,
        }
    }
}

pub(super) async fn desk(store: &Store, clock: Arc<dyn Clock>) -> CallbackDesk {
    let lane = store.catalog.lanes(&["zalo-1".to_owned()]).await.unwrap()[0];
    let route = store.catalog.routes(&["zalo".to_owned()]).await.unwrap()[0];
    let zalo = CallbackLane {
        lane,
        account: Account { name: "zalo/app".into(), lanes: vec![lane] },
        route,
        reader: Arc::new(Reader),
    };
    CallbackDesk::new([("zalo-1".to_owned(), zalo)].into(), store.clone(), Handle::default(), clock)
}

/// A provider that grants for the code `good`.
#[derive(Debug)]
struct Provider;

#[async_trait]
impl Consent for Provider {
    fn start(&self, redirect_uri: &str) -> ConsentStart {
        let state = uuid::Uuid::new_v4().to_string();
        let url = format!("https://provider.example/grant?back={redirect_uri}&state={state}");
        ConsentStart { url, verifier: format!("proof of {state}"), state }
    }

    async fn finish(&self, code: &str, verifier: &str, account: Option<&str>) -> Result<(), ConsentRefusal> {
        assert!(verifier.starts_with("proof of "));
        if code == "good" && account == Some("42") {
            return Ok(());
        }
        let said = |said: &str| format!("{said}: <code>");
        Err(ConsentRefusal { vi: said("mã không hợp lệ"), en: said("not valid") })
    }
}

pub(super) fn consents() -> BTreeMap<String, Arc<dyn Consent>> {
    let provider: Arc<dyn Consent> = Arc::new(Provider);
    [("zalo-1".to_owned(), provider)].into()
}

impl Desk {
    pub(super) async fn call_back(&self, signature: &str, body: &str) -> Answer {
        let request = Request::post("/callback/zalo-1").header("X-Signature", signature);
        self.raw(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn look(&self, path: &str) -> Answer {
        self.raw(Request::get(path).body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn a_callback_is_kept_before_it_is_answered_and_nothing_forged_is_believed() {
    let desk = Desk::open().await;
    desk.with_people(2).await.expect(201);
    let mut form = form();
    form["plan"] = json!({"steps": [{"channels": ["zalo"]}]});
    form["content"]["zalo"] = json!({"template": "7", "parameters": {"kind": "Lũ"}});
    let id = desk.approved_as(&form).await;
    desk.fan_out(id).await;
    desk.sent_on("zalo").await;
    let delivered = async || {
        desk.get(Role::Auditor, &format!("/alerts/{id}/counts")).await.expect(200)["total"]["delivered"]
            .clone()
    };

    let forged = desk.call_back("bad", "delivered ref-1").await;
    assert_eq!((forged.status.as_u16(), delivered().await), (401, json!(0)));
    let kept = desk.call_back("good", "delivered ref-1").await;
    assert_eq!((kept.status.as_u16(), kept.text.as_str()), (200, ""));
    assert_eq!(delivered().await, 1, "at once, since it was kept before the answer");
    desk.call_back("good", "delivered ref-1").await;
    assert_eq!(delivered().await, 1, "the same again is no second receipt");

    let challenge = desk.look("/callback/zalo-1?hub.mode=subscribe&hub.challenge=a%20b%3Cc").await;
    assert_eq!((challenge.status.as_u16(), challenge.text.as_str()), (200, "a b<c"));
    assert_eq!(challenge.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(desk.look("/callback/viettel-1").await.status, 404);
    assert_eq!(desk.call_back("good", "anything").await.status, 200);
    let long = "delivered ".to_owned() + &"x".repeat(300_000);
    assert_eq!(desk.call_back("good", &long).await.status, 413);
    let deleted = Request::delete("/callback/zalo-1").body(Body::empty()).unwrap();
    assert_eq!(desk.raw(deleted).await.status, 405);
}

#[tokio::test]
async fn what_people_write_back_is_read_with_masked_numbers_unless_asked_for() {
    let desk = Desk::open().await;
    for n in 1..=3 {
        desk.call_back("good", &format!("says 8490000000{n} nhà tôi ngập, gọi 0900 000 00{n}")).await;
    }
    let page = desk.get(Role::Author, "/inbox?limit=2").await.expect(200);
    let rows = page["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["from"]), (2, &json!("+8490***003")));
    assert_eq!(rows[0]["text"], "nhà tôi ngập, gọi 0900***003");
    let next = format!("/inbox?limit=2&before={}", page["next"].as_str().unwrap());
    let rest = desk.get(Role::Author, &next).await.expect(200);
    assert_eq!((rest["rows"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    let whole = desk.get(Role::Auditor, "/inbox?numbers=full").await.expect(200);
    assert_eq!(
        (&whole["rows"][2]["from"], &whole["rows"][2]["lane"]),
        (&json!("+84900000001"), &json!("zalo-1"))
    );
    assert!(whole["rows"][0]["text"].as_str().unwrap().contains("0900 000 003"));
}

#[tokio::test]
async fn a_consent_is_renewed_once_by_an_admin_and_in_time() {
    let desk = Desk::open().await;
    let begin = async || {
        let begun = desk.post(Role::Admin, "/lanes/zalo-1/consent", &Value::Null).await.expect(200);
        let url = begun["url"].as_str().unwrap().to_owned();
        assert!(url.contains("back=https://loa.example.vn/consent/zalo-1&"), "{url}");
        url.rsplit_once("state=").unwrap().1.to_owned()
    };
    desk.post(Role::Author, "/lanes/zalo-1/consent", &Value::Null).await.expect(403);
    desk.post(Role::Admin, "/lanes/viettel-1/consent", &Value::Null).await.expect(404);

    let state = begin().await;
    let back = format!("/consent/zalo-1?code=good&state={state}&oa_id=42");
    let done = desk.look(&back).await;
    assert_eq!((done.status.as_u16(), done.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(done.text.contains("Đã cấp quyền") && done.text.contains("zalo-1"), "{}", done.text);
    assert_eq!(desk.look(&back).await.status, 400, "once");

    let wrong = desk.look(&format!("/consent/zalo-1?code=bad&state={}", begin().await)).await;
    assert_eq!(wrong.status, 502);
    assert!(wrong.text.contains("not valid: &lt;code&gt;."), "{}", wrong.text);
    assert!(wrong.text.contains("Chưa nhận được quyền: mã không hợp lệ: &lt;code&gt;."), "{}", wrong.text);
    let declined = desk.look(&format!("/consent/zalo-1?error=denied&state={}", begin().await)).await;
    assert_eq!(declined.status, 400);
    let state = begin().await;
    desk.clock.advance(jiff::SignedDuration::from_mins(11));
    assert_eq!(desk.look(&format!("/consent/zalo-1?code=good&state={state}")).await.status, 400, "too late");
}

#[tokio::test]
async fn without_a_public_address_no_consent_begins() {
    let desk = Desk::open().await;
    let router = router(desk.office.clone(), WebSettings { public_url: None, ..settings() });
    let request = desk.request(Role::Admin, &Method::POST, "/api/v1/lanes/zalo-1/consent");
    let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 409);
    let bytes = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("server.public_url is not set"));
}
