//! What a `deliver_sm` or `data_sm` says: a receipt, by its parameters or by its text, or a message from a
//! person. Nothing here can fail: what can't be understood is kept as a receipt of unknown verdict.

use contract::{Inbound, Receipt, ReceiptVerdict};

use crate::{
    alphabet,
    config::{Alphabet, ReceiptDates, ReceiptIds, SmppSettings},
    receipt_text::{self, ReceiptText},
    reference,
    wire::{Deliver, tag},
};

/// Bits of `esm_class` that tell the kind of a delivery (SMPP 3.4 section 5.2.12).
const KIND: u8 = 0x3C;
const KIND_RECEIPT: u8 = 0x04;
const KIND_ACKNOWLEDGEMENT: u8 = 0x08;
/// A failed try while the SMSC goes on trying.
const KIND_INTERMEDIATE: u8 = 0x20;
const WITH_HEADER: u8 = 0x40;
/// Characters of a receipt that are kept.
const RAW_CHARS_MAX: usize = 300;
/// Characters of an inbound message that are kept; more than any handset sends in one part.
const INBOUND_CHARS_MAX: usize = 1000;
const CODE_CHARS_MAX: usize = 32;
const ADDRESS_DIGITS_MAX: usize = 20;
const COUNTRY_CODE: &str = "84";

/// What came in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Receipt(Receipt),
    Inbound(Inbound),
}

/// Reads deliveries with a lane's habits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    ids: ReceiptIds,
    dates: ReceiptDates,
    alphabet: Alphabet,
    unmarked: bool,
}

impl Reader {
    pub(crate) fn new(settings: &SmppSettings) -> Self {
        Self {
            ids: settings.receipt_ids,
            dates: settings.receipt_dates,
            alphabet: settings.alphabet,
            unmarked: settings.receipts_unmarked,
        }
    }

    pub(crate) fn read(&self, deliver: &Deliver<'_>) -> Fact {
        let kind = deliver.esm_class & KIND;
        let is_marked = matches!(kind, KIND_RECEIPT | KIND_ACKNOWLEDGEMENT | KIND_INTERMEDIATE)
            || deliver.receipted_message_id().is_some()
            || deliver.message_state().is_some();
        let text = self.text(deliver, is_marked);
        let read = ReceiptText::read(&text);
        if is_marked || (self.unmarked && read.is_receipt()) {
            Fact::Receipt(self.receipt(deliver, &read))
        } else {
            Fact::Inbound(Inbound {
                from: shown(deliver.source),
                to: shown(deliver.destination),
                text: text.chars().take(INBOUND_CHARS_MAX).collect(),
                ..Inbound::default()
            })
        }
    }

    fn receipt(&self, deliver: &Deliver<'_>, read: &ReceiptText<'_>) -> Receipt {
        let id = deliver.receipted_message_id().filter(|id| !id.is_empty()).unwrap_or(read.id.as_bytes());
        let verdict = match verdict(deliver.message_state(), read.stat) {
            ReceiptVerdict::Failed if deliver.esm_class & KIND == KIND_INTERMEDIATE => {
                ReceiptVerdict::Progress
            }
            verdict => verdict,
        };
        let address = address(deliver.source).or_else(|| address(deliver.destination));
        let is_plain = verdict == ReceiptVerdict::Delivered;
        Receipt {
            references: reference::candidates(id, self.ids),
            verdict,
            code: code(deliver, read),
            provider_at: receipt_text::date(read.done, self.dates),
            raw: (!is_plain).then(|| raw(deliver, read, address.as_deref())),
            address,
        }
    }

    /// The text in whatever alphabet it came. Receipts are ASCII, also where the default alphabet is GSM's
    /// (they differ in `@`, `$` and `_`, and ids may hold an underscore).
    fn text(&self, deliver: &Deliver<'_>, is_receipt: bool) -> String {
        let octets = deliver.text();
        let octets = match octets {
            [length, rest @ ..] if deliver.esm_class & WITH_HEADER != 0 => {
                rest.get(usize::from(*length)..).unwrap_or_default()
            }
            _ => octets,
        };
        match (deliver.data_coding, self.alphabet) {
            (8, _) => alphabet::ucs2_to_text(octets),
            (0, Alphabet::Gsm7) if !is_receipt && !looks_like_receipt(octets) => {
                alphabet::gsm7_to_text(octets)
            }
            _ => alphabet::latin1_to_text(octets),
        }
    }
}

