//! Decisions about an alert: submitted, approved, returned, rejected, paused, resumed, cancelled. The domain decides,
//! the ledger applies it only if nobody was faster, the engine is told.

use serde::{Deserialize, Serialize};

use super::{
    Act, AlertForm, Complaints, Conflict, Office, OfficeError, PlanForm, Result, Text, accounts::require,
    error::LastChange,
};
use crate::{
    domain::{Action, Actor, Alert, AlertId, Approval, ContentDraft, ContentHash, Phase},
    ledger::{Account, AlertRow, Applied, PhaseChange},
};

/// What an approver looked at. The hash covers the texts; audience and expiry change with the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub version: i64,
    pub content_hash: ContentHash,
}

impl Office {
    /// Gives the draft to an approver. Whatever could send it wrongly stops it here.
    ///
    /// # Errors
    /// Nobody to reach, an audience that does not resolve, a text too long, an expiry that has passed …: all of it.
    pub async fn submit(&self, by: &Account, alert: AlertId) -> Result<AlertRow> {
        require(by, Act::Write)?;
        let row = self.alert_row(alert).await?;
        let to = self.allowed(&row, &Action::Submit, by)?;
        self.sendable(&row).await?;
        self.apply(by, &row, to, &Action::Submit).await
    }

    /// Approves exactly what was seen. From here on the targets are frozen and sending begins.
    ///
    /// # Errors
    /// The approver wrote this version; it is not what was seen; it cannot be sent any more.
    pub async fn approve(&self, by: &Account, alert: AlertId, seen: &Seen) -> Result<AlertRow> {
        require(by, Act::Decide)?;
        let row = self.alert_row(alert).await?;
        let to = self.allowed(&row, &Action::Approve, by)?;
        domain_alert(&row).check_shown(&seen.content_hash)?;
        if seen.version != row.version {
            return Err(self.stale(alert, row.phase, row.version).await?);
        }
        self.sendable(&row).await?;
        self.apply(by, &row, to, &Action::Approve).await
    }

    /// Back to the author, who has to change something.
    ///
    /// # Errors
    /// No reason, the wrong phase, or `by` may not.
    pub async fn return_for_edit(&self, by: &Account, alert: AlertId, reason: &str) -> Result<AlertRow> {
        require(by, Act::Decide)?;
        self.decide(by, alert, Action::Return { reason: reason.trim().to_owned() }).await
    }

    /// # Errors
    /// No reason, the wrong phase, or `by` may not.
    pub async fn reject(&self, by: &Account, alert: AlertId, reason: &str) -> Result<AlertRow> {
        require(by, Act::Decide)?;
        self.decide(by, alert, Action::Reject { reason: reason.trim().to_owned() }).await
    }

    /// Stops it for good: what has not been sent stays unsent. Authors may withdraw what is not approved yet.
    ///
    /// # Errors
    /// No reason, it has ended already, or `by` may not.
    pub async fn cancel(&self, by: &Account, alert: AlertId, reason: &str) -> Result<AlertRow> {
        require(by, Act::Read)?;
        let row = self.alert_row(alert).await?;
        let act = match row.phase {
            Phase::Draft | Phase::Submitted => Act::Write,
            Phase::Approved
            | Phase::Dispatching
            | Phase::Paused
            | Phase::Completed
            | Phase::Rejected
            | Phase::Cancelled
            | Phase::Expired => Act::Steer,
        };
        require(by, act)?;
        let action = Action::Cancel { reason: reason.trim().to_owned() };
        let to = self.allowed(&row, &action, by)?;
        self.apply(by, &row, to, &action).await
    }

    /// # Errors
    /// It is not being sent, or `by` may not.
    pub async fn pause(&self, by: &Account, alert: AlertId) -> Result<AlertRow> {
        require(by, Act::Steer)?;
        self.decide(by, alert, Action::Pause).await
    }

    /// # Errors
    /// It is not paused, its time is over, or `by` may not.
    pub async fn resume(&self, by: &Account, alert: AlertId) -> Result<AlertRow> {
        require(by, Act::Steer)?;
        self.decide(by, alert, Action::Resume).await
    }

