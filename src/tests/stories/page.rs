//! The page: a post whose answer is lost, what people write under it, and its correction.

use loa::{
    domain::{AlertKind, Audience, Channel, Correcting, Plan as Steps, PostContent, Severity},
    office::{AlertForm, PlanForm},
};
use simulators::facebook::{
    FacebookScript,
    fault::{Calls, Fault, FaultKind, When},
};

use crate::kit::town::{Plan, Town, alert};

fn town(facebook: FacebookScript) -> Plan {
    Plan {
        people: 1,
        facebook: Some(facebook),
        settings: "[sending]\nsweep_ms = 20".into(),
        ..Plan::default()
    }
}

/// A post alone.
fn post() -> AlertForm {
    let mut form = alert(Severity::Severe);
    form.plan = Some(PlanForm::Steps(Steps::at_once(&[Channel::Facebook])));
    form.audience = Audience::default();
    form.content.post = Some(PostContent {
        text: Some("Lũ lên nhanh, bà con lên nơi cao.".into()),
        ..PostContent::default()
    });
    form
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_and_not_made_again() {
    let lost = Fault::new(FaultKind::CommitThenTimeout { ms: 10_000 }, When::Once(1)).on(Calls::Posts);
    let town = Town::build(town(FacebookScript { faults: vec![lost], ..FacebookScript::default() })).await;
    let sent = town.send(post()).await;
    town.until(sent, "in doubt", |counts| counts.uncertain == 1).await;
    town.until(sent, "found", |counts| counts.uncertain == 0 && counts.sent + counts.delivered == 1).await;
    assert_eq!(town.platforms.facebook().posts().len(), 1);
    assert_eq!(town.counts(sent).await.possible_repeats, 0);
    town.end().await;
}

#[tokio::test]
async fn a_post_that_never_was_is_made_when_its_absence_is_proved() {
    let town = Town::build(town(FacebookScript::default())).await;
    let first = town.send(post()).await;
    town.until(first, "posted", |counts| counts.sent + counts.delivered == 1).await;
    town.platforms.facebook().script_update(|script| {
        script.faults = vec![Fault::new(FaultKind::FailBeforeCommit, When::Once(1)).on(Calls::Posts)];
    });
    let second = town.send(post()).await;
    town.until(second, "in doubt", |counts| counts.uncertain == 1).await;
    let counts = town.until(second, "posted", |counts| counts.sent + counts.delivered == 1).await;
    assert_eq!(town.platforms.facebook().posts().len(), 2, "one for each alert");
    assert_eq!(counts.possible_repeats, 0, "it was proved absent");
    town.end().await;
}

#[tokio::test]
async fn comments_come_into_the_inbox_with_their_alert() {
    let town = Town::build(town(FacebookScript::default())).await;
    let sent = town.send(post()).await;
    town.until(sent, "posted", |counts| counts.delivered == 1).await;
    let id = town.platforms.facebook().posts()[0].id.clone();
    town.platforms.facebook().visitor_comment(&id, "Một người dân", "Đường vào xã đã ngập").unwrap();
    let office = &town.app.office;
    let inbox = || office.store.reports.inbox(None, 10);
    town.until_true("a comment came", async || !inbox().await.unwrap().is_empty()).await;
    let inbox = inbox().await.unwrap();
    assert_eq!((inbox[0].text.as_str(), inbox[0].alert), ("Đường vào xã đã ngập", Some(sent)));
    town.end().await;
}

#[tokio::test]
async fn a_correction_stands_under_the_post_it_corrects() {
    let town = Town::build(town(FacebookScript::default())).await;
    let sent = town.send(post()).await;
    town.until(sent, "posted", |counts| counts.sent + counts.delivered == 1).await;
    for (correcting, at_all) in [(Correcting::Comment, 1), (Correcting::Edit, 1), (Correcting::Delete, 0)] {
        let mut form = post();
        form.kind = AlertKind::Update;
        form.refers_to = Some(sent);
        form.content.post = Some(PostContent {
            text: Some(format!("Tin mới: {correcting}")),
            correcting,
            ..PostContent::default()
        });
        let update = town.send(form).await;
        town.until(update, "done", |counts| counts.sent + counts.delivered == 1).await;
        let posts = town.platforms.facebook().posts();
        assert_eq!(posts.iter().filter(|post| !post.deleted).count(), at_all, "{correcting}");
        match correcting {
            Correcting::Comment => assert!(posts[0].comments[0].contains("Tin mới")),
            Correcting::Edit => assert!(posts[0].message.contains("Tin mới")),
            Correcting::Delete | Correcting::Publish => {}
        }
    }
    town.end().await;
}
