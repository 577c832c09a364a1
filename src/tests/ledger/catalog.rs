//! Accounts, keys that are worked on once, names, people and how they came into the lists.

use loa::domain::{PersonId, UserId};
use loa::ledger::{
    CarrierSource, Idempotency, ImportCounts, ImportState, NewAccount, PersonRow, RefusedRow, Role, Store,
    TemplateVersion,
};

use super::world::{World, at, person};

pub(super) async fn accounts_are_named_once_and_can_be_revoked(store: &Store) {
    let catalog = &store.catalog;
    let account =
        NewAccount { name: "duty".into(), role: Role::Approver, key_id: "k1".into(), key_hash: "ab".into() };
    let id = catalog.account_add(at(3), &account).await.unwrap().expect("free");
    let twin = NewAccount { key_id: "k2".into(), ..account.clone() };
    assert_eq!(catalog.account_add(at(4), &twin).await.unwrap(), None);
    let found = catalog.account_by_key("k1").await.unwrap().expect("by its key");
    assert_eq!((found.id, found.role, found.created_at, found.revoked_at), (id, Role::Approver, at(3), None));
    assert!(catalog.account_by_key("k2").await.unwrap().is_none());
    assert!(catalog.account_revoke(at(9), id).await.unwrap());
    assert!(!catalog.account_revoke(at(10), id).await.unwrap());
    assert!(!catalog.account_revoke(at(10), UserId(id.0 + 1)).await.unwrap());
    let all = catalog.accounts().await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].revoked_at, Some(at(9)));
}

pub(super) async fn a_key_is_worked_on_once_and_answered_the_same_ever_after(store: &Store) {
    let catalog = &store.catalog;
    let begin =
        |key: &'static str, body: &'static str| catalog.idempotency_begin(at(1), UserId(1), key, body);
    assert_eq!(begin("a", "x").await.unwrap(), Idempotency::Fresh);
    assert_eq!(begin("a", "x").await.unwrap(), Idempotency::Busy);
    assert_eq!(begin("a", "y").await.unwrap(), Idempotency::Conflict);
    catalog.idempotency_end(UserId(1), "a", 201, "{\"id\":1}").await.unwrap();
    let replay = Idempotency::Replay { status: 201, response: "{\"id\":1}".into() };
    assert_eq!(begin("a", "x").await.unwrap(), replay);
    assert_eq!(begin("a", "y").await.unwrap(), Idempotency::Conflict);
    // What was answered is not forgotten; what came to nothing is.
    catalog.idempotency_drop(UserId(1), "a").await.unwrap();
    assert_eq!(begin("a", "x").await.unwrap(), replay);
    assert_eq!(begin("b", "x").await.unwrap(), Idempotency::Fresh);
    catalog.idempotency_drop(UserId(1), "b").await.unwrap();
    assert_eq!(begin("b", "y").await.unwrap(), Idempotency::Fresh);
    let others = catalog.idempotency_begin(at(1), UserId(2), "a", "z").await.unwrap();
    assert_eq!(others, Idempotency::Fresh);
}

pub(super) async fn names_get_ids_once(store: &Store) {
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let first = store.catalog.routes(&names(&["viettel", "mobifone"])).await.unwrap();
    let second = store.catalog.routes(&names(&["mobifone", "gmobile", "viettel"])).await.unwrap();
    assert_eq!((second[0], second[2]), (first[1], first[0]));
    assert!(!first.contains(&second[1]));
    assert!(store.catalog.routes(&[]).await.unwrap().is_empty());
    let mut known: Vec<_> = store.catalog.route_names().await.unwrap();
    known.sort();
    assert_eq!(known.len(), 3);
    assert!(known.contains(&(first[0], "viettel".into())));
    let lanes = store.catalog.lanes(&names(&["viettel-1", "viettel-2"])).await.unwrap();
    assert_eq!(store.catalog.lanes(&names(&["viettel-2"])).await.unwrap(), [lanes[1]]);
}

pub(super) async fn an_import_run_twice_changes_nothing_more(store: &Store) {
    let catalog = &store.catalog;
    catalog.group_put(at(0), "doi-xung-kich", "Đội xung kích", true).await.unwrap();
    let import = catalog.import_begin(at(1), UserId(1), "xã.csv").await.unwrap();
    let mut good = vec![person(1, Some("viettel")), person(2, None)];
    good[0].groups = vec!["doi-xung-kich".into()];
    good[1].warning = Some("không rõ nhà mạng".into());
    let refused = [RefusedRow { line: 9, field: "phone".into(), note: "không phải số".into() }];
    let expected = ImportCounts { total: 3, new: 2, changed: 0, same: 0, refused: 1, warned: 1 };
    for _ in 0..2 {
        assert_eq!(catalog.import_rows(at(2), import, &good, &refused).await.unwrap(), expected);
    }
    catalog.import_end(at(3), import, ImportState::Finished, None).await.unwrap();
    let kept = catalog.import(import).await.unwrap().expect("kept");
    assert_eq!((kept.state, kept.counts, kept.ended_at), (ImportState::Finished, expected, Some(at(3))));
    let rows = catalog.import_rows_page(import, 2, 10).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.line, row.verdict.as_str())).collect();
    assert_eq!(told, [(3, "new"), (9, "refused")]);

    // The same list again, one person moved, one out of the group.
    let again = catalog.import_begin(at(5), UserId(1), "xã-2.csv").await.unwrap();
    good[0].groups.clear();
    good[1].warning = None;
    let counts = catalog.import_rows(at(6), again, &good, &[]).await.unwrap();
    assert_eq!(counts, ImportCounts { total: 2, changed: 1, same: 1, ..ImportCounts::default() });
    assert_eq!(catalog.groups().await.unwrap()[0].people, 0);
}

