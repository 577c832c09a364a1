//! Made-up people, spread over the communes in proportion to their population. Their numbers lie in ranges that
//! were never given to anyone; the carrier stands beside each, as it does for a number that was ported.

use std::{fmt::Write as _, io};

use bytes::Bytes;
use futures::stream;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use crate::domain::AreaCatalogue;

/// Sub-ranges of 052 that the numbering plan leaves empty.
const EMPTY_RANGES: [&str; 7] = ["0520", "0521", "0524", "0525", "0526", "0527", "0529"];
const NUMBERS_PER_RANGE: u32 = 1_000_000;
/// Out of a hundred people. `itel` has no lane of its own and travels with its host network.
const CARRIERS: [(&str, u32); 4] = [("viettel", 52), ("vinaphone", 27), ("mobifone", 19), ("itel", 2)];
/// One in so many rows is there to be left out or refused, so that the demonstration shows how.
const ODD_EVERY: u32 = 500;
const ROWS_PER_CHUNK: u32 = 1_000;

const HEADER: &str = "id,name,phone,area,carrier,opted_out\n";
const NAMES: [&str; 8] = [
    "Hoàng Thị Lý",
    "Nông Văn Páo",
    "Vi Thị Nhung",
    "Lương Văn Thái",
    "Triệu Thị Mai",
    "Bế Văn Sơn",
    "Hứa Thị Hoa",
    "Chu Văn Lâm",
];

/// The list as a CSV file, made as it is read: `recipients` people who can be reached and a few who cannot.
pub(super) fn list(
    areas: &AreaCatalogue,
    province: &str,
    recipients: u32,
) -> impl AsyncRead + Send + Unpin + use<> {
    let communes = Communes::of(areas, province);
    let chunks = stream::iter((0..=recipients.div_ceil(ROWS_PER_CHUNK)).map(move |chunk| {
        let rows = match chunk.checked_sub(1) {
            None => HEADER.to_owned(),
            Some(chunk) => {
                let from = chunk * ROWS_PER_CHUNK;
                rows(&communes, from, recipients.min(from + ROWS_PER_CHUNK))
            }
        };
        Ok::<_, io::Error>(Bytes::from(rows))
    }));
    StreamReader::new(chunks)
}

fn rows(communes: &Communes, from: u32, to: u32) -> String {
    let mut text = String::new();
    for n in from..to {
        let commune = communes.of_person(n);
        let name = NAMES.get(n as usize % NAMES.len()).copied().unwrap_or_default();
        let (phone, carrier) = (phone(n), carrier(n));
        // Writing to a string can't fail.
        _ = writeln!(text, "LS{n:07},{name},{phone},{commune},{carrier},");
        if n % ODD_EVERY == ODD_EVERY - 1 {
            odd(&mut text, n, commune);
        }
    }
    text
}

/// A neighbour who will not be reached, each for another reason.
fn odd(text: &mut String, n: u32, commune: &str) {
    let spare = 1_000_000 * 3 + n;
    let row = match (n / ODD_EVERY) % 5 {
        0 => format!("X{n},Trùng số,{},{commune},viettel,", phone(n)),
        1 => format!("X{n},Đã từ chối,{},{commune},viettel,1", phone(spare)),
        2 => format!("X{n},Mạng chưa kết nối,{},{commune},gmobile,", phone(spare)),
        3 => format!("X{n},Máy bàn,0205 3812 345,{commune},,"),
        _ => format!("X{n},Sai mã xã,{},99999,viettel,", phone(spare)),
    };
    _ = writeln!(text, "{row}");
}

fn phone(n: u32) -> String {
    let range = EMPTY_RANGES.get((n / NUMBERS_PER_RANGE) as usize).copied().unwrap_or("0529");
    format!("{range}{:06}", n % NUMBERS_PER_RANGE)
}

/// The same number with the country's code.
pub(super) fn international(n: u32) -> String {
    phone(n).replacen('0', "84", 1)
}

fn carrier(n: u32) -> &'static str {
    // A step that shares no factor with 100 visits every share, without blocks of one carrier.
    let mut place = n.wrapping_mul(37) % 100;
    for (carrier, share) in CARRIERS {
        match place.checked_sub(share) {
            None => return carrier,
            Some(rest) => place = rest,
        }
    }
    "viettel"
}

pub(super) struct Communes {
    /// (inhabitants up to and with this one, code)
    upto: Vec<(u64, String)>,
    inhabitants: u64,
}

impl Communes {
    pub(super) fn of(areas: &AreaCatalogue, province: &str) -> Self {
        let mut inhabitants = 0;
        let mut upto = Vec::new();
        for commune in areas.communes(province) {
            inhabitants += u64::from(commune.population.unwrap_or(1));
            upto.push((inhabitants, commune.code.clone()));
        }
        Self { upto, inhabitants }
    }

    /// Each inhabitant is as likely as any other; the golden ratio spreads small audiences evenly.
    pub(super) fn of_person(&self, n: u32) -> &str {
        let spread = u64::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let place = (u128::from(spread) * u128::from(self.inhabitants)) >> 64;
        let at = self.upto.partition_point(|(upto, _)| u128::from(*upto) <= place);
        self.upto.get(at).map_or("", |(_, code)| code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    #[test]
    fn people_are_spread_like_the_population_and_nobody_is_twice() {
        let communes = Communes::of(&AreaCatalogue::embedded().unwrap(), "20");
        assert_eq!(communes.upto.len(), 65);
        let mut count = BTreeMap::<&str, u32>::new();
        for n in 0..88_138 {
            *count.entry(communes.of_person(n)).or_default() += 1;
        }
        assert!((4_900..5_200).contains(&count["05977"]), "a tenth of Đông Kinh: {}", count["05977"]);
        assert_eq!(count.len(), 65);
        let numbers: HashSet<_> = (0..50_000).map(phone).collect();
        assert_eq!(numbers.len(), 50_000);
    }
}
