//! What a run begins with: people, lanes, alerts that are ready to be approved.

use std::{sync::Arc, time::Duration};

use contract::Clock;
use jiff::Timestamp;
use loa::{
    domain::{
        AlertId, AlertKind, AreaCatalogue, Audience, Content, Mode, Phase, Plan, Severity, SmsForm,
        UncertainPolicy, UserId,
    },
    engine::Settings,
    ledger::{Applied, CarrierSource, NewAccount, NewAlert, PersonRow, PhaseChange, Role, Store},
};

use super::{
    dice::Dice,
    node::{Lane, Layout},
    watch::Watched,
    world::{World, lock},
};

const ROUTES: [&str; 2] = ["viettel", "vinaphone"];
const LANES: [(&str, usize); 4] =
    [("viettel-1", 0), ("viettel-2", 0), ("vinaphone-1", 1), ("vinaphone-2", 1)];

/// Names and granted rates; known before there is a ledger.
pub(super) fn lanes(seed: u64) -> Vec<(String, u32)> {
    let mut dice = Dice::of(seed, "lanes");
    let mut lane = |(name, _): &(&str, usize)| ((*name).to_owned(), *dice.pick(&[5, 10, 10, 20, 40, 150]));
    LANES.iter().map(&mut lane).collect()
}

pub(super) struct Town {
    pub(super) layout: Layout,
    pub(super) alerts: Vec<PlannedAlert>,
    author: UserId,
    approver: UserId,
}

#[derive(Debug)]
pub(super) struct PlannedAlert {
    pub(super) id: AlertId,
    pub(super) approve_at: Duration,
    priority: i16,
    parts: usize,
    expires_at: Timestamp,
}

fn settings(dice: &mut Dice) -> Settings {
    Settings {
        lease: Duration::from_secs(6),
        claim_messages_max: *dice.pick(&[7, 20, 50]),
        settle_rows_max: *dice.pick(&[3, 40, 500]),
        fanout_rows: *dice.pick(&[37, 120, 20_000]),
        sweep_rows: *dice.pick(&[5, 40, 5_000]),
        idle: Duration::from_millis(500),
        escalate_every: Duration::from_secs(2),
        references_max: *dice.pick(&[0, 10, 50_000]),
        receipt_wait: Duration::from_secs(10),
        strikes_max: *dice.pick(&[2, 6]),
        bulk_share: *dice.pick(&[3, 8]),
        lane_refused_rest: Duration::from_secs(3),
        drain: Duration::from_secs(3),
        ..Settings::default()
    }
}

impl Town {
    pub(super) async fn build(store: &Store, seed: u64, now: Timestamp) -> Self {
        let mut dice = Dice::of(seed, "town");
        let author = account(store, now, "author", Role::Author).await;
        let approver = account(store, now, "approver", Role::Approver).await;
        let people = dice.within(80..320);
        import(store, now, author, people, &mut dice).await;
        let names: Vec<String> = ROUTES.iter().map(|name| (*name).to_owned()).collect();
        let ids = store.catalog.routes(&names).await.unwrap();
        let granted = lanes(seed);
        let lane_names: Vec<String> = granted.iter().map(|(name, _)| name.clone()).collect();
        let lane_ids = store.catalog.lanes(&lane_names).await.unwrap();
        let second_is_standby = dice.in_1000(300);
        let lane = |(((name, per_s), id), (_, route)): (((String, u32), _), &(&str, usize))| Lane {
            id,
            standby: second_is_standby && name.ends_with("-2"),
            name,
            route: *route,
            per_s,
            window: 3 + per_s as usize / 4,
        };
        let lanes = granted.into_iter().zip(lane_ids).zip(&LANES).map(lane).collect();
        let layout = Layout {
            routes: ids.into_iter().zip(names).collect(),
            lanes,
            areas: Arc::new(AreaCatalogue::embedded().unwrap()),
            settings: settings(&mut dice),
        };
        let mut alerts = Vec::new();
        for _ in 0..dice.within(2..5) {
            alerts.push(planned(store, now, author, &mut dice).await);
        }
        Self { layout, alerts, author, approver }
    }

    pub(super) fn approve(&self, world: &World, alert: &PlannedAlert) {
        let watched = Watched::new(alert.priority, alert.expires_at, alert.parts);
        lock(&world.watch).alerts.insert(alert.id, watched);
        self.change(world, alert.id, &[Phase::Submitted], Phase::Approved, "approve");
    }

