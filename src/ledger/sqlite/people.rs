//! People and how they came into the lists.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::rows::{json, limit};
use super::{Sqlite, sql};
use crate::domain::{ImportId, PersonId, UserId};
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::batch::{ImportPlan, KnownPerson, plan_import};
use crate::ledger::{
    Import, ImportCounts, ImportRow, ImportState, LedgerError, Person, PersonRow, RefusedRow, Result,
};

type CountColumns = (i64, i64, i64, i64, i64, i64);
type ImportColumns = (i64, String, String, i64, i64, i64, i64, i64, i64, i64, Option<i64>, Option<String>);
type PersonColumns = (
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    Option<String>,
    Option<i64>,
    i64,
    String,
);

impl Sqlite {
    pub(super) async fn begin_import(
        &self,
        now: Timestamp,
        account: UserId,
        name: &str,
    ) -> Result<ImportId, Halt> {
        let id: i64 = sqlx::query_scalar(sql::IMPORT_ADD)
            .bind(account.0)
            .bind(name)
            .bind(micros(now))
            .fetch_one(&self.writer)
            .await?;
        Ok(ImportId(id))
    }

    pub(super) async fn import_batch(
        &self,
        now: Timestamp,
        import: ImportId,
        good: &[PersonRow],
        refused: &[RefusedRow],
    ) -> Result<ImportCounts, Halt> {
        let mut tx = self.begin_write().await?;
        let lines: Vec<i64> =
            good.iter().map(|row| row.line).chain(refused.iter().map(|row| row.line)).collect();
        let done: Vec<i64> = sqlx::query_scalar(sql::IMPORT_DONE_LINES)
            .bind(import.0)
            .bind(json(&lines)?)
            .fetch_all(&mut *tx)
            .await?;
        let done: HashSet<i64> = done.into_iter().collect();
        let known = known_people(&mut tx, good).await?;
        let plan = plan_import(good, refused, &done, known);
        write_people(&mut tx, now, import, &plan).await?;
        let rows: Vec<_> =
            plan.rows.iter().map(|row| (row.line, row.verdict, &row.field, &row.note)).collect();
        sqlx::query(sql::IMPORT_ROW_ADD).bind(import.0).bind(json(&rows)?).execute(&mut *tx).await?;
        let counts: Option<CountColumns> = sqlx::query_as(sql::IMPORT_COUNT)
            .bind(import.0)
            .bind(plan.counts.total)
            .bind(plan.counts.new)
            .bind(plan.counts.changed)
            .bind(plan.counts.same)
            .bind(plan.counts.refused)
            .bind(plan.counts.warned)
            .fetch_optional(&mut *tx)
            .await?;
        let counts = counts.ok_or_else(|| no_such_import(import))?;
        tx.commit().await?;
        Ok(import_counts(counts))
    }

