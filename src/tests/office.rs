//! Stories of the office on a real ledger: who may decide what, what stops a wrong alert, and what becomes of a list.

mod channels;

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::StreamExt;
use jiff::Timestamp;
use loa::{
    domain::{
        AlertKind, AreaCatalogue, Audience, Channel, ContentDraft, Mode, NumberPlan, PersonId, Phase,
        PostContent, Severity,
    },
    engine::{CallbackDesk, Handle, Reach, Rendering, RouteSetup, Setup},
    ledger::{self, Account, AlertRow, ImportCounts, ImportState, Role},
    office::{
        AlertForm, Complaints, Conflict, CsvStream, GroupForm, ImportOptions, Numbers, Office, OfficeError,
        PeopleFilter, PlanForm, Seen, Verdicts,
    },
};

/// An office with one account of each role, and people in two communes.
struct House {
    office: Office,
    clock: Arc<contract::ManualClock>,
    author: Account,
    approver: Account,
    auditor: Account,
    admin: Account,
    _place: tempfile::TempDir,
}

const LIST: &str = "\
Mã,Họ tên,Số điện thoại,Mã xã,Nhóm
P1,Nông Văn An,0961234001,05977,thu
P2,Lý Thị Bình,0961234002,Phường Đông Kinh,
P3,Hoàng Cẩm,0911234003,05977,
P4,Vi Dung,0961234001,05977,
P5,Lương Én,0901234005,05983,thu
P6,Trần Phúc,0921234006,05977,
";

fn start() -> Timestamp {
    // 09:00 in Vietnam, outside the quiet hours.
    "2026-11-23T02:00:00Z".parse().unwrap()
}

async fn account(office: &Office, name: &str, role: Role) -> Account {
    let (_, key) = office.user_add(name, role).await.unwrap();
    office.authenticate(key.reveal()).await.unwrap().unwrap()
}

async fn house() -> House {
    let place = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", place.path().join("loa.db").display());
    let store = ledger::open(&url, true).await.unwrap();
    let names: Vec<String> = ["viettel", "vinaphone", "mobifone", "oa"].map(String::from).to_vec();
    let ids = store.catalog.routes(&names).await.unwrap();
    let routes = names.iter().zip(&ids).map(|(name, id)| {
        let (channel, rendering, reach) = match name.as_str() {
            "oa" => (Channel::Zalo, Rendering::Article, Reach::Page("all".into())),
            _ => (Channel::Sms, Rendering::Sms, Reach::Carrier),
        };
        RouteSetup {
            id: *id,
            name: name.clone(),
            channel,
            rendering,
            reach,
            part_header_octets: if name == "mobifone" { 7 } else { 6 },
            parts_per_s: 2.0,
            lanes: vec![format!("{name}-1")],
        }
    });
    let setup = Setup {
        node: "one".into(),
        routes: routes.collect(),
        carriers: names[..3].iter().cloned().zip(ids.iter().copied()).collect(),
        plans: std::collections::BTreeMap::new(),
        parts_max: 3,
    };
    let clock = Arc::new(contract::ManualClock::at(start()));
    let office = Office {
        desk: Arc::new(CallbackDesk::new(
            std::collections::BTreeMap::new(),
            store.clone(),
            Handle::default(),
            clock.clone(),
        )),
        consents: Arc::new(ArcSwap::default()),
        store,
        setup: Arc::new(ArcSwap::from_pointee(setup)),
        numbers: Arc::new(NumberPlan::embedded().unwrap()),
        areas: Arc::new(AreaCatalogue::embedded().unwrap()),
        clock: clock.clone(),
        engine: Handle::default(),
    };
    let author = account(&office, "Thảo", Role::Author).await;
    let approver = account(&office, "Hùng", Role::Approver).await;
    let auditor = account(&office, "Mai", Role::Auditor).await;
    let admin = account(&office, "Sơn", Role::Admin).await;
    for (slug, name, exercise) in [("thu", "Tổ thử", true), ("truong-thon", "Trưởng thôn", false)] {
        let group = GroupForm { slug: slug.into(), name: name.into(), exercise };
        office.group_put(&author, &group).await.unwrap();
    }
    House { office, clock, author, approver, auditor, admin, _place: place }
}

