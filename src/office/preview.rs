//! What an alert would come to, before anyone approves it: what each channel shows, its parts and their cost, whom it
//! reaches and whom not and why, when it is done, what is odd about it, and what forbids sending it.

mod channels;
mod warnings;

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

pub use channels::{
    ArticleShown, ChannelPreview, ParameterShown, PictureShown, PostShown, Shows, TemplateFault,
    TemplateShown, TextShown,
};

use self::channels::Shown;
use super::{
    Act, AlertForm, Complaint, Office, Result, Text,
    accounts::require,
    actions::form_of,
    complaints::{audience_complaint, blank_complaint},
    form::Checked,
    words,
};
use crate::{
    domain::{
        AlertId, Audience, Content, ContentHash, Encoding, ExclusionReason, Finish, Plan, RouteLoad,
        TextReport, forecast, report,
        sms::{Reference, segment_with},
    },
    engine::{Reach, RouteSetup},
    ledger::{Account, AudiencePreview, PeopleGroup},
};

/// The people of so small a selection are taken from the indexes: a warning to one hamlet must not wait for a look at all.
const LISTED_MAX: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// What an approver agrees to; none while the content is wrong.
    pub content_hash: Option<ContentHash>,
    /// The SMS exactly as it leaves.
    pub text: String,
    /// What its characters cost; none while the content is wrong.
    pub report: Option<TextReport>,
    /// SMS, in the order of the settings; routes that nobody needs are left out.
    pub routes: Vec<RoutePreview>,
    /// Every route that the plan uses.
    pub channels: Vec<ChannelPreview>,
    /// People with an address on at least one route.
    pub targets: i64,
    pub excluded: Vec<ExclusionCount>,
    /// SMS parts over all routes: the cost, if nobody is reached by a step before the SMS.
    pub parts_total: i64,
    /// Of the first step that has somebody to send to, over all its routes together.
    pub finish: Vec<FinishPreview>,
    pub expires_at: Timestamp,
    /// To be known before it is sent.
    pub warnings: Vec<PreviewWarning>,
    /// While there is one it can neither be submitted nor approved.
    pub refusals: Vec<Complaint>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoutePreview {
    pub route: String,
    pub encoding: Encoding,
    /// Of the whole text.
    pub units: usize,
    /// Of one message.
    pub parts: usize,
    /// The text as it is cut.
    pub part_texts: Vec<String>,
    pub targets: i64,
    pub parts_total: i64,
    /// Granted to all its lanes together.
    pub parts_per_s: f64,
    pub finish: Vec<FinishPreview>,
}

/// When so many percent of the targets have been sent to, if sending began now. No time: never, as things stand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FinishPreview {
    pub percent: u8,
    pub seconds: Option<f64>,
    pub at: Option<Timestamp>,
}

/// People left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExclusionCount {
    pub reason: String,
    pub text: Text,
    pub people: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewWarning {
    pub code: &'static str,
    pub text: Text,
}

impl Office {
    /// Looks ahead at an alert that may not be kept yet.
    ///
    /// # Errors
    /// The ledger did not answer, or `by` may not. What is wrong with the form is in the preview.
    pub async fn preview(&self, by: &Account, form: &AlertForm) -> Result<Preview> {
        require(by, Act::Read)?;
        self.preview_of(form, None).await
    }

    /// # Errors
    /// No such alert, or `by` may not.
    pub async fn alert_preview(&self, by: &Account, alert: AlertId) -> Result<Preview> {
        require(by, Act::Read)?;
        let row = self.alert_row(alert).await?;
        self.preview_of(&form_of(&row), Some(alert)).await
    }

    pub(super) async fn preview_of(&self, form: &AlertForm, itself: Option<AlertId>) -> Result<Preview> {
        let form = &form.clone().completed();
        let Checked { content, plan, complaints, groups, reached_by } = self.checked(form, itself).await?;
        let plan = plan.unwrap_or_default();
        let mut refusals = complaints.0;
        refusals.extend(form.content.blanks().iter().map(blank_complaint));
        let reached = self.reached(&form.audience, &plan, &groups, &mut refusals).await?;
        let now = self.clock.now();
        let shown = Shown { form, content: content.as_ref(), plan: &plan, itself, now };
        let (channels, loads) = self.channels(&shown, &reached, &mut refusals).await?;
        let routes: Vec<RoutePreview> = channels
            .iter()
            .filter_map(|channel| match &channel.shows {
                Shows::Sms(route) if route.targets > 0 => {
                    Some(RoutePreview { finish: channel.finish.clone(), ..route.clone() })
                }
                _ => None,
            })
            .collect();
        self.refuse_unserved(&channels, &mut refusals);
        self.refuse_long(&routes, &mut refusals);
        let text = content.as_ref().map(|content| content.sms_text(form.mode)).unwrap_or_default();
        let mut preview = Preview {
            content_hash: content.as_ref().map(|c: &Content| c.hash(form.severity, form.kind, form.mode)),
            report: content.is_some().then(|| report(&text)),
            text,
            targets: reached.people,
            parts_total: routes.iter().map(|route| route.parts_total).sum(),
            routes,
            finish: overall(&loads, &plan, now),
            channels,
            excluded: exclusion_counts(&reached.excluded),
            expires_at: form.expires_at(now),
            warnings: Vec::new(),
            refusals,
        };
        self.warnings(form, &plan, reached_by.as_ref(), &mut preview, now);
        Ok(preview)
    }

