//! From one row of a list to a person or to the reason why not. Pure but for the memory of names and ids it has seen.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use csv::ByteRecord;
use unicode_normalization::UnicodeNormalization;

use super::{
    header::{Column, Header},
    notes,
};
use crate::{
    domain::{Area, AreaCatalogue, Carrier, NumberPlan, content::legacy_encoding, sms::strip_accents},
    ledger::{CarrierSource, PersonRow, RefusedRow},
    office::words::Text,
};

/// What a row is judged by.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) header: Header,
    pub(super) numbers: Arc<NumberPlan>,
    pub(super) areas: Arc<AreaCatalogue>,
    /// The province in which names of communes are looked up.
    pub(super) province: Option<String>,
    /// Folded slug or name -> slug.
    pub(super) groups: HashMap<String, String>,
    /// Carriers that some lane serves.
    pub(super) served: HashSet<String>,
    pub(super) seen: Seen,
    pub(super) communes: HashMap<String, Result<String, (Text, Text)>>,
}

/// Fingerprints of the ids of this file, to note repetitions. Eight bytes each, and no more than this many.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ids: HashSet<u64>,
    hasher: RandomState,
}

/// Beyond this a repetition is still handled, but no longer noted.
const SEEN_MAX: usize = 4_000_000;
/// Spellings of commune names remembered; a province has some hundred communes.
const COMMUNES_MAX: usize = 10_000;
const ID_CHARS_MAX: usize = 64;
const NAME_CHARS_MAX: usize = 200;
const GROUPS_MAX: usize = 50;

impl Seen {
    fn again(&mut self, id: &str) -> bool {
        let fingerprint = self.hasher.hash_one(id);
        if self.ids.len() >= SEEN_MAX {
            return self.ids.contains(&fingerprint);
        }
        !self.ids.insert(fingerprint)
    }
}

/// The cells of one row by what they hold; missing ones are empty.
struct Cells<'a>([&'a str; 7]);

impl<'a> Cells<'a> {
    fn get(&self, column: Column) -> &'a str {
        self.0.get(column as usize).copied().unwrap_or_default()
    }
}

impl Rows {
    /// `None`: an empty row, as spreadsheets leave them at the end.
    pub(super) fn judge(&mut self, line: i64, record: &ByteRecord) -> Option<Result<PersonRow, RefusedRow>> {
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            return None;
        }
        Some(self.person(line, record))
    }

    fn person(&mut self, line: i64, record: &ByteRecord) -> Result<PersonRow, RefusedRow> {
        let cells = self.cells(line, record)?;
        let mut warnings: Vec<Text> = Vec::new();
        let number = cells.get(Column::Phone);
        let parsed =
            self.numbers.parse(number).map_err(|refusal| notes::refused_phone(line, number, &refusal))?;
        warnings.extend(parsed.notes.iter().filter(|note| note.is_warning()).map(|note| notes::note(*note)));
        let phone = parsed.phone.digits().to_string();
        let area = self.area(line, cells.get(Column::Area))?;
        let name = name(line, cells.get(Column::Name))?;
        let groups = self.groups(line, cells.get(Column::Groups))?;
        let opted_out = yes_or_no(line, cells.get(Column::OptedOut))?;
        let (carrier, carrier_source) = match carrier(line, cells.get(Column::Carrier))? {
            Some(carrier) => (Some(carrier), CarrierSource::Override),
            None => (parsed.carrier.map(|guess| guess.value), CarrierSource::Prefix),
        };
        match &carrier {
            None => warnings.push(notes::NO_CARRIER),
            Some(carrier) if !self.served.contains(carrier.as_str()) => warnings.push(notes::NO_ROUTE),
            Some(_) => {}
        }
        let external_id = id(line, cells.get(Column::Id))?.unwrap_or_else(|| phone.clone());
        if self.seen.again(&external_id) {
            warnings.push(notes::REPEATED);
        }
        let carrier = carrier.map(|carrier| carrier.as_str().to_owned());
        let warning = joined(&warnings);
        Ok(PersonRow {
            line,
            external_id,
            phone,
            carrier,
            carrier_source,
            area,
            name,
            groups,
            opted_out,
            warning,
        })
    }

    fn cells<'a>(&self, line: i64, record: &'a ByteRecord) -> Result<Cells<'a>, RefusedRow> {
        let extra = record.iter().skip(self.header.columns.len()).any(|cell| !cell.trim_ascii().is_empty());
        if extra {
            let reason = Text::of("nhiều ô hơn dòng tiêu đề", "more cells than the header line");
            let remedy =
                Text::of("đặt ô có dấu phân cách trong ngoặc kép", "quote cells that hold separators");
            return Err(notes::refused_row(line, &reason, &remedy));
        }
        let mut cells = Cells([""; 7]);
        for (cell, column) in record.iter().zip(&self.header.columns) {
            let Some(column) = column else { continue };
            let Ok(text) = std::str::from_utf8(cell) else { return Err(not_utf8(line, *column)) };
            if let Some(place) = cells.0.get_mut(*column as usize) {
                *place = text.trim();
            }
        }
        Ok(cells)
    }

    fn area(&mut self, line: i64, cell: &str) -> Result<String, RefusedRow> {
        if let Some(known) = self.communes.get(cell) {
            return known.clone().map_err(|(reason, remedy)| refused_area(line, cell, reason, remedy));
        }
        let found = commune(&self.areas, self.province.as_deref(), cell);
        if self.communes.len() < COMMUNES_MAX {
            self.communes.insert(cell.to_owned(), found.clone());
        }
        found.map_err(|(reason, remedy)| refused_area(line, cell, reason, remedy))
    }

    fn groups(&self, line: i64, cell: &str) -> Result<Vec<String>, RefusedRow> {
        let mut slugs = Vec::new();
        for word in cell.split([';', '|', ',']).map(str::trim).filter(|word| !word.is_empty()) {
            let Some(slug) = self.groups.get(&group_key(word)) else {
                let reason = ("không có nhóm này", "there is no such group");
                let remedy = ("tạo nhóm trước, hoặc sửa tên nhóm", "create it first, or correct the name");
                return Err(notes::refused(line, Column::Groups, word, reason, remedy));
            };
            if !slugs.contains(slug) {
                slugs.push(slug.clone());
            }
            if slugs.len() > GROUPS_MAX {
                let reason = ("quá nhiều nhóm", "too many groups");
                return Err(notes::refused(line, Column::Groups, "", reason, ("bớt nhóm", "name fewer")));
            }
        }
        slugs.sort_unstable();
        Ok(slugs)
    }
}

