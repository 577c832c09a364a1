use crate::kit::*;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_post_is_made_and_read_back() {
    let graph = graph(|_| {}).await;
    let text = "[VN-DEMO-0042] Cảnh báo mưa lớn\nsơ tán 🚨";
    let fields = "id,permalink_url,created_time,is_published";
    let link = "https://example.gov.vn/a/42";
    let made =
        graph.post(&format!("{PAGE}/feed"), &[("message", text), ("link", link), ("fields", fields)]).await;
    let id = made.id();
    assert_eq!(made.status, 200);
    let serial = id.strip_prefix(&format!("{PAGE}_")).unwrap();
    assert!(serial.parse::<u64>().unwrap() > 1 << 53, "no float holds it");
    assert_eq!(made.json()["is_published"], true);
    assert_eq!(made.json()["permalink_url"], format!("https://www.facebook.com/{PAGE}/posts/{serial}"));

    let fields = "message,created_time,application{id},from,attachments,status_type";
    let read = graph.get(&id, &[("fields", fields)]).await.json();
    assert_eq!((&read["id"], &read["message"]), (&json!(id), &json!(text)));
    assert_eq!(read["application"], json!({"id": "770000000000077"}), "only what was asked inside");
    assert_eq!(read["from"]["id"], PAGE);
    assert_eq!(read["attachments"]["data"][0]["url"], link);
    let created = read["created_time"].as_str().unwrap();
    assert!(created.ends_with("+0000") && created.len() == 24, "{created}");

    let posts = graph.facebook.posts();
    assert_eq!(posts.len(), 1);
    assert_eq!((posts[0].id.as_str(), posts[0].message.as_str()), (id.as_str(), text));
    assert_eq!(posts[0].link.as_deref(), Some(link));
    assert!(posts[0].public && posts[0].by_app && !posts[0].deleted);
    assert_eq!(graph.facebook.counts().posts_created, 1);
}

#[tokio::test]
async fn bodies_come_as_form_multipart_or_json() {
    let graph = graph(|_| {}).await;
    let feed = format!("{PAGE}/feed");
    let json = graph.request(Method::POST, &feed).json(&json!({"message": "as JSON", "published": true}));
    assert_eq!(Graph::send(json).await.status, 200);
    let form = reqwest::multipart::Form::new().text("message", "as multipart");
    assert_eq!(Graph::send(graph.request(Method::POST, &feed).multipart(form)).await.status, 200);
    assert_eq!(graph.publish("as form").await.status, 200);
    let texts: Vec<_> = graph.facebook.posts().into_iter().map(|post| post.message).collect();
    assert_eq!(texts, ["as JSON", "as multipart", "as form"]);
    for broken in ["{", "[]", "7"] {
        let request = graph.request(Method::POST, &feed).header("content-type", "application/json");
        assert_eq!(Graph::send(request.body(broken)).await.code(), (2500, 0), "{broken}");
    }
}

