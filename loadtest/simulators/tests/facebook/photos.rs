use crate::kit::*;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn one_photo_makes_a_post_with_its_caption() {
    let graph = graph(|_| {}).await;
    let made = graph.upload(JPEG.to_vec(), &[("caption", "Bản đồ ngập")]).await;
    let post = made.json()["post_id"].as_str().unwrap().to_owned();
    assert_ne!(made.id(), post);
    let listed = graph.list(&[("fields", "message,status_type,full_picture")]).await.json();
    assert_eq!(
        (&listed["data"][0]["id"], &listed["data"][0]["message"]),
        (&json!(post), &json!("Bản đồ ngập"))
    );
    assert_eq!(listed["data"][0]["status_type"], "added_photos");
    let known = graph.facebook.posts().remove(0);
    assert_eq!((known.photos, known.photo_bytes), (1, JPEG.len()));
}

#[tokio::test]
async fn many_photos_are_uploaded_first_and_used_once() {
    let graph = graph(|_| {}).await;
    let feed = format!("{PAGE}/feed");
    let mut ids = Vec::new();
    for _ in 0..3 {
        let uploaded = graph.upload(JPEG.to_vec(), &[("published", "false")]).await;
        assert_eq!(uploaded.json(), json!({"id": uploaded.id()}), "no post");
        ids.push(uploaded.id());
    }
    assert!(graph.facebook.posts().is_empty());
    let media = json!([{"media_fbid": ids[0]}, {"media_fbid": ids[1]}]).to_string();
    let post = graph.post(&feed, &[("message", "two"), ("attached_media", &media)]).await.id();
    let read = graph.get(&post, &[("fields", "attachments")]).await.json();
    assert_eq!(read["attachments"]["data"][0]["subattachments"]["data"].as_array().unwrap().len(), 2);
    let again = graph.post(&feed, &[("message", "again"), ("attached_media", &media)]).await;
    assert_eq!(again.code(), (100, 1_366_051));

    let third = json!({"media_fbid": ids[2]}).to_string();
    let indexed = graph.post(&feed, &[("message", "one"), ("attached_media[0]", &third)]).await;
    assert_eq!(indexed.status, 200, "{indexed:?}");
    let photos: Vec<_> = graph.facebook.posts().iter().map(|post| post.photos).collect();
    assert_eq!(photos, [2, 1]);
    assert_eq!(graph.facebook.counts().photos_uploaded, 3);
}

#[tokio::test]
async fn an_upload_that_no_post_uses_is_gone_after_a_day() {
    let graph = graph(|_| {}).await;
    let upload = async || graph.upload(JPEG.to_vec(), &[("published", "false")]).await.id();
    let (used, unused) = (upload().await, upload().await);
    let feed = format!("{PAGE}/feed");
    let media = |id: &str| json!([{"media_fbid": id}]).to_string();
    graph.post(&feed, &[("attached_media", &media(&used))]).await.id();
    graph.facebook.advance(Duration::from_secs(86_390));
    assert_eq!(graph.facebook.counts().photos_purged, 0);
    graph.facebook.advance(Duration::from_secs(20));
    assert_eq!(graph.facebook.counts().photos_purged, 1);
    assert_eq!(graph.post(&feed, &[("attached_media", &media(&unused))]).await.code(), (100, 33));
    assert_eq!(graph.get(&used, &[]).await.status, 200);
}

#[tokio::test]
async fn type_and_size_are_looked_at() {
    let graph = graph(|script| script.photo_bytes_max = 3_000_000).await;
    for start in
        [&b"\x89PNG\r\n\x1a\n"[..], b"GIF89a", b"BM", b"II*\0", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic"]
    {
        assert_eq!(graph.upload(start.to_vec(), &[]).await.status, 200, "{start:?}");
    }
    let mut large = JPEG.to_vec();
    large.resize(3_000_000, 0);
    assert_eq!(graph.upload(large.clone(), &[]).await.status, 200);
    large.push(0);
    for bad in [large, b"%PDF-1.7".to_vec(), Vec::new()] {
        let answer = graph.upload(bad, &[("locale", "vi_VN")]).await;
        assert_eq!((answer.status, answer.code()), (400, (100, 1_366_046)));
        assert_eq!(answer.json()["error"]["error_user_title"], "Không thể đọc ảnh");
    }
    assert_eq!(graph.post(&format!("{PAGE}/photos"), &[("caption", "none")]).await.code(), (324, 0));
}

#[tokio::test]
async fn a_photo_is_fetched_from_its_url() {
    let graph = graph(|script| script.unreachable = vec!["https://intranet.".to_owned()]).await;
    let photos = format!("{PAGE}/photos");
    let served = axum::Router::new()
        .route("/map.jpg", axum::routing::get(async || JPEG))
        .route("/page.html", axum::routing::get(async || "<html>"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });

    let good = graph.post(&photos, &[("url", &format!("{base}/map.jpg")), ("caption", "map")]).await;
    assert!(good.json()["post_id"].is_string());
    assert_eq!(graph.facebook.posts()[0].photo_bytes, JPEG.len());
    let page = graph.post(&photos, &[("url", &format!("{base}/page.html"))]).await;
    assert_eq!(page.code(), (100, 1_366_046));
    for gone in [format!("{base}/none.jpg"), "https://intranet.gov.vn/map.jpg".to_owned()] {
        let answer = graph.post(&photos, &[("url", &gone)]).await;
        assert_eq!(answer.code(), (324, 2_069_019));
        assert_eq!(answer.json()["error"]["is_transient"], true, "and it lies");
    }
    let believed = graph.post(&photos, &[("url", "https://example.gov.vn/map.jpg")]).await;
    assert_eq!(believed.status, 200);
    server.abort();
}
