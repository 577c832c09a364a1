//! People and how they came into the lists.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as, query_scalar};

use super::columns::{each, limit};
use super::failure::Halt;
use super::{Postgres, sql};
use crate::domain::{ImportId, PersonId, UserId};
use crate::ledger::batch::stored::{
    import_state_from, import_state_word, micros, source_from, source_word, time, time_option,
};
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
    Vec<String>,
);

impl Postgres {
    pub(super) async fn begin_import(
        &self,
        now: Timestamp,
        account: UserId,
        name: &str,
    ) -> Result<ImportId, Halt> {
        let id: i64 = query_scalar(sql::IMPORT_ADD)
            .bind(account.0)
            .bind(name)
            .bind(micros(now))
            .fetch_one(&self.pool)
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
        let mut tx = self.begin().await?;
        // Growing by nothing keeps a repetition of the same batch waiting until this one is known.
        grow(&mut tx, import, &ImportCounts::default()).await?;
        let lines: Vec<i64> =
            good.iter().map(|row| row.line).chain(refused.iter().map(|row| row.line)).collect();
        let done: Vec<i64> =
            query_scalar(sql::IMPORT_DONE_LINES).bind(import.0).bind(lines).fetch_all(&mut *tx).await?;
        let done: HashSet<i64> = done.into_iter().collect();
        let known = known_people(&mut tx, good).await?;
        let plan = plan_import(good, refused, &done, known);
        write_people(&mut tx, now, import, &plan).await?;
        query(sql::IMPORT_ROW_ADD)
            .bind(import.0)
            .bind(each(&plan.rows, |row| row.line))
            .bind(each(&plan.rows, |row| row.verdict))
            .bind(each(&plan.rows, |row| row.field.as_deref()))
            .bind(each(&plan.rows, |row| row.note.as_deref()))
            .execute(&mut *tx)
            .await?;
        let counts = grow(&mut tx, import, &plan.counts).await?;
        tx.commit().await?;
        Ok(counts)
    }

