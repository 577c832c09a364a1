//! The HTTP API. All routes and the order of the layers around them are on this screen; a handler reads the request,
//! makes one call to the office, and answers. What is documented is what is served: both come from the same lists.

mod api;
mod auth;
mod callback;
mod consent;
mod error;
mod extract;
mod health;
mod idempotency;
mod layers;
mod listen;
mod mask;
mod metrics;
mod openapi;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::api::{
    accounts, alerts, areas, decisions, groups, imports, lanes, live, messages, people, pictures, plans,
    reach, reports, templates,
};
use self::error::{ApiError, Kind};
use crate::office::Office;

/// What the surface itself needs to be told.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Largest JSON body.
    pub body_bytes_max: usize,
    /// Largest list of people.
    pub import_bytes_max: usize,
    /// Imports and exports may take longer.
    pub request_timeout_s: u64,
    /// Where people reach this gateway, if that is not where it listens.
    pub public_url: Option<String>,
    /// Of one API key, over all nodes.
    pub requests_per_minute: u32,
    /// Takes requests; otherwise only what machines ask about its health.
    pub api: bool,
}

/// Work that goes on although its caller may have gone, at most this much at once.
const DETACHED_MAX: usize = 256;

/// Callers that watch an alert live at once.
const WATCHERS_MAX: usize = 256;

/// What handlers and layers share.
#[derive(Debug, Clone)]
struct Web {
    office: Office,
    settings: Arc<WebSettings>,
    logins: Arc<auth::Logins>,
    begun: Arc<consent::Begun>,
    tasks: TaskTracker,
    places: Arc<Semaphore>,
    watchers: Arc<Semaphore>,
    /// Answers without an end come to it now.
    closing: CancellationToken,
}

/// Actions: with an `Idempotency-Key` they are done once, however often they are sent.
fn once_only() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(groups::put))
        .routes(routes!(alerts::create))
        .routes(routes!(decisions::submit))
        .routes(routes!(decisions::approve))
        .routes(routes!(decisions::send_back))
        .routes(routes!(decisions::reject))
        .routes(routes!(decisions::pause))
        .routes(routes!(decisions::resume))
        .routes(routes!(decisions::cancel))
        .routes(routes!(decisions::resend_uncertain))
        .routes(routes!(accounts::revoke))
}

/// Reading, and writing that says the same however often it is said. A new account is here because its answer
/// holds a key that may be stored nowhere; its name, which is taken after the first time, guards against a second.
fn plain() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(groups::list))
        .routes(routes!(areas::list))
        .routes(routes!(imports::show))
        .routes(routes!(imports::rows_csv))
        .routes(routes!(people::list))
        .routes(routes!(people::show, people::change))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::show, alerts::edit))
        .routes(routes!(alerts::preview_form))
        .routes(routes!(alerts::preview))
        .routes(routes!(alerts::events))
        .routes(routes!(alerts::correction))
        .routes(routes!(templates::list))
        .routes(routes!(templates::show, templates::put, templates::retire))
        .routes(routes!(templates::form))
        .routes(routes!(plans::list))
        .routes(routes!(pictures::add))
        .routes(routes!(pictures::show))
        .routes(routes!(reports::counts))
        .routes(routes!(reports::areas))
        .routes(routes!(reports::exclusions))
        .routes(routes!(reports::report_csv))
        .routes(routes!(reach::persons))
        .routes(routes!(reach::persons_csv))
        .routes(routes!(reach::exhibits))
        .routes(routes!(reach::inbox))
        .routes(routes!(messages::list))
        .routes(routes!(messages::search))
        .routes(routes!(messages::show))
        .routes(routes!(lanes::list))
        .routes(routes!(lanes::consent))
        .routes(routes!(accounts::list, accounts::create))
}

/// Bodies that are read while they arrive.
fn streamed() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(imports::create))
}

/// For everybody, without a key.
fn open() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(health::home))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::show))
        .routes(routes!(openapi::show))
}

/// Where providers and their redirects arrive. Not in the document: it is for those who call us, and what they send is
/// theirs to say.
fn providers() -> Router<Web> {
    Router::new()
        .route("/callback/{lane}", get(callback::take).post(callback::take))
        .route("/consent/{lane}", get(consent::back))
}

/// The whole surface. The layer named last is the outermost.
pub fn router(office: Office, settings: WebSettings) -> Router {
    Web::new(office, settings).router()
}

/// Serves until `shutdown` is ready, then lets what has begun come to its end.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    office: Office,
    settings: WebSettings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let web = Web::new(office, settings);
    let service = web.router().into_make_service_with_connect_info::<listen::Peer>();
    let closing = web.closing.clone();
    let told = async move {
        shutdown.await;
        closing.cancel();
    };
    axum::serve(listen::Bounded::new(listener), service).with_graceful_shutdown(told).await?;
    web.tasks.close();
    web.tasks.wait().await;
    Ok(())
}

impl Web {
    fn new(office: Office, settings: WebSettings) -> Self {
        Self {
            office,
            settings: Arc::new(settings),
            logins: Arc::default(),
            begun: Arc::default(),
            tasks: TaskTracker::new(),
            places: Arc::new(Semaphore::new(DETACHED_MAX)),
            watchers: Arc::new(Semaphore::new(WATCHERS_MAX)),
            closing: CancellationToken::new(),
        }
    }

    fn router(&self) -> Router {
        let keyed = from_fn_with_state(self.clone(), auth::authenticate);
        let once = from_fn_with_state(self.clone(), idempotency::once);
        let in_time = from_fn_with_state(self.clone(), layers::in_time);
        let api = once_only()
            .route_layer(once)
            .merge(plain())
            .route_layer(keyed.clone())
            .route_layer(DefaultBodyLimit::max(self.settings.body_bytes_max))
            .route_layer(in_time);
        let lasting = OpenApiRouter::new().routes(routes!(live::show)).route_layer(keyed.clone());
        let imports =
            streamed().route_layer(keyed).route_layer(DefaultBodyLimit::max(self.settings.import_bytes_max));
        let (router, _) = if self.settings.api {
            let all = OpenApiRouter::new().nest("/api/v1", api.merge(imports).merge(lasting)).merge(open());
            let (router, document) = all.split_for_parts();
            (router.merge(providers()), document)
        } else {
            open().split_for_parts()
        };
        router
            .fallback(unknown_route)
            .method_not_allowed_fallback(method_not_allowed)
            .layer(from_fn(layers::observe))
            .with_state(self.clone())
    }
}

async fn unknown_route() -> impl IntoResponse {
    ApiError::new(Kind::UnknownRoute, "No route has this path.")
        .remedy("See /api/openapi.json for all there are.")
}

async fn method_not_allowed() -> impl IntoResponse {
    ApiError::new(Kind::MethodNotAllowed, "The path exists, the method does not.")
        .remedy("Use a method that the header Allow names.")
}