impl House {
    async fn import(&self, list: impl AsRef<[u8]>) -> ledger::Import {
        let list = std::io::Cursor::new(list.as_ref().to_vec());
        let options = ImportOptions { province: Some("20".into()) };
        self.office.import_csv(&self.author, "danh sách.csv", &options, list).await.unwrap()
    }

    async fn written(&self, form: AlertForm) -> AlertRow {
        self.office.alert_add(&self.author, form).await.unwrap()
    }

    async fn submitted(&self, form: AlertForm) -> AlertRow {
        let alert = self.written(form).await.id;
        self.office.submit(&self.author, alert).await.unwrap()
    }
}

fn form() -> AlertForm {
    AlertForm {
        kind: AlertKind::Alert,
        mode: Mode::Live,
        severity: Severity::Severe,
        refers_to: None,
        content: ContentDraft {
            headline: "Lũ sông Kỳ Cùng".into(),
            sms_accented: Some("Lũ Kỳ Cùng lên nhanh: dân ven sông lên nơi cao trước 18h. Gọi 112".into()),
            ..ContentDraft::default()
        },
        audience: Audience { areas: vec!["05977".into()], ..Audience::default() },
        plan: None,
        uncertain: None,
        expires_at: None,
    }
}

fn seen(row: &AlertRow) -> Seen {
    Seen { version: row.version, content_hash: row.content_hash }
}

fn refused<T: std::fmt::Debug>(result: Result<T, OfficeError>) -> Complaints {
    match result {
        Err(OfficeError::Refused(complaints)) => complaints,
        other => panic!("not refused: {other:?}"),
    }
}

fn fields(complaints: &Complaints) -> Vec<&str> {
    complaints.0.iter().map(|complaint| complaint.field.as_str()).collect()
}

