//! A small province for the stories: people, a lane or two, alerts on their way; and the checks that every story makes.

use std::time::Duration;

use contract::ReceiptVerdict;
use jiff::Timestamp;
use loa::domain::{
    AlertId, AlertKind, Audience, Content, ContentHash, Counts, LaneId, MessageKey, Mode, Phase, RouteId,
    Selection, Severity, SmsForm, State, UncertainPolicy, UserId,
};
use loa::ledger::{
    AgainKind, Applied, Approved, CarrierSource, Claim, ClaimAsk, DispatchPlan, End, Favour, KnownPart,
    Lease, MessageFilter, MessageRow, NewAccount, NewAlert, Ownership, PersonRow, PhaseChange, Progress,
    ReceiptFact, Role, Routing, Settlement, Store, Why,
};

/// Seconds after the beginning of every story.
pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// When alerts expire, unless a story says otherwise.
pub(super) const EXPIRES_S: i64 = 10_000;
pub(super) const WAIT: Duration = Duration::from_secs(1000);
pub(super) const LONG_LEASE: Duration = Duration::from_secs(1_000_000);
const ROWS_MAX: usize = 1000;

/// What an alert is like, where a story cares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) severity: Severity,
    pub(super) policy: UncertainPolicy,
    pub(super) parts: i64,
    pub(super) expires_s: i64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { severity: Severity::Moderate, policy: UncertainPolicy::Hold, parts: 1, expires_s: EXPIRES_S }
    }
}

pub(super) fn person(n: i64, carrier: Option<&str>) -> PersonRow {
    PersonRow {
        line: n + 1,
        external_id: format!("p{n}"),
        phone: format!("8490{n:07}"),
        carrier: carrier.map(str::to_owned),
        carrier_source: CarrierSource::Prefix,
        area: format!("0600{}", n % 3),
        name: None,
        groups: Vec::new(),
        opted_out: false,
        warning: None,
    }
}

pub(super) fn address(n: i64) -> String {
    format!("8490{n:07}")
}

/// The approval that [`World::approved`] gives.
pub(super) fn given(alert: AlertId) -> Approved {
    Approved { alert, at: at(1) }
}

/// One store with two routes, a lane that serves both, and two people of the office.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) store: &'a Store,
    pub(super) author: UserId,
    pub(super) approver: UserId,
    pub(super) routes: Vec<RouteId>,
    pub(super) lane: LaneId,
    pub(super) owner: Ownership,
}

impl<'a> World<'a> {
    /// With `people` on the lists, all on the first route.
    pub(super) async fn new(store: &'a Store, people: i64) -> Self {
        let author = account(store, "author", Role::Author).await;
        let approver = account(store, "approver", Role::Approver).await;
        let routes = store.catalog.routes(&["viettel".into(), "vinaphone".into()]).await.unwrap();
        let lane = store.catalog.lanes(&["viettel-1".into()]).await.unwrap()[0];
        let owner = lease(store, lane, "node-a", 0, LONG_LEASE).await;
        let world = Self { store, author, approver, routes, lane, owner };
        let rows: Vec<PersonRow> = (1..=people).map(|n| person(n, Some("viettel"))).collect();
        world.import(&rows).await;
        world
    }

    pub(super) async fn import(&self, rows: &[PersonRow]) {
        let import = self.store.catalog.import_begin(at(0), self.author, "people.csv").await.unwrap();
        self.store.catalog.import_rows(at(0), import, rows, &[]).await.unwrap();
    }

    pub(super) fn routing(&self) -> Routing {
        let by_carrier = vec![("viettel".into(), self.routes[0]), ("vinaphone".into(), self.routes[1])];
        Routing { by_carrier, ..Routing::default() }
    }

    pub(super) fn new_alert(&self, plan: Plan) -> NewAlert {
        NewAlert {
            kind: AlertKind::Alert,
            mode: Mode::Live,
            severity: plan.severity,
            refers_to: None,
            content: Content {
                headline: "Lũ trên sông Kỳ Cùng".into(),
                sms_accented: Some("Nước lên nhanh, bà con rời bờ sông.".into()),
                sms_plain: None,
                sms_form: SmsForm::Accented,
                body: None,
                zalo: None,
                post: None,
            },
            content_hash: ContentHash::from_bytes([7; 32]),
            audience: Audience { everyone: true, ..Audience::default() },
            plan: loa::domain::Plan::default(),
            uncertain: plan.policy,
            author: self.author,
            expires_at: at(plan.expires_s),
        }
    }

    /// An alert that was approved a second ago.
    pub(super) async fn approved(&self, plan: Plan) -> AlertId {
        let alert = self.store.catalog.alert_add(at(0), &self.new_alert(plan)).await.unwrap();
        self.change(alert, self.author, Phase::Draft, Phase::Submitted, "submit").await;
        self.change(alert, self.approver, Phase::Submitted, Phase::Approved, "approve").await;
        alert
    }

    /// An alert to everyone, all of it in the queues.
    pub(super) async fn begun(&self, plan: Plan) -> AlertId {
        let alert = self.approved(plan).await;
        let everyone = Selection::Everyone;
        while let Progress::More(_) =
            self.store.ledger.freeze(at(1), given(alert), &everyone, &self.routing(), ROWS_MAX).await.unwrap()
        {
        }
        let plans: Vec<DispatchPlan> = self.routes.iter().map(|route| dispatch_plan(*route, plan)).collect();
        self.store.ledger.begin(at(1), given(alert), "digest", &plans, &[]).await.unwrap();
        while let Progress::More(_) = self.store.ledger.accept(at(1), alert, ROWS_MAX).await.unwrap() {}
        alert
    }

