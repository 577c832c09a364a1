//! Set-up and decisions by name; each lives in the file of its subject, and runs again if the server broke a tie.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Postgres, retried, sql};
use crate::domain::{AlertId, ImportId, LaneId, PersonId, Phase, PictureHash, RouteId, UserId};
use crate::ledger::{
    Account, AlertEvent, AlertRow, Applied, Catalog, Idempotency, Import, ImportCounts, ImportRow,
    ImportState, NewAccount, NewAlert, PeopleGroup, Person, PersonRow, PhaseChange, Picture, RefusedRow,
    Result, TemplateRow, TemplateVersion,
};

#[async_trait]
impl Catalog for Postgres {
    async fn account_add(&self, now: Timestamp, account: &NewAccount) -> Result<Option<UserId>> {
        retried!(self, self.add_account(now, account))
    }

    async fn account_by_key(&self, key_id: &str) -> Result<Option<Account>> {
        retried!(self, self.read_account(key_id))
    }

    async fn accounts(&self) -> Result<Vec<Account>> {
        retried!(self, self.read_accounts())
    }

    async fn account_revoke(&self, now: Timestamp, account: UserId) -> Result<bool> {
        retried!(self, self.revoke_account(now, account))
    }

    async fn idempotency_begin(
        &self,
        now: Timestamp,
        account: UserId,
        key: &str,
        body_hash: &str,
    ) -> Result<Idempotency> {
        retried!(self, self.begin_idempotent(now, account, key, body_hash))
    }

    async fn idempotency_end(&self, account: UserId, key: &str, status: u16, response: &str) -> Result<()> {
        retried!(self, self.end_idempotent(account, key, status, response))
    }

    async fn idempotency_drop(&self, account: UserId, key: &str) -> Result<()> {
        retried!(self, self.drop_idempotent(account, key))
    }

    async fn routes(&self, names: &[String]) -> Result<Vec<RouteId>> {
        let ids = retried!(self, self.make_names(sql::ROUTE_ADD, sql::ROUTES, names))?;
        Ok(ids.into_iter().map(RouteId).collect())
    }

    async fn lanes(&self, names: &[String]) -> Result<Vec<LaneId>> {
        let ids = retried!(self, self.make_names(sql::LANE_ADD, sql::LANES, names))?;
        Ok(ids.into_iter().map(LaneId).collect())
    }

    async fn route_names(&self) -> Result<Vec<(RouteId, String)>> {
        let names = retried!(self, self.list_names(sql::ROUTES))?;
        Ok(names.into_iter().map(|(id, name)| (RouteId(id), name)).collect())
    }

    async fn group_put(&self, now: Timestamp, slug: &str, name: &str, exercise: bool) -> Result<()> {
        retried!(self, self.put_group(now, slug, name, exercise))
    }

    async fn groups(&self) -> Result<Vec<PeopleGroup>> {
        retried!(self, self.read_groups())
    }

    async fn import_begin(&self, now: Timestamp, account: UserId, name: &str) -> Result<ImportId> {
        retried!(self, self.begin_import(now, account, name))
    }

    async fn import_rows(
        &self,
        now: Timestamp,
        import: ImportId,
        good: &[PersonRow],
        refused: &[RefusedRow],
    ) -> Result<ImportCounts> {
        retried!(self, self.import_batch(now, import, good, refused))
    }

    async fn import_end(
        &self,
        now: Timestamp,
        import: ImportId,
        state: ImportState,
        note: Option<&str>,
    ) -> Result<()> {
        retried!(self, self.end_import(now, import, state, note))
    }

    async fn import(&self, import: ImportId) -> Result<Option<Import>> {
        retried!(self, self.read_import(import))
    }

    async fn import_rows_page(
        &self,
        import: ImportId,
        after_line: i64,
        rows_max: usize,
    ) -> Result<Vec<ImportRow>> {
        retried!(self, self.read_import_rows(import, after_line, rows_max))
    }

