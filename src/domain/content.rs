//! One approved meaning and its renderings. Text is brought to NFC and checked once, at the door; one hash covers
//! everything an approver agrees to; [`Content::sms_text`] is the very text that leaves.

mod blanks;
mod channels;
mod legacy;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

pub use blanks::Blank;
use channels::{check_post, check_zalo, hash_post, hash_zalo};
pub use legacy::{Legacy, legacy_encoding};

use super::alert::{AlertKind, Mode, Severity};
use super::hash::{ContentHash, FieldHasher, PictureHash};
use super::sms::{Encoding, Segments, plain, segment};
use super::words::words;

/// Which of the two SMS texts is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SmsForm {
    /// Full Vietnamese: two to three times the parts, no word misread.
    #[default]
    Accented,
    /// Pure ASCII: cheap and safe on every gateway and phone.
    Plain,
}

words!(SmsForm, "sms_form", { Accented => "accented", Plain => "plain" });

/// Content as someone wrote it, not yet checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentDraft {
    pub headline: String,
    #[serde(default)]
    pub sms_accented: Option<String>,
    /// Made from the accented text when absent.
    #[serde(default)]
    pub sms_plain: Option<String>,
    #[serde(default)]
    pub sms_form: SmsForm,
    /// The long text for channels without SMS limits.
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub zalo: Option<ZaloContent>,
    #[serde(default)]
    pub post: Option<PostContent>,
}

/// The approved template of the Official Account and what is put into it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZaloContent {
    /// The provider's id of the template.
    pub template: String,
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// The post on the page, where it is more than headline and text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostContent {
    /// None: headline and body (or the SMS text).
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub link: Option<String>,
    #[serde(default)]
    pub pictures: Vec<PictureUse>,
    /// What is done about the post of the alert this one refers to.
    #[serde(default)]
    pub correcting: Correcting,
}

/// A picture that was stored before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureUse {
    pub hash: PictureHash,
    /// What it shows, for those who cannot see it.
    #[serde(default)]
    pub alt: String,
}

/// How a later alert treats the earlier post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Correcting {
    /// A post of its own; the earlier one stays.
    #[default]
    Publish,
    /// The earlier post gets this text.
    Edit,
    /// This text stands under the earlier post.
    Comment,
    /// The earlier post is taken away.
    Delete,
}

words!(Correcting, "correcting", {
    Publish => "publish",
    Edit => "edit",
    Comment => "comment",
    Delete => "delete",
});

/// Checked content: NFC, trimmed, lines ended by LF, no exercise mark of its own, the SMS text within the ceiling.
/// Made by [`ContentDraft::check`]; read back from the ledger as it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub headline: String,
    pub sms_accented: Option<String>,
    /// ASCII. Present whenever it is what is sent.
    pub sms_plain: Option<String>,
    pub sms_form: SmsForm,
    pub body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zalo: Option<ZaloContent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<PostContent>,
}

/// What content may measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentLimits {
    /// SMS parts of the text that is sent, the exercise mark included.
    pub parts_max: usize,
}

impl Default for ContentLimits {
    fn default() -> Self {
        Self { parts_max: PARTS_MAX_DEFAULT }
    }
}

/// What carriers in Vietnam accept as a rule: 459 characters plain, 201 with accents.
pub const PARTS_MAX_DEFAULT: usize = 3;
/// CAP 1.2 recommends no more for a headline: devices show it in one line.
pub const HEADLINE_CHARS_MAX: usize = 160;
/// A page of text; keeps an alert small enough to hash, show and journal whole.
pub const BODY_CHARS_MAX: usize = 10_000;
/// The platform's figure in use is far higher; a post longer than this is not read.
pub const POST_CHARS_MAX: usize = 5_000;
/// Most pictures on one post.
pub const PICTURES_MAX: usize = 10;
/// Longest link and longest description of a picture.
pub const LINK_CHARS_MAX: usize = 2_000;
pub const ALT_CHARS_MAX: usize = 300;
/// Parameters of one template, and the length of their names and of the template's id.
pub const PARAMETERS_MAX: usize = 30;
pub const NAME_CHARS_MAX: usize = 64;
/// Longest value of a parameter; the template's own limits are shorter.
pub const PARAMETER_CHARS_MAX: usize = 400;
/// Stands before every text of an exercise. ASCII in both forms: nothing on the way may turn it into question marks.
pub const EXERCISE_MARK: &str = "[DIEN TAP] ";

/// How people write the mark themselves; it is replaced by [`EXERCISE_MARK`].
const EXERCISE_MARKS_TYPED: [&str; 2] = ["[dien tap]", "[diễn tập]"];

