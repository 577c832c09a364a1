//! Pictures for posts: given once, named by the hash of their bytes ever after.

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::PictureHash;
use crate::office::{Act, OfficeError, PICTURE_BYTES_READ_MAX, StoredPicture, allows};
use crate::web::Web;
use crate::web::error::{ApiError, Kind};
use crate::web::extract::{Caller, Json, Path};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Picture {
    /// SHA-256 of the bytes; for `content.post.pictures`.
    hash: String,
    media_type: String,
    bytes: usize,
    /// In pixels.
    width: u32,
    height: u32,
    /// False: it was there before.
    stored: bool,
}

/// Store a picture
///
/// JPEG up to 4 MB or PNG up to 1 MB, at most 8,000 pixels a side. The same picture is stored once.
#[utoipa::path(post, path = "/pictures", tag = "alerts", operation_id = "add_picture", request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))), responses((status = 200, body = Picture)))]
pub(crate) async fn add(
    State(web): State<Web>,
    Caller(by): Caller,
    request: Request,
) -> Result<Json<Picture>, ApiError> {
    // Before a byte is read: the office would say the same after all of it has come.
    if !allows(by.role, Act::Write) {
        return Err(OfficeError::Forbidden { role: by.role, act: Act::Write }.into());
    }
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = given.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
    if !["image/jpeg", "image/png"].iter().any(|known| known.eq_ignore_ascii_case(&media_type)) {
        let detail = format!("Content-Type is '{media_type}', this address takes image/jpeg and image/png.");
        return Err(ApiError::new(Kind::MediaType, detail).remedy("Send a JPEG or PNG and say which it is."));
    }
    let bytes = to_bytes(request.into_body(), PICTURE_BYTES_READ_MAX).await.map_err(|_| {
        ApiError::new(Kind::TooLarge, "The picture is too large, or it broke off.")
            .remedy("Send a JPEG of up to 4 MB or a PNG of up to 1 MB.")
    })?;
    let StoredPicture { hash, media_type, bytes, width, height, stored } =
        web.office.picture_add(&by, &media_type, bytes.into()).await?;
    Ok(Json(Picture { hash: hash.0, media_type: media_type.to_owned(), bytes, width, height, stored }))
}

/// A picture as it was given
#[utoipa::path(get, path = "/pictures/{hash}", tag = "alerts", operation_id = "show_picture", params(("hash" = String, Path)), responses((status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png")))))]
pub(crate) async fn show(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(hash): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let picture = web.office.picture(&by, &PictureHash(hash)).await?;
    let headers = [
        (header::CONTENT_TYPE, picture.media_type),
        // The hash names these bytes and no others.
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    Ok((StatusCode::OK, headers, picture.bytes))
}
