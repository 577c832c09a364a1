//! Delivery receipts: what waits to be told, and how it is written (SMPP 3.4, 4.6.1 and appendix B) in
//! all the ways carriers write it.

use super::outgoing::{close, open, parameter};
use super::script::{IdStyle, KeyCase, Outcome, ReceiptForm, ReceiptStyle};
use super::wire::{command, tag};

/// `message_state` (5.2.28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Enroute = 1,
    Delivered = 2,
    Expired = 3,
    Deleted = 4,
    Undeliverable = 5,
    Accepted = 6,
    Unknown = 7,
    Rejected = 8,
}

impl State {
    /// What the receipt of this outcome says first; `None`: there is no receipt.
    pub(crate) fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Delivered => Some(Self::Delivered),
            Outcome::Undeliverable => Some(Self::Undeliverable),
            Outcome::Expired => Some(Self::Expired),
            Outcome::Rejected => Some(Self::Rejected),
            Outcome::Unknown => Some(Self::Unknown),
            Outcome::Deleted => Some(Self::Deleted),
            Outcome::Accepted => Some(Self::Accepted),
            Outcome::Enroute => Some(Self::Enroute),
            Outcome::Silent => None,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [
            Self::Enroute,
            Self::Delivered,
            Self::Expired,
            Self::Deleted,
            Self::Undeliverable,
            Self::Accepted,
            Self::Unknown,
            Self::Rejected,
        ]
        .into_iter()
        .find(|state| *state as u8 == code)
    }

    pub(crate) fn is_intermediate(self) -> bool {
        self == Self::Enroute
    }

    pub(crate) fn is_success(self) -> bool {
        matches!(self, Self::Delivered | Self::Accepted)
    }

    fn word(self) -> &'static [u8; 7] {
        match self {
            Self::Enroute => b"ENROUTE",
            Self::Delivered => b"DELIVRD",
            Self::Expired => b"EXPIRED",
            Self::Deleted => b"DELETED",
            Self::Undeliverable => b"UNDELIV",
            Self::Accepted => b"ACCEPTD",
            Self::Unknown => b"UNKNOWN",
            Self::Rejected => b"REJECTD",
        }
    }

    /// Network error codes are each carrier's own; these are common ones (27: absent subscriber).
    fn error(self) -> u16 {
        match self {
            Self::Enroute | Self::Delivered | Self::Accepted | Self::Deleted => 0,
            Self::Undeliverable => 27,
            Self::Expired => 31,
            Self::Rejected => 69,
            Self::Unknown => 255,
        }
    }
}

/// Characters of the message that appendix B repeats in the receipt.
const HEAD_OCTETS: usize = 20;

/// One receipt that waits, without anything on the heap: millions of them may.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt {
    pub(crate) serial: u64,
    pub(crate) number: u64,
    pub(crate) submitted_s: u32,
    /// Interned sender of the message, the receipt's destination.
    pub(crate) source: u32,
    pub(crate) state: State,
    pub(crate) ids: IdStyle,
    /// Length of the number as the client wrote it: leading zeros are part of it.
    pub(crate) digits: u8,
    pub(crate) ton: u8,
    pub(crate) npi: u8,
    pub(crate) sent_before: bool,
    head_octets: u8,
    head: [u8; HEAD_OCTETS],
}

/// What of a message its receipt needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) serial: u64,
    pub(crate) number: u64,
    pub(crate) digits: u8,
    pub(crate) ton: u8,
    pub(crate) npi: u8,
    pub(crate) source: u32,
    pub(crate) submitted_s: u32,
    pub(crate) data_coding: u8,
    pub(crate) text: &'a [u8],
}

impl Receipt {
    pub(crate) fn new(subject: Subject<'_>, state: State, ids: IdStyle) -> Self {
        let mut head = [0; HEAD_OCTETS];
        // Two octets per character make no sense in a receipt of one: carriers leave the text empty.
        let shown = if subject.data_coding == 8 { 0 } else { subject.text.len().min(HEAD_OCTETS) };
        head[..shown].copy_from_slice(&subject.text[..shown]);
        Self {
            serial: subject.serial,
            number: subject.number,
            submitted_s: subject.submitted_s,
            source: subject.source,
            state,
            ids,
            digits: subject.digits,
            ton: subject.ton,
            npi: subject.npi,
            sent_before: false,
            head_octets: shown as u8,
            head,
        }
    }

    /// The same receipt with another state.
    pub(crate) fn saying(self, state: State) -> Self {
        Self { state, ..self }
    }
}

/// Sender of a message as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) ton: u8,
    pub(crate) npi: u8,
    pub(crate) value: Vec<u8>,
}

/// Seconds since 1970, UTC, and how far the carrier's clock is from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WallClock {
    pub(crate) now_s: u32,
    pub(crate) offset_minutes: i32,
}