/// A group is found by its slug or its name, accents and case apart.
pub(super) fn group_key(word: &str) -> String {
    strip_accents(word).to_lowercase()
}

/// The code of the commune, or reason and remedy.
fn commune(areas: &AreaCatalogue, province: Option<&str>, cell: &str) -> Result<String, (Text, Text)> {
    let digits = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        // Spreadsheets take the leading zeros of codes away.
        let code = if cell.len() == 4 { format!("0{cell}") } else { cell.to_owned() };
        return match areas.get(&code) {
            Some(area) if area.kind.is_province() => Err((
                Text::of("là mã tỉnh, không phải mã xã", "the code of a province, not of a commune"),
                Text::of("ghi mã xã 5 chữ số", "write the commune's 5-digit code"),
            )),
            Some(area) => Ok(area.code.clone()),
            None => Err((
                Text::of("không có mã xã này trong danh mục 2025", "no such code in the 2025 catalogue"),
                Text::of("tra lại mã theo QĐ 19/2025/QĐ-TTg", "look it up in decision 19/2025/QĐ-TTg"),
            )),
        };
    }
    if cell.is_empty() {
        return Err((
            Text::of("thiếu xã, phường", "the commune is missing"),
            Text::of("ghi mã xã 5 chữ số hoặc tên xã", "write the commune's 5-digit code or its name"),
        ));
    }
    if let Some((legacy, _)) = legacy_encoding(cell) {
        return Err((
            Text::from((format!("chữ bị lỗi phông (có vẻ là {legacy})"), format!("garbled {legacy} text"))),
            Text::of("chuyển tệp sang Unicode rồi gửi lại", "convert the file to Unicode and send it again"),
        ));
    }
    let Some(province) = province else {
        return Err((
            Text::of("tên xã chưa đủ: không biết thuộc tỉnh nào", "a name alone: the province is not known"),
            Text::of(
                "ghi mã xã, hoặc chọn tỉnh khi nhập",
                "write the code, or choose the province of the import",
            ),
        ));
    };
    match areas.find(province, cell).as_slice() {
        [area] => Ok(area.code.clone()),
        [] => Err((
            Text::of(
                "không có xã, phường nào tên này trong tỉnh",
                "no commune of the province has this name",
            ),
            Text::of(
                "sửa tên theo danh mục 2025, hoặc ghi mã xã",
                "correct it by the 2025 catalogue, or write the code",
            ),
        )),
        several => Err(ambiguous(several)),
    }
}

