//! What the domain refuses about texts and audiences, said to the person who fills in the form: field, reason, remedy.

use super::{Complaint, Text};
use crate::domain::{AudienceRefusal, Blank, ContentRefusal, SmsForm, content::Legacy};

pub(super) fn content_complaint(refusal: &ContentRefusal) -> Complaint {
    let (field, value) = place(refusal);
    let (reason, remedy) = texts(refusal);
    // The domain names the later fields whole.
    let field = if field.starts_with("content.") { field.to_owned() } else { format!("content.{field}") };
    Complaint::new(&field, &value, reason, remedy)
}

/// A draft may have blanks, an alert that is sent may not.
pub(super) fn blank_complaint(Blank { field, text }: &Blank) -> Complaint {
    let remedy = both(format!("viết nội dung thay cho {text}"), format!("write what stands in for {text}"));
    Complaint::new(field, text, ("còn chỗ trống chưa điền", "a blank that is not filled in"), remedy)
}

/// The field, and what in it is wrong.
fn place(refusal: &ContentRefusal) -> (&'static str, String) {
    match refusal {
        ContentRefusal::Empty { field } | ContentRefusal::MarkedLive { field } => (field, String::new()),
        ContentRefusal::TooLong { field, chars, .. } => (field, chars.to_string()),
        ContentRefusal::LegacyEncoding { field, sample, .. } => (field, sample.clone()),
        ContentRefusal::ControlCharacter { field, code_point, .. } => (field, format!("U+{code_point:04X}")),
        ContentRefusal::PlainNotAscii { characters } | ContentRefusal::PlainNeedsHand { characters } => {
            ("sms_plain", characters.clone())
        }
        ContentRefusal::FormMissing => ("sms_form", SmsForm::Accented.as_str().to_owned()),
        ContentRefusal::TooManyParts { field, units, .. } => (field, units.to_string()),
        ContentRefusal::TooMany { field, count, .. } => (field, count.to_string()),
        ContentRefusal::NotALink => ("post.link", String::new()),
        ContentRefusal::NotAPicture { hash } => ("post.pictures", hash.clone()),
    }
}

/// Reason and remedy.
fn texts(refusal: &ContentRefusal) -> (Text, Text) {
    match refusal {
        ContentRefusal::Empty { .. } => {
            (Text::of("chưa có nội dung", "it is empty"), Text::of("viết nội dung", "write the text"))
        }
        ContentRefusal::TooLong { chars, chars_max, .. } => (
            both(
                format!("dài {chars} ký tự, tối đa {chars_max}"),
                format!("{chars} characters, the most is {chars_max}"),
            ),
            Text::of("rút ngắn", "shorten it"),
        ),
        ContentRefusal::LegacyEncoding { encoding, .. } => garbled(*encoding),
        ContentRefusal::ControlCharacter { position, .. } => (
            both(
                format!("ký tự điều khiển ở vị trí {position}"),
                format!("control character at position {position}"),
            ),
            Text::of("xóa ký tự này", "delete it"),
        ),
        ContentRefusal::PlainNotAscii { .. } => (
            Text::of("bản không dấu có ký tự ngoài ASCII", "the plain text is not plain ASCII"),
            Text::of(
                "thay các ký tự này, hoặc để trống ô",
                "replace these characters, or leave the field empty",
            ),
        ),
        ContentRefusal::PlainNeedsHand { .. } => (
            Text::of("các ký tự này không có dạng không dấu", "these characters have no plain form"),
            Text::of("tự viết bản không dấu", "write the plain text by hand"),
        ),
        ContentRefusal::FormMissing => (
            Text::of(
                "chọn gửi bản có dấu nhưng chưa có bản ấy",
                "the accented text is to be sent, but it is empty",
            ),
            Text::of("viết bản có dấu, hoặc chọn bản không dấu", "write it, or choose `plain`"),
        ),
        ContentRefusal::TooManyParts { parts, parts_max, units_max, .. } => (
            both(
                format!("cần {parts} phần SMS, tối đa {parts_max}"),
                format!("{parts} SMS parts, the most is {parts_max}"),
            ),
            both(
                format!("rút còn {units_max} ký tự, hoặc gửi bản không dấu"),
                format!("shorten it to {units_max} units, or send the plain text"),
            ),
        ),
        ContentRefusal::TooMany { count, count_max, .. } => too_many(*count, *count_max),
        ContentRefusal::NotALink => (
            Text::of("không phải địa chỉ web", "not a web address"),
            Text::of("ghi địa chỉ bắt đầu bằng https://", "begin it with https://"),
        ),
        ContentRefusal::NotAPicture { .. } => (
            Text::of("không phải mã của ảnh", "no picture's hash"),
            Text::of(
                "đưa ảnh lên trước rồi ghi mã nhận được",
                "add the picture first and use the hash it got",
            ),
        ),
        ContentRefusal::MarkedLive { .. } => (
            Text::of(
                "có dấu hiệu diễn tập trong cảnh báo thật",
                "marked as an exercise, but the alert is live",
            ),
            Text::of("bỏ dấu hiệu, hoặc chọn diễn tập", "remove the mark, or choose `exercise`"),
        ),
    }
}

