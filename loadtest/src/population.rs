//! Made-up people for load: one number each, in ranges that the numbering plan leaves empty.

use std::fmt::Write as _;

use bytes::Bytes;
use futures::{Stream, stream};

/// Empty sub-ranges of 052, as in the demonstration.
const RANGES: [&str; 7] = ["0520", "0521", "0524", "0525", "0526", "0527", "0529"];
const ROWS_PER_CHUNK: u32 = 2_000;
const AREAS: [&str; 4] = ["05977", "05983", "05986", "06187"];

pub(crate) const PEOPLE_MAX: u32 = 7_000_000;

/// A CSV file of `people` rows, spread evenly over `carriers`, made while it is sent.
pub(crate) fn csv(
    people: u32,
    carriers: Vec<String>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let chunks = people.div_ceil(ROWS_PER_CHUNK);
    stream::iter((0..=chunks).map(move |chunk| {
        let mut text = String::new();
        match chunk.checked_sub(1) {
            None => text.push_str("id,phone,area,carrier\n"),
            Some(chunk) => {
                let from = chunk * ROWS_PER_CHUNK;
                for n in from..people.min(from + ROWS_PER_CHUNK) {
                    let carrier = carriers.get(n as usize % carriers.len().max(1)).map_or("", String::as_str);
                    let area = AREAS.get(n as usize % AREAS.len()).copied().unwrap_or_default();
                    let range = RANGES.get((n / 1_000_000) as usize).copied().unwrap_or("0529");
                    // Writing to a string can't fail.
                    _ = writeln!(text, "P{n},{range}{:06},{area},{carrier}", n % 1_000_000);
                }
            }
        }
        Ok(Bytes::from(text))
    }))
}
