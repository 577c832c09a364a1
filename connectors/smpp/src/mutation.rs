//! Octets no carrier should send: mutated and arbitrary ones never panic, are never read in two ways, and
//! where the codec library's strict decoder accepts a delivery, ours reads the same.

use bytes::BytesMut;
use rusmpp::{Command, Pdu, decode::DecodeWithLength};

use crate::{
    config::{Password, ReceiptDates, SmppSettings},
    frame::{self, Frame, id},
    receipt::{Fact, Reader},
    receipt_text::{self, ReceiptText},
    wire::{self, Deliver},
};

/// Cases per test; `LOA_MUTATIONS` asks for more.
const CASES: u32 = 300_000;

fn cases() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch, not a setting of the product")]
    let asked = std::env::var("LOA_MUTATIONS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(CASES)
}

/// splitmix64: the same cases on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn octet(&mut self) -> u8 {
        // Half of them such as steer a parser.
        const STEERING: &[u8] = b"\0\0\x01\x02\x04\x08\x1E\x27\x7F\x80\xFF\xFE :0";
        if self.next().is_multiple_of(2) {
            STEERING[self.below(STEERING.len())]
        } else {
            self.next().to_le_bytes()[0]
        }
    }

    fn mutate(&mut self, octets: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(octets.len());
            match self.below(5) {
                0 if !octets.is_empty() => octets[at] = self.octet(),
                1 => octets.insert(at, self.octet()),
                2 if !octets.is_empty() => {
                    octets.remove(at);
                }
                3 => octets.truncate(at),
                _ => {
                    let copied: Vec<u8> = octets[at..].iter().take(8).copied().collect();
                    octets.extend(copied);
                }
            }
        }
    }
}

const TEXT: &str = "id:0123456789 sub:001 dlvrd:001 submit date:2611220900 done date:2611220901 stat:DELIVRD err:000 text:Canh bao";

fn delivery() -> Vec<u8> {
    let mut body = b"\0\x01\x0184901234567\0\x05\0LANGSON\0\x04\0\0\0\0\0\0\0\0".to_vec();
    body.push(u8::try_from(TEXT.len()).unwrap());
    body.extend_from_slice(TEXT.as_bytes());
    body.extend_from_slice(b"\0\x1E\0\x0B0123456789\0\x04\x27\0\x01\x02\x04\x23\0\x03\x03\0\x2D");
    body
}

fn pdu(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    [&length.to_be_bytes()[..], &id::DELIVER_SM.to_be_bytes(), &[0; 4], &[0, 0, 0, 7], body].concat()
}

#[test]
fn a_stream_of_anything_is_cut_or_refused() {
    let mut chance = Chance(1);
    for case in 0..cases() {
        let mut stream = pdu(&delivery());
        stream.extend(pdu(b"x"));
        chance.mutate(&mut stream);
        let mut rest = stream.as_slice();
        let mut taken = 0;
        while let Ok(Some((frame, octets))) = frame::next(rest, 4096) {
            assert!(octets >= 16 && frame.body.len() + 16 == octets, "case {case}");
            taken += octets;
            rest = &rest[octets..];
        }
        assert!(taken <= stream.len());
    }
}

#[test]
fn a_delivery_of_anything_is_read_or_refused_and_kept_within_bounds() {
    let mut settings = SmppSettings::new("127.0.0.1:1", "loa", Password::new("secret"), "LANGSON");
    settings.receipts_unmarked = true;
    let reader = Reader::new(&settings);
    let mut chance = Chance(2);
    let mut readable = 0;
    for case in 0..cases() {
        let mut body = delivery();
        chance.mutate(&mut body);
        let command = if chance.next().is_multiple_of(4) { id::DATA_SM } else { id::DELIVER_SM };
        let frame = Frame { id: command, status: 0, sequence: 1, body: &body };
        assert!(wire::dump(&frame).len() < 600, "case {case}");
        let Some(deliver) = Deliver::read(&frame) else { continue };
        readable += 1;
        if let Fact::Receipt(receipt) = reader.read(&deliver) {
            assert!(receipt.references.len() <= 3, "case {case}");
            assert!(receipt.references.iter().all(|form| form.chars().count() <= 160), "case {case}");
            assert!(receipt.raw.is_none_or(|raw| raw.chars().count() <= 340), "case {case}");
        }
    }
    assert!(readable > cases() / 2, "{readable}: the mutations should leave most readable");
}

#[test]
fn where_the_strict_decoder_accepts_ours_reads_the_same() {
    let mut chance = Chance(3);
    let mut agreed = 0;
    for case in 0..cases() / 3 {
        let mut body = delivery();
        chance.mutate(&mut body);
        let octets = pdu(&body);
        let mut strict = BytesMut::from(&octets[4..]);
        let length = strict.len();
        let Ok((command, read)) = <Command as DecodeWithLength>::decode(&mut strict, length) else {
            continue;
        };
        let Some(Pdu::DeliverSm(theirs)) = command.pdu() else { continue };
        if read != length {
            continue;
        }
        let frame = Frame { id: id::DELIVER_SM, status: 0, sequence: 7, body: &body };
        let ours = Deliver::read(&frame).unwrap_or_else(|| panic!("case {case}: {body:02x?}"));
        assert_eq!(ours.source, theirs.source_addr.as_str().as_bytes(), "case {case}");
        assert_eq!(ours.destination, theirs.destination_addr.as_str().as_bytes(), "case {case}");
        assert_eq!(ours.esm_class, u8::from(theirs.esm_class), "case {case}");
        assert_eq!(ours.data_coding, u8::from(theirs.data_coding), "case {case}");
        assert_eq!(ours.short_message, theirs.short_message().as_ref(), "case {case}");
        agreed += 1;
    }
    assert!(agreed > cases() / 100, "{agreed}: too few cases compared");
}

#[test]
fn a_receipt_text_of_anything_is_read() {
    let mut chance = Chance(4);
    for _ in 0..cases() {
        let mut octets = TEXT.as_bytes().to_vec();
        chance.mutate(&mut octets);
        let text = String::from_utf8_lossy(&octets);
        let read = ReceiptText::read(&text);
        let _date = receipt_text::date(read.done, ReceiptDates::Local);
        assert!(text.contains(read.id) && text.starts_with(read.head));
    }
}
