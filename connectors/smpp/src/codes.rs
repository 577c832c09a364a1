//! What a `command_status` means: one table, the rows of SMPP 3.4 section 5.1.3 and the few of 5.0 a carrier
//! may send, with decided rows for carriers' own codes and for the unknown.

use std::{collections::BTreeMap, time::Duration};

use contract::{Answer, Reason, ReasonClass, Scope};

use crate::config::StatusClass;

pub(crate) const ROK: u32 = 0x00;
pub(crate) const RINVCMDID: u32 = 0x03;
pub(crate) const RUNKNOWNERR: u32 = 0xFF;
/// "Receiver temporary application error": the provider shall deliver it again.
pub(crate) const RX_T_APPN: u32 = 0x64;
/// "Receiver reject": it will never be accepted, so it need not be delivered again.
pub(crate) const RX_R_APPN: u32 = 0x66;

/// Pause asked for by a throttled answer; SMPP gives none, and a second is what rates are counted in.
const THROTTLED_PAUSE: Duration = Duration::from_secs(1);
/// A full queue drains more slowly than a rate window passes.
const QUEUE_FULL_PAUSE: Duration = Duration::from_secs(5);

/// What a status makes of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Accepted,
    Throttled(Duration),
    Refused(ReasonClass, Scope),
}

/// What a status makes of a bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindEffect {
    /// Try again soon, with growing pauses.
    BackOff,
    /// A person must act; trying often may lock the account.
    Stop,
    /// Some carriers say this for a wrong password, some for a bind not yet forgotten: stop if it persists.
    StopIfRepeated,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) status: u32,
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
    pub(crate) bind: BindEffect,
    pub(crate) vi: &'static str,
    pub(crate) en: &'static str,
}

use BindEffect::{BackOff, Stop, StopIfRepeated};
use Effect::{Accepted, Refused, Throttled};
use ReasonClass::{Permanent, Temporary, Unknown};
use Scope::{Lane, Message, Recipient};

const fn row(
    status: u32,
    name: &'static str,
    effect: Effect,
    bind: BindEffect,
    vi: &'static str,
    en: &'static str,
) -> Row {
    Row { status, name, effect, bind, vi, en }
}