/// Appends the receipt as `deliver_sm` or `data_sm`.
pub(crate) fn write(
    out: &mut Vec<u8>,
    sequence: u32,
    receipt: &Receipt,
    sender: &Sender,
    form: ReceiptForm,
    clock: WallClock,
) {
    let command = if form.as_data_sm { command::DATA_SM } else { command::DELIVER_SM };
    let start = open(out, command, 0, sequence);
    out.extend_from_slice(&[0, receipt.ton, receipt.npi]);
    decimal(out, receipt.number, usize::from(receipt.digits));
    out.extend_from_slice(&[0, sender.ton, sender.npi]);
    out.extend_from_slice(&sender.value);
    // esm_class 0x04: a delivery receipt; 0x20: an intermediate notification (5.2.12).
    out.extend_from_slice(&[0, if receipt.state.is_intermediate() { 0x20 } else { 0x04 }]);
    let with_text = form.style != ReceiptStyle::Tlvs;
    if form.as_data_sm {
        out.extend_from_slice(&[0, 0]); // registered_delivery, data_coding
        if with_text {
            out.extend_from_slice(&tag::MESSAGE_PAYLOAD.to_be_bytes());
            let length_at = out.len();
            out.extend_from_slice(&[0, 0]);
            write_text(out, receipt, form, clock);
            let length = (out.len() - length_at - 2) as u16;
            out[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
        }
    } else {
        // protocol_id, priority, two empty times, registered_delivery, replace, data_coding, default id
        out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0]);
        let length_at = out.len();
        out.push(0);
        if with_text {
            write_text(out, receipt, form, clock);
        }
        out[length_at] = (out.len() - length_at - 1) as u8;
    }
    if form.style != ReceiptStyle::Text {
        write_parameters(out, receipt, form);
    }
    out.extend(std::iter::repeat_n(0, usize::from(form.stray_octets)));
    close(out, start);
}

fn write_parameters(out: &mut Vec<u8>, receipt: &Receipt, form: ReceiptForm) {
    out.extend_from_slice(&tag::RECEIPTED_MESSAGE_ID.to_be_bytes());
    let length_at = out.len();
    out.extend_from_slice(&[0, 0]);
    receipt.ids.write_receipt(out, receipt.serial);
    if !form.tlv_without_nul {
        out.push(0);
    }
    let length = (out.len() - length_at - 2) as u16;
    out[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
    let state = receipt.state as u8;
    let octets = [0, state];
    parameter(out, tag::MESSAGE_STATE, if form.state_in_2_octets { &octets } else { &octets[1..] });
    let error = receipt.state.error();
    if error != 0 {
        let [high, low] = error.to_be_bytes();
        parameter(out, tag::NETWORK_ERROR_CODE, &[3, high, low]); // 3: GSM
    }
}

fn write_text(out: &mut Vec<u8>, receipt: &Receipt, form: ReceiptForm, clock: WallClock) {
    let key = |out: &mut Vec<u8>, lower: &'static [u8]| {
        let start = out.len();
        out.extend_from_slice(lower);
        match form.keys {
            KeyCase::Lower => {}
            KeyCase::Upper => out[start..].make_ascii_uppercase(),
            KeyCase::Capital => {
                let first = start + usize::from(lower[0] == b' ');
                out[first].make_ascii_uppercase();
            }
        }
    };
    let success = receipt.state.is_success();
    key(out, b"id:");
    receipt.ids.write_receipt(out, receipt.serial);
    if !form.without_counts {
        key(out, b" sub:");
        out.extend_from_slice(b"001");
        key(out, b" dlvrd:");
        out.extend_from_slice(if success { b"001" } else { b"000" });
    }
    if !form.without_dates {
        key(out, b" submit date:");
        date(out, receipt.submitted_s, clock.offset_minutes, form.dates_with_seconds);
        key(out, b" done date:");
        date(out, clock.now_s, clock.offset_minutes, form.dates_with_seconds);
    }
    key(out, b" stat:");
    let state_at = out.len();
    out.extend_from_slice(receipt.state.word());
    if form.lower_case_state {
        out[state_at..].make_ascii_lowercase();
    }
    key(out, b" err:");
    decimal(out, u64::from(receipt.state.error()), if form.err_4_digits { 4 } else { 3 });
    if form.capital_text {
        out.extend_from_slice(b" Text:");
    } else {
        key(out, b" text:");
    }
    out.extend_from_slice(&receipt.head[..usize::from(receipt.head_octets)]);
}

fn decimal(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let mut text = [b'0'; 20];
    let mut at = text.len();
    while number > 0 {
        at -= 1;
        text[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&text[at.min(text.len() - width.min(text.len()))..]);
}

/// `YYMMDDhhmm` or `YYMMDDhhmmss` of the carrier's local clock.
fn date(out: &mut Vec<u8>, seconds: u32, offset_minutes: i32, with_seconds: bool) {
    let local = i64::from(seconds) + i64::from(offset_minutes) * 60;
    let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    // Days to a civil date over eras of 400 years, which begin on 1 March.
    let shifted = days + 719_468;
    let era_day = shifted.rem_euclid(146_097);
    let era_year = (era_day - era_day / 1_460 + era_day / 36_524 - era_day / 146_096) / 365;
    let year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
    let month_index = (5 * year_day + 2) / 153;
    let day = year_day - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = era_year + shifted.div_euclid(146_097) * 400 + i64::from(month <= 2);
    let fields = [year % 100, month, day, second / 3_600, second / 60 % 60, second % 60];
    for field in &fields[..if with_seconds { 6 } else { 5 }] {
        out.extend_from_slice(&[b'0' + (field / 10) as u8, b'0' + (field % 10) as u8]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_local() {
        for (seconds, offset, with_seconds, expected) in [
            (0, 0, false, "7001010000"),
            (1_709_164_800, 0, true, "240229000000"),
            (1_709_164_800, -1, false, "2402282359"),
            (1_795_382_377, 420, true, "261123041937"),
        ] {
            let mut out = Vec::new();
            date(&mut out, seconds, offset, with_seconds);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
