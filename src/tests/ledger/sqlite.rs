//! The stories on SQLite, and what only a file can suffer.

use std::fs;
use std::path::Path;

use loa::ledger::sqlite::Sqlite;
use loa::ledger::{LeaseTime, LedgerError, Result, Store, open_with};
use tempfile::TempDir;

use super::migrations;
use super::world::{Plan, World, at, sent};

conformance!(fresh);

/// Stories tell their own time.
async fn open(url: &str, migrate: bool) -> Result<Store> {
    open_with(url, migrate, LeaseTime::Given).await
}

async fn fresh() -> (Store, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&url(&dir), true).await.unwrap();
    (store, dir)
}

fn path(dir: &TempDir) -> String {
    dir.path().join("loa.db").display().to_string()
}

fn url(dir: &TempDir) -> String {
    format!("sqlite:{}", path(dir))
}

/// A statement of somebody else, while no ledger is open.
async fn meddle(dir: &TempDir, statement: &'static str) {
    use sqlx::Connection;
    let mut connection = sqlx::SqliteConnection::connect(&format!("{}?mode=rwc", url(dir))).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_ledger_is_found_again_and_its_lanes_are_free() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(&url(&dir), true).await.unwrap();
    let (alert, claim, epoch) = {
        let world = World::new(&ledger, 3).await;
        let alert = world.begun(Plan::default()).await;
        let claim = world.claim(2, 2).await;
        world.settle(3, &[sent(&claim, 0, "r", 3)]).await;
        (alert, claim, world.owner.epoch)
    };
    drop(ledger);
    let ledger = reopened(&dir).await;
    let lane = ledger.catalog.lanes(&["viettel-1".into()]).await.unwrap()[0];
    let owner = super::world::lease(&ledger, lane, "another", 4, super::world::LONG_LEASE).await;
    assert!(owner.epoch > epoch);
    let swept = ledger.ledger.sweep(at(5), super::world::WAIT, 100).await.unwrap();
    assert_eq!(swept.uncertain, 1, "what the dead owner had in hand");
    let counts = ledger.ledger.counts(alert).await.unwrap()[0].1;
    assert_eq!((counts.sent, counts.uncertain, counts.queued), (1, 1, 1));
    assert_eq!(claim.messages.len(), 2);
}

/// The lock falls when the last connection of the former ledger is closed, which happens in the background.
async fn reopened(dir: &TempDir) -> Store {
    for _ in 0..200 {
        match open(&url(dir), false).await {
            Ok(store) => return store,
            Err(LedgerError::InUse { .. }) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the former ledger keeps its lock");
}

#[tokio::test]
async fn a_second_process_is_told_to_keep_out() {
    let (_store, dir) = fresh().await;
    let second = Sqlite::open(&path(&dir), true).await.unwrap_err();
    assert!(matches!(second, LedgerError::InUse { .. }), "{second}");
    assert!(second.to_string().contains("stop it first"), "{second}");
}

#[tokio::test]
async fn a_ledger_of_the_first_schema_goes_on_with_everything_in_it() {
    use sqlx::Connection;
    let dir = tempfile::tempdir().unwrap();
    let mut old = sqlx::SqliteConnection::connect(&format!("{}?mode=rwc", url(&dir))).await.unwrap();
    migrations::first(sqlx::migrate!("migrations/sqlite")).run(&mut old).await.unwrap();
    old.close().await.unwrap();
    meddle(&dir, migrations::FIRST).await;
    migrations::told(open(&url(&dir), false).await);
    migrations::goes_on(&open(&url(&dir), true).await.unwrap()).await;
}

#[tokio::test]
async fn a_newer_ledger_is_left_alone() {
    let (store, dir) = fresh().await;
    drop(store);
    drop(reopened(&dir).await);
    meddle(
        &dir,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .await;
    let error = open(&url(&dir), true).await.unwrap_err();
    assert!(matches!(error, LedgerError::SchemaTooNew { found: 9999, known, .. } if known < 9999), "{error}");
    assert!(error.to_string().contains("use a newer loa"), "{error}");
}

#[tokio::test]
async fn a_ledger_without_its_schema_is_not_made_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let error = open(&url(&dir), false).await.unwrap_err();
    assert!(matches!(error, LedgerError::SchemaTooOld { missing: 1, .. }), "{error}");
    assert!(error.to_string().contains("loa migrate"), "{error}");
    assert!(!Path::new(&path(&dir)).exists(), "nothing was made");
}

#[tokio::test]
async fn another_file_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(path(&dir), "Danh sách người nhận tin\n").unwrap();
    let error = open(&url(&dir), true).await.unwrap_err();
    assert!(matches!(error, LedgerError::NotALedger { .. }), "{error}");
    assert_eq!(fs::read_to_string(path(&dir)).unwrap(), "Danh sách người nhận tin\n");
    fs::remove_file(path(&dir)).unwrap();
    meddle(&dir, "CREATE TABLE invoices (id INTEGER)").await;
    let error = open(&url(&dir), true).await.unwrap_err();
    assert!(matches!(error, LedgerError::NotALedger { .. }), "{error}");
    assert!(error.to_string().contains("1 tables of something else"), "{error}");
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let nowhere = Sqlite::open("/nowhere/loa.db", true).await.unwrap_err();
    assert!(matches!(nowhere, LedgerError::ReadOnly { .. }), "{nowhere}");
    assert!(nowhere.to_string().contains("directory that exists"), "{nowhere}");
    let (store, dir) = fresh().await;
    drop(store);
    drop(reopened(&dir).await);
    let mut permissions = fs::metadata(path(&dir)).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(path(&dir), permissions).unwrap();
    // The superuser writes to whatever it likes.
    if fs::File::options().append(true).open(path(&dir)).is_err() {
        let error = open(&url(&dir), true).await.unwrap_err();
        assert!(matches!(error, LedgerError::ReadOnly { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = std::sync::Arc::new(Sqlite::open(&path(&dir), true).await.unwrap());
    let store = Store { ledger: ledger.clone(), catalog: ledger.clone(), reports: ledger.clone() };
    let world = World::new(&store, 3000).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 3000).await;
    let before = world.check(alert).await;
    ledger.limit_pages(0).await.unwrap();
    let ends: Vec<_> = (0..3000).map(|place| sent(&claim, place, &format!("reference-{place}"), 3)).collect();
    let error = store.ledger.settle(at(3), &world.owner, &ends, &[]).await.unwrap_err();
    assert!(matches!(error, LedgerError::Full { .. }) && error.is_passing(), "{error}");
    assert!(error.to_string().contains("free disk space"), "{error}");
    assert_eq!(world.check(alert).await, before, "nothing half-written");
    assert!(store.reports.trail(super::world::key_of(&claim, 0)).await.unwrap().len() == 1);
    // With room again, the same flush goes through.
    ledger.limit_pages(u32::MAX).await.unwrap();
    assert_eq!(store.ledger.settle(at(4), &world.owner, &ends, &[]).await.unwrap().applied, 3000);
    assert_eq!(world.check(alert).await.sent, 3000);
}
