//! Who may do what, and the keys by which they are known.
//!
//! A key is `loa_<key_id>_<secret>`. The secret is 256 random bits, so it is stored as a plain SHA-256: a slow,
//! salted hash protects short secrets that people choose from being guessed, and no machine guesses 256 bits.

use std::fmt;

use rand::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Complaint, Conflict, Office, OfficeError, Result, words};
use crate::{
    domain::UserId,
    ledger::{Account, NewAccount, Role},
};

/// What somebody with an account can want to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// See alerts, counts, groups, people and messages with masked numbers.
    Read,
    /// See telephone numbers whole.
    ReadNumbers,
    /// See what happened to one message, attempt by attempt.
    ReadTrail,
    /// Write, edit and submit alerts; withdraw them before they are approved.
    Write,
    /// Approve, return, reject.
    Decide,
    /// Pause, resume, cancel, send again what is uncertain.
    Steer,
    /// Import lists.
    Import,
    ManageGroups,
    /// Opt people out or in, set their carrier.
    ManagePeople,
    ReadAccounts,
    ManageAccounts,
    /// Renew the consent of an account at a provider.
    RenewConsent,
    /// Store and retire the forms from which alerts are begun.
    ManageTemplates,
}

impl Act {
    pub const ALL: &'static [Self] = &[
        Self::Read,
        Self::ReadNumbers,
        Self::ReadTrail,
        Self::Write,
        Self::Decide,
        Self::Steer,
        Self::Import,
        Self::ManageGroups,
        Self::ManagePeople,
        Self::ReadAccounts,
        Self::ManageAccounts,
        Self::RenewConsent,
        Self::ManageTemplates,
    ];

    /// The roles that may, for a refusal.
    pub(super) fn roles(self) -> String {
        let words: Vec<_> = roles_that_may(self).map(|role| words::role(role).en).collect();
        words.join(" or ")
    }
}

/// The one table of rights. That nobody approves what he wrote is not in it: it holds for every role.
#[must_use]
pub const fn allows(role: Role, act: Act) -> bool {
    match (role, act) {
        (Role::Admin, _) | (_, Act::Read) => true,
        (
            Role::Author,
            Act::Write | Act::Import | Act::ManageGroups | Act::ManagePeople | Act::ManageTemplates,
        ) => true,
        (Role::Author, Act::ReadNumbers | Act::ReadTrail | Act::Decide | Act::Steer) => false,
        (Role::Approver, Act::Write | Act::Decide | Act::Steer | Act::ReadTrail) => true,
        (Role::Approver, Act::ReadNumbers | Act::Import | Act::ManageGroups | Act::ManagePeople) => false,
        (Role::Auditor, Act::ReadNumbers | Act::ReadTrail | Act::ReadAccounts) => true,
        (
            Role::Auditor,
            Act::Write | Act::Decide | Act::Steer | Act::Import | Act::ManageGroups | Act::ManagePeople,
        ) => false,
        (Role::Author | Role::Approver, Act::ReadAccounts) => false,
        (Role::Approver | Role::Auditor, Act::ManageTemplates) => false,
        (Role::Author | Role::Approver | Role::Auditor, Act::ManageAccounts | Act::RenewConsent) => false,
    }
}

/// Every role that may do `act`.
pub fn roles_that_may(act: Act) -> impl Iterator<Item = Role> {
    [Role::Author, Role::Approver, Role::Auditor, Role::Admin]
        .into_iter()
        .filter(move |role| allows(*role, act))
}

/// A key as it is handed over, once. It is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The whole key, for the eyes of its owner only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// A fresh key with what is stored of it.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub key: ApiKey,
    pub key_id: String,
    /// SHA-256 of the secret, hex.
    pub key_hash: String,
}

/// Before every key: secret scanners and people recognise it.
const KEY_MARK: &str = "loa";
const KEY_ID_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;
/// Names stand in lists and journals.
const NAME_CHARS_MAX: usize = 64;

impl NewKey {
    /// Draws a key from `rng`.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let (mut id, mut secret) = ([0; KEY_ID_BYTES], [0; SECRET_BYTES]);
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut secret);
        let (key_id, secret) = (hex::encode(id), hex::encode(secret));
        Self { key: ApiKey(format!("{KEY_MARK}_{key_id}_{secret}")), key_hash: hash(&secret), key_id }
    }
}

impl Office {
    /// Adds an account by the authority of whoever runs this machine: the first admin, the command line, the demo.
    /// The key is known to nobody afterwards.
    ///
    /// # Errors
    /// A name that is empty, too long or taken.
    pub async fn user_add(&self, name: &str, role: Role) -> Result<(UserId, ApiKey)> {
        let name = checked_name(name)?;
        let NewKey { key, key_id, key_hash } = NewKey::draw(&mut rand::rng());
        let account = NewAccount { name: name.to_owned(), role, key_id, key_hash };
        match self.store.catalog.account_add(self.clock.now(), &account).await? {
            Some(id) => {
                tracing::info!(account = %id, role = words::role(role).en.as_ref(), "account added");
                Ok((id, key))
            }
            None => Err(OfficeError::Conflict(Conflict::Taken { what: "account", value: account.name })),
        }
    }

