//! What each channel will show of an alert, rendered from the same texts that are sent.

use jiff::Timestamp;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use contract::{TemplateFacts, TemplateParameter};

use super::{FinishPreview, Office, Result, RoutePreview, Text};
use crate::{
    domain::{
        AlertId, Channel, Content, Correcting, Mode, PictureHash, Plan, PostContent, ZaloContent,
        public_reference,
    },
    engine::{Rendering, RouteSetup},
    office::{AlertForm, Complaint},
};

/// One route that the plan uses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChannelPreview {
    pub channel: Channel,
    pub route: String,
    /// The plan's step, from 1.
    pub step: i64,
    /// People with an address on it; 0 where nobody in particular is reached.
    pub targets: i64,
    /// Messages (SMS: parts) per second granted to all its lanes together.
    pub per_s: f64,
    /// Counted from the beginning of the alert. For a later step as if nobody had been reached before.
    pub finish: Vec<FinishPreview>,
    pub shows: Shows,
}

/// What a channel shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shows {
    Sms(RoutePreview),
    Template(TemplateShown),
    Text(TextShown),
    Article(ArticleShown),
    Post(PostShown),
    /// The content is wrong, or lacks what this channel needs.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateShown {
    pub template: String,
    /// As the provider calls it; none while the template is not known.
    pub name: Option<String>,
    /// May be sent now; none while the template is not known.
    pub enabled: Option<bool>,
    pub parameters: Vec<ParameterShown>,
    /// What the provider would refuse.
    pub faults: Vec<TemplateFault>,
    /// Of one message, where the provider tells it.
    pub price_dong: Option<u32>,
    pub cost_dong: Option<i64>,
}

