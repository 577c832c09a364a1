//! To whom a correction goes, and what an article cannot carry.

use loa::{
    domain::{AlertKind, Audience, Channel, Mode, Plan, PostContent, Severity},
    office::{AlertForm, PlanForm},
};

use super::{LIST, fields, form, house, refused};

#[tokio::test]
async fn a_correction_goes_to_those_whom_the_first_text_may_have_reached() {
    let house = house().await;
    house.import(LIST).await;
    let office = &house.office;
    let wrong = house.submitted(form()).await;
    let correction = office.correction_form(&house.author, wrong.id).await.unwrap();
    assert_eq!((correction.kind, correction.refers_to), (AlertKind::Correction, Some(wrong.id)));
    assert_eq!(correction.audience, Audience { reached_by: Some(wrong.id), ..Audience::default() });
    assert_eq!(correction.plan, Some(PlanForm::Steps(Plan::default())));

    // Nobody has the first text yet: there is nobody to correct it to.
    let row = house.written(correction.clone()).await;
    assert_eq!(fields(&refused(office.submit(&house.author, row.id).await)), ["audience"]);
    assert!(row.content.sms_text(Mode::Live).starts_with("ĐÍNH CHÍNH: tin \"Lũ sông Kỳ Cùng\" là KHÔNG"));

    // To others it does not go, and left empty it is filled in.
    let others = AlertForm { audience: form().audience, ..correction.clone() };
    assert_eq!(fields(&refused(office.alert_add(&house.author, others).await)), ["audience.reached_by"]);
    let empty = AlertForm { audience: Audience::default(), ..correction };
    assert_eq!(house.written(empty).await.audience.reached_by, Some(wrong.id));
}

#[tokio::test]
async fn an_article_never_carries_alone_what_cannot_wait() {
    let house = house().await;
    house.import(LIST).await;
    let preview = async |severity, channels: &[Channel]| {
        let mut form = form();
        form.severity = severity;
        form.plan = Some(PlanForm::Steps(Plan::at_once(channels)));
        form.expires_at = Some("2026-11-24T05:00:00Z".parse().unwrap());
        form.content.post =
            Some(PostContent { link: Some("https://loa.example/lu.jpg".into()), ..PostContent::default() });
        let preview = house.office.preview(&house.author, &form).await.unwrap();
        let refused: Vec<String> = preview.refusals.iter().map(|refusal| refusal.field.clone()).collect();
        let warned: Vec<_> = preview.warnings.iter().map(|warning| warning.code).collect();
        (refused, warned)
    };
    let (zalo, both) = ([Channel::Zalo], [Channel::Zalo, Channel::Sms]);
    let none = Vec::<String>::new();
    assert_eq!(preview(Severity::Moderate, &zalo).await, (none.clone(), vec![]));
    assert_eq!(preview(Severity::Severe, &zalo).await, (vec!["plan".to_owned()], vec![]));
    assert_eq!(preview(Severity::Severe, &both).await, (none.clone(), vec!["broadcast-too-slow"]));
    // At ten in the evening it waits for the morning, and that is still in time.
    house.clock.advance(jiff::SignedDuration::from_hours(13));
    assert_eq!(preview(Severity::Moderate, &zalo).await, (none, vec!["quiet-hours", "broadcast-waits"]));
}