    /// Sends again what was held because nobody knows whether it left; each is counted as a possible repeat. How many.
    ///
    /// # Errors
    /// The alert is not under way or its time is over, or `by` may not.
    pub async fn resend_uncertain(&self, by: &Account, alert: AlertId) -> Result<i64> {
        require(by, Act::Steer)?;
        let row = self.alert_row(alert).await?;
        let now = self.clock.now();
        let under_way = matches!(row.phase, Phase::Dispatching | Phase::Paused);
        if !under_way || now >= row.expires_at {
            let why = Text::of(
                "chỉ gửi lại được khi đang gửi và còn thời hạn",
                "messages are sent again only while it is under way and not expired",
            );
            return Err(OfficeError::Conflict(Conflict::NotNow { alert, phase: row.phase, why }));
        }
        let messages = self.store.catalog.resend_uncertain(now, alert, by.id).await?;
        tracing::info!(%alert, by = %by.id, messages, "uncertain messages are sent again");
        self.engine.wake();
        Ok(messages)
    }

    async fn decide(&self, by: &Account, alert: AlertId, action: Action) -> Result<AlertRow> {
        let row = self.alert_row(alert).await?;
        let to = self.allowed(&row, &action, by)?;
        self.apply(by, &row, to, &action).await
    }

    fn allowed(&self, row: &AlertRow, action: &Action, by: &Account) -> Result<Phase> {
        Ok(domain_alert(row).check(action, Actor::Person(by.id), self.clock.now())?)
    }

    /// Nothing that a preview refuses is ever submitted or approved.
    async fn sendable(&self, row: &AlertRow) -> Result<()> {
        let preview = self.preview_of(&form_of(row), Some(row.id)).await?;
        Complaints(preview.refusals).or(())
    }

    async fn apply(&self, by: &Account, row: &AlertRow, to: Phase, action: &Action) -> Result<AlertRow> {
        let change = PhaseChange {
            alert: row.id,
            version: row.version,
            from: row.phase,
            to,
            action: action.as_str().to_owned(),
            account: Some(by.id),
            reason: action.reason().map(ToOwned::to_owned),
        };
        match self.store.catalog.alert_change(self.clock.now(), &change).await? {
            Applied::Yes => {
                tracing::info!(alert = %row.id, by = %by.id, action = action.as_str(), phase = to.as_str(), "decided");
                self.engine.wake();
                self.alert_row(row.id).await
            }
            Applied::Stale { phase, version } => Err(self.stale(row.id, phase, version).await?),
            Applied::NoSuchAlert => Err(OfficeError::no("alert", row.id)),
        }
    }

    /// Somebody was faster: what it is now and who did it.
    pub(super) async fn stale(&self, alert: AlertId, phase: Phase, version: i64) -> Result<OfficeError> {
        let last = self.store.catalog.alert_events(alert).await?.pop();
        let last =
            last.map(|event| LastChange { action: event.action, account: event.account_name, at: event.at });
        Ok(OfficeError::Conflict(Conflict::Stale { alert, phase, version, last }))
    }
}

/// What the domain has to know of it.
pub(super) fn domain_alert(row: &AlertRow) -> Alert {
    let approval = match (row.approver, row.approved_at, row.approved_hash) {
        (Some(by), Some(at), Some(content)) => Some(Approval { by, at, content }),
        _ => None,
    };
    Alert {
        id: row.id,
        version: i32::try_from(row.version).unwrap_or(i32::MAX),
        phase: row.phase,
        kind: row.kind,
        mode: row.mode,
        severity: row.severity,
        reference: row.refers_to,
        author: row.author,
        // Whoever edits a version becomes its author.
        editor: None,
        content: row.content_hash,
        expires_at: row.expires_at,
        approval,
    }
}

/// The alert as a form, to be looked at or changed.
pub(super) fn form_of(row: &AlertRow) -> AlertForm {
    let content = row.content.clone();
    AlertForm {
        kind: row.kind,
        mode: row.mode,
        severity: row.severity,
        refers_to: row.refers_to,
        content: ContentDraft {
            headline: content.headline,
            sms_accented: content.sms_accented,
            sms_plain: content.sms_plain,
            sms_form: content.sms_form,
            body: content.body,
            zalo: content.zalo,
            post: content.post,
        },
        audience: row.audience.clone(),
        plan: Some(PlanForm::Steps(row.plan.clone())),
        uncertain: Some(row.uncertain),
        expires_at: Some(row.expires_at),
    }
}
