//! An alert as somebody writes it, and everything that is wrong with it, at once and by field. What passes here can be
//! kept as a draft; whether it may be sent is asked again when it is submitted and when it is approved.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Complaints, Office, PlanForm, Result,
    complaints::{audience_complaint, content_complaint},
};
use crate::{
    domain::{
        AlertId, AlertKind, Audience, Content, ContentDraft, ContentLimits, ContentRefusal, Mode, Plan,
        Severity, SmsForm, UncertainPolicy, UserId, default_expiry,
    },
    ledger::{AlertRow, NewAlert, PeopleGroup},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertForm {
    pub kind: AlertKind,
    pub mode: Mode,
    pub severity: Severity,
    /// The earlier alert that an update, cancel or correction speaks about.
    #[serde(default)]
    pub refers_to: Option<AlertId>,
    pub content: ContentDraft,
    /// Of a correction: empty, or exactly those whom the earlier alert reached.
    #[serde(default)]
    pub audience: Audience,
    /// None: SMS alone.
    #[serde(default)]
    pub plan: Option<PlanForm>,
    /// None: as the severity suggests.
    #[serde(default)]
    pub uncertain: Option<UncertainPolicy>,
    /// None: as the severity suggests, from now.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// What is known when a form is judged.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) now: Timestamp,
    pub(super) groups: &'a [PeopleGroup],
    /// The alert it refers to, if there is such a one.
    pub(super) refers_to: Option<&'a AlertRow>,
    /// The alert whose readers it goes to, if there is such a one.
    pub(super) reached_by: Option<&'a AlertRow>,
    /// The alert itself, if it is there already.
    pub(super) itself: Option<AlertId>,
}

/// A form that was judged.
#[derive(Debug)]
pub(super) struct Checked {
    /// If nothing is wrong with it.
    pub(super) content: Option<Content>,
    /// If nothing is wrong with it.
    pub(super) plan: Option<Plan>,
    pub(super) complaints: Complaints,
    pub(super) groups: Vec<PeopleGroup>,
    /// The alert whose readers it goes to, if there is such a one.
    pub(super) reached_by: Option<AlertRow>,
}

/// Audience complaints listed one by one; a catalogue of the wrong year would fill pages.
const COMPLAINTS_MAX: usize = 50;
/// Stands in for the texts that are not being looked at.
const FINE: &str = "OK";

impl AlertForm {
    pub(super) fn expires_at(&self, now: Timestamp) -> Timestamp {
        self.expires_at.unwrap_or_else(|| now.saturating_add(default_expiry(self.severity)).unwrap_or(now))
    }

    /// A correction whose audience was left empty goes to those whom the earlier alert reached.
    pub(super) fn completed(mut self) -> Self {
        if self.kind == AlertKind::Correction && self.audience == Audience::default() {
            self.audience.reached_by = self.refers_to;
        }
        self
    }
}

impl Office {
    /// Reads what the form refers to and judges it.
    pub(super) async fn checked(&self, form: &AlertForm, itself: Option<AlertId>) -> Result<Checked> {
        let groups = self.store.catalog.groups().await?;
        let refers_to = self.maybe_alert(form.refers_to).await?;
        let reached_by = if form.audience.reached_by == form.refers_to {
            refers_to.clone()
        } else {
            self.maybe_alert(form.audience.reached_by).await?
        };
        let known = Known {
            now: self.clock.now(),
            groups: &groups,
            refers_to: refers_to.as_ref(),
            reached_by: reached_by.as_ref(),
            itself,
        };
        let mut complaints = Complaints(Vec::new());
        let limits = ContentLimits { parts_max: self.setup.load().parts_max };
        let content = check_content(form, limits, &mut complaints);
        check_reference(form, &known, &mut complaints);
        check_expiry(form, &known, &mut complaints);
        let plan = self.planned(form.plan.as_ref(), &mut complaints);
        self.check_audience(form, &known, &mut complaints);
        check_reached(form, &known, &mut complaints);
        Ok(Checked { content, plan, complaints, groups, reached_by })
    }

    async fn maybe_alert(&self, alert: Option<AlertId>) -> Result<Option<AlertRow>> {
        match alert {
            Some(alert) => Ok(self.store.catalog.alert(alert).await?),
            None => Ok(None),
        }
    }

    /// Every area and group by itself, so that each wrong one is named. An empty selection is not wrong in a draft.
    fn check_audience(&self, form: &AlertForm, known: &Known<'_>, complaints: &mut Complaints) {
        let audience = &form.audience;
        let slugs: BTreeSet<String> = known.groups.iter().map(|group| group.slug.clone()).collect();
        let areas =
            audience.areas.iter().map(|code| Audience { areas: vec![code.clone()], ..Audience::default() });
        let groups =
            audience.groups.iter().map(|slug| Audience { groups: vec![slug.clone()], ..Audience::default() });
        let alone = areas.chain(groups).filter_map(|one| one.check(&self.areas, &slugs).err());
        let everyone_and_more =
            audience.everyone && !(audience.areas.is_empty() && audience.groups.is_empty());
        let reached_and_more = audience.reached_by.is_some()
            && *audience != Audience { reached_by: audience.reached_by, ..Audience::default() };
        let together = (everyone_and_more || reached_and_more)
            .then(|| audience.check(&self.areas, &slugs).err())
            .flatten();
        for refusal in together.into_iter().chain(alone).take(COMPLAINTS_MAX) {
            complaints.0.push(audience_complaint(&refusal));
        }
        if form.mode == Mode::Exercise {
            check_exercise(audience, known.groups, complaints);
        }
    }
}

/// An exercise reaches those who agreed to exercises and nobody else.
fn check_exercise(audience: &Audience, groups: &[PeopleGroup], complaints: &mut Complaints) {
    let remedy = ("chỉ chọn nhóm được đánh dấu diễn tập", "choose only groups that are marked for exercises");
    if audience.everyone {
        let reason = ("diễn tập không được gửi cho mọi người", "an exercise never goes to everyone");
        complaints.add("audience.everyone", "true", reason, remedy);
    }
    if !audience.areas.is_empty() {
        let reason = ("diễn tập không được gửi theo địa bàn", "an exercise never goes to areas");
        complaints.add("audience.areas", &audience.areas.join(", "), reason, remedy);
    }
    let live = |slug: &&String| groups.iter().any(|group| group.slug == **slug && !group.exercise);
    for slug in audience.groups.iter().filter(live).take(COMPLAINTS_MAX) {
        let reason = ("nhóm này không tham gia diễn tập", "this group takes no part in exercises");
        complaints.add("audience.groups", slug, reason, remedy);
    }
}

fn check_reference(form: &AlertForm, known: &Known<'_>, complaints: &mut Complaints) {
    let field = "refers_to";
    match (form.kind.needs_reference(), form.refers_to) {
        (false, None) => {}
        (false, Some(alert)) => complaints.add(
            field,
            &alert.to_string(),
            ("cảnh báo mới không nhắc tới cảnh báo trước", "a new alert refers to none"),
            (
                "bỏ trống, hoặc chọn loại cập nhật, kết thúc, đính chính",
                "leave it empty, or choose another kind",
            ),
        ),
        (true, None) => complaints.add(
            field,
            "",
            ("chưa nói về cảnh báo nào", "the earlier alert is not named"),
            ("chọn cảnh báo trước đó", "choose the alert it speaks about"),
        ),
        (true, Some(alert)) if Some(alert) == known.itself => complaints.add(
            field,
            &alert.to_string(),
            ("là chính cảnh báo này", "it is the alert itself"),
            ("chọn cảnh báo trước đó", "choose an earlier alert"),
        ),
        (true, Some(alert)) if known.refers_to.is_none() => complaints.add(
            field,
            &alert.to_string(),
            ("không có cảnh báo này", "there is no such alert"),
            ("chọn lại từ danh sách", "choose it again from the list"),
        ),
        (true, Some(_)) => {}
    }
}

/// Whom an earlier alert reached: that alert has to be there, and a correction goes to its readers and nobody else.
fn check_reached(form: &AlertForm, known: &Known<'_>, complaints: &mut Complaints) {
    let field = "audience.reached_by";
    let given = form.audience.reached_by;
    let value = given.map(|alert| alert.to_string()).unwrap_or_default();
    let again = ("chọn cảnh báo đã gửi trước đó", "choose an alert that was sent before");
    if form.kind == AlertKind::Correction && form.refers_to.is_some() && given != form.refers_to {
        complaints.add(
            field,
            &value,
            (
                "đính chính phải đến đúng những người đã hoặc có thể đã nhận tin sai",
                "a correction goes to exactly those whom the earlier alert reached or may have reached",
            ),
            ("bỏ trống người nhận để hệ thống tự điền", "leave the audience empty, and it is filled in"),
        );
        return;
    }
    match (given, known.reached_by) {
        (None, _) => {}
        // Complained about where it is referred to.
        (Some(_), _) if given == form.refers_to && (known.refers_to.is_none() || given == known.itself) => {}
        (Some(_), _) if given == known.itself => {
            complaints.add(field, &value, ("là chính cảnh báo này", "it is the alert itself"), again);
        }
        (Some(_), None) => {
            complaints.add(field, &value, ("không có cảnh báo này", "there is no such alert"), again);
        }
        (Some(_), Some(earlier)) => {
            if form.mode == Mode::Exercise && earlier.mode != Mode::Exercise {
                let reason = (
                    "diễn tập không được gửi cho người nhận cảnh báo thật",
                    "an exercise never goes to the readers of a live alert",
                );
                complaints.add(field, &value, reason, again);
            }
        }
    }
}

fn check_expiry(form: &AlertForm, known: &Known<'_>, complaints: &mut Complaints) {
    let Some(expires_at) = form.expires_at else { return };
    if expires_at <= known.now {
        complaints.add(
            "expires_at",
            &expires_at.to_string(),
            ("thời hạn đã qua", "it has passed"),
            ("đặt thời hạn muộn hơn", "set a later time"),
        );
    }
}

/// The content, if nothing is wrong with it. The domain stops at the first fault, so each text is shown to it alone.
fn check_content(form: &AlertForm, limits: ContentLimits, complaints: &mut Complaints) -> Option<Content> {
    let draft = &form.content;
    let whole = draft.clone().check(form.mode, limits);
    if let Ok(content) = whole {
        return Some(content);
    }
    let fine = || ContentDraft {
        headline: FINE.to_owned(),
        sms_accented: Some(FINE.to_owned()),
        ..ContentDraft::default()
    };
    let only_plain = draft.sms_plain.as_ref().map(|plain| ContentDraft {
        headline: FINE.to_owned(),
        sms_plain: Some(plain.clone()),
        sms_form: SmsForm::Plain,
        ..ContentDraft::default()
    });
    let sms = ContentDraft { headline: FINE.to_owned(), body: None, zalo: None, post: None, ..draft.clone() };
    let alone = [
        Some(ContentDraft { headline: draft.headline.clone(), ..fine() }),
        Some(ContentDraft { body: draft.body.clone(), ..fine() }),
        Some(sms),
        only_plain,
        Some(ContentDraft { zalo: draft.zalo.clone(), ..fine() }),
        Some(ContentDraft { post: draft.post.clone(), ..fine() }),
    ];
    let mut found: Vec<ContentRefusal> = Vec::new();
    for refusal in alone.into_iter().flatten().filter_map(|draft| draft.check(form.mode, limits).err()) {
        // An unsent plain text may be as long as it likes.
        let unsent = matches!(&refusal, ContentRefusal::TooManyParts { field: "sms_plain", .. })
            && draft.sms_form == SmsForm::Accented;
        if !unsent && !found.contains(&refusal) {
            found.push(refusal);
        }
    }
    if found.is_empty() {
        // Wrong only in combination: what the domain said of the whole.
        found.extend(whole.err());
    }
    complaints.0.extend(found.iter().map(content_complaint));
    None
}

/// What is kept of a form that passed; refused with all complaints otherwise.
pub(super) fn new_alert(
    form: AlertForm,
    checked: Checked,
    author: UserId,
    now: Timestamp,
) -> Result<NewAlert> {
    let (Some(content), Some(plan)) = (checked.content, checked.plan) else {
        return checked.complaints.or_refused();
    };
    checked.complaints.or(())?;
    Ok(NewAlert {
        kind: form.kind,
        mode: form.mode,
        severity: form.severity,
        refers_to: form.refers_to,
        content_hash: content.hash(form.severity, form.kind, form.mode),
        content,
        uncertain: form.uncertain.unwrap_or_else(|| UncertainPolicy::default_for(form.severity)),
        author,
        expires_at: form.expires_at(now),
        audience: form.audience,
        plan,
    })
}
