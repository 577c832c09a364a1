//! Several gateways as processes of their own on one PostgreSQL database, with one carrier; the office looks from here.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use contract::SystemClock;
use loa::{
    app,
    config::Config,
    domain::{AlertId, Counts},
    ledger::{Account, Role},
    office::{AlertForm, ImportOptions, Office, Seen},
};
use simulators::smsc::{Smsc, SmscScript};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{postgres::PostgresServer, town::number, until};

/// A running `loa serve`.
pub(crate) struct Node {
    process: Child,
    log: PathBuf,
}

impl Node {
    fn serve(config: &Path, log: PathBuf) -> Self {
        let written = File::create(&log).expect("the folder takes a file");
        let process = Command::new(env!("CARGO_BIN_EXE_loa"))
            .args(["serve", "--config"])
            .arg(config)
            .stderr(Stdio::from(written))
            .kill_on_drop(true)
            .spawn()
            .expect("the gateway's process");
        Self { process, log }
    }

    /// Waits until its log holds one of these texts.
    pub(crate) async fn until_says(&self, texts: &[&str]) {
        until(&format!("said one of {texts:?}"), async || {
            let log = std::fs::read_to_string(&self.log).expect("its log");
            texts.iter().any(|text| log.contains(text))
        })
        .await;
    }

    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.process.id().expect("it runs").to_string();
        let signal = format!("-{name}");
        assert!(Command::new("kill").args([&signal, &pid]).status().await.expect("kill").success());
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.process.try_wait().expect("its state").is_none()
    }

    pub(crate) async fn kill(mut self) {
        self.process.kill().await.expect("it ends");
    }

    /// In order.
    pub(crate) async fn end(mut self) {
        self.signal("TERM").await;
        assert!(self.process.wait().await.expect("its end").success(), "it drains and ends well");
    }
}

pub(crate) struct Nodes {
    pub(crate) carrier: Smsc,
    pub(crate) people: u32,
    office: Office,
    author: Account,
    config: PathBuf,
    folder: TempDir,
}

impl Nodes {
    /// A ledger with people in it and a carrier; no node runs yet. `rate` is the lane's, `sending` more settings.
    pub(crate) async fn prepare(people: u32, rate: &str, sending: &str, script: SmscScript) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let carrier = Smsc::start(script, "127.0.0.1:0").await.expect("a simulated carrier");
        let url = PostgresServer::shared().await.fresh().await;
        let secret = folder.path().join("password");
        std::fs::write(&secret, "secret").expect("the folder takes a file");
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[ledger]\nurl = {url:?}\n[sending]\n{sending}\n\
             [[lane]]\nname = \"viettel-1\"\nkind = \"smpp\"\nserves = [\"viettel\"]\nrate = \"{rate}\"\n\
             [lane.smpp]\naddress = \"{}\"\nsystem_id = \"loa\"\npassword = \"file:{}\"\nsource = \"LANGSON\"\n",
            carrier.address(),
            secret.display(),
        );
        let config = folder.path().join("loa.toml");
        std::fs::write(&config, &text).expect("the folder takes a file");
        let settings = Config::parse(&text).expect("settings");
        let office = app::office(&settings, Arc::new(SystemClock)).await.expect("the ledger");
        office.user_add("author", Role::Author).await.expect("an account");
        office.user_add("approver", Role::Approver).await.expect("an account");
        let author = office.account_named("author").await.expect("the account");
        let mut rows = String::from("id,phone,area,carrier\n");
        for n in 0..people {
            rows.push_str(&format!("P{n},+{},05977,viettel\n", number(n)));
        }
        let list = std::io::Cursor::new(rows.into_bytes());
        office.import_csv(&author, "town.csv", &ImportOptions::default(), list).await.expect("imported");
        Self { carrier, people, office, author, config, folder }
    }

    pub(crate) fn serve(&self, name: &str) -> Node {
        Node::serve(&self.config, self.folder.path().join(format!("{name}.log")))
    }

    pub(crate) async fn send(&self, form: AlertForm) -> AlertId {
        let approver = self.office.account_named("approver").await.expect("the account");
        let draft = self.office.alert_add(&self.author, form).await.expect("a draft");
        let row = self.office.submit(&self.author, draft.id).await.expect("submitted");
        let seen = Seen { version: row.version, content_hash: row.content_hash };
        self.office.approve(&approver, row.id, &seen).await.expect("approved");
        row.id
    }

    /// Waits until everybody's message has come to rest.
    pub(crate) async fn settled(&self, alert: AlertId) -> Counts {
        let mut counts = Counts::default();
        until("settled", async || {
            counts = self.office.counts(&self.author, alert, false).await.expect("counts").total;
            assert!(counts.conserved(), "{counts:?}");
            counts.accepted == i64::from(self.people) && counts.queued + counts.in_flight + counts.sent == 0
        })
        .await;
        counts
    }

    /// Messages that the ledger says were sent, against those that the carrier saw.
    pub(crate) fn check(&self, counts: &Counts) {
        let seen = i64::try_from(self.carrier.counts().distinct_messages).expect("few");
        let surely = counts.sent + counts.delivered;
        assert!(surely <= seen && seen <= surely + counts.uncertain, "{seen} seen, {counts:?}");
    }
}