    /// Whom the selection reaches; nobody where it does not resolve, and a complaint if nobody. A plan that reaches
    /// nobody in particular needs no selection.
    async fn reached(
        &self,
        audience: &Audience,
        plan: &Plan,
        groups: &[PeopleGroup],
        refusals: &mut Vec<Complaint>,
    ) -> Result<AudiencePreview> {
        if self.is_page_only(plan) {
            return Ok(AudiencePreview::default());
        }
        let slugs: BTreeSet<String> = groups.iter().map(|group| group.slug.clone()).collect();
        let selection = match audience.check(&self.areas, &slugs) {
            Ok(selection) => selection,
            Err(refusal) => {
                let complaint = audience_complaint(&refusal);
                if !refusals.contains(&complaint) {
                    refusals.push(complaint);
                }
                return Ok(AudiencePreview::default());
            }
        };
        let routing = self.setup.load().routing(plan);
        let reached = self.store.reports.audience(&selection, &routing, LISTED_MAX).await?;
        if reached.people == 0 {
            let people: i64 = reached.excluded.iter().map(|(_, people)| people).sum();
            refusals.push(Complaint::new(
                "audience",
                "",
                (
                    format!("không gửi được cho ai ({people} người được chọn đều bị loại)"),
                    format!("nobody would be reached ({people} people chosen, all left out)"),
                ),
                ("chọn địa bàn hoặc nhóm khác, hoặc nhập danh sách", "choose otherwise, or import people"),
            ));
        }
        Ok(reached)
    }

    fn is_page_only(&self, plan: &Plan) -> bool {
        let setup = self.setup.load();
        let mut used = setup.routes_of(plan).map(|(route, _)| route).peekable();
        used.peek().is_some() && used.all(is_page)
    }

    /// One entry for each route of the plan, and what each step loads on which route.
    async fn channels(
        &self,
        shown: &Shown<'_>,
        reached: &AudiencePreview,
        refusals: &mut Vec<Complaint>,
    ) -> Result<(Vec<ChannelPreview>, Vec<(i64, RouteLoad)>)> {
        let starts = shown.plan.starts();
        let (mut channels, mut loads) = (Vec::new(), Vec::new());
        let setup = self.setup.load_full();
        let used: Vec<(&RouteSetup, i64)> = setup.routes_of(shown.plan).collect();
        for (route, step) in used {
            let targets =
                reached.by_route.iter().find(|(id, _)| *id == route.id).map_or(0, |(_, people)| *people);
            let before = refusals.len();
            let shows = self.shows(shown, route, targets, refusals).await?;
            // Two routes of one channel lack the same.
            for complaint in refusals.split_off(before) {
                if !refusals.contains(&complaint) {
                    refusals.push(complaint);
                }
            }
            let messages = if is_page(route) { 1 } else { targets };
            let load = load(route, messages, &shows);
            let expected = forecast(&[load]).overall;
            loads.push((step, load));
            let start = start_of(&starts, step);
            channels.push(ChannelPreview {
                channel: route.channel,
                route: route.name.clone(),
                step,
                targets,
                per_s: route.parts_per_s,
                finish: finish(expected, start, shown.now),
                shows,
            });
        }
        channels.sort_by_key(|channel| channel.step);
        Ok((channels, loads))
    }

