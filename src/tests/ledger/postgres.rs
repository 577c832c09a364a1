//! The stories on PostgreSQL, and what only a server can suffer: it goes away, it is somebody else's, and several nodes
//! write at once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use loa::domain::{AlertId, RouteId};
use loa::ledger::{
    Claim, ClaimAsk, Favour, LeaseTime, LedgerError, Ownership, Result, Settlement, Store, open_with,
};

use super::migrations;
use super::world::{LONG_LEASE, Plan, WAIT, World, at, lease, sent};
use crate::kit::postgres::PostgresServer;

conformance!(fresh);

/// Longer than any server takes to come back.
const BACK_WITHIN: Duration = Duration::from_secs(30);

/// Stories tell their own time.
async fn open(url: &str, migrate: bool) -> Result<Store> {
    open_with(url, migrate, LeaseTime::Given).await
}

async fn fresh() -> (Store, ()) {
    (ledger(&fresh_name()).await, ())
}

/// Test processes share one server, so that the process is part of the name.
fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("story_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn ledger(name: &str) -> Store {
    open(&PostgresServer::shared().await.database(name).await, false).await.unwrap()
}

/// Calls `$verb` until the server is back.
macro_rules! eventually {
    ($verb:expr) => {
        tokio::time::timeout(BACK_WITHIN, async {
            loop {
                match $verb.await {
                    Ok(done) => break done,
                    Err(error) => assert!(error.is_passing(), "{error}"),
                }
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the server comes back")
    };
}

#[tokio::test]
async fn a_server_that_goes_away_and_comes_back_loses_nothing() {
    let server = PostgresServer::start();
    let store = open(&server.database("ledger").await, false).await.unwrap();
    let world = World::new(&store, 10).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 10).await;
    let flush: Vec<Settlement> = (0..5).map(|n| sent(&claim, n, &format!("r{n}"), 3)).collect();
    server.stop();
    let refused = store.ledger.settle(at(3), &world.owner, &flush, &[]).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Unavailable(_)), "{refused:?}");
    let unreachable = open(&server.url_of("ledger"), false).await.unwrap_err();
    assert!(matches!(unreachable, LedgerError::Unavailable(_)), "{unreachable:?}");
    server.restart();
    let settled = eventually!(store.ledger.settle(at(4), &world.owner, &flush, &[]));
    assert_eq!(settled.applied, 5);
    let counts = world.check(alert).await;
    assert_eq!((counts.sent, counts.in_flight), (5, 5));
}

#[tokio::test]
async fn backends_killed_under_a_flood_leave_nothing_half_written() {
    let name = fresh_name();
    let store = ledger(&name).await;
    let world = World::new(&store, 400).await;
    let alert = world.begun(Plan::default()).await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let server = PostgresServer::shared().await;
    for round in 0..20 {
        let claim = world_claim(&store, &world.owner, &world.routes, 20).await;
        let flush: Vec<Settlement> =
            (0..claim.messages.len()).map(|n| sent(&claim, n, &format!("r{round}-{n}"), 3)).collect();
        let settle = store.ledger.settle(at(3), &world.owner, &flush, &[]);
        let (answer, ()) = tokio::join!(settle, server.run(&name, kill));
        if let Err(error) = answer {
            assert!(matches!(error, LedgerError::Unavailable(_)), "{error:?}");
        }
        // The same facts again: whatever became of the first call, they count once.
        eventually!(store.ledger.settle(at(3), &world.owner, &flush, &[]));
        let again = eventually!(store.ledger.settle(at(3), &world.owner, &flush, &[]));
        assert_eq!(again.applied, 0);
    }
    eventually!(store.reports.ping());
    let counts = world.check(alert).await;
    assert_eq!((counts.sent, counts.queued, counts.in_flight), (400, 0, 0));
    assert_eq!(counts.parts_submitted, 400);
}

/// A claim that is asked for again if its answer was lost; what a lost one took comes back by the sweep's way, so that
/// here only calls before any killing are made again.
async fn world_claim(store: &Store, owner: &Ownership, routes: &[RouteId], messages_max: usize) -> Claim {
    let ask = ClaimAsk { routes: routes.to_vec(), messages_max, favour: Favour::Urgent };
    eventually!(async {
        store.reports.ping().await?;
        store.ledger.claim(at(2), owner, &ask).await
    })
    .expect("there is something to claim")
}

#[tokio::test]
async fn a_database_of_somebody_else_is_left_alone() {
    let server = PostgresServer::shared().await;
    let name = fresh_name();
    let url = server.empty_database(&name).await;
    server.run(&name, "CREATE TABLE invoice (id bigint)").await;
    let refused = open(&url, true).await.unwrap_err();
    assert!(matches!(refused, LedgerError::NotALedger { .. }), "{refused:?}");
    assert!(refused.to_string().contains("1 tables"), "{refused}");
    let missing = open(&server.url_of("no_such_database"), true).await.unwrap_err();
    assert!(matches!(missing, LedgerError::NotALedger { .. }), "{missing:?}");
}