    async fn people(
        &self,
        area: Option<&str>,
        group: Option<&str>,
        after: PersonId,
        rows_max: usize,
    ) -> Result<Vec<Person>> {
        retried!(self, self.read_people(area, group, after, rows_max))
    }

    async fn person(&self, person: PersonId) -> Result<Option<Person>> {
        retried!(self, self.read_person(person))
    }

    async fn person_opt_out(&self, now: Timestamp, person: PersonId, opted_out: bool) -> Result<bool> {
        retried!(self, self.opt_out(now, person, opted_out))
    }

    async fn person_carrier(&self, now: Timestamp, person: PersonId, carrier: &str) -> Result<bool> {
        retried!(self, self.set_carrier(now, person, carrier))
    }

    async fn alert_add(&self, now: Timestamp, alert: &NewAlert) -> Result<AlertId> {
        retried!(self, self.add_alert(now, alert))
    }

    async fn alert(&self, alert: AlertId) -> Result<Option<AlertRow>> {
        retried!(self, self.read_alert(alert))
    }

    async fn alerts(
        &self,
        phase: Option<Phase>,
        before: Option<AlertId>,
        rows_max: usize,
    ) -> Result<Vec<AlertRow>> {
        retried!(self, self.read_alerts(phase, before, rows_max))
    }

    async fn alert_edit(
        &self,
        now: Timestamp,
        alert: AlertId,
        version: i64,
        next: &NewAlert,
    ) -> Result<Applied> {
        retried!(self, self.edit_alert(now, alert, version, next))
    }

    async fn alert_change(&self, now: Timestamp, change: &PhaseChange) -> Result<Applied> {
        retried!(self, self.change_alert(now, change))
    }

    async fn alert_events(&self, alert: AlertId) -> Result<Vec<AlertEvent>> {
        retried!(self, self.read_alert_events(alert))
    }

    async fn alerts_to_fan_out(&self) -> Result<Vec<AlertRow>> {
        retried!(self, self.read_alerts_to_fan_out())
    }

    async fn resend_uncertain(&self, now: Timestamp, alert: AlertId, account: UserId) -> Result<i64> {
        retried!(self, self.resend_doubts(now, alert, account))
    }
    async fn tokens(&self, name: &str) -> Result<Option<contract::Stored>> {
        retried!(self, self.read_tokens(name))
    }

    async fn tokens_turn(
        &self,
        now: Timestamp,
        name: &str,
        seen: i64,
        until: Timestamp,
    ) -> Result<contract::Turn> {
        retried!(self, self.take_turn(now, name, seen, until))
    }

    async fn tokens_pass(&self, name: &str, seen: i64) -> Result<()> {
        retried!(self, self.pass_turn(name, seen))
    }

    async fn tokens_replace(
        &self,
        now: Timestamp,
        name: &str,
        seen: i64,
        tokens: &contract::Tokens,
    ) -> Result<Option<i64>> {
        retried!(self, self.put_tokens(now, name, seen, tokens))
    }

    async fn picture_add(&self, now: Timestamp, account: UserId, picture: &Picture) -> Result<bool> {
        retried!(self, self.add_picture(now, account, picture))
    }

    async fn picture(&self, hash: &PictureHash) -> Result<Option<Picture>> {
        retried!(self, self.read_picture(hash))
    }

    async fn templates(&self, route: RouteId) -> Result<Vec<contract::TemplateFacts>> {
        retried!(self, self.read_templates(route))
    }

    async fn alert_template_add(&self, now: Timestamp, template: &TemplateVersion) -> Result<bool> {
        retried!(self, self.add_template(now, template))
    }

    async fn alert_templates(&self, rows_max: usize) -> Result<Vec<TemplateRow>> {
        retried!(self, self.read_alert_templates(rows_max))
    }

    async fn alert_template_versions(&self, name: &str, rows_max: usize) -> Result<Vec<TemplateRow>> {
        retried!(self, self.read_template_versions(name, rows_max))
    }
}
