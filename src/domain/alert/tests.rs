//! Stories of the office: who may approve, what clears an approval, what stops a wrong text.

use super::*;

const AUTHOR: UserId = UserId(1);
const APPROVER: UserId = UserId(2);
const EDITOR: UserId = UserId(3);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn content(byte: u8) -> ContentHash {
    ContentHash::from_bytes([byte; 32])
}

fn alert(phase: Phase) -> Alert {
    Alert {
        id: AlertId(9),
        version: 1,
        phase,
        kind: AlertKind::Alert,
        mode: Mode::Live,
        severity: Severity::Severe,
        reference: None,
        author: AUTHOR,
        editor: None,
        content: content(1),
        expires_at: at(3600),
        approval: None,
    }
}

fn approved() -> Alert {
    Alert {
        approval: Some(Approval { by: APPROVER, at: at(0), content: content(1) }),
        ..alert(Phase::Approved)
    }
}

fn actions() -> Vec<Action> {
    let reason = || "sai địa bàn".to_owned();
    vec![
        Action::Submit,
        Action::Approve,
        Action::Return { reason: reason() },
        Action::Reject { reason: reason() },
        Action::Begin,
        Action::Pause,
        Action::Resume,
        Action::Cancel { reason: reason() },
        Action::Complete,
        Action::Expire,
        Action::Edit,
    ]
}

/// Columns in the order of [`actions`]; the first letters of the phase it leads to, `-` for refused.
const TABLE: &[(Phase, &str)] = &[
    (Phase::Draft, "su - - - - - - ca - ex dr"),
    (Phase::Submitted, "- ap dr re - - - ca - ex dr"),
    (Phase::Approved, "- - dr - di - - ca - ex dr"),
    (Phase::Dispatching, "- - - - - pa - ca co ex -"),
    (Phase::Paused, "- - - - - - di ca co ex -"),
    (Phase::Completed, "- - - - - - - - - - -"),
    (Phase::Rejected, "- - - - - - - - - - -"),
    (Phase::Cancelled, "- - - - - - - - - - -"),
    (Phase::Expired, "- - - - - - - - - - -"),
];

#[test]
fn every_phase_and_action_is_decided_as_written() {
    assert_eq!(TABLE.iter().map(|(phase, _)| *phase).collect::<Vec<_>>(), Phase::ALL);
    for (phase, row) in TABLE {
        for (action, cell) in actions().iter().zip(row.split(' ')) {
            let found = phase.after(action).map_or("-", |to| &to.as_str()[..2]);
            assert_eq!(found, cell, "{phase} + {}", action.as_str());
        }
    }
}

#[test]
fn neither_author_nor_last_editor_approves_but_a_third_person_does() {
    let edited = Alert { editor: Some(EDITOR), ..alert(Phase::Submitted) };
    for own in [AUTHOR, EDITOR] {
        let refusal = edited.check(&Action::Approve, own.into(), at(0)).unwrap_err();
        assert_eq!(refusal, Refusal::FourEyes { alert: AlertId(9), version: 1, approver: own });
    }
    assert_eq!(edited.check(&Action::Approve, APPROVER.into(), at(0)), Ok(Phase::Approved));
    let refusal = edited.check(&Action::Approve, Actor::Engine, at(0)).unwrap_err();
    assert!(refusal.to_string().contains("a person's decision"), "{refusal}");
}

#[test]
fn what_is_sent_is_what_was_approved() {
    assert_eq!(approved().check(&Action::Begin, Actor::Engine, at(1)), Ok(Phase::Dispatching));
    let changed = Alert { content: content(2), ..approved() };
    assert!(matches!(
        changed.check(&Action::Begin, Actor::Engine, at(1)),
        Err(Refusal::ContentDiffers { .. })
    ));
    let missing = Alert { approval: None, ..approved() };
    assert_eq!(
        missing.check(&Action::Begin, Actor::Engine, at(1)),
        Err(Refusal::NotApproved { alert: AlertId(9) })
    );
    assert!(approved().check_shown(&content(2)).is_err());
}

#[test]
fn editing_after_submission_makes_a_new_version_and_a_draft_keeps_its_own() {
    assert_eq!(alert(Phase::Draft).version_after(&Action::Edit), 1);
    assert_eq!(alert(Phase::Submitted).version_after(&Action::Edit), 2);
    assert_eq!(approved().version_after(&Action::Edit), 2);
    assert_eq!(approved().version_after(&Action::Begin), 1);
}

#[test]
fn time_is_kept() {
    let submitted = alert(Phase::Submitted);
    assert!(matches!(
        submitted.check(&Action::Approve, APPROVER.into(), at(3600)),
        Err(Refusal::PastExpiry { .. })
    ));
    assert!(matches!(
        submitted.check(&Action::Expire, Actor::Engine, at(3599)),
        Err(Refusal::NotYetExpired { .. })
    ));
    assert_eq!(submitted.check(&Action::Expire, Actor::Engine, at(3600)), Ok(Phase::Expired));
    let paused = Alert { phase: Phase::Paused, ..approved() };
    assert!(paused.check(&Action::Resume, APPROVER.into(), at(3600)).is_err());
    let cancel = Action::Cancel { reason: "hết lũ".to_owned() };
    assert_eq!(paused.check(&cancel, AUTHOR.into(), at(9999)), Ok(Phase::Cancelled));
}

#[test]
fn updates_name_an_earlier_alert_and_new_alerts_name_none() {
    let submit = |kind, reference| {
        Alert { kind, reference, ..alert(Phase::Draft) }.check(&Action::Submit, AUTHOR.into(), at(0))
    };
    for &kind in &[AlertKind::Update, AlertKind::Cancel, AlertKind::Correction] {
        assert_eq!(submit(kind, None), Err(Refusal::ReferenceMissing { alert: AlertId(9), kind }));
        assert_eq!(submit(kind, Some(AlertId(9))), Err(Refusal::ReferenceToItself { alert: AlertId(9) }));
        assert_eq!(submit(kind, Some(AlertId(8))), Ok(Phase::Submitted));
    }
    assert!(submit(AlertKind::Alert, Some(AlertId(8))).is_err());
}

#[test]
fn refusals_name_the_field_and_the_way_out() {
    let blank = Action::Reject { reason: "  ".to_owned() };
    let refusal = alert(Phase::Submitted).check(&blank, APPROVER.into(), at(0)).unwrap_err().to_string();
    assert!(refusal.contains("reason of `reject` is empty") && refusal.contains("say why"), "{refusal}");
    let refusal =
        alert(Phase::Completed).check(&Action::Pause, AUTHOR.into(), at(0)).unwrap_err().to_string();
    assert!(refusal.contains("phase is `completed`") && refusal.contains("correction"), "{refusal}");
    assert!(alert(Phase::Dispatching).check(&Action::Complete, AUTHOR.into(), at(0)).is_err());
}

#[test]
fn words_are_strict() {
    assert_eq!("extreme".parse(), Ok(Severity::Extreme));
    let error = serde_json::from_str::<Severity>(r#""Extreme""#).unwrap_err().to_string();
    assert!(
        error.contains("severity: `Extreme`") && error.contains("extreme, severe, moderate, minor"),
        "{error}"
    );
    assert!(Severity::Extreme.priority() > Severity::Severe.priority());
    assert_eq!(UncertainPolicy::default_for(Severity::Severe), UncertainPolicy::Resend);
    assert_eq!(UncertainPolicy::default_for(Severity::Moderate), UncertainPolicy::Hold);
}
