//! What a look at the Page proves, and what it doesn't.

use contract::{Answer, PostAct, Reconciled};
use simulators::facebook::{Calls, FaultKind};

use crate::kit::{World, doing, post};

fn is_unknown(seen: &Reconciled) -> bool {
    matches!(seen, Reconciled::Unknown(_))
}

/// Not there, the listing works, and long enough after: only then it was not posted.
#[tokio::test]
async fn absence_is_proved_by_a_control_and_by_time() {
    let mut world = World::ready().await;
    let control = world.post("VN-1").await;
    world.fault(FaultKind::FailBeforeCommit, Calls::Posts);
    let since = world.now();
    let outcome = world.send(post("VN-2")).await;
    assert!(matches!(outcome.answer, Answer::Uncertain { .. }), "{outcome:?}");
    let soon = world.reconcile(post("VN-2"), since, &[&control]).await;
    assert!(is_unknown(&soon), "{soon:?}");
    world.wait_s(299);
    assert!(is_unknown(&world.reconcile(post("VN-2"), since, &[&control]).await));
    world.wait_s(1);
    assert!(is_unknown(&world.reconcile(post("VN-2"), since, &[]).await), "no control");
    assert!(is_unknown(&world.reconcile(post("VN-2"), since, &["1_999"]).await), "another control");
    assert_eq!(world.reconcile(post("VN-2"), since, &[&control]).await, Reconciled::NotSent);
    world.healed();
    world.post("VN-2").await;
    assert_eq!(world.standing("VN-2"), 1);
}

#[tokio::test]
async fn a_silently_empty_listing_proves_nothing() {
    let mut world = World::ready().await;
    let control = world.post("VN-1").await;
    world.facebook.script_update(|script| script.listing.silently_empty = true);
    let since = world.now();
    world.wait_s(3_600);
    let seen = world.reconcile(post("VN-2"), since, &[&control]).await;
    assert!(is_unknown(&seen), "{seen:?}");
}

#[tokio::test]
async fn a_failing_or_late_listing_proves_nothing() {
    let mut world = World::ready().await;
    let control = world.post("VN-1").await;
    let since = world.now();
    world.wait_s(3_600);
    world.fault(FaultKind::FailBeforeCommit, Calls::Listings);
    assert!(is_unknown(&world.reconcile(post("VN-2"), since, &[&control]).await));
    world.healed();
    world.facebook.script_update(|script| script.listing.delayed_ms = 600_000);
    assert!(
        is_unknown(&world.reconcile(post("VN-2"), since, &[&control]).await),
        "the control is not there yet"
    );
}

/// Small pages, an empty one among them, in no order: all are read, and none with the token in its address.
#[tokio::test]
async fn every_page_is_read_whatever_the_order() {
    let mut world = World::ready().await;
    let control = world.post("VN-1").await;
    let since = world.now();
    let mine = world.post("VN-2").await;
    for _ in 0..4 {
        world.facebook.post_by_admin("Thông báo khác");
    }
    world.facebook.script_update(|script| {
        script.listing.page_size = 1;
        script.listing.shuffled = true;
        script.listing.empty_page_with_next = true;
    });
    world.wait_s(3_600);
    assert_eq!(world.reconcile(post("VN-2"), since, &[&control]).await, Reconciled::Sent { reference: mine });
    assert_eq!(world.reconcile(post("VN-3"), since, &[&control]).await, Reconciled::NotSent);
    let counts = world.facebook.counts();
    assert!(counts.listing_reads >= 12, "{counts:?}");
    assert_eq!(counts.tokens_in_url, 0);
}

/// Pages are read up to a bound, and what lies behind it may be ours. Where the operator says that listings begin with
/// the newest, the first page that is wholly too old is the end.
#[tokio::test]
async fn a_listing_cut_off_proves_nothing() {
    for ordered in [false, true] {
        let mut world = World::start(
            |script| script.listing.page_size = 1,
            |settings| {
                settings.listing_pages_max = 2;
                settings.listing_ordered = ordered;
            },
        )
        .await;
        world.health(contract::Health::can_send).await;
        for _ in 0..3 {
            world.facebook.post_by_admin("Thông báo khác");
        }
        let control = world.post("VN-9").await;
        world.wait_s(3_600);
        let since = world.now();
        world.wait_s(3_600);
        let seen = world.reconcile(post("VN-2"), since, &[&control]).await;
        if ordered {
            assert_eq!(seen, Reconciled::NotSent);
        } else {
            assert!(
                matches!(&seen, Reconciled::Unknown(why) if why.contains("listing_pages_max")),
                "{seen:?}"
            );
        }
    }
}

/// A later alert that names the earlier one isn't the earlier one; nor is another's post.
#[tokio::test]
async fn only_our_own_text_is_ours() {
    let mut world = World::ready().await;
    let control = world.post("VN-1").await;
    world.facebook.post_by_admin(&post("VN-10").text);
    let mut later = post("VN-3");
    later.text = "[VN-3] Đính chính cho VN-20".to_owned();
    world.send(later).await;
    let since = world.now();
    world.wait_s(3_600);
    assert_eq!(world.reconcile(post("VN-2"), since, &[&control]).await, Reconciled::NotSent);
}

#[tokio::test]
async fn edits_comments_and_deletions_are_looked_up_where_they_happen() {
    let mut world = World::ready().await;
    let target = world.post("VN-1").await;
    let since = world.now();
    let mut edit = doing("VN-1", PostAct::Edit(target.clone()));
    edit.text = "[VN-1] Đã sửa".to_owned();
    let comment = doing("VN-1", PostAct::Comment(target.clone()));
    let delete = doing("VN-1", PostAct::Delete(target.clone()));
    let sent = Reconciled::Sent { reference: target.clone() };
    world.wait_s(3_600);
    assert_eq!(world.reconcile(edit.clone(), since, &[]).await, Reconciled::NotSent);
    assert_eq!(world.reconcile(delete.clone(), since, &[]).await, Reconciled::NotSent);
    assert!(is_unknown(&world.reconcile(comment.clone(), since, &[]).await));
    world.fault(FaultKind::CommitThenCode2, Calls::Writes);
    for body in [&edit, &comment, &delete] {
        let outcome = world.send(body.clone()).await;
        assert!(matches!(outcome.answer, Answer::Uncertain { .. }), "{outcome:?}");
        let seen = world.reconcile(body.clone(), since, &[]).await;
        match &body.act {
            PostAct::Comment(_) => assert!(matches!(seen, Reconciled::Sent { .. }), "{seen:?}"),
            _ => assert_eq!(seen, sent),
        }
    }
}
