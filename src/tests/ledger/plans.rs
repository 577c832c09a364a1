//! Several channels: who gets which message when, what a person's messages come to, and what providers tell beside it.

use contract::{Exhibit, Finding, Follower, Inbound, ReceiptVerdict, TemplateFacts, Tokens, Turn};
use loa::domain::{AlertId, Counts, Phase, RouteId, Selection, State};
use loa::ledger::{ClaimAsk, DispatchPlan, Favour, PersonRow, Picture, Progress, Routing, StepPlan, Store};

use super::world::{
    LONG_LEASE, Plan, WAIT, World, address, at, by_reference, ended, given, key_of, lease, lost, person,
    sent, why,
};

const DUE_S: i64 = 100;

/// Five people: 1 to 3 are followed on Zalo, 4 and 5 have a telephone only.
struct Town<'a> {
    world: World<'a>,
    zalo: RouteId,
    page: RouteId,
}

impl<'a> Town<'a> {
    async fn new(store: &'a Store) -> Self {
        let mut world = World::new(store, 5).await;
        let routes = store.catalog.routes(&["zalo".into(), "page".into()]).await.unwrap();
        let (zalo, page) = (routes[0], routes[1]);
        let followers: Vec<Finding> = (1..=3).map(|n| Finding::Follower(follower(n))).collect();
        store.ledger.keep_findings(at(0), zalo, &followers).await.unwrap();
        world.routes.extend([zalo, page]);
        Self { world, zalo, page }
    }

    fn routing(&self) -> Routing {
        Routing { by_contact: vec![self.zalo], ..self.world.routing() }
    }

    /// Zalo first, and SMS at [`DUE_S`] for those it did not reach.
    async fn zalo_then_sms(&self) -> AlertId {
        let (sms, zalo) = (self.world.routes[0], self.zalo);
        let plans = [plan(zalo, 1, DUE_S), plan(sms, 2, 10_000)];
        self.begun(&plans, &[StepPlan { step: 2, due_at: at(DUE_S) }]).await
    }

    async fn begun(&self, plans: &[DispatchPlan], steps: &[StepPlan]) -> AlertId {
        let (store, alert) = (self.world.store, self.world.approved(Plan::default()).await);
        self.freeze(alert, &Selection::Everyone).await;
        store.ledger.begin(at(1), given(alert), "d", plans, steps).await.unwrap();
        while let Progress::More(_) = store.ledger.accept(at(1), alert, 2).await.unwrap() {}
        alert
    }

    async fn freeze(&self, alert: AlertId, selection: &Selection) {
        let ledger = &self.world.store.ledger;
        while let Progress::More(_) =
            ledger.freeze(at(1), given(alert), selection, &self.routing(), 2).await.unwrap()
        {}
    }

    async fn escalate(&self, second: i64) -> usize {
        let mut made = 0;
        while let Progress::More(rows) = self.world.store.ledger.escalate(at(second), 2).await.unwrap() {
            made += rows;
        }
        made
    }

    async fn on(&self, alert: AlertId, route: RouteId) -> Counts {
        let counts = self.world.store.ledger.counts(alert).await.unwrap();
        counts.into_iter().find(|(on, _)| *on == route).map(|(_, counts)| counts).unwrap_or_default()
    }

    /// Claims on one route and has everything taken under references `{alert}-{seq}`.
    async fn send_all(&self, second: i64, route: RouteId) -> usize {
        let ask = ClaimAsk { routes: vec![route], messages_max: 100, favour: Favour::Urgent };
        let world = &self.world;
        let Some(claim) = world.store.ledger.claim(at(second), &world.owner, &ask).await.unwrap() else {
            return 0;
        };
        let all = (0..claim.messages.len()).map(|place| {
            // The other routes have references of their own: the lane is the same.
            let mark = if route == self.zalo { "" } else { "sms-" };
            sent(&claim, place, &format!("{mark}{}-{}", claim.alert, claim.messages[place].seq), second)
        });
        world.settle(second, &all.collect::<Vec<_>>()).await
    }

    async fn receipt(&self, alert: AlertId, seq: i64, verdict: ReceiptVerdict) {
        self.world.record(&[by_reference(self.world.lane, &format!("{alert}-{seq}"), verdict)]).await;
    }

    /// States of persons, in the order of targets.
    async fn persons(&self, alert: AlertId) -> Vec<State> {
        let rows = self.world.store.reports.persons(alert, &[], 0, 100).await.unwrap();
        rows.iter().map(|row| row.state).collect()
    }
}

