use crate::kit::*;
use simulators::facebook::script::ListingScript;
use std::time::Duration;

async fn with_posts(count: usize, listing: ListingScript) -> (Graph, Vec<String>) {
    let graph = graph(|script| script.listing = listing).await;
    let mut ids = Vec::new();
    for nth in 0..count {
        ids.insert(0, graph.publish(&format!("[VN-{nth}]")).await.id());
    }
    (graph, ids)
}

#[tokio::test]
async fn a_list_goes_on_until_next_is_missing() {
    let (graph, ids) = with_posts(7, ListingScript::default()).await;
    let pages = graph.pages(&[("limit", "3"), ("fields", "id,message")]).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    assert_eq!(pages.concat(), ids, "newest first");
    let counts = graph.facebook.counts();
    assert_eq!(counts.listing_reads, 3);
    assert_eq!(counts.tokens_in_url, 2, "next has the token in it");
    let cursor = graph.list(&[("limit", "3")]).await.json()["paging"]["cursors"]["after"].clone();
    let query = [("limit", "3"), ("after", cursor.as_str().unwrap())];
    assert_eq!(graph.list(&query).await.ids(), ids[3..6], "the cursor alone does it too");
}

#[tokio::test]
async fn bounds_of_limit_and_cursors() {
    let (graph, ids) = with_posts(2, ListingScript::default()).await;
    for bad in ["101", "many", "-1"] {
        assert_eq!(graph.list(&[("limit", bad)]).await.code(), (100, 0), "{bad}");
    }
    assert_eq!(graph.list(&[("limit", "100")]).await.ids(), ids);
    let after = graph.list(&[("limit", "1")]).await.json()["paging"]["cursors"]["after"].clone();
    graph.delete(&ids[0]).await;
    let stale = graph.list(&[("after", after.as_str().unwrap())]).await;
    assert_eq!(stale.code(), (100, 0), "cursors do not last");
    assert_eq!(graph.list(&[("after", "ÿ%")]).await.code(), (100, 0));
    assert_eq!(graph.get("4711/published_posts", &[]).await.code(), (100, 33));
}

#[tokio::test]
async fn a_first_page_may_be_empty_and_pages_short() {
    let listing = ListingScript { empty_page_with_next: true, page_size: 2, ..ListingScript::default() };
    let (graph, ids) = with_posts(5, listing).await;
    let pages = graph.pages(&[("limit", "100")]).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2, 2, 1]);
    assert_eq!(pages.concat(), ids);
}

#[tokio::test]
async fn the_order_may_be_any_and_stays_through_the_pages() {
    let listing = ListingScript { shuffled: true, ..ListingScript::default() };
    let (graph, mut ids) = with_posts(12, listing).await;
    let mut listed = graph.pages(&[("limit", "5")]).await.concat();
    assert_ne!(listed, ids);
    listed.sort();
    ids.sort();
    assert_eq!(listed, ids, "each exactly once");
}

#[tokio::test]
async fn a_new_post_shows_up_late() {
    let listing = ListingScript { delayed_ms: 30_000, ..ListingScript::default() };
    let (graph, ids) = with_posts(1, listing).await;
    assert!(graph.list(&[]).await.ids().is_empty());
    assert_eq!(graph.get(&ids[0], &[]).await.status, 200, "by its id it is there");
    graph.facebook.advance(Duration::from_secs(31));
    assert_eq!(graph.list(&[]).await.ids(), ids);
}

#[tokio::test]
async fn a_list_may_be_empty_without_a_word() {
    let (graph, ids) = with_posts(1, ListingScript::default()).await;
    graph.facebook.script_update(|script| script.listing.silently_empty = true);
    let empty = graph.list(&[]).await;
    assert_eq!((empty.status, empty.text.as_str()), (200, r#"{"data":[]}"#));
    graph.facebook.script_update(|script| {
        script.listing.silently_empty = false;
        script.token.data_access_expires_at = 1;
    });
    assert!(graph.list(&[]).await.ids().is_empty(), "data access has ended");
    assert_eq!(graph.publish("still authenticates").await.status, 200);
    graph.facebook.script_update(|script| script.token.data_access_expires_at = 0);
    assert_eq!(graph.list(&[]).await.ids()[1..], ids);
}

#[tokio::test]
async fn since_and_until_are_honoured_or_not() {
    let (graph, old) = with_posts(1, ListingScript::default()).await;
    let then = graph.facebook.posts()[0].created;
    graph.facebook.advance(Duration::from_secs(3_600));
    let new = graph.publish("new").await.id();
    let (since, until) = ((then + 1_800).to_string(), (then + 1_800).to_string());
    assert_eq!(graph.list(&[("since", &since)]).await.ids(), [new.as_str()]);
    assert_eq!(graph.list(&[("until", &until)]).await.ids(), old);
    graph.facebook.script_update(|script| script.listing.since_honoured = false);
    assert_eq!(graph.list(&[("since", &since)]).await.ids(), [new, old[0].clone()]);
}

#[tokio::test]
async fn the_feed_mixes_what_published_posts_does_not() {
    let graph = graph(|_| {}).await;
    let ours = graph.publish("ours").await.id();
    let draft =
        graph.post(&format!("{PAGE}/feed"), &[("message", "draft"), ("published", "false")]).await.id();
    let visitor = graph.facebook.visitor_post("Anh Ba", "Đường ngập rồi");
    let admin = graph.facebook.post_by_admin("by hand");
    assert_eq!(graph.list(&[]).await.ids(), [admin.clone(), ours.clone()]);
    assert_eq!(graph.get(&format!("{PAGE}/posts"), &[]).await.ids(), [admin.clone(), ours.clone()]);
    assert_eq!(graph.get("me/feed", &[]).await.ids(), [admin, visitor, draft, ours]);
    graph.facebook.script_update(|script| script.token.scopes.retain(|one| one != "pages_read_user_content"));
    assert_eq!(graph.get("me/feed", &[]).await.code(), (10, 0));
}
