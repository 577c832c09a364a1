//! Set-up and decisions by name; each lives in the file of its subject.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Sqlite, sql};
use crate::domain::{AlertId, ImportId, LaneId, PersonId, Phase, PictureHash, RouteId, UserId};
use crate::ledger::{
    Account, AlertEvent, AlertRow, Applied, Catalog, Idempotency, Import, ImportCounts, ImportRow,
    ImportState, NewAccount, NewAlert, PeopleGroup, Person, PersonRow, PhaseChange, Picture, RefusedRow,
    Result, TemplateRow, TemplateVersion,
};

#[async_trait]
impl Catalog for Sqlite {
    async fn account_add(&self, now: Timestamp, account: &NewAccount) -> Result<Option<UserId>> {
        self.add_account(now, account).await.map_err(|halt| self.told(halt))
    }

    async fn account_by_key(&self, key_id: &str) -> Result<Option<Account>> {
        self.read_account(key_id).await.map_err(|halt| self.told(halt))
    }

    async fn accounts(&self) -> Result<Vec<Account>> {
        self.read_accounts().await.map_err(|halt| self.told(halt))
    }

    async fn account_revoke(&self, now: Timestamp, account: UserId) -> Result<bool> {
        self.revoke_account(now, account).await.map_err(|halt| self.told(halt))
    }

    async fn idempotency_begin(
        &self,
        now: Timestamp,
        account: UserId,
        key: &str,
        body_hash: &str,
    ) -> Result<Idempotency> {
        self.begin_idempotent(now, account, key, body_hash).await.map_err(|halt| self.told(halt))
    }

    async fn idempotency_end(&self, account: UserId, key: &str, status: u16, response: &str) -> Result<()> {
        self.end_idempotent(account, key, status, response).await.map_err(|halt| self.told(halt))
    }

    async fn idempotency_drop(&self, account: UserId, key: &str) -> Result<()> {
        self.drop_idempotent(account, key).await.map_err(|halt| self.told(halt))
    }

    async fn routes(&self, names: &[String]) -> Result<Vec<RouteId>> {
        let ids = self.make_names(sql::ROUTE_ADD, sql::ROUTES, names).await;
        Ok(ids.map_err(|halt| self.told(halt))?.into_iter().map(RouteId).collect())
    }

    async fn lanes(&self, names: &[String]) -> Result<Vec<LaneId>> {
        let ids = self.make_names(sql::LANE_ADD, sql::LANES, names).await;
        Ok(ids.map_err(|halt| self.told(halt))?.into_iter().map(LaneId).collect())
    }

    async fn route_names(&self) -> Result<Vec<(RouteId, String)>> {
        let names = self.list_names(sql::ROUTES).await.map_err(|halt| self.told(halt))?;
        Ok(names.into_iter().map(|(id, name)| (RouteId(id), name)).collect())
    }

    async fn group_put(&self, now: Timestamp, slug: &str, name: &str, exercise: bool) -> Result<()> {
        self.put_group(now, slug, name, exercise).await.map_err(|halt| self.told(halt))
    }

    async fn groups(&self) -> Result<Vec<PeopleGroup>> {
        self.read_groups().await.map_err(|halt| self.told(halt))
    }

    async fn import_begin(&self, now: Timestamp, account: UserId, name: &str) -> Result<ImportId> {
        self.begin_import(now, account, name).await.map_err(|halt| self.told(halt))
    }

    async fn import_rows(
        &self,
        now: Timestamp,
        import: ImportId,
        good: &[PersonRow],
        refused: &[RefusedRow],
    ) -> Result<ImportCounts> {
        self.import_batch(now, import, good, refused).await.map_err(|halt| self.told(halt))
    }

    async fn import_end(
        &self,
        now: Timestamp,
        import: ImportId,
        state: ImportState,
        note: Option<&str>,
    ) -> Result<()> {
        self.end_import(now, import, state, note).await.map_err(|halt| self.told(halt))
    }

    async fn import(&self, import: ImportId) -> Result<Option<Import>> {
        self.read_import(import).await.map_err(|halt| self.told(halt))
    }