fn follower(n: i64) -> Follower {
    Follower {
        address: format!("user-{n}"),
        follows: true,
        area: None,
        phone: Some(address(n)),
        last_interaction: None,
    }
}

fn plan(route: RouteId, step: i64, expires_s: i64) -> DispatchPlan {
    DispatchPlan { route, parts: 1, step, expires_at: at(expires_s), page: None }
}

pub(super) async fn a_step_is_for_those_not_reached_before(store: &Store) {
    let town = Town::new(store).await;
    let (alert, sms) = (town.zalo_then_sms().await, town.world.routes[0]);
    let addressed = (town.on(alert, town.zalo).await.accepted, town.on(alert, sms).await.accepted);
    assert_eq!(addressed, (3, 2), "who has no Zalo is written to at once");
    assert_eq!(town.send_all(2, town.zalo).await, 3);
    town.receipt(alert, 1, ReceiptVerdict::Delivered).await;
    town.receipt(alert, 2, ReceiptVerdict::Failed).await;
    assert_eq!(town.escalate(DUE_S - 1).await, 0, "the third may still arrive");
    assert_eq!(town.escalate(DUE_S).await, 2);
    assert_eq!(town.escalate(DUE_S + 1).await, 0, "a step is done once");
    assert_eq!(town.on(alert, sms).await.accepted, 4);
    town.world.check(alert).await;
    assert_eq!(town.send_all(DUE_S + 1, sms).await, 4);
    // Two of them had no Zalo: messages 1 and 2.
    for seq in 1..=4 {
        let reference = format!("{alert}-{seq}");
        let row = town.world.message(loa::domain::MessageKey { alert, route: sms, seq }).await;
        assert_ne!(row.address, address(1), "{reference} is not for the one who has it");
    }
    assert_eq!(town.persons(alert).await[0], State::Delivered);
    let areas = store.reports.by_area(alert).await.unwrap();
    let people: Counts = areas.iter().map(|area| area.counts).sum();
    assert_eq!((people.accepted, people.delivered), (5, 1), "each person once");
}

pub(super) async fn a_step_begins_early_when_nothing_is_open_before_it(store: &Store) {
    let town = Town::new(store).await;
    let alert = town.zalo_then_sms().await;
    town.send_all(2, town.zalo).await;
    for seq in 1..=3 {
        town.receipt(alert, seq, ReceiptVerdict::Failed).await;
    }
    assert_eq!(town.escalate(3).await, 3);
    town.world.check(alert).await;
}

pub(super) async fn what_a_step_did_not_send_is_over_with_it(store: &Store) {
    let town = Town::new(store).await;
    let (alert, sms) = (town.zalo_then_sms().await, town.world.routes[0]);
    store.ledger.sweep(at(DUE_S), WAIT, 100).await.unwrap();
    assert_eq!(town.on(alert, town.zalo).await.expired, 3);
    assert_eq!(town.send_all(DUE_S, town.zalo).await, 0);
    assert_eq!(town.escalate(DUE_S).await, 3);
    assert_eq!(town.on(alert, sms).await.queued, 5);
    assert_eq!(town.world.phase(alert).await, Phase::Dispatching);
    town.world.check(alert).await;
}

pub(super) async fn an_alert_waits_for_its_steps_and_ends_with_them(store: &Store) {
    let town = Town::new(store).await;
    let (alert, sms) = (town.zalo_then_sms().await, town.world.routes[0]);
    town.send_all(2, town.zalo).await;
    town.send_all(2, sms).await;
    for seq in 1..=3 {
        town.receipt(alert, seq, ReceiptVerdict::Delivered).await;
    }
    store.ledger.sweep(at(10), WAIT, 100).await.unwrap();
    assert_eq!(town.world.phase(alert).await, Phase::Dispatching, "the second step is to come");
    assert_eq!(town.escalate(11).await, 0, "everybody was reached");
    for seq in 1..=2 {
        let row = by_reference(town.world.lane, &format!("sms-{alert}-{seq}"), ReceiptVerdict::Delivered);
        town.world.record(&[row]).await;
    }
    // An alert that was cancelled begins no step.
    let cancelled = town.zalo_then_sms().await;
    town.world.change(cancelled, town.world.approver, Phase::Dispatching, Phase::Cancelled, "cancel").await;
    assert_eq!(town.escalate(DUE_S + 5).await, 0);
    town.world.check(cancelled).await;
}

