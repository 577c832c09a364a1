//! The ledger as a process reaches it: each call passes the process's gate, may be slow, may fail before its commit or
//! lose its answer after it, and is watched. Between these the call itself is one piece.

use std::{
    fmt::Debug,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use contract::{Finding, Inbound, Stored, TemplateFacts, Tokens, Turn};
use jiff::Timestamp;
use loa::domain::{
    AlertId, Counts, ImportId, LaneId, MessageKey, PersonId, Phase, PictureHash, RouteId, Selection, State,
    UserId,
};
use loa::ledger::*;

use super::{
    process::Process,
    time::pass,
    trouble::{Blow, Side},
    world::{World, lock},
};

/// Verbs that move messages; after each of them the counters are looked at.
const MOVING: [&str; 8] =
    ["begin", "accept", "claim", "settle", "record", "escalate", "sweep", "proved_absent"];

pub(super) struct Reach {
    process: Arc<Process>,
    world: Arc<World>,
}

/// The store of one process.
pub(super) fn store(process: &Arc<Process>, world: &Arc<World>) -> Store {
    let reach = Arc::new(Reach { process: process.clone(), world: world.clone() });
    Store { ledger: reach.clone(), catalog: reach.clone(), reports: reach }
}

fn away() -> LedgerError {
    LedgerError::Unavailable(sqlx::Error::PoolTimedOut)
}

impl Reach {
    async fn call<T: Debug>(
        &self,
        verb: &'static str,
        work: impl Future<Output = Result<T>> + Send,
        seen: impl FnOnce(&World, &T) + Send,
    ) -> Result<T> {
        self.process.gate().await;
        let fault = lock(&self.world.trouble).meet(&self.process.name, verb);
        self.wait(fault.before).await;
        self.strike(fault.blow.as_ref(), Side::Before).await;
        if fault.fails == Some(Side::Before) {
            self.world.note(&format!("{} {verb} fails", self.process.name));
            return Err(away());
        }
        let result = self.world.at_once(work);
        self.watch(verb, &result, seen);
        self.strike(fault.blow.as_ref(), Side::After).await;
        self.wait(fault.after).await;
        if fault.fails == Some(Side::After) {
            self.world.note(&format!("{} {verb} loses its answer", self.process.name));
            return Err(away());
        }
        result
    }

    fn watch<T: Debug>(&self, verb: &'static str, result: &Result<T>, seen: impl FnOnce(&World, &T)) {
        let mut hasher = DefaultHasher::new();
        let text = match result {
            Ok(value) => {
                format!("{value:?}").hash(&mut hasher);
                format!("{:016x}", hasher.finish())
            }
            Err(error) => error.to_string(),
        };
        self.world.note(&format!("{} {verb} {text}", self.process.name));
        match result {
            Ok(value) => seen(&self.world, value),
            Err(LedgerError::Fenced { .. }) => {}
            Err(error) => self.world.wrong(&format!("{verb}: {error:?}")),
        }
        if MOVING.contains(&verb) {
            self.world.look_at_counts(verb);
        }
    }

    async fn wait(&self, time: Duration) {
        if !time.is_zero() {
            pass(time).await;
            self.process.gate().await;
        }
    }

    async fn strike(&self, blow: Option<&Blow>, side: Side) {
        let Some(blow) = blow.filter(|blow| blow.side == side) else { return };
        self.world.note(&format!("{} {blow:?}", self.process.name));
        match blow.freeze {
            None => self.world.kill(&self.process),
            Some(time) => {
                self.process.freeze();
                let process = self.process.clone();
                tokio::spawn(async move {
                    pass(time).await;
                    process.thaw();
                });
            }
        }
        self.process.gate().await;
    }
}

macro_rules! verbs {
    ($trait:ident by $role:ident {
        $(fn $verb:ident($($name:ident: $type:ty),* $(,)?) -> $out:ty $(, seen $seen:expr)?;)+
    }) => {
        #[async_trait]
        impl $trait for Reach {
            $(async fn $verb(&self, $($name: $type),*) -> Result<$out> {
                let seen = verbs!(@seen $($seen)?);
                self.call(stringify!($verb), self.world.store.$role.$verb($($name),*), seen).await
            })+
        }
    };
    (@seen $seen:expr) => { $seen };
    (@seen) => { |_: &World, _: &_| {} };
}

verbs! {
    Ledger by ledger {
        fn lease(now: Timestamp, lane: LaneId, node: &str, ttl: Duration, ready: bool) -> Lease, seen World::leased;
        fn release(ownership: &Ownership) -> ();
        fn freeze(now: Timestamp, approved: Approved, selection: &Selection, routing: &Routing, rows_max: usize) -> Progress;
        fn begin(now: Timestamp, approved: Approved, digest: &str, plans: &[DispatchPlan], steps: &[StepPlan]) -> ();
        fn accept(now: Timestamp, alert: AlertId, rows_max: usize) -> Progress;
        fn claim(now: Timestamp, owner: &Ownership, ask: &ClaimAsk) -> Option<Claim>,
            seen |world: &World, claim: &Option<Claim>| world.claimed(now, ask, claim.as_ref());
        fn settle(now: Timestamp, owner: &Ownership, ended: &[Settlement], found: &[Found]) -> Settled;
        fn record(now: Timestamp, receipts: &[ReceiptFact]) -> Recorded;
        fn escalate(now: Timestamp, rows_max: usize) -> Progress;
        fn sweep(now: Timestamp, receipt_wait: Duration, rows_max: usize) -> Swept;
        fn open_references(lane: LaneId, rows_max: usize) -> Vec<OpenReference>;
        fn doubts(routes: &[RouteId], rows_max: usize) -> Vec<Doubt>;
        fn accepted_references(lane: LaneId, rows_max: usize) -> Vec<String>;
        fn proved_absent(now: Timestamp, owner: &Ownership, keys: &[MessageKey]) -> usize;
        fn lane_of(lanes: &[LaneId], references: &[String]) -> Option<LaneId>;
        fn reference_of(alert: AlertId, route: RouteId) -> Option<String>;
        fn keep_findings(now: Timestamp, route: RouteId, findings: &[Finding]) -> ();
        fn counts(alert: AlertId) -> Vec<(RouteId, Counts)>;
        fn keep_inbound(now: Timestamp, lane: LaneId, messages: &[Inbound]) -> ();
    }
}

verbs! {
    Catalog by catalog {
        fn account_add(now: Timestamp, account: &NewAccount) -> Option<UserId>;
        fn account_by_key(key_id: &str) -> Option<Account>;
        fn accounts() -> Vec<Account>;
        fn account_revoke(now: Timestamp, account: UserId) -> bool;
        fn idempotency_begin(now: Timestamp, account: UserId, key: &str, body_hash: &str) -> Idempotency;
        fn idempotency_end(account: UserId, key: &str, status: u16, response: &str) -> ();
        fn idempotency_drop(account: UserId, key: &str) -> ();
        fn routes(names: &[String]) -> Vec<RouteId>;
        fn lanes(names: &[String]) -> Vec<LaneId>;
        fn route_names() -> Vec<(RouteId, String)>;
        fn group_put(now: Timestamp, slug: &str, name: &str, exercise: bool) -> ();
        fn groups() -> Vec<PeopleGroup>;
        fn import_begin(now: Timestamp, account: UserId, name: &str) -> ImportId;
        fn import_rows(now: Timestamp, import: ImportId, good: &[PersonRow], refused: &[RefusedRow]) -> ImportCounts;
        fn import_end(now: Timestamp, import: ImportId, state: ImportState, note: Option<&str>) -> ();
        fn import(import: ImportId) -> Option<Import>;
        fn import_rows_page(import: ImportId, after_line: i64, rows_max: usize) -> Vec<ImportRow>;
        fn people(area: Option<&str>, group: Option<&str>, after: PersonId, rows_max: usize) -> Vec<Person>;
        fn person(person: PersonId) -> Option<Person>;
        fn person_opt_out(now: Timestamp, person: PersonId, opted_out: bool) -> bool;
        fn person_carrier(now: Timestamp, person: PersonId, carrier: &str) -> bool;
        fn alert_add(now: Timestamp, alert: &NewAlert) -> AlertId;
        fn alert(alert: AlertId) -> Option<AlertRow>;
        fn alerts(phase: Option<Phase>, before: Option<AlertId>, rows_max: usize) -> Vec<AlertRow>;
        fn alert_edit(now: Timestamp, alert: AlertId, version: i64, next: &NewAlert) -> Applied;
        fn alert_change(now: Timestamp, change: &PhaseChange) -> Applied;
        fn alert_events(alert: AlertId) -> Vec<AlertEvent>;
        fn alerts_to_fan_out() -> Vec<AlertRow>;
        fn resend_uncertain(now: Timestamp, alert: AlertId, account: UserId) -> i64;
        fn tokens(name: &str) -> Option<Stored>;
        fn tokens_turn(now: Timestamp, name: &str, seen: i64, until: Timestamp) -> Turn;
        fn tokens_pass(name: &str, seen: i64) -> ();
        fn tokens_replace(now: Timestamp, name: &str, seen: i64, tokens: &Tokens) -> Option<i64>;
        fn picture_add(now: Timestamp, account: UserId, picture: &Picture) -> bool;
        fn picture(hash: &PictureHash) -> Option<Picture>;
        fn templates(route: RouteId) -> Vec<TemplateFacts>;
        fn alert_template_add(now: Timestamp, template: &TemplateVersion) -> bool;
        fn alert_templates(rows_max: usize) -> Vec<TemplateRow>;
        fn alert_template_versions(name: &str, rows_max: usize) -> Vec<TemplateRow>;
    }
}

verbs! {
    Reports by reports {
        fn audience(selection: &Selection, routing: &Routing, listed_max: usize) -> AudiencePreview;
        fn targets(alert: AlertId, after_seq: i64, rows_max: usize) -> Vec<TargetRow>;
        fn exclusions(alert: AlertId, after_person: i64, rows_max: usize) -> Vec<ExclusionRow>;
        fn exclusion_counts(alert: AlertId) -> Vec<(String, i64)>;
        fn messages(alert: AlertId, filter: &MessageFilter, after: After, rows_max: usize) -> Vec<MessageRow>;
        fn message(key: MessageKey) -> Option<MessageRow>;
        fn trail(key: MessageKey) -> Vec<TrailEntry>;
        fn by_area(alert: AlertId) -> Vec<AreaCounts>;
        fn persons(alert: AlertId, states: &[State], after: i64, rows_max: usize) -> Vec<ReachRow>;
        fn inbox(before: Option<i64>, rows_max: usize) -> Vec<InboxRow>;
        fn exhibits(alert: AlertId, rows_max: usize) -> Vec<ExhibitRow>;
        fn unmatched() -> Vec<(String, i64)>;
        fn queues() -> Vec<QueueRow>;
        fn leases() -> Vec<LeaseRow>;
        fn ping() -> ();
    }
}
