//! The token host: consent and `/v4/oa/access_token`.

use super::call::{Call, Said, Told};
use super::codes::{self, Refusal};
use super::script::ZaloScript;
use super::world::World;
use serde_json::{Value, json};

/// An admin of the OA consents at once, and the browser goes back to the callback.
pub(crate) fn permission(world: &mut World, call: &Call) -> Told {
    let asked = |name: &str| call.asked(name).filter(|value| !value.is_empty());
    app_is_known(&world.script, asked("app_id"))?;
    let wrong = || codes::REDIRECT_INVALID.with("");
    let callback = asked("redirect_uri").ok_or_else(wrong)?;
    if world.script.oauth.redirect_uri.as_deref().is_some_and(|saved| saved != callback) {
        return Err(wrong());
    }
    let mut back = reqwest::Url::parse(callback).map_err(|_| wrong())?;
    let challenge = asked("code_challenge").map(str::to_owned);
    if world.script.oauth.pkce_required && challenge.is_none() {
        return Err(codes::TOKEN_REQUEST_INVALID.with("Missing code_challenge"));
    }
    let code = world.tokens.consent(world.script.seed, &world.script.oauth, challenge, call.now_ms);
    back.query_pairs_mut().append_pair("code", &code).append_pair("oa_id", &world.script.oa_id);
    if let Some(state) = asked("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    Ok(Said::Redirect(back.into()))
}

/// The first pair for a code, the next pair for a refresh token.
pub(crate) fn access_token(world: &mut World, call: &Call) -> Told {
    if call.header("secret_key") != Some(world.script.app_secret.as_str()) {
        return Err(codes::SECRET_INVALID.into());
    }
    if !call.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    {
        return Err(codes::TOKEN_REQUEST_INVALID.with("Form expected"));
    }
    let form = call.form();
    let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    app_is_known(&world.script, field("app_id"))?;
    match field("grant_type") {
        Some("authorization_code") => {
            let code = field("code").ok_or(codes::CODE_INVALID)?;
            world.tokens.redeem(code, field("code_verifier"), call.now_ms)?;
        }
        Some("refresh_token") => {
            if !world.tokens.may_refresh(field("refresh_token").unwrap_or(""), call.now_ms) {
                world.counts.refresh_reuse_failures += 1;
                return Err(codes::REFRESH_INVALID.into());
            }
        }
        _ => return Err(codes::TOKEN_REQUEST_INVALID.with("Invalid grant_type")),
    }
    let grant = world.tokens.grant(&world.script, call.now_ms);
    world.counts.refreshes += 1;
    Ok(Said::Whole(json!({
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expires_in": world.script.access_token_s.to_string(),
        "refresh_token_expires_in": world.script.oauth.refresh_token_s,
    })))
}

/// The shape of errors on this host: no `message`, and HTTP 200.
pub(crate) fn error_body(refusal: &Refusal) -> Value {
    let code = refusal.code;
    json!({
        "error": code,
        "error_name": refusal.text,
        "error_reason": if code == codes::REDIRECT_INVALID.0 { "" } else { "The value is wrong, used or expired" },
        "error_description": "",
        "ref_doc": "https://developers.zalo.me/docs/official-account/bat-dau/xac-thuc-va-uy-quyen-cho-ung-dung-new",
    })
}

fn app_is_known(script: &ZaloScript, app_id: Option<&str>) -> Result<(), Refusal> {
    if app_id == Some(script.app_id.as_str()) { Ok(()) } else { Err(codes::APP_INVALID.into()) }
}
