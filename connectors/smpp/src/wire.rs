//! PDUs to bytes and back. What is rare is written by the codec library; what comes once per message is
//! written and read by hand, because the library's strict decoder drops receipts that real SMSCs send
//! (a stray octet, an id without its NUL) and costs ten times as much. Tests hold both against each other.

use bytes::{BufMut, BytesMut};
use rusmpp::{
    Command, CommandId, CommandStatus, Pdu,
    encode::{Length, owned::Encode},
    types::AnyOctetString,
};

use crate::{
    config::SmppSettings,
    frame::{Frame, HEADER_OCTETS, id},
};

/// Version 3.4; peers of 3.3 and 5.0 accept it.
const INTERFACE_VERSION: u8 = 0x34;
/// `sm_length` is one octet and 255 is reserved (SMPP 3.4 section 5.2.21).
const SHORT_MESSAGE_OCTETS_MAX: usize = 254;
/// Octets of a bad PDU's body shown in a log line.
const DUMP_OCTETS_MAX: usize = 96;

/// Optional parameters (SMPP 3.4 section 5.3.2).
pub(crate) mod tag {
    pub(crate) const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
    pub(crate) const SAR_MSG_REF_NUM: u16 = 0x020C;
    pub(crate) const SAR_TOTAL_SEGMENTS: u16 = 0x020E;
    pub(crate) const SAR_SEGMENT_SEQNUM: u16 = 0x020F;
    pub(crate) const NETWORK_ERROR_CODE: u16 = 0x0423;
    pub(crate) const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub(crate) const MESSAGE_STATE: u16 = 0x0427;
}

/// A bind of the kind `command`. Written as raw octets inside the library's PDU, because the library
/// refuses passwords longer than 8 characters and carriers hand them out.
pub(crate) fn bind(out: &mut BytesMut, command: u32, sequence: u32, settings: &SmppSettings) {
    let mut body = Vec::new();
    for text in [settings.system_id.as_str(), settings.password.expose(), settings.system_type.as_str()] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    // Version, then TON, NPI and range of the addresses served: all of them.
    body.extend_from_slice(&[INTERFACE_VERSION, 0, 0, 0]);
    let pdu = Pdu::Other { command_id: CommandId::from(command), body: AnyOctetString::from_vec(body) };
    put(out, &Command::new(CommandStatus::EsmeRok, sequence, pdu));
}

pub(crate) fn enquire_link(out: &mut BytesMut, sequence: u32) {
    put(out, &Command::new(CommandStatus::EsmeRok, sequence, Pdu::EnquireLink));
}

pub(crate) fn enquire_link_resp(out: &mut BytesMut, sequence: u32) {
    put(out, &Command::new(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp));
}

pub(crate) fn unbind(out: &mut BytesMut, sequence: u32) {
    put(out, &Command::new(CommandStatus::EsmeRok, sequence, Pdu::Unbind));
}

pub(crate) fn unbind_resp(out: &mut BytesMut, sequence: u32) {
    put(out, &Command::new(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp));
}

pub(crate) fn generic_nack(out: &mut BytesMut, status: u32, sequence: u32) {
    put(out, &Command::new(CommandStatus::from(status), sequence, Pdu::GenericNack));
}

fn put(out: &mut BytesMut, command: &Command) {
    out.put_u32(u32::try_from(4 + command.length()).unwrap_or(u32::MAX));
    command.encode(out);
}

/// The response to a `deliver_sm` or `data_sm`; its message id is unused and empty.
pub(crate) fn delivery_resp(out: &mut BytesMut, request: u32, status: u32, sequence: u32) {
    put_header(out, HEADER_OCTETS + 1, request | id::RESPONSE, status, sequence);
    out.put_u8(0);
}

fn put_header(out: &mut BytesMut, octets: usize, command: u32, status: u32, sequence: u32) {
    out.reserve(octets);
    out.put_u32(u32::try_from(octets).unwrap_or(u32::MAX));
    out.put_u32(command);
    out.put_u32(status);
    out.put_u32(sequence);
}

/// What differs from one `submit_sm` to the next on a lane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Submit<'a> {
    /// `service_type` up to the destination's TON and NPI, the same for the whole lane.
    pub(crate) head: &'a [u8],
    pub(crate) destination: &'a str,
    pub(crate) esm_class: u8,
    /// Relative, 16 characters (SMPP 3.4 section 7.1.1).
    pub(crate) validity: &'a [u8],
    pub(crate) data_coding: u8,
    /// User data header, or empty.
    pub(crate) header: &'a [u8],
    pub(crate) text: &'a [u8],
    /// `message_payload` although the text would fit.
    pub(crate) as_payload: bool,
    /// Reference, total and number for the SMSC to write the header itself.
    pub(crate) sar: Option<(u16, u8, u8)>,
}