async fn text(mut stream: CsvStream) -> String {
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn nobody_approves_his_own_words_and_nobody_without_the_right() {
    let house = house().await;
    house.import(LIST).await;
    let row = house.submitted(form()).await;
    let office = &house.office;
    let by_author = office.approve(&house.author, row.id, &seen(&row)).await;
    assert!(matches!(by_author, Err(OfficeError::Forbidden { role: Role::Author, .. })), "{by_author:?}");

    // An approver and even an admin may write, and then somebody else has to approve.
    for writer in [&house.approver, &house.admin] {
        let own = office.alert_add(writer, form()).await.unwrap();
        let own = office.submit(writer, own.id).await.unwrap();
        let result = office.approve(writer, own.id, &seen(&own)).await;
        assert!(matches!(result, Err(OfficeError::FourEyes(_))), "{result:?}");
    }
    let approved = office.approve(&house.approver, row.id, &seen(&row)).await.unwrap();
    assert_eq!((approved.phase, approved.approver), (Phase::Approved, Some(house.approver.id)));
    assert_eq!(approved.approved_hash, Some(row.content_hash));
    let auditor = office.alert_add(&house.auditor, form()).await;
    assert!(matches!(auditor, Err(OfficeError::Forbidden { .. })));
}

#[tokio::test]
async fn only_what_was_seen_is_approved() {
    let house = house().await;
    house.import(LIST).await;
    let office = &house.office;
    let first = house.submitted(form()).await;
    office.return_for_edit(&house.approver, first.id, "sai giờ").await.unwrap();
    let mut other = form();
    other.content.sms_accented = Some("Lũ Kỳ Cùng lên nhanh: lên nơi cao trước 20h. Gọi 112".into());
    let edited = office.alert_edit(&house.author, first.id, first.version, other.clone()).await.unwrap();
    let second = office.submit(&house.author, first.id).await.unwrap();
    assert!(second.version > first.version && edited.phase == Phase::Draft);

    let stale = office.approve(&house.approver, first.id, &seen(&first)).await.unwrap_err();
    assert!(stale.to_string().contains("not what was approved or shown"), "{stale}");

    // The same words for other people: the hash is the same, the version is not.
    office.return_for_edit(&house.approver, first.id, "thêm xã").await.unwrap();
    other.audience.areas.push("05983".into());
    office.alert_edit(&house.author, first.id, second.version, other.clone()).await.unwrap();
    let third = office.submit(&house.author, first.id).await.unwrap();
    assert_eq!(third.content_hash, second.content_hash);
    let stale = office.approve(&house.approver, first.id, &seen(&second)).await.unwrap_err();
    let OfficeError::Conflict(Conflict::Stale { phase, version, last, .. }) = &stale else {
        panic!("{stale:?}")
    };
    assert_eq!((*phase, *version), (Phase::Submitted, third.version));
    assert_eq!(last.as_ref().and_then(|last| last.account.as_deref()), Some("Thảo"), "{stale}");
    office.approve(&house.approver, first.id, &seen(&third)).await.unwrap();

    let late = office.alert_edit(&house.author, first.id, second.version, other).await.unwrap_err();
    assert!(matches!(late, OfficeError::Conflict(Conflict::Stale { .. })), "{late:?}");
    let unexplained = refused(office.cancel(&house.approver, first.id, "  ").await);
    assert_eq!(fields(&unexplained), ["reason"]);
    let cancelled = office.cancel(&house.approver, first.id, "bão đổi hướng").await.unwrap();
    assert_eq!(cancelled.phase, Phase::Cancelled);
    let events = office.alert_events(&house.auditor, first.id).await.unwrap();
    assert_eq!(events.last().and_then(|event| event.reason.as_deref()), Some("bão đổi hướng"));
}

#[tokio::test]
async fn an_exercise_reaches_exercise_groups_and_nobody_else() {
    let house = house().await;
    house.import(LIST).await;
    let to = |audience: Audience| AlertForm { mode: Mode::Exercise, audience, ..form() };
    let groups = |slugs: &[&str]| Audience {
        groups: slugs.iter().map(ToString::to_string).collect(),
        ..Audience::default()
    };
    let everyone = Audience { everyone: true, ..Audience::default() };
    let table = [
        (groups(&["truong-thon", "thu"]), "audience.groups"),
        (form().audience, "audience.areas"),
        (everyone, "audience.everyone"),
    ];
    for (audience, field) in table {
        let complaints = refused(house.office.alert_add(&house.author, to(audience)).await);
        assert_eq!(fields(&complaints), [field]);
    }
    let row = house.submitted(to(groups(&["thu"]))).await;
    let preview = house.office.alert_preview(&house.approver, row.id).await.unwrap();
    assert!(preview.text.starts_with("[DIEN TAP] Lũ"), "{}", preview.text);
    assert_eq!(preview.targets, 2);

    // The group leaves the exercises after it was submitted: the approval fails closed.
    let group = GroupForm { slug: "thu".into(), name: "Tổ thử".into(), exercise: false };
    house.office.group_put(&house.author, &group).await.unwrap();
    let late = refused(house.office.approve(&house.approver, row.id, &seen(&row)).await);
    assert_eq!(fields(&late), ["audience.groups"]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let house = house().await;
    let mut wrong = form();
    wrong.kind = AlertKind::Update;
    wrong.content.headline = " ".into();
    wrong.content.sms_accented = Some("Qu¶ng Ninh: b·o".into());
    wrong.content.sms_plain = Some("bão".into());
    wrong.content.body = Some("lũ\u{7}".into());
    let (areas, groups) = (vec!["99999".into()], vec!["ai".into()]);
    wrong.audience = Audience { areas, groups, everyone: true, reached_by: None };
    wrong.content.post =
        Some(PostContent { link: Some("lang-son.example".into()), ..PostContent::default() });
    wrong.plan = Some(PlanForm::Named("bão".into()));
    wrong.expires_at = Some(start());
    let mut expected = vec![
        "content.headline",
        "content.body",
        "content.sms_accented",
        "content.sms_plain",
        "content.post.link",
        "refers_to",
        "expires_at",
        "plan",
        "audience.everyone",
        "audience.areas",
        "audience.groups",
    ];
    let complaints = refused(house.office.alert_add(&house.author, wrong.clone()).await);
    assert_eq!(fields(&complaints), expected);
    // A preview shows the same instead of failing.
    let preview = house.office.preview(&house.author, &wrong).await.unwrap();
    let mut shown = fields_of(&preview.refusals);
    shown.sort_unstable();
    expected.sort_unstable();
    assert_eq!((shown, preview.content_hash), (expected, None));

    // What may be kept as a draft may still not be sent: nobody chosen, nobody there, time over.
    let nobody = house.written(AlertForm { audience: Audience::default(), ..form() }).await;
    assert_eq!(fields(&refused(house.office.submit(&house.author, nobody.id).await)), ["audience"]);
    let empty = house.written(form()).await;
    assert_eq!(fields(&refused(house.office.submit(&house.author, empty.id).await)), ["audience"]);
    house.import(LIST).await;
    house.clock.advance(jiff::SignedDuration::from_hours(13));
    let expired = refused(house.office.submit(&house.author, empty.id).await);
    assert_eq!(fields(&expired), ["expires_at"]);
}

fn fields_of(complaints: &[loa::office::Complaint]) -> Vec<&str> {
    complaints.iter().map(|complaint| complaint.field.as_str()).collect()
}

#[tokio::test]
async fn a_preview_counts_people_parts_and_time() {
    let house = house().await;
    house.import(LIST).await;
    house.office.person_opt_out(&house.author, PersonId(3), true).await.unwrap();
    let mut long = form();
    // 133 UCS-2 units: two parts of 67, but three of 66.
    long.content.sms_accented = Some("ũ".repeat(133));
    long.audience.areas = vec!["20".into()];
    let preview = house.office.preview(&house.approver, &long).await.unwrap();
    let routes: Vec<_> =
        preview.routes.iter().map(|r| (r.route.as_str(), r.parts, r.targets, r.parts_total)).collect();
    assert_eq!(routes, [("viettel", 2, 2, 4), ("mobifone", 3, 1, 3)]);
    let excluded: Vec<_> = preview.excluded.iter().map(|e| (e.reason.as_str(), e.people)).collect();
    assert_eq!(excluded.len(), 3, "{excluded:?}");
    assert!(preview.excluded.iter().all(|e| e.people == 1), "opted out, no route, duplicate: {excluded:?}");
    assert_eq!((preview.targets, preview.parts_total, preview.refusals.len()), (3, 7, 0));
    // Two messages of two parts at two parts a second.
    let finish: Vec<_> = preview.routes[0].finish.iter().map(|f| (f.percent, f.seconds)).collect();
    assert_eq!(finish, [(50, Some(1.0)), (90, Some(2.0)), (100, Some(2.0))]);
    assert!(preview.warnings.is_empty(), "{:?}", preview.warnings);

    // At night, to everybody, with a letter that gateways mangle.
    house.clock.advance(jiff::SignedDuration::from_hours(15));
    let mut night = form();
    night.severity = Severity::Minor;
    night.content.sms_accented = Some("Tin thử: à".into());
    night.audience = Audience { everyone: true, ..Audience::default() };
    let preview = house.office.preview(&house.approver, &night).await.unwrap();
    let codes: Vec<_> = preview.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["quiet-hours", "everyone"]);
    night.content.sms_accented = Some("Tin th\u{f9}: \u{e0}".into());
    let preview = house.office.preview(&house.approver, &night).await.unwrap();
    assert!(preview.warnings.iter().any(|warning| warning.code == "distrusted-characters"));
}

/// Line, verdict, field, and words of the note.
const ODD: &[(&str, &str, &str, &str)] = &[
    ("Q1,0961234101,05977,,,", "new", "", ""),
    ("Q2,8.49012E+10,05977,,,", "refused", "phone", "đã làm tròn số"),
    ("Q3,02053812345,05977,,,", "refused", "phone", "`020***345`: số cố định"),
    ("Q4,961234104,5977,,,", "new", "", ""),
    ("Q5,0961234105,99999,,,", "refused", "area", "no such code"),
    ("Q6,0961234106,Xã Không Có,,,", "refused", "area", "no commune of the province"),
    ("Q7,0961234107,dong kinh,không-có,,", "refused", "groups", "there is no such group"),
    ("Q8,0531234108,05977,,,", "new", "", "unknown prefix"),
    ("Q1,0961234109,05977,\"Tổ thử;truong-thon\",,", "changed", "", "this id stood in the file before"),
    ("Q9,0961234110,05977,,Hµ Néi,", "refused", "name", "TCVN3"),
    ("Q10,0961234111,05977,,,có thể", "refused", "opted_out", "neither yes nor no"),
    ("Q11,0961234112,05977,,An,,thừa", "refused", "row", "more cells"),
    ("Q12,0121012345,05977,,,", "refused", "phone", "machines"),
];

#[tokio::test]
async fn a_list_with_odd_rows_goes_in_and_every_row_has_its_verdict() {
    let house = house().await;
    let rows: Vec<&str> = ODD.iter().map(|(row, ..)| *row).collect();
    let list = format!("\u{feff}id,sdt,Địa bàn,nhóm,tên,từ chối\r\n{}\r\n,,,,,\r\n", rows.join("\r\n"));
    let import = house.import(list).await;
    assert_eq!(import.state, ImportState::Finished);
    let counts = ImportCounts { total: 13, new: 3, changed: 1, same: 0, refused: 9, warned: 2 };
    assert_eq!(import.counts, counts);

    let stream = house.office.import_verdicts_csv(&house.author, import.id, Verdicts::All).await.unwrap();
    let file = text(stream).await;
    let mut lines = csv::Reader::from_reader(file.as_bytes());
    assert_eq!(lines.headers().unwrap(), vec!["line", "verdict", "field", "note"]);
    let found: Vec<csv::StringRecord> = lines.records().map(Result::unwrap).collect();
    assert_eq!(found.len(), ODD.len(), "{file}");
    for (n, (row, verdict, field, note)) in ODD.iter().enumerate() {
        let line = (n + 2).to_string();
        assert_eq!((&found[n][0], &found[n][1], &found[n][2]), (line.as_str(), *verdict, *field), "{row}");
        assert!(found[n][3].contains(note), "{row}: {}", &found[n][3]);
    }
    assert!(!file.contains("02053812345") && !file.contains("0121012345"), "{file}");
    let noted = house.office.import_verdicts_csv(&house.author, import.id, Verdicts::Noted).await.unwrap();
    assert_eq!(text(noted).await.lines().count(), 1 + 11);

    // The refused row is put right and the list sent again: one new person, the others as they were.
    let again = house.import("id,phone,area\nQ2,0961234102,05977\nQ4,0961234104,05977\n").await;
    assert_eq!((again.counts.new, again.counts.same, again.counts.refused), (1, 1, 0));
    let filter = PeopleFilter { group: Some("truong-thon".into()), ..PeopleFilter::default() };
    let people = house.office.people(&house.author, &filter, PersonId(0), 10).await.unwrap();
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].phone.as_deref(), Some("+8496***109"));
    assert_eq!(people[0].area_name, "Phường Đông Kinh");
    let whole = PeopleFilter { numbers: Numbers::Full, ..filter };
    assert!(house.office.people(&house.author, &whole, PersonId(0), 10).await.is_err());
    let people = house.office.people(&house.auditor, &whole, PersonId(0), 10).await.unwrap();
    assert_eq!(people[0].phone.as_deref(), Some("+84961234109"));
}

