//! Every spelling and every damage seen in communes' lists, one line each.

use proptest::prelude::*;

use super::*;

fn carrier_of(parsed: &Parsed) -> &str {
    parsed.carrier.as_ref().map_or("-", |guess| guess.value.as_str())
}

#[test]
fn the_embedded_plan_is_read_whole() {
    assert_eq!(NumberPlan::embedded().unwrap().len(), 139);
    assert!(NumberPlan::from_csv("prefix,digits,kind,carrier_or_area,becomes\n09,ten,mobile,X,").is_err());
}

#[test]
fn usual_spellings_are_one_number() {
    let plan = NumberPlan::embedded().unwrap();
    let table: &[(&str, &[&str])] = &[
        ("0901234567", &[]),
        (" 090 123 45 67 ", &[]),
        ("090.123.4567", &[]),
        ("090-123-4567", &[]),
        ("(090) 1234567", &[]),
        ("'0901234567", &[]),
        ("+84901234567", &[]),
        ("(+84) 90 123 4567", &[]),
        ("0084901234567", &[]),
        ("84901234567", &[]),
        ("０９０１２３４５６７", &[]),
        ("\u{feff}0901\u{200b}234\u{a0}567", &[]),
        ("0901234567;", &[]),
        ("901234567", &["missing-zero"]),
        ("901234567.0", &["decimal-point", "missing-zero"]),
        ("+840901234567", &["zero-after-country-code"]),
        ("00840901234567", &["zero-after-country-code"]),
        ("840901234567", &["zero-after-country-code"]),
        ("+84 (0) 90 123 4567", &["zero-after-country-code"]),
        ("+0901234567", &["stray-plus"]),
    ];
    for (raw, notes) in table {
        let parsed = plan.parse(raw).unwrap();
        assert_eq!(parsed.phone.to_string(), "+84901234567", "{raw}");
        assert_eq!(parsed.notes.iter().map(|note| note.as_str()).collect::<Vec<_>>(), *notes, "{raw}");
        assert_eq!(carrier_of(&parsed), "mobifone");
    }
}

#[test]
fn carriers_follow_the_longest_prefix_and_old_numbers_their_conversion() {
    let plan = NumberPlan::embedded().unwrap();
    let table = [
        ("0321234567", "0321234567", "viettel", ""),
        ("0871234567", "0871234567", "itel", ""),
        ("0775123456", "0775123456", "fpt", ""),
        ("0771123456", "0771123456", "mobifone", ""),
        ("0841234567", "0841234567", "vinaphone", ""),
        ("841234567", "0841234567", "vinaphone", "missing-zero"),
        ("01681234567", "0381234567", "viettel", "converted-2018"),
        ("+84 168 123 4567", "0381234567", "viettel", "converted-2018"),
        ("1681234567", "0381234567", "viettel", "missing-zero converted-2018"),
        // 077 5… was MobiFone's before a part of it went to a new carrier.
        ("01225123456", "0775123456", "mobifone", "converted-2018"),
        ("0990123456", "0990123456", "-", ""),
        ("0531234567", "0531234567", "-", "unknown-prefix"),
    ];
    for (raw, national, carrier, notes) in table {
        let parsed = plan.parse(raw).unwrap();
        let found: Vec<_> = parsed.notes.iter().map(|note| note.as_str()).collect();
        assert_eq!((parsed.phone.national().as_str(), carrier_of(&parsed)), (national, carrier), "{raw}");
        assert_eq!(found.join(" "), notes, "{raw}");
    }
    let old = plan.parse("01681234567").unwrap().notes[0];
    assert!(matches!(old, Note::Converted { original } if original.national() == "01681234567"));
    assert_eq!(format!("{old:?}"), "Converted { original: OldNumber(0168***567) }");
    let moved = plan.parse("0901234567").unwrap().with_carrier("viettel".parse().unwrap());
    assert_eq!(moved.carrier.map(|guess| guess.source), Some(CarrierSource::Override));
}

#[test]
fn what_is_no_persons_mobile_is_refused_with_the_reason() {
    let plan = NumberPlan::embedded().unwrap();
    let table = [
        ("", "empty"),
        (" \u{200b}", "empty"),
        ("khong co", "not-a-number"),
        ("++84901234567", "not-a-number"),
        ("0901234567 / 0912345678", "several"),
        ("8.49012E+10", "scientific"),
        ("9,01235E+08", "scientific"),
        ("+8613812345678", "foreign"),
        ("0017025551234", "foreign"),
        ("02053812345", "fixed-line"),
        ("+842053812345", "fixed-line"),
        ("02012345678", "fixed-line"),
        ("0121012345", "machine"),
        ("0141234567", "machine"),
        ("0691234567", "wrong-prefix"),
        ("069123456", "special-network"),
        ("0671234567", "special-network"),
        ("113", "short-number"),
        ("18008108", "short-number"),
        ("090123456", "wrong-length"),
        ("09012345678", "wrong-length"),
        ("01111234567", "wrong-prefix"),
        ("0401234567", "wrong-prefix"),
        ("90123456", "wrong-length"),
    ];
    for (raw, reason) in table {
        let refusal = plan.parse(raw).unwrap_err();
        assert_eq!(refusal.as_str(), reason, "{raw}: {refusal}");
    }
    let refusal = plan.parse("02053812345").unwrap_err().to_string();
    assert!(refusal.contains("Lạng Sơn") && refusal.contains("`020***45`"), "{refusal}");
}

#[test]
fn a_number_is_shown_masked_and_travels_whole_only_by_name() {
    let phone = Phone::from_digits(84_901_234_321).unwrap();
    assert_eq!(
        (phone.masked().as_str(), format!("{phone:?}").as_str()),
        ("+8490***321", "Phone(+8490***321)")
    );
    assert_eq!("+84901234321".parse(), Ok(phone));
    for wrong in ["84901234321", "+8490123432", "+84101234321", "+", "+84901234321 ", "++84901234321"] {
        assert!(wrong.parse::<Phone>().is_err(), "{wrong}");
    }
    assert!("Viettel".parse::<Carrier>().is_err());
    assert_eq!("vnsky".parse::<Carrier>().unwrap().display_name(), "VNSKY");
}

proptest! {
    #[test]
    fn no_cell_makes_the_parser_panic_or_tell_the_number(raw in "\\PC{0,40}|[+0-9 ()./E;-]{0,24}") {
        let plan = NumberPlan::embedded().unwrap();
        match plan.parse(&raw) {
            Ok(parsed) => prop_assert_eq!(Phone::from_digits(parsed.phone.digits()), Some(parsed.phone)),
            Err(refusal) => {
                let typed: String = raw.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
                prop_assert!(typed.chars().count() <= 6 || !refusal.to_string().contains(&typed));
            }
        }
    }

    #[test]
    fn every_mobile_number_survives_its_spellings(subscriber in 300_000_000_u64..1_000_000_000) {
        prop_assume!(![4, 6].contains(&(subscriber / 100_000_000)));
        let plan = NumberPlan::embedded().unwrap();
        for raw in [format!("0{subscriber}"), format!("{subscriber}"), format!("+84{subscriber}"), format!("0084{subscriber}")] {
            prop_assert_eq!(plan.parse(&raw).map(|parsed| parsed.phone.digits()), Ok(84_000_000_000 + subscriber));
        }
    }
}