pub(super) async fn all_at_once_is_a_message_on_each_and_one_person(store: &Store) {
    let town = Town::new(store).await;
    let (sms, zalo) = (town.world.routes[0], town.zalo);
    let alert = town.begun(&[plan(zalo, 1, 10_000), plan(sms, 1, 10_000)], &[]).await;
    assert_eq!((town.on(alert, zalo).await.accepted, town.on(alert, sms).await.accepted), (3, 5));
    let persons = store.reports.persons(alert, &[State::Queued], 0, 100).await.unwrap();
    assert_eq!(persons.len(), 5);
    let preview = store.reports.audience(&Selection::Everyone, &town.routing(), 100).await.unwrap();
    assert_eq!(preview.people, 5);
    assert!(preview.by_route.contains(&(zalo, 3)) && preview.by_route.contains(&(sms, 5)));
    town.world.check(alert).await;
}

pub(super) async fn plain_alerts_show_their_persons_page_by_page(store: &Store) {
    let world = World::new(store, 7).await;
    let alert = world.begun(Plan::default()).await;
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = store.reports.persons(alert, &[State::Queued], after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.cursor;
        seen.extend(page.iter().map(|row| row.target_seq));
    }
    seen.sort_unstable();
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    assert!(store.reports.persons(alert, &[State::Delivered], 0, 3).await.unwrap().is_empty());
}

pub(super) async fn a_page_is_sent_once_unless_its_absence_is_proved(store: &Store) {
    let town = Town::new(store).await;
    let page = DispatchPlan { page: Some("1000001".into()), ..plan(town.page, 1, 10_000) };
    let alert =
        town.world.approved(Plan { policy: loa::domain::UncertainPolicy::Resend, ..Plan::default() }).await;
    store.ledger.begin(at(1), given(alert), "d", &[page], &[]).await.unwrap();
    assert_eq!(town.world.phase(alert).await, Phase::Dispatching, "a page needs no target");
    assert_eq!(store.ledger.accept(at(1), alert, 10).await.unwrap(), Progress::Done(0));
    let ask = ClaimAsk { routes: vec![town.page], messages_max: 1, favour: Favour::Urgent };
    let claim = store.ledger.claim(at(2), &town.world.owner, &ask).await.unwrap().unwrap();
    assert_eq!(claim.messages[0].address, "1000001");
    town.world.settle(3, &[ended(&claim, 0, lost(4), 3)]).await;
    let doubts = store.ledger.doubts(&[town.page], 10).await.unwrap();
    assert_eq!((doubts.len(), doubts[0].key), (1, key_of(&claim, 0)), "held, whatever the alert says");
    assert!(store.ledger.claim(at(50), &town.world.owner, &ask).await.unwrap().is_none());
    let stale = lease(store, town.world.lane, "node-a", 51, LONG_LEASE).await;
    let stale = loa::ledger::Ownership { epoch: stale.epoch - 1, ..stale };
    let keys = [key_of(&claim, 0)];
    assert!(store.ledger.proved_absent(at(52), &stale, &keys).await.is_err(), "only the owner may");
    assert_eq!(store.ledger.proved_absent(at(52), &town.world.owner, &keys).await.unwrap(), 1);
    assert_eq!(store.ledger.proved_absent(at(52), &town.world.owner, &keys).await.unwrap(), 0);
    let again = store.ledger.claim(at(53), &town.world.owner, &ask).await.unwrap().unwrap();
    assert!(!again.messages[0].possible_repeat && again.messages[0].attempt == 2);
    town.world.settle(54, &[sent(&again, 0, "post-1", 54)]).await;
    assert_eq!(store.ledger.reference_of(alert, town.page).await.unwrap().as_deref(), Some("post-1"));
    assert_eq!(store.ledger.accepted_references(town.world.lane, 5).await.unwrap(), ["post-1"]);
    let references = ["nothing".to_owned(), "post-1".to_owned()];
    assert_eq!(store.ledger.lane_of(&[town.world.lane], &references).await.unwrap(), Some(town.world.lane));
    assert_eq!(town.world.check(alert).await.sent, 1);
    // What is seen of it is kept when it changes.
    let seen = |reactions, second| {
        Finding::Exhibit(Exhibit {
            reference: "post-1".into(),
            permalink: Some("https://example.test/1".into()),
            metrics: vec![("reactions".into(), reactions), ("views".into(), None)],
            at: at(second),
        })
    };
    let findings = [seen(Some(1), 60), seen(Some(1), 61), seen(Some(2), 62)];
    store.ledger.keep_findings(at(63), town.page, &findings).await.unwrap();
    let exhibits = store.reports.exhibits(alert, 10).await.unwrap();
    assert_eq!(exhibits.len(), 2);
    assert_eq!(exhibits[0].metrics, [("reactions".to_owned(), Some(2)), ("views".to_owned(), None)]);
    // A comment says which alert it speaks about; a second copy is not kept.
    let comment = Inbound {
        from: "dan".into(),
        to: "page".into(),
        text: "Đường ngập".into(),
        id: Some("c1".into()),
        answers: Some("post-1".into()),
    };
    for _ in 0..2 {
        store.ledger.keep_inbound(at(64), town.world.lane, std::slice::from_ref(&comment)).await.unwrap();
    }
    let inbox = store.reports.inbox(None, 10).await.unwrap();
    assert_eq!((inbox.len(), inbox[0].alert), (1, Some(alert)));
}

