//! What is odd about an alert: nothing here forbids sending it, except a broadcast that has nothing beside it or would
//! carry an exercise to everybody.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Office, Preview, PreviewWarning, Text, channels::Shows};
use crate::{
    domain::{Encoding, Mode, Phase, Plan, Quiet, QuietHours, Severity, TextReport},
    ledger::AlertRow,
    office::{AlertForm, Complaint, words},
};

/// The provider looks at an article before it is broadcast: half an hour as a rule, and nobody promises it.
const BROADCAST_LEAD: SignedDuration = SignedDuration::from_hours(2);

/// Gathers warnings.
struct Warnings(Vec<PreviewWarning>);

impl Warnings {
    fn add(&mut self, code: &'static str, text: impl Into<Text>) {
        self.0.push(PreviewWarning { code, text: text.into() });
    }
}

impl Office {
    pub(super) fn warnings(
        &self,
        form: &AlertForm,
        plan: &Plan,
        reached_by: Option<&AlertRow>,
        preview: &mut Preview,
        now: Timestamp,
    ) {
        let mut warnings = Warnings(Vec::new());
        if let Quiet::Warn { until } = QuietHours::default().check(form.severity, now) {
            let until = words::hour(until);
            warnings.add(
                "quiet-hours",
                (format!("đang giờ nghỉ đêm, đến {until}"), format!("quiet hours until {until}")),
            );
        }
        if form.audience.everyone && form.mode == Mode::Live {
            warnings.add("everyone", ("gửi cho mọi người trong danh sách", "goes to everybody on the lists"));
        }
        if let Some(report) = &preview.report {
            text_warnings(report, &mut warnings);
        }
        let under_way =
            |alert: &&AlertRow| matches!(alert.phase, Phase::Approved | Phase::Dispatching | Phase::Paused);
        if let Some(earlier) = reached_by.filter(under_way) {
            let alert = earlier.id;
            warnings.add(
                "refers-still-sending",
                (
                    format!("cảnh báo {alert} còn đang gửi: người nhận sau này sẽ không có trong danh sách; hãy hủy nó trước"),
                    format!("alert {alert} is still being sent: whom it reaches later is not included; cancel it first"),
                ),
            );
        }
        timing(plan, preview, now, &mut warnings);
        broadcast(form, preview, now, &mut warnings);
        for channel in &preview.channels {
            if !self.can_send(&channel.route) {
                let name = &channel.route;
                warnings.add(
                    "route-down",
                    (format!("tuyến {name} hiện không gửi được"), format!("route {name} cannot send now")),
                );
            }
            if matches!(&channel.shows, Shows::Template(template) if template.name.is_none() && template.faults.is_empty())
            {
                warnings.add(
                    "template-unchecked",
                    (
                        "chưa đọc được danh sách mẫu của tài khoản: chưa kiểm tra được các ô",
                        "the account's templates are not known yet: the parameters could not be checked",
                    ),
                );
            }
        }
        preview.warnings = warnings.0;
    }

    /// Some lane says so; a gateway that shows no lanes for the route yet is not accused.
    fn can_send(&self, route: &str) -> bool {
        let lanes: Vec<_> = self.engine.lanes();
        let mut serving =
            lanes.iter().filter(|lane| lane.routes.iter().any(|served| served == route)).peekable();
        serving.peek().is_none() || serving.any(|lane| lane.can_send)
    }
}

