//! Rows no list should hold: whatever the cells are, there is a verdict, and no verdict shows a whole number.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use csv::{ByteRecord, ReaderBuilder};

use super::{Rows, Seen};
use crate::{
    domain::{AreaCatalogue, NumberPlan},
    office::import::header::Header,
};

/// Cases per run; `LOA_MUTATIONS` asks for more.
const CASES: u32 = 30_000;
/// More digits in a row than a masked number ever shows.
const DIGITS_SHOWN_MAX: usize = 7;

/// What lists really hold, right and wrong.
const CELLS: [&str; 24] = [
    "0520 000 001",
    "+84520000001",
    "84 0520000001",
    "01691234567",
    "0205 3812345",
    "8.4912E+10",
    "113",
    "912345678",
    "05977",
    "Phường Đông Kinh",
    "xã tân an",
    "99999",
    "can-bo; canh-sat",
    "có",
    "no",
    "viettel",
    "Mobi Fone",
    "",
    "Nguyễn Thị Ánh",
    "NguyÔn V¨n Tïng",
    "\u{feff}\u{200b}",
    "\"",
    "a;b,c\td",
    "٠٩١٢٣٤٥٦٧٨",
];

fn rows() -> Rows {
    Rows {
        header: Header::parse("id,phone,area,name,groups,carrier,opted_out".as_bytes()).unwrap(),
        numbers: Arc::new(NumberPlan::embedded().unwrap()),
        areas: Arc::new(AreaCatalogue::embedded().unwrap()),
        province: Some("20".into()),
        groups: HashMap::from([("can-bo".into(), "can-bo".into())]),
        served: HashSet::from(["viettel".into()]),
        seen: Seen::default(),
        communes: HashMap::new(),
    }
}

/// splitmix64: the same cases on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 27)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// A line of up to nine cells, some octets of it changed.
    fn line(&mut self) -> Vec<u8> {
        let cells: Vec<_> = (0..self.below(10)).map(|_| CELLS[self.below(CELLS.len())]).collect();
        let mut line = cells.join(",").into_bytes();
        for _ in 0..self.below(4) {
            let at = self.below(line.len() + 1);
            if at < line.len() {
                line[at] = self.next().to_le_bytes()[0];
            }
        }
        line.push(b'\n');
        line
    }
}

fn cases() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch, not a setting of the product")]
    let asked = std::env::var("LOA_MUTATIONS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(CASES)
}

fn longest_run_of_digits(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

#[test]
fn every_row_gets_a_verdict_and_none_shows_a_number() {
    let (mut rows, mut chance, mut record) = (rows(), Chance(2026), ByteRecord::new());
    let (mut taken, mut refused) = (0, 0);
    for line in 0..i64::from(cases()) {
        let text = chance.line();
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_slice());
        while reader.read_byte_record(&mut record).unwrap() {
            match rows.judge(line, &record) {
                None => {}
                Some(Ok(person)) => {
                    taken += 1;
                    assert!(person.phone.starts_with("84") && person.phone.len() == 11, "{text:?}");
                    assert_eq!(person.area.len(), 5);
                }
                Some(Err(row)) => {
                    refused += 1;
                    assert!(longest_run_of_digits(&row.note) <= DIGITS_SHOWN_MAX, "{}", row.note);
                }
            }
        }
    }
    assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
}
