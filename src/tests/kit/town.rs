//! A whole gateway in a folder of its own, with simulated carriers and a few hundred people.

use std::{fmt::Write as _, path::Path, sync::Arc};

use contract::{Clock, SystemClock};
use loa::{
    app::App,
    config::Config,
    domain::{AlertId, AlertKind, Audience, ContentDraft, Counts, Mode, Severity, SmsForm, UncertainPolicy},
    ledger::{self, Account, AlertRow, MessageFilter, Role, Store},
    office::{AlertForm, ImportOptions, Seen},
};
use simulators::{
    facebook::FacebookScript,
    smsc::{Smsc, SmscScript},
    zalo::ZaloScript,
};
use tempfile::TempDir;
use tokio::time::Instant;

use super::platforms::Platforms;

const AREA: &str = "05977";

pub(crate) const TEXT: &str = "Lu song Ky Cung len nhanh. Dan ven song len noi cao truoc 18h. Goi 112";

/// How a town is set up.
pub(crate) struct Plan {
    pub(crate) carriers: Vec<(&'static str, SmscScript)>,
    pub(crate) people: u32,
    pub(crate) rate: &'static str,
    /// The last lane serves only while the others of its route can't.
    pub(crate) last_is_standby: bool,
    /// Lanes of the same account at each carrier.
    pub(crate) links: usize,
    /// More lines for each lane.
    pub(crate) lane: &'static str,
    /// More lines for each lane's SMPP section.
    pub(crate) smpp: &'static str,
    /// More lines for the settings.
    pub(crate) settings: String,
    /// `None`: SQLite in the town's folder.
    pub(crate) ledger: Option<String>,
    /// A ledger that is open already.
    pub(crate) store: Option<Store>,
    pub(crate) password: &'static str,
    pub(crate) clock: Arc<dyn Clock>,
    /// An Official Account.
    pub(crate) zalo: Option<ZaloScript>,
    /// How its lane sends.
    pub(crate) zalo_mode: &'static str,
    /// A page.
    pub(crate) facebook: Option<FacebookScript>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            carriers: vec![("viettel", SmscScript::default())],
            people: 300,
            rate: "2000/s",
            last_is_standby: false,
            links: 1,
            lane: "",
            smpp: "",
            settings: String::new(),
            ledger: None,
            store: None,
            password: "secret",
            clock: Arc::new(SystemClock),
            zalo: None,
            zalo_mode: "phone",
            facebook: None,
        }
    }
}

pub(crate) struct Town {
    pub(crate) app: App,
    pub(crate) carriers: Vec<Smsc>,
    pub(crate) platforms: Platforms,
    pub(crate) author: Account,
    pub(crate) approver: Account,
    pub(crate) auditor: Account,
    config: Config,
    clock: Arc<dyn Clock>,
    _folder: TempDir,
}