#[rustfmt::skip]
const TABLE: &[Row] = &[
    row(0x000, "ROK", Accepted, BackOff, "nhà mạng đã nhận", "accepted"),
    row(0x001, "RINVMSGLEN", Refused(Permanent, Message), BackOff, "độ dài tin không hợp lệ", "message length is invalid"),
    row(0x002, "RINVCMDLEN", Refused(Permanent, Message), BackOff, "độ dài lệnh không hợp lệ", "command length is invalid"),
    row(0x003, "RINVCMDID", Refused(Permanent, Lane), Stop, "nhà mạng không hỗ trợ lệnh này", "command is not supported"),
    row(0x004, "RINVBNDSTS", Refused(Temporary, Lane), BackOff, "phiên kết nối không được phép gửi lệnh này", "command is not allowed on this bind"),
    row(0x005, "RALYBND", Refused(Temporary, Lane), BackOff, "tài khoản đang có phiên kết nối khác", "the account is already bound"),
    row(0x006, "RINVPRTFLG", Refused(Permanent, Lane), BackOff, "mức ưu tiên không hợp lệ", "priority flag is invalid"),
    row(0x007, "RINVREGDLVFLG", Refused(Permanent, Lane), BackOff, "yêu cầu báo cáo gửi không hợp lệ", "registered delivery flag is invalid"),
    row(0x008, "RSYSERR", Refused(Temporary, Message), BackOff, "hệ thống nhà mạng gặp lỗi", "system error at the carrier"),
    row(0x00A, "RINVSRCADR", Refused(Permanent, Lane), BackOff, "tên định danh không hợp lệ hoặc chưa đăng ký", "source address is invalid or not registered"),
    row(0x00B, "RINVDSTADR", Refused(Permanent, Recipient), BackOff, "số thuê bao nhận không hợp lệ", "destination address is invalid"),
    row(0x00C, "RINVMSGID", Refused(Permanent, Message), BackOff, "mã tin không hợp lệ", "message id is invalid"),
    row(0x00D, "RBINDFAIL", Refused(Temporary, Lane), StopIfRepeated, "nhà mạng từ chối kết nối", "bind failed"),
    row(0x00E, "RINVPASWD", Refused(Permanent, Lane), Stop, "sai mật khẩu kết nối", "password is wrong"),
    row(0x00F, "RINVSYSID", Refused(Permanent, Lane), Stop, "sai tên tài khoản kết nối (system_id)", "system_id is wrong"),
    row(0x011, "RCANCELFAIL", Refused(Permanent, Message), BackOff, "không hủy được tin", "cancel failed"),
    row(0x013, "RREPLACEFAIL", Refused(Permanent, Message), BackOff, "không thay được tin", "replace failed"),
    row(0x014, "RMSGQFUL", Throttled(QUEUE_FULL_PAUSE), BackOff, "hàng đợi của nhà mạng đã đầy", "message queue is full"),
    row(0x015, "RINVSERTYP", Refused(Permanent, Lane), Stop, "loại dịch vụ không hợp lệ", "service type is invalid"),
    row(0x033, "RINVNUMDESTS", Refused(Permanent, Message), BackOff, "số lượng người nhận không hợp lệ", "number of destinations is invalid"),
    row(0x034, "RINVDLNAME", Refused(Permanent, Message), BackOff, "tên danh sách nhận không hợp lệ", "distribution list name is invalid"),
    row(0x040, "RINVDESTFLAG", Refused(Permanent, Message), BackOff, "cờ người nhận không hợp lệ", "destination flag is invalid"),
    row(0x042, "RINVSUBREP", Refused(Permanent, Message), BackOff, "yêu cầu gửi kèm thay thế không hợp lệ", "submit with replace is invalid"),
    row(0x043, "RINVESMCLASS", Refused(Permanent, Message), BackOff, "kiểu tin (esm_class) không được chấp nhận", "esm_class is not accepted"),
    row(0x044, "RCNTSUBDL", Refused(Permanent, Message), BackOff, "không gửi được tới danh sách nhận", "cannot submit to distribution list"),
    row(0x045, "RSUBMITFAIL", Refused(Temporary, Message), BackOff, "nhà mạng không nhận được tin", "submit failed"),
    row(0x048, "RINVSRCTON", Refused(Permanent, Lane), BackOff, "kiểu số của tên định danh không hợp lệ", "source TON is invalid"),
    row(0x049, "RINVSRCNPI", Refused(Permanent, Lane), BackOff, "hệ đánh số của tên định danh không hợp lệ", "source NPI is invalid"),
    row(0x050, "RINVDSTTON", Refused(Permanent, Lane), BackOff, "kiểu số của số nhận không hợp lệ", "destination TON is invalid"),
    row(0x051, "RINVDSTNPI", Refused(Permanent, Lane), BackOff, "hệ đánh số của số nhận không hợp lệ", "destination NPI is invalid"),
    row(0x053, "RINVSYSTYP", Refused(Permanent, Lane), Stop, "loại hệ thống (system_type) không hợp lệ", "system_type is invalid"),
    row(0x054, "RINVREPFLAG", Refused(Permanent, Message), BackOff, "cờ thay thế không hợp lệ", "replace_if_present flag is invalid"),
    row(0x055, "RINVNUMMSGS", Refused(Permanent, Message), BackOff, "số lượng tin không hợp lệ", "number of messages is invalid"),
    row(0x058, "RTHROTTLED", Throttled(THROTTLED_PAUSE), BackOff, "vượt tốc độ được cấp", "granted rate is exceeded"),
    row(0x061, "RINVSCHED", Refused(Permanent, Message), BackOff, "thời điểm hẹn gửi không hợp lệ", "scheduled delivery time is invalid"),
    row(0x062, "RINVEXPIRY", Refused(Permanent, Message), BackOff, "thời hạn của tin không được chấp nhận", "validity period is not accepted"),
    row(0x063, "RINVDFTMSGID", Refused(Permanent, Message), BackOff, "mã tin mẫu không hợp lệ", "predefined message id is invalid"),
    row(0x064, "RX_T_APPN", Refused(Temporary, Message), BackOff, "bên nhận lỗi tạm thời", "receiver has a temporary error"),
    row(0x065, "RX_P_APPN", Refused(Permanent, Message), BackOff, "bên nhận lỗi vĩnh viễn", "receiver has a permanent error"),
    row(0x066, "RX_R_APPN", Refused(Permanent, Message), BackOff, "bên nhận từ chối tin", "receiver rejected the message"),
    row(0x067, "RQUERYFAIL", Refused(Permanent, Message), BackOff, "không tra cứu được tin", "query failed"),
    row(0x0C0, "RINVOPTPARSTREAM", Refused(Permanent, Message), BackOff, "phần tham số tùy chọn bị lỗi", "optional part of the PDU is invalid"),
    row(0x0C1, "ROPTPARNOTALLWD", Refused(Permanent, Message), BackOff, "tham số tùy chọn không được phép", "optional parameter is not allowed"),
    row(0x0C2, "RINVPARLEN", Refused(Permanent, Message), BackOff, "độ dài tham số không hợp lệ", "parameter length is invalid"),
    row(0x0C3, "RMISSINGOPTPARAM", Refused(Permanent, Message), BackOff, "thiếu tham số bắt buộc", "expected optional parameter is missing"),
    row(0x0C4, "RINVOPTPARAMVAL", Refused(Permanent, Message), BackOff, "giá trị tham số tùy chọn không hợp lệ", "optional parameter value is invalid"),
    row(0x0FE, "RDELIVERYFAILURE", Refused(Temporary, Recipient), BackOff, "không chuyển được tới thuê bao", "delivery failed"),
    row(0x0FF, "RUNKNOWNERR", Refused(Unknown, Message), BackOff, "nhà mạng báo lỗi không rõ nguyên nhân", "unknown error at the carrier"),
    row(0x100, "RSERTYPUNAUTH", Refused(Permanent, Lane), Stop, "tài khoản không được dùng dịch vụ này", "not authorised for the service type"),
    row(0x101, "RPROHIBITED", Refused(Permanent, Lane), Stop, "tài khoản bị cấm thực hiện thao tác này", "the operation is prohibited for the account"),
    row(0x102, "RSERTYPUNAVAIL", Refused(Temporary, Lane), BackOff, "dịch vụ tạm thời không hoạt động", "service type is unavailable"),
    row(0x103, "RSERTYPDENIED", Refused(Permanent, Message), BackOff, "dịch vụ từ chối tin này", "service type is denied"),
    row(0x104, "RINVDCS", Refused(Permanent, Message), BackOff, "bảng mã chữ không được chấp nhận", "data_coding is not accepted"),
];

