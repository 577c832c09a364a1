//! What the office's words are called by people: Vietnamese first, English beside it, and nowhere else.
//! Every match is exhaustive: a new state without its word does not compile.

use std::{borrow::Cow, fmt};

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use serde::Serialize;

use super::Act;
use crate::{
    domain::{AlertKind, ExclusionReason, Mode, Phase, Severity, State, UncertainPolicy},
    ledger::{ImportState, Role},
};

/// Vietnam keeps UTC+7 all year.
pub(super) const VIETNAM: Offset = Offset::constant(7);

/// The same in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Text {
    pub vi: Cow<'static, str>,
    pub en: Cow<'static, str>,
}

impl Text {
    pub(crate) const fn of(vi: &'static str, en: &'static str) -> Self {
        Self { vi: Cow::Borrowed(vi), en: Cow::Borrowed(en) }
    }
}

impl From<(&'static str, &'static str)> for Text {
    fn from((vi, en): (&'static str, &'static str)) -> Self {
        Self::of(vi, en)
    }
}

impl From<(String, String)> for Text {
    fn from((vi, en): (String, String)) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }
}

/// Vietnamese, a slash, English: for places that hold one text.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.vi, self.en)
    }
}

#[must_use]
pub const fn state(state: State) -> Text {
    match state {
        State::Queued => Text::of("chờ gửi", "queued"),
        State::Claimed => Text::of("đang gửi", "in flight"),
        State::Sent => Text::of("đã gửi, chờ phiếu gửi", "sent, receipt awaited"),
        State::Delivered => Text::of("đã đến máy", "delivered"),
        State::Undelivered => Text::of("không đến được", "undelivered"),
        State::Unconfirmed => Text::of("đã gửi, không có phiếu gửi", "sent, no receipt"),
        State::Failed => Text::of("bị từ chối", "refused"),
        State::Uncertain => Text::of("chưa rõ đã gửi hay chưa", "uncertain"),
        State::Expired => Text::of("hết hạn trước khi gửi", "expired before it was sent"),
        State::Cancelled => Text::of("đã hủy trước khi gửi", "cancelled before it was sent"),
    }
}

#[must_use]
pub const fn phase(phase: Phase) -> Text {
    match phase {
        Phase::Draft => Text::of("bản nháp", "draft"),
        Phase::Submitted => Text::of("chờ phê duyệt", "waiting for approval"),
        Phase::Approved => Text::of("đã phê duyệt", "approved"),
        Phase::Dispatching => Text::of("đang gửi", "being sent"),
        Phase::Paused => Text::of("tạm dừng", "paused"),
        Phase::Completed => Text::of("hoàn thành", "completed"),
        Phase::Rejected => Text::of("không được phê duyệt", "rejected"),
        Phase::Cancelled => Text::of("đã hủy", "cancelled"),
        Phase::Expired => Text::of("hết hạn", "expired"),
    }
}

#[must_use]
pub const fn severity(severity: Severity) -> Text {
    match severity {
        Severity::Extreme => Text::of("đặc biệt nghiêm trọng", "extreme"),
        Severity::Severe => Text::of("nghiêm trọng", "severe"),
        Severity::Moderate => Text::of("vừa", "moderate"),
        Severity::Minor => Text::of("nhẹ", "minor"),
    }
}

#[must_use]
pub const fn kind(kind: AlertKind) -> Text {
    match kind {
        AlertKind::Alert => Text::of("cảnh báo", "alert"),
        AlertKind::Update => Text::of("cập nhật", "update"),
        AlertKind::Cancel => Text::of("kết thúc cảnh báo", "all clear"),
        AlertKind::Correction => Text::of("đính chính", "correction"),
    }
}

#[must_use]
pub const fn mode(mode: Mode) -> Text {
    match mode {
        Mode::Live => Text::of("thật", "live"),
        Mode::Exercise => Text::of("diễn tập", "exercise"),
    }
}

#[must_use]
pub const fn policy(policy: UncertainPolicy) -> Text {
    match policy {
        UncertainPolicy::Resend => Text::of("gửi lại khi chưa rõ", "send again when uncertain"),
        UncertainPolicy::Hold => Text::of("giữ lại chờ người quyết định", "hold for a person's decision"),
    }
}

#[must_use]
pub const fn role(role: Role) -> Text {
    match role {
        Role::Author => Text::of("người soạn", "author"),
        Role::Approver => Text::of("người phê duyệt", "approver"),
        Role::Auditor => Text::of("kiểm tra, thanh tra", "auditor"),
        Role::Admin => Text::of("quản trị", "admin"),
    }
}

/// Completes "may not …".
#[must_use]
pub const fn act(act: Act) -> Text {
    match act {
        Act::Read => Text::of("xem", "look at this"),
        Act::ReadNumbers => Text::of("xem số điện thoại đầy đủ", "see whole telephone numbers"),
        Act::ReadTrail => Text::of("xem nhật ký từng tin", "see the trail of a message"),
        Act::Write => Text::of("soạn và trình cảnh báo", "write and submit alerts"),
        Act::Decide => Text::of("phê duyệt, trả lại, từ chối", "approve, return or reject"),
        Act::Steer => Text::of("tạm dừng, tiếp tục, hủy, gửi lại", "pause, resume, cancel or send again"),
        Act::Import => Text::of("nhập danh sách", "import lists"),
        Act::ManageGroups => Text::of("quản lý nhóm", "manage groups"),
        Act::ManagePeople => Text::of("sửa người nhận", "change people"),
        Act::ReadAccounts => Text::of("xem tài khoản", "see accounts"),
        Act::ManageAccounts => Text::of("quản lý tài khoản", "manage accounts"),
        Act::ManageTemplates => Text::of("quản lý mẫu cảnh báo", "manage alert templates"),
        Act::RenewConsent => Text::of("cấp lại quyền cho đường gửi", "renew the consent of a lane"),
    }
}

#[must_use]
pub const fn exclusion(reason: ExclusionReason) -> Text {
    Text::of(reason.text_vi(), reason.text_en())
}

#[must_use]
pub const fn import_state(state: ImportState) -> Text {
    match state {
        ImportState::Running => Text::of("đang nhập", "running"),
        ImportState::Finished => Text::of("đã nhập xong", "finished"),
        ImportState::Interrupted => Text::of("bị gián đoạn", "interrupted"),
    }
}

/// A time of day in Vietnam, as `06:00`.
pub(crate) fn hour(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(VIETNAM)).strftime("%H:%M").to_string()
}

/// What was done to an alert, by the word in its journal; an unknown word stands for itself.
#[must_use]
pub fn action(word: &str) -> Text {
    match word {
        "create" => Text::of("soạn", "created"),
        "edit" => Text::of("sửa", "edited"),
        "submit" => Text::of("trình phê duyệt", "submitted"),
        "approve" => Text::of("phê duyệt", "approved"),
        "return" => Text::of("trả lại để sửa", "returned"),
        "reject" => Text::of("không phê duyệt", "rejected"),
        "begin" => Text::of("bắt đầu gửi", "begun"),
        "pause" => Text::of("tạm dừng", "paused"),
        "resume" => Text::of("gửi tiếp", "resumed"),
        "cancel" => Text::of("hủy", "cancelled"),
        "complete" => Text::of("hoàn thành", "completed"),
        "expire" => Text::of("hết hạn", "expired"),
        other => Text::from((other.to_owned(), other.to_owned())),
    }
}
