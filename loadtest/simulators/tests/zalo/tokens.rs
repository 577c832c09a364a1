use crate::client::*;
use serde_json::json;
use simulators::zalo::script::OauthScript;
use simulators::zalo::{Zalo, ZaloScript};

#[tokio::test]
async fn a_refresh_token_is_for_one_use_and_the_second_fails_with_http_200() {
    let (zalo, mut client) = start(ZaloScript::default()).await;
    let first = client.refresh().await;
    assert_eq!((first.status, &first.body["expires_in"]), (200, &json!("90000")), "a number as text");
    let second = client.refresh().await;
    assert_eq!((second.status, second.code()), (200, -14020));
    assert_eq!(second.body["error_name"], "Invalid refresh token");
    assert!(second.body.get("message").is_none(), "this host has another shape of errors");
    assert_eq!(client.read("/message/quota").await.code(), -124, "the access token before it is over");

    client.grant.access_token = first.body["access_token"].as_str().unwrap().to_owned();
    client.grant.refresh_token = first.body["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(client.read("/message/quota").await.code(), 0);
    assert_eq!(client.refresh().await.body["expires_in"], "90000", "the failure ended nothing");
    let counts = zalo.counts();
    assert_eq!((counts.refreshes, counts.refresh_reuse_failures), (2, 1));
}

#[tokio::test]
async fn the_token_host_checks_secret_form_app_and_grant() {
    let (_zalo, client) = start(ZaloScript::default()).await;
    let refresh_token = client.grant.refresh_token.clone();
    let form = |app: &'static str, kind: &'static str| {
        [("app_id", app), ("grant_type", kind), ("refresh_token", refresh_token.as_str())]
    };
    assert_eq!(client.token("wrong", &form(APP, "refresh_token")).await.code(), -14004);
    assert_eq!(client.token("app-secret", &form("17", "refresh_token")).await.code(), -14002);
    assert_eq!(client.token("app-secret", &form(APP, "password")).await.code(), -14005);
    let json = client.post("/v4/oa/access_token", &json!({ "app_id": APP, "grant_type": "refresh_token" }));
    assert_eq!(reply(json.header("secret_key", "app-secret")).await.code(), -14005);
    assert_eq!(client.refresh().await.body["expires_in"], "90000", "none of these used the token up");
}

#[tokio::test]
async fn an_ended_access_token_has_a_code_of_its_own_on_each_host() {
    let (zalo, mut client) = start(ZaloScript { access_token_s: 0, ..ZaloScript::default() }).await;
    let ended = client.read("/v2.0/oa/getoa").await;
    assert_eq!((ended.status, ended.code()), (200, -216));
    assert!(ended.body["message"].as_str().unwrap().contains("expired"));
    assert_eq!(client.warn("84900000001", "t1").await.code(), -124);

    zalo.script_update(|script| script.access_token_s = 3_600);
    client.grant = zalo.grant();
    assert_eq!(client.read("/v2.0/oa/getoa").await.code(), 0);
    zalo.expire_access_tokens();
    assert_eq!(client.read("/v2.0/oa/getoa").await.code(), -216);
    assert_eq!(client.refresh().await.body["expires_in"], "3600");
    client.grant.access_token = "nobody's".to_owned();
    let unknown = client.read("/v2.0/oa/getoa").await;
    assert_eq!((unknown.code(), &unknown.body["message"]), (-216, &json!("Access token is invalid")));
}

#[tokio::test]
async fn a_revoked_grant_needs_consent_again() {
    let (zalo, mut client) = start(ZaloScript::default()).await;
    zalo.revoke();
    assert_eq!(client.read("/v2.0/oa/getoa").await.code(), -220);
    assert_eq!(client.read("/message/quota").await.code(), -124);
    assert_eq!(client.refresh().await.code(), -14020);
    client.grant = zalo.grant();
    assert_eq!(client.read("/message/quota").await.code(), 0);
}

/// The query of the Location that consent leads to.
async fn consent(client: &Client, query: &str) -> String {
    let reply = reply(client.get(&format!("/v4/oa/permission?app_id={APP}&{query}"))).await;
    assert_eq!(reply.status, 302, "{reply:?}");
    reply.header("location").to_owned()
}

fn code_in(location: &str) -> String {
    let url = reqwest::Url::parse(location).unwrap();
    url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

#[tokio::test]
async fn consent_gives_a_code_for_one_use_and_checks_the_verifier() {
    let oauth = OauthScript {
        redirect_uri: Some("http://127.0.0.1/back".to_owned()),
        pkce_required: true,
        ..OauthScript::default()
    };
    let (_zalo, client) = start(ZaloScript { oauth, ..ZaloScript::default() }).await;
    let elsewhere =
        client.read(&format!("/v4/oa/permission?app_id={APP}&redirect_uri=http://127.0.0.1/other")).await;
    assert_eq!((elsewhere.code(), &elsewhere.body["error_reason"]), (-14003, &json!("")));

    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let query = format!("redirect_uri=http://127.0.0.1/back&code_challenge={challenge}&state=s%201");
    let redeem = |code: String, verifier: &'static str| {
        let client = &client;
        async move {
            let form = [
                ("app_id", APP),
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("code_verifier", verifier),
            ];
            client.token("app-secret", &form).await
        }
    };
    let location = consent(&client, &query).await;
    assert!(location.starts_with("http://127.0.0.1/back?code="), "{location}");
    assert!(location.contains("oa_id=2000000000000000002") && location.contains("state=s+1"), "{location}");
    assert_eq!(redeem(code_in(&location), "another").await.code(), -14019);
    assert_eq!(redeem(code_in(&location), verifier).await.code(), -14019, "a wrong try uses the code up");
    let code = code_in(&consent(&client, &query).await);
    assert!(redeem(code.clone(), verifier).await.body["refresh_token"].is_string());
    assert_eq!(redeem(code, verifier).await.code(), -14019);
}

#[tokio::test]
async fn a_proof_is_checked_where_given_and_may_be_required() {
    use hmac::{Hmac, KeyInit, Mac};
    let (zalo, client) = start(ZaloScript::default()).await;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"app-secret").unwrap();
    mac.update(client.grant.access_token.as_bytes());
    let right = hex::encode(mac.finalize().into_bytes());
    let ask = |path: &'static str, proof: &str| reply(client.get(path).header("appsecret_proof", proof));
    assert_eq!(ask("/v2.0/oa/getoa", &right).await.code(), 0);
    assert_eq!(ask("/v2.0/oa/getoa", "00").await.code(), -242);
    assert_eq!(ask("/quality", "00").await.code(), -1241);
    assert_eq!(client.read("/quality").await.code(), 0);
    zalo.script_update(|script| script.oauth.proof_required = true);
    assert_eq!(client.read("/quality").await.code(), -1241);
    assert_eq!(ask("/quality", &right).await.code(), 0);
}

#[tokio::test]
async fn only_this_machine_is_served() {
    for listen in ["0.0.0.0:0", "192.0.2.1:2780", "zalo.example:2780"] {
        let refused = Zalo::start(ZaloScript::default(), listen).await.unwrap_err();
        assert!(refused.to_string().contains(listen), "{refused}");
    }
    let (zalo, _) = start(ZaloScript::default()).await;
    for url in ["http://192.0.2.1/callback", "https://127.0.0.1/callback", "callback"] {
        let refused = zalo.set_webhook(Some(url.to_owned())).await.unwrap_err();
        assert!(refused.to_string().contains(url), "{refused}");
    }
}
