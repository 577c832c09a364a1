//! What a carrier is like, as data: who may bind, how fast, what it refuses, what its receipts look
//! like and what goes wrong when. Everything may be changed while the simulator runs.

use super::status;
use serde::{Deserialize, Serialize};

/// The behaviour of one message centre. The default one is a well-behaved carrier: account `loa` with
/// the password `secret`, ten binds, no limits, every receipt `DELIVRD` at once, text and TLVs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmscScript {
    /// Seed of every random choice: the same seed and the same traffic give the same behaviour.
    pub seed: u64,
    pub accounts: Vec<Account>,
    pub bind: BindScript,
    /// Most unanswered submits per bind; `None`: no limit.
    pub window: Option<u32>,
    /// Answer to a submit beyond the window.
    pub window_status: u32,
    /// Time until a submit is answered.
    pub response_ms: u64,
    /// Up to so much more, at random: responses overtake each other.
    pub response_jitter_ms: u64,
    /// Submits (parts) in any sliding second per account, over all its binds. An account's own rate
    /// goes before this one.
    pub rate_per_s: Option<u32>,
    /// So many more are let through in a sliding second before `ESME_RTHROTTLED`. Arrival is the moment
    /// of reading, so a busy machine can make an even sender look bursty by a few messages.
    pub rate_tolerance: u32,
    /// Sender names that are registered; empty: any.
    pub sources_allowed: Vec<String>,
    /// Refuses a share of all submits, in the order given.
    pub refusals: Vec<Refusal>,
    /// What becomes of certain numbers; goes before shares and weights.
    pub numbers: Vec<NumberScript>,
    pub ids: IdStyle,
    pub receipts: ReceiptScript,
    pub faults: Vec<Fault>,
    /// Ask `enquire_link` of every bind so often; no answer until the next time ends the connection.
    pub enquire_link_ms: Option<u64>,
    /// Keep the last texts received per number (bounded; for tests, not for load).
    pub keep_texts: bool,
}

/// Credentials of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub system_id: String,
    /// Longer than the eight characters of the specification is accepted, as carriers do.
    pub password: String,
    /// Submits in any sliding second; `None`: the script's `rate_per_s`.
    #[serde(default)]
    pub rate_per_s: Option<u32>,
}

