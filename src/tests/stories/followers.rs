//! The other ways of an Official Account: templates and free text to those who follow it, an article to all of them.

use std::sync::Arc;

use contract::{Clock as _, ManualClock, SystemClock};
use jiff::{SignedDuration, Zoned, tz::TimeZone};
use loa::{
    domain::{Audience, Channel, Mode, Plan as Steps, PlanStep, PostContent, Severity, ZaloContent},
    office::{AlertForm, Complaint, OfficeError, PlanForm},
};
use simulators::zalo::{
    Event, ZaloScript,
    script::{Fate, Follower},
};

use crate::kit::{
    platforms::TEMPLATE,
    town::{Plan, Town, alert, number},
};

/// On the office's list, each with a telephone.
const PEOPLE: u32 = 20;
/// Of them, so many follow the account.
const FOLLOWERS: u32 = 10;
const HOUR_MS: u64 = 3_600_000;

fn town(zalo_mode: &'static str, zalo: ZaloScript) -> Plan {
    Plan {
        people: PEOPLE,
        zalo: Some(ZaloScript { rate_per_minute: 1_000_000, ..zalo }),
        zalo_mode,
        settings: "[sending]\nsweep_ms = 20\nescalate_ms = 20".into(),
        ..Plan::default()
    }
}

fn user(n: u32) -> String {
    format!("70000000{n:02}")
}

/// The first [`FOLLOWERS`] of the list follow; the last half of them were last heard of nine days ago.
fn followers() -> Vec<Follower> {
    (0..FOLLOWERS)
        .map(|n| {
            let hours = if n < FOLLOWERS / 2 { 1 } else { 9 * 24 };
            Follower { last_interaction_ms_ago: Some(hours * HOUR_MS), ..Follower::new(user(n)) }
        })
        .collect()
}

fn steps(steps: &[(Channel, u32)]) -> Option<PlanForm> {
    let step = |(channel, wait_s): &(Channel, u32)| PlanStep { channels: vec![*channel], wait_s: *wait_s };
    Some(PlanForm::Steps(Steps { steps: steps.iter().map(step).collect() }))
}

impl Town {
    /// Followers have shared their telephone with the account, which says so.
    async fn followers_share_telephones(&self) {
        for n in 0..FOLLOWERS {
            let (user_id, phone) = (user(n), number(n).to_string());
            let (name, ward) = (format!("Nguyễn Văn {n}"), "Đông Kinh".to_owned());
            self.platforms.zalo().tell(Event::UserSubmittedInfo { user_id, name, phone, ward });
        }
        self.followers_known(i64::from(FOLLOWERS)).await;
    }

    /// Waits until so many people can be reached on Zalo.
    async fn followers_known(&self, people: i64) {
        let mut form = alert(Severity::Severe);
        form.plan = steps(&[(Channel::Zalo, 0)]);
        form.content.zalo = Some(ZaloContent { template: TEMPLATE.into(), ..ZaloContent::default() });
        self.until_true("followers known", async || {
            self.app.office.preview(&self.author, &form).await.unwrap().targets == people
        })
        .await;
    }

    /// Fields of what the preview refuses, and codes of what it warns of.
    async fn judged(&self, form: &AlertForm) -> (Vec<String>, Vec<&'static str>) {
        let preview = self.app.office.preview(&self.author, form).await.unwrap();
        let fields = preview.refusals.into_iter().map(|complaint: Complaint| complaint.field).collect();
        (fields, preview.warnings.into_iter().map(|warning| warning.code).collect())
    }

    fn on_zalo(&self, n: u32) -> u32 {
        self.platforms.zalo().accepted(&user(n))
    }

    fn by_sms(&self, n: u32) -> u32 {
        self.carrier().accepted(number(n))
    }
}

