//! Counts against the sample messages and the standard's limits; what must hold for any text.

use proptest::prelude::*;

use super::*;

#[test]
fn sample_messages_cost_what_they_should() {
    for (name, encoding, units, parts, text) in samples::SAMPLES {
        let segments = segment(text);
        let found = (segments.encoding, segments.units, segments.parts.len());
        assert_eq!(found, (*encoding, *units, *parts), "{name}: {text}");
    }
}

#[test]
fn the_plain_form_of_a_sample_is_what_its_author_wrote() {
    for pair in samples::SAMPLES.chunks(2) {
        assert_eq!(strip_accents(pair[0].4), pair[1].4, "{}", pair[0].0);
    }
}

#[test]
fn limits_are_exact() {
    let table = [
        ("a", 160, 1, 1),
        ("a", 161, 2, 2),
        ("a", 306, 2, 3),
        ("a", 307, 3, 3),
        ("a", 304, 2, 2),
        ("a", 305, 2, 3),
        ("ệ", 70, 1, 1),
        ("ệ", 71, 2, 2),
        ("ệ", 134, 2, 3),
        ("ệ", 135, 3, 3),
        ("ệ", 132, 2, 2),
        ("ệ", 133, 2, 3),
        ("{", 80, 1, 1),
        ("{", 81, 2, 2),
        ("{", 152, 2, 2),
        ("{", 153, 3, 3),
        ("😀", 35, 1, 1),
        ("😀", 36, 2, 2),
        ("😀", 66, 2, 2),
        ("😀", 67, 3, 3),
    ];
    for (letter, count, parts_8, parts_16) in table {
        let text = letter.repeat(count);
        assert_eq!(segment_with(&text, Reference::EightBit).parts.len(), parts_8, "{letter} x {count}");
        assert_eq!(
            segment_with(&text, Reference::SixteenBit).parts.len(),
            parts_16,
            "{letter} x {count}, 16 bit"
        );
    }
    assert_eq!(segment("").parts, []);
}

#[test]
fn a_letter_keeps_its_marks_across_a_cut() {
    // 66 letters, then e + circumflex + acute: three units that do not fit behind them.
    let text = "ă".repeat(66) + "e\u{302}\u{301}" + &"ă".repeat(10);
    let segments = segment(&text);
    let second = segments.texts(&text).nth(1).unwrap();
    assert!(second.starts_with("e\u{302}\u{301}"), "{second}");
    assert_eq!(segments.parts[0].units, 66);
}

#[test]
fn accents_and_word_processor_signs_become_ascii() {
    let table = [
        ("Đường ĐÔNG KINH, ðường Ð", "Duong DONG KINH, duong D"),
        ("“Lũ” – ‘sạt’ lở…", "\"Lu\" - 'sat' lo..."),
        ("a\u{a0}b\u{200b}c\u{feff}d", "a bcd"),
        ("Ｌũ ５km²", "Lu 5km2"),
        ("e\u{302}\u{301}", "e"),
        ("35°C ≥ 30 ≠ 40", "35oC >= 30 != 40"),
        ("`x´", "'x'"),
        // Its decomposition is `<` and a stroke: without the stroke it would say the opposite.
        ("mức ≮ 3", "muc ? 3"),
    ];
    for (text, expected) in table {
        assert_eq!(strip_accents(text), expected);
    }
    let lost = plain("Lũ ⚠️ Ж ⚠");
    assert_eq!((lost.text.as_str(), lost.lost.as_slice()), ("Lu ? ? ?", &['⚠', 'Ж'][..]));
}

#[test]
fn a_report_points_at_the_characters() {
    let found = report("Lu\u{a0}song “Ky Cung” [112]");
    assert_eq!((found.encoding, found.cheap_after_replacement), (Encoding::Ucs2, true));
    let first = &found.forces_ucs2[0];
    assert_eq!((first.code_point.as_str(), first.positions.as_slice()), ("U+00A0", &[2][..]));
    assert_eq!((first.kind, first.replacement.as_deref()), (CharacterKind::Invisible, Some(" ")));
    assert_eq!(first.name_vi, "khoảng trắng không ngắt");
    assert_eq!(found.costs_two.iter().map(|u| u.character).collect::<String>(), "[]");

    let found = report("Lũ về, gọi cà phê");
    assert!(!found.cheap_after_replacement);
    assert!(found.forces_ucs2.iter().all(|u| u.kind == CharacterKind::Letter));
    assert_eq!(found.distrusted[0].character, 'à');
    assert_eq!(report("Khong sao").forces_ucs2, []);
}

proptest! {
    #[test]
    fn parts_fit_and_together_are_the_text(
        text in "[a-z ăệ{€😀\u{301}\u{323}\n]{0,400}|\\PC{0,300}", wide in any::<bool>()
    ) {
        let reference = if wide { Reference::SixteenBit } else { Reference::EightBit };
        let segments = segment_with(&text, reference);
        prop_assert_eq!(&segments.texts(&text).collect::<String>(), &text);
        prop_assert_eq!(segments.parts.iter().map(|part| part.units).sum::<usize>(), segments.units);
        let most = match segments.parts.len() {
            0 | 1 => segments.encoding.units_single_max(),
            _ => segments.encoding.units_part_max(reference),
        };
        prop_assert!(segments.parts.iter().all(|part| part.units <= most && part.units > 0));
    }

    #[test]
    fn stripped_text_is_always_ascii_in_the_sms_alphabet(text in any::<String>()) {
        let stripped = strip_accents(&text);
        prop_assert!(stripped.is_ascii() && is_gsm7(&stripped), "{stripped:?}");
        prop_assert_eq!(strip_accents(&stripped), stripped);
    }

    #[test]
    fn a_report_accounts_for_every_character(text in "\\PC{0,80}") {
        let found = report(&text);
        let forced: usize = found.forces_ucs2.iter().map(|u| u.count).sum();
        prop_assert_eq!(forced, text.chars().filter(|c| septets(*c).is_none()).count());
        prop_assert_eq!(forced > 0, found.encoding == Encoding::Ucs2);
    }
}
