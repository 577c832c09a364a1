//! The kind and the size of a picture, from its first bytes. Strangers' bytes: nothing here may panic or run on.

/// What a picture is, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Jpeg,
    Png,
}

const JPEG_START: &[u8] = &[0xff, 0xd8, 0xff];
const PNG_START: &[u8] = b"\x89PNG\r\n\x1a\n";

impl Kind {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(JPEG_START) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(PNG_START) {
            Some(Self::Png)
        } else {
            None
        }
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// Width and height in pixels, both above 0.
pub(super) fn dimensions(kind: Kind, bytes: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = match kind {
        Kind::Jpeg => jpeg(bytes)?,
        Kind::Png => png(bytes)?,
    };
    (width > 0 && height > 0).then_some((width, height))
}

/// The first chunk of a PNG is `IHDR`: its length, its name, width, height.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let chunk = bytes.strip_prefix(PNG_START)?.strip_prefix(&[0, 0, 0, 13])?.strip_prefix(b"IHDR")?;
    let (width, rest) = chunk.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Segment by segment to the frame header. Each segment is at least two bytes long, so the walk ends.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(2..)?;
    loop {
        // Before a marker there may be any number of fill bytes.
        rest = rest.strip_prefix(&[0xff])?;
        let (marker, after) = rest.split_first()?;
        match marker {
            0xff => continue,
            // Without a length: TEM and the restart marks.
            0x01 | 0xd0..=0xd7 => {
                rest = after;
                continue;
            }
            // The end, or the picture itself without a frame before it.
            0xd8..=0xda => return None,
            _ => {}
        }
        let (length, _) = after.split_first_chunk()?;
        let segment = after.get(2..usize::from(u16::from_be_bytes(*length)))?;
        if is_frame(*marker) {
            let [_precision, h1, h2, w1, w2, ..] = segment else { return None };
            let (height, width) = (u16::from_be_bytes([*h1, *h2]), u16::from_be_bytes([*w1, *w2]));
            return Some((width.into(), height.into()));
        }
        rest = after.get(2 + segment.len()..)?;
    }
}

/// SOF0 to SOF15, without DHT, JPG and DAC, which share the range.
const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Option<(u32, u32)> {
        dimensions(Kind::of(bytes)?, bytes)
    }

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        [PNG_START, &[0, 0, 0, 13], b"IHDR", &width.to_be_bytes(), &height.to_be_bytes(), &[8, 2, 0, 0, 0]]
            .concat()
    }

    /// With a comment, a Huffman table and fill bytes before the frame.
    fn jpeg_of(frame: u8, width: u16, height: u16) -> Vec<u8> {
        let (w, h) = (width.to_be_bytes(), height.to_be_bytes());
        let comment: &[u8] = &[0xff, 0xfe, 0, 5, b'l', 0xff, 0xc0];
        let table: &[u8] = &[0xff, 0xc4, 0, 3, 7];
        let frame: &[u8] = &[0xff, 0xff, frame, 0, 11, 8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0];
        [&[0xff, 0xd8], comment, table, frame].concat()
    }

    #[test]
    fn sizes_are_read_from_the_header() {
        assert_eq!(read(&png_of(1200, 630)), Some((1200, 630)));
        assert_eq!(read(&jpeg_of(0xc0, 1920, 1080)), Some((1920, 1080)));
        assert_eq!(read(&jpeg_of(0xc2, 1, 65_535)), Some((1, 65_535)));
    }

    #[test]
    fn what_is_cut_or_broken_has_no_size() {
        assert_eq!(read(&png_of(0, 630)), None);
        assert_eq!(read(&jpeg_of(0xc0, 0, 9)), None);
        assert_eq!(read(&jpeg_of(0xc4, 9, 9)), None, "a table is no frame");
        for whole in [png_of(3, 3), jpeg_of(0xc1, 3, 3)] {
            assert!(read(&whole).is_some());
            for cut in 0..20 {
                assert_eq!(read(&whole[..cut]), None, "{cut}");
            }
        }
        assert_eq!(read(b"GIF89a"), None);
        assert_eq!(read(&[0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0, 0, 1]), None, "a length below two");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(start in 0..3_usize, noise in proptest::collection::vec(any::<u8>(), 0..200)) {
            let start: &[u8] = [&[], JPEG_START, PNG_START][start];
            let _size = read(&[start, &noise].concat());
        }

        #[test]
        fn a_damaged_picture_never_panics(at in 0..33_usize, byte in any::<u8>()) {
            for mut whole in [png_of(640, 480), jpeg_of(0xc0, 640, 480)] {
                if let Some(place) = whole.get_mut(at) {
                    *place = byte;
                }
                let _size = read(&whole);
            }
        }
    }
}