#[tokio::test]
async fn free_text_reaches_who_wrote_lately_and_sms_the_others() {
    let town =
        Town::build(town("consult", ZaloScript { followers: followers(), ..ZaloScript::default() })).await;
    town.followers_share_telephones().await;
    let mut form = alert(Severity::Severe);
    form.plan = steps(&[(Channel::Zalo, 0), (Channel::Sms, 600)]);
    form.content.body = Some("Lũ lên nhanh.\nBà con lên nơi cao trước 18 giờ.".into());
    let sent = town.send(form).await;
    let counts = town.until(sent, "everybody has it", |counts| counts.delivered == i64::from(PEOPLE)).await;
    assert_eq!(counts.failed, i64::from(FOLLOWERS / 2), "those outside their window: {counts:?}");
    for n in 0..PEOPLE {
        let in_window = n < FOLLOWERS / 2;
        assert_eq!(
            (town.on_zalo(n), town.by_sms(n)),
            (u32::from(in_window), u32::from(!in_window)),
            "person {n}"
        );
    }
    let said = town.platforms.zalo().last_parameters(&user(0)).unwrap();
    assert_eq!(said["text"], "Lũ lên nhanh.\nBà con lên nơi cao trước 18 giờ.");

    let mut long = alert(Severity::Severe);
    long.plan = steps(&[(Channel::Zalo, 0)]);
    long.content.body = Some("x".repeat(2_001));
    assert_eq!(town.judged(&long).await.0, ["content.body"]);

    // Who writes opens the window.
    town.platforms.zalo().say(&user(FOLLOWERS - 1), "Xã tôi có phải sơ tán không?");
    let mut form = alert(Severity::Severe);
    form.plan = steps(&[(Channel::Zalo, 0), (Channel::Sms, 600)]);
    let again = town.send(form).await;
    town.until(again, "everybody has it", |counts| counts.delivered == i64::from(PEOPLE)).await;
    assert_eq!(town.on_zalo(FOLLOWERS - 1), 1);
    assert_eq!(town.by_sms(FOLLOWERS - 1), 1, "of the first alert");
    town.end().await;
}

#[tokio::test]
async fn a_template_reaches_followers_of_the_commune_who_are_on_no_list() {
    let in_commune = |n, fate| Follower { tags: vec!["xa-05977".into()], fate, ..Follower::new(user(n)) };
    let script = ZaloScript {
        followers: vec![
            in_commune(0, Fate::Seen),
            in_commune(1, Fate::Delivered),
            in_commune(2, Fate::RefusesType),
            Follower { tags: vec!["xa-05980".into()], ..Follower::new(user(3)) },
            Follower::new(user(4)),
        ],
        ..ZaloScript::default()
    };
    let town = Town::build(town("follower", script)).await;
    town.followers_known(3).await;
    let mut form = alert(Severity::Severe);
    form.plan = steps(&[(Channel::Zalo, 0)]);
    let parameters =
        [("loai", "Lũ"), ("noi_dung", "Nước lên"), ("thoi_gian", "17:30 07/10/2026"), ("ma", "A1")];
    form.content.zalo = Some(ZaloContent {
        template: TEMPLATE.into(),
        parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    });
    let sent = town.send(form.clone()).await;
    town.until(sent, "two have it", |counts| counts.delivered == 2 && counts.failed == 1).await;
    assert_eq!((0..5).map(|n| town.on_zalo(n)).collect::<Vec<_>>(), [1, 1, 0, 0, 0]);

    // The one who refuses is not written to any more; who follows no more is not either.
    town.followers_known(2).await;
    town.platforms.zalo().unfollow(&user(1));
    town.followers_known(1).await;
    let again = town.send(form).await;
    let counts = town.until(again, "one has it", |counts| counts.delivered == 1).await;
    assert_eq!(counts.accepted, 1);
    assert_eq!((0..3).map(|n| town.on_zalo(n)).collect::<Vec<_>>(), [2, 1, 0]);
    town.end().await;
}

/// An article to all followers, and nothing else.
fn article(severity: Severity) -> AlertForm {
    let mut form = alert(severity);
    form.plan = steps(&[(Channel::Zalo, 0)]);
    form.audience = Audience::default();
    form.content.headline = "Lịch xả lũ tuần này".into();
    form.content.body = Some("Hồ Bản Lải xả lũ theo lịch.\nBà con theo dõi tin của xã.".into());
    form.content.post =
        Some(PostContent { link: Some("https://tinh.example.vn/anh.jpg".into()), ..PostContent::default() });
    form
}

/// This time of today in Vietnam.
fn at(hour: i8, minute: i8) -> Arc<ManualClock> {
    let zone = TimeZone::fixed(jiff::tz::Offset::constant(7));
    let today: Zoned = SystemClock.now().to_zoned(zone);
    let at = today.date().at(hour, minute, 0, 0).to_zoned(today.time_zone().clone()).unwrap();
    Arc::new(ManualClock::at(at.timestamp()))
}

