//! The shape of what each channel will show.

use serde::Serialize;
use utoipa::ToSchema;

use super::preview::{Finish, Route};
use super::schema;
use crate::domain::{Channel, Correcting};
use crate::office::{
    ArticleShown, ChannelPreview, ParameterShown, PictureShown, PostShown, Shows, TemplateFault,
    TemplateShown, Text,
};

/// One route that the plan uses. Of `sms`, `template`, `text`, `article` and `post` one is there, or none where the
/// content is wrong or lacks what the channel needs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelShown {
    #[schema(value_type = schema::Channel)]
    channel: Channel,
    route: String,
    /// The plan's step, from 1.
    step: i64,
    /// People with an address on it; 0 where nobody in particular is reached.
    targets: i64,
    /// Messages (SMS: parts) per second granted to all its lanes together.
    per_s: f64,
    /// From the beginning of the alert. For a later step as if nobody had been reached before.
    finish: Vec<Finish>,
    sms: Option<Route>,
    template: Option<Template>,
    text: Option<FreeText>,
    article: Option<Article>,
    post: Option<PostText>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Template {
    template: String,
    /// As the provider calls it; null while the account's templates are not known.
    name: Option<String>,
    enabled: Option<bool>,
    parameters: Vec<Parameter>,
    /// What the provider would refuse; each is also among the refusals.
    faults: Vec<Fault>,
    /// Of one message, in dong.
    price_dong: Option<u32>,
    /// For all targets, in dong.
    cost_dong: Option<i64>,
}

/// As it will be sent.
#[derive(Debug, Serialize, ToSchema)]
struct Parameter {
    name: String,
    value: String,
    /// Code points of the composed text (NFC).
    chars: usize,
    chars_max: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Fault {
    /// `missing`, `empty`, `too-short`, `too-long`, `unknown-parameter`, `unknown-template` or `not-enabled`.
    code: String,
    parameter: Option<String>,
    text: Text,
}

#[derive(Debug, Serialize, ToSchema)]
struct FreeText {
    text: String,
    chars: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct Article {
    title: String,
    description: String,
    /// `content.post.link`.
    cover_url: Option<String>,
    paragraphs: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct PostText {
    /// Exactly; `[public reference]` stands for the reference of an alert that is not kept yet.
    text: String,
    chars: usize,
    link: Option<String>,
    pictures: Vec<ShownPicture>,
    #[schema(value_type = schema::Correcting)]
    correcting: Correcting,
}

#[derive(Debug, Serialize, ToSchema)]
struct ShownPicture {
    hash: String,
    media_type: String,
    bytes: usize,
    alt: String,
}

impl From<ChannelPreview> for ChannelShown {
    fn from(preview: ChannelPreview) -> Self {
        let mut shown = Self {
            channel: preview.channel,
            route: preview.route,
            step: preview.step,
            targets: preview.targets,
            per_s: preview.per_s,
            finish: preview.finish.iter().copied().map(Into::into).collect(),
            sms: None,
            template: None,
            text: None,
            article: None,
            post: None,
        };
        match preview.shows {
            Shows::Sms(mut sms) => {
                sms.finish = preview.finish;
                shown.sms = Some(sms.into());
            }
            Shows::Template(template) => shown.template = Some(template.into()),
            Shows::Text(text) => shown.text = Some(FreeText { text: text.text, chars: text.chars }),
            Shows::Article(ArticleShown { title, description, cover_url, paragraphs }) => {
                shown.article = Some(Article { title, description, cover_url, paragraphs });
            }
            Shows::Post(post) => shown.post = Some(post.into()),
            Shows::Nothing => {}
        }
        shown
    }
}

impl From<TemplateShown> for Template {
    fn from(shown: TemplateShown) -> Self {
        let parameter =
            |ParameterShown { name, value, chars, chars_max }| Parameter { name, value, chars, chars_max };
        let fault =
            |TemplateFault { code, parameter, text }| Fault { code: code.to_owned(), parameter, text };
        Self {
            template: shown.template,
            name: shown.name,
            enabled: shown.enabled,
            parameters: shown.parameters.into_iter().map(parameter).collect(),
            faults: shown.faults.into_iter().map(fault).collect(),
            price_dong: shown.price_dong,
            cost_dong: shown.cost_dong,
        }
    }
}

impl From<PostShown> for PostText {
    fn from(PostShown { text, chars, link, pictures, correcting }: PostShown) -> Self {
        let picture = |PictureShown { hash, media_type, bytes, alt }| ShownPicture {
            hash: hash.0,
            media_type,
            bytes,
            alt,
        };
        Self { text, chars, link, pictures: pictures.into_iter().map(picture).collect(), correcting }
    }
}
