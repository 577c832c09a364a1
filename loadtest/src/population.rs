//! Made-up people for load: one number each, in ranges that the numbering plan leaves empty.

use std::fmt::Write as _;

use bytes::Bytes;
use futures::{Stream, stream};

/// Empty sub-ranges of 052, as in the demonstration.
const RANGES: [&str; 7] = ["0520", "0521", "0524", "0525", "0526", "0527", "0529"];
const ROWS_PER_CHUNK: u32 = 2_000;
const AREAS: [&str; 3] = ["05977", "05983", "05986"];
/// One in so many lives in the commune of the few.
const FEW: u32 = 1_000;
pub(crate) const AREA_OF_FEW: &str = "06187";

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
                    // Writing to a string can't fail.
                    _ = writeln!(text, "{}", row(n, &carriers));
                }
            }
        }
        Ok(Bytes::from(text))
    }))
}

fn row(n: u32, carriers: &[String]) -> String {
    // The few live with every carrier too.
    let of_few = n / FEW;
    let carrier = carriers.get((n + of_few) as usize % carriers.len().max(1)).map_or("", String::as_str);
    let area = if n.is_multiple_of(FEW) {
        AREA_OF_FEW
    } else {
        AREAS.get(n as usize % AREAS.len()).copied().unwrap_or_default()
    };
    let range = RANGES.get((n / 1_000_000) as usize).copied().unwrap_or("0529");
    format!("P{n},{range}{:06},{area},{carrier}", n % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_few_live_with_every_carrier_and_everybody_has_a_number_of_their_own() {
        for carriers in [vec!["a".to_owned(), "b".to_owned()], ["a", "b", "c"].map(str::to_owned).to_vec()] {
            let rows: Vec<_> = (0..10_000).map(|n| row(n, &carriers)).collect();
            let few: Vec<_> = rows.iter().filter(|row| row.split(',').nth(2) == Some(AREA_OF_FEW)).collect();
            assert_eq!(few.len(), 10);
            for carrier in &carriers {
                assert!(few.iter().any(|row| row.ends_with(carrier.as_str())), "{carrier} of {few:?}");
            }
            let numbers: std::collections::HashSet<_> =
                rows.iter().map(|row| row.split(',').nth(1)).collect();
            assert_eq!(numbers.len(), rows.len());
        }
    }
}
