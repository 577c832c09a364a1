//! The API's document, OpenAPI 3.1, made from the routes themselves. What holds for every operation (the key, the
//! refusals, `Idempotency-Key`) is added here by rule instead of being written at each.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Required, ResponseBuilder, Schema, Server};
use utoipa_axum::router::OpenApiRouter;

use super::error::{FieldError, PROBLEM_JSON, Problem};
use super::{Web, once_only, open, plain, streamed};

/// The name of the security scheme.
const API_KEY: &str = "api_key";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Loa",
        description = "Gateway through which a province's communications office sends approved alerts and knows \
                       what became of each message. Times are RFC 3339 in UTC. Every refusal is \
                       `application/problem+json`. Lists come in pages: pass the last row's key as `after`.",
    ),
    components(schemas(Problem, FieldError)),
    tags(
        (name = "alerts", description = "Alerts from the first draft to their end"),
        (name = "decisions", description = "What people decide about an alert"),
        (name = "reports", description = "What became of an alert, person by person"),
        (name = "people", description = "People, groups, imports, communes"),
        (name = "gateway", description = "Lanes and accounts"),
        (name = "health", description = "For machines that watch"),
    )
)]
struct Base;

/// This document
#[utoipa::path(get, path = "/api/openapi.json", tag = "health", security(()), responses((status = 200, body = Object)))]
pub(super) async fn show(State(web): State<Web>) -> impl IntoResponse {
    let url = web.settings.public_url.as_deref();
    ([(header::CONTENT_TYPE, "application/json")], document(url).to_json().unwrap_or_default())
}

/// Everything that is served. `public_url` is where people reach it.
pub(super) fn document(public_url: Option<&str>) -> utoipa::openapi::OpenApi {
    let mut actions = once_only();
    each(&mut actions.get_openapi_mut().paths.paths, |_, operation| {
        operation
            .parameters
            .get_or_insert_default()
            .push(idempotency_key("done once, however often it is sent").into());
        refuse(operation, &["409", "422"]);
    });
    let mut imports = streamed();
    each(&mut imports.get_openapi_mut().paths.paths, |_, operation| {
        let how = "the list is then taken in whole before its first row is read; without a key it is read as it comes";
        operation.parameters.get_or_insert_default().push(idempotency_key(how).into());
        refuse(operation, &["409"]);
    });
    let mut keyed = actions.merge(plain()).merge(imports);
    each(&mut keyed.get_openapi_mut().paths.paths, |path, operation| {
        let required = SecurityRequirement::new(API_KEY, Vec::<String>::new());
        operation.security = Some(vec![required]);
        refuse(operation, &["400", "401", "403", "429", "500", "503"]);
        if path.contains('{') {
            refuse(operation, &["404"]);
        }
        if operation.request_body.is_some() {
            refuse(operation, &["409", "413", "415", "422"]);
        }
    });
    let mut free = open();
    each(&mut free.get_openapi_mut().paths.paths, |_, operation| refuse(operation, &["500", "503"]));
    let base = OpenApiRouter::<Web>::with_openapi(Base::openapi());
    let mut document = base.nest("/api/v1", keyed).merge(free).into_openapi();
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("loa_…").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(API_KEY, SecurityScheme::Http(scheme));
    document.servers = public_url.map(|url| vec![Server::new(url)]);
    document
}

/// Calls `change` for every operation with its path.
fn each(
    paths: &mut std::collections::BTreeMap<String, PathItem>,
    mut change: impl FnMut(&str, &mut Operation),
) {
    for (path, item) in paths {
        let PathItem { get, put, post, patch, delete, .. } = item;
        for operation in [get, put, post, patch, delete].into_iter().flatten() {
            change(path, operation);
        }
    }
}

/// Adds these refusals where the operation does not describe them itself.
fn refuse(operation: &mut Operation, statuses: &[&str]) {
    for status in statuses {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        let response = ResponseBuilder::new().description(meaning(status)).content(PROBLEM_JSON, problem);
        operation
            .responses
            .responses
            .entry((*status).to_owned())
            .or_insert_with(|| RefOr::T(response.build()));
    }
}

fn meaning(status: &str) -> &'static str {
    match status {
        "400" => "Not understood: JSON, path, query or header",
        "401" => "No API key, or none that counts",
        "403" => "Not for this account's role, or the rule of four eyes",
        "404" => "There is no such thing",
        "409" => "Not possible as things stand, or the Idempotency-Key says so",
        "413" => "The body is too large",
        "415" => "The body is of another media type",
        "422" => "Fields are wrong; all of them are named",
        "429" => "Too many wrong API keys from this address",
        "503" => "The ledger is away or the answer took too long; see Retry-After",
        _ => "The gateway failed",
    }
}

fn idempotency_key(how: &str) -> Parameter {
    let text = Schema::Object(ObjectBuilder::new().schema_type(Type::String).max_length(Some(128)).build());
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(format!("A UUID for this request: {how}.")))
        .schema(Some(RefOr::T(text)))
        .build()
}
