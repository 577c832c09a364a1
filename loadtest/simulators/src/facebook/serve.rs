//! One call from its first octet to the answer: read, checked, struck by a fault perhaps, carried out,
//! answered with the headers of every answer.

use super::ask::{Ask, Picture};
use super::error::GraphError;
use super::fault::{Calls, FaultKind};
use super::platform::{Shared, is_loopback};
use super::reply::Reply;
use super::wire::Line;
use super::world::World;
use super::{account, gate, insights, listing, node, publish};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::Method;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Octets read of a photo's `url`, and the time for it.
const FETCH_BYTES_MAX: usize = 12 * 1024 * 1024;
const FETCH: Duration = Duration::from_secs(5);

pub(crate) async fn call(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let ask = Ask::read(request).await;
    let ask = match ask {
        Ok(mut ask) => {
            fetch_photo(&shared, &mut ask).await;
            Ok(ask)
        }
        Err(error) => Err(error),
    };
    let (reply, wait_ms) = {
        let mut world = shared.world();
        (answer(&mut world, ask), world.script.response_ms)
    };
    shared.changed.notify_waiters();
    if wait_ms > 0 {
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
    reply.send(&line).await
}

/// A photo's `url` on this machine is fetched; any other one is believed.
async fn fetch_photo(shared: &Shared, ask: &mut Ask) {
    let Some(url) = ask.get("url").map(str::to_owned) else { return };
    if ask.path.last().is_none_or(|last| last != "photos") || !is_loopback(&url) {
        return;
    }
    let fetch = async {
        let mut answer = shared.client.get(&url).send().await.ok()?.error_for_status().ok()?;
        let mut octets = Vec::new();
        while let Some(piece) = answer.chunk().await.ok()? {
            octets.extend_from_slice(&piece);
            if octets.len() > FETCH_BYTES_MAX {
                break;
            }
        }
        Some(Picture::of(&octets))
    };
    let fetched = tokio::time::timeout(FETCH, fetch).await;
    ask.fetched = Some(fetched.ok().flatten().ok_or(()));
}

fn answer(world: &mut World, ask: Result<Ask, GraphError>) -> Reply {
    let ask = match ask {
        Ok(ask) => ask,
        Err(error) => {
            count(world, "other");
            return refuse(world, &error, None);
        }
    };
    let route = Route::of(&ask);
    count(world, route.name(&ask));
    world.counts.tokens_in_url += u64::from(ask.token_in_url);
    let struck = world.plan.strike(route.calls(&ask), &mut world.chance);
    match struck {
        Some(FaultKind::FailBeforeCommit) => {
            return refuse(world, &GraphError::new(2, UNEXPECTED), Some(&ask));
        }
        Some(FaultKind::Error(error)) => return refuse(world, &error, Some(&ask)),
        Some(FaultKind::CutBeforeCommit) => return Reply::cut(0),
        Some(FaultKind::Html502) => return Reply::html_502(),
        _ => {}
    }
    let done = gate::check(world, &ask, route).and_then(|()| carry_out(world, &ask, route));
    let value = match done {
        Ok(value) => value,
        Err(error) => return refuse(world, &error, Some(&ask)),
    };
    let reply = Reply::json(200, &value).with_headers(world, &ask);
    let Some(struck) = struck else { return reply };
    spoil(world, &ask, &struck, reply)
}

const UNEXPECTED: &str = "An unexpected error has occurred. Please retry your request later.";

/// What is done is done; the answer says something else.
fn spoil(world: &mut World, ask: &Ask, struck: &FaultKind, reply: Reply) -> Reply {
    if let FaultKind::SlowBody { ms } = *struck {
        return reply.slow(ms);
    }
    world.counts.answers_spoilt += 1;
    match struck {
        FaultKind::CommitThenCode2 => refuse(world, &GraphError::new(2, UNEXPECTED), Some(ask)),
        FaultKind::CommitThenCode1 => {
            let bare = GraphError::documented(1, Some(99));
            refuse(world, &bare.unwrap_or_else(|| GraphError::new(1, UNEXPECTED)), Some(ask))
        }
        FaultKind::CommitThenError(error) => refuse(world, error, Some(ask)),
        FaultKind::CommitThenTimeout { ms } => Reply::cut(*ms),
        FaultKind::CommitThenNoId => Reply::json(200, &serde_json::json!({"success": true})),
        FaultKind::CommitThenCutBody => reply.cut_short(),
        FaultKind::CommitThenEmptyBody => Reply::empty(),
        FaultKind::CommitThenHtml502 => Reply::html_502(),
        FaultKind::SlowBody { .. }
        | FaultKind::FailBeforeCommit
        | FaultKind::CutBeforeCommit
        | FaultKind::Html502
        | FaultKind::Error(_) => reply,
    }
}

fn refuse(world: &mut World, error: &GraphError, ask: Option<&Ask>) -> Reply {
    *world.counts.refused_by_code.entry(error.code).or_default() += 1;
    let trace = format!("A{:016x}", super::fault::mix(world.next_id()));
    let locale = ask.map_or("", Ask::locale);
    let reply = Reply::json(error.http, &error.body(&trace, locale));
    match ask {
        Some(ask) => reply.with_headers(world, ask),
        None => reply,
    }
}

fn count(world: &mut World, route: &'static str) {
    *world.counts.requests.entry(route).or_default() += 1;
}

fn carry_out(world: &mut World, ask: &Ask, route: Route) -> Result<Value, GraphError> {
    match route {
        Route::DebugToken => account::debug_token(world, ask),
        Route::Exchange => account::exchange(world, ask),
        Route::Accounts => account::accounts(world, ask),
        Route::PageStatus => account::page_status(world, ask),
        Route::Subscriptions => account::subscriptions(world, ask),
        Route::Publish => publish::feed(world, ask),
        Route::Photos => publish::photos(world, ask),
        Route::List => listing::list(world, ask),
        Route::Comments => listing::comments(world, ask),
        Route::Comment => node::comment(world, ask),
        Route::Insights => insights::read(world, ask),
        Route::Read => node::read(world, ask),
        Route::Edit => node::edit(world, ask),
        Route::Delete => node::delete(world, ask),
        Route::Unknown => {
            let path = ask.path.join("/");
            let text = format!("Unknown path components: /{path}");
            Err(GraphError::new(2_500, text))
        }
    }
}

/// Where a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    DebugToken,
    Exchange,
    Accounts,
    PageStatus,
    Subscriptions,
    Publish,
    Photos,
    List,
    Comments,
    Comment,
    Insights,
    Read,
    Edit,
    Delete,
    Unknown,
}

