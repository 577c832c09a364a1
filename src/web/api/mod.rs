//! One file per resource. A handler reads the request into types, makes one call to the office and shows the result;
//! what is shown is a struct of its own, so that the ledger can change without the API noticing.

pub(super) mod accounts;
pub(super) mod alerts;
pub(super) mod areas;
pub(super) mod decisions;
pub(super) mod groups;
pub(super) mod imports;
pub(super) mod lanes;
pub(super) mod live;
pub(super) mod messages;
pub(super) mod people;
pub(super) mod pictures;
pub(super) mod plans;
pub(super) mod reach;
pub(super) mod reports;
pub(super) mod templates;

mod alert;
mod channel;
mod content;
mod preview;
mod schema;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::office::{CsvStream, Numbers};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    rows: Vec<T>,
    /// Pass it as `after` (in the inbox: `before`) for the next page; null: this was the last.
    next: Option<String>,
}

impl<T> Page<T> {
    /// `rows` of at most `limit`; `key` tells where a row stands in the list.
    fn new<R: Into<T>>(rows: Vec<R>, limit: usize, key: impl Fn(&R) -> String) -> Self {
        let next = rows.last().filter(|_| rows.len() >= limit).map(key);
        Self { rows: rows.into_iter().map(Into::into).collect(), next }
    }
}

/// The whole of a list that is short by nature.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct List<T> {
    rows: Vec<T>,
}

impl<T> List<T> {
    fn of<R: Into<T>>(rows: impl IntoIterator<Item = R>) -> Self {
        Self { rows: rows.into_iter().map(Into::into).collect() }
    }
}

/// Whether telephone numbers are wanted whole.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum NumbersWanted {
    #[default]
    Masked,
    /// For auditors and admins; it is written down that they were shown.
    Full,
}

impl From<NumbersWanted> for Numbers {
    fn from(wanted: NumbersWanted) -> Self {
        match wanted {
            NumbersWanted::Masked => Self::Masked,
            NumbersWanted::Full => Self::Full,
        }
    }
}

/// A file that is written while it is sent. If it breaks off inside, the transfer breaks off too: half a report must
/// not look like a whole one.
fn csv(name: &str, rows: CsvStream) -> Response {
    let rows = futures::TryStreamExt::inspect_err(rows, |error| {
        tracing::error!(cause = %error, "export broke off");
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, Body::from_stream(rows)).into_response()
}
