//! A desk in the office: a real ledger in a directory of its own, an account of each role, the API without a socket.
//! Every answer is held against the API's own document: the body of a success has exactly the documented fields, a
//! refusal is a problem. So each story also tests the document.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use contract::{Clock, ManualClock};
use http_body_util::BodyExt;
use loa::domain::{AlertId, AreaCatalogue, Channel, NumberPlan, Plan, PlanStep};
use loa::engine::{Handle, Reach, Rendering, RouteSetup, Setup};
use loa::ledger::{
    Approved, ClaimAsk, DispatchPlan, End, Favour, Lease, Progress, Role, Settlement, StepPlan, Store,
};
use loa::office::Office;
use loa::web::{WebSettings, router};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::document::Document;
use super::providers;

pub(super) const ROLES: [Role; 4] = [Role::Author, Role::Approver, Role::Auditor, Role::Admin];
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;
pub(super) const IMPORT_BYTES_MAX: usize = 256 * 1024;
const LANE_TTL: Duration = Duration::from_secs(60);
/// More than any test has.
const ROWS_MAX: usize = 10_000;

pub(super) struct Desk {
    pub(super) office: Office,
    pub(super) clock: Arc<ManualClock>,
    pub(super) document: Document,
    router: Router,
    keys: Vec<(Role, String)>,
    _directory: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    pub(super) bytes: Vec<u8>,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("loa.db").display());
        let store = loa::ledger::open(&url, true).await.unwrap();
        let setup = setup(&store).await;
        let clock = Arc::new(ManualClock::at("2026-09-01T02:00:00Z".parse().unwrap()));
        let office = Office {
            setup: Arc::new(ArcSwap::from_pointee(setup)),
            numbers: Arc::new(NumberPlan::embedded().unwrap()),
            areas: Arc::new(AreaCatalogue::embedded().unwrap()),
            clock: clock.clone(),
            engine: Handle::default(),
            desk: Arc::new(providers::desk(&store, clock.clone()).await),
            consents: Arc::new(ArcSwap::from_pointee(providers::consents())),
            store,
        };
        let mut keys = Vec::new();
        for role in ROLES {
            let (_, key) = office.user_add(&format!("{role:?}"), role).await.unwrap();
            keys.push((role, key.reveal().to_owned()));
        }
        let router = router(office.clone(), settings());
        let document = Document::of(&ask(&router, Request::get("/api/openapi.json")).await.json());
        Self { office, clock, document, router, keys, _directory: directory }
    }

    pub(super) fn key(&self, role: Role) -> &str {
        &self.keys.iter().find(|(known, _)| *known == role).unwrap().1
    }

    /// A request as `role` makes it, to be completed by the test.
    pub(super) fn request(&self, role: Role, method: &Method, path: &str) -> axum::http::request::Builder {
        let bearer = format!("Bearer {}", self.key(role));
        Request::builder().method(method).uri(path).header(header::AUTHORIZATION, bearer)
    }

    /// Sends it and holds the answer against the document.
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = answer(self.router.clone().oneshot(request).await.unwrap()).await;
        self.document.hold(&method, &path, &answer);
        answer
    }

    pub(super) async fn get(&self, role: Role, path: &str) -> Answer {
        self.send(self.request(role, &Method::GET, &at(path)).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, role: Role, path: &str, body: &Value) -> Answer {
        self.call(role, &Method::POST, path, body).await
    }

    pub(super) async fn picture(&self, role: Role, media_type: &str, bytes: &[u8]) -> Answer {
        let request =
            self.request(role, &Method::POST, &at("/pictures")).header(header::CONTENT_TYPE, media_type);
        self.send(request.body(Body::from(bytes.to_vec())).unwrap()).await
    }

    pub(super) async fn call(&self, role: Role, method: &Method, path: &str, body: &Value) -> Answer {
        let request = self.request(role, method, &at(path)).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(super) async fn post_with_key(&self, role: Role, path: &str, key: &str, body: &Value) -> Answer {
        let request =
            self.request(role, &Method::POST, &at(path)).header(header::CONTENT_TYPE, "application/json");
        self.send(request.header("idempotency-key", key).body(Body::from(body.to_string())).unwrap()).await
    }

    pub(super) async fn import(&self, role: Role, key: Option<&str>, csv: &str) -> Answer {
        let path = at("/imports?name=danh-sach.csv&province=20");
        let mut request = self.request(role, &Method::POST, &path).header(header::CONTENT_TYPE, "text/csv");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(csv.to_owned())).unwrap()).await
    }

    /// A list of `people`, half Viettel and half MobiFone, all in the ward Đông Kinh.
    pub(super) async fn with_people(&self, people: usize) -> Answer {
        self.import(Role::Author, None, &list(people)).await
    }

    /// A draft to everybody in Đông Kinh; its id.
    pub(super) async fn draft(&self) -> i64 {
        self.post(Role::Author, "/alerts", &form()).await.expect(201)["id"].as_i64().unwrap()
    }

    /// A draft that was submitted and approved.
    pub(super) async fn approved(&self) -> i64 {
        self.approved_as(&form()).await
    }

    pub(super) async fn approved_as(&self, form: &Value) -> i64 {
        let id = self.post(Role::Author, "/alerts", form).await.expect(201)["id"].as_i64().unwrap();
        let alert = self.post(Role::Author, &format!("/alerts/{id}/submit"), &json!(null)).await.expect(200);
        let seen = json!({"version": alert["version"], "content_hash": alert["content_hash"]});
        self.post(Role::Approver, &format!("/alerts/{id}/approve"), &seen).await.expect(200);
        id
    }

    /// What has no place in the document: providers and their redirects.
    pub(super) async fn raw(&self, request: Request<Body>) -> Answer {
        answer(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// What the engine would do: freezes the list and makes the messages of the first step.
    pub(super) async fn fan_out(&self, id: i64) {
        let (store, setup, now, alert) =
            (&self.office.store, self.office.setup.load_full(), self.clock.now(), AlertId(id));
        let row = store.catalog.alert(alert).await.unwrap().unwrap();
        let approved = Approved { alert, at: row.approved_at.unwrap() };
        let used: Vec<_> = setup.routes_of(&row.plan).collect();
        if used.iter().any(|(route, _)| !matches!(route.reach, Reach::Page(_))) {
            let selection =
                row.audience.check(&self.office.areas, &std::collections::BTreeSet::new()).unwrap();
            let routing = setup.routing(&row.plan);
            while let Progress::More(_) =
                store.ledger.freeze(now, approved, &selection, &routing, ROWS_MAX).await.unwrap()
            {
            }
        }
        let plan = |(route, step): &(&RouteSetup, i64)| DispatchPlan {
            route: route.id,
            parts: 1,
            step: *step,
            expires_at: row.expires_at,
            page: match &route.reach {
                Reach::Page(address) => Some(address.clone()),
                Reach::Carrier | Reach::Phone | Reach::Contact => None,
            },
        };
        let plans: Vec<_> = used.iter().map(plan).collect();
        let later = row.plan.starts().into_iter().enumerate().skip(1);
        let steps: Vec<_> = later
            .map(|(n, after)| StepPlan { step: i64::try_from(n).unwrap() + 1, due_at: now + after })
            .collect();
        store.ledger.begin(now, approved, "digest", &plans, &steps).await.unwrap();
        while let Progress::More(_) = store.ledger.accept(now, alert, ROWS_MAX).await.unwrap() {}
    }

    /// What the engine would do: everything of the first route is taken by the carrier.
    pub(super) async fn send_first_route(&self) {
        self.sent_on("viettel").await;
    }

    /// What the engine would do: everything of this route is taken by its provider, as `ref-1`, `ref-2` and so on.
    pub(super) async fn sent_on(&self, route: &str) {
        let (store, now) = (&self.office.store, self.clock.now());
        let lane = store.catalog.lanes(&[format!("{route}-1")]).await.unwrap()[0];
        let Lease::Granted { ownership, .. } =
            store.ledger.lease(now, lane, "node", LANE_TTL, true).await.unwrap()
        else {
            panic!("the lane is free")
        };
        let routes = vec![self.office.setup.load().route_named(route).unwrap().id];
        let ask = ClaimAsk { routes, messages_max: ROWS_MAX, favour: Favour::Urgent };
        let claim = store.ledger.claim(now, &ownership, &ask).await.unwrap().unwrap();
        let ended: Vec<_> = claim
            .messages
            .iter()
            .map(|message| Settlement {
                key: loa::domain::MessageKey { alert: claim.alert, route: claim.route, seq: message.seq },
                claim: claim.id,
                attempt: message.attempt,
                accepted: vec![(1, format!("ref-{}", message.seq))],
                end: End::Sent,
                at: now,
            })
            .collect();
        store.ledger.settle(now, &ownership, &ended, &[]).await.unwrap();
    }
}

impl Answer {
    #[track_caller]
    pub(super) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

pub(super) fn settings() -> WebSettings {
    WebSettings {
        body_bytes_max: BODY_BYTES_MAX,
        import_bytes_max: IMPORT_BYTES_MAX,
        request_timeout_s: 30,
        public_url: Some("https://loa.example.vn".to_owned()),
        requests_per_minute: 100_000,
        api: true,
    }
}

pub(super) fn form() -> Value {
    json!({
        "kind": "alert", "mode": "live", "severity": "severe",
        "content": {"headline": "Lũ quét", "sms_accented": "Nguy cơ lũ quét. Rời khỏi ven suối ngay."},
        "audience": {"areas": ["05977"]},
    })
}

pub(super) fn list(people: usize) -> String {
    let mut csv = "id,phone,area,name\n".to_owned();
    for n in 0..people {
        let prefix = if n % 2 == 0 { "098" } else { "090" };
        csv.push_str(&format!("P{n},{prefix}{:07},05977,Nguyễn Văn {n}\n", 1_000_000 + n));
    }
    csv
}

fn at(path: &str) -> String {
    format!("/api/v1{path}")
}

/// Two carriers, an Official Account with templates by telephone number, and a page.
async fn setup(store: &Store) -> Setup {
    let names = ["viettel", "mobifone", "zalo", "page"].map(String::from);
    let ids = store.catalog.routes(&names).await.unwrap();
    let route = |(id, name): (&loa::domain::RouteId, &String)| {
        let (channel, rendering, reach) = match name.as_str() {
            "zalo" => (Channel::Zalo, Rendering::Template, Reach::Phone),
            "page" => (Channel::Facebook, Rendering::Post, Reach::Page("page".to_owned())),
            _ => (Channel::Sms, Rendering::Sms, Reach::Carrier),
        };
        RouteSetup {
            id: *id,
            name: name.clone(),
            channel,
            rendering,
            reach,
            part_header_octets: 6,
            parts_per_s: 100.0,
            lanes: vec![format!("{name}-1")],
        }
    };
    let step = |channels: &[Channel], wait_s| PlanStep { channels: channels.to_vec(), wait_s };
    let storm =
        Plan { steps: vec![step(&[Channel::Zalo, Channel::Facebook], 0), step(&[Channel::Sms], 600)] };
    Setup {
        node: "node".to_owned(),
        routes: ids.iter().zip(&names).map(route).collect(),
        carriers: names[..2].iter().cloned().zip(ids.iter().copied()).collect(),
        plans: [("storm".to_owned(), storm)].into(),
        parts_max: 3,
    }
}

async fn ask(router: &Router, request: axum::http::request::Builder) -> Answer {
    answer(router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
}

async fn answer(response: axum::response::Response) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status, headers: parts.headers, text, bytes: bytes.to_vec() }
}
