//! The shape of a preview: what an alert would come to, before anyone approves it.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::channel::ChannelShown;
use crate::domain::{ContentHash, Encoding, TextReport};
use crate::office::{self, ExclusionCount, FinishPreview, RoutePreview, Text};
use crate::web::error::FieldError;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preview {
    /// What an approver agrees to; null while the content is wrong.
    #[schema(value_type = Option<String>)]
    content_hash: Option<ContentHash>,
    /// The SMS exactly as it leaves.
    text: String,
    /// Which characters make it dear, with replacements; null while the content is wrong.
    #[schema(value_type = Option<Object>)]
    report: Option<TextReport>,
    /// SMS routes with somebody to send to.
    routes: Vec<Route>,
    /// One entry for each route that the plan uses: what it shows.
    channels: Vec<ChannelShown>,
    /// People with an address on at least one route.
    targets: i64,
    excluded: Vec<Excluded>,
    /// SMS parts over all routes: the cost.
    parts_total: i64,
    /// Of the first step that has somebody to send to, over all its routes together.
    finish: Vec<Finish>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// To be known before it is sent.
    warnings: Vec<Warning>,
    /// While there is one it can neither be submitted nor approved.
    refusals: Vec<FieldError>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Route {
    route: String,
    /// `gsm7` or `ucs2`.
    #[schema(value_type = String)]
    encoding: Encoding,
    /// Septets or 16-bit units of the whole text.
    units: usize,
    /// Of one message.
    parts: usize,
    /// The text as it is cut.
    part_texts: Vec<String>,
    targets: i64,
    parts_total: i64,
    /// Granted to all its lanes together.
    parts_per_s: f64,
    finish: Vec<Finish>,
}

/// When so many percent of the targets have been sent to, if sending began now. Null: never, as things stand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Finish {
    percent: u8,
    seconds: Option<f64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// People left out for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Excluded {
    reason: String,
    text: Text,
    people: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Warning {
    code: String,
    text: Text,
}

impl From<office::Preview> for Preview {
    fn from(preview: office::Preview) -> Self {
        Self {
            content_hash: preview.content_hash,
            text: preview.text,
            report: preview.report,
            routes: preview.routes.into_iter().map(Into::into).collect(),
            channels: preview.channels.into_iter().map(Into::into).collect(),
            targets: preview.targets,
            excluded: preview.excluded.into_iter().map(Into::into).collect(),
            parts_total: preview.parts_total,
            finish: preview.finish.into_iter().map(Into::into).collect(),
            expires_at: preview.expires_at,
            warnings: preview
                .warnings
                .into_iter()
                .map(|warning| Warning { code: warning.code.to_owned(), text: warning.text })
                .collect(),
            refusals: preview.refusals.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<RoutePreview> for Route {
    fn from(route: RoutePreview) -> Self {
        Self {
            route: route.route,
            encoding: route.encoding,
            units: route.units,
            parts: route.parts,
            part_texts: route.part_texts,
            targets: route.targets,
            parts_total: route.parts_total,
            parts_per_s: route.parts_per_s,
            finish: route.finish.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<FinishPreview> for Finish {
    fn from(FinishPreview { percent, seconds, at }: FinishPreview) -> Self {
        Self { percent, seconds, at }
    }
}

impl From<ExclusionCount> for Excluded {
    fn from(ExclusionCount { reason, text, people }: ExclusionCount) -> Self {
        Self { reason, text, people }
    }
}
