//! Alerts as they are written: made, changed, read. Every change makes a new version that nobody has approved yet.

use super::{
    Act, AlertForm, Office, OfficeError, PlanForm, Result, accounts::require, actions::domain_alert,
    form::new_alert, people::page,
};
use crate::{
    domain::{
        Action, Actor, AlertId, AlertKind, Audience, Channel, ContentDraft, Correcting, Phase, Plan,
        PostContent, ZaloContent,
    },
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
        let form = form.completed();
        let checked = self.checked(&form, None).await?;
        let now = self.clock.now();
        let alert = self.store.catalog.alert_add(now, &new_alert(form, checked, by.id, now)?).await?;
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
        let form = form.completed();
        let checked = self.checked(&form, Some(alert)).await?;
        let next = new_alert(form, checked, by.id, now)?;
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

    /// A correction of `alert`: to those whom it reached or may have reached, on all its channels at once, saying that
    /// the first text was wrong. A Zalo template's parameters are left blank: they said what was wrong, and have to be
    /// written anew.
    ///
    /// # Errors
    /// No such alert, or `by` may not write alerts.
    pub async fn correction_form(&self, by: &Account, alert: AlertId) -> Result<AlertForm> {
        require(by, Act::Write)?;
        let wrong = self.alert_row(alert).await?;
        let headline: String = wrong.content.headline.chars().take(CORRECTED_CHARS_MAX).collect();
        let channels: Vec<Channel> =
            wrong.plan.steps.iter().flat_map(|step| step.channels.iter().copied()).collect();
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
                zalo: wrong.plan.uses(Channel::Zalo).then(|| wrong.content.zalo.map(blank)).flatten(),
                post: wrong
                    .plan
                    .uses(Channel::Facebook)
                    .then(|| PostContent { correcting: Correcting::Comment, ..PostContent::default() }),
            },
            audience: Audience { reached_by: Some(alert), ..Audience::default() },
            plan: Some(PlanForm::Steps(Plan::at_once(&channels))),
            uncertain: Some(wrong.uncertain),
            expires_at: None,
        })
    }

    pub(super) async fn alert_row(&self, alert: AlertId) -> Result<AlertRow> {
        self.store.catalog.alert(alert).await?.ok_or_else(|| OfficeError::no("alert", alert))
    }
}

/// The same template with nothing filled in.
fn blank(zalo: ZaloContent) -> ZaloContent {
    let parameters = zalo.parameters.into_keys().map(|name| (name, String::new())).collect();
    ZaloContent { template: zalo.template, parameters }
}