impl Route {
    fn of(ask: &Ask) -> Self {
        let (get, post) = (ask.method == Method::GET, ask.method == Method::POST);
        let delete = ask.method == Method::DELETE;
        match ask.segments().as_slice() {
            ["debug_token"] if get => Self::DebugToken,
            ["oauth", "access_token"] if get || post => Self::Exchange,
            ["me", "accounts"] if get => Self::Accounts,
            [_, "page_status"] if get => Self::PageStatus,
            [_, "subscribed_apps"] => Self::Subscriptions,
            [_, "feed"] if post => Self::Publish,
            [_, "photos"] if post => Self::Photos,
            [_, "feed" | "posts" | "published_posts" | "scheduled_posts"] if get => Self::List,
            [_, "comments"] if get => Self::Comments,
            [_, "comments"] if post => Self::Comment,
            [_, "insights"] if get => Self::Insights,
            [_] if get => Self::Read,
            [_] if post => Self::Edit,
            [_] if delete => Self::Delete,
            _ => Self::Unknown,
        }
    }

    fn name(self, ask: &Ask) -> &'static str {
        let post = ask.method == Method::POST;
        match self {
            Self::DebugToken => "GET debug_token",
            Self::Exchange => "GET oauth/access_token",
            Self::Accounts => "GET me/accounts",
            Self::PageStatus => "GET page_status",
            Self::Subscriptions if post => "POST subscribed_apps",
            Self::Subscriptions => "GET subscribed_apps",
            Self::Publish => "POST feed",
            Self::Photos => "POST photos",
            Self::List => match ask.path.last().map(String::as_str) {
                Some("published_posts") => "GET published_posts",
                Some("scheduled_posts") => "GET scheduled_posts",
                Some("posts") => "GET posts",
                _ => "GET feed",
            },
            Self::Comments => "GET comments",
            Self::Comment => "POST comments",
            Self::Insights => "GET insights",
            Self::Read => "GET post",
            Self::Edit => "POST post",
            Self::Delete => "DELETE post",
            Self::Unknown => "other",
        }
    }

    fn calls(self, ask: &Ask) -> Calls {
        match self {
            Self::Publish => Calls::Posts,
            Self::Photos if publish::only_uploads(ask) => Calls::Uploads,
            Self::Photos => Calls::Posts,
            Self::Comment => Calls::Comments,
            Self::Edit => Calls::Edits,
            Self::Delete => Calls::Deletes,
            Self::List => Calls::Listings,
            Self::Insights => Calls::Insights,
            Self::DebugToken
            | Self::Exchange
            | Self::Accounts
            | Self::PageStatus
            | Self::Subscriptions
            | Self::Comments
            | Self::Read
            | Self::Unknown => Calls::Reads,
        }
    }
}