#[tokio::test]
async fn an_article_is_looked_at_and_broadcast_once_to_all() {
    let script = ZaloScript { followers: followers(), article_polls: 3, ..ZaloScript::default() };
    let town = Town::build(Plan { clock: at(9, 0), ..town("broadcast", script) }).await;
    let sent = town.send(article(Severity::Minor)).await;
    let counts = town.until(sent, "taken by Zalo", |counts| counts.sent == 1).await;
    assert_eq!((counts.accepted, counts.parts_submitted), (1, 1), "one message for all");
    let office = &town.app.office;
    let told = office.counts(&town.auditor, sent, true).await.unwrap();
    assert_eq!(told.people.map(|people| people.counts.accepted), Some(0), "nobody in particular");
    let zalo = town.platforms.zalo();
    town.until_true("broadcast", async || zalo.broadcasts().iter().any(|one| one.reached.is_some())).await;
    let (articles, broadcasts) = (zalo.articles(), zalo.broadcasts());
    assert_eq!((articles.len(), broadcasts.len(), broadcasts[0].reached), (1, 1, Some(u64::from(FOLLOWERS))));
    let article = &articles[0].content;
    assert!(articles[0].shown && article["author"] == "Thông tin tỉnh", "{article}");
    assert_eq!(article["title"], "Lịch xả lũ tuần này");
    let last = article["body"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
    assert!(last.contains(&format!("[LOA-{sent}-")), "{last}");
    town.end().await;
}

#[tokio::test]
async fn a_broadcast_is_refused_where_it_would_come_too_late() {
    let script = || ZaloScript { followers: followers(), ..ZaloScript::default() };
    let day = Town::build(Plan { clock: at(9, 0), ..town("broadcast", script()) }).await;
    let can_send = || day.app.office.engine.lanes().iter().all(|lane| lane.can_send);
    day.until_true("lanes up", async || can_send()).await;
    assert_eq!(day.judged(&article(Severity::Minor)).await, (vec![], vec![]));
    let urgent = article(Severity::Severe);
    assert_eq!(
        day.judged(&urgent).await,
        (vec!["plan".to_owned()], vec![]),
        "alone it carries nothing urgent"
    );
    let draft = day.app.office.alert_add(&day.author, urgent).await.unwrap();
    let refused = day.app.office.submit(&day.author, draft.id).await.unwrap_err();
    assert!(matches!(refused, OfficeError::Refused(_)), "{refused}");
    let mut beside = article(Severity::Severe);
    beside.plan = Some(PlanForm::Steps(Steps::at_once(&[Channel::Sms, Channel::Zalo])));
    beside.audience = alert(Severity::Severe).audience;
    assert_eq!(day.judged(&beside).await, (vec![], vec!["broadcast-too-slow"]));
    let mut later = beside.clone();
    later.plan = steps(&[(Channel::Sms, 0), (Channel::Zalo, 600)]);
    assert_eq!(day.judged(&later).await.0, ["plan.steps[1].channels"], "an article follows on nothing");
    let mut bare = article(Severity::Minor);
    bare.content.post = None;
    bare.content.headline = "x".repeat(151);
    assert_eq!(day.judged(&bare).await.0, ["content.post.link", "content.headline"]);
    let mut exercise = article(Severity::Minor);
    exercise.mode = Mode::Exercise;
    assert_eq!(day.judged(&exercise).await.0, ["plan"], "everybody who follows would get it");
    day.end().await;

    let clock = at(23, 0);
    let night = Town::build(Plan { clock: clock.clone(), ..town("broadcast", script()) }).await;
    let mut short = article(Severity::Minor);
    short.expires_at = Some(clock.now().saturating_add(SignedDuration::from_hours(8)).unwrap());
    assert_eq!(night.judged(&short).await.0, ["plan"], "over before it is out");
    let (refused, warned) = night.judged(&article(Severity::Minor)).await;
    assert!(refused.is_empty() && warned.contains(&"broadcast-waits"), "{refused:?} {warned:?}");
    night.end().await;
}

#[tokio::test]
async fn at_night_an_article_waits_for_the_morning() {
    let script = ZaloScript { followers: followers(), local_hour: Some(5), ..ZaloScript::default() };
    let clock = at(6, 3);
    let mut plan = Plan { clock: clock.clone(), ..town("broadcast", script) };
    // The hour is moved by hand, and lanes shall not take it for a node that fell silent.
    plan.settings.push_str("\nlease_s = 300");
    let town = Town::build(plan).await;
    let waits = town.send(article(Severity::Minor)).await;
    let zalo_waits = || town.app.office.engine.lanes().iter().any(|lane| lane.health.contains("-234"));
    town.until_true("told to wait", async || zalo_waits()).await;
    town.until(waits, "queued", |counts| counts.queued == 1).await;
    assert_eq!(town.platforms.zalo().broadcasts().len(), 0);
    town.platforms.zalo().script_update(|script| script.local_hour = None);
    clock.advance(SignedDuration::from_mins(2));
    town.until(waits, "taken in the morning", |counts| counts.sent == 1).await;
    let zalo = town.platforms.zalo();
    assert_eq!((zalo.articles().len(), zalo.broadcasts().len()), (1, 1), "the article was made once");
    town.end().await;
}