    /// Decides if it stands where it must for that; false: it does not.
    pub(super) fn change(
        &self,
        world: &World,
        alert: AlertId,
        from: &[Phase],
        to: Phase,
        action: &str,
    ) -> bool {
        let row = world.at_once(world.store.catalog.alert(alert)).unwrap().expect("the alert is there");
        if !from.contains(&row.phase) {
            return false;
        }
        let change = PhaseChange {
            alert,
            version: row.version,
            from: row.phase,
            to,
            action: action.into(),
            account: Some(self.approver),
            reason: None,
        };
        let applied = world.at_once(world.store.catalog.alert_change(world.clock.now(), &change)).unwrap();
        assert_eq!(applied, Applied::Yes, "{action}");
        if let Some(watched) = lock(&world.watch).alerts.get_mut(&alert) {
            watched.stopped = matches!(to, Phase::Paused | Phase::Cancelled);
        }
        world.note(&format!("alert {alert}: {action}"));
        world.look_at_counts(action);
        true
    }

    pub(super) fn resend_doubts(&self, world: &World, alert: AlertId) {
        let resend = world.store.catalog.resend_uncertain(world.clock.now(), alert, self.author);
        let again = world.at_once(resend).unwrap();
        world.note(&format!("alert {alert}: {again} doubts are sent again"));
        world.look_at_counts("resend");
    }
}

async fn account(store: &Store, now: Timestamp, name: &str, role: Role) -> UserId {
    let account =
        NewAccount { name: name.into(), role, key_id: format!("key-{name}"), key_hash: "00".into() };
    store.catalog.account_add(now, &account).await.unwrap().expect("the name is free")
}

async fn import(store: &Store, now: Timestamp, author: UserId, people: u64, dice: &mut Dice) {
    let mut person = |n: u64| PersonRow {
        line: n as i64 + 1,
        external_id: format!("p{n}"),
        phone: format!("8452{n:07}"),
        carrier: (!dice.in_1000(20)).then(|| (*dice.pick(&ROUTES)).to_owned()),
        carrier_source: CarrierSource::Prefix,
        area: "05977".into(),
        name: None,
        groups: Vec::new(),
        opted_out: dice.in_1000(20),
        warning: None,
    };
    let rows: Vec<_> = (1..=people).map(&mut person).collect();
    let import = store.catalog.import_begin(now, author, "people.csv").await.unwrap();
    store.catalog.import_rows(now, import, &rows, &[]).await.unwrap();
}

/// Written and submitted.
async fn planned(store: &Store, now: Timestamp, author: UserId, dice: &mut Dice) -> PlannedAlert {
    let severities = [Severity::Minor, Severity::Moderate, Severity::Severe, Severity::Extreme];
    let (severity, kind, mode) = (*dice.pick(&severities), AlertKind::Alert, Mode::Live);
    let sentences = *dice.pick(&[1, 1, 4, 8]);
    let content = Content {
        headline: "Lũ trên sông Kỳ Cùng".into(),
        sms_accented: None,
        sms_plain: Some("Nuoc len nhanh, ba con ven song len noi cao ngay. ".repeat(sentences)),
        sms_form: SmsForm::Plain,
        body: None,
        zalo: None,
        post: None,
    };
    let approve_at = dice.ms(0..15_000);
    let lives = if dice.in_1000(300) { dice.ms(8_000..20_000) } else { dice.ms(30_000..60_000) };
    let expires_at = now + approve_at + lives;
    let alert = NewAlert {
        kind,
        mode,
        severity,
        refers_to: None,
        content_hash: content.hash(severity, kind, mode),
        audience: Audience { everyone: true, ..Audience::default() },
        plan: Plan::default(),
        uncertain: *dice.pick(&[UncertainPolicy::Resend, UncertainPolicy::Hold]),
        author,
        expires_at,
        content,
    };
    let id = store.catalog.alert_add(now, &alert).await.unwrap();
    let submit = PhaseChange {
        alert: id,
        version: 1,
        from: Phase::Draft,
        to: Phase::Submitted,
        action: "submit".into(),
        account: Some(author),
        reason: None,
    };
    assert_eq!(store.catalog.alert_change(now, &submit).await.unwrap(), Applied::Yes);
    let parts = alert.content.sms_segments(mode).parts.len();
    PlannedAlert { id, approve_at, priority: severity.priority(), parts, expires_at }
}
