//! SMPP 3.4 as bytes, the writing side. Everything is appended to the connection's one buffer; the
//! length is filled in last.

use super::wire::{command, tag};

/// Starts a PDU; returns where it starts.
pub(crate) fn open(out: &mut Vec<u8>, command: u32, status: u32, sequence: u32) -> usize {
    let start = out.len();
    let mut header = [0; 16];
    header[4..8].copy_from_slice(&command.to_be_bytes());
    header[8..12].copy_from_slice(&status.to_be_bytes());
    header[12..].copy_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(&header);
    start
}

/// Fills the length in.
pub(crate) fn close(out: &mut [u8], start: usize) {
    let length = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

pub(crate) fn parameter(out: &mut Vec<u8>, tag: u16, value: &[u8]) {
    out.extend_from_slice(&tag.to_be_bytes());
    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
    out.extend_from_slice(value);
}

/// A PDU without a body: `enquire_link`, `unbind`, their responses, `generic_nack`, refusals.
pub(crate) fn bare(out: &mut Vec<u8>, command: u32, status: u32, sequence: u32) {
    let start = open(out, command, status, sequence);
    close(out, start);
}

/// The name of this message centre.
const SYSTEM_ID: &[u8] = b"smsc\0";

pub(crate) fn bind_response(out: &mut Vec<u8>, command: u32, sequence: u32, interface_version: u8) {
    let start = open(out, command | command::RESPONSE, 0, sequence);
    out.extend_from_slice(SYSTEM_ID);
    if interface_version != 0 {
        parameter(out, tag::SC_INTERFACE_VERSION, &[interface_version]);
    }
    close(out, start);
}

/// A short message from a phone, as a `deliver_sm` that is not a receipt.
pub(crate) fn message(out: &mut Vec<u8>, sequence: u32, text: &[u8]) {
    let start = open(out, command::DELIVER_SM, 0, sequence);
    out.extend_from_slice(b"\0\x01\x0184900000000\0\x03\x008000\0");
    out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, text.len() as u8]);
    out.extend_from_slice(text);
    close(out, start);
}
