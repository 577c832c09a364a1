//! The content of an alert: one meaning in the words of each channel. The same shape on its way in and out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use crate::domain::{
    self, ContentDraft, Correcting, PictureHash, PictureUse, PostContent, SmsForm, ZaloContent,
};

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    headline: String,
    sms_accented: Option<String>,
    /// ASCII; made from the accented text if absent.
    sms_plain: Option<String>,
    /// Which of the two is sent.
    #[serde(default)]
    #[schema(value_type = schema::SmsForm)]
    sms_form: SmsForm,
    /// The long text for channels without SMS limits.
    body: Option<String>,
    /// For Zalo templates.
    zalo: Option<Zalo>,
    /// For the page; its link is also the cover of a Zalo article.
    post: Option<Post>,
}

/// A template that the provider has approved, and what is put into it.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Zalo {
    /// The provider's id of the template.
    #[schema(example = "410001")]
    template: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// The post on the page, where it is more than headline and text.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Post {
    /// If absent: headline and `body`, or the text of the SMS.
    text: Option<String>,
    link: Option<String>,
    #[serde(default)]
    pictures: Vec<PostPicture>,
    /// What is done about the post of the alert that this one refers to.
    #[serde(default)]
    #[schema(value_type = schema::Correcting)]
    correcting: Correcting,
}

/// A picture that was stored before by `POST /pictures`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PostPicture {
    hash: String,
    /// What it shows, for those who cannot see it.
    #[serde(default)]
    alt: String,
}

impl From<Content> for ContentDraft {
    fn from(content: Content) -> Self {
        let Content { headline, sms_accented, sms_plain, sms_form, body, zalo, post } = content;
        Self {
            headline,
            sms_accented,
            sms_plain,
            sms_form,
            body,
            zalo: zalo.map(|Zalo { template, parameters }| ZaloContent { template, parameters }),
            post: post.map(Into::into),
        }
    }
}

impl From<ContentDraft> for Content {
    fn from(draft: ContentDraft) -> Self {
        let ContentDraft { headline, sms_accented, sms_plain, sms_form, body, zalo, post } = draft;
        Self {
            headline,
            sms_accented,
            sms_plain,
            sms_form,
            body,
            zalo: zalo.map(|ZaloContent { template, parameters }| Zalo { template, parameters }),
            post: post.map(Into::into),
        }
    }
}

impl From<domain::Content> for Content {
    fn from(content: domain::Content) -> Self {
        let domain::Content { headline, sms_accented, sms_plain, sms_form, body, zalo, post } = content;
        ContentDraft { headline, sms_accented, sms_plain, sms_form, body, zalo, post }.into()
    }
}

impl From<Post> for PostContent {
    fn from(Post { text, link, pictures, correcting }: Post) -> Self {
        let used = |PostPicture { hash, alt }| PictureUse { hash: PictureHash(hash), alt };
        Self { text, link, pictures: pictures.into_iter().map(used).collect(), correcting }
    }
}

impl From<PostContent> for Post {
    fn from(PostContent { text, link, pictures, correcting }: PostContent) -> Self {
        let used = |PictureUse { hash, alt }| PostPicture { hash: hash.0, alt };
        Self { text, link, pictures: pictures.into_iter().map(used).collect(), correcting }
    }
}
