use crate::client::*;
use serde_json::json;
use simulators::zalo::ZaloScript;
use simulators::zalo::script::Follower;

const LIST: &str = "/v3.0/oa/user/getlist";

#[tokio::test]
async fn followers_come_in_pages_of_fifty_and_not_beyond_ten_thousand() {
    let followers = (0..10_100).map(|number| Follower::new(format!("u{number}"))).collect();
    let (_zalo, client) = start(ZaloScript { followers, ..ZaloScript::default() }).await;
    let page = |offset: u64, count: u64| {
        client.read_data(LIST, json!({ "offset": offset, "count": count, "is_follower": true }))
    };
    let last = page(9_951, 50).await;
    let users = last.data()["users"].as_array().unwrap();
    assert_eq!((users.len(), &users[49]["user_id"]), (50, &json!("u10000")), "the rest is out of reach");
    assert_eq!((&last.data()["total"], &last.data()["offset"]), (&json!(10_100), &json!("9951")));
    assert_eq!(page(9_952, 1).await.code(), -210);
    assert_eq!(page(0, 51).await.code(), -210);
    assert_eq!(client.read(&format!("{LIST}?offset=0&count=50")).await.code(), -201, "JSON in data");
}

#[tokio::test]
async fn lists_are_filtered_by_tag_period_and_following() {
    let day_ms = 24 * 3_600_000;
    let followers = vec![
        Follower { tags: vec!["xa-1".to_owned()], ..Follower::new("a") },
        Follower { last_interaction_ms_ago: Some(20 * day_ms), ..Follower::new("b") },
        Follower { follows: false, last_interaction_ms_ago: None, ..Follower::new("c") },
    ];
    let (zalo, client) = start(ZaloScript { followers, ..ZaloScript::default() }).await;
    zalo.follow("d");
    for (filter, expected) in [
        (json!({}), vec!["a", "b", "c", "d"]),
        (json!({ "is_follower": true }), vec!["a", "b", "d"]),
        (json!({ "is_follower": false }), vec!["c"]),
        (json!({ "tag_name": "xa-1" }), vec!["a"]),
        (json!({ "last_interaction_period": "L7D" }), vec!["a", "d"]),
        (json!({ "last_interaction_period": "L30D" }), vec!["a", "b", "d"]),
        (json!({ "last_interaction_period": "2020_01_01:2020_12_31" }), vec![]),
    ] {
        let reply = client.read_data(LIST, filter.clone()).await;
        let users = reply.data()["users"].as_array().unwrap();
        let ids: Vec<_> = users.iter().map(|user| user["user_id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{filter}");
    }
    let wrong = client.read_data(LIST, json!({ "last_interaction_period": "SOON" })).await;
    assert_eq!(wrong.code(), -201);
}

#[tokio::test]
async fn users_are_described_tagged_and_untagged() {
    let user = Follower { name: "Lan".to_owned(), ..Follower::new("u") };
    let (zalo, client) = start(ZaloScript { followers: vec![user], ..ZaloScript::default() }).await;
    let body = json!({ "user_id": "u", "tag_name": "xa-01" });
    assert_eq!(client.write("/v2.0/oa/tag/tagfollower", body.clone()).await.code(), 0);
    assert_eq!(client.read("/v2.0/oa/tag/gettagsofoa").await.data(), &json!(["xa-01"]));
    let detail = client.read_data("/v3.0/oa/user/detail", json!({ "user_id": "u" })).await;
    assert_eq!(detail.data()["display_name"], "Lan");
    assert_eq!(detail.data()["tags_and_notes_info"]["tag_names"], json!(["xa-01"]));
    let date = detail.data()["user_last_interaction_date"].as_str().unwrap();
    assert_eq!((date.len(), date.matches('/').count()), (10, 2), "{date}");
    assert_eq!(client.write("/v2.0/oa/tag/rmfollowerfromtag", body).await.code(), 0);
    assert_eq!(client.write("/v2.0/oa/tag/rmtag", json!({ "tag_name": "xa-01" })).await.code(), 0);
    assert_eq!(client.read("/v2.0/oa/tag/gettagsofoa").await.data(), &json!([]));
    let nobody = json!({ "user_id": "x", "tag_name": "t" });
    assert_eq!(client.write("/v2.0/oa/tag/tagfollower", nobody).await.code(), -201);
    zalo.unfollow("u");
    let gone = client.read_data("/v3.0/oa/user/detail", json!({ "user_id": "u" })).await;
    assert_eq!(gone.data()["user_is_follower"], false);
    let chats = client.read_data("/v2.0/oa/listrecentchat", json!({ "offset": 0, "count": 10 })).await;
    assert_eq!(chats.data(), &json!([]), "a bare list");
    let chats = client.read_data("/v2.0/oa/listrecentchat", json!({ "offset": 0, "count": 11 })).await;
    assert_eq!(chats.code(), -210);
    assert_eq!(client.read("/v2.0/oa/getoa").await.data()["num_follower"], "0");
}

#[tokio::test]
async fn files_are_taken_by_kind_and_size() {
    let (_zalo, client) = start(ZaloScript::default()).await;
    let upload = |kind: &'static str, name: &'static str, size: usize| {
        let part = reqwest::multipart::Part::bytes(vec![7; size]).file_name(name);
        let form = reqwest::multipart::Form::new().part("file", part);
        reply(client.upload(&format!("/v2.0/oa/upload/{kind}"), form))
    };
    assert!(upload("image", "a.png", 1_000).await.data()["attachment_id"].is_string());
    assert!(upload("file", "a.pdf", 1_000).await.data()["token"].is_string());
    assert_eq!(upload("image", "a.png", (1 << 20) + 1).await.code(), -210);
    assert_eq!(upload("image", "a.pdf", 10).await.code(), -201);
    assert_eq!(client.write("/v2.0/oa/upload/image", json!({})).await.code(), -201);
}
