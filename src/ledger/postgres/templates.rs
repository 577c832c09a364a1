//! Forms from which alerts are begun, version by version.

use jiff::Timestamp;

use super::columns::limit;
use super::failure::Halt;
use super::{Postgres, sql};
use crate::domain::UserId;
use crate::ledger::batch::stored::{micros, time};
use crate::ledger::{TemplateRow, TemplateVersion};

type Row = (String, i64, String, i64, i64, Option<String>, i64);

impl Postgres {
    pub(super) async fn add_template(
        &self,
        now: Timestamp,
        template: &TemplateVersion,
    ) -> Result<bool, Halt> {
        let added = sqlx::query(sql::ALERT_TEMPLATE_ADD)
            .bind(&template.name)
            .bind(template.version)
            .bind(&template.form)
            .bind(i64::from(template.retired))
            .bind(template.account.0)
            .bind(micros(now))
            .execute(&self.pool)
            .await?
            .rows_affected();
        Ok(added > 0)
    }

    pub(super) async fn read_alert_templates(&self, rows_max: usize) -> Result<Vec<TemplateRow>, Halt> {
        let rows: Vec<Row> =
            sqlx::query_as(sql::ALERT_TEMPLATES).bind(limit(rows_max)).fetch_all(&self.pool).await?;
        rows.into_iter().map(template).collect()
    }

    pub(super) async fn read_template_versions(
        &self,
        name: &str,
        rows_max: usize,
    ) -> Result<Vec<TemplateRow>, Halt> {
        let rows: Vec<Row> = sqlx::query_as(sql::ALERT_TEMPLATE_VERSIONS)
            .bind(name)
            .bind(limit(rows_max))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(template).collect()
    }
}

fn template((name, version, form, retired, account, account_name, at): Row) -> Result<TemplateRow, Halt> {
    let template = TemplateVersion { name, version, form, retired: retired != 0, account: UserId(account) };
    Ok(TemplateRow { template, account_name, at: time(at, "alert_template", "at")? })
}
