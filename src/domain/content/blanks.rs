//! Blanks that a template leaves in its texts, such as `{{song}}`: whoever begins an alert from it fills them in, and no
//! alert is sent with one.

use super::{ContentDraft, PictureUse, PostContent, ZaloContent};
use crate::domain::sms::plain;

const OPENS: &str = "{{";
const CLOSES: &str = "}}";
/// One that is never closed is named by so much of what follows.
const SHOWN_CHARS_MAX: usize = 40;

/// A blank and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blank {
    /// Path of the field, as the API names it.
    pub field: String,
    /// As it is written, braces included.
    pub text: String,
}

impl ContentDraft {
    /// Every blank once for each field, in the order of the fields. A plain text that was made from the accented one says
    /// nothing of its own.
    pub fn blanks(&self) -> Vec<Blank> {
        let Self { headline, sms_accented, sms_plain, sms_form: _, body, zalo, post } = self;
        let mut found = Vec::new();
        let mut look = |field: &str, text: Option<&str>| {
            for text in text.into_iter().flat_map(blanks_of) {
                let blank = Blank { field: field.to_owned(), text };
                if !found.contains(&blank) {
                    found.push(blank);
                }
            }
        };
        let made = sms_accented.as_deref().map(|accented| plain(accented).text);
        look("content.headline", Some(headline));
        look("content.sms_accented", sms_accented.as_deref());
        look("content.sms_plain", sms_plain.as_deref().filter(|written| made.as_deref() != Some(*written)));
        look("content.body", body.as_deref());
        if let Some(ZaloContent { template, parameters }) = zalo {
            look("content.zalo.template", Some(template));
            for (name, value) in parameters {
                look(&format!("content.zalo.parameters.{name}"), Some(value));
            }
        }
        if let Some(PostContent { text, link, pictures, correcting: _ }) = post {
            look("content.post.text", text.as_deref());
            look("content.post.link", link.as_deref());
            for (n, PictureUse { hash: _, alt }) in pictures.iter().enumerate() {
                look(&format!("content.post.pictures[{n}].alt"), Some(alt));
            }
        }
        found
    }
}

fn blanks_of(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(OPENS)?;
        let closed = after.split_once(CLOSES).filter(|(name, _)| name.chars().count() <= SHOWN_CHARS_MAX);
        Some(if let Some((name, next)) = closed {
            rest = next;
            format!("{OPENS}{name}{CLOSES}")
        } else {
            rest = after;
            format!("{OPENS}{}", after.chars().take(SHOWN_CHARS_MAX).collect::<String>())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(accented: &str) -> ContentDraft {
        ContentDraft { sms_accented: Some(accented.to_owned()), ..ContentDraft::default() }
    }

    fn texts(accented: &str) -> Vec<String> {
        draft(accented).blanks().into_iter().map(|blank| blank.text).collect()
    }

    #[test]
    fn a_blank_is_named_once_as_it_is_written_even_if_it_is_never_closed() {
        assert!(texts("Nước sông lên nhanh {1}, }} và {.").is_empty());
        assert_eq!(texts("Lũ trên {{sông}} lúc {{giờ}}, {{sông}}."), ["{{sông}}", "{{giờ}}"]);
        assert_eq!(texts("{{a}}{{b}}"), ["{{a}}", "{{b}}"]);
        assert_eq!(texts("trước {{giờ"), ["{{giờ"]);
        assert_eq!(texts(&format!("{{{{{}}}}}", "x".repeat(41))), [format!("{{{{{}", "x".repeat(40))]);
    }

    #[test]
    fn every_text_of_every_channel_is_looked_at() {
        let blank = || Some("{{x}}".to_owned());
        let whole = ContentDraft {
            headline: "{{x}}".into(),
            sms_plain: blank(),
            body: blank(),
            zalo: Some(ZaloContent {
                template: "{{x}}".into(),
                parameters: [("ma".to_owned(), "{{x}}".to_owned())].into(),
            }),
            post: Some(PostContent {
                text: blank(),
                link: blank(),
                pictures: vec![PictureUse {
                    hash: crate::domain::PictureHash(String::new()),
                    alt: "{{x}}".into(),
                }],
                ..PostContent::default()
            }),
            ..draft("{{x}} và {{y}}")
        };
        let fields: Vec<String> = whole.blanks().into_iter().map(|blank| blank.field).collect();
        let expected = [
            "headline",
            "sms_accented",
            "sms_accented",
            "sms_plain",
            "body",
            "zalo.template",
            "zalo.parameters.ma",
            "post.text",
            "post.link",
            "post.pictures[0].alt",
        ];
        assert_eq!(fields, expected.map(|field| format!("content.{field}")));
    }

    #[test]
    fn a_plain_text_made_from_the_accented_one_is_not_complained_about_again() {
        let made =
            ContentDraft { sms_plain: Some("Lu tren {{song}}".into()), ..draft("Lũ trên {{sông}}") };
        assert_eq!(made.blanks().len(), 1);
        let stale = ContentDraft {
            sms_plain: Some("Lu tren {{song}}".into()),
            ..draft("Lũ trên sông Kỳ Cùng")
        };
        assert_eq!(stale.blanks()[0].field, "content.sms_plain");
    }
}
