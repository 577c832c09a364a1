//! The real process is killed between claim and settle, and started again.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use contract::SystemClock;
use loa::{
    app,
    config::Config,
    domain::{AlertId, Counts, Severity},
    ledger::Role,
    office::{ImportOptions, Office, Seen},
};
use simulators::smsc::{Smsc, SmscScript};
use tokio::process::{Child, Command};

use crate::kit::town::{alert, number};

const PEOPLE: u32 = 2_000;

fn settings(folder: &Path, carrier: &Smsc) -> String {
    std::fs::write(folder.join("password"), "secret").unwrap();
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[ledger]\nurl = \"sqlite:{0}/loa.db\"\n[sending]\nsweep_ms = 50\n\
         [[lane]]\nname = \"viettel-1\"\nkind = \"smpp\"\nserves = [\"viettel\"]\nrate = \"1500/s\"\n\
         [lane.smpp]\naddress = \"{1}\"\nsystem_id = \"loa\"\npassword = \"file:{0}/password\"\nsource = \"LANGSON\"\n",
        folder.display(),
        carrier.address()
    )
}

fn serve(config: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_loa"))
        .args(["serve", "--config"])
        .arg(config)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the gateway's process")
}

/// The office over the ledger while no gateway has it: write, approve, count.
async fn office(text: &str) -> Office {
    app::office(&Config::parse(text).expect("settings"), Arc::new(SystemClock)).await.expect("the ledger")
}

async fn approved(text: &str) -> AlertId {
    let office = office(text).await;
    let mut rows = String::from("id,phone,area,carrier\n");
    for n in 0..PEOPLE {
        rows.push_str(&format!("P{n},+{},05977,viettel\n", number(n)));
    }
    office.user_add("author", Role::Author).await.unwrap();
    office.user_add("approver", Role::Approver).await.unwrap();
    let author = office.account_named("author").await.unwrap();
    let approver = office.account_named("approver").await.unwrap();
    let list = std::io::Cursor::new(rows.into_bytes());
    office.import_csv(&author, "town.csv", &ImportOptions::default(), list).await.unwrap();
    let draft = office.alert_add(&author, alert(Severity::Moderate)).await.unwrap();
    let row = office.submit(&author, draft.id).await.unwrap();
    let seen = Seen { version: row.version, content_hash: row.content_hash };
    office.approve(&approver, row.id, &seen).await.unwrap();
    row.id
}

async fn counts(text: &str, alert: AlertId) -> Counts {
    let office = office(text).await;
    let auditor = office.account_named("author").await.unwrap();
    office.counts(&auditor, alert, false).await.unwrap().total
}

#[tokio::test]
async fn killed_between_claim_and_settle_nothing_is_lost_and_doubt_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    // Answers take a while, so that a kill finds submissions without one.
    let script = SmscScript { response_ms: 30, ..SmscScript::default() };
    let carrier = Smsc::start(script, "127.0.0.1:0").await.unwrap();
    let text = settings(folder.path(), &carrier);
    let config = folder.path().join("loa.toml");
    std::fs::write(&config, &text).unwrap();
    let alert = approved(&text).await;

    let mut kills = 0;
    for parts in [300, 800] {
        let mut gateway = serve(&config);
        assert!(carrier.wait_for(|counts| counts.accepted_parts >= parts, Duration::from_secs(60)).await);
        gateway.start_kill().unwrap();
        gateway.wait().await.unwrap();
        kills += 1;
    }
    let mut gateway = serve(&config);
    let all = |counts: &simulators::smsc::Counts| counts.distinct_messages + 2 * 400 >= u64::from(PEOPLE);
    assert!(carrier.wait_for(all, Duration::from_secs(60)).await);
    let quiet = |counts: &simulators::smsc::Counts| counts.receipts_unacked + counts.receipts_waiting == 0;
    assert!(carrier.wait_for(quiet, Duration::from_secs(60)).await);
    let pid = gateway.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    assert!(gateway.wait().await.unwrap().success(), "it drains and ends well");

    let counts = counts(&text, alert).await;
    assert!(counts.conserved(), "{counts:?}");
    assert_eq!((counts.in_flight, counts.failed, counts.accepted), (0, 0, i64::from(PEOPLE)), "{counts:?}");
    assert!(counts.uncertain > 0, "a kill in mid-send leaves doubt: {counts:?}");
    assert!(counts.uncertain <= 400 * kills, "about one claim for each kill: {counts:?}");
    let theirs = carrier.counts();
    assert_eq!(theirs.duplicate_messages, 0, "held doubts are not sent again");
    let seen = i64::try_from(theirs.distinct_messages).unwrap();
    let surely = counts.sent + counts.delivered;
    assert!(surely <= seen && seen <= surely + counts.uncertain, "{seen} seen by the carrier, {counts:?}");
}