/// Why content is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContentRefusal {
    #[error("{field}: empty; write the text")]
    Empty { field: &'static str },
    #[error("{field}: {chars} characters, the ceiling is {chars_max}; shorten it")]
    TooLong { field: &'static str, chars: usize, chars_max: usize },
    #[error(
        "{field}: looks like {encoding} text read as Unicode (\"{sample}\"); \
         convert the document to Unicode and paste it again"
    )]
    LegacyEncoding { field: &'static str, encoding: Legacy, sample: String },
    #[error("{field}: control character U+{code_point:04X} at position {position}; delete it")]
    ControlCharacter { field: &'static str, code_point: u32, position: usize },
    #[error("sms_plain: not plain ASCII ({characters}); replace these characters or leave the field empty")]
    PlainNotAscii { characters: String },
    #[error("sms_plain: no plain form exists for {characters}; write sms_plain by hand")]
    PlainNeedsHand { characters: String },
    #[error("sms_form: `accented`, but sms_accented is empty; write it or choose `plain`")]
    FormMissing,
    #[error(
        "{field}: {parts} parts ({encoding}, {units} units), the ceiling parts_max is {parts_max}; \
         shorten it to {units_max} units{remedy}"
    )]
    TooManyParts {
        field: &'static str,
        parts: usize,
        encoding: Encoding,
        units: usize,
        parts_max: usize,
        units_max: usize,
        remedy: &'static str,
    },
    #[error("{field}: {count} entries, the most is {count_max}; take some out")]
    TooMany { field: &'static str, count: usize, count_max: usize },
    #[error("content.post.link: not a web address; begin it with https://")]
    NotALink,
    #[error(
        "content.post.pictures: `{hash}` is no picture's hash; add the picture first and use the hash it got"
    )]
    NotAPicture { hash: String },
    #[error(
        "{field}: begins with the mark of an exercise, but mode is `live`; remove the mark or choose `exercise`"
    )]
    MarkedLive { field: &'static str },
}

impl ContentDraft {
    /// Normalises and checks the texts for `mode`, and makes the plain SMS text if there is none.
    pub fn check(self, mode: Mode, limits: ContentLimits) -> Result<Content, ContentRefusal> {
        let headline = door("headline", &self.headline, mode)?;
        required("headline", &headline)?;
        at_most("headline", &headline, HEADLINE_CHARS_MAX)?;
        let body = optional_door("body", self.body.as_deref(), mode)?;
        if let Some(body) = &body {
            at_most("body", body, BODY_CHARS_MAX)?;
        }
        let accented = optional_door("sms_accented", self.sms_accented.as_deref(), mode)?;
        let written = optional_door("sms_plain", self.sms_plain.as_deref(), mode)?;
        let plain = plain_form(accented.as_deref(), written, self.sms_form)?;
        match (self.sms_form, &accented, &plain) {
            (SmsForm::Accented, None, Some(_)) => return Err(ContentRefusal::FormMissing),
            (SmsForm::Accented, None, None) => return Err(ContentRefusal::Empty { field: "sms_accented" }),
            (SmsForm::Plain, _, None) => return Err(ContentRefusal::Empty { field: "sms_plain" }),
            (SmsForm::Accented, Some(_), _) | (SmsForm::Plain, _, Some(_)) => {}
        }
        let content = Content {
            headline,
            sms_accented: accented,
            sms_plain: plain,
            sms_form: self.sms_form,
            body,
            zalo: self.zalo.map(|zalo| check_zalo(zalo, mode)).transpose()?,
            post: self.post.map(|post| check_post(post, mode)).transpose()?,
        };
        content.check_parts(mode, limits)?;
        Ok(content)
    }
}

impl Content {
    /// The text to be sent by SMS, exactly: the chosen form, marked when it is an exercise.
    pub fn sms_text(&self, mode: Mode) -> String {
        let (accented, plain) = (self.sms_accented.as_deref(), self.sms_plain.as_deref());
        let text = match self.sms_form {
            SmsForm::Accented => accented.or(plain),
            SmsForm::Plain => plain.or(accented),
        };
        marked(text.unwrap_or_default(), mode)
    }

    /// The text of the post, exactly, without the alert's public reference.
    pub fn post_text(&self, mode: Mode) -> String {
        if let Some(text) = self.post.as_ref().and_then(|post| post.text.as_deref()) {
            return marked(text, mode);
        }
        let long = self.body.as_deref().or(self.sms_accented.as_deref()).or(self.sms_plain.as_deref());
        let text = match long {
            Some(long) if long != self.headline => format!("{}\n\n{long}", self.headline),
            _ => self.headline.clone(),
        };
        marked(&text, mode)
    }

    /// The long text, or the text of the SMS where there is none.
    pub fn long_text(&self, mode: Mode) -> String {
        match &self.body {
            Some(body) => marked(body, mode),
            None => self.sms_text(mode),
        }
    }

    /// What the text to be sent costs.
    pub fn sms_segments(&self, mode: Mode) -> Segments {
        segment(&self.sms_text(mode))
    }

