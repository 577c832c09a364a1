//! What the engine hands to a channel: one message to one address.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

/// The engine's own name for one attempt at one message. A connector carries it back untouched,
/// also in an answer that comes long after the time-out, so that no memory of it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    pub alert: i64,
    pub route: i32,
    pub seq: i64,
    pub attempt: i32,
    /// Attempts so far that counted against the limit.
    pub strikes: i32,
    /// The claim under which this attempt is made.
    pub claim: i64,
}

/// One attempt at one message.
#[derive(Debug, Clone)]
pub struct Submission {
    pub ticket: Ticket,
    /// E.164 digits without `+` for SMS; the provider's own id for other channels.
    pub address: Arc<str>,
    /// Shared by all messages of a dispatch.
    pub body: Arc<Body>,
    /// Same for every attempt of one message, so that parts sent again still join on the handset.
    pub concat_reference: u16,
    /// Numbers (from 1) of parts an earlier attempt already got through; they are not sent again.
    pub parts_done: Vec<u8>,
    /// No attempt may leave after this, and the provider is told to forget the message then.
    pub expires_at: Timestamp,
}

impl Submission {
    /// How many parts are still to be sent.
    #[must_use]
    pub fn parts_left(&self) -> usize {
        self.body.parts().saturating_sub(self.parts_done.len())
    }
}

/// One approved meaning, rendered for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    Sms(SmsBody),
    /// A provider's approved template, filled in; to a telephone number or a follower, as the lane sends.
    Template(TemplateBody),
    /// Free text to one follower who talked to us lately.
    Text(TextBody),
    /// An article, broadcast to all followers; one message reaches them all.
    Article(ArticleBody),
    /// What happens on a page: a post, or something about an earlier one.
    Post(PostBody),
}

impl Body {
    /// What rate and cost count: SMS parts, otherwise 1.
    #[must_use]
    pub fn parts(&self) -> usize {
        match self {
            Self::Sms(sms) => sms.parts.len(),
            Self::Template(_) | Self::Text(_) | Self::Article(_) | Self::Post(_) => 1,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateBody {
    /// The provider's name of the template.
    pub template: String,
    /// Parameter to value, NFC.
    pub parameters: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextBody {
    /// NFC.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleBody {
    /// The alert's public reference; stands in the text, so that the article can be found again.
    pub reference: String,
    pub title: String,
    pub description: String,
    /// Empty: the account itself.
    pub author: String,
    /// A public address; the provider fetches it.
    pub cover_url: String,
    pub paragraphs: Vec<String>,
}

/// Something to do on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostBody {
    /// The alert's public reference; stands in the text, so that the post can be found again.
    pub reference: String,
    pub text: String,
    pub link: Option<String>,
    /// At most [`PHOTOS_MAX`].
    pub photos: Vec<Photo>,
    pub act: PostAct,
}

/// Photos on one post; the platform publishes no figure, other clients stop here.
pub const PHOTOS_MAX: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostAct {
    Publish,
    /// Replace the text of this post of ours.
    Edit(String),
    /// Comment under this post of ours.
    Comment(String),
    /// Take this post of ours away.
    Delete(String),
}

/// A picture, stored once by the hash of its content.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    /// `image/jpeg` or `image/png`.
    pub media_type: String,
    pub bytes: Arc<[u8]>,
    /// What it shows, for those who cannot see it.
    pub alt: String,
}

impl std::fmt::Debug for Photo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Photo({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

/// An SMS, already cut. The connector adds the header that joins the parts, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsBody {
    pub encoding: SmsEncoding,
    /// User data of each part without header: GSM 03.38 septets one per octet, or UTF-16 big endian.
    pub parts: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmsEncoding {
    /// GSM 03.38 default alphabet with its extension table, one septet per octet (unpacked).
    Gsm7,
    /// UTF-16 big endian, as UCS-2 is in practice.
    Ucs2,
}
