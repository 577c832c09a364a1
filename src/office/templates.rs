//! Templates: stored forms from which alerts are begun, with blanks such as `{{song}}` for what is not known yet. A form is
//! judged when it is stored as an alert's would be, as far as that makes sense: faults of its texts are told and no more,
//! since the blanks have yet to be filled in.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Act, AlertForm, Complaint, Complaints, Conflict, Office, OfficeError, PlanForm, Result, accounts::require,
};
use crate::{
    domain::{AlertKind, Audience, Blank, ContentDraft, Mode, Severity, UncertainPolicy, UserId},
    ledger::{Account, LedgerError, TemplateRow, TemplateVersion},
};

/// What an alert begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateForm {
    /// What people choose it by.
    pub title: String,
    pub kind: AlertKind,
    pub mode: Mode,
    pub severity: Severity,
    pub content: ContentDraft,
    #[serde(default)]
    pub audience: Audience,
    #[serde(default)]
    pub plan: Option<PlanForm>,
    #[serde(default)]
    pub uncertain: Option<UncertainPolicy>,
    /// How long an alert stays valid, in seconds from when it is begun; none: as the severity suggests.
    #[serde(default)]
    pub valid_s: Option<u32>,
}

/// A template as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub name: String,
    pub form: TemplateForm,
    pub blanks: Vec<Blank>,
    /// Faults of the texts, as an alert that was begun from it and left as it is would have them.
    pub warnings: Vec<Complaint>,
    /// The last first.
    pub changes: Vec<TemplateChange>,
}

/// Who stored or retired it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateChange {
    pub version: i64,
    pub retired: bool,
    pub account: UserId,
    pub account_name: Option<String>,
    pub at: Timestamp,
}

/// A template in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateLine {
    pub name: String,
    pub form: TemplateForm,
    pub last: TemplateChange,
}

/// An office has dozens.
const TEMPLATES_MAX: usize = 200;
const CHANGES_SHOWN_MAX: usize = 50;
/// All texts of all channels and a long list of communes.
const FORM_BYTES_MAX: usize = 48 * 1024;
const NAME_BYTES_MAX: usize = 40;
const TITLE_CHARS_MAX: usize = 100;
const VALID_S_MIN: u32 = 60;
const VALID_S_MAX: u32 = 30 * 24 * 60 * 60;

impl Office {
    /// Stores a template under `name`, in place of the one that may be there.
    ///
    /// # Errors
    /// A form that no alert could be begun from; too many of them; somebody changed it at the same time; `by` may not.
    pub async fn template_put(&self, by: &Account, name: &str, mut form: TemplateForm) -> Result<Template> {
        require(by, Act::ManageTemplates)?;
        form.title = form.title.trim().to_owned();
        let stored = serde_json::to_string(&form).map_err(|error| unreadable(&error))?;
        let mut complaints = Complaints(Vec::new());
        check_frame(name, &form, stored.len(), &mut complaints);
        let (_, wrong) = self.judged(&form).await?;
        complaints.0.extend(wrong);
        complaints.or(())?;
        let rows = self.template_rows(name).await?;
        let last = rows.first().map(|row| &row.template);
        if last.is_some_and(|last| !last.retired && last.form == stored) {
            // Said twice, it is the same.
            return self.template_of(rows, name).await;
        }
        if last.is_none_or(|last| last.retired) {
            self.room_for_one_more(name).await?;
        }
        let version = last.map_or(0, |last| last.version) + 1;
        let next =
            TemplateVersion { name: name.to_owned(), version, form: stored, retired: false, account: by.id };
        self.template_add(by, &next).await?;
        self.template_of(self.template_rows(name).await?, name).await
    }

    /// Takes a template out of use. It stays readable, and storing it again puts it back.
    ///
    /// # Errors
    /// There is none in force of this name; somebody changed it at the same time; `by` may not.
    pub async fn template_retire(&self, by: &Account, name: &str) -> Result<Template> {
        require(by, Act::ManageTemplates)?;
        let row = self.template_in_force(name).await?;
        let next = TemplateVersion {
            version: row.template.version + 1,
            retired: true,
            account: by.id,
            ..row.template
        };
        self.template_add(by, &next).await?;
        self.template_of(self.template_rows(name).await?, name).await
    }

    /// Those in force, by name.
    ///
    /// # Errors
    /// `by` may not.
    pub async fn templates(&self, by: &Account) -> Result<Vec<TemplateLine>> {
        require(by, Act::Read)?;
        let rows = self.store.catalog.alert_templates(TEMPLATES_MAX).await?;
        rows.into_iter()
            .map(|row| {
                let form = form_of(&row)?;
                Ok(TemplateLine { name: row.template.name.clone(), form, last: change(row) })
            })
            .collect()
    }

    /// Also one that was retired.
    ///
    /// # Errors
    /// There never was one of this name, or `by` may not.
    pub async fn template(&self, by: &Account, name: &str) -> Result<Template> {
        require(by, Act::Read)?;
        self.template_of(self.template_rows(name).await?, name).await
    }

    /// An alert's form with everything that the template says, to be completed and kept as an alert.
    ///
    /// # Errors
    /// There is none in force of this name, or `by` may not.
    pub async fn template_form(&self, by: &Account, name: &str) -> Result<AlertForm> {
        require(by, Act::Read)?;
        let row = self.template_in_force(name).await?;
        Ok(form_of(&row)?.begun(self.clock.now()))
    }