fn looks_like_receipt(octets: &[u8]) -> bool {
    octets.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"id:"))
}

/// The parameter goes before the text, unless it says nothing and the text does.
fn verdict(state: Option<u8>, stat: &str) -> ReceiptVerdict {
    match state.map(verdict_of_state) {
        Some(verdict) if verdict != ReceiptVerdict::Unknown => verdict,
        _ => verdict_of_word(stat),
    }
}

/// `message_state` (SMPP 3.4 section 5.2.28, and 0 and 9 of 5.0). UNKNOWN (7) stays unknown: the provider
/// doesn't know, and calling that failed would send again what may have been read already.
fn verdict_of_state(state: u8) -> ReceiptVerdict {
    match state {
        2 => ReceiptVerdict::Delivered,
        3 | 4 | 5 | 8 | 9 => ReceiptVerdict::Failed,
        0 | 1 | 6 => ReceiptVerdict::Progress,
        _ => ReceiptVerdict::Unknown,
    }
}

fn verdict_of_word(word: &str) -> ReceiptVerdict {
    // SMSCs cut the words at seven letters, some write them out.
    let starts = |start: &str| word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    let table = [
        ("DELIV", ReceiptVerdict::Delivered),
        ("UNDELIV", ReceiptVerdict::Failed),
        ("EXPIRED", ReceiptVerdict::Failed),
        ("REJECT", ReceiptVerdict::Failed),
        ("DELETED", ReceiptVerdict::Failed),
        ("ACCEPT", ReceiptVerdict::Progress),
        ("ENROUTE", ReceiptVerdict::Progress),
        ("BUFFER", ReceiptVerdict::Progress),
        ("SCHEDUL", ReceiptVerdict::Progress),
        ("SKIPPED", ReceiptVerdict::Failed),
    ];
    table.iter().find(|row| starts(row.0)).map_or(ReceiptVerdict::Unknown, |row| row.1)
}

/// The error as written in the text, else the network's (type and number, section 5.3.2.31).
fn code(deliver: &Deliver<'_>, read: &ReceiptText<'_>) -> Option<String> {
    if !read.err.is_empty() {
        return Some(read.err.chars().take(CODE_CHARS_MAX).collect());
    }
    match deliver.parameter(tag::NETWORK_ERROR_CODE)? {
        &[network, high, low, ..] => Some(format!("{network}:{}", u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

/// E.164 digits, if it is a number; national numbers get the country's code.
fn address(octets: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(octets).ok()?.trim();
    let digits = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
    let is_number = (8..=ADDRESS_DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|octet| octet.is_ascii_digit());
    let national = digits.strip_prefix('0');
    is_number.then(|| national.map_or_else(|| digits.to_owned(), |rest| format!("{COUNTRY_CODE}{rest}")))
}

fn shown(octets: &[u8]) -> String {
    address(octets)
        .unwrap_or_else(|| alphabet::latin1_to_text(octets.get(..ADDRESS_DIGITS_MAX).unwrap_or(octets)))
}

/// The receipt for keeping: without the message text, with the number masked in whatever form it stands.
fn raw(deliver: &Deliver<'_>, read: &ReceiptText<'_>, address: Option<&str>) -> String {
    let mut text: String = read.head.chars().take(RAW_CHARS_MAX).collect();
    if let Some(national) = address.map(|address| address.strip_prefix(COUNTRY_CODE).unwrap_or(address))
        && let (Some(first), Some(last)) =
            (national.get(..2), national.get(national.len().saturating_sub(3)..))
    {
        text = text.replace(national, &format!("{first}***{last}"));
    }
    if let Some(state) = deliver.message_state() {
        text = format!("{text} [message_state {state}]");
    }
    text
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
