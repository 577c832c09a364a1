//! What may become an alert's text, and that its hash covers all of it.

use super::*;

fn draft(accented: &str) -> ContentDraft {
    ContentDraft {
        headline: "Lũ sông Kỳ Cùng".to_owned(),
        sms_accented: Some(accented.to_owned()),
        ..ContentDraft::default()
    }
}

fn plain_draft(accented: Option<&str>, plain: Option<&str>) -> ContentDraft {
    ContentDraft {
        sms_accented: accented.map(str::to_owned),
        sms_plain: plain.map(str::to_owned),
        sms_form: SmsForm::Plain,
        ..draft("")
    }
}

fn check(draft: ContentDraft, mode: Mode) -> Result<Content, ContentRefusal> {
    draft.check(mode, ContentLimits::default())
}

#[test]
fn text_is_normalised_and_the_plain_form_made_or_kept() {
    let content = check(draft(" Lu\u{303} về\r\nkhẩn \u{feff}"), Mode::Live).unwrap();
    assert_eq!(content.sms_text(Mode::Live), "Lũ về\nkhẩn");
    assert_eq!(content.sms_plain.as_deref(), Some("Lu ve\nkhan"));
    let edited = check(plain_draft(Some("cấm qua ngầm"), Some("KHONG qua ngam")), Mode::Live).unwrap();
    assert_eq!(edited.sms_text(Mode::Live), "KHONG qua ngam");
}

#[test]
fn an_exercise_is_marked_once_in_ascii_however_it_was_typed() {
    for typed in ["tin thử", "[DIỄN TẬP] tin thử", "[dien tap]  [Diễn tập] tin thử"] {
        let content = check(draft(typed), Mode::Exercise).unwrap();
        assert_eq!(content.sms_text(Mode::Exercise), "[DIEN TAP] tin thử");
        assert_eq!(marked(&content.sms_text(Mode::Exercise), Mode::Exercise), "[DIEN TAP] tin thử");
    }
    let refusal = check(draft("[DIỄN TẬP] tin"), Mode::Live).unwrap_err();
    assert_eq!(refusal, ContentRefusal::MarkedLive { field: "sms_accented" });
}

#[test]
fn refusals_name_field_value_and_remedy() {
    let table: Vec<(ContentDraft, &str)> = vec![
        (draft("  \n "), "sms_accented: empty"),
        (ContentDraft { headline: " ".to_owned(), ..draft("tin") }, "headline: empty"),
        (
            ContentDraft { headline: "ă".repeat(161), ..draft("tin") },
            "headline: 161 characters, the ceiling is 160",
        ),
        (draft("Hµ Néi"), "sms_accented: looks like TCVN3"),
        (draft("a\u{0}b"), "sms_accented: control character U+0000 at position 1; delete it"),
        (plain_draft(None, Some("lũ")), "sms_plain: not plain ASCII (ũ)"),
        (plain_draft(Some("⚠ lũ"), None), "no plain form exists for ⚠; write sms_plain by hand"),
        (plain_draft(None, None), "sms_plain: empty"),
        (ContentDraft { sms_form: SmsForm::Accented, ..plain_draft(None, Some("lu")) }, "choose `plain`"),
        (
            draft(&"ệ".repeat(202)),
            "4 parts (ucs2, 202 units), the ceiling parts_max is 3; shorten it to 201 units",
        ),
    ];
    for (draft, expected) in table {
        let refusal = check(draft, Mode::Live).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal} / {expected}");
    }
}

#[test]
fn the_mark_of_an_exercise_counts_against_the_ceiling() {
    let long = "ệ".repeat(201);
    assert!(check(draft(&long), Mode::Live).is_ok());
    assert!(matches!(
        check(draft(&long), Mode::Exercise),
        Err(ContentRefusal::TooManyParts { parts: 4, .. })
    ));
}

#[test]
fn an_accented_text_with_an_emoji_has_no_plain_form_unless_written() {
    assert_eq!(check(draft("⚠ lũ"), Mode::Live).unwrap().sms_plain, None);
}

#[test]
fn the_hash_covers_everything_that_is_approved() {
    let content = check(draft("Lũ về"), Mode::Live).unwrap();
    let hash = |content: &Content| content.hash(Severity::Severe, AlertKind::Alert, Mode::Live);
    let same = check(draft("Lu\u{303} về "), Mode::Live).unwrap();
    assert_eq!(hash(&same), hash(&content));
    let others = [
        Content { headline: "khác".to_owned(), ..content.clone() },
        Content { sms_accented: Some("Lũ về!".to_owned()), ..content.clone() },
        Content { sms_plain: None, ..content.clone() },
        Content { sms_form: SmsForm::Plain, ..content.clone() },
        Content { body: Some(String::new()), ..content.clone() },
    ];
    let mut hashes: Vec<_> = others.iter().map(hash).collect();
    hashes.push(content.hash(Severity::Minor, AlertKind::Alert, Mode::Live));
    hashes.push(content.hash(Severity::Severe, AlertKind::Update, Mode::Live));
    hashes.push(content.hash(Severity::Severe, AlertKind::Alert, Mode::Exercise));
    hashes.push(hash(&content));
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 9);
    // Read back from storage it is the same content.
    let stored = serde_json::to_string(&content).unwrap();
    assert_eq!(hash(&serde_json::from_str(&stored).unwrap()), hash(&content));
}
