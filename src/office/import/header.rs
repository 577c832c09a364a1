//! The first line of a list: which separator it uses and which column is what, by Vietnamese or English names in any
//! order. A header that does not say where the number and the commune are makes the whole file unusable.

use crate::{
    domain::sms::strip_accents,
    office::{Complaint, OfficeError, Result, import::notes::masked},
};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Phone,
    Area,
    Name,
    Groups,
    Id,
    Carrier,
    OptedOut,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) delimiter: u8,
    /// By position; `None`: a column nobody asked for.
    pub(super) columns: Vec<Option<Column>>,
    /// Names of the columns that are not read.
    pub(super) ignored: Vec<String>,
}

/// A first line longer than this is no header.
pub(super) const HEADER_BYTES_MAX: u64 = 16 * 1024;

impl Column {
    const ALL: [Self; 7] =
        [Self::Phone, Self::Area, Self::Name, Self::Groups, Self::Id, Self::Carrier, Self::OptedOut];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Area => "area",
            Self::Name => "name",
            Self::Groups => "groups",
            Self::Id => "id",
            Self::Carrier => "carrier",
            Self::OptedOut => "opted_out",
        }
    }

    /// As people head it: without accents, in lower case, words separated by one space.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Phone => &[
                "phone",
                "phone number",
                "mobile",
                "so dien thoai",
                "dien thoai",
                "sdt",
                "so dt",
                "di dong",
                "so di dong",
            ],
            Self::Area => &[
                "area",
                "area code",
                "commune",
                "commune code",
                "ma xa",
                "xa",
                "ma xa phuong",
                "xa phuong",
                "phuong xa",
                "dia ban",
                "ma dia ban",
            ],
            Self::Name => &["name", "full name", "ho ten", "ho va ten", "ten"],
            Self::Groups => &["groups", "group", "nhom", "cac nhom"],
            Self::Id => &["id", "external id", "ma", "ma so", "ma nguoi nhan"],
            Self::Carrier => &["carrier", "nha mang", "mang"],
            Self::OptedOut => &["opted out", "opt out", "tu choi", "tu choi nhan tin"],
        }
    }

    fn named(cell: &str) -> Option<Self> {
        let folded = fold(cell);
        Self::ALL.into_iter().find(|column| column.names().contains(&folded.as_str()))
    }
}

impl Header {
    /// Reads the first line as it stands in the file, its end included.
    pub(super) fn parse(line: &[u8]) -> Result<Self> {
        let Ok(text) = std::str::from_utf8(line) else { return Err(not_utf8()) };
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
        if text.contains(['\0', '\r']) {
            return Err(not_utf8());
        }
        let delimiter = delimiter(text);
        let cells = cells(text, delimiter);
        let columns: Vec<Option<Column>> = cells.iter().map(|cell| Column::named(cell)).collect();
        let count = |wanted| columns.iter().filter(|column| **column == Some(wanted)).count();
        if let Some(twice) = Column::ALL.into_iter().find(|column| count(*column) > 1) {
            return Err(heading_twice(twice, &cells));
        }
        let missing = [Column::Phone, Column::Area].into_iter().filter(|column| count(*column) == 0);
        let missing: Vec<&str> = missing.map(Column::as_str).collect();
        if !missing.is_empty() {
            return Err(missing_columns(&missing.join(", "), &cells));
        }
        let ignored = cells.iter().zip(&columns).filter(|(_, column)| column.is_none());
        let ignored = ignored.map(|(cell, _)| masked(cell)).filter(|cell| !cell.is_empty()).collect();
        Ok(Self { delimiter, columns, ignored })
    }
}

/// The one that occurs most; a comma where none does.
fn delimiter(text: &str) -> u8 {
    let count = |delimiter: u8| text.bytes().filter(|byte| *byte == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

fn cells(text: &str, delimiter: u8) -> Vec<String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(text.as_bytes());
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(|cell| cell.trim().to_owned()).collect()
}

fn fold(cell: &str) -> String {
    let plain = strip_accents(cell).to_lowercase();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

const EXPECTED_VI: &str = "dòng đầu phải có cột `số điện thoại` và `mã xã`; có thể thêm `họ tên`, `nhóm`, `mã`, \
                           `nhà mạng`, `từ chối`, theo thứ tự bất kỳ";
const EXPECTED_EN: &str = "the first line must name the columns `phone` and `area`; `name`, `groups`, `id`, \
                           `carrier`, `opted_out` may be added, in any order";

fn missing_columns(missing: &str, cells: &[String]) -> OfficeError {
    let reason =
        (format!("dòng tiêu đề thiếu cột {missing}"), format!("the header line lacks the column {missing}"));
    OfficeError::refused(Complaint::new("header", &found(cells), reason, (EXPECTED_VI, EXPECTED_EN)))
}

fn heading_twice(column: Column, cells: &[String]) -> OfficeError {
    let word = column.as_str();
    let reason = (format!("hai cột cùng là {word}"), format!("two columns are both {word}"));
    OfficeError::refused(Complaint::new(
        "header",
        &found(cells),
        reason,
        ("giữ lại một cột", "keep one of them"),
    ))
}

fn not_utf8() -> OfficeError {
    OfficeError::refused(Complaint::new(
        "header",
        "",
        ("tệp không phải văn bản UTF-8", "the file is not UTF-8 text"),
        (
            "trong Excel chọn Lưu thành, kiểu `CSV UTF-8`, rồi gửi lại",
            "in Excel choose Save As, type `CSV UTF-8`, and send it again",
        ),
    ))
}

/// A file without a header has somebody's number here.
fn found(cells: &[String]) -> String {
    cells.iter().map(|cell| masked(cell)).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (char, String) {
        let header = Header::parse(line.as_bytes()).unwrap();
        let columns = header.columns.iter().map(|column| column.map_or("-", Column::as_str));
        (char::from(header.delimiter), columns.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn columns_are_known_by_their_names_in_both_languages() {
        let table = [
            ("phone,area\n", ',', "phone area"),
            ("\u{feff}Số điện thoại;Mã xã;Họ và tên\r\n", ';', "phone area name"),
            ("SDT\tXÃ\tNHÓM\tMÃ\tNhà mạng\tTừ chối", '\t', "phone area groups id carrier opted_out"),
            ("\"ID\",\"Phone\",\"Area_Code\",\"ghi chú\"\n", ',', "id phone area -"),
        ];
        for (line, delimiter, columns) in table {
            assert_eq!(parsed(line), (delimiter, columns.to_owned()), "{line}");
        }
    }

    #[test]
    fn an_unusable_header_says_what_was_found_and_what_is_expected() {
        let refused = |line: &[u8]| Header::parse(line).unwrap_err().to_string();
        let text = refused(b"0901234567,05977,An\n");
        assert!(text.contains("090***567") && !text.contains("0901234567"), "{text}");
        assert!(text.contains("lacks the column phone, area") && text.contains("số điện thoại"), "{text}");
        assert!(refused(b"phone,sdt,area\n").contains("two columns are both phone"));
        assert!(refused(b"\xff\xfep\0h\0").contains("CSV UTF-8"));
        assert!(refused("phone,họ tên".as_bytes()).contains("lacks the column area"));
    }
}