    pub(super) async fn end_import(
        &self,
        now: Timestamp,
        import: ImportId,
        state: ImportState,
        note: Option<&str>,
    ) -> Result<(), Halt> {
        query(sql::IMPORT_END)
            .bind(import.0)
            .bind(import_state_word(state))
            .bind(micros(now))
            .bind(note)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn read_import(&self, import: ImportId) -> Result<Option<Import>, Halt> {
        let row: Option<ImportColumns> =
            query_as(sql::IMPORT_READ).bind(import.0).fetch_optional(&self.pool).await?;
        let Some((id, name, state, total, new, changed, same, refused, warned, started_at, ended_at, note)) =
            row
        else {
            return Ok(None);
        };
        Ok(Some(Import {
            id: ImportId(id),
            name,
            state: import_state_from(&state)?,
            counts: import_counts((total, new, changed, same, refused, warned)),
            started_at: time(started_at, "import", "started_at")?,
            ended_at: time_option(ended_at, "import", "ended_at")?,
            note,
        }))
    }

    pub(super) async fn read_import_rows(
        &self,
        import: ImportId,
        after_line: i64,
        rows_max: usize,
    ) -> Result<Vec<ImportRow>, Halt> {
        let rows: Vec<(i64, String, Option<String>, Option<String>)> = query_as(sql::IMPORT_ROWS_PAGE)
            .bind(import.0)
            .bind(after_line)
            .bind(limit(rows_max))
            .fetch_all(&self.pool)
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
        let rows: Vec<PersonColumns> = query_as(sql::PEOPLE)
            .bind(area)
            .bind(group)
            .bind(after.0)
            .bind(limit(rows_max))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(|row| Ok(person(row)?)).collect()
    }

    pub(super) async fn read_person(&self, id: PersonId) -> Result<Option<Person>, Halt> {
        let row: Option<PersonColumns> = query_as(sql::PERSON).bind(id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(person).transpose()?)
    }

    pub(super) async fn opt_out(
        &self,
        now: Timestamp,
        person: PersonId,
        opted_out: bool,
    ) -> Result<bool, Halt> {
        let done = query(sql::PERSON_OPT_OUT)
            .bind(person.0)
            .bind(opted_out)
            .bind(micros(now))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn set_carrier(
        &self,
        now: Timestamp,
        person: PersonId,
        carrier: &str,
    ) -> Result<bool, Halt> {
        let done = query(sql::PERSON_CARRIER)
            .bind(person.0)
            .bind(carrier)
            .bind(micros(now))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// The figures of an import, grown by a batch.
async fn grow(
    connection: &mut PgConnection,
    import: ImportId,
    by: &ImportCounts,
) -> Result<ImportCounts, Halt> {
    let counts: Option<CountColumns> = query_as(sql::IMPORT_COUNT)
        .bind(import.0)
        .bind(by.total)
        .bind(by.new)
        .bind(by.changed)
        .bind(by.same)
        .bind(by.refused)
        .bind(by.warned)
        .fetch_optional(connection)
        .await?;
    Ok(import_counts(counts.ok_or_else(|| no_such_import(import))?))
}

async fn known_people(
    connection: &mut PgConnection,
    good: &[PersonRow],
) -> Result<BTreeMap<String, KnownPerson>, Halt> {
    type Row =
        (String, Option<String>, Option<String>, Option<String>, String, Option<String>, bool, Vec<String>);
    let names = each(good, |row| row.external_id.as_str());
    let rows: Vec<Row> = query_as(sql::IMPORT_PEOPLE).bind(names).fetch_all(connection).await?;
    rows.into_iter()
        .map(|(external_id, phone, carrier, source, area, name, opted_out, groups)| {
            let carrier_source = source.as_deref().map(source_from).transpose()?;
            let groups = groups.into_iter().collect();
            Ok((external_id, KnownPerson { phone, carrier, carrier_source, area, name, opted_out, groups }))
        })
        .collect()
}

async fn write_people(
    connection: &mut PgConnection,
    now: Timestamp,
    import: ImportId,
    plan: &ImportPlan,
) -> Result<(), Halt> {
    if plan.people.is_empty() {
        return Ok(());
    }
    let people: Vec<(&String, &KnownPerson)> = plan.people.iter().collect();
    query(sql::PERSON_PUT)
        .bind(each(&people, |(id, _)| id.as_str()))
        .bind(each(&people, |(_, person)| person.phone.as_deref()))
        .bind(each(&people, |(_, person)| person.carrier.as_deref()))
        .bind(each(&people, |(_, person)| person.carrier_source.map(source_word)))
        .bind(each(&people, |(_, person)| person.area.as_str()))
        .bind(each(&people, |(_, person)| person.name.as_deref()))
        .bind(each(&people, |(_, person)| person.opted_out))
        .bind(import.0)
        .bind(micros(now))
        .execute(&mut *connection)
        .await?;
    let phones: Vec<&str> = people.iter().filter_map(|(_, person)| person.phone.as_deref()).collect();
    query(sql::CONTACT_CLAIM).bind(phones).execute(&mut *connection).await?;
    query(sql::MEMBERSHIP_DROP).bind(each(&people, |(id, _)| id.as_str())).execute(&mut *connection).await?;
    let memberships: Vec<(&str, &str)> = people
        .iter()
        .flat_map(|(id, person)| person.groups.iter().map(|slug| (id.as_str(), slug.as_str())))
        .collect();
    query(sql::MEMBERSHIP_PUT)
        .bind(each(&memberships, |(id, _)| *id))
        .bind(each(&memberships, |(_, slug)| *slug))
        .execute(connection)
        .await?;
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
        carrier_source: source.as_deref().map(source_from).transpose()?,
        area,
        name,
        groups,
        opted_out_at: time_option(opted_out_at, "person", "opted_out_at")?,
        updated_at: time(updated_at, "person", "updated_at")?,
    })
}

fn no_such_import(import: ImportId) -> LedgerError {
    LedgerError::Inconsistent {
        table: "import",
        column: "id",
        row: import.to_string(),
        why: "there is no such import; it has to be begun first".into(),
    }
}