    /// As [`Office::user_add`], by an account.
    ///
    /// # Errors
    /// Also: `by` may not manage accounts.
    pub async fn account_create(&self, by: &Account, name: &str, role: Role) -> Result<(UserId, ApiKey)> {
        require(by, Act::ManageAccounts)?;
        self.user_add(name, role).await
    }

    /// # Errors
    /// `by` may not see accounts.
    pub async fn accounts(&self, by: &Account) -> Result<Vec<Account>> {
        require(by, Act::ReadAccounts)?;
        Ok(self.store.catalog.accounts().await?)
    }

    /// The key of the account is worth nothing from now on.
    ///
    /// # Errors
    /// No such account, revoked already, the own one, or `by` may not.
    pub async fn account_revoke(&self, by: &Account, account: UserId) -> Result<()> {
        require(by, Act::ManageAccounts)?;
        if by.id == account {
            return Err(OfficeError::refused(Complaint::new(
                "account",
                &account.to_string(),
                ("không thể tự thu hồi tài khoản của mình", "nobody revokes his own account"),
                ("nhờ một quản trị viên khác", "ask another admin"),
            )));
        }
        if self.store.catalog.account_revoke(self.clock.now(), account).await? {
            tracing::info!(account = %account, by = %by.id, "account revoked");
            return Ok(());
        }
        Err(OfficeError::no("account in force with number", account))
    }

    /// The account by its name, for the command line.
    ///
    /// # Errors
    /// There is none in force with this name.
    pub async fn account_named(&self, name: &str) -> Result<Account> {
        let accounts = self.store.catalog.accounts().await?;
        accounts
            .into_iter()
            .find(|account| account.name == name && account.revoked_at.is_none())
            .ok_or_else(|| OfficeError::no("account in force named", name))
    }

    /// Whose key this is. `None`: nobody's, or revoked. Takes the same time wherever the secrets differ.
    ///
    /// # Errors
    /// The ledger did not answer.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Account>> {
        let Some((key_id, secret)) = parts_of(token) else { return Ok(None) };
        let Some(account) = self.store.catalog.account_by_key(key_id).await? else { return Ok(None) };
        let right: bool = hash(secret).as_bytes().ct_eq(account.key_hash.as_bytes()).into();
        Ok((right && account.revoked_at.is_none()).then_some(account))
    }
}

/// The rights of `by` include `act`.
pub(super) fn require(by: &Account, act: Act) -> Result<()> {
    if allows(by.role, act) { Ok(()) } else { Err(OfficeError::Forbidden { role: by.role, act }) }
}

fn parts_of(token: &str) -> Option<(&str, &str)> {
    let (key_id, secret) = token.strip_prefix(KEY_MARK)?.strip_prefix('_')?.split_once('_')?;
    (key_id.len() == 2 * KEY_ID_BYTES && secret.len() == 2 * SECRET_BYTES).then_some((key_id, secret))
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

fn checked_name(name: &str) -> Result<&str> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(OfficeError::refused(Complaint::new(
            "name",
            name,
            ("tên trống, quá dài hoặc có ký tự điều khiển", "empty, too long or with control characters"),
            ("đặt tên từ 1 đến 64 ký tự", "give a name of 1 to 64 characters"),
        )));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rights_are_these() {
        let letters = |role| -> String {
            Act::ALL.iter().map(|act| if allows(role, *act) { 'x' } else { '-' }).collect()
        };
        // Read, numbers, trail, write, decide, steer, import, groups, people, accounts, manage accounts, consent, templates.
        assert_eq!(letters(Role::Author), "x--x--xxx---x");
        assert_eq!(letters(Role::Approver), "x-xxxx-------");
        assert_eq!(letters(Role::Auditor), "xxx------x---");
        assert_eq!(letters(Role::Admin), "xxxxxxxxxxxxx");
    }

    #[test]
    fn a_key_is_drawn_stored_as_a_hash_and_never_printed() {
        let mut rng = rand::rng();
        let (one, two) = (NewKey::draw(&mut rng), NewKey::draw(&mut rng));
        assert_ne!(one.key, two.key);
        let (key_id, secret) = parts_of(one.key.reveal()).unwrap();
        assert_eq!((key_id, hash(secret)), (one.key_id.as_str(), one.key_hash.clone()));
        assert!(!format!("{one:?}").contains(secret));
        for broken in ["", "loa", "loa_", "loa_12345678", "loa_12345678_abc", &one.key.reveal()[1..]] {
            assert_eq!(parts_of(broken), None, "{broken}");
        }
    }
}