#[tokio::test]
async fn what_may_not_be_posted() {
    let graph = graph(|script| script.unreachable = vec!["https://intranet.".to_owned()]).await;
    let long = "ạ".repeat(63_207);
    let rows: [(Fields<'_>, (u64, u64)); 13] = [
        (&[], (100, 0)),
        (&[("message", "")], (100, 0)),
        (&[("message", &long)], (100, 0)),
        (&[("link", "not a url")], (1500, 0)),
        (&[("link", "ftp://example.gov.vn/")], (1500, 0)),
        (&[("link", "https://www.facebook.com/1")], (1_609_008, 0)),
        (&[("link", "https://intranet.gov.vn/a")], (1_609_005, 0)),
        (&[("link", "https://example.gov.vn/"), ("picture", "https://example.gov.vn/p.png")], (100, 0)),
        (&[("message", "m"), ("published", "maybe")], (100, 0)),
        (&[("message", "m"), ("fields", "id,nonsense{")], (2500, 0)),
        (&[("message", "m"), ("attached_media", "x")], (100, 0)),
        (&[("message", "m"), ("attached_media", r#"[{"media_fbid":"7"}]"#)], (100, 33)),
        (&[("message", "m"), ("date_format", "U")], (100, 0)),
    ];
    for (form, code) in rows {
        assert_eq!(graph.post(&format!("{PAGE}/feed"), form).await.code(), code, "{form:.60?}");
    }
    assert_eq!(graph.post("4711/feed", &[("message", "m")]).await.code(), (100, 33), "another page");
    assert!(graph.facebook.posts().is_empty());
    assert_eq!(graph.facebook.counts().refused_by_code[&100], 9);

    graph.facebook.script_update(|script| script.links_owned = true);
    let owned = [("link", "https://example.gov.vn/"), ("picture", "https://example.gov.vn/p.png")];
    assert_eq!(graph.post(&format!("{PAGE}/feed"), &owned).await.status, 200);
}

#[tokio::test]
async fn a_scheduled_post_appears_when_its_time_has_come() {
    let graph = graph(|_| {}).await;
    let feed = format!("{PAGE}/feed");
    let now = graph.publish("clock").await.id();
    let now = graph.facebook.posts().iter().find(|post| post.id == now).unwrap().created;
    for (ahead, published, good) in
        [(300, "false", false), (3_600, "true", false), (31 * 86_400, "false", false), (3_600, "false", true)]
    {
        let at = (now + ahead).to_string();
        let form = [("message", "later"), ("published", published), ("scheduled_publish_time", &at)];
        let answer = graph.post(&feed, &form).await;
        assert_eq!(answer.status == 200, good, "{ahead} {published} {answer:?}");
    }
    let scheduled =
        graph.get(&format!("{PAGE}/scheduled_posts"), &[("fields", "scheduled_publish_time")]).await;
    assert_eq!(scheduled.json()["data"][0]["scheduled_publish_time"], now + 3_600);
    assert_eq!(graph.list(&[]).await.ids().len(), 1);
    let id = scheduled.ids().remove(0);

    graph.facebook.advance(std::time::Duration::from_secs(3_700));
    assert!(graph.list(&[]).await.ids().contains(&id));
    assert!(graph.get(&format!("{PAGE}/scheduled_posts"), &[]).await.ids().is_empty());
}

#[tokio::test]
async fn times_are_read_in_three_forms() {
    let graph = graph(|_| {}).await;
    let at = jiff::Timestamp::from_second(graph_now(&graph).await + 3_600).unwrap();
    let compact = at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string();
    for text in [at.as_second().to_string(), at.to_string(), compact] {
        let form = [("message", text.as_str()), ("published", "false"), ("scheduled_publish_time", &text)];
        assert_eq!(graph.post(&format!("{PAGE}/feed"), &form).await.status, 200, "{text}");
    }
}

async fn graph_now(graph: &Graph) -> i64 {
    let answer = graph.get(&format!("{PAGE}/page_status"), &[]).await.json();
    answer["timestamp"].as_i64().unwrap()
}

#[tokio::test]
async fn a_post_in_development_mode_succeeds_and_nobody_sees_it() {
    let graph = graph(|script| script.dev_mode = true).await;
    let id = graph.publish("unseen").await.id();
    assert_eq!(graph.get(&id, &[("fields", "is_published")]).await.json()["is_published"], true);
    assert!(!graph.facebook.posts()[0].public);
    graph.facebook.script_update(|script| script.dev_mode = false);
    let restricted = [("message", "m"), ("targeting", r#"{"geo_locations":{"countries":["VN"]}}"#)];
    graph.post(&format!("{PAGE}/feed"), &restricted).await;
    graph.publish("seen").await;
    let public: Vec<_> = graph.facebook.posts().iter().map(|post| post.public).collect();
    assert_eq!(public, [false, false, true]);
}

#[tokio::test]
async fn the_same_text_again_is_counted_and_refused_within_the_window() {
    let graph = graph(|_| {}).await;
    for text in ["a", "a", "b", "a"] {
        assert_eq!(graph.publish(text).await.status, 200);
    }
    let counts = graph.facebook.counts();
    assert_eq!((counts.posts_created, counts.duplicate_posts), (4, 2));

    graph.facebook.script_update(|script| script.duplicate_window_ms = 60_000);
    let again = graph.publish("a").await;
    assert_eq!((again.status, again.code()), (400, (506, 0)));
    assert!(again.json()["error"]["error_user_msg"].is_string());
    assert_eq!(graph.publish("c").await.status, 200);
    graph.facebook.advance(std::time::Duration::from_secs(61));
    assert_eq!(graph.publish("a").await.status, 200, "the window has passed");
}

#[tokio::test]
async fn only_the_id_is_certain_after_a_write() {
    let graph = graph(|script| script.fields_after_write = false).await;
    let form = [("message", "m"), ("fields", "id,permalink_url")];
    let made = graph.post(&format!("{PAGE}/feed"), &form).await;
    assert_eq!(made.json(), json!({"id": made.id()}));
}

#[tokio::test]
async fn the_header_tells_which_version_answered() {
    let graph = graph(|_| {}).await;
    let asked = |version: &str| {
        let url = format!("{}/{version}/{PAGE}", graph.facebook.base());
        graph.http.get(url).bearer_auth("page-token")
    };
    let answer = Graph::send(asked("v19.0")).await;
    assert_eq!(answer.header("facebook-api-version"), Some("v19.0"));
    assert!(answer.header("x-fb-trace-id").is_some());
    graph.facebook.script_update(|script| "v25.0".clone_into(&mut script.api_version));
    assert_eq!(Graph::send(asked("v19.0")).await.header("facebook-api-version"), Some("v25.0"));
    assert_eq!(graph.get("no/such/path", &[]).await.header("facebook-api-version"), Some("v25.0"));
    assert_eq!(graph.facebook.counts().requests_of("other"), 1);
}