    pub(super) async fn change(&self, alert: AlertId, by: UserId, from: Phase, to: Phase, action: &str) {
        let change = PhaseChange {
            alert,
            version: 1,
            from,
            to,
            action: action.into(),
            account: Some(by),
            reason: None,
        };
        assert_eq!(self.store.catalog.alert_change(at(1), &change).await.unwrap(), Applied::Yes, "{action}");
    }

    pub(super) fn ask(&self, messages_max: usize) -> ClaimAsk {
        ClaimAsk { routes: self.routes.clone(), messages_max, favour: Favour::Urgent }
    }

    pub(super) async fn try_claim(&self, second: i64, messages_max: usize) -> Option<Claim> {
        self.store.ledger.claim(at(second), &self.owner, &self.ask(messages_max)).await.unwrap()
    }

    pub(super) async fn claim(&self, second: i64, messages_max: usize) -> Claim {
        self.try_claim(second, messages_max).await.expect("there is something to claim")
    }

    /// Settles and returns how many messages moved.
    pub(super) async fn settle(&self, second: i64, ended: &[Settlement]) -> usize {
        self.store.ledger.settle(at(second), &self.owner, ended, &[]).await.unwrap().applied
    }

    pub(super) async fn record(&self, receipts: &[ReceiptFact]) -> loa::ledger::Recorded {
        self.store.ledger.record(at(50), receipts).await.unwrap()
    }

    pub(super) async fn message(&self, key: MessageKey) -> MessageRow {
        self.store.reports.message(key).await.unwrap().expect("the message is there")
    }

    pub(super) async fn state(&self, key: MessageKey) -> State {
        self.message(key).await.state
    }

    pub(super) async fn phase(&self, alert: AlertId) -> Phase {
        self.store.catalog.alert(alert).await.unwrap().unwrap().phase
    }

    pub(super) async fn counts(&self, alert: AlertId) -> Counts {
        self.store.ledger.counts(alert).await.unwrap().into_iter().map(|(_, counts)| counts).sum()
    }

    /// Conservation, and the counters are what the facts of the messages say.
    pub(super) async fn check(&self, alert: AlertId) -> Counts {
        let by_route = self.store.ledger.counts(alert).await.unwrap();
        let rows =
            self.store.reports.messages(alert, &MessageFilter::default(), None, 100_000).await.unwrap();
        for (route, counts) in &by_route {
            assert!(counts.conserved(), "alert {alert} route {route}: {counts:?}");
            for state in State::ALL {
                let found = rows.iter().filter(|row| row.key.route == *route && row.state == *state).count();
                assert_eq!(
                    counts.of(*state),
                    found as i64,
                    "alert {alert} route {route}: {state} of {counts:?}"
                );
            }
        }
        by_route.into_iter().map(|(_, counts)| counts).sum()
    }
}

/// A dispatch of an alert with one step.
pub(super) fn dispatch_plan(route: RouteId, plan: Plan) -> DispatchPlan {
    DispatchPlan { route, parts: plan.parts, step: 1, expires_at: at(plan.expires_s), page: None }
}

async fn account(store: &Store, name: &str, role: Role) -> UserId {
    let account =
        NewAccount { name: name.into(), role, key_id: format!("key-{name}"), key_hash: "00".into() };
    store.catalog.account_add(at(0), &account).await.unwrap().expect("the name is free")
}

pub(super) async fn lease(store: &Store, lane: LaneId, node: &str, second: i64, ttl: Duration) -> Ownership {
    match store.ledger.lease(at(second), lane, node, ttl, true).await.unwrap() {
        Lease::Granted { ownership, .. } => ownership,
        held @ Lease::HeldBy { .. } => panic!("{node} does not get the lane: {held:?}"),
    }
}

pub(super) fn key_of(claim: &Claim, place: usize) -> MessageKey {
    MessageKey { alert: claim.alert, route: claim.route, seq: claim.messages[place].seq }
}

pub(super) fn why(code: &str) -> Why {
    Why { code: code.into(), text: format!("reason {code}") }
}

pub(super) fn ended(claim: &Claim, place: usize, end: End, second: i64) -> Settlement {
    Settlement {
        key: key_of(claim, place),
        claim: claim.id,
        attempt: claim.messages[place].attempt,
        accepted: Vec::new(),
        end,
        at: at(second),
    }
}

/// One part accepted under this reference.
pub(super) fn sent(claim: &Claim, place: usize, reference: &str, second: i64) -> Settlement {
    Settlement { accepted: vec![(1, reference.into())], ..ended(claim, place, End::Sent, second) }
}

pub(super) fn again(due_s: i64) -> End {
    End::Again { why: why("busy"), kind: AgainKind::Throttled, due_at: at(due_s), strikes: 1 }
}

pub(super) fn lost(resend_s: i64) -> End {
    End::Uncertain { why: why("timeout"), resend_at: at(resend_s), strikes: 1 }
}

/// A receipt that names nothing yet.
pub(super) fn receipt(lane: LaneId, verdict: ReceiptVerdict) -> ReceiptFact {
    ReceiptFact {
        lane,
        known: None,
        references: Vec::new(),
        address: None,
        verdict,
        code: Some("000".into()),
        provider_at: Some(at(40)),
        received_at: at(50),
        raw: None,
    }
}

pub(super) fn by_reference(lane: LaneId, reference: &str, verdict: ReceiptVerdict) -> ReceiptFact {
    ReceiptFact { references: vec![reference.into()], ..receipt(lane, verdict) }
}

pub(super) fn by_memory(lane: LaneId, key: MessageKey, attempt: i32, verdict: ReceiptVerdict) -> ReceiptFact {
    ReceiptFact { known: Some(KnownPart { key, attempt, part: 1 }), ..receipt(lane, verdict) }
}
