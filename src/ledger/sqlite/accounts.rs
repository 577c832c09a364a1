//! Who may do what, requests that must not be done twice, and the names of routes, lanes and groups.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::rows::json;
use super::{Sqlite, sql};
use crate::domain::UserId;
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::{Account, Idempotency, NewAccount, PeopleGroup, Result};

type AccountColumns = (i64, String, String, String, String, i64, Option<i64>);

impl Sqlite {
    pub(super) async fn add_account(
        &self,
        now: Timestamp,
        account: &NewAccount,
    ) -> Result<Option<UserId>, Halt> {
        let id: Option<i64> = sqlx::query_scalar(sql::ACCOUNT_ADD)
            .bind(&account.name)
            .bind(stored::role_word(account.role))
            .bind(&account.key_id)
            .bind(&account.key_hash)
            .bind(micros(now))
            .fetch_optional(&self.writer)
            .await?;
        Ok(id.map(UserId))
    }

    pub(super) async fn read_account(&self, key_id: &str) -> Result<Option<Account>, Halt> {
        let row: Option<AccountColumns> =
            sqlx::query_as(sql::ACCOUNT_BY_KEY).bind(key_id).fetch_optional(&self.readers).await?;
        Ok(row.map(account).transpose()?)
    }

    pub(super) async fn read_accounts(&self) -> Result<Vec<Account>, Halt> {
        let rows: Vec<AccountColumns> = sqlx::query_as(sql::ACCOUNTS).fetch_all(&self.readers).await?;
        rows.into_iter().map(|row| Ok(account(row)?)).collect()
    }

    pub(super) async fn revoke_account(&self, now: Timestamp, account: UserId) -> Result<bool, Halt> {
        let done =
            sqlx::query(sql::ACCOUNT_REVOKE).bind(account.0).bind(micros(now)).execute(&self.writer).await?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn begin_idempotent(
        &self,
        now: Timestamp,
        account: UserId,
        key: &str,
        body_hash: &str,
    ) -> Result<Idempotency, Halt> {
        let mut tx = self.begin_write().await?;
        let added = sqlx::query(sql::IDEMPOTENCY_ADD)
            .bind(account.0)
            .bind(key)
            .bind(body_hash)
            .bind(micros(now))
            .execute(&mut *tx)
            .await?;
        let (hash, status, response): (String, Option<i64>, Option<String>) =
            sqlx::query_as(sql::IDEMPOTENCY_READ).bind(account.0).bind(key).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        if added.rows_affected() > 0 {
            return Ok(Idempotency::Fresh);
        }
        if hash != body_hash {
            return Ok(Idempotency::Conflict);
        }
        Ok(match status {
            Some(status) => Idempotency::Replay {
                status: stored::number(status, "idempotency", "status")?,
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
        sqlx::query(sql::IDEMPOTENCY_END)
            .bind(account.0)
            .bind(key)
            .bind(i64::from(status))
            .bind(response)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn drop_idempotent(&self, account: UserId, key: &str) -> Result<(), Halt> {
        sqlx::query(sql::IDEMPOTENCY_DROP).bind(account.0).bind(key).execute(&self.writer).await?;
        Ok(())
    }

    /// Makes what is missing of `names` and returns the ids of all, in their order.
    pub(super) async fn make_names(
        &self,
        add: &'static str,
        all: &'static str,
        names: &[String],
    ) -> Result<Vec<i32>, Halt> {
        let mut tx = self.begin_write().await?;
        sqlx::query(add).bind(json(&names)?).execute(&mut *tx).await?;
        let known = read_names(&mut tx, all).await?;
        tx.commit().await?;
        let id_of = |name: &String| known.iter().find(|(_, known)| known == name).map(|(id, _)| *id);
        Ok(names.iter().filter_map(id_of).collect())
    }

    pub(super) async fn list_names(&self, all: &'static str) -> Result<Vec<(i32, String)>, Halt> {
        let mut connection = self.readers.acquire().await?;
        read_names(&mut connection, all).await
    }

    pub(super) async fn put_group(
        &self,
        now: Timestamp,
        slug: &str,
        name: &str,
        exercise: bool,
    ) -> Result<(), Halt> {
        sqlx::query(sql::GROUP_PUT)
            .bind(slug)
            .bind(name)
            .bind(exercise)
            .bind(micros(now))
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn read_groups(&self) -> Result<Vec<PeopleGroup>, Halt> {
        let rows: Vec<(String, String, bool, i64)> =
            sqlx::query_as(sql::GROUPS).fetch_all(&self.readers).await?;
        let group = |(slug, name, exercise, people)| PeopleGroup { slug, name, exercise, people };
        Ok(rows.into_iter().map(group).collect())
    }
}

async fn read_names(
    connection: &mut SqliteConnection,
    all: &'static str,
) -> Result<Vec<(i32, String)>, Halt> {
    let rows: Vec<(i64, String)> = sqlx::query_as(all).fetch_all(connection).await?;
    rows.into_iter().map(|(id, name)| Ok((stored::number(id, "route or lane", "id")?, name))).collect()
}

fn account((id, name, role, key_id, key_hash, created_at, revoked_at): AccountColumns) -> Result<Account> {
    let (role, created_at) = (stored::role_from(&role)?, stored::time(created_at, "account", "created_at")?);
    let revoked_at = stored::time_option(revoked_at, "account", "created_at")?;
    Ok(Account { id: UserId(id), name, role, key_id, key_hash, created_at, revoked_at })
}