/// Steps that begin too late, or before the one before them is through.
fn timing(plan: &Plan, preview: &Preview, now: Timestamp, warnings: &mut Warnings) {
    let last = preview.finish.last().and_then(|finish| finish.at);
    if preview.targets > 0 && last.is_none_or(|at| at > preview.expires_at) {
        warnings.add(
            "outlives-expiry",
            ("hết hạn trước khi gửi xong", "it expires before everybody has been sent to"),
        );
    }
    let starts = plan.starts();
    let begins = |after: &Duration| now.checked_add(*after).unwrap_or(Timestamp::MAX);
    for (n, start) in starts.iter().enumerate().skip(1) {
        let step = n + 1;
        if begins(start) >= preview.expires_at {
            warnings.add(
                "step-after-expiry",
                (
                    format!("bước {step} bắt đầu sau khi hết hạn: sẽ không gửi gì"),
                    format!("step {step} begins after the expiry: nothing of it is sent"),
                ),
            );
        }
        let late = preview.channels.iter().any(|channel| {
            let of_step_before = usize::try_from(channel.step).is_ok_and(|of| of == n);
            let done = channel.finish.last().and_then(|finish| finish.at);
            of_step_before && channel.targets > 0 && done.is_none_or(|at| at > begins(start))
        });
        if late {
            warnings.add(
                "step-too-short",
                (
                    format!(
                        "bước {step} bắt đầu khi bước trước chưa gửi xong: phần còn lại của bước trước bị bỏ"
                    ),
                    format!(
                        "step {step} begins before the one before it is through: the rest of that is dropped"
                    ),
                ),
            );
        }
    }
}

/// An article is looked at by the provider, not at night, and reaches people late: it never carries an alert alone that
/// cannot wait. Beside other channels it does no harm.
fn broadcast(form: &AlertForm, preview: &mut Preview, now: Timestamp, warnings: &mut Warnings) {
    let is_article = |shows: &Shows| matches!(shows, Shows::Article(_));
    let Some(route) = preview.channels.iter().find(|channel| is_article(&channel.shows)) else { return };
    let route = route.route.clone();
    if form.mode == Mode::Exercise {
        let text = Text::from((
            format!("bài viết trên {route} đến mọi người quan tâm, không dùng cho diễn tập"),
            format!("the broadcast on {route} goes to all followers, which an exercise never does"),
        ));
        let remedy = ("bỏ kênh này khỏi kế hoạch", "take the channel out of the plan");
        preview.refusals.push(Complaint::new("plan", &route, text, remedy));
        return;
    }
    let opens = match QuietHours::default().check(Severity::Minor, now) {
        Quiet::Warn { until } => Some(until),
        Quiet::Open | Quiet::Urgent => None,
    };
    let ready = opens.unwrap_or(now).checked_add(BROADCAST_LEAD).unwrap_or(Timestamp::MAX);
    let why = if form.severity.is_urgent() {
        Some(("cảnh báo khẩn không chờ được", "the alert is urgent"))
    } else if preview.expires_at < ready {
        Some(("hết hạn trước khi bài được duyệt và gửi", "it expires before the article would be out"))
    } else {
        None
    };
    if let Some((vi, en)) = why {
        let text = Text::from((
            format!("bài viết trên {route} không dùng được cho tin này: {vi}"),
            format!("the broadcast on {route} cannot be used for this: {en}"),
        ));
        if preview.channels.iter().all(|channel| is_article(&channel.shows)) {
            let remedy = ("chọn thêm kênh khác", "add another channel to the plan");
            preview.refusals.push(Complaint::new("plan", &route, text, remedy));
        } else {
            warnings.add("broadcast-too-slow", text);
        }
    } else if let Some(until) = opens {
        let until = words::hour(until);
        warnings.add(
            "broadcast-waits",
            (
                format!("bài viết trên {route} chờ đến {until}"),
                format!("the broadcast on {route} waits until {until}"),
            ),
        );
    }
}

fn text_warnings(report: &TextReport, warnings: &mut Warnings) {
    if !report.distrusted.is_empty() && report.encoding == Encoding::Gsm7 {
        let characters: String = report.distrusted.iter().map(|found| found.character).collect();
        warnings.add(
            "distrusted-characters",
            (
                format!("các chữ {characters} hay bị sai trên đường gửi; nên bỏ dấu"),
                format!("the letters {characters} are often mangled on the way; write them plain"),
            ),
        );
    }
    if report.cheap_after_replacement {
        warnings.add(
            "costly-characters",
            (
                "vài ký tự khó thấy làm tin đắt hơn; thay chúng như gợi ý",
                "a few characters nobody sees make it dear; replace them as suggested",
            ),
        );
    }
}
