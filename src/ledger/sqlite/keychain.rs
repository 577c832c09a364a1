//! Tokens that rotate, and pictures.

use jiff::Timestamp;

use super::failure::Halt;
use super::{Sqlite, sql};
use crate::domain::{PictureHash, UserId};
use crate::ledger::Picture;
use crate::ledger::batch::stored::{micros, time};

impl Sqlite {
    pub(super) async fn read_tokens(&self, name: &str) -> Result<Option<contract::Stored>, Halt> {
        let row: Option<(i64, String, String, i64, i64)> =
            sqlx::query_as(sql::TOKENS).bind(name).fetch_optional(&self.readers).await?;
        let stored = row.map(|(edition, access, refresh, access_until, refresh_until)| {
            let access_until = time(access_until, "keychain", "access_until")?;
            let refresh_until = time(refresh_until, "keychain", "refresh_until")?;
            let tokens = contract::Tokens { access, refresh, access_until, refresh_until };
            Ok(contract::Stored { edition, tokens })
        });
        stored.transpose()
    }

    pub(super) async fn take_turn(
        &self,
        now: Timestamp,
        name: &str,
        seen: i64,
        until: Timestamp,
    ) -> Result<contract::Turn, Halt> {
        let taken = sqlx::query(sql::TOKENS_TURN)
            .bind(name)
            .bind(seen)
            .bind(micros(now))
            .bind(micros(until))
            .execute(&self.writer)
            .await?
            .rows_affected();
        Ok(match self.read_tokens(name).await? {
            None => contract::Turn::Empty,
            Some(stored) if stored.edition != seen => contract::Turn::Newer(stored),
            Some(stored) if taken > 0 => contract::Turn::Ours(stored),
            Some(_) => contract::Turn::Busy,
        })
    }

    pub(super) async fn pass_turn(&self, name: &str, seen: i64) -> Result<(), Halt> {
        sqlx::query(sql::TOKENS_PASS).bind(name).bind(seen).execute(&self.writer).await?;
        Ok(())
    }

    pub(super) async fn put_tokens(
        &self,
        now: Timestamp,
        name: &str,
        seen: i64,
        tokens: &contract::Tokens,
    ) -> Result<Option<i64>, Halt> {
        let put = if seen == 0 {
            sqlx::query(sql::TOKENS_FIRST).bind(name)
        } else {
            sqlx::query(sql::TOKENS_REPLACE).bind(name).bind(seen)
        };
        let put = put
            .bind(&tokens.access)
            .bind(&tokens.refresh)
            .bind(micros(tokens.access_until))
            .bind(micros(tokens.refresh_until))
            .bind(micros(now))
            .execute(&self.writer)
            .await?
            .rows_affected();
        Ok((put > 0).then_some(seen + 1))
    }

    pub(super) async fn add_picture(
        &self,
        now: Timestamp,
        account: UserId,
        picture: &Picture,
    ) -> Result<bool, Halt> {
        let added = sqlx::query(sql::PICTURE_ADD)
            .bind(&picture.hash.0)
            .bind(&picture.media_type)
            .bind(&picture.bytes)
            .bind(account.0)
            .bind(micros(now))
            .execute(&self.writer)
            .await?
            .rows_affected();
        Ok(added > 0)
    }

    pub(super) async fn read_picture(&self, hash: &PictureHash) -> Result<Option<Picture>, Halt> {
        let row: Option<(String, Vec<u8>)> =
            sqlx::query_as(sql::PICTURE_READ).bind(&hash.0).fetch_optional(&self.readers).await?;
        Ok(row.map(|(media_type, bytes)| Picture { hash: hash.clone(), media_type, bytes }))
    }
}