impl Account {
    pub fn new(system_id: impl Into<String>, password: impl Into<String>) -> Self {
        Self { system_id: system_id.into(), password: password.into(), rate_per_s: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindKind {
    Transmitter,
    Receiver,
    Transceiver,
}

impl BindKind {
    pub(crate) fn receives(self) -> bool {
        matches!(self, Self::Receiver | Self::Transceiver)
    }

    pub(crate) fn transmits(self) -> bool {
        matches!(self, Self::Transmitter | Self::Transceiver)
    }
}

/// How binds are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BindScript {
    /// Kinds not listed get `ESME_RBINDFAIL`.
    pub kinds: Vec<BindKind>,
    /// Binds per system_id at one time; more get `ESME_RALYBND`.
    pub per_account_max: u32,
    /// `sc_interface_version` in the response: 0x34 is 3.4; 0 leaves the parameter out, as 3.3 does.
    pub interface_version: u8,
    /// So many binds are refused first, counted from the start or the last change of the script.
    pub refuse_first: u32,
    pub refuse_status: u32,
    /// Accept the connection and never answer the bind.
    pub silent: bool,
    /// Put a `deliver_sm` into the same write as the bind response.
    pub coalesce_deliver: bool,
}

impl Default for BindScript {
    fn default() -> Self {
        Self {
            kinds: vec![BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver],
            per_account_max: 10,
            interface_version: 0x34,
            refuse_first: 0,
            refuse_status: status::BIND_FAILED,
            silent: false,
            coalesce_deliver: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    pub status: u32,
    /// 0.0 to 1.0
    pub share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberScript {
    pub number: u64,
    /// Answer every submit to it with this status.
    #[serde(default)]
    pub refuse: Option<u32>,
    /// What the receipt says.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// How message ids are written in the response and in the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdStyle {
    #[default]
    SequentialDecimal,
    /// Sixteen hexadecimal digits, lower case, without order.
    RandomHex,
    HexThenDecimal,
    DecimalThenHex,
    UpperThenLower,
    LowerThenUpper,
    /// Leading zeros in the response, none in the receipt.
    ZerosInResponse,
    /// Leading zeros in the receipt, none in the response.
    ZerosInReceipt,
}

/// What becomes of an accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Delivered,
    Undeliverable,
    Expired,
    Rejected,
    Unknown,
    Deleted,
    /// `ACCEPTD`, and nothing after it.
    Accepted,
    /// `ENROUTE` first, `DELIVRD` after the same delay once more.
    Enroute,
    /// Accepted and never heard of again.
    Silent,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    pub outcome: Outcome,
    pub weight: u32,
}

/// When receipts come, what they say and how they are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiptScript {
    /// `false`: this carrier never sends any.
    pub enabled: bool,
    /// `false`: sends them whether `registered_delivery` asked or not.
    pub honour_request: bool,
    pub delay_ms: u64,
    pub delay_jitter_ms: u64,
    /// Empty: no receipts.
    pub mix: Vec<Weight>,
    /// Ways of writing, used in turn. Empty is the same as one standard form.
    pub forms: Vec<ReceiptForm>,
    /// Minutes east of UTC of the clock in the text's dates; carriers write local time.
    pub utc_offset_minutes: i32,
    /// Most unacknowledged `deliver_sm` per bind.
    pub window: u32,
    /// Send a `deliver_sm` again that was not acknowledged for so long.
    pub resend_after_ms: Option<u64>,
    /// Keep what a lost connection left unacknowledged and send it again after the next bind.
    pub resend_on_bind: bool,
    /// Wait after the client answered "not now" (`ESME_RX_T_APPN`, `ESME_RMSGQFUL`, ...).
    pub retry_ms: u64,
    /// Receipts kept per account, waiting for their time or for a bind; the oldest go first.
    pub kept_max: usize,
}

impl Default for ReceiptScript {
    fn default() -> Self {
        Self {
            enabled: true,
            honour_request: true,
            delay_ms: 0,
            delay_jitter_ms: 0,
            mix: vec![Weight { outcome: Outcome::Delivered, weight: 1 }],
            forms: vec![ReceiptForm::default()],
            utc_offset_minutes: 7 * 60,
            window: 2_000,
            resend_after_ms: None,
            resend_on_bind: true,
            retry_ms: 1_000,
            kept_max: 5_000_000,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStyle {
    Text,
    Tlvs,
    #[default]
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyCase {
    /// `id: sub: dlvrd: submit date: done date: stat: err: text:` as appendix B has it.
    #[default]
    Lower,
    /// `ID: SUB: ...`
    Upper,
    /// `Id: Sub: ...`
    Capital,
}

/// One way of writing a receipt. The default is appendix B of the specification, with both TLVs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiptForm {
    pub style: ReceiptStyle,
    /// Sent as `data_sm` instead of `deliver_sm`; the text then is in `message_payload`.
    pub as_data_sm: bool,
    /// No `sub:` and `dlvrd:`.
    pub without_counts: bool,
    /// No `submit date:` and `done date:`.
    pub without_dates: bool,
    /// `YYMMDDhhmmss` instead of `YYMMDDhhmm`.
    pub dates_with_seconds: bool,
    pub keys: KeyCase,
    /// `Text:`
    pub capital_text: bool,
    /// `stat:delivrd`
    pub lower_case_state: bool,
    /// `err:0000`
    pub err_4_digits: bool,
    /// `receipted_message_id` without its NUL.
    pub tlv_without_nul: bool,
    /// `message_state` in two octets.
    pub state_in_2_octets: bool,
    /// Octets after the last parameter that belong to nothing.
    pub stray_octets: u8,
}

/// Something that goes wrong, and when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub what: FaultKind,
    pub when: When,
}

impl Fault {
    pub fn new(what: FaultKind, when: When) -> Self {
        Self { what, when }
    }
}

/// Counted in submits (refused ones too) since the start or the last change of the script.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// At the n-th submit only, the first being 1.
    Once(u64),
    /// At each submit after the n-th.
    After(u64),
    /// At every n-th submit.
    Every(u64),
    /// At this share of the submits, at random.
    Share(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection ends; this submit was not looked at.
    DropBeforeAccept,
    /// The message is accepted and counted; the connection ends before its response is written.
    DropBeforeResponse,
    /// The message is accepted and counted, and never answered.
    NoResponse,
    /// The response comes so much later.
    LateResponse { ms: u64 },
    /// The receipt overtakes the response.
    ReceiptBeforeResponse,
    /// The receipt comes twice.
    DuplicateReceipt,
    /// `DELIVRD`, then `UNDELIV`.
    ContradictingReceipt,
    /// What is written next leaves in pieces of so many octets, one per millisecond.
    SplitWrites { octets: u32 },
    /// A request with a command id nobody knows, after the response.
    UnknownCommand,
    /// A PDU with an impossible command_length, after the response. The connection stays: it is for the
    /// client to see that nothing after it can be understood.
    Garbage,
    /// The message centre unbinds, after the response.
    Unbind,
    /// Nothing is read from the socket for so long.
    StopReading { ms: u64 },
}

impl Default for SmscScript {
    fn default() -> Self {
        Self {
            seed: 1,
            accounts: vec![Account::new("loa", "secret")],
            bind: BindScript::default(),
            window: None,
            window_status: status::QUEUE_FULL,
            response_ms: 0,
            response_jitter_ms: 0,
            rate_per_s: None,
            rate_tolerance: 0,
            sources_allowed: Vec::new(),
            refusals: Vec::new(),
            numbers: Vec::new(),
            ids: IdStyle::default(),
            receipts: ReceiptScript::default(),
            faults: Vec::new(),
            enquire_link_ms: None,
            keep_texts: false,
        }
    }
}
