use std::str::FromStr;

use bytes::Buf;
use rusmpp::{decode::DecodeWithLength, pdus::*, tlvs::*, types::*, values::*};

use super::*;
use crate::{
    config::{Password, SmppSettings},
    frame,
};

/// Our octets, read by the codec library's own decoder.
fn decoded(octets: &BytesMut) -> Command {
    let (_, length) = frame::next(octets, 100_000).unwrap().unwrap();
    assert_eq!(length, octets.len(), "command_length");
    let mut body = octets.clone();
    body.advance(4);
    let length = body.len();
    <Command as DecodeWithLength>::decode(&mut body, length).unwrap().0
}

fn submit(head: &[u8]) -> Submit<'_> {
    Submit {
        head,
        destination: "84901234567",
        esm_class: 0,
        validity: b"000001000000000R",
        data_coding: 8,
        header: &[],
        text: &[0x1E, 0xA3],
        as_payload: false,
        sar: None,
    }
}

const HEAD: &[u8] = b"\0\x05\0LANGSON\0\x01\x01";

fn written(submit: &Submit<'_>) -> SubmitSm {
    let mut out = BytesMut::new();
    submit_sm(&mut out, 77, submit);
    let command = decoded(&out);
    assert_eq!((command.sequence_number(), u32::from(command.status())), (77, 0));
    match command.pdu() {
        Some(Pdu::SubmitSm(read)) => read.clone(),
        other => panic!("not a submit_sm: {other:?}"),
    }
}

#[test]
fn a_submission_reads_back_with_every_field() {
    let read = written(&submit(HEAD));
    assert_eq!(read.source_addr.as_str(), "LANGSON");
    assert_eq!((u8::from(read.source_addr_ton), u8::from(read.source_addr_npi)), (5, 0));
    assert_eq!(read.destination_addr.as_str(), "84901234567");
    assert_eq!((u8::from(read.dest_addr_ton), u8::from(read.dest_addr_npi)), (1, 1));
    assert_eq!(u8::from(read.esm_class), 0, "the library's default would be 0x08");
    assert_eq!(u8::from(read.registered_delivery), 1);
    assert_eq!(u8::from(read.data_coding), 8);
    assert_eq!(read.validity_period.as_str(), "000001000000000R");
    assert_eq!(read.short_message().as_ref(), [0x1E, 0xA3]);
    assert!(read.tlvs().is_empty());
}

#[test]
fn long_messages_read_back_in_every_form() {
    let header = [5, 0, 3, 7, 2, 1];
    let read = written(&Submit { esm_class: 0x40, header: &header, ..submit(HEAD) });
    assert_eq!(u8::from(read.esm_class), 0x40);
    assert_eq!(read.short_message().as_ref(), [5, 0, 3, 7, 2, 1, 0x1E, 0xA3]);

    let read = written(&Submit { sar: Some((0x1234, 3, 2)), ..submit(HEAD) });
    let values: Vec<_> = read.tlvs().iter().filter_map(|tlv| tlv.value().cloned()).collect();
    let expected =
        [TlvValue::SarMsgRefNum(0x1234), TlvValue::SarTotalSegments(3), TlvValue::SarSegmentSeqnum(2)];
    assert_eq!(values, expected);

    for (as_payload, octets) in [(true, 2), (false, 400)] {
        let text = vec![b'x'; octets];
        let read = written(&Submit { as_payload, text: &text, ..submit(HEAD) });
        assert!(read.short_message().as_ref().is_empty());
        let Some(TlvValue::MessagePayload(payload)) = read.tlvs()[0].value() else { panic!("no payload") };
        assert_eq!(payload.value.as_ref(), text);
    }
}

#[test]
fn small_pdus_read_back() {
    type Write = fn(&mut BytesMut);
    let table: [(Write, CommandId, u32); 6] = [
        (|out| enquire_link(out, 9), CommandId::EnquireLink, 0),
        (|out| enquire_link_resp(out, 9), CommandId::EnquireLinkResp, 0),
        (|out| unbind(out, 9), CommandId::Unbind, 0),
        (|out| unbind_resp(out, 9), CommandId::UnbindResp, 0),
        (|out| generic_nack(out, 3, 9), CommandId::GenericNack, 3),
        (|out| delivery_resp(out, id::DELIVER_SM, 0x64, 9), CommandId::DeliverSmResp, 0x64),
    ];
    for (write, id, status) in table {
        let mut out = BytesMut::new();
        write(&mut out);
        let command = decoded(&out);
        assert_eq!((command.id(), u32::from(command.status()), command.sequence_number()), (id, status, 9));
    }
}

