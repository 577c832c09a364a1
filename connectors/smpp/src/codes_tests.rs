use std::fmt::Write;

use super::*;

fn kind(effect: Effect) -> String {
    match effect {
        Accepted => "accepted".to_owned(),
        Throttled(pause) => format!("throttled {}s", pause.as_secs()),
        Refused(class, scope) => format!("refused {class:?} {scope:?}"),
    }
}

/// The table as a reviewer reads it. A change of meaning shows here.
#[test]
fn the_whole_table() {
    let mut printed = String::new();
    for row in TABLE.iter().chain([&VENDOR, &UNKNOWN]) {
        let Row { status, name, effect, bind, .. } = row;
        writeln!(printed, "{status:#010x} {name:<17} {:<28} {bind:?}", kind(*effect)).unwrap();
    }
    assert_eq!(printed, include_str!("codes_table.txt"), "the table as it is now:\n{printed}");
}

#[test]
fn the_table_is_sorted_as_the_search_needs_and_every_row_says_something() {
    assert!(TABLE.is_sorted_by_key(|row| row.status));
    for row in TABLE {
        assert!(!row.vi.is_empty() && !row.en.is_empty(), "{}", row.name);
        assert_eq!(look_up(row.status).name, row.name);
    }
    for (status, name) in
        [(0x400, "VENDOR"), (0x4FF, "VENDOR"), (0x3FF, "UNKNOWN"), (0x500, "UNKNOWN"), (9, "UNKNOWN")]
    {
        assert_eq!(look_up(status).name, name, "{status:#x}");
    }
}

#[test]
fn a_lanes_own_row_goes_before_the_table() {
    let own = BTreeMap::from([(0x450, StatusClass::Throttled), (0x0B, StatusClass::Temporary)]);
    assert!(matches!(answer(0x450, &own), Answer::Throttled { .. }));
    assert!(matches!(answer(0x451, &own), Answer::Refused { scope: Message, .. }));
    let Answer::Refused { reason, .. } = answer(0x0B, &own) else { panic!("not refused") };
    assert_eq!((reason.class, reason.code.as_str()), (Temporary, "0x0000000b"));
    assert_eq!(reason.text, "số thuê bao nhận không hợp lệ (RINVDSTADR, 0x0000000b)");
}
