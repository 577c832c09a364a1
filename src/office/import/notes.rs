//! What the verdict on a row says to the person who keeps the list: what is wrong and what to do, Vietnamese first.

use crate::{
    domain::{Note, PhoneRefusal, content::Legacy},
    ledger::RefusedRow,
    office::words::Text,
};

use super::header::Column;

/// A refused value is repeated at most this far.
const VALUE_CHARS_MAX: usize = 40;
/// From so many digits on, a cell may be somebody's number.
const NUMBER_DIGITS_MIN: usize = 7;

/// `value: reason; remedy` in both languages. `reason` and `remedy` as (Vietnamese, English).
pub(super) fn refused(
    line: i64,
    column: Column,
    value: &str,
    reason: impl Into<Text>,
    remedy: impl Into<Text>,
) -> RefusedRow {
    let (reason, remedy): (Text, Text) = (reason.into(), remedy.into());
    let shown = masked(value);
    let shown = if shown.is_empty() { String::new() } else { format!("`{shown}`: ") };
    let note = format!("{shown}{}; {} / {}; {}", reason.vi, remedy.vi, reason.en, remedy.en);
    RefusedRow { line, field: column.as_str().to_owned(), note }
}

/// A row that is wrong as a whole.
pub(super) fn refused_row(line: i64, reason: &Text, remedy: &Text) -> RefusedRow {
    let note = format!("{}; {} / {}; {}", reason.vi, remedy.vi, reason.en, remedy.en);
    RefusedRow { line, field: "row".to_owned(), note }
}

pub(super) fn refused_phone(line: i64, value: &str, refusal: &PhoneRefusal) -> RefusedRow {
    let (reason, remedy) = phone(refusal);
    refused(line, Column::Phone, value, reason, remedy)
}

pub(super) fn refused_legacy(line: i64, column: Column, value: &str, legacy: Legacy) -> RefusedRow {
    let reason = (
        format!("chữ bị lỗi phông (có vẻ là {legacy})"),
        format!("garbled text (it looks like {legacy} read as Unicode)"),
    );
    let remedy = ("chuyển tệp sang Unicode rồi gửi lại", "convert the file to Unicode and send it again");
    refused(line, column, value, reason, remedy)
}

/// The same id stood in the file before.
pub(super) const REPEATED: Text = Text::of(
    "mã này đã có ở dòng trước trong tệp; lấy theo dòng này",
    "this id stood in the file before; this row is the one that counts",
);

/// No carrier can be told from the number.
pub(super) const NO_CARRIER: Text = Text::of(
    "chưa rõ nhà mạng nên sẽ không gửi được; ghi cột nhà mạng",
    "the carrier is not known, so nothing can be sent; fill in the carrier column",
);

pub(super) const NO_ROUTE: Text = Text::of(
    "chưa có đường gửi tới nhà mạng này; sẽ không gửi được",
    "no lane serves this carrier; nothing can be sent",
);

pub(super) const fn note(note: Note) -> Text {
    match note {
        Note::MissingZero => Text::of("đã thêm số 0 ở đầu", "the leading 0 was added"),
        Note::ZeroAfterCountryCode => Text::of("đã bỏ số 0 sau +84", "the 0 after +84 was dropped"),
        Note::StrayPlus => Text::of("đã bỏ dấu + thừa", "a stray plus was dropped"),
        Note::DecimalPoint => Text::of("đã bỏ phần thập phân", "a decimal point was dropped"),
        Note::Converted { .. } => {
            Text::of("đã đổi số 11 chữ số sang 10", "an 11-digit number of before 2018 was converted")
        }
        Note::UnknownPrefix => Text::of(
            "đầu số lạ: có thể là đầu số mới hoặc gõ nhầm",
            "unknown prefix: perhaps new, perhaps a typing error",
        ),
    }
}

/// Reason and remedy.
fn phone(refusal: &PhoneRefusal) -> (Text, Text) {
    let ask = Text::of("hỏi lại số di động", "ask for a mobile number");
    match refusal {
        PhoneRefusal::Empty => (
            Text::of("thiếu số điện thoại", "the number is missing"),
            Text::of("ghi số di động, như 0521 234 567", "write a mobile number, as 0521 234 567"),
        ),
        PhoneRefusal::NotANumber { .. } => (
            Text::of("không phải số điện thoại", "not a telephone number"),
            Text::of("chỉ ghi chữ số, như 0521 234 567", "write digits only, as 0521 234 567"),
        ),
        PhoneRefusal::Several { .. } => (
            Text::of("có nhiều số trong một ô", "more than one number in a cell"),
            Text::of("mỗi số ghi một dòng", "give each a line of its own"),
        ),
        PhoneRefusal::Scientific { .. } => (
            Text::of("bảng tính đã làm tròn số", "a spreadsheet has rounded the number"),
            Text::of(
                "định dạng cột là văn bản rồi nhập lại số",
                "format the column as text and enter the number again",
            ),
        ),
        PhoneRefusal::Foreign { .. } => (Text::of("số nước ngoài", "a number outside Vietnam"), ask),
        PhoneRefusal::FixedLine { .. } => {
            (Text::of("số cố định, không nhận SMS", "a fixed line, which takes no SMS"), ask)
        }
        PhoneRefusal::Machine { .. } => {
            (Text::of("số dùng cho thiết bị, không phải người", "a number for machines, not people"), ask)
        }
        PhoneRefusal::SpecialNetwork { .. } => {
            (Text::of("số mạng chuyên dùng hoặc vệ tinh", "a special or satellite network"), ask)
        }
        PhoneRefusal::ShortNumber { .. } => {
            (Text::of("số ngắn hoặc số dịch vụ", "a short or service number"), ask)
        }
        PhoneRefusal::WrongLength { .. } => (
            Text::of("thừa hoặc thiếu chữ số", "a digit too many or too few"),
            Text::of("số di động có 10 chữ số, kể cả số 0 đầu", "a mobile number has 10 digits with its 0"),
        ),
        PhoneRefusal::WrongPrefix { .. } => (
            Text::of("đầu số không tồn tại", "no number begins like this"),
            Text::of("kiểm tra các chữ số đầu", "check the first digits"),
        ),
    }
}

/// A cell as a verdict may show it: cut, and with the middle hidden if it may be a number.
pub(super) fn masked(value: &str) -> String {
    let value = value.trim();
    if value.chars().filter(char::is_ascii_digit).count() < NUMBER_DIGITS_MIN {
        return value.chars().filter(|c| !c.is_control()).take(VALUE_CHARS_MAX).collect();
    }
    let visible: Vec<char> = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let first: String = visible.iter().take(3).collect();
    let last: String = visible.iter().skip(visible.len().saturating_sub(3)).collect();
    format!("{first}***{last}")
}