fn garbled(encoding: Legacy) -> (Text, Text) {
    (
        both(
            format!("chữ bị lỗi phông (có vẻ là {encoding})"),
            format!("garbled text (it looks like {encoding})"),
        ),
        Text::of("chuyển văn bản sang Unicode rồi dán lại", "convert the text to Unicode and paste it again"),
    )
}

fn too_many(count: usize, count_max: usize) -> (Text, Text) {
    (
        both(
            format!("có {count} mục, tối đa {count_max}"),
            format!("{count} entries, the most is {count_max}"),
        ),
        Text::of("bỏ bớt", "take some out"),
    )
}

fn both(vi: String, en: String) -> Text {
    Text::from((vi, en))
}

pub(super) fn audience_complaint(refusal: &AudienceRefusal) -> Complaint {
    let again = ("chọn lại từ danh sách", "choose it again from the list");
    match refusal {
        AudienceRefusal::Empty => Complaint::new(
            "audience",
            "",
            ("chưa chọn người nhận", "nobody is chosen"),
            ("chọn địa bàn hoặc nhóm", "choose areas or groups, or say `everyone`"),
        ),
        AudienceRefusal::EveryoneAndMore { areas, groups } => Complaint::new(
            "audience.everyone",
            "true",
            (
                format!("vừa chọn mọi người vừa chọn {areas} địa bàn, {groups} nhóm"),
                format!("`everyone` together with {areas} areas and {groups} groups"),
            ),
            ("giữ một trong hai", "keep either `everyone` or the selection"),
        ),
        AudienceRefusal::ReachedAndMore { alert } => Complaint::new(
            "audience.reached_by",
            &alert.to_string(),
            (
                "vừa chọn người đã nhận tin trước vừa chọn người khác",
                "those reached by an earlier alert together with another selection",
            ),
            ("giữ một trong hai", "keep one of them"),
        ),
        AudienceRefusal::UnknownArea { code, vintage } => Complaint::new(
            "audience.areas",
            code,
            (format!("không có trong danh mục {vintage}"), format!("no area of the {vintage} catalogue")),
            again,
        ),
        AudienceRefusal::NoCommunes { code, vintage } => Complaint::new(
            "audience.areas",
            code,
            (
                format!("tỉnh không có xã nào trong danh mục {vintage}"),
                format!("a province without communes in the {vintage} catalogue"),
            ),
            ("chọn từng xã", "choose communes"),
        ),
        AudienceRefusal::UnknownGroup { group } => {
            Complaint::new("audience.groups", group, ("không có nhóm này", "there is no such group"), again)
        }
    }
}