    fn refuse_unserved(&self, channels: &[ChannelPreview], refusals: &mut Vec<Complaint>) {
        let setups = self.setup.load();
        let unserved = |channel: &&ChannelPreview| {
            let setup = setups.route_named(&channel.route);
            channel.targets > 0 && setup.is_none_or(|setup| setup.lanes.is_empty())
        };
        for channel in channels.iter().filter(unserved) {
            let (targets, name) = (channel.targets, channel.route.as_str());
            refusals.push(Complaint::new(
                "audience",
                name,
                (
                    format!("không có đường gửi nào phục vụ tuyến này ({targets} người)"),
                    format!("no lane serves this route ({targets} people)"),
                ),
                ("thêm đường gửi vào cấu hình", "add a lane for it to the settings"),
            ));
        }
    }

    /// A route with a larger header cuts shorter parts: the text may be too long there only.
    fn refuse_long(&self, routes: &[RoutePreview], refusals: &mut Vec<Complaint>) {
        let parts_max = self.setup.load().parts_max;
        for route in routes.iter().filter(|route| route.parts > parts_max) {
            let (parts, name) = (route.parts, route.route.as_str());
            refusals.push(Complaint::new(
                "content.sms",
                name,
                (
                    format!("cần {parts} phần SMS trên tuyến {name}, tối đa {parts_max}"),
                    format!("{parts} SMS parts on route {name}, the most is {parts_max}"),
                ),
                ("rút ngắn, hoặc gửi bản không dấu", "shorten it, or send the plain text"),
            ));
        }
    }
}

/// When the first step that has anything to send is through.
fn overall(loads: &[(i64, RouteLoad)], plan: &Plan, now: Timestamp) -> Vec<FinishPreview> {
    let first = loads.iter().filter(|(_, load)| load.targets > 0).map(|(step, _)| *step).min().unwrap_or(1);
    let loads: Vec<RouteLoad> =
        loads.iter().filter(|(step, _)| *step == first).map(|(_, load)| *load).collect();
    finish(forecast(&loads).overall, start_of(&plan.starts(), first), now)
}

fn start_of(starts: &[Duration], step: i64) -> Duration {
    let index = usize::try_from(step - 1).unwrap_or(0);
    starts.get(index).copied().unwrap_or_default()
}

/// One message for all.
fn is_page(route: &RouteSetup) -> bool {
    matches!(route.reach, Reach::Page(_))
}

fn load(route: &RouteSetup, messages: i64, shows: &Shows) -> RouteLoad {
    let parts = match shows {
        Shows::Sms(sms) => u32::try_from(sms.parts).unwrap_or(u32::MAX),
        Shows::Template(_) | Shows::Text(_) | Shows::Article(_) | Shows::Post(_) | Shows::Nothing => 1,
    };
    RouteLoad {
        route: route.id,
        targets: u64::try_from(messages).unwrap_or(0),
        parts_per_message: parts,
        parts_per_s: route.parts_per_s,
    }
}

fn route_preview(setup: &RouteSetup, text: &str, targets: i64) -> RoutePreview {
    let segments = segment_with(text, reference(setup));
    let parts = segments.parts.len();
    RoutePreview {
        route: setup.name.clone(),
        encoding: segments.encoding,
        units: segments.units,
        parts,
        part_texts: segments.texts(text).map(ToOwned::to_owned).collect(),
        targets,
        parts_total: targets.saturating_mul(i64::try_from(parts).unwrap_or(i64::MAX)),
        parts_per_s: setup.parts_per_s,
        finish: Vec::new(),
    }
}

/// The header of 16-bit references takes one octet more.
const fn reference(setup: &RouteSetup) -> Reference {
    if setup.part_header_octets > 6 { Reference::SixteenBit } else { Reference::EightBit }
}

/// Of a step that begins `start` after now.
fn finish(expected: Finish, start: Duration, now: Timestamp) -> Vec<FinishPreview> {
    let at = |duration: Duration| now.checked_add(duration).ok();
    [(50, expected.half), (90, expected.ninety), (100, expected.all)]
        .into_iter()
        .map(|(percent, duration)| (percent, duration.and_then(|duration| duration.checked_add(start))))
        .map(|(percent, duration)| FinishPreview {
            percent,
            seconds: duration.map(|duration| duration.as_secs_f64()),
            at: duration.and_then(at),
        })
        .collect()
}

pub(super) fn exclusion_counts(excluded: &[(String, i64)]) -> Vec<ExclusionCount> {
    let text = |reason: &str| match reason.parse::<ExclusionReason>() {
        Ok(known) => words::exclusion(known),
        Err(_) => Text::from((reason.to_owned(), reason.to_owned())),
    };
    excluded
        .iter()
        .filter(|(_, people)| *people > 0)
        .map(|(reason, people)| ExclusionCount {
            reason: reason.clone(),
            text: text(reason),
            people: *people,
        })
        .collect()
}
