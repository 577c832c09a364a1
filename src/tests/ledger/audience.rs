//! From people to numbered targets, exclusions and messages.

use loa::domain::{ExclusionReason, PersonId, Phase, Selection};
use loa::ledger::{PersonRow, Progress, Store};

use super::world::{Plan, World, at, dispatch_plan, given, person};

/// Seven people for whom there are six fates; the seventh shares the first one's number.
fn mixed() -> Vec<PersonRow> {
    vec![
        person(1, Some("viettel")),
        PersonRow { opted_out: true, ..person(2, Some("viettel")) },
        person(3, None),
        person(4, Some("gmobile")),
        person(5, Some("vinaphone")),
        PersonRow { groups: vec!["truong-thon".into()], ..person(6, Some("viettel")) },
        PersonRow { phone: person(1, None).phone, ..person(7, Some("vinaphone")) },
    ]
}

async fn mixed_world(store: &Store) -> World<'_> {
    let world = World::new(store, 0).await;
    store.catalog.group_put(at(0), "truong-thon", "Trưởng thôn", true).await.unwrap();
    world.import(&mixed()).await;
    world
}

pub(super) async fn people_are_left_out_with_the_first_reason_that_holds(store: &Store) {
    let world = mixed_world(store).await;
    for rows_max in [1, 2, 3, 100] {
        let alert = world.approved(Plan::default()).await;
        freeze(&world, alert, &Selection::Everyone, rows_max).await;
        let targets = store.reports.targets(alert, 0, 100).await.unwrap();
        let told: Vec<_> = targets.iter().map(|row| (row.seq, row.sms.clone().unwrap())).collect();
        let expected = [
            (1, (world.routes[0], person(1, None).phone)),
            (2, (world.routes[1], person(5, None).phone)),
            (3, (world.routes[0], person(6, None).phone)),
        ];
        assert_eq!(told, expected, "chunks of {rows_max}");
        let exclusions = store.reports.exclusions(alert, 0, 100).await.unwrap();
        let reasons: Vec<ExclusionReason> =
            exclusions.iter().map(|row| row.reason.parse().unwrap()).collect();
        let expected = [
            ExclusionReason::OptedOut,
            ExclusionReason::NoCarrier,
            ExclusionReason::NoRoute,
            ExclusionReason::Duplicate,
        ];
        assert_eq!(reasons, expected, "chunks of {rows_max}");
        let row = store.catalog.alert(alert).await.unwrap().unwrap();
        assert_eq!((row.targets, row.excluded), (3, 4));
        let counts = store.reports.exclusion_counts(alert).await.unwrap();
        assert_eq!(counts.iter().map(|(_, people)| people).sum::<i64>(), 4);
    }
}

async fn freeze(world: &World<'_>, alert: loa::domain::AlertId, selection: &Selection, rows_max: usize) {
    loop {
        match world
            .store
            .ledger
            .freeze(at(1), given(alert), selection, &world.routing(), rows_max)
            .await
            .unwrap()
        {
            Progress::More(_) => {}
            Progress::Done(_) => return,
        }
    }
}

pub(super) async fn freeze_and_accept_resume_in_chunks_of_any_size(store: &Store) {
    let world = World::new(store, 23).await;
    for rows_max in [1, 4, 7, 23, 24] {
        let alert = world.approved(Plan::default()).await;
        freeze(&world, alert, &Selection::Everyone, rows_max).await;
        let plans = [dispatch_plan(world.routes[0], Plan::default())];
        store.ledger.begin(at(2), given(alert), "d", &plans, &[]).await.unwrap();
        // Begun twice is begun once.
        store.ledger.begin(at(3), given(alert), "other", &plans, &[]).await.unwrap();
        let mut made = 0;
        loop {
            let progress = store.ledger.accept(at(3), alert, rows_max).await.unwrap();
            world.check(alert).await;
            match progress {
                Progress::More(rows) => made += rows,
                Progress::Done(rows) => break made += rows,
            }
        }
        assert_eq!(made, 23);
        assert_eq!(store.ledger.accept(at(3), alert, rows_max).await.unwrap(), Progress::Done(0));
        let row = store.catalog.alert(alert).await.unwrap().unwrap();
        assert_eq!(
            (row.phase, row.fanned_to, row.target_digest.as_deref()),
            (Phase::Dispatching, 23, Some("d"))
        );
        let counts = world.check(alert).await;
        assert_eq!((counts.accepted, counts.queued), (23, 23));
    }
}

pub(super) async fn whoever_comes_after_the_approval_is_not_in_the_list(store: &Store) {
    let world = World::new(store, 3).await;
    let alert = world.approved(Plan::default()).await;
    world.import(&[person(4, Some("viettel"))]).await;
    freeze(&world, alert, &Selection::Everyone, 2).await;
    assert_eq!(store.reports.targets(alert, 0, 10).await.unwrap().len(), 3);
    assert_eq!(store.reports.targets(alert, 1, 1).await.unwrap()[0].seq, 2);
    // Nor is anybody in the list of an alert that was withdrawn meanwhile.
    let withdrawn = world.approved(Plan::default()).await;
    world.change(withdrawn, world.author, Phase::Approved, Phase::Cancelled, "cancel").await;
    freeze(&world, withdrawn, &Selection::Everyone, 2).await;
    assert!(store.reports.targets(withdrawn, 0, 10).await.unwrap().is_empty());
}

pub(super) async fn an_alert_without_targets_is_complete_at_once(store: &Store) {
    let world = World::new(store, 1).await;
    let alert = world.approved(Plan::default()).await;
    let nowhere = Selection::Chosen { communes: vec!["99999".into()], groups: Vec::new() };
    freeze(&world, alert, &nowhere, 10).await;
    store.ledger.begin(at(2), given(alert), "d", &[], &[]).await.unwrap();
    let row = store.catalog.alert(alert).await.unwrap().unwrap();
    assert_eq!((row.phase, row.ended_at), (Phase::Completed, Some(at(2))));
    assert!(store.ledger.counts(alert).await.unwrap().is_empty());
}

pub(super) async fn a_preview_tells_what_a_freeze_finds(store: &Store) {
    let world = mixed_world(store).await;
    let selections = [
        Selection::Everyone,
        Selection::Chosen { communes: vec!["06001".into()], groups: Vec::new() },
        Selection::Chosen { communes: vec!["06002".into()], groups: vec!["truong-thon".into()] },
        Selection::Chosen { communes: Vec::new(), groups: vec!["truong-thon".into()] },
    ];
    // Few people are listed, many are looked for; both find the same.
    let sizes = [2, 100];
    for (selection, size) in selections.iter().flat_map(|selection| sizes.map(|size| (selection, size))) {
        let alert = world.approved(Plan::default()).await;
        freeze(&world, alert, selection, size).await;
        let preview = store.reports.audience(selection, &world.routing(), size).await.unwrap();
        let targets = store.reports.targets(alert, 0, 100).await.unwrap();
        for route in &world.routes {
            let frozen =
                targets.iter().filter(|row| row.sms.as_ref().is_some_and(|(on, _)| on == route)).count()
                    as i64;
            let told =
                preview.by_route.iter().find(|(told, _)| told == route).map_or(0, |(_, people)| *people);
            assert_eq!(told, frozen, "{selection:?}");
        }
        let mut told = preview.excluded;
        told.sort();
        let mut frozen = store.reports.exclusion_counts(alert).await.unwrap();
        frozen.sort();
        assert_eq!(told, frozen, "{selection:?}");
    }
    // Nobody was changed by looking.
    assert_eq!(store.catalog.people(None, None, PersonId(0), 100).await.unwrap().len(), 7);
}
