//! Lists of people as CSV, read while they arrive. Sending a list again is harmless: people are known by their id in
//! the list, and what did not change stays the same. With an `Idempotency-Key` the list is first taken in whole, to a
//! file, because only then is it known whether it is the same list; without one the first rows are in before the last
//! are here.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::StreamReader;
use utoipa::{IntoParams, ToSchema};

use super::csv;
use crate::domain::ImportId;
use crate::ledger::{self, Account, ImportCounts, ImportState};
use crate::office::{Act, ImportOptions, OfficeError, Verdicts, allows};
use crate::web::error::{ApiError, Kind};
use crate::web::extract::{Caller, Json, Path, Query, media_type, too_large};
use crate::web::{Web, idempotency};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportAsked {
    /// What the list is called, usually its file name.
    #[param(example = "danh-sach-2026.csv")]
    name: String,
    /// Code of the province in which communes are looked up by name; without it only codes are understood.
    #[param(example = "20")]
    province: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RowsAsked {
    #[serde(default)]
    #[param(inline)]
    which: Which,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Which {
    #[default]
    All,
    /// Refusals and warnings: what somebody has to look at.
    Noted,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    #[schema(value_type = i64)]
    id: ImportId,
    name: String,
    /// `running`, `finished` or `interrupted`.
    #[schema(value_type = String)]
    state: ImportState,
    counts: RowCounts,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    note: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct RowCounts {
    total: i64,
    new: i64,
    changed: i64,
    same: i64,
    refused: i64,
    warned: i64,
}

/// Take in a list of people
///
/// Columns are recognised by their names. A bad row is refused and the others go in; see the verdicts in `rows.csv`.
#[utoipa::path(post, path = "/imports", tag = "people", operation_id = "create_import", params(ImportAsked), request_body(content = String, content_type = "text/csv"), responses((status = 201, body = Import)))]
pub(crate) async fn create(
    State(web): State<Web>,
    Caller(by): Caller,
    Query(asked): Query<ImportAsked>,
    request: Request,
) -> Result<Response, ApiError> {
    media_type(request.headers(), "text/csv")?;
    // Before a byte is read: the office would say the same after the whole list has come.
    if !allows(by.role, Act::Import) {
        return Err(OfficeError::Forbidden { role: by.role, act: Act::Import }.into());
    }
    let ticket = idempotency::ticket(request.headers(), by.id)?;
    let mut hash = idempotency::hasher("POST", &request.uri().to_string());
    let upload = Upload::new(request, web.settings.import_bytes_max)?;
    let Some(ticket) = ticket else {
        let Upload { bytes, too_long } = upload;
        return take_in(&web, &by, &asked, StreamReader::new(bytes), &too_long).await;
    };
    let file = upload.whole(&mut hash).await?;
    let office = web.clone();
    let work =
        async move { take_in(&office, &by, &asked, file, &AtomicBool::new(false)).await.into_response() };
    ticket.once(&web, hash, work).await
}

/// How far an import is
#[utoipa::path(get, path = "/imports/{id}", tag = "people", operation_id = "show_import", params(("id" = i64, Path)), responses((status = 200, body = Import)))]
pub(crate) async fn show(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<ImportId>,
) -> Result<Json<Import>, ApiError> {
    Ok(Json(web.office.import(&by, id).await?.into()))
}

/// What became of each row, as CSV
#[utoipa::path(get, path = "/imports/{id}/rows.csv", tag = "people", operation_id = "export_import_rows", params(("id" = i64, Path), RowsAsked), responses((status = 200, body = String, content_type = "text/csv")))]
pub(crate) async fn rows_csv(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<ImportId>,
    Query(asked): Query<RowsAsked>,
) -> Result<Response, ApiError> {
    let which = match asked.which {
        Which::All => Verdicts::All,
        Which::Noted => Verdicts::Noted,
    };
    let rows = web.office.import_verdicts_csv(&by, id, which).await?;
    Ok(csv(&format!("loa-import-{id}.csv"), rows))
}

async fn take_in(
    web: &Web,
    by: &Account,
    asked: &ImportAsked,
    reader: impl AsyncRead + Send + Unpin + 'static,
    too_long: &AtomicBool,
) -> Result<Response, ApiError> {
    let options = ImportOptions { province: asked.province.clone() };
    let import = web.office.import_csv(by, &asked.name, &options, reader).await;
    let cut = too_long.load(Ordering::Relaxed);
    let import = import.map_err(|error| if cut { too_large() } else { error.into() })?;
    if cut {
        let detail = format!("The list is longer than allowed; import {} holds what came before.", import.id);
        return Err(
            ApiError::new(Kind::TooLarge, detail).remedy("Cut the list and send the rest as another import.")
        );
    }
    let place = [(header::LOCATION, format!("/api/v1/imports/{}", import.id))];
    Ok((StatusCode::CREATED, place, Json(Import::from(import))).into_response())
}

/// A body on its way in, cut off at its bound.
struct Upload {
    bytes: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
    too_long: Arc<AtomicBool>,
}

impl Upload {
    fn new(request: Request, bytes_max: usize) -> Result<Self, ApiError> {
        if declared_length(request.headers()).is_some_and(|length| length > bytes_max) {
            return Err(too_large());
        }
        let too_long = Arc::new(AtomicBool::new(false));
        let flag = too_long.clone();
        let mut left = bytes_max;
        let bytes = request.into_body().into_data_stream().map(move |chunk| {
            let chunk = chunk.map_err(io::Error::other)?;
            left = left.checked_sub(chunk.len()).ok_or_else(|| {
                flag.store(true, Ordering::Relaxed);
                io::Error::from(io::ErrorKind::FileTooLarge)
            })?;
            Ok(chunk)
        });
        Ok(Self { bytes: Box::pin(bytes), too_long })
    }

    /// All of it, in a file without a name that is gone with its handle; what it holds is added to `hash`.
    async fn whole(mut self, hash: &mut Sha256) -> Result<File, ApiError> {
        let failed = |error: io::Error| ApiError::internal(&error);
        let mut file = File::from_std(tempfile::tempfile().map_err(failed)?);
        while let Some(chunk) = self.bytes.next().await {
            let Ok(chunk) = chunk else {
                let broken =
                    ApiError::new(Kind::Malformed, "The list broke off; nothing of it was taken in.");
                return Err(if self.too_long.load(Ordering::Relaxed) { too_large() } else { broken });
            };
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        file.rewind().await.map_err(failed)?;
        Ok(file)
    }
}

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl From<ledger::Import> for Import {
    fn from(import: ledger::Import) -> Self {
        let ledger::Import { id, name, state, counts, started_at, ended_at, note } = import;
        let ImportCounts { total, new, changed, same, refused, warned } = counts;
        let counts = RowCounts { total, new, changed, same, refused, warned };
        Self { id, name, state, counts, started_at, ended_at, note }
    }
}