/// 0x400-0x4FF belong to the carriers. Without a row in the settings such a code is tried again later:
/// it may well be a limit, and giving up on a warning is worse than trying twice.
const VENDOR: Row = row(
    0x400,
    "VENDOR",
    Refused(Unknown, Message),
    BackOff,
    "mã lỗi riêng của nhà mạng",
    "carrier's own code",
);
const UNKNOWN: Row = row(
    0xFFFF_FFFF,
    "UNKNOWN",
    Refused(Unknown, Message),
    BackOff,
    "mã lỗi không có trong chuẩn SMPP",
    "code is not in the SMPP standard",
);

/// The row of `status`; total.
pub(crate) fn look_up(status: u32) -> Row {
    match TABLE.binary_search_by_key(&status, |row| row.status) {
        Ok(at) => TABLE.get(at).copied().unwrap_or(UNKNOWN),
        Err(_) if (0x400..=0x4FF).contains(&status) => VENDOR,
        Err(_) => UNKNOWN,
    }
}

/// What a status other than `ROK` answers to a submission; `own` are the lane's rows, which go first.
pub(crate) fn answer(status: u32, own: &BTreeMap<u32, StatusClass>) -> Answer {
    let row = look_up(status);
    let effect = own.get(&status).map_or(row.effect, |class| class.effect());
    let reason = |class| Reason { class, code: code(status), text: sentence(status, &row) };
    match effect {
        Effect::Accepted => Answer::Accepted,
        Effect::Throttled(retry_after) => Answer::Throttled { reason: reason(Temporary), retry_after },
        Effect::Refused(class, scope) => Answer::Refused { reason: reason(class), scope },
    }
}

impl StatusClass {
    fn effect(self) -> Effect {
        match self {
            Self::Temporary => Refused(Temporary, Message),
            Self::Permanent => Refused(Permanent, Message),
            Self::Recipient => Refused(Permanent, Recipient),
            Self::Lane => Refused(Permanent, Lane),
            Self::Throttled => Throttled(THROTTLED_PAUSE),
        }
    }
}

/// The code as carriers' manuals print it.
pub(crate) fn code(status: u32) -> String {
    format!("{status:#010x}")
}

fn sentence(status: u32, row: &Row) -> String {
    format!("{} ({}, {})", row.vi, row.name, code(status))
}

#[cfg(test)]
#[path = "codes_tests.rs"]
mod tests;