#[tokio::test]
async fn a_ledger_of_the_first_schema_goes_on_with_everything_in_it() {
    use sqlx::Connection;
    let server = PostgresServer::shared().await;
    let name = fresh_name();
    let url = server.empty_database(&name).await;
    let mut old = sqlx::PgConnection::connect(&url).await.unwrap();
    migrations::first(sqlx::migrate!("migrations/postgres")).run(&mut old).await.unwrap();
    old.close().await.unwrap();
    server.run(&name, migrations::FIRST).await;
    migrations::told(open(&url, false).await);
    migrations::goes_on(&open(&url, true).await.unwrap()).await;
}

#[tokio::test]
async fn a_schema_of_another_version_is_told_apart() {
    let server = PostgresServer::shared().await;
    let empty = server.empty_database(&fresh_name()).await;
    let old = open(&empty, false).await.unwrap_err();
    assert!(matches!(old, LedgerError::SchemaTooOld { missing: 1, .. }), "{old:?}");
    let name = fresh_name();
    let url = server.database(&name).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9000, 'later', true, '\\x00', 0)";
    server.run(&name, newer).await;
    for migrate in [true, false] {
        let new = open(&url, migrate).await.unwrap_err();
        assert!(matches!(new, LedgerError::SchemaTooNew { found: 9000, .. }), "{new:?}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_says_so() {
    let server = PostgresServer::shared().await;
    let name = fresh_name();
    let url = server.database(&name).await;
    let store = open(&url, false).await.unwrap();
    let world = World::new(&store, 1).await;
    let alert = world.begun(Plan::default()).await;
    server.run(&name, &format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on")).await;
    let refused = open(&url, false).await.unwrap_err();
    assert!(matches!(refused, LedgerError::ReadOnly { .. }), "{refused:?}");
    let told = refused.to_string();
    assert!(told.contains(&name) && told.contains("default_transaction_read_only"), "{told}");
    // Connections made before go on.
    assert_eq!(world.check(alert).await.queued, 1);
}

#[tokio::test]
async fn of_two_connections_with_different_epochs_one_writes() {
    let url = PostgresServer::shared().await.database(&fresh_name()).await;
    let (here, there) = (open(&url, false).await.unwrap(), open(&url, false).await.unwrap());
    let world = World::new(&here, 100).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 10).await;
    here.ledger.release(&world.owner).await.unwrap();
    let new = lease(&there, world.lane, "node-b", 3, LONG_LEASE).await;
    assert!(new.epoch > world.owner.epoch);
    let ask = world.ask(10);
    let (stale, fresh) =
        tokio::join!(here.ledger.claim(at(4), &world.owner, &ask), there.ledger.claim(at(4), &new, &ask));
    assert!(matches!(stale.unwrap_err(), LedgerError::Fenced { .. }));
    assert_eq!(fresh.unwrap().unwrap().messages.len(), 10);
    let late = here.ledger.settle(at(4), &world.owner, &[sent(&claim, 0, "r", 4)], &[]).await;
    assert!(matches!(late.unwrap_err(), LedgerError::Fenced { .. }));
    assert_eq!(there.ledger.sweep(at(5), WAIT, 100).await.unwrap().uncertain, 10);
    let counts = world.check(alert).await;
    assert_eq!((counts.in_flight, counts.uncertain, counts.queued), (10, 10, 80));
}

/// Claims everything for one lane, settling as it goes.
async fn drain(store: Store, owner: Ownership, routes: Vec<RouteId>) -> Vec<i64> {
    let ask = ClaimAsk { routes, messages_max: 7, favour: Favour::Urgent };
    let mut seqs = Vec::new();
    while let Some(claim) = store.ledger.claim(at(2), &owner, &ask).await.unwrap() {
        let flush: Vec<Settlement> = (0..claim.messages.len())
            .map(|n| sent(&claim, n, &format!("r{}", claim.messages[n].seq), 3))
            .collect();
        assert_eq!(
            store.ledger.settle(at(3), &owner, &flush, &[]).await.unwrap().applied,
            claim.messages.len()
        );
        seqs.extend(claim.messages.iter().map(|message| message.seq));
    }
    seqs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lanes_that_share_a_queue_never_get_the_same_message() {
    let store = ledger(&fresh_name()).await;
    let world = World::new(&store, 500).await;
    let alert: AlertId = world.begun(Plan::default()).await;
    let names: Vec<String> = (0..4).map(|n| format!("shared-{n}")).collect();
    let mut lanes = Vec::new();
    for lane in store.catalog.lanes(&names).await.unwrap() {
        let owner = lease(&store, lane, "node-a", 0, LONG_LEASE).await;
        lanes.push(tokio::spawn(drain(store.clone(), owner, world.routes.clone())));
    }
    let mut all = Vec::new();
    for lane in lanes {
        all.extend(lane.await.unwrap());
    }
    assert_eq!(all.len(), 500);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 500, "no message twice");
    assert_eq!(world.check(alert).await.sent, 500);
}
