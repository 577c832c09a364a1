//! Tokens and the Page's state: `debug_token`, `oauth/access_token`, `me/accounts`, `page_status`,
//! `subscribed_apps`.

use super::ask::Ask;
use super::error::GraphError;
use super::gate::{Bearer, Known, invalid, is_page, page_token};
use super::node::{USER_ID, page_token_for};
use super::world::World;
use axum::http::Method;
use serde_json::{Value, json};

/// A long-lived user token lives about 60 days.
const LONG_S: i64 = 5_183_944;

/// `GET /debug_token`
pub(crate) fn debug_token(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    let Some(input) = ask.get("input_token") else {
        return Err(GraphError::parameter("The parameter input_token is required"));
    };
    let Some(known) = world.known(input) else {
        let error = json!({"code": 190, "message": "Invalid OAuth access token."});
        return Ok(json!({"data": {"error": error, "is_valid": false, "scopes": []}}));
    };
    let mut data = describe(world, known);
    if let Some(subcode) = known.invalid {
        let error = invalid(subcode);
        data["error"] = json!({"code": error.code, "message": error.text, "subcode": subcode});
    }
    Ok(json!({ "data": data }))
}

fn describe(world: &World, known: Known) -> Value {
    let script = &world.script;
    let kind = match known.bearer {
        Bearer::Page => "PAGE",
        Bearer::User => "USER",
        Bearer::SystemUser => "SYSTEM_USER",
        Bearer::App => "APP",
    };
    let mut data = json!({
        "app_id": script.app_id, "type": kind, "application": script.app_name,
        "is_valid": known.invalid.is_none(),
        "issued_at": world.started_ms / 1_000, "expires_at": known.expires_at,
        "data_access_expires_at": known.data_access_expires_at,
        "scopes": script.token.scopes,
    });
    if known.bearer == Bearer::App {
        return json!({"app_id": script.app_id, "type": kind, "application": script.app_name,
            "is_valid": true, "scopes": []});
    }
    data["user_id"] = json!(USER_ID);
    if known.bearer == Bearer::Page {
        data["profile_id"] = json!(script.page_id);
    }
    let granular = script.token.scopes.iter().filter(|scope| scope.starts_with("pages_"));
    data["granular_scopes"] =
        granular.map(|scope| json!({"scope": scope, "target_ids": [script.page_id]})).collect();
    data
}

/// `GET /oauth/access_token`: a short-lived user token for a long-lived one.
pub(crate) fn exchange(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    let script = &world.script;
    if ask.get("client_id") != Some(&script.app_id) {
        return Err(GraphError::new(101, "Error validating application. Cannot get application info."));
    }
    if ask.get("client_secret") != Some(&script.app_secret) {
        return Err(GraphError::new(1, "Error validating client secret."));
    }
    if ask.get("grant_type") == Some("client_credentials") {
        let token = format!("{}|{}", script.app_id, script.app_secret);
        return Ok(json!({"access_token": token, "token_type": "bearer"}));
    }
    if ask.get("grant_type") != Some("fb_exchange_token") {
        return Err(GraphError::parameter("Unknown grant_type"));
    }
    let known = ask.get("fb_exchange_token").and_then(|token| world.known(token));
    match known {
        Some(Known { bearer: Bearer::User, invalid: None, .. }) => {
            Ok(json!({"access_token": script.user_token, "token_type": "bearer", "expires_in": LONG_S}))
        }
        Some(Known { invalid: Some(subcode), .. }) => Err(invalid(subcode)),
        _ => Err(GraphError::new(190, "Invalid OAuth access token - Cannot parse access token")),
    }
}

/// `GET /me/accounts`
pub(crate) fn accounts(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    let known = world.bearer(ask);
    let person = known.filter(|known| matches!(known.bearer, Bearer::User | Bearer::SystemUser));
    let Some(person) = person else {
        return Err(GraphError::parameter(
            "Tried accessing nonexisting field (accounts) on node type (Page)",
        ));
    };
    // Without the permission the list is empty, not refused.
    if !world.has_scope("pages_show_list") {
        return Ok(json!({"data": []}));
    }
    let script = &world.script;
    let page = json!({
        "access_token": page_token_for(world, person.short), "category": "Government organization",
        "name": script.page_name, "id": script.page_id,
        "tasks": ["MODERATE", "MESSAGING", "ANALYZE", "ADVERTISE", "CREATE_CONTENT", "MANAGE"],
    });
    let wanted = super::fields::read(ask.get("fields"), "access_token,category,name,id,tasks")?;
    let mut row = json!({"id": script.page_id});
    for field in wanted {
        let value = page.get(&field.name).ok_or_else(|| super::fields::unknown(&field.name, "Page"))?;
        row[field.name] = value.clone();
    }
    Ok(json!({"data": [row], "paging": {"cursors": {"before": "MQZDZD", "after": "MQZDZD"}}}))
}

/// `GET /{page}/page_status`
pub(crate) fn page_status(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    of_page(world, ask)?;
    let status = &world.script.page_status;
    let violations: Vec<_> = status.violations.iter().map(|name| json!({"violation_type": name})).collect();
    Ok(json!({"id": world.script.page_id, "timestamp": world.now_s(), "status": status.status,
        "violations": violations, "restrictions": status.restrictions,
        "recommended_actions": status.recommended_actions, "actions_events": []}))
}

/// `GET`, `POST` and `DELETE /{page}/subscribed_apps`
pub(crate) fn subscriptions(world: &mut World, ask: &Ask) -> Result<Value, GraphError> {
    of_page(world, ask)?;
    if ask.method == Method::GET {
        let app = json!({"id": world.script.app_id, "name": world.script.app_name,
            "subscribed_fields": ["feed"]});
        return Ok(json!({"data": if world.subscribed { vec![app] } else { Vec::new() }}));
    }
    if ask.method == Method::DELETE {
        world.subscribed = false;
        return Ok(json!({"success": true}));
    }
    let names = ask.get("subscribed_fields").unwrap_or("");
    if names.is_empty() {
        return Err(GraphError::parameter("The parameter subscribed_fields is required"));
    }
    world.subscribed = names.split([',', '"', '[', ']']).any(|name| name.trim() == "feed");
    Ok(json!({"success": true}))
}

fn of_page(world: &World, ask: &Ask) -> Result<(), GraphError> {
    let page = ask.path.first().map_or("", String::as_str);
    if !is_page(world, ask, page) {
        return Err(GraphError::unknown_object("get", page));
    }
    page_token(world, ask)?;
    if world.has_scope("pages_manage_metadata") {
        return Ok(());
    }
    let text = "(#200) Requires pages_manage_metadata permission to manage the object";
    Err(GraphError::new(200, text))
}