#[tokio::test]
async fn an_upload_that_breaks_off_keeps_its_rows_and_can_be_sent_again() {
    let house = house().await;
    let options = ImportOptions::default();
    let sent = broken_off(b"phone,area\n0961234201,05977\n0961234202,05977\n09612");
    let import = house.office.import_csv(&house.author, "dở", &options, sent).await.unwrap();
    assert_eq!((import.state, import.counts.new), (ImportState::Interrupted, 2));
    let whole = house.import("phone,area\n0961234201,05977\n0961234202,05977\n0961234203,05977\n").await;
    assert_eq!((whole.state, whole.counts.new, whole.counts.same), (ImportState::Finished, 1, 2));

    // A quote that is never closed does not swallow the memory, it ends the import where it stands.
    let mut list = b"phone,area,name\n0961234204,05977,An\n0961234205,05977,\"B".to_vec();
    list.resize(list.len() + 1_000_000, b'x');
    let import = house.import(list).await;
    assert_eq!((import.state, import.counts.new), (ImportState::Interrupted, 1));
    assert!(import.note.unwrap().contains("a quote is opened"));

    let nothing = house.office.import_csv(&house.author, "x", &options, &b"0961234204;05977\n"[..]).await;
    assert_eq!(fields(&refused(nothing)), ["header"]);
}

