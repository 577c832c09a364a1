//! Accounts and their keys. A key is shown once, in the answer to its making.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::domain::UserId;
use crate::ledger;
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json, Path};

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Author,
    Approver,
    Auditor,
    Admin,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountBody {
    name: String,
    role: Role,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewAccount {
    #[schema(value_type = i64)]
    id: UserId,
    name: String,
    role: Role,
    /// The whole key. It is kept nowhere: who loses it needs a new account.
    #[schema(example = "loa_1a2b3c4d_…")]
    key: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    #[schema(value_type = i64)]
    id: UserId,
    name: String,
    role: Role,
    /// The public half of the key.
    key_id: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revoked {
    #[schema(value_type = i64)]
    id: UserId,
    revoked: bool,
}

/// Make an account and its key
///
/// Takes no Idempotency-Key: the answer holds a secret that is stored nowhere. A second try with the same name is
/// refused with 409; if the first answer was lost, revoke that account and make another.
#[utoipa::path(post, path = "/accounts", tag = "gateway", operation_id = "create_account", request_body = AccountBody, responses((status = 201, body = NewAccount)))]
pub(crate) async fn create(
    State(web): State<Web>,
    Caller(by): Caller,
    Json(AccountBody { name, role }): Json<AccountBody>,
) -> Result<impl IntoResponse, ApiError> {
    let (id, key) = web.office.account_create(&by, &name, role.into()).await?;
    let name = name.trim().to_owned();
    let place = [(header::LOCATION, format!("/api/v1/accounts/{id}"))];
    Ok((StatusCode::CREATED, place, Json(NewAccount { id, name, role, key: key.reveal().to_owned() })))
}

/// All accounts, revoked ones included
#[utoipa::path(get, path = "/accounts", tag = "gateway", operation_id = "list_accounts", responses((status = 200, body = List<Account>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(by): Caller,
) -> Result<Json<List<Account>>, ApiError> {
    Ok(Json(List::of(web.office.accounts(&by).await?)))
}

/// Take an account's key out of force, for good
#[utoipa::path(post, path = "/accounts/{id}/revoke", tag = "gateway", operation_id = "revoke_account", params(("id" = i64, Path)), responses((status = 200, body = Revoked)))]
pub(crate) async fn revoke(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<UserId>,
) -> Result<Json<Revoked>, ApiError> {
    web.office.account_revoke(&by, id).await?;
    Ok(Json(Revoked { id, revoked: true }))
}

impl From<ledger::Account> for Account {
    fn from(account: ledger::Account) -> Self {
        Self {
            id: account.id,
            name: account.name,
            role: account.role.into(),
            key_id: account.key_id,
            created_at: account.created_at,
            revoked_at: account.revoked_at,
        }
    }
}

impl From<Role> for ledger::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Author => Self::Author,
            Role::Approver => Self::Approver,
            Role::Auditor => Self::Auditor,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<ledger::Role> for Role {
    fn from(role: ledger::Role) -> Self {
        match role {
            ledger::Role::Author => Self::Author,
            ledger::Role::Approver => Self::Approver,
            ledger::Role::Auditor => Self::Auditor,
            ledger::Role::Admin => Self::Admin,
        }
    }
}
