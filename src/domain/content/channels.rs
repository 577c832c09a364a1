//! What the channels beside SMS need of an alert, checked and hashed like its texts.

use super::{
    ALT_CHARS_MAX, ContentRefusal, LINK_CHARS_MAX, NAME_CHARS_MAX, PARAMETER_CHARS_MAX, PARAMETERS_MAX,
    PICTURES_MAX, POST_CHARS_MAX, PictureUse, PostContent, ZaloContent, at_most, door, optional_door,
    required,
};
use crate::domain::{alert::Mode, hash::FieldHasher};

/// A refusal echoes no more of a stranger's text.
const HASH_CHARS_SHOWN: usize = 80;

pub(super) fn check_zalo(zalo: ZaloContent, mode: Mode) -> Result<ZaloContent, ContentRefusal> {
    let template = door("content.zalo.template", &zalo.template, mode)?;
    required("content.zalo.template", &template)?;
    at_most("content.zalo.template", &template, NAME_CHARS_MAX)?;
    let field = "content.zalo.parameters";
    few(field, zalo.parameters.len(), PARAMETERS_MAX)?;
    let mut parameters = std::collections::BTreeMap::new();
    for (name, value) in zalo.parameters {
        at_most(field, &name, NAME_CHARS_MAX)?;
        let value = door(field, &value, mode)?;
        at_most(field, &value, PARAMETER_CHARS_MAX)?;
        parameters.insert(name, value);
    }
    Ok(ZaloContent { template, parameters })
}

pub(super) fn check_post(post: PostContent, mode: Mode) -> Result<PostContent, ContentRefusal> {
    let text = optional_door("content.post.text", post.text.as_deref(), mode)?;
    if let Some(text) = &text {
        at_most("content.post.text", text, POST_CHARS_MAX)?;
    }
    let link = optional_door("content.post.link", post.link.as_deref(), mode)?;
    if let Some(link) = &link {
        at_most("content.post.link", link, LINK_CHARS_MAX)?;
        let web = ["https://", "http://"].iter().any(|scheme| link.starts_with(scheme));
        if !web || link.contains(char::is_whitespace) {
            return Err(ContentRefusal::NotALink);
        }
    }
    few("content.post.pictures", post.pictures.len(), PICTURES_MAX)?;
    let pictures = post.pictures.into_iter().map(|picture| check_picture(picture, mode));
    let pictures = pictures.collect::<Result<Vec<_>, _>>()?;
    Ok(PostContent { text, link, pictures, correcting: post.correcting })
}

fn check_picture(picture: PictureUse, mode: Mode) -> Result<PictureUse, ContentRefusal> {
    let hash = &picture.hash.0;
    if hash.len() != 64 || !hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(ContentRefusal::NotAPicture { hash: hash.chars().take(HASH_CHARS_SHOWN).collect() });
    }
    let alt = door("content.post.pictures.alt", &picture.alt, mode)?;
    at_most("content.post.pictures.alt", &alt, ALT_CHARS_MAX)?;
    Ok(PictureUse { hash: picture.hash, alt })
}

pub(super) fn hash_zalo(zalo: &ZaloContent, hasher: &mut FieldHasher) {
    let ZaloContent { template, parameters } = zalo;
    hasher.text("zalo");
    hasher.text(template);
    for (name, value) in parameters {
        hasher.text(name);
        hasher.text(value);
    }
}

pub(super) fn hash_post(post: &PostContent, hasher: &mut FieldHasher) {
    let PostContent { text, link, pictures, correcting } = post;
    hasher.text("post");
    hasher.optional(text.as_deref());
    hasher.optional(link.as_deref());
    hasher.text(correcting.as_str());
    for PictureUse { hash, alt } in pictures {
        hasher.text(&hash.0);
        hasher.text(alt);
    }
}

fn few(field: &'static str, count: usize, count_max: usize) -> Result<(), ContentRefusal> {
    if count > count_max { Err(ContentRefusal::TooMany { field, count, count_max }) } else { Ok(()) }
}