impl Town {
    pub(crate) async fn build(plan: Plan) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut carriers = Vec::new();
        for (_, script) in &plan.carriers {
            carriers.push(Smsc::start(script.clone(), "127.0.0.1:0").await.expect("a simulated carrier"));
        }
        let platforms = Platforms::start(&plan).await;
        let config = settings(&plan, &carriers, &platforms, folder.path());
        let app = match plan.store.clone() {
            Some(store) => App::start_on(&config, plan.clock.clone(), store).await,
            None => App::start_with(&config, plan.clock.clone()).await,
        }
        .expect("the gateway starts");
        platforms.call_back(app.address).await;
        let mut town = Vec::new();
        for (name, role) in
            [("author", Role::Author), ("approver", Role::Approver), ("auditor", Role::Auditor)]
        {
            app.office.user_add(name, role).await.expect("an account");
            town.push(app.office.account_named(name).await.expect("the account"));
        }
        let [author, approver, auditor] = <[Account; 3]>::try_from(town).expect("three");
        let routes: Vec<_> = plan.carriers.iter().map(|(route, _)| *route).collect();
        let list = people(plan.people, &routes);
        let import = app
            .office
            .import_csv(
                &author,
                "town.csv",
                &ImportOptions::default(),
                std::io::Cursor::new(list.into_bytes()),
            )
            .await
            .expect("people are imported");
        assert_eq!(import.counts.new, i64::from(plan.people), "{:?}", import.counts);
        Self {
            app,
            carriers,
            platforms,
            author,
            approver,
            auditor,
            config,
            clock: plan.clock,
            _folder: folder,
        }
    }

    pub(crate) fn carrier(&self) -> &Smsc {
        &self.carriers[0]
    }

    /// An alert to everybody, written, submitted and approved.
    pub(crate) async fn send(&self, form: AlertForm) -> AlertId {
        let office = &self.app.office;
        let draft = office.alert_add(&self.author, form).await.expect("a draft");
        let AlertRow { id, version, content_hash, .. } =
            office.submit(&self.author, draft.id).await.expect("submitted");
        office.approve(&self.approver, id, &Seen { version, content_hash }).await.expect("approved");
        id
    }

    pub(crate) async fn counts(&self, alert: AlertId) -> Counts {
        self.app.office.counts(&self.auditor, alert, false).await.expect("counts").total
    }

    /// Waits until the counts of the alert are as wanted; conservation is checked at every look.
    pub(crate) async fn until(&self, alert: AlertId, what: &str, wanted: impl Fn(&Counts) -> bool) -> Counts {
        let began = Instant::now();
        loop {
            let counts = self.counts(alert).await;
            assert!(counts.conserved(), "{counts:?}");
            if wanted(&counts) {
                return counts;
            }
            assert!(
                began.elapsed() < super::PATIENCE,
                "never {what}: {counts:?}, lanes {:?}",
                self.app.office.engine.lanes()
            );
            tokio::time::sleep(super::LOOK_EVERY).await;
        }
    }

    /// Waits for something that is not in the counts.
    pub(crate) async fn until_true(&self, what: &str, so: impl AsyncFnMut() -> bool) {
        super::until(what, so).await;
    }

    /// Numbers whose message the ledger calls sent, and that no carrier has seen.
    pub(crate) async fn lost(&self, alert: AlertId) -> usize {
        let filter = MessageFilter::default();
        let rows =
            self.app.office.store.reports.messages(alert, &filter, None, 100_000).await.expect("messages");
        let seen = |number: u64| self.carriers.iter().any(|carrier| carrier.accepted(number) > 0);
        rows.iter()
            .filter(|row| row.state.may_have_reached() && !seen(row.address.parse().expect("digits")))
            .filter(|row| row.state != loa::domain::State::Uncertain)
            .count()
    }

    pub(crate) fn duplicates(&self) -> i64 {
        let copies: u64 = self.carriers.iter().map(|carrier| carrier.counts().duplicate_messages).sum();
        i64::try_from(copies).expect("few")
    }

    /// From now on the office reads the ledger at this address, whatever the way of the lanes to it suffers.
    pub(crate) async fn look_from(&mut self, url: &str) {
        self.app.office.store = ledger::open(url, false).await.expect("the ledger");
    }

    /// A second gateway with these settings, changed.
    pub(crate) async fn second(&self, clock: Arc<dyn Clock>, change: impl FnOnce(&mut Config)) -> App {
        let mut config = self.config.clone();
        change(&mut config);
        App::start_with(&config, clock).await.expect("a second gateway starts")
    }

    /// Stops the gateway in order and starts it again on the same ledger.
    pub(crate) async fn restart(mut self) -> Self {
        self.app.stop().await.expect("an orderly end");
        self.app = App::start_with(&self.config, self.clock.clone()).await.expect("the gateway starts again");
        self
    }

    pub(crate) async fn end(self) {
        self.app.stop().await.expect("an orderly end");
        for carrier in self.carriers {
            carrier.stop().await;
        }
        self.platforms.stop().await;
    }
}

/// A plain alert of one part to everybody.
pub(crate) fn alert(severity: Severity) -> AlertForm {
    AlertForm {
        kind: AlertKind::Alert,
        mode: Mode::Live,
        severity,
        refers_to: None,
        content: ContentDraft {
            headline: "Cảnh báo lũ".into(),
            sms_accented: None,
            sms_plain: Some(TEXT.into()),
            sms_form: SmsForm::Plain,
            ..ContentDraft::default()
        },
        plan: None,
        audience: Audience { areas: vec![AREA.into()], ..Audience::default() },
        uncertain: Some(UncertainPolicy::Hold),
        expires_at: None,
    }
}

/// One number each, in ranges that the numbering plan leaves empty.
pub(crate) fn number(n: u32) -> u64 {
    84_520_000_000 + u64::from(n)
}

fn people(people: u32, routes: &[&str]) -> String {
    let mut text = String::from("id,phone,area,carrier\n");
    for n in 0..people {
        let carrier = routes[n as usize % routes.len()];
        writeln!(text, "P{n},+{},{AREA},{carrier}", number(n)).expect("a string grows");
    }
    text
}

fn settings(plan: &Plan, carriers: &[Smsc], platforms: &Platforms, folder: &Path) -> Config {
    let secret = folder.join("password");
    std::fs::write(&secret, plan.password).expect("the folder takes a file");
    let ledger = plan.ledger.clone().unwrap_or_else(|| format!("sqlite:{}", folder.join("loa.db").display()));
    let mut text =
        format!("[server]\nlisten = \"127.0.0.1:0\"\n[ledger]\nurl = {ledger:?}\n{}\n", plan.settings);
    let each = plan.carriers.iter().zip(carriers).flat_map(|pair| std::iter::repeat_n(pair, plan.links));
    for (n, ((route, _), carrier)) in (1..).zip(each) {
        let standby = plan.last_is_standby && n == carriers.len() * plan.links;
        let (address, password, more) = (carrier.address(), secret.display(), plan.smpp);
        writeln!(
            text,
            "[[lane]]\nname = \"{route}-{n}\"\nkind = \"smpp\"\nserves = [\"{route}\"]\nrate = \"{}\"\nstandby = {standby}\n{}\n[lane.smpp]\n\
             address = \"{address}\"\nsystem_id = \"loa\"\npassword = \"file:{password}\"\nsource = \"LANGSON\"\n\
             reconnect_min_ms = 50\nreconnect_max_ms = 200\n{more}",
            plan.rate, plan.lane
        )
        .expect("a string grows");
    }
    text.push_str(&platforms.lanes(folder));
    Config::parse(&text).unwrap_or_else(|complaints| panic!("{complaints:?}"))
}