/// A `submit_sm` that asks for a final receipt. `esm_class` is always written: the library's default is
/// 0x08, a delivery acknowledgement.
pub(crate) fn submit_sm(out: &mut BytesMut, sequence: u32, submit: &Submit<'_>) {
    let start = out.len();
    put_header(out, HEADER_OCTETS, id::SUBMIT_SM, 0, sequence);
    out.put_slice(submit.head);
    put_text(out, submit.destination.as_bytes());
    out.put_slice(&[submit.esm_class, 0, 0, 0]); // protocol_id, priority_flag, no schedule
    put_text(out, submit.validity);
    out.put_slice(&[1, 0, submit.data_coding, 0]); // registered_delivery, replace flag, …, default id
    let octets = submit.header.len() + submit.text.len();
    let short = octets <= SHORT_MESSAGE_OCTETS_MAX && !submit.as_payload;
    if short {
        out.put_u8(u8::try_from(octets).unwrap_or(0));
        out.put_slice(submit.header);
        out.put_slice(submit.text);
    } else {
        out.put_u8(0);
        out.put_u16(tag::MESSAGE_PAYLOAD);
        out.put_u16(u16::try_from(octets).unwrap_or(u16::MAX));
        out.put_slice(submit.header);
        out.put_slice(submit.text);
    }
    if let Some((reference, total, number)) = submit.sar {
        out.put_u16(tag::SAR_MSG_REF_NUM);
        out.put_u16(2);
        out.put_u16(reference);
        for (tag, value) in [(tag::SAR_TOTAL_SEGMENTS, total), (tag::SAR_SEGMENT_SEQNUM, number)] {
            out.put_u16(tag);
            out.put_u16(1);
            out.put_u8(value);
        }
    }
    let octets = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(length) = out.get_mut(start..start + 4) {
        length.copy_from_slice(&octets.to_be_bytes());
    }
}

fn put_text(out: &mut BytesMut, text: &[u8]) {
    out.put_slice(text);
    out.put_u8(0);
}

/// The id in the body of a `submit_sm_resp`; empty if there is none, and read without its NUL too.
pub(crate) fn message_id(body: &[u8]) -> &[u8] {
    until_nul(body)
}

/// A `deliver_sm` or `data_sm`, as far as it matters here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Deliver<'a> {
    pub(crate) source: &'a [u8],
    pub(crate) destination: &'a [u8],
    pub(crate) esm_class: u8,
    pub(crate) data_coding: u8,
    pub(crate) short_message: &'a [u8],
    pub(crate) parameters: Vec<(u16, &'a [u8])>,
}

impl<'a> Deliver<'a> {
    /// Reads what is there: texts of any length and letters, a text shorter than it claims, stray octets at
    /// the end. `None` only if the addresses can't be found.
    pub(crate) fn read(frame: &Frame<'a>) -> Option<Self> {
        let mut rest = Rest(frame.body);
        rest.text()?; // service_type
        rest.take(2)?;
        let source = rest.text()?;
        rest.take(2)?;
        let destination = rest.text()?;
        let mut deliver = Self { source, destination, ..Self::default() };
        if frame.id == id::DATA_SM {
            let &[esm_class, _, data_coding] = rest.take(3)? else { return None };
            (deliver.esm_class, deliver.data_coding) = (esm_class, data_coding);
        } else {
            let &[esm_class, _, _] = rest.take(3)? else { return None };
            rest.text()?; // schedule_delivery_time
            rest.text()?; // validity_period
            let &[_, _, data_coding, _, length] = rest.take(5)? else { return None };
            (deliver.esm_class, deliver.data_coding) = (esm_class, data_coding);
            deliver.short_message = rest.take_up_to(usize::from(length));
        }
        while let Some(&[tag_high, tag_low, length_high, length_low]) = rest.take(4) {
            let length = u16::from_be_bytes([length_high, length_low]);
            let value = rest.take_up_to(usize::from(length));
            deliver.parameters.push((u16::from_be_bytes([tag_high, tag_low]), value));
        }
        Some(deliver)
    }

    pub(crate) fn parameter(&self, tag: u16) -> Option<&'a [u8]> {
        self.parameters.iter().find(|parameter| parameter.0 == tag).map(|parameter| parameter.1)
    }

    pub(crate) fn receipted_message_id(&self) -> Option<&'a [u8]> {
        self.parameter(tag::RECEIPTED_MESSAGE_ID).map(until_nul)
    }

    /// The last octet: some SMSCs write the state in two.
    pub(crate) fn message_state(&self) -> Option<u8> {
        self.parameter(tag::MESSAGE_STATE)?.last().copied()
    }

    /// The text, wherever it travels.
    pub(crate) fn text(&self) -> &'a [u8] {
        match self.parameter(tag::MESSAGE_PAYLOAD) {
            Some(payload) if self.short_message.is_empty() => payload,
            _ => self.short_message,
        }
    }
}

fn until_nul(octets: &[u8]) -> &[u8] {
    octets.split(|&octet| octet == 0).next().unwrap_or_default()
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn take_up_to(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|&octet| octet == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }
}

/// A bad PDU for the log: its header, and of its body only the control octets, which show the structure.
/// Letters and digits are hidden, so that neither text nor number gets out.
pub(crate) fn dump(frame: &Frame<'_>) -> String {
    use std::fmt::Write;
    let mut shown = format!(
        "id {:08x} status {:08x} sequence {} body of {} octets:",
        frame.id,
        frame.status,
        frame.sequence,
        frame.body.len()
    );
    for &octet in frame.body.iter().take(DUMP_OCTETS_MAX) {
        // Writing to a String can't fail.
        let _written = if octet < 0x20 { write!(shown, " {octet:02x}") } else { write!(shown, " **") };
    }
    if frame.body.len() > DUMP_OCTETS_MAX {
        shown.push_str(" …");
    }
    shown
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
