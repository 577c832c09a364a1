//! Who may do what, requests that must not be done twice, and the names of routes, lanes and groups.

use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as, query_scalar};

use super::failure::Halt;
use super::{Postgres, sql};
use crate::domain::UserId;
use crate::ledger::batch::stored::{micros, number, role_from, role_word, time, time_option};
use crate::ledger::{Account, Idempotency, NewAccount, PeopleGroup, Result};

type AccountColumns = (i64, String, String, String, String, i64, Option<i64>);

impl Postgres {
    pub(super) async fn add_account(
        &self,
        now: Timestamp,
        account: &NewAccount,
    ) -> Result<Option<UserId>, Halt> {
        let id: Option<i64> = query_scalar(sql::ACCOUNT_ADD)
            .bind(&account.name)
            .bind(role_word(account.role))
            .bind(&account.key_id)
            .bind(&account.key_hash)
            .bind(micros(now))
            .fetch_optional(&self.pool)
            .await?;
        Ok(id.map(UserId))
    }

    pub(super) async fn read_account(&self, key_id: &str) -> Result<Option<Account>, Halt> {
        let row: Option<AccountColumns> =
            query_as(sql::ACCOUNT_BY_KEY).bind(key_id).fetch_optional(&self.pool).await?;
        Ok(row.map(account).transpose()?)
    }

    pub(super) async fn read_accounts(&self) -> Result<Vec<Account>, Halt> {
        let rows: Vec<AccountColumns> = query_as(sql::ACCOUNTS).fetch_all(&self.pool).await?;
        rows.into_iter().map(|row| Ok(account(row)?)).collect()
    }

    pub(super) async fn revoke_account(&self, now: Timestamp, account: UserId) -> Result<bool, Halt> {
        let done = query(sql::ACCOUNT_REVOKE).bind(account.0).bind(micros(now)).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn begin_idempotent(
        &self,
        now: Timestamp,
        account: UserId,
        key: &str,
        body_hash: &str,
    ) -> Result<Idempotency, Halt> {
        let mut tx = self.begin().await?;
        let added = query(sql::IDEMPOTENCY_ADD)
            .bind(account.0)
            .bind(key)
            .bind(body_hash)
            .bind(micros(now))
            .execute(&mut *tx)
            .await?;
        let known: Option<(String, Option<i64>, Option<String>)> =
            query_as(sql::IDEMPOTENCY_READ).bind(account.0).bind(key).fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        if added.rows_affected() > 0 {
            return Ok(Idempotency::Fresh);
        }
        // Forgotten between our two statements by the request that had begun it.
        let Some((hash, status, response)) = known else { return Ok(Idempotency::Busy) };
        if hash != body_hash {
            return Ok(Idempotency::Conflict);
        }
        Ok(match status {
            Some(status) => Idempotency::Replay {
                status: number(status, "idempotency", "status")?,
                response: response.unwrap_or_default(),
            },
            None => Idempotency::Busy,
        })
    }

    pub(super) async fn end_idempotent(
        &self,
        account: UserId,
        key: &str,
        status: u16,
        response: &str,
    ) -> Result<(), Halt> {
        query(sql::IDEMPOTENCY_END)
            .bind(account.0)
            .bind(key)
            .bind(i64::from(status))
            .bind(response)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn drop_idempotent(&self, account: UserId, key: &str) -> Result<(), Halt> {
        query(sql::IDEMPOTENCY_DROP).bind(account.0).bind(key).execute(&self.pool).await?;
        Ok(())
    }

    /// Makes what is missing of `names` and returns the ids of all, in their order.
    pub(super) async fn make_names(
        &self,
        add: &'static str,
        all: &'static str,
        names: &[String],
    ) -> Result<Vec<i32>, Halt> {
        let mut tx = self.begin().await?;
        query(add).bind(names).execute(&mut *tx).await?;
        let known = read_names(&mut tx, all).await?;
        tx.commit().await?;
        let id_of = |name: &String| known.iter().find(|(_, known)| known == name).map(|(id, _)| *id);
        Ok(names.iter().filter_map(id_of).collect())
    }

    pub(super) async fn list_names(&self, all: &'static str) -> Result<Vec<(i32, String)>, Halt> {
        let mut connection = self.pool.acquire().await?;
        read_names(&mut connection, all).await
    }

    pub(super) async fn put_group(
        &self,
        now: Timestamp,
        slug: &str,
        name: &str,
        exercise: bool,
    ) -> Result<(), Halt> {
        query(sql::GROUP_PUT)
            .bind(slug)
            .bind(name)
            .bind(i64::from(exercise))
            .bind(micros(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn read_groups(&self) -> Result<Vec<PeopleGroup>, Halt> {
        let rows: Vec<(String, String, i64, i64)> = query_as(sql::GROUPS).fetch_all(&self.pool).await?;
        let group =
            |(slug, name, exercise, people)| PeopleGroup { slug, name, exercise: exercise != 0, people };
        Ok(rows.into_iter().map(group).collect())
    }
}

async fn read_names(connection: &mut PgConnection, all: &'static str) -> Result<Vec<(i32, String)>, Halt> {
    let rows: Vec<(i64, String)> = query_as(all).fetch_all(connection).await?;
    rows.into_iter().map(|(id, name)| Ok((number(id, "route or lane", "id")?, name))).collect()
}

fn account((id, name, role, key_id, key_hash, created_at, revoked_at): AccountColumns) -> Result<Account> {
    let (role, created_at) = (role_from(&role)?, time(created_at, "account", "created_at")?);
    let revoked_at = time_option(revoked_at, "account", "revoked_at")?;
    Ok(Account { id: UserId(id), name, role, key_id, key_hash, created_at, revoked_at })
}
