//! A selection is understood word for word or refused; the digest notices any change of the list.

use super::*;

fn check(areas: &[&str], groups: &[&str], everyone: bool) -> Result<Selection, AudienceRefusal> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let known = BTreeSet::from(["canbo".to_owned(), "yte".to_owned()]);
    Audience { areas: owned(areas), groups: owned(groups), everyone, reached_by: None }
        .check(&AreaCatalogue::embedded().unwrap(), &known)
}

#[test]
fn provinces_are_written_out_and_nothing_is_chosen_twice() {
    let Ok(Selection::Chosen { communes, groups }) = check(&["20", "05977", "05977"], &["yte", "yte"], false)
    else {
        panic!("refused")
    };
    assert_eq!((communes.len(), groups), (65, vec!["yte".to_owned()]));
    assert!(communes.is_sorted() && communes.contains(&"05977".to_owned()));
    assert_eq!(check(&[], &[], true), Ok(Selection::Everyone));
}

#[test]
fn what_is_not_understood_selects_nobody() {
    let refused =
        |areas: &[&str], groups: &[&str], everyone| check(areas, groups, everyone).unwrap_err().to_string();
    assert!(refused(&[], &[], false).contains("empty; choose"));
    assert!(refused(&["05977", "99999"], &[], false).contains("`99999` is no area of the 2025"));
    assert!(refused(&[""], &[], false).contains("`` is no area"));
    assert!(refused(&["05977"], &["ai"], false).contains("`ai` is no group"));
    assert!(refused(&["05977"], &[], true).contains("keep either"));
}

#[test]
fn the_digest_depends_on_every_row_and_its_place() {
    let digest = |rows: &[(i64, &str, i32)]| {
        let mut digest = TargetDigest::new();
        rows.iter().for_each(|(seq, address, route)| digest.add(*seq, address, RouteId(*route)));
        assert_eq!(digest.rows(), rows.len() as i64);
        digest.finish()
    };
    let list = digest(&[(1, "+84901", 1), (2, "+84902", 1)]);
    assert_eq!((list.len(), &list), (64, &digest(&[(1, "+84901", 1), (2, "+84902", 1)])));
    for other in [
        digest(&[(1, "+84902", 1), (2, "+84901", 1)]),
        digest(&[(1, "+84901", 1), (2, "+84902", 2)]),
        digest(&[(1, "+84901", 1)]),
        digest(&[]),
    ] {
        assert_ne!(other, list);
    }
}

#[test]
fn reasons_read_back_from_the_ledger() {
    for &reason in ExclusionReason::ALL {
        assert_eq!(ExclusionReason::from_code(reason.code()), Some(reason));
        assert!(!reason.text_vi().is_empty() && !reason.text_en().is_empty());
    }
}