    pub(super) async fn end_import(
        &self,
        now: Timestamp,
        import: ImportId,
        state: ImportState,
        note: Option<&str>,
    ) -> Result<(), Halt> {
        sqlx::query(sql::IMPORT_END)
            .bind(import.0)
            .bind(stored::import_state_word(state))
            .bind(micros(now))
            .bind(note)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn read_import(&self, import: ImportId) -> Result<Option<Import>, Halt> {
        let row: Option<ImportColumns> =
            sqlx::query_as(sql::IMPORT_READ).bind(import.0).fetch_optional(&self.readers).await?;
        let Some((id, name, state, total, new, changed, same, refused, warned, started_at, ended_at, note)) =
            row
        else {
            return Ok(None);
        };
        Ok(Some(Import {
            id: ImportId(id),
            name,
            state: stored::import_state_from(&state)?,
            counts: import_counts((total, new, changed, same, refused, warned)),
            started_at: stored::time(started_at, "person", "at")?,
            ended_at: stored::time_option(ended_at, "person", "at")?,
            note,
        }))
    }

    pub(super) async fn read_import_rows(
        &self,
        import: ImportId,
        after_line: i64,
        rows_max: usize,
    ) -> Result<Vec<ImportRow>, Halt> {
        let rows: Vec<(i64, String, Option<String>, Option<String>)> = sqlx::query_as(sql::IMPORT_ROWS_PAGE)
            .bind(import.0)
            .bind(after_line)
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?;
        let row = |(line, verdict, field, note)| ImportRow { line, verdict, field, note };
        Ok(rows.into_iter().map(row).collect())
    }

    pub(super) async fn read_people(
        &self,
        area: Option<&str>,
        group: Option<&str>,
        after: PersonId,
        rows_max: usize,
    ) -> Result<Vec<Person>, Halt> {
        let rows: Vec<PersonColumns> = sqlx::query_as(sql::PEOPLE)
            .bind(area)
            .bind(group)
            .bind(after.0)
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(|row| Ok(person(row)?)).collect()
    }

    pub(super) async fn read_person(&self, id: PersonId) -> Result<Option<Person>, Halt> {
        let row: Option<PersonColumns> =
            sqlx::query_as(sql::PERSON).bind(id.0).fetch_optional(&self.readers).await?;
        Ok(row.map(person).transpose()?)
    }

    pub(super) async fn opt_out(
        &self,
        now: Timestamp,
        person: PersonId,
        opted_out: bool,
    ) -> Result<bool, Halt> {
        let done = sqlx::query(sql::PERSON_OPT_OUT)
            .bind(person.0)
            .bind(opted_out)
            .bind(micros(now))
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn set_carrier(
        &self,
        now: Timestamp,
        person: PersonId,
        carrier: &str,
    ) -> Result<bool, Halt> {
        let done = sqlx::query(sql::PERSON_CARRIER)
            .bind(person.0)
            .bind(carrier)
            .bind(micros(now))
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

async fn known_people(
    connection: &mut SqliteConnection,
    good: &[PersonRow],
) -> Result<BTreeMap<String, KnownPerson>, Halt> {
    type Row = (String, Option<String>, Option<String>, Option<String>, String, Option<String>, bool, String);
    let names: Vec<&String> = good.iter().map(|row| &row.external_id).collect();
    let rows: Vec<Row> = sqlx::query_as(sql::IMPORT_PEOPLE).bind(json(&names)?).fetch_all(connection).await?;
    rows.into_iter()
        .map(|(external_id, phone, carrier, source, area, name, opted_out, groups)| {
            let carrier_source = source.as_deref().map(stored::source_from).transpose()?;
            let groups = slugs(&groups)?.into_iter().collect();
            Ok((external_id, KnownPerson { phone, carrier, carrier_source, area, name, opted_out, groups }))
        })
        .collect()
}

async fn write_people(
    connection: &mut SqliteConnection,
    now: Timestamp,
    import: ImportId,
    plan: &ImportPlan,
) -> Result<(), Halt> {
    if plan.people.is_empty() {
        return Ok(());
    }
    let people: Vec<_> = plan
        .people
        .iter()
        .map(|(id, person)| {
            let source = person.carrier_source.map(stored::source_word);
            (id, &person.phone, &person.carrier, source, &person.area, &person.name, person.opted_out)
        })
        .collect();
    sqlx::query(sql::PERSON_PUT)
        .bind(json(&people)?)
        .bind(import.0)
        .bind(micros(now))
        .execute(&mut *connection)
        .await?;
    let phones: Vec<_> = plan.people.values().filter_map(|person| person.phone.as_ref()).collect();
    sqlx::query(sql::CONTACT_CLAIM).bind(json(&phones)?).execute(&mut *connection).await?;
    let names: Vec<&String> = plan.people.keys().collect();
    sqlx::query(sql::MEMBERSHIP_DROP).bind(json(&names)?).execute(&mut *connection).await?;
    let memberships: Vec<(&String, &String)> = plan
        .people
        .iter()
        .flat_map(|(id, person)| person.groups.iter().map(move |slug| (id, slug)))
        .collect();
    sqlx::query(sql::MEMBERSHIP_PUT).bind(json(&memberships)?).execute(connection).await?;
    Ok(())
}

fn import_counts((total, new, changed, same, refused, warned): CountColumns) -> ImportCounts {
    ImportCounts { total, new, changed, same, refused, warned }
}

fn person(
    (id, external_id, phone, carrier, source, area, name, opted_out_at, updated_at, groups): PersonColumns,
) -> Result<Person> {
    Ok(Person {
        id: PersonId(id),
        external_id,
        phone,
        carrier,
        carrier_source: source.as_deref().map(stored::source_from).transpose()?,
        area,
        name,
        groups: slugs(&groups)?,
        opted_out_at: stored::time_option(opted_out_at, "person", "at")?,
        updated_at: stored::time(updated_at, "person", "at")?,
    })
}

/// A JSON array of slugs, sorted.
fn slugs(text: &str) -> Result<Vec<String>> {
    let mut slugs: Vec<String> = serde_json::from_str(text).map_err(|error| LedgerError::Inconsistent {
        table: "people_group",
        column: "slug",
        row: text.to_owned(),
        why: error.to_string(),
    })?;
    slugs.sort();
    Ok(slugs)
}

fn no_such_import(import: ImportId) -> LedgerError {
    LedgerError::Inconsistent {
        table: "import",
        column: "id",
        row: import.to_string(),
        why: "there is no such import; it has to be begun first".into(),
    }
}