/// Bytes, then an error, as a body whose sender has gone.
fn broken_off(bytes: &'static [u8]) -> impl tokio::io::AsyncRead + Send + Unpin + 'static {
    let pieces = [Ok(bytes), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
    tokio_util::io::StreamReader::new(futures::stream::iter(pieces))
}

#[tokio::test]
async fn a_report_is_one_file_with_masked_numbers_unless_asked_for() {
    let house = house().await;
    house.import(LIST).await;
    let row = house.submitted(form()).await;
    let row = house.office.approve(&house.approver, row.id, &seen(&row)).await.unwrap();
    fan_out(&house, &row).await;
    let counts = house.office.counts(&house.auditor, row.id, false).await.unwrap();
    assert_eq!((counts.targets, counts.excluded, counts.total.accepted, counts.total.queued), (3, 2, 3, 3));
    assert!(counts.total.conserved());

    let file = text(house.office.report_csv(&house.approver, row.id, Numbers::Masked).await.unwrap()).await;
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines.len(), 4, "{file}");
    assert!(lines[0].starts_with("seq,route,area,area_name,number,state,state_vi,attempts,code,reason,"));
    assert!(lines[1].starts_with("1,viettel,05977,Phường Đông Kinh,+8496***001,queued,chờ gửi,"), "{file}");
    assert!(house.office.report_csv(&house.approver, row.id, Numbers::Full).await.is_err());
    let file = text(house.office.report_csv(&house.auditor, row.id, Numbers::Full).await.unwrap()).await;
    assert!(file.contains("+84961234001"), "{file}");
}

/// What the engine does between the approval and the first claim.
async fn fan_out(house: &House, row: &AlertRow) {
    let Office { store, setup, areas, clock, .. } = &house.office;
    let groups = std::collections::BTreeSet::new();
    let selection = row.audience.check(areas, &groups).unwrap();
    let setup = setup.load_full();
    let routing = setup.routing(&row.plan);
    let approved = ledger::Approved { alert: row.id, at: row.approved_at.unwrap() };
    store.ledger.freeze(clock.now(), approved, &selection, &routing, 100).await.unwrap();
    let plans: Vec<_> = setup
        .routes_of(&row.plan)
        .map(|(route, step)| ledger::DispatchPlan {
            route: route.id,
            parts: 1,
            step,
            expires_at: row.expires_at,
            page: None,
        })
        .collect();
    store.ledger.begin(clock.now(), approved, "digest", &plans, &[]).await.unwrap();
    store.ledger.accept(clock.now(), row.id, 100).await.unwrap();
}

#[tokio::test]
async fn a_revoked_or_altered_key_opens_nothing() {
    let house = house().await;
    let (id, key) = house.office.account_create(&house.admin, "Tạm", Role::Author).await.unwrap();
    assert!(house.office.authenticate(key.reveal()).await.unwrap().is_some());
    let mut altered = key.reveal().to_owned();
    let last = if altered.pop() == Some('0') { '1' } else { '0' };
    altered.push(last);
    assert_eq!(house.office.authenticate(&altered).await.unwrap(), None);
    house.office.account_revoke(&house.admin, id).await.unwrap();
    assert_eq!(house.office.authenticate(key.reveal()).await.unwrap(), None);
    let twice = house.office.user_add("Thảo", Role::Author).await;
    assert!(matches!(twice, Err(OfficeError::Conflict(Conflict::Taken { .. }))));
    assert!(house.office.account_create(&house.author, "X", Role::Admin).await.is_err());
}
