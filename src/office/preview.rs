//! What an alert would come to, before anyone approves it: the exact text on each route, its parts and their cost, whom
//! it reaches and whom not and why, when it is done, what is odd about it, and what forbids sending it.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Act, AlertForm, Complaint, Office, Result, Text, accounts::require, actions::form_of,
    complaints::audience_complaint, words,
};
use crate::{
    domain::{
        AlertId, Audience, Content, ContentHash, Encoding, ExclusionReason, Finish, Forecast, Mode, Quiet,
        QuietHours, RouteLoad, TextReport, forecast, report,
        sms::{Reference, segment_with},
    },
    engine::RouteSetup,
    ledger::{Account, AudiencePreview, PeopleGroup},
};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// What an approver agrees to; none while the content is wrong.
    pub content_hash: Option<ContentHash>,
    /// The SMS exactly as it leaves.
    pub text: String,
    /// What its characters cost; none while the content is wrong.
    pub report: Option<TextReport>,
    /// In the order of the settings.
    pub routes: Vec<RoutePreview>,
    pub targets: i64,
    pub excluded: Vec<ExclusionCount>,
    /// SMS parts over all routes: the cost.
    pub parts_total: i64,
    /// Over all routes together.
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
        let (content, complaints, groups) = self.checked(form, itself).await?;
        let mut refusals = complaints.0;
        let reached = self.reached(&form.audience, &groups, &mut refusals).await?;
        let text = content.as_ref().map(|content| content.sms_text(form.mode)).unwrap_or_default();
        let now = self.clock.now();
        let (routes, forecast) = self.routes(&text, &reached, now);
        self.refuse_unserved(&routes, &mut refusals);
        self.refuse_long(&routes, &text, &mut refusals);
        let mut preview = Preview {
            content_hash: content.as_ref().map(|c: &Content| c.hash(form.severity, form.kind, form.mode)),
            report: content.is_some().then(|| report(&text)),
            text,
            targets: routes.iter().map(|route| route.targets).sum(),
            parts_total: routes.iter().map(|route| route.parts_total).sum(),
            routes,
            excluded: exclusion_counts(&reached.excluded),
            finish: finish(forecast.overall, now),
            expires_at: form.expires_at(now),
            warnings: Vec::new(),
            refusals,
        };
        preview.warnings = self.warnings(form, &preview, now);
        Ok(preview)
    }

    /// Whom the selection reaches; nobody where it does not resolve, and a complaint if nobody.
    async fn reached(
        &self,
        audience: &Audience,
        groups: &[PeopleGroup],
        refusals: &mut Vec<Complaint>,
    ) -> Result<AudiencePreview> {
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
        let reached = self.store.reports.audience(&selection, &self.setup.routing).await?;
        if reached.by_route.iter().all(|(_, targets)| *targets == 0) {
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

    fn routes(&self, text: &str, reached: &AudiencePreview, now: Timestamp) -> (Vec<RoutePreview>, Forecast) {
        let mut routes = Vec::new();
        let mut loads = Vec::new();
        for setup in &self.setup.routes {
            let targets = reached.by_route.iter().find(|(route, _)| *route == setup.id);
            let Some((_, targets)) = targets.filter(|(_, targets)| *targets > 0) else { continue };
            let route = route_preview(setup, text, *targets);
            loads.push(RouteLoad {
                route: setup.id,
                targets: u64::try_from(*targets).unwrap_or(0),
                parts_per_message: u32::try_from(route.parts).unwrap_or(u32::MAX),
                parts_per_s: setup.parts_per_s,
            });
            routes.push(route);
        }
        let forecast = forecast(&loads);
        for (route, expected) in routes.iter_mut().zip(&forecast.routes) {
            route.finish = finish(expected.finish, now);
        }
        (routes, forecast)
    }

    fn refuse_unserved(&self, routes: &[RoutePreview], refusals: &mut Vec<Complaint>) {
        let unserved = |route: &&RoutePreview| {
            let setup = self.setup.route_named(&route.route);
            setup.is_none_or(|setup| setup.lanes.is_empty())
        };
        for route in routes.iter().filter(unserved) {
            let (targets, name) = (route.targets, route.route.as_str());
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
    fn refuse_long(&self, routes: &[RoutePreview], text: &str, refusals: &mut Vec<Complaint>) {
        let parts_max = self.setup.parts_max;
        if text.is_empty() {
            return;
        }
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

    fn warnings(&self, form: &AlertForm, preview: &Preview, now: Timestamp) -> Vec<PreviewWarning> {
        let mut warnings = Vec::new();
        let mut warn = |code, text: Text| warnings.push(PreviewWarning { code, text });
        if let Quiet::Warn { until } = QuietHours::default().check(form.severity, now) {
            let until = words::hour(until);
            warn(
                "quiet-hours",
                (format!("đang giờ nghỉ đêm, đến {until}"), format!("quiet hours until {until}")).into(),
            );
        }
        if form.audience.everyone && form.mode == Mode::Live {
            warn("everyone", Text::of("gửi cho mọi người trong danh sách", "goes to everybody on the lists"));
        }
        if let Some(report) = &preview.report {
            text_warnings(report, &mut warn);
        }
        let last = preview.finish.last().and_then(|finish| finish.at);
        if preview.targets > 0 && last.is_none_or(|at| at > preview.expires_at) {
            warn(
                "outlives-expiry",
                Text::of("hết hạn trước khi gửi xong", "it expires before everybody has been sent to"),
            );
        }
        for route in &preview.routes {
            if !self.can_send(&route.route) {
                let name = &route.route;
                warn(
                    "route-down",
                    (format!("tuyến {name} hiện không gửi được"), format!("route {name} cannot send now"))
                        .into(),
                );
            }
        }
        warnings
    }

    /// Some lane says so; a gateway that shows no lanes for the route yet is not accused.
    fn can_send(&self, route: &str) -> bool {
        let lanes: Vec<_> = self.engine.lanes();
        let mut serving =
            lanes.iter().filter(|lane| lane.routes.iter().any(|served| served == route)).peekable();
        serving.peek().is_none() || serving.any(|lane| lane.can_send)
    }
}

fn text_warnings(report: &TextReport, warn: &mut impl FnMut(&'static str, Text)) {
    if !report.distrusted.is_empty() && report.encoding == Encoding::Gsm7 {
        let characters: String = report.distrusted.iter().map(|found| found.character).collect();
        warn(
            "distrusted-characters",
            (
                format!("các chữ {characters} hay bị sai trên đường gửi; nên bỏ dấu"),
                format!("the letters {characters} are often mangled on the way; write them plain"),
            )
                .into(),
        );
    }
    if report.cheap_after_replacement {
        warn(
            "costly-characters",
            Text::of(
                "vài ký tự khó thấy làm tin đắt hơn; thay chúng như gợi ý",
                "a few characters nobody sees make it dear; replace them as suggested",
            ),
        );
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

fn finish(expected: Finish, now: Timestamp) -> Vec<FinishPreview> {
    let at = |duration: Duration| now.checked_add(duration).ok();
    [(50, expected.half), (90, expected.ninety), (100, expected.all)]
        .into_iter()
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
