//! Every path that is served, on one screen; who may call, and how a reply is wrapped.

use super::call::{Call, Said, Told};
use super::codes::{self, Refusal};
use super::rate::{Kind, Over, Room};
use super::sign::proof;
use super::tokens::Unfit;
use super::world::World;
use super::{articles, followers, oauth, phones, templates, users};
use serde_json::{Value, json};

/// One of the platform's hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Oauth,
    Oa,
    Article,
    Zns,
}

pub(crate) type Handler = fn(&mut World, &Call) -> Told;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    method: &'static str,
    pub(crate) path: &'static str,
    host: Host,
    handler: Handler,
}

const fn get(path: &'static str, host: Host, handler: Handler) -> Route {
    Route { method: "GET", path, host, handler }
}

const fn post(path: &'static str, host: Host, handler: Handler) -> Route {
    Route { method: "POST", path, host, handler }
}

const ROUTES: &[Route] = &[
    get("/v4/oa/permission", Host::Oauth, oauth::permission),
    post("/v4/oa/access_token", Host::Oauth, oauth::access_token),
    post("/message/template", Host::Zns, phones::send),
    post("/message/template/hashphone", Host::Zns, phones::send_to_hash),
    get("/message/status", Host::Zns, phones::status),
    get("/message/quota", Host::Zns, phones::quota),
    get("/message/template-tag", Host::Zns, templates::tags),
    get("/quality", Host::Zns, templates::quality),
    get("/template/all", Host::Zns, templates::all),
    get("/template/info/v2", Host::Zns, templates::info),
    get("/template/sample-data", Host::Zns, templates::sample),
    post("/rating/get", Host::Zns, templates::ratings),
    post("/v3.0/oa/message/cs", Host::Oa, users::consult),
    post("/v3.0/oa/message/template", Host::Oa, users::template),
    post("/v3.0/oa/message/transaction", Host::Oa, users::shut),
    post("/v3.0/oa/message/promotion", Host::Oa, users::shut),
    post("/v3.0/oa/quota/message", Host::Oa, users::quota),
    post("/v2.0/oa/message", Host::Oa, articles::broadcast),
    get("/v2.0/oa/getoa", Host::Oa, followers::oa),
    get("/v3.0/oa/user/getlist", Host::Oa, followers::list),
    get("/v3.0/oa/user/detail", Host::Oa, followers::detail),
    post("/v3.0/oa/user/update", Host::Oa, followers::update),
    get("/v2.0/oa/getfollowers", Host::Oa, followers::list),
    get("/v2.0/oa/getprofile", Host::Oa, followers::detail),
    post("/v2.0/oa/updatefollowerinfo", Host::Oa, followers::update),
    get("/v2.0/oa/listrecentchat", Host::Oa, followers::chats),
    get("/v2.0/oa/conversation", Host::Oa, followers::chats),
    post("/v2.0/oa/tag/tagfollower", Host::Oa, followers::tag),
    post("/v2.0/oa/tag/rmfollowerfromtag", Host::Oa, followers::untag),
    post("/v2.0/oa/tag/rmtag", Host::Oa, followers::remove_tag),
    get("/v2.0/oa/tag/gettagsofoa", Host::Oa, followers::tags),
    post("/v2.0/oa/upload/image", Host::Oa, followers::upload_image),
    post("/v2.0/oa/upload/gif", Host::Oa, followers::upload_gif),
    post("/v2.0/oa/upload/file", Host::Oa, followers::upload_file),
    post("/v2.0/article/create", Host::Article, articles::create),
    post("/v2.0/article/verify", Host::Article, articles::verify),
    post("/v2.0/article/update", Host::Article, articles::update),
    post("/v2.0/article/remove", Host::Article, articles::remove),
    get("/v2.0/article/getdetail", Host::Article, articles::detail),
    get("/v2.0/article/getslice", Host::Article, articles::slice),
];

/// What is served at a path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    Here(&'static Route),
    /// The path is served, with another method.
    OtherMethod(&'static Route),
    Nothing,
}

pub(crate) fn find(call: &Call) -> Found {
    let mut found = Found::Nothing;
    for route in ROUTES.iter().filter(|route| route.path == call.path) {
        if route.method == call.method.as_str() {
            return Found::Here(route);
        }
        found = Found::OtherMethod(route);
    }
    found
}

impl Route {
    /// Messages leave by it.
    pub(crate) fn sends(&self) -> bool {
        self.handler_sends() && self.method == "POST"
    }