    async fn import_rows_page(
        &self,
        import: ImportId,
        after_line: i64,
        rows_max: usize,
    ) -> Result<Vec<ImportRow>> {
        self.read_import_rows(import, after_line, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn people(
        &self,
        area: Option<&str>,
        group: Option<&str>,
        after: PersonId,
        rows_max: usize,
    ) -> Result<Vec<Person>> {
        self.read_people(area, group, after, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn person(&self, person: PersonId) -> Result<Option<Person>> {
        self.read_person(person).await.map_err(|halt| self.told(halt))
    }

    async fn person_opt_out(&self, now: Timestamp, person: PersonId, opted_out: bool) -> Result<bool> {
        self.opt_out(now, person, opted_out).await.map_err(|halt| self.told(halt))
    }

    async fn person_carrier(&self, now: Timestamp, person: PersonId, carrier: &str) -> Result<bool> {
        self.set_carrier(now, person, carrier).await.map_err(|halt| self.told(halt))
    }

    async fn alert_add(&self, now: Timestamp, alert: &NewAlert) -> Result<AlertId> {
        self.add_alert(now, alert).await.map_err(|halt| self.told(halt))
    }

    async fn alert(&self, alert: AlertId) -> Result<Option<AlertRow>> {
        self.read_alert(alert).await.map_err(|halt| self.told(halt))
    }

    async fn alerts(
        &self,
        phase: Option<Phase>,
        before: Option<AlertId>,
        rows_max: usize,
    ) -> Result<Vec<AlertRow>> {
        self.read_alerts(phase, before, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn alert_edit(
        &self,
        now: Timestamp,
        alert: AlertId,
        version: i64,
        next: &NewAlert,
    ) -> Result<Applied> {
        self.edit_alert(now, alert, version, next).await.map_err(|halt| self.told(halt))
    }

    async fn alert_change(&self, now: Timestamp, change: &PhaseChange) -> Result<Applied> {
        self.change_alert(now, change).await.map_err(|halt| self.told(halt))
    }

    async fn alert_events(&self, alert: AlertId) -> Result<Vec<AlertEvent>> {
        self.read_alert_events(alert).await.map_err(|halt| self.told(halt))
    }

    async fn alerts_to_fan_out(&self) -> Result<Vec<AlertRow>> {
        self.read_alerts_to_fan_out().await.map_err(|halt| self.told(halt))
    }

    async fn resend_uncertain(&self, now: Timestamp, alert: AlertId, account: UserId) -> Result<i64> {
        self.resend_doubts(now, alert, account).await.map_err(|halt| self.told(halt))
    }
    async fn tokens(&self, name: &str) -> Result<Option<contract::Stored>> {
        self.read_tokens(name).await.map_err(|halt| self.told(halt))
    }

    async fn tokens_turn(
        &self,
        now: Timestamp,
        name: &str,
        seen: i64,
        until: Timestamp,
    ) -> Result<contract::Turn> {
        self.take_turn(now, name, seen, until).await.map_err(|halt| self.told(halt))
    }

    async fn tokens_pass(&self, name: &str, seen: i64) -> Result<()> {
        self.pass_turn(name, seen).await.map_err(|halt| self.told(halt))
    }

    async fn tokens_replace(
        &self,
        now: Timestamp,
        name: &str,
        seen: i64,
        tokens: &contract::Tokens,
    ) -> Result<Option<i64>> {
        self.put_tokens(now, name, seen, tokens).await.map_err(|halt| self.told(halt))
    }

    async fn picture_add(&self, now: Timestamp, account: UserId, picture: &Picture) -> Result<bool> {
        self.add_picture(now, account, picture).await.map_err(|halt| self.told(halt))
    }

    async fn picture(&self, hash: &PictureHash) -> Result<Option<Picture>> {
        self.read_picture(hash).await.map_err(|halt| self.told(halt))
    }

    async fn templates(&self, route: RouteId) -> Result<Vec<contract::TemplateFacts>> {
        self.read_templates(route).await.map_err(|halt| self.told(halt))
    }

    async fn alert_template_add(&self, now: Timestamp, template: &TemplateVersion) -> Result<bool> {
        self.add_template(now, template).await.map_err(|halt| self.told(halt))
    }

    async fn alert_templates(&self, rows_max: usize) -> Result<Vec<TemplateRow>> {
        self.read_alert_templates(rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn alert_template_versions(&self, name: &str, rows_max: usize) -> Result<Vec<TemplateRow>> {
        self.read_template_versions(name, rows_max).await.map_err(|halt| self.told(halt))
    }
}
