//! Tokens that rotate. A new pair is durable before anyone uses it, and one node refreshes at a time.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::NotRecorded;

/// An access token and the token that buys the next one.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub access_until: Timestamp,
    pub refresh_until: Timestamp,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens(access until {}, refresh until {})", self.access_until, self.refresh_until)
    }
}

/// What is stored, and which edition of it: the number grows with every pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub edition: i64,
    pub tokens: Tokens,
}

/// Answer to the wish to refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Ours alone until the hold ends: refresh this pair and store the new one.
    Ours(Stored),
    /// Somebody else already has a newer pair; use it.
    Newer(Stored),
    /// Somebody else is at it; look again soon.
    Busy,
    /// Nothing is stored under this name.
    Empty,
}

/// Durable and shared by all nodes. `name` is the connector's own name for the grant (`zalo/{app}/{oa}`).
#[async_trait]
pub trait Keychain: Send + Sync {
    /// # Errors
    /// [`NotRecorded`] if the store cannot be asked, here and below.
    async fn tokens(&self, name: &str) -> Result<Option<Stored>, NotRecorded>;

    /// Asks for the sole right to replace edition `seen`, for at most `hold` (longer than the request's time-out).
    ///
    /// # Errors
    /// As for [`Keychain::tokens`].
    async fn turn(&self, name: &str, seen: i64, hold: Duration) -> Result<Turn, NotRecorded>;

    /// Gives the right of [`Keychain::turn`] back unused.
    ///
    /// # Errors
    /// As for [`Keychain::tokens`].
    async fn pass(&self, name: &str, seen: i64) -> Result<(), NotRecorded>;

    /// Stores the pair that follows edition `seen` (0: none yet). `None`: somebody stored one meanwhile. The pair before it
    /// is kept for inspection.
    ///
    /// # Errors
    /// As for [`Keychain::tokens`].
    async fn replace(&self, name: &str, seen: i64, tokens: &Tokens) -> Result<Option<i64>, NotRecorded>;
}

/// For lanes whose credentials do not rotate: holds nothing and keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoKeys;

#[async_trait]
impl Keychain for NoKeys {
    async fn tokens(&self, _name: &str) -> Result<Option<Stored>, NotRecorded> {
        Ok(None)
    }

    async fn turn(&self, _name: &str, _seen: i64, _hold: Duration) -> Result<Turn, NotRecorded> {
        Ok(Turn::Empty)
    }

    async fn pass(&self, _name: &str, _seen: i64) -> Result<(), NotRecorded> {
        Ok(())
    }

    async fn replace(&self, _name: &str, _seen: i64, _tokens: &Tokens) -> Result<Option<i64>, NotRecorded> {
        Err(NotRecorded("there is no keychain here".to_owned()))
    }
}