    /// The fingerprint of everything that is approved: all texts, the form, severity, kind and mode.
    pub fn hash(&self, severity: Severity, kind: AlertKind, mode: Mode) -> ContentHash {
        let Self { headline, sms_accented, sms_plain, sms_form, body, zalo, post } = self;
        let mut hasher = FieldHasher::new("loa content");
        hasher.text(headline);
        hasher.optional(sms_accented.as_deref());
        hasher.optional(sms_plain.as_deref());
        hasher.text(sms_form.as_str());
        hasher.optional(body.as_deref());
        hasher.text(severity.as_str());
        hasher.text(kind.as_str());
        hasher.text(mode.as_str());
        // Fed only where there is one: the hash of an alert without it stays what it was.
        if let Some(zalo) = zalo {
            hash_zalo(zalo, &mut hasher);
        }
        if let Some(post) = post {
            hash_post(post, &mut hasher);
        }
        ContentHash::from_bytes(hasher.finish())
    }

    fn check_parts(&self, mode: Mode, limits: ContentLimits) -> Result<(), ContentRefusal> {
        let segments = self.sms_segments(mode);
        if segments.parts.len() <= limits.parts_max {
            return Ok(());
        }
        let (field, remedy) = match self.sms_form {
            SmsForm::Accented => ("sms_accented", ", or choose sms_form `plain`"),
            SmsForm::Plain => ("sms_plain", ", or send two alerts"),
        };
        Err(ContentRefusal::TooManyParts {
            field,
            parts: segments.parts.len(),
            encoding: segments.encoding,
            units: segments.units,
            parts_max: limits.parts_max,
            units_max: segments.encoding.units_in(limits.parts_max),
            remedy,
        })
    }
}

/// `text` with the mark that `mode` asks for: at the start, once, however often it is marked.
pub fn marked(text: &str, mode: Mode) -> String {
    match mode {
        Mode::Live => text.to_owned(),
        Mode::Exercise => format!("{EXERCISE_MARK}{}", unmarked(text)),
    }
}

/// `text` without exercise marks at its start, in whatever form they were typed.
fn unmarked(text: &str) -> &str {
    let mut rest = text;
    while let Some(shorter) = EXERCISE_MARKS_TYPED.iter().find_map(|mark| strip_folded(rest, mark)) {
        rest = shorter.trim_start();
    }
    rest
}

/// `text` after `mark`, upper and lower case alike. `mark` is lower case and NFC.
fn strip_folded<'text>(text: &'text str, mark: &str) -> Option<&'text str> {
    let (end, last) = text.char_indices().nth(mark.chars().count().checked_sub(1)?)?;
    let (head, rest) = text.split_at_checked(end + last.len_utf8())?;
    (head.to_lowercase() == mark).then_some(rest)
}

/// Brings one text into the house: NFC, LF, trimmed, without a mark; refuses what was garbled on the way.
fn door(field: &'static str, raw: &str, mode: Mode) -> Result<String, ContentRefusal> {
    let text: String = raw.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ").nfc().collect();
    let text = text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    if let Some((position, character)) =
        text.chars().enumerate().find(|(_, character)| character.is_control() && *character != '\n')
    {
        return Err(ContentRefusal::ControlCharacter { field, code_point: character.into(), position });
    }
    if let Some((encoding, sample)) = legacy_encoding(text) {
        return Err(ContentRefusal::LegacyEncoding { field, encoding, sample });
    }
    let bare = unmarked(text);
    if mode == Mode::Live && bare.len() != text.len() {
        return Err(ContentRefusal::MarkedLive { field });
    }
    Ok(bare.to_owned())
}

/// As [`door`]; a blank text is the same as none.
fn optional_door(
    field: &'static str,
    raw: Option<&str>,
    mode: Mode,
) -> Result<Option<String>, ContentRefusal> {
    let text = raw.map(|raw| door(field, raw, mode)).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}

fn required(field: &'static str, text: &str) -> Result<(), ContentRefusal> {
    if text.is_empty() { Err(ContentRefusal::Empty { field }) } else { Ok(()) }
}

fn at_most(field: &'static str, text: &str, chars_max: usize) -> Result<(), ContentRefusal> {
    let chars = text.chars().count();
    if chars > chars_max { Err(ContentRefusal::TooLong { field, chars, chars_max }) } else { Ok(()) }
}

/// The plain text: as a person wrote it, or made from the accented one. One with holes in it is never made up: it is
/// refused where it would be sent and left out where it would not.
fn plain_form(
    accented: Option<&str>,
    written: Option<String>,
    form: SmsForm,
) -> Result<Option<String>, ContentRefusal> {
    if let Some(written) = written {
        let strangers: String = written.chars().filter(|c| !c.is_ascii() || *c == '`').take(10).collect();
        if strangers.is_empty() {
            return Ok(Some(written));
        }
        return Err(ContentRefusal::PlainNotAscii { characters: strangers });
    }
    let Some(accented) = accented else { return Ok(None) };
    let made = plain(accented);
    match (made.lost.is_empty(), form) {
        (true, _) => Ok(Some(made.text)),
        (false, SmsForm::Accented) => Ok(None),
        (false, SmsForm::Plain) => {
            Err(ContentRefusal::PlainNeedsHand { characters: made.lost.iter().take(10).collect() })
        }
    }
}

#[cfg(test)]
mod tests;
