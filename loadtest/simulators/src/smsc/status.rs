//! `command_status` values (SMPP 3.4, 5.1.3) that this message centre answers or understands.

/// ESME_ROK
pub const OK: u32 = 0x00;
/// ESME_RINVMSGLEN
pub const INVALID_MESSAGE_LENGTH: u32 = 0x01;
/// ESME_RINVCMDLEN
pub const INVALID_COMMAND_LENGTH: u32 = 0x02;
/// ESME_RINVCMDID
pub const INVALID_COMMAND_ID: u32 = 0x03;
/// ESME_RINVBNDSTS: the request is not allowed in this state of the bind.
pub const INVALID_BIND_STATE: u32 = 0x04;
/// ESME_RALYBND
pub const ALREADY_BOUND: u32 = 0x05;
/// ESME_RSYSERR
pub const SYSTEM_ERROR: u32 = 0x08;
/// ESME_RINVSRCADR
pub const INVALID_SOURCE: u32 = 0x0A;
/// ESME_RINVDSTADR
pub const INVALID_DESTINATION: u32 = 0x0B;
/// ESME_RBINDFAIL
pub const BIND_FAILED: u32 = 0x0D;
/// ESME_RINVPASWD
pub const INVALID_PASSWORD: u32 = 0x0E;
/// ESME_RINVSYSID
pub const INVALID_SYSTEM_ID: u32 = 0x0F;
/// ESME_RCANCELFAIL
pub const CANCEL_FAILED: u32 = 0x11;
/// ESME_RMSGQFUL
pub const QUEUE_FULL: u32 = 0x14;
/// ESME_RTHROTTLED
pub const THROTTLED: u32 = 0x58;
/// ESME_RINVSCHED
pub const INVALID_SCHEDULE: u32 = 0x61;
/// ESME_RINVEXPIRY
pub const INVALID_EXPIRY: u32 = 0x62;
/// ESME_RX_T_APPN: the receiver cannot take it now; deliver it again.
pub const RECEIVER_TEMPORARY: u32 = 0x64;
/// ESME_RQUERYFAIL
pub const QUERY_FAILED: u32 = 0x67;
