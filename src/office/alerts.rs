//! Alerts as they are written: made, changed, read. Every change makes a new version that nobody has approved yet.

use super::{
    Act, AlertForm, Office, OfficeError, Result, accounts::require, actions::domain_alert, form::new_alert,
    people::page,
};
use crate::{
    domain::{Action, Actor, AlertId, AlertKind, ContentDraft, Phase},
    ledger::{Account, AlertEvent, AlertRow, Applied},
};

/// So much of the old headline names it in its correction.
const CORRECTED_CHARS_MAX: usize = 60;

impl Office {
    /// Keeps a new alert as a draft.
    ///
    /// # Errors
    /// Everything that is wrong with the form, or `by` may not.
    pub async fn alert_add(&self, by: &Account, form: AlertForm) -> Result<AlertRow> {
        require(by, Act::Write)?;
        let (content, complaints, _) = self.checked(&form, None).await?;
        let Some(content) = content else { return complaints.or_refused() };
        complaints.or(())?;
        let now = self.clock.now();
        let alert = self.store.catalog.alert_add(now, &new_alert(&form, content, by.id, now)).await?;
        tracing::info!(%alert, author = %by.id, "alert written");
        self.alert_row(alert).await
    }

    /// Replaces version `version`: `by` becomes its author, an approval is gone.
    ///
    /// # Errors
    /// Everything that is wrong with the form; it is being sent or has ended; somebody changed it meanwhile.
    pub async fn alert_edit(
        &self,
        by: &Account,
        alert: AlertId,
        version: i64,
        form: AlertForm,
    ) -> Result<AlertRow> {
        require(by, Act::Write)?;
        let row = self.alert_row(alert).await?;
        let now = self.clock.now();
        domain_alert(&row).check(&Action::Edit, Actor::Person(by.id), now)?;
        let (content, complaints, _) = self.checked(&form, Some(alert)).await?;
        let Some(content) = content else { return complaints.or_refused() };
        complaints.or(())?;
        let next = new_alert(&form, content, by.id, now);
        match self.store.catalog.alert_edit(now, alert, version, &next).await? {
            Applied::Yes => {
                tracing::info!(%alert, author = %by.id, "alert edited");
                self.alert_row(alert).await
            }
            Applied::Stale { phase, version } => Err(self.stale(alert, phase, version).await?),
            Applied::NoSuchAlert => Err(OfficeError::no("alert", alert)),
        }
    }

    /// # Errors
    /// No such alert, or `by` may not.
    pub async fn alert(&self, by: &Account, alert: AlertId) -> Result<AlertRow> {
        require(by, Act::Read)?;
        self.alert_row(alert).await
    }

    /// Newest first.
    ///
    /// # Errors
    /// `by` may not.
    pub async fn alerts(
        &self,
        by: &Account,
        phase: Option<Phase>,
        before: Option<AlertId>,
        rows_max: usize,
    ) -> Result<Vec<AlertRow>> {
        require(by, Act::Read)?;
        Ok(self.store.catalog.alerts(phase, before, page(rows_max)).await?)
    }

    /// Who did what to it, in order.
    ///
    /// # Errors
    /// No such alert, or `by` may not.
    pub async fn alert_events(&self, by: &Account, alert: AlertId) -> Result<Vec<AlertEvent>> {
        self.alert(by, alert).await?;
        Ok(self.store.catalog.alert_events(alert).await?)
    }

    /// A correction of `alert`, ready to be sent as it is: to the same people, saying that the first text was wrong.
    ///
    /// # Errors
    /// No such alert, or `by` may not write alerts.
    pub async fn correction_form(&self, by: &Account, alert: AlertId) -> Result<AlertForm> {
        require(by, Act::Write)?;
        let wrong = self.alert_row(alert).await?;
        let headline: String = wrong.content.headline.chars().take(CORRECTED_CHARS_MAX).collect();
        let text = format!(
            "ĐÍNH CHÍNH: tin \"{headline}\" là KHÔNG CHÍNH XÁC. Bà con không làm theo tin ấy và chờ thông báo tiếp theo."
        );
        Ok(AlertForm {
            kind: AlertKind::Correction,
            mode: wrong.mode,
            severity: wrong.severity,
            refers_to: Some(alert),
            content: ContentDraft {
                headline: format!("Đính chính: {headline}"),
                sms_accented: Some(text),
                sms_plain: None,
                sms_form: wrong.content.sms_form,
                body: None,
            },
            audience: wrong.audience,
            uncertain: Some(wrong.uncertain),
            expires_at: None,
        })
    }

    pub(super) async fn alert_row(&self, alert: AlertId) -> Result<AlertRow> {
        self.store.catalog.alert(alert).await?.ok_or_else(|| OfficeError::no("alert", alert))
    }
}