    /// Faults of the texts, and of everything else. What the form refers to is chosen when an alert is begun from it.
    async fn judged(&self, form: &TemplateForm) -> Result<(Vec<Complaint>, Vec<Complaint>)> {
        let begun = form.clone().begun(self.clock.now());
        let found = self.checked(&begun, None).await?.complaints.0;
        // Judged by the frame of the template, or when an alert is begun.
        const ELSEWHERE: [&str; 3] = ["refers_to", "expires_at", "audience.reached_by"];
        let found = found.into_iter().filter(|complaint| !ELSEWHERE.contains(&complaint.field.as_str()));
        Ok(found.partition(|complaint| complaint.field.starts_with("content")))
    }

    async fn room_for_one_more(&self, name: &str) -> Result<()> {
        let templates = self.store.catalog.alert_templates(TEMPLATES_MAX).await?.len();
        if templates < TEMPLATES_MAX {
            return Ok(());
        }
        Err(OfficeError::refused(Complaint::new(
            "name",
            name,
            (
                format!("đã có {templates} mẫu, là tối đa"),
                format!("there are {templates}, which is the most"),
            ),
            ("ngừng dùng một mẫu khác trước", "retire another one first"),
        )))
    }

    async fn template_add(&self, by: &Account, next: &TemplateVersion) -> Result<()> {
        let TemplateVersion { name, version, retired, .. } = next;
        if !self.store.catalog.alert_template_add(self.clock.now(), next).await? {
            return Err(OfficeError::Conflict(Conflict::Template { name: name.clone() }));
        }
        tracing::info!(template = name, version, retired, by = %by.id, "template changed");
        Ok(())
    }

    async fn template_in_force(&self, name: &str) -> Result<TemplateRow> {
        let last = self.template_rows(name).await?.into_iter().next();
        last.filter(|row| !row.template.retired)
            .ok_or_else(|| OfficeError::no("template in force named", name))
    }

    async fn template_rows(&self, name: &str) -> Result<Vec<TemplateRow>> {
        Ok(self.store.catalog.alert_template_versions(name, CHANGES_SHOWN_MAX).await?)
    }

    async fn template_of(&self, rows: Vec<TemplateRow>, name: &str) -> Result<Template> {
        let form = rows.first().map(form_of).ok_or_else(|| OfficeError::no("template named", name))??;
        let (warnings, _) = self.judged(&form).await?;
        let blanks = form.content.blanks();
        Ok(Template {
            name: name.to_owned(),
            form,
            blanks,
            warnings,
            changes: rows.into_iter().map(change).collect(),
        })
    }
}

impl TemplateForm {
    fn begun(self, now: Timestamp) -> AlertForm {
        let valid = |seconds| now.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok();
        AlertForm {
            kind: self.kind,
            mode: self.mode,
            severity: self.severity,
            refers_to: None,
            content: self.content,
            audience: self.audience,
            plan: self.plan,
            uncertain: self.uncertain,
            expires_at: self.valid_s.and_then(valid),
        }
    }
}

/// What an alert's form does not have, and what it may say of one alert only.
fn check_frame(name: &str, form: &TemplateForm, form_bytes: usize, complaints: &mut Complaints) {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(fits) {
        complaints.add(
            "name",
            name,
            ("không phải tên mẫu", "not a name of a template"),
            ("dùng chữ thường không dấu, chữ số, `-`, tối đa 40", "use a-z, 0-9 and `-`, at most 40"),
        );
    }
    let chars = form.title.chars().count();
    if chars == 0 || chars > TITLE_CHARS_MAX || form.title.chars().any(char::is_control) {
        complaints.add(
            "title",
            &form.title,
            ("tên gọi trống hoặc quá dài", "empty, too long or with control characters"),
            ("đặt tên gọi từ 1 đến 100 ký tự", "give a title of 1 to 100 characters"),
        );
    }
    if let Some(valid_s) = form.valid_s.filter(|seconds| !(VALID_S_MIN..=VALID_S_MAX).contains(seconds)) {
        complaints.add(
            "valid_s",
            &valid_s.to_string(),
            ("thời hạn quá ngắn hoặc quá dài", "too short or too long"),
            ("ghi từ 60 giây đến 30 ngày (2592000)", "set 60 seconds to 30 days (2592000)"),
        );
    }
    if let Some(alert) = form.audience.reached_by {
        complaints.add(
            "audience.reached_by",
            &alert.to_string(),
            ("mẫu không thể nói về một cảnh báo cụ thể", "a template speaks about no particular alert"),
            ("bỏ trống, điền khi soạn cảnh báo", "leave it out; it is filled in when an alert is written"),
        );
    }
    if form_bytes > FORM_BYTES_MAX {
        complaints.add(
            "content",
            "",
            (
                format!("mẫu dài {form_bytes} byte, tối đa {FORM_BYTES_MAX}"),
                format!("{form_bytes} bytes, the most is {FORM_BYTES_MAX}"),
            ),
            ("rút ngắn", "shorten it"),
        );
    }
}

fn form_of(row: &TemplateRow) -> Result<TemplateForm> {
    serde_json::from_str(&row.template.form).map_err(|error| unreadable(&error))
}

fn change(row: TemplateRow) -> TemplateChange {
    let TemplateRow { template, account_name, at } = row;
    let TemplateVersion { version, retired, account, .. } = template;
    TemplateChange { version, retired, account, account_name, at }
}

fn unreadable(error: &serde_json::Error) -> OfficeError {
    let (table, column) = ("alert_template", "form");
    LedgerError::Inconsistent { table, column, row: String::new(), why: error.to_string() }.into()
}
