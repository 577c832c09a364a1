//! Publishing with links and photos, correcting, taking back.

use contract::{Answer, PostAct, Scope};

use crate::kit::{World, accepted, doing, photo, post};

#[tokio::test]
async fn a_post_stands_as_it_was_written() {
    let mut world = World::with(|script| script.proof_required = true).await;
    let reference = world.post("VN-1").await;
    let posts = world.facebook.posts();
    assert_eq!((posts.len(), posts[0].id.as_str()), (1, reference.as_str()));
    assert!(posts[0].public && posts[0].by_app && reference.contains('_'));
    assert_eq!(posts[0].message, post("VN-1").text);
    let counts = world.facebook.counts();
    assert_eq!((counts.tokens_in_url, counts.proofs_missing), (0, 0));
}

#[tokio::test]
async fn photos_are_uploaded_unseen_and_shown_together() {
    let mut world = World::ready().await;
    for photos in [1, 3] {
        let mut body = post(&format!("VN-{photos}"));
        body.photos = (0..photos).map(|nr| photo(&format!("Ảnh {nr}"))).collect();
        accepted(&world.send(body).await);
        let posts = world.facebook.posts();
        assert_eq!(posts.last().unwrap().photos, photos);
    }
    assert_eq!(world.facebook.posts().len(), 2, "photos alone make no posts");
    assert_eq!(world.facebook.counts().photos_uploaded, 4);
}

#[tokio::test]
async fn an_unusable_photo_is_refused_for_good() {
    let mut world = World::ready().await;
    let mut body = post("VN-1");
    body.photos = vec![contract::Photo { bytes: (*b"no picture").into(), ..photo("?") }];
    let outcome = world.send(body).await;
    assert!(
        matches!(&outcome.answer, Answer::Refused { reason, scope: Scope::Message } if reason.code == "100/1366046")
    );
    assert_eq!(world.facebook.posts().len(), 0);
}

/// The crawler may not reach a site of the province; the alert goes out all the same, once.
#[tokio::test]
async fn a_refused_link_stays_in_the_text_only() {
    let mut world =
        World::with(|script| script.unreachable = vec!["https://example.gov.vn/".to_owned()]).await;
    let mut body = post("VN-1");
    let link = "https://example.gov.vn/a/42";
    body.text.push_str(&format!("\n{link}"));
    body.link = Some(link.to_owned());
    accepted(&world.send(body.clone()).await);
    let posts = world.facebook.posts();
    assert_eq!((posts.len(), posts[0].link.as_deref()), (1, None));
    assert!(posts[0].message.contains(link));
    assert_eq!(world.facebook.counts().requests_of("POST feed"), 2);
    let mut good = post("VN-2");
    good.link = Some("https://example.org/x".to_owned());
    accepted(&world.send(good).await);
    assert_eq!(world.facebook.posts()[1].link.as_deref(), Some("https://example.org/x"));
}

#[tokio::test]
async fn a_post_is_corrected_commented_and_taken_back() {
    let mut world = World::ready().await;
    let target = world.post("VN-1").await;
    let mut edit = doing("VN-1", PostAct::Edit(target.clone()));
    edit.text = "[VN-1] Đã sửa".to_owned();
    assert_eq!(accepted(&world.send(edit).await), target);
    let comment = accepted(&world.send(doing("VN-1", PostAct::Comment(target.clone()))).await);
    assert_ne!(comment, target);
    let stands = &world.facebook.posts()[0];
    assert_eq!(
        (stands.message.as_str(), stands.comments.len()),
        ("[VN-1] Đã sửa", 1),
        "a comment is no edit"
    );
    let delete = doing("VN-1", PostAct::Delete(target.clone()));
    assert_eq!(accepted(&world.send(delete.clone()).await), target);
    assert_eq!(world.standing("VN-1"), 0);
    assert_eq!(accepted(&world.send(delete).await), target, "what is gone stays gone");
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let mut world = World::ready().await;
    let other = world.facebook.post_by_admin("Tin của quản trị viên");
    let outcome = world.send(doing("VN-1", PostAct::Edit(other))).await;
    assert!(matches!(outcome.answer, Answer::Refused { scope: Scope::Message, .. }), "{outcome:?}");
    let gone = world.send(doing("VN-1", PostAct::Edit("100000000000001_5".to_owned()))).await;
    assert!(matches!(gone.answer, Answer::Refused { scope: Scope::Message, .. }), "{gone:?}");
    let trap = world.send(doing("VN-1", PostAct::Edit("../me".to_owned()))).await;
    assert!(matches!(trap.answer, Answer::Refused { scope: Scope::Message, .. }), "{trap:?}");
    assert_eq!(world.facebook.posts()[0].message, "Tin của quản trị viên");
}