pub(super) async fn those_an_alert_reached_are_found_exactly(store: &Store) {
    let world = World::new(store, 6).await;
    let wrong = world.begun(Plan::default()).await;
    let claim = world.claim(2, 5).await;
    let mut answers = vec![sent(&claim, 0, "a", 3), sent(&claim, 1, "b", 3), sent(&claim, 2, "c", 3)];
    answers.push(ended(&claim, 3, lost(9000), 3));
    answers.push(ended(&claim, 4, loa::ledger::End::Failed(why("no")), 3));
    world.settle(3, &answers).await;
    world.record(&[by_reference(world.lane, "a", ReceiptVerdict::Delivered)]).await;
    world.record(&[by_reference(world.lane, "b", ReceiptVerdict::Failed)]).await;
    // Delivered, sent, uncertain; not: undelivered, failed, queued.
    let reached = Selection::ReachedBy(wrong);
    for rows_max in [1, 2, 100] {
        let right = world.approved(Plan::default()).await;
        while let Progress::More(_) =
            store.ledger.freeze(at(5), given(right), &reached, &world.routing(), rows_max).await.unwrap()
        {
        }
        let targets = store.reports.targets(right, 0, 10).await.unwrap();
        let numbers: Vec<_> = targets.iter().map(|row| row.sms.clone().unwrap().1).collect();
        assert_eq!(numbers, [address(1), address(3), address(4)], "chunks of {rows_max}");
    }
    let preview = store.reports.audience(&reached, &world.routing(), 100).await.unwrap();
    assert_eq!((preview.people, preview.excluded.len()), (3, 0));
}

pub(super) async fn contacts_are_people_and_may_refuse(store: &Store) {
    let town = Town::new(store).await;
    let stranger = Follower { area: Some("06001".into()), phone: None, ..follower(9) };
    let unknown = Follower { phone: Some(address(77)), ..follower(8) };
    let findings = [
        Finding::Follower(stranger),
        Finding::Follower(unknown),
        Finding::OptedOut { address: "user-1".into(), reason: "-141".into() },
        Finding::Follower(Follower { follows: false, ..follower(2) }),
    ];
    store.ledger.keep_findings(at(1), town.zalo, &findings).await.unwrap();
    let only_zalo = Routing { by_contact: vec![town.zalo], ..Routing::default() };
    let preview = store.reports.audience(&Selection::Everyone, &only_zalo, 100).await.unwrap();
    assert_eq!(preview.by_route, [(town.zalo, 2)], "the third, and the one without telephone");
    assert_eq!(preview.excluded, [("no-channel".to_owned(), 4)]);
    // A list that brings the telephone brings the contact.
    town.world.import(&[PersonRow { phone: address(77), ..person(77, Some("viettel")) }]).await;
    let preview = store.reports.audience(&Selection::Everyone, &only_zalo, 100).await.unwrap();
    assert_eq!(preview.people, 3);
    // By telephone everybody can be tried but those who refused on that route.
    let by_phone = Routing { by_phone: vec![town.page], ..Routing::default() };
    let refusal = Finding::OptedOut { address: address(5), reason: "-139".into() };
    store.ledger.keep_findings(at(2), town.page, &[refusal]).await.unwrap();
    let preview = store.reports.audience(&Selection::Everyone, &by_phone, 100).await.unwrap();
    assert_eq!((preview.people, preview.by_route), (5, vec![(town.page, 5)]));
}

