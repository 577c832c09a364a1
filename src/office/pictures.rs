//! Pictures for posts: looked at once, when they come in, and stored once under the hash of their bytes.

mod header;

use serde::Serialize;

use self::header::{Kind, dimensions};
use super::{Act, Complaint, Office, OfficeError, Result, Text, accounts::require};
use crate::{
    domain::PictureHash,
    ledger::{Account, Picture},
};

/// A picture is read up to this size to be told why it is too large; beyond, it is not read.
pub const PICTURE_BYTES_READ_MAX: usize = 12_000_000;
/// The platform documents 10 MB and refuses at 4 MB.
const JPEG_BYTES_MAX: usize = 4_000_000;
/// Above, the platform turns a PNG into a blurred one.
const PNG_BYTES_MAX: usize = 1_000_000;
/// Larger ones are shrunk by the platform anyway, and cost memory wherever they are opened.
const SIDE_PIXELS_MAX: u32 = 8_000;

/// What was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredPicture {
    pub hash: PictureHash,
    /// `image/jpeg` or `image/png`.
    pub media_type: &'static str,
    pub bytes: usize,
    pub width: u32,
    pub height: u32,
    /// False: it was there before.
    pub stored: bool,
}

impl Office {
    /// Stores a picture that was sent as `media_type`.
    ///
    /// # Errors
    /// Bytes that are no such picture, too many of them, too many pixels, or `by` may not.
    pub async fn picture_add(&self, by: &Account, media_type: &str, bytes: Vec<u8>) -> Result<StoredPicture> {
        require(by, Act::Write)?;
        let (kind, (width, height)) = looked_at(media_type, &bytes)?;
        let picture =
            Picture { hash: PictureHash::of(&bytes), media_type: kind.media_type().to_owned(), bytes };
        let stored = self.store.catalog.picture_add(self.clock.now(), by.id, &picture).await?;
        tracing::info!(by = %by.id, hash = picture.hash.0, bytes = picture.bytes.len(), stored, "picture");
        let Picture { hash, bytes, .. } = picture;
        Ok(StoredPicture { hash, media_type: kind.media_type(), bytes: bytes.len(), width, height, stored })
    }

    /// # Errors
    /// No such picture, or `by` may not.
    pub async fn picture(&self, by: &Account, hash: &PictureHash) -> Result<Picture> {
        require(by, Act::Read)?;
        let found = self.store.catalog.picture(hash).await?;
        found.ok_or_else(|| OfficeError::no("picture", &hash.0))
    }
}

fn looked_at(media_type: &str, bytes: &[u8]) -> Result<(Kind, (u32, u32))> {
    let refused = |value: &str, reason: Text, remedy: Text| {
        Err(OfficeError::refused(Complaint::new("picture", value, reason, remedy)))
    };
    let found = Kind::of(bytes);
    let Some(kind) = found.filter(|kind| kind.media_type().eq_ignore_ascii_case(media_type)) else {
        return refused(
            media_type,
            Text::of("nội dung không phải loại ảnh đã ghi", "the bytes are no picture of this media type"),
            Text::of(
                "gửi ảnh JPEG hoặc PNG, ghi đúng Content-Type",
                "send a JPEG or PNG and say which it is",
            ),
        );
    };
    let (bytes_max, why) = match kind {
        Kind::Jpeg => {
            (JPEG_BYTES_MAX, ("Facebook từ chối ảnh từ 4 MB", "Facebook refuses pictures of 4 MB and more"))
        }
        Kind::Png => {
            (PNG_BYTES_MAX, ("Facebook làm mờ ảnh PNG trên 1 MB", "Facebook blurs a PNG of more than 1 MB"))
        }
    };
    if bytes.len() > bytes_max {
        return refused(
            &bytes.len().to_string(),
            Text::from((
                format!("{} byte, tối đa {bytes_max}: {}", bytes.len(), why.0),
                format!("{} bytes, the most is {bytes_max}: {}", bytes.len(), why.1),
            )),
            Text::of("thu nhỏ ảnh và lưu dạng JPEG", "make it smaller and save it as JPEG"),
        );
    }
    let Some((width, height)) = dimensions(kind, bytes) else {
        return refused(
            "",
            Text::of("ảnh bị hỏng: không đọc được kích thước", "it is broken: its size cannot be read"),
            Text::of("lưu lại ảnh rồi gửi lại", "save it anew and send it again"),
        );
    };
    if width.max(height) > SIDE_PIXELS_MAX {
        return refused(
            &format!("{width}x{height}"),
            Text::from((
                format!("mỗi cạnh tối đa {SIDE_PIXELS_MAX} điểm ảnh"),
                format!("the longest side takes {SIDE_PIXELS_MAX} pixels"),
            )),
            Text::of("thu nhỏ ảnh", "make it smaller"),
        );
    }
    Ok((kind, (width, height)))
}