    pub(crate) fn is_upload(path: &str) -> bool {
        path.starts_with("/v2.0/oa/upload/")
    }

    fn handler_sends(&self) -> bool {
        self.path.starts_with("/message/template") || self.path.contains("/oa/message")
    }

    fn kind(&self) -> Kind {
        match self.host {
            Host::Article => Kind::Article,
            Host::Zns => Kind::Template,
            Host::Oauth | Host::Oa if self.path.ends_with("/message/template") => Kind::Template,
            Host::Oauth | Host::Oa => Kind::Oa,
        }
    }
}

/// A reply, still without its connection.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) location: Option<String>,
    pub(crate) room: Option<Room>,
}

impl Reply {
    fn json(body: Value) -> Self {
        Self { status: 200, body, location: None, room: None }
    }
}

/// Answers a request; `error` is a code that a fault puts in place of the answer.
pub(crate) fn answer(world: &mut World, call: &Call, error: Option<i64>) -> Reply {
    let route = match find(call) {
        Found::Here(route) => route,
        Found::OtherMethod(route) if route.host == Host::Zns => {
            return Reply::json(wrap(world, Host::Zns, Err(codes::ZNS_METHOD.into())));
        }
        Found::OtherMethod(_) | Found::Nothing => {
            let body = json!({ "error": 404, "message": "empty api" });
            return Reply { status: 404, ..Reply::json(body) };
        }
    };
    world.turn(call.now_ms);
    let mut room = None;
    let told = match route.host {
        Host::Oauth => error.map_or(Ok(()), scripted),
        Host::Oa | Host::Article | Host::Zns => {
            admit(world, call, route, &mut room).and_then(|()| error.map_or(Ok(()), scripted))
        }
    }
    .and_then(|()| (route.handler)(world, call));
    let room = room.filter(|_| route.host != Host::Zns);
    match told {
        Ok(Said::Redirect(to)) => Reply { status: 302, body: Value::Null, location: Some(to), room },
        told => Reply { room, ..Reply::json(wrap(world, route.host, told)) },
    }
}

fn scripted(code: i64) -> Result<(), Refusal> {
    Err(Refusal { code, text: "The request is refused".into() })
}

/// Token, proof and rate.
fn admit(world: &mut World, call: &Call, route: &Route, room: &mut Option<Room>) -> Result<(), Refusal> {
    let (left, within) = world.rates.arrive(&world.script, route.kind(), call.now_ms);
    *room = Some(left);
    world.counts.max_in_any_minute = world.rates.max_in_any_minute();
    let zns = route.host == Host::Zns;
    let token = call.header("access_token").unwrap_or("");
    if let Err(unfit) = world.tokens.check(token, call.now_ms) {
        return Err(match unfit {
            _ if zns => codes::ZNS_TOKEN,
            Unfit::Unknown => codes::TOKEN_INVALID,
            Unfit::Expired => codes::TOKEN_EXPIRED,
            Unfit::Revoked => codes::TOKEN_REMOVED,
        }
        .into());
    }
    let given = call.header("appsecret_proof");
    let wrong = given.is_some_and(|given| given != proof(&world.script.app_secret, token));
    if wrong || given.is_none() && world.script.oauth.proof_required {
        return Err(if zns { codes::ZNS_PROOF } else { codes::PROOF_INVALID }.into());
    }
    within.map_err(|over| {
        world.counts.rate_limited += 1;
        match over {
            Over::App => codes::APP_RATE.into(),
            Over::Oa => codes::OA_RATE.into(),
        }
    })
}

/// The body of a reply; a refusal is counted. Every host adds fields that no description names.
fn wrap(world: &mut World, host: Host, told: Told) -> Value {
    match told {
        Ok(Said::Data(data)) => {
            json!({ "error": 0, "message": "Success", "data": data, "trace": { "node": "s1", "ms": "3" } })
        }
        Ok(Said::Whole(body)) => body,
        Ok(Said::Redirect(_)) => Value::Null,
        Err(refusal) => {
            world.refuse(&refusal);
            match host {
                Host::Oauth => oauth::error_body(&refusal),
                Host::Zns => json!({ "error": refusal.code, "message": refusal.text }),
                Host::Oa | Host::Article => {
                    json!({ "error": refusal.code, "message": refusal.text, "data": {}, "trace": null })
                }
            }
        }
    }
}