#[test]
fn a_bind_may_have_a_password_longer_than_the_standard_allows() {
    let bound = |password: &str| {
        let settings = SmppSettings::new("127.0.0.1:1", "loa", Password::new(password), "LANGSON");
        let mut out = BytesMut::new();
        bind(&mut out, id::BIND_TRANSMITTER, 1, &settings);
        out
    };
    match decoded(&bound("secret")).pdu() {
        Some(Pdu::BindTransmitter(read)) => {
            assert_eq!((read.system_id.as_str(), read.password.as_str()), ("loa", "secret"));
            assert_eq!(read.interface_version, InterfaceVersion::Smpp3_4);
        }
        other => panic!("not a bind: {other:?}"),
    }
    let long = bound("a-password-of-many-characters");
    assert_eq!(&long[HEADER_OCTETS..], b"loa\0a-password-of-many-characters\0\0\x34\0\0\0");
}

/// A receipt as the codec library writes it.
fn receipt(text: &str) -> BytesMut {
    let deliver = DeliverSm::builder()
        .source_addr(COctetString::from_str("84901234567").unwrap())
        .destination_addr(COctetString::from_str("LANGSON").unwrap())
        .esm_class(EsmClass::from(0x04_u8))
        .short_message(OctetString::from_slice(text.as_bytes()).unwrap())
        .push_tlv(MessageDeliveryRequestTlvValue::ReceiptedMessageId(COctetString::from_str("id-7").unwrap()))
        .push_tlv(MessageDeliveryRequestTlvValue::MessageState(MessageState::Delivered))
        .build();
    let mut out = BytesMut::new();
    put(&mut out, &Command::new(CommandStatus::EsmeRok, 5, deliver));
    out
}

#[test]
fn what_the_library_writes_is_read_the_same() {
    let octets = receipt("id:7 stat:DELIVRD");
    let (frame, _) = frame::next(&octets, 1000).unwrap().unwrap();
    let read = Deliver::read(&frame).unwrap();
    assert_eq!((read.source, read.destination), (&b"84901234567"[..], &b"LANGSON"[..]));
    assert_eq!((read.esm_class, read.text()), (0x04, &b"id:7 stat:DELIVRD"[..]));
    assert_eq!((read.receipted_message_id(), read.message_state()), (Some(&b"id-7"[..]), Some(2)));
}

#[test]
fn what_a_strict_decoder_would_drop_is_still_read() {
    let head = b"\0\x01\x0184901234567\0\x05\0LANGSON\0\x04\0\0\0\0\0\0\0\0";
    let read = |rest: &[u8]| {
        let body = [head.as_slice(), rest].concat();
        let frame = Frame { id: id::DELIVER_SM, status: 0, sequence: 1, body: &body };
        let deliver = Deliver::read(&frame).unwrap();
        let id = deliver.receipted_message_id().map(<[u8]>::to_vec);
        (deliver.text().to_vec(), id, deliver.message_state())
    };
    let id = Some(b"ab".to_vec());
    let table: [(&[u8], _); 7] = [
        (b"\x02hi\0\x1E\0\x02ab", (b"hi".to_vec(), id.clone(), None)),
        (b"\x02hi\0\x1E\0\x04ab\0\0", (b"hi".to_vec(), id.clone(), None)),
        (b"\x02hi\x04\x27\0\x02\0\x02", (b"hi".to_vec(), None, Some(2))),
        (b"\x02hi\0\0", (b"hi".to_vec(), None, None)),
        (b"\x09hi", (b"hi".to_vec(), None, None)),
        (b"\0\x04\x24\0\x02hi", (b"hi".to_vec(), None, None)),
        (b"\x02hi\0\x1E\xFF\xFFab", (b"hi".to_vec(), id, None)),
    ];
    for (rest, expected) in table {
        assert_eq!(read(rest), expected, "{rest:02x?}");
    }
    let short = Frame { id: id::DELIVER_SM, status: 0, sequence: 1, body: b"no nul" };
    assert_eq!(Deliver::read(&short), None);
}

#[test]
fn an_id_is_read_with_and_without_its_end() {
    let table: [(&[u8], &[u8]); 4] = [(b"a1\0", b"a1"), (b"a1", b"a1"), (b"", b""), (b"a\0stray", b"a")];
    for (body, id) in table {
        assert_eq!(message_id(body), id);
    }
}

#[test]
fn a_dump_shows_structure_and_no_text() {
    let body = b"\0\x01\x0184901234567\0Canh bao \xE1\xBA\xA3";
    let shown = dump(&Frame { id: id::DELIVER_SM, status: 0, sequence: 1, body });
    assert!(shown.contains("00 01 01 ** **"), "{shown}");
    assert!(!shown.contains("38") && !shown.contains("849") && !shown.contains("ba"), "{shown}");
    let long = dump(&Frame { id: 1, status: 0, sequence: 1, body: &[0; 5000] });
    assert!(long.len() < 400, "{}", long.len());
}
