use crate::kit::*;
use serde_json::json;

#[tokio::test]
async fn a_post_is_corrected_and_withdrawn() {
    let graph = graph(|_| {}).await;
    let id = graph.publish("[VN-1] wrong").await.id();
    for text in ["[VN-1] right", "[VN-1] right"] {
        assert_eq!(graph.post(&id, &[("message", text)]).await.json(), json!({"success": true}));
    }
    assert_eq!(graph.get(&id, &[]).await.json()["message"], "[VN-1] right");
    let known = graph.facebook.posts().remove(0);
    assert_eq!(known.edits, ["[VN-1] wrong", "[VN-1] right"]);
    assert_eq!(graph.facebook.counts().edits, 2);
    assert_eq!(graph.post(&id, &[("message", "")]).await.code(), (100, 0), "no empty post");

    assert_eq!(graph.delete(&id).await.json(), json!({"success": true}));
    assert_eq!(graph.delete(&id).await.code(), (100, 33), "already gone");
    assert_eq!(graph.get(&id, &[]).await.code(), (100, 33));
    assert_eq!(graph.post(&id, &[("message", "late")]).await.code(), (100, 33));
    assert!(graph.list(&[]).await.ids().is_empty());
    let counts = graph.facebook.counts();
    assert_eq!((counts.edits, counts.deletes), (2, 1));
    assert!(graph.facebook.posts()[0].deleted);
}

#[tokio::test]
async fn a_post_is_hidden_pinned_and_published_later() {
    let graph = graph(|_| {}).await;
    let form = [("message", "draft"), ("published", "false")];
    let id = graph.post(&format!("{PAGE}/feed"), &form).await.id();
    assert!(graph.list(&[]).await.ids().is_empty());
    graph.post(&id, &[("is_published", "true"), ("is_pinned", "true")]).await;
    assert_eq!(graph.list(&[]).await.ids(), [id.as_str()]);
    let known = graph.facebook.posts().remove(0);
    assert!(known.public && known.pinned && known.edits.is_empty());
    assert_eq!(graph.get(&id, &[("fields", "is_pinned")]).await.code(), (100, 0), "cannot be read back");
    graph.post(&id, &[("is_hidden", "true")]).await;
    assert!(!graph.facebook.posts()[0].public);
    assert_eq!(graph.get(&id, &[("fields", "is_hidden")]).await.json()["is_hidden"], true);
}

#[tokio::test]
async fn another_ones_post_cannot_be_edited() {
    let graph = graph(|_| {}).await;
    let id = graph.facebook.post_by_admin("from the office's own phone");
    let refused = graph.post(&id, &[("message", "changed")]).await;
    assert_eq!((refused.status, refused.code()), (403, (200, 0)));
    let read = graph.get(&id, &[("fields", "message,application")]).await.json();
    assert_eq!(read["message"], "from the office's own phone");
    assert!(read.get("application").is_none());
    assert_eq!(graph.facebook.counts().posts_created, 0, "not made through the API");
}

#[tokio::test]
async fn comments_are_added_and_listed() {
    let graph = graph(|_| {}).await;
    let id = graph.publish("alert").await.id();
    let comments = format!("{id}/comments");
    let ours = graph.post(&comments, &[("message", "Đính chính: cầu đã thông")]).await.id();
    let theirs = graph.facebook.visitor_comment(&id, "Chị Lan", "Cảm ơn").unwrap();
    let reply = graph.post(&format!("{theirs}/comments"), &[("message", "Không có gì")]).await.id();
    let list = graph.get(&comments, &[("summary", "true"), ("fields", "message,from,parent")]).await;
    assert_eq!(list.ids(), [ours.as_str(), &theirs, &reply]);
    let list = list.json();
    assert_eq!(list["summary"]["total_count"], 3);
    assert_eq!(list["data"][0]["from"]["id"], PAGE);
    assert_eq!(list["data"][1]["from"]["name"], "Chị Lan");
    assert_eq!(list["data"][2]["parent"]["id"], theirs);
    let first = graph.get(&comments, &[("limit", "2")]).await.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 2);
    let rest = Graph::send(graph.http.get(first["paging"]["next"].as_str().unwrap())).await;
    assert_eq!(rest.ids(), [reply.as_str()]);

    graph.delete(&theirs).await;
    graph.post(&ours, &[("message", "changed")]).await;
    assert_eq!(graph.facebook.posts()[0].comments, ["changed", "Không có gì"]);
    assert_eq!(graph.facebook.posts()[0].message, "alert");
    assert_eq!(graph.facebook.counts().comments, 2);
    assert_eq!(graph.post("1_2/comments", &[("message", "m")]).await.code(), (100, 33));
    assert_eq!(graph.facebook.visitor_comment("1_2", "A", "b"), None);
}

#[tokio::test]
async fn a_message_to_the_post_itself_is_no_reply() {
    let graph = graph(|_| {}).await;
    let id = graph.publish("the alert").await.id();
    graph.post(&id, &[("message", "thank you")]).await;
    let post = graph.facebook.posts().remove(0);
    assert_eq!((post.message.as_str(), post.comments.len()), ("thank you", 0));
}

#[tokio::test]
async fn a_new_comment_moves_the_time_of_the_last_change() {
    let graph = graph(|_| {}).await;
    let id = graph.publish("alert").await.id();
    let updated =
        async || graph.get(&id, &[("fields", "updated_time")]).await.json()["updated_time"].to_string();
    let before = updated().await;
    graph.facebook.advance(std::time::Duration::from_secs(5));
    graph.facebook.visitor_comment(&id, "Anh Ba", "?");
    assert_ne!(updated().await, before, "so it proves no edit");
}
