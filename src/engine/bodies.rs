//! The approved text of a dispatch, rendered for its route once and shared by all its messages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use contract::{ArticleBody, Body, Photo, PostAct, PostBody, SmsBody, SmsEncoding, TemplateBody, TextBody};

use super::{RouteSetup, Setup, setup::Rendering};
use crate::{
    domain::{
        AlertId, Correcting, Encoding, PictureUse, RouteId, public_reference,
        sms::{Reference, segment_with},
    },
    ledger::{AlertRow, LedgerError, Store},
};

/// Texts kept; more alerts than this are never under way at once.
const BODIES_MAX: usize = 64;

/// A body, or the sentence why the approved content must not or cannot be sent.
pub(crate) type Rendered = Result<Arc<Body>, String>;

#[derive(Debug)]
pub(crate) struct Bodies {
    setup: Arc<ArcSwap<Setup>>,
    store: Store,
    known: Mutex<HashMap<(AlertId, RouteId, i64), Arc<Body>>>,
}

impl Bodies {
    pub(crate) fn new(setup: Arc<ArcSwap<Setup>>, store: Store) -> Self {
        Self { setup, store, known: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn cached(&self, alert: AlertId, route: RouteId) -> Option<Arc<Body>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|((a, r, _), _)| *a == alert && *r == route).map(|(_, body)| body.clone())
    }

    /// As [`Bodies::of`] by the alert's number alone.
    pub(crate) async fn of_id(&self, alert: AlertId, route: RouteId) -> Result<Rendered, LedgerError> {
        if let Some(body) = self.cached(alert, route) {
            return Ok(Ok(body));
        }
        match self.store.catalog.alert(alert).await? {
            Some(alert) => self.of(&alert, route).await,
            None => Ok(Err("the alert is gone".to_owned())),
        }
    }

    /// # Errors
    /// The ledger did not answer.
    pub(crate) async fn of(&self, alert: &AlertRow, route: RouteId) -> Result<Rendered, LedgerError> {
        let key = (alert.id, route, alert.version);
        if let Some(body) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Ok(body.clone()));
        }
        let body = match self.render(alert, route).await? {
            Ok(body) => Arc::new(body),
            Err(why) => return Ok(Err(why)),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= BODIES_MAX {
            known.clear();
        }
        known.insert(key, body.clone());
        Ok(Ok(body))
    }

    async fn render(&self, alert: &AlertRow, route: RouteId) -> Result<Result<Body, String>, LedgerError> {
        let hash = alert.content.hash(alert.severity, alert.kind, alert.mode);
        if alert.approved_hash.as_ref() != Some(&hash) {
            return Ok(Err("its content is not the one that was approved".into()));
        }
        let setups = self.setup.load_full();
        let Some(setup) = setups.route(route) else {
            return Ok(Err("its route is not served by any lane".into()));
        };
        let content = &alert.content;
        Ok(match setup.rendering {
            Rendering::Sms => Ok(sms(&content.sms_text(alert.mode), setup)),
            Rendering::Template => match &content.zalo {
                Some(zalo) => Ok(Body::Template(TemplateBody {
                    template: zalo.template.clone(),
                    parameters: zalo.parameters.clone(),
                })),
                None => Err("content.zalo is empty: the alert names no template".into()),
            },
            Rendering::Text => Ok(Body::Text(TextBody { text: content.long_text(alert.mode) })),
            Rendering::Article => article(alert),
            Rendering::Post => return self.post(alert, route).await,
        })
    }

    async fn post(&self, alert: &AlertRow, route: RouteId) -> Result<Result<Body, String>, LedgerError> {
        let content = &alert.content;
        let post = content.post.clone().unwrap_or_default();
        let act = match (post.correcting, alert.refers_to) {
            (Correcting::Publish, _) | (_, None) => PostAct::Publish,
            (correcting, Some(earlier)) => {
                match (self.store.ledger.reference_of(earlier, route).await?, correcting) {
                    // Nothing there to correct: the text stands for itself.
                    (None, _) | (_, Correcting::Publish) => PostAct::Publish,
                    (Some(post), Correcting::Edit) => PostAct::Edit(post),
                    (Some(post), Correcting::Comment) => PostAct::Comment(post),
                    (Some(post), Correcting::Delete) => PostAct::Delete(post),
                }
            }
        };
        let mut photos = Vec::with_capacity(post.pictures.len());
        for PictureUse { hash, alt } in post.pictures {
            match self.store.catalog.picture(&hash).await? {
                Some(picture) => {
                    photos.push(Photo { media_type: picture.media_type, bytes: picture.bytes.into(), alt });
                }
                None => return Ok(Err(format!("picture {} is not stored", hash.0))),
            }
        }
        let reference = reference(alert);
        let text = format!("{}\n\n[{reference}]", content.post_text(alert.mode));
        Ok(Ok(Body::Post(PostBody { reference, text, link: post.link, photos, act })))
    }
}

fn reference(alert: &AlertRow) -> String {
    public_reference(alert.id, &alert.content_hash)
}

fn sms(text: &str, setup: &RouteSetup) -> Body {
    let reference = if setup.part_header_octets > 6 { Reference::SixteenBit } else { Reference::EightBit };
    let segments = segment_with(text, reference);
    let encoding = match segments.encoding {
        Encoding::Gsm7 => SmsEncoding::Gsm7,
        Encoding::Ucs2 => SmsEncoding::Ucs2,
    };
    Body::Sms(SmsBody { encoding, parts: segments.octets(text) })
}

/// The provider fetches an article's cover from a public address: the post's link is it.
fn article(alert: &AlertRow) -> Result<Body, String> {
    /// The provider's bounds of description and author, in characters.
    const DESCRIPTION_CHARS_MAX: usize = 300;
    let content = &alert.content;
    let Some(cover_url) = content.post.as_ref().and_then(|post| post.link.clone()) else {
        return Err(
            "content.post.link is empty: an article needs the public address of its cover picture".into()
        );
    };
    let text = content.long_text(alert.mode);
    let reference = reference(alert);
    let mut paragraphs: Vec<String> =
        text.split('\n').map(str::trim).filter(|p| !p.is_empty()).map(String::from).collect();
    paragraphs.push(format!("[{reference}]"));
    Ok(Body::Article(ArticleBody {
        reference,
        title: content.headline.clone(),
        description: text.chars().take(DESCRIPTION_CHARS_MAX).collect(),
        author: String::new(),
        cover_url,
        paragraphs,
    }))
}