fn ambiguous(several: &[&Area]) -> (Text, Text) {
    let shown: Vec<String> =
        several.iter().map(|area| format!("{} {}", area.display_name(), area.code)).collect();
    let shown = shown.join(", ");
    let reason = (format!("tên này có ở: {shown}"), format!("the name fits: {shown}"));
    (Text::from(reason), Text::of("ghi mã xã", "write the code"))
}

fn refused_area(line: i64, cell: &str, reason: Text, remedy: Text) -> RefusedRow {
    notes::refused(line, Column::Area, cell, reason, remedy)
}

fn name(line: i64, cell: &str) -> Result<Option<String>, RefusedRow> {
    if cell.is_empty() {
        return Ok(None);
    }
    if let Some((legacy, _)) = legacy_encoding(cell) {
        return Err(notes::refused_legacy(line, Column::Name, cell, legacy));
    }
    // ASCII is NFC already; most names are not, most other cells are.
    let name: String = if cell.is_ascii() { cell.to_owned() } else { cell.nfc().collect() };
    if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let reason = ("tên quá dài hoặc có ký tự điều khiển", "too long, or with control characters");
        return Err(notes::refused(line, Column::Name, cell, reason, ("sửa lại tên", "correct the name")));
    }
    Ok(Some(name))
}

fn id(line: i64, cell: &str) -> Result<Option<String>, RefusedRow> {
    if cell.chars().count() > ID_CHARS_MAX || cell.chars().any(char::is_control) {
        let reason = ("mã quá dài hoặc có ký tự điều khiển", "too long, or with control characters");
        let remedy = ("dùng mã tối đa 64 ký tự", "use at most 64 characters");
        return Err(notes::refused(line, Column::Id, cell, reason, remedy));
    }
    Ok(Some(cell.nfc().collect::<String>()).filter(|id| !id.is_empty()))
}

fn carrier(line: i64, cell: &str) -> Result<Option<Carrier>, RefusedRow> {
    if cell.is_empty() {
        return Ok(None);
    }
    carrier_named(cell).map(Some).ok_or_else(|| {
        let reason = ("không phải tên nhà mạng", "not the name of a carrier");
        let remedy = ("ghi viettel, vinaphone, mobifone …", "write viettel, vinaphone, mobifone …");
        notes::refused(line, Column::Carrier, cell, reason, remedy)
    })
}

/// A carrier as people write it: `Viettel`, `Vina`, `Mobi`.
pub(crate) fn carrier_named(word: &str) -> Option<Carrier> {
    let folded = strip_accents(word.trim()).to_lowercase();
    let slug = match folded.as_str() {
        "vina" | "vnpt" => "vinaphone",
        "mobi" => "mobifone",
        "vnm" | "vietnam mobile" => "vietnamobile",
        "gtel" => "gmobile",
        other => other,
    };
    slug.parse().ok()
}

fn yes_or_no(line: i64, cell: &str) -> Result<bool, RefusedRow> {
    if matches!(cell, "" | "0") {
        return Ok(false);
    }
    match strip_accents(cell).to_lowercase().as_str() {
        "no" | "false" | "khong" | "n" | "k" => Ok(false),
        "1" | "x" | "yes" | "true" | "y" | "co" | "dung" | "tu choi" => Ok(true),
        _ => {
            let reason = ("không rõ có từ chối hay không", "neither yes nor no");
            let remedy = ("ghi `có` hoặc để trống", "write `yes` or leave it empty");
            Err(notes::refused(line, Column::OptedOut, cell, reason, remedy))
        }
    }
}

fn not_utf8(line: i64, column: Column) -> RefusedRow {
    let reason = ("ô không phải UTF-8", "the cell is not UTF-8");
    let remedy = ("lưu tệp kiểu `CSV UTF-8` rồi gửi lại", "save the file as `CSV UTF-8` and send it again");
    notes::refused(line, column, "", reason, remedy)
}

fn joined(warnings: &[Text]) -> Option<String> {
    let join = |of: fn(&Text) -> &str| warnings.iter().map(of).collect::<Vec<_>>().join("; ");
    (!warnings.is_empty()).then(|| format!("{} / {}", join(|text| &text.vi), join(|text| &text.en)))
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