pub(super) async fn an_import_keeps_what_people_and_carriers_said(store: &Store) {
    let world = World::new(store, 2).await;
    let catalog = &store.catalog;
    let people = catalog.people(None, None, PersonId(0), 10).await.unwrap();
    let (moved, out) = (people[0].id, people[1].id);
    assert!(catalog.person_carrier(at(5), moved, "vinaphone").await.unwrap());
    assert!(catalog.person_opt_out(at(5), out, true).await.unwrap());
    world.import(&[person(1, Some("viettel")), person(2, Some("viettel"))]).await;
    let kept = catalog.person(moved).await.unwrap().unwrap();
    assert_eq!(kept.carrier.as_deref(), Some("vinaphone"));
    assert_eq!(kept.carrier_source, Some(CarrierSource::Override));
    assert_eq!(catalog.person(out).await.unwrap().unwrap().opted_out_at, Some(at(5)));
    // Another number: what was said of the old one is void.
    let renumbered = PersonRow { phone: "84911111111".into(), ..person(1, Some("viettel")) };
    world.import(&[renumbered]).await;
    let renewed = catalog.person(moved).await.unwrap().unwrap();
    assert_eq!(renewed.carrier.as_deref(), Some("viettel"));
    assert_eq!(renewed.carrier_source, Some(CarrierSource::Prefix));
    assert!(catalog.person_opt_out(at(6), out, false).await.unwrap());
    assert_eq!(catalog.person(out).await.unwrap().unwrap().opted_out_at, None);
    assert!(!catalog.person_opt_out(at(6), PersonId(999), true).await.unwrap());
    assert!(!catalog.person_carrier(at(6), PersonId(999), "x").await.unwrap());
    assert!(catalog.person(PersonId(999)).await.unwrap().is_none());
}

pub(super) async fn people_are_found_by_area_and_group(store: &Store) {
    let world = World::new(store, 7).await;
    let catalog = &store.catalog;
    catalog.group_put(at(0), "truong-thon", "Trưởng thôn", false).await.unwrap();
    catalog.group_put(at(1), "truong-thon", "Trưởng thôn, tổ trưởng", true).await.unwrap();
    let chief = PersonRow { groups: vec!["truong-thon".into()], ..person(3, Some("viettel")) };
    world.import(&[chief]).await;
    let groups = catalog.groups().await.unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].people, groups[0].exercise), (1, true));
    assert_eq!(groups[0].name, "Trưởng thôn, tổ trưởng");
    let area = catalog.people(Some("06001"), None, PersonId(0), 10).await.unwrap();
    let names: Vec<_> = area.iter().map(|person| person.external_id.as_str()).collect();
    assert_eq!(names, ["p1", "p4", "p7"]);
    let rest = catalog.people(Some("06001"), None, area[0].id, 1).await.unwrap();
    assert_eq!(rest[0].external_id, "p4");
    let chiefs = catalog.people(None, Some("truong-thon"), PersonId(0), 10).await.unwrap();
    assert_eq!(chiefs.len(), 1);
    assert_eq!(
        (chiefs[0].external_id.as_str(), chiefs[0].groups.as_slice()),
        ("p3", &["truong-thon".to_owned()][..])
    );
}

pub(super) async fn a_template_is_kept_version_by_version(store: &Store) {
    let world = World::new(store, 0).await;
    let version = |name: &str, version, retired| TemplateVersion {
        name: name.into(),
        version,
        form: format!("{{\"n\":{version}}}"),
        retired,
        account: world.author,
    };
    let catalog = &store.catalog;
    for (second, next) in
        [(1, version("xa-lu", 1, false)), (2, version("xa-lu", 2, false)), (3, version("bao", 1, false))]
    {
        assert!(catalog.alert_template_add(at(second), &next).await.unwrap());
    }
    assert!(
        !catalog.alert_template_add(at(4), &version("xa-lu", 2, true)).await.unwrap(),
        "somebody was faster"
    );

    let list = catalog.alert_templates(10).await.unwrap();
    let names: Vec<_> = list.iter().map(|row| (row.template.name.as_str(), row.template.version)).collect();
    assert_eq!(names, [("bao", 1), ("xa-lu", 2)]);
    assert_eq!((list[1].account_name.as_deref(), list[1].at), (Some("author"), at(2)));
    assert_eq!(catalog.alert_templates(1).await.unwrap().len(), 1);

    assert!(catalog.alert_template_add(at(5), &version("xa-lu", 3, true)).await.unwrap());
    assert_eq!(catalog.alert_templates(10).await.unwrap().len(), 1, "a retired one is not offered");
    let all = catalog.alert_template_versions("xa-lu", 10).await.unwrap();
    let expected = [version("xa-lu", 3, true), version("xa-lu", 2, false), version("xa-lu", 1, false)];
    assert_eq!(all.into_iter().map(|row| row.template).collect::<Vec<_>>(), expected);
    assert!(catalog.alert_template_versions("khac", 10).await.unwrap().is_empty());
    assert!(catalog.alert_template_add(at(6), &version("xa-lu", 4, false)).await.unwrap());
    assert_eq!(catalog.alert_templates(10).await.unwrap().len(), 2);
}
