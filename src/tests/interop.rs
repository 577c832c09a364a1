//! The gateway against an SMPP server that others wrote (`interop/server.js` over the npm package `smpp`): where our
//! codec and our simulators misread the standard in the same way, this one does not.

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use loa::{
    app::App,
    config::Config,
    domain::{AlertId, ContentDraft, Severity, SmsForm},
    ledger::{Account, AlertRow, Role},
    office::{AlertForm, ImportOptions, Office, Seen},
};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::kit::{town::alert, until};

/// For an answer of the server; machines under test are busy.
const PATIENCE: Duration = Duration::from_secs(60);
const SYSTEM_ID: &str = "loa";
const PASSWORD: &str = "mat-khau";
/// Three parts, with a pair of surrogates where the first would end.
const LONG: &str = "BCH PTDS tỉnh Lạng Sơn: Lũ sông Kỳ Cùng dâng nhanh, “báo động 3”, 🌊🌊 dân ven sông phường Đông Kinh, \
                    Lương Văn Tri, Kỳ Lừa lên nơi cao trước 18h ngày 07/10. Cấm qua ngầm, tràn. Gọi 112.";
const SHORT: &str = "Diễn biến lũ: nước đang rút, giữ an toàn.";
const PLAIN: &str = "Lu song Ky Cung: nuoc dang rut {ve} @ Lang Son. Goi 112.";

/// What the other side says it received.
#[derive(Debug, Deserialize)]
struct Received {
    from: String,
    to: String,
    coding: u8,
    parts: usize,
    text: String,
}

struct Server {
    _process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u16,
}

impl Server {
    /// Goes with the test, however that ends: it watches its standard input.
    async fn start() -> Self {
        let modules = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("interop").join("node_modules");
        assert!(
            modules.join("smpp").is_dir(),
            "the npm package `smpp` is missing in {}: run scripts/test, which installs it",
            modules.display()
        );
        let mut process = Command::new("node")
            .args(["src/tests/interop/server.js", SYSTEM_ID, PASSWORD])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("NODE_PATH", modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is missing: run scripts/test, which installs it");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = line(&mut lines).await.parse().unwrap();
        Self { _process: process, lines, port }
    }

    async fn received(&mut self) -> Received {
        serde_json::from_str(&line(&mut self.lines).await).unwrap()
    }
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let line = timeout(PATIENCE, lines.next_line()).await.expect("the server says something in time");
    line.unwrap().expect("the server is still there")
}

#[tokio::test]
async fn an_independent_server_reads_what_we_send_and_we_read_its_receipts() {
    let mut server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let app = App::start(&settings(&server, folder.path())).await.unwrap();
    let (author, approver) = people(&app.office).await;
    let texts = [(LONG, SmsForm::Accented, 3), (SHORT, SmsForm::Accented, 1), (PLAIN, SmsForm::Plain, 1)];
    for (text, form, parts) in texts {
        let id = send(&app.office, &author, &approver, text, form).await;
        let mut expected: BTreeMap<String, &str> =
            (1..=3).map(|n| (format!("8452000000{n}"), text)).collect();
        while !expected.is_empty() {
            let Received { from, to, coding, parts: seen_parts, text: seen } = server.received().await;
            assert_eq!((seen.as_str(), seen_parts), (text, parts));
            assert_eq!((from.as_str(), coding), ("LANGSON", if form == SmsForm::Plain { 0 } else { 8 }));
            assert!(expected.remove(&to).is_some(), "{to} got it twice, or should not have it");
        }
        until("delivered to all", async || {
            let counts = app.office.counts(&author, id, false).await.unwrap().total;
            assert!(counts.conserved(), "{counts:?}");
            (counts.delivered, counts.parts_submitted) == (3, 3 * i64::try_from(parts).unwrap())
        })
        .await;
    }
    app.stop().await.unwrap();
}

fn settings(server: &Server, folder: &Path) -> Config {
    let (ledger, secret) = (folder.join("loa.db"), folder.join("password"));
    std::fs::write(&secret, PASSWORD).unwrap();
    let (ledger, secret, port) = (ledger.display(), secret.display(), server.port);
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[ledger]\nurl = \"sqlite:{ledger}\"\n\
         [[lane]]\nname = \"viettel-1\"\nkind = \"smpp\"\nserves = [\"viettel\"]\nrate = \"50/s\"\n\
         [lane.smpp]\naddress = \"127.0.0.1:{port}\"\nsystem_id = \"{SYSTEM_ID}\"\npassword = \"file:{secret}\"\n\
         source = \"LANGSON\"\nbind = \"pair\"\nwindow = 10"
    );
    Config::parse(&text).unwrap()
}

async fn people(office: &Office) -> (Account, Account) {
    office.user_add("author", Role::Author).await.unwrap();
    office.user_add("approver", Role::Approver).await.unwrap();
    let author = office.account_named("author").await.unwrap();
    let list = "phone,area,carrier\n052 000 0001,05977,viettel\n052 000 0002,05977,viettel\n052 000 0003,05977,viettel\n";
    let import =
        office.import_csv(&author, "people.csv", &ImportOptions::default(), list.as_bytes()).await.unwrap();
    assert_eq!(import.counts.new, 3);
    (author, office.account_named("approver").await.unwrap())
}

async fn send(
    office: &Office,
    author: &Account,
    approver: &Account,
    text: &str,
    sms_form: SmsForm,
) -> AlertId {
    let accented = sms_form == SmsForm::Accented;
    let content = ContentDraft {
        headline: "Lũ sông Kỳ Cùng".into(),
        sms_accented: accented.then(|| text.into()),
        sms_plain: (!accented).then(|| text.into()),
        sms_form,
        ..ContentDraft::default()
    };
    let form = AlertForm { content, ..alert(Severity::Severe) };
    let draft = office.alert_add(author, form).await.unwrap();
    let AlertRow { id, version, content_hash, .. } = office.submit(author, draft.id).await.unwrap();
    office.approve(approver, id, &Seen { version, content_hash }).await.unwrap();
    id
}