/// A parameter as it will be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParameterShown {
    pub name: String,
    pub value: String,
    pub chars: usize,
    /// Longest the template takes, if it is known.
    pub chars_max: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateFault {
    /// `missing`, `empty`, `too-short`, `too-long`, `unknown-parameter`, `unknown-template`, `not-enabled`.
    pub code: &'static str,
    pub parameter: Option<String>,
    pub text: Text,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextShown {
    pub text: String,
    pub chars: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArticleShown {
    pub title: String,
    pub description: String,
    pub cover_url: Option<String>,
    pub paragraphs: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PostShown {
    /// With the public reference, or a word in its place while the alert is not kept.
    pub text: String,
    pub chars: usize,
    pub link: Option<String>,
    pub pictures: Vec<PictureShown>,
    /// What is done about the post of the alert that this one refers to.
    pub correcting: Correcting,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PictureShown {
    pub hash: PictureHash,
    pub media_type: String,
    pub bytes: usize,
    pub alt: String,
}

/// Stands for the public reference of an alert that has none yet.
const REFERENCE_TO_COME: &str = "public reference";
/// Longest free text to a follower.
const MESSAGE_CHARS_MAX: usize = 2_000;
/// The provider's bounds of an article's title and description.
const TITLE_CHARS_MAX: usize = 150;
const DESCRIPTION_CHARS_MAX: usize = 300;

/// What is the same for all channels of one preview.
pub(super) struct Shown<'a> {
    pub(super) form: &'a AlertForm,
    pub(super) content: Option<&'a Content>,
    pub(super) plan: &'a Plan,
    /// Kept already under this number.
    pub(super) itself: Option<AlertId>,
    pub(super) now: Timestamp,
}

impl Shown<'_> {
    fn reference(&self, content: &Content) -> String {
        let hash = content.hash(self.form.severity, self.form.kind, self.form.mode);
        self.itself.map_or_else(|| REFERENCE_TO_COME.to_owned(), |alert| public_reference(alert, &hash))
    }
}

impl Office {
    /// What the route shows, and complaints where the content lacks what it needs.
    pub(super) async fn shows(
        &self,
        shown: &Shown<'_>,
        route: &RouteSetup,
        targets: i64,
        refusals: &mut Vec<Complaint>,
    ) -> Result<Shows> {
        let Some(content) = shown.content else { return Ok(Shows::Nothing) };
        let mode = shown.form.mode;
        Ok(match route.rendering {
            Rendering::Sms => Shows::Sms(super::route_preview(route, &content.sms_text(mode), targets)),
            Rendering::Template => match &content.zalo {
                Some(zalo) => {
                    let templates = self.store.catalog.templates(route.id).await?;
                    let template = template(zalo, &templates, targets);
                    refusals.extend(template.faults.iter().map(template_complaint));
                    Shows::Template(template)
                }
                None => {
                    refusals.push(no_template());
                    Shows::Nothing
                }
            },
            Rendering::Text => {
                let text = content.long_text(mode);
                let chars = text.chars().count();
                refusals.extend(too_long("content.body", chars, MESSAGE_CHARS_MAX));
                Shows::Text(TextShown { chars, text })
            }
            Rendering::Article => {
                let article = article(content, mode, &shown.reference(content));
                if article.cover_url.is_none() {
                    refusals.push(no_cover());
                }
                // A headline may be a little longer than the title of an article.
                refusals.extend(too_long("content.headline", article.title.chars().count(), TITLE_CHARS_MAX));
                Shows::Article(article)
            }
            Rendering::Post => {
                let pictures = self.pictures(content.post.as_ref(), refusals).await?;
                let text = format!("{}\n\n[{}]", content.post_text(mode), shown.reference(content));
                let post = content.post.as_ref();
                Shows::Post(PostShown {
                    chars: text.chars().count(),
                    text,
                    link: post.and_then(|post| post.link.clone()),
                    pictures,
                    correcting: post.map(|post| post.correcting).unwrap_or_default(),
                })
            }
        })
    }

    async fn pictures(
        &self,
        post: Option<&PostContent>,
        refusals: &mut Vec<Complaint>,
    ) -> Result<Vec<PictureShown>> {
        let mut shown = Vec::new();
        for used in post.iter().flat_map(|post| &post.pictures) {
            match self.store.catalog.picture(&used.hash).await? {
                Some(picture) => shown.push(PictureShown {
                    hash: picture.hash,
                    media_type: picture.media_type,
                    bytes: picture.bytes.len(),
                    alt: used.alt.clone(),
                }),
                None => refusals.push(Complaint::new(
                    "content.post.pictures",
                    &used.hash.0,
                    ("không có ảnh này", "there is no such picture"),
                    (
                        "đưa ảnh lên trước rồi ghi mã nhận được",
                        "add the picture first and use the hash it got",
                    ),
                )),
            }
        }
        Ok(shown)
    }
}

fn no_template() -> Complaint {
    Complaint::new(
        "content.zalo",
        "",
        (
            "kế hoạch dùng mẫu tin Zalo nhưng chưa chọn mẫu",
            "the plan uses a Zalo template, and none is named",
        ),
        (
            "chọn mẫu và điền các ô, hoặc bỏ Zalo khỏi kế hoạch",
            "name a template and its parameters, or take zalo out of the plan",
        ),
    )
}

fn no_cover() -> Complaint {
    Complaint::new(
        "content.post.link",
        "",
        ("bài viết Zalo cần ảnh bìa", "a Zalo article needs a cover picture"),
        ("ghi địa chỉ công khai của ảnh bìa", "give the public address of its cover picture"),
    )
}

/// Longer than Zalo takes it.
fn too_long(field: &str, chars: usize, chars_max: usize) -> Option<Complaint> {
    let reason = || {
        let vi = format!("dài {chars} ký tự, Zalo nhận tối đa {chars_max}");
        (vi, format!("{chars} characters, Zalo takes {chars_max}"))
    };
    let complaint = || Complaint::new(field, &chars.to_string(), reason(), ("rút ngắn", "shorten it"));
    (chars > chars_max).then(complaint)
}

/// The same cut as of the article that is sent.
fn article(content: &Content, mode: Mode, reference: &str) -> ArticleShown {
    let text = content.long_text(mode);
    let mut paragraphs: Vec<String> =
        text.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect();
    paragraphs.push(format!("[{reference}]"));
    ArticleShown {
        title: content.headline.clone(),
        description: text.chars().take(DESCRIPTION_CHARS_MAX).collect(),
        cover_url: content.post.as_ref().and_then(|post| post.link.clone()),
        paragraphs,
    }
}

/// The template with its parameters, held against the provider's own list. An empty list is no list: nothing has been
/// learnt yet, and only blanks are faults.
fn template(zalo: &ZaloContent, templates: &[TemplateFacts], targets: i64) -> TemplateShown {
    let facts = templates.iter().find(|facts| facts.id == zalo.template);
    let mut faults = Vec::new();
    let mut fault = |code, parameter: Option<&str>, text: Text| {
        faults.push(TemplateFault { code, parameter: parameter.map(ToOwned::to_owned), text });
    };
    match facts {
        None if templates.is_empty() => {}
        None => fault(
            "unknown-template",
            None,
            Text::of("tài khoản không có mẫu này", "the account has no such template"),
        ),
        Some(facts) if !facts.enabled => {
            fault(
                "not-enabled",
                None,
                Text::of("mẫu này chưa được phép gửi", "this template may not be sent now"),
            );
        }
        Some(_) => {}
    }
    let known: &[TemplateParameter] = facts.map(|facts| facts.parameters.as_slice()).unwrap_or_default();
    for parameter in known.iter().filter(|known| known.required && !zalo.parameters.contains_key(&known.name))
    {
        fault("missing", Some(&parameter.name), Text::of("chưa điền", "it is missing"));
    }
    let mut parameters = Vec::new();
    for (name, value) in &zalo.parameters {
        let limits = known.iter().find(|known| known.name == *name);
        let chars = value.nfc().count();
        if let Some((code, text)) = value_fault(chars, limits, facts.is_some()) {
            fault(code, Some(name), text);
        }
        let chars_max = limits.map(|limits| limits.max_length);
        parameters.push(ParameterShown { name: name.clone(), value: value.clone(), chars, chars_max });
    }
    let price_dong = facts.and_then(|facts| facts.price_dong);
    TemplateShown {
        template: zalo.template.clone(),
        name: facts.map(|facts| facts.name.clone()),
        enabled: facts.map(|facts| facts.enabled),
        parameters,
        faults,
        price_dong,
        cost_dong: price_dong.map(|price| i64::from(price).saturating_mul(targets)),
    }
}

fn value_fault(
    chars: usize,
    limits: Option<&TemplateParameter>,
    facts_known: bool,
) -> Option<(&'static str, Text)> {
    if chars == 0 {
        return Some(("empty", Text::of("để trống", "it is blank")));
    }
    let Some(limits) = limits else {
        let text = Text::of("mẫu này không có ô ấy", "the template has no such parameter");
        return facts_known.then_some(("unknown-parameter", text));
    };
    let (min, max) = (limits.min_length, limits.max_length);
    if chars > usize::try_from(max).unwrap_or(usize::MAX) {
        let vi = format!("dài {chars} ký tự, tối đa {max}");
        return Some(("too-long", (vi, format!("{chars} characters, the most is {max}")).into()));
    }
    if chars < usize::try_from(min).unwrap_or(usize::MAX) {
        let vi = format!("có {chars} ký tự, ít nhất {min}");
        return Some(("too-short", (vi, format!("{chars} characters, the least is {min}")).into()));
    }
    None
}

fn template_complaint(fault: &TemplateFault) -> Complaint {
    let remedy = match fault.code {
        "unknown-template" | "not-enabled" => Text::of("chọn mẫu khác", "choose another template"),
        "unknown-parameter" => Text::of("bỏ ô này", "take it out"),
        _ => Text::of("điền lại ô này", "write it again"),
    };
    let (field, value) = match &fault.parameter {
        Some(name) => ("content.zalo.parameters", name.as_str()),
        None => ("content.zalo.template", ""),
    };
    Complaint::new(field, value, fault.text.clone(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_would_be_refused_for_is_found_before() {
        let parameter = |name: &str, required, min_length, max_length| TemplateParameter {
            name: name.into(),
            required,
            min_length,
            max_length,
        };
        let facts = TemplateFacts {
            id: "7".into(),
            name: "Thiên tai".into(),
            enabled: true,
            parameters: vec![
                parameter("kind", true, 0, 5),
                parameter("time", true, 3, 9),
                parameter("code", false, 0, 4),
            ],
            price_dong: Some(200),
        };
        let faults = |template: &str,
                      given: &[(&str, &str)],
                      known: &[TemplateFacts]|
         -> Vec<(&'static str, String)> {
            let parameters = given.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            let zalo = ZaloContent { template: template.into(), parameters };
            let found = super::template(&zalo, known, 10).faults;
            found.into_iter().map(|fault| (fault.code, fault.parameter.unwrap_or_default())).collect()
        };
        let known = std::slice::from_ref(&facts);
        assert!(faults("7", &[("kind", "Lũ"), ("time", "18h"), ("code", "A1")], known).is_empty());
        // Four characters, seven code points before they are composed.
        let decomposed = "Lu\u{303} e\u{302}\u{301}";
        assert!(faults("7", &[("kind", decomposed), ("time", "18h")], known).is_empty());
        let table = [
            (vec![("time", "18h")], ("missing", "kind")),
            (vec![("kind", "Lũ quét"), ("time", "18h")], ("too-long", "kind")),
            (vec![("kind", "Lũ"), ("time", "18")], ("too-short", "time")),
            (vec![("kind", "Lũ"), ("time", "18h"), ("where", "x")], ("unknown-parameter", "where")),
            (vec![("kind", "Lũ"), ("time", "18h"), ("code", "")], ("empty", "code")),
        ];
        for (given, (code, parameter)) in table {
            assert_eq!(faults("7", &given, known), [(code, parameter.to_owned())], "{given:?}");
        }
        assert_eq!(faults("8", &[], known), [("unknown-template", String::new())]);
        assert!(faults("8", &[("any", "x")], &[]).is_empty(), "nothing is known yet");
        let off = TemplateFacts { enabled: false, parameters: vec![], ..facts.clone() };
        assert_eq!(faults("7", &[], &[off]), [("not-enabled", String::new())]);
    }
}