pub(super) async fn a_follower_moves_and_is_recognised_by_the_telephone(store: &Store) {
    let town = Town::new(store).await;
    let only_zalo = Routing { by_contact: vec![town.zalo], ..Routing::default() };
    let people = async |area: &str| {
        let selection = Selection::Chosen { communes: vec![area.into()], groups: Vec::new() };
        store.reports.audience(&selection, &only_zalo, 100).await.unwrap().people
    };
    for (second, area) in [(1, "06050"), (2, "06051")] {
        let seen = Follower { area: Some(area.into()), phone: None, ..follower(9) };
        store.ledger.keep_findings(at(second), town.zalo, &[Finding::Follower(seen)]).await.unwrap();
        assert_eq!(people(area).await, 1, "lives in {area} now");
    }
    assert_eq!(people("06050").await, 0, "and nowhere else");
    // The fourth person of the list, who was no follower so far.
    let before = town.begun(&[plan(town.zalo, 1, 10_000), plan(town.world.routes[0], 1, 10_000)], &[]).await;
    assert_eq!(store.reports.persons(before, &[], 0, 100).await.unwrap().len(), 6);
    let told = Follower { phone: Some(address(4)), ..follower(9) };
    store.ledger.keep_findings(at(3), town.zalo, &[Finding::Follower(told)]).await.unwrap();
    let after = town.begun(&[plan(town.zalo, 1, 10_000), plan(town.world.routes[0], 1, 10_000)], &[]).await;
    let persons = store.reports.persons(after, &[], 0, 100).await.unwrap();
    assert_eq!(persons.len(), 5, "one human, one person");
    assert_eq!(town.on(after, town.zalo).await.accepted, 4);
    town.world.check(after).await;
}

pub(super) async fn one_of_many_replaces_a_pair_of_tokens(store: &Store) {
    let tokens = |n: i64| Tokens {
        access: format!("access-{n}"),
        refresh: format!("refresh-{n}"),
        access_until: at(n),
        refresh_until: at(n + 1000),
    };
    let catalog = &store.catalog;
    assert_eq!(catalog.tokens_turn(at(0), "zalo", 0, at(9)).await.unwrap(), Turn::Empty);
    assert_eq!(catalog.tokens_replace(at(0), "zalo", 0, &tokens(1)).await.unwrap(), Some(1));
    assert_eq!(catalog.tokens_replace(at(0), "zalo", 0, &tokens(2)).await.unwrap(), None, "there is one");
    let turns = [
        catalog.tokens_turn(at(1), "zalo", 1, at(10)).await.unwrap(),
        catalog.tokens_turn(at(2), "zalo", 1, at(11)).await.unwrap(),
    ];
    assert!(matches!(&turns[0], Turn::Ours(stored) if stored.tokens == tokens(1)));
    assert_eq!(turns[1], Turn::Busy);
    catalog.tokens_pass("zalo", 1).await.unwrap();
    assert!(matches!(catalog.tokens_turn(at(3), "zalo", 1, at(12)).await.unwrap(), Turn::Ours(_)));
    assert!(
        matches!(catalog.tokens_turn(at(12), "zalo", 1, at(20)).await.unwrap(), Turn::Ours(_)),
        "a dead one's hold ends"
    );
    assert_eq!(catalog.tokens_replace(at(13), "zalo", 1, &tokens(2)).await.unwrap(), Some(2));
    assert_eq!(catalog.tokens_replace(at(13), "zalo", 1, &tokens(3)).await.unwrap(), None);
    let newer = catalog.tokens_turn(at(14), "zalo", 1, at(20)).await.unwrap();
    assert!(matches!(newer, Turn::Newer(stored) if stored.edition == 2 && stored.tokens == tokens(2)));
}

pub(super) async fn templates_and_pictures_are_kept_once(store: &Store) {
    let town = Town::new(store).await;
    let facts = |name: &str| TemplateFacts {
        id: "410001".into(),
        name: name.into(),
        enabled: true,
        parameters: Vec::new(),
        price_dong: Some(120),
    };
    for name in ["cũ", "mới"] {
        store.ledger.keep_findings(at(1), town.zalo, &[Finding::Template(facts(name))]).await.unwrap();
    }
    assert_eq!(store.catalog.templates(town.zalo).await.unwrap(), [facts("mới")]);
    let picture = Picture {
        hash: loa::domain::PictureHash::of(b"picture"),
        media_type: "image/png".into(),
        bytes: b"picture".to_vec(),
    };
    assert!(store.catalog.picture_add(at(1), town.world.author, &picture).await.unwrap());
    assert!(!store.catalog.picture_add(at(2), town.world.author, &picture).await.unwrap());
    assert_eq!(store.catalog.picture(&picture.hash).await.unwrap(), Some(picture));
}
