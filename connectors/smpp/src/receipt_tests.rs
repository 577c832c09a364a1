use super::*;
use crate::config::Password;

fn reader(change: impl FnOnce(&mut SmppSettings)) -> Reader {
    let mut settings = SmppSettings::new("127.0.0.1:1", "loa", Password::new("secret"), "LANGSON");
    change(&mut settings);
    Reader::new(&settings)
}

fn deliver(text: &str) -> Deliver<'_> {
    Deliver {
        source: b"84901234567",
        destination: b"LANGSON",
        esm_class: KIND_RECEIPT,
        data_coding: 0,
        short_message: text.as_bytes(),
        parameters: Vec::new(),
    }
}

fn receipt(deliver: &Deliver<'_>) -> Receipt {
    match reader(|_| {}).read(deliver) {
        Fact::Receipt(receipt) => receipt,
        Fact::Inbound(inbound) => panic!("not a receipt: {inbound:?}"),
    }
}

#[test]
fn words_and_states_become_verdicts() {
    use ReceiptVerdict::{Delivered, Failed, Progress, Unknown};
    let table = [
        (None, "DELIVRD", Delivered),
        (None, "delivered", Delivered),
        (None, "UNDELIV", Failed),
        (None, "EXPIRED", Failed),
        (None, "REJECTD", Failed),
        (None, "DELETED", Failed),
        (None, "ACCEPTD", Progress),
        (None, "ENROUTE", Progress),
        (None, "UNKNOWN", Unknown),
        (None, "THING", Unknown),
        (None, "", Unknown),
        (Some(2), "", Delivered),
        (Some(2), "UNDELIV", Delivered),
        (Some(5), "DELIVRD", Failed),
        (Some(7), "UNDELIV", Failed),
        (Some(7), "", Unknown),
        (Some(1), "", Progress),
        (Some(6), "", Progress),
    ];
    for (state, word, expected) in table {
        assert_eq!(verdict(state, word), expected, "{state:?} {word}");
    }
}

#[test]
fn a_plain_receipt_keeps_no_raw_text() {
    let read =
        receipt(&deliver("id:0A sub:001 dlvrd:001 done date:2611220901 stat:DELIVRD err:000 text:Canh bao"));
    assert_eq!(read.references, ["a", "10"]);
    assert_eq!((read.verdict, read.code.as_deref()), (ReceiptVerdict::Delivered, Some("000")));
    assert_eq!(read.address.as_deref(), Some("84901234567"));
    assert_eq!(read.provider_at, Some("2026-11-22T02:01:00Z".parse().unwrap()));
    assert_eq!(read.raw, None);
}

#[test]
fn a_failed_receipt_is_kept_without_text_and_number() {
    let read =
        receipt(&deliver("id:7 stat:UNDELIV err:045 to:0901234567 84901234567 text:Canh bao 0901234567"));
    let raw = read.raw.unwrap();
    assert_eq!(raw, "id:7 stat:UNDELIV err:045 to:090***567 8490***567");
    let long = format!("id:7 stat:UNDELIV err:{}", "9".repeat(60_000));
    assert!(receipt(&deliver(&long)).raw.unwrap().len() <= RAW_CHARS_MAX);
}

#[test]
fn parameters_go_before_the_text() {
    let mut both = deliver("id:7 stat:DELIVRD err:000");
    both.esm_class = 0;
    both.parameters = vec![(tag::RECEIPTED_MESSAGE_ID, b"00FF\0"), (tag::MESSAGE_STATE, b"\x05")];
    let read = receipt(&both);
    assert_eq!((read.references[0].as_str(), read.verdict), ("ff", ReceiptVerdict::Failed));
    let mut alone = deliver("");
    alone.parameters = vec![
        (tag::RECEIPTED_MESSAGE_ID, b"7"),
        (tag::MESSAGE_STATE, b"\x03"),
        (tag::NETWORK_ERROR_CODE, b"\x03\0\x2D"),
    ];
    let read = receipt(&alone);
    assert_eq!((read.verdict, read.code.as_deref()), (ReceiptVerdict::Failed, Some("3:45")));
    assert_eq!(read.raw.as_deref(), Some(" [message_state 3]"));
}

#[test]
fn a_receipt_that_says_nothing_is_kept_all_the_same() {
    let read = receipt(&deliver("what is this"));
    assert_eq!((read.references.len(), read.verdict), (0, ReceiptVerdict::Unknown));
    assert_eq!(read.raw.as_deref(), Some("what is this"));
}

#[test]
fn a_failed_try_is_only_progress() {
    let mut notice = deliver("id:7 stat:UNDELIV err:001");
    notice.esm_class = KIND_INTERMEDIATE;
    assert_eq!(receipt(&notice).verdict, ReceiptVerdict::Progress);
}

#[test]
fn a_message_from_a_person_is_no_receipt_even_if_it_looks_like_one() {
    let forged = Deliver { esm_class: 0, ..deliver("id:7 stat:DELIVRD err:000") };
    assert!(matches!(reader(|_| {}).read(&forged), Fact::Inbound(_)));
    assert!(matches!(reader(|settings| settings.receipts_unmarked = true).read(&forged), Fact::Receipt(_)));
}

#[test]
fn inbound_text_is_read_in_its_alphabet() {
    let table: [(u8, u8, &[u8], &str); 5] = [
        (0, 0, b"a\0\x1B\x65", "a@€"),
        (8, 0, &[0x1E, 0xA3, 0, b'n'], "ản"),
        (3, 0, b"\xE9t\xE9", "été"),
        (1, 0, b"plain", "plain"),
        (0, 0x40, b"\x05\0\x03\x01\x02\x01part", "part"),
    ];
    for (data_coding, esm_class, octets, expected) in table {
        let inbound =
            Deliver { esm_class, data_coding, short_message: octets, source: b"0901234567", ..deliver("") };
        let Fact::Inbound(read) = reader(|_| {}).read(&inbound) else { panic!("a receipt: {expected}") };
        assert_eq!((read.from.as_str(), read.text.as_str()), ("84901234567", expected));
    }
}

#[test]
fn addresses_have_one_form_and_are_found_on_either_side() {
    let table: [(&[u8], &[u8], Option<&str>); 6] = [
        (b"+84901234567", b"LANGSON", Some("84901234567")),
        (b"0084901234567", b"LANGSON", Some("84901234567")),
        (b"0901234567", b"LANGSON", Some("84901234567")),
        (b"LANGSON", b"84901234567", Some("84901234567")),
        (b"1900", b"LANGSON", None),
        (b"", b"", None),
    ];
    for (source, destination, expected) in table {
        let read = receipt(&Deliver { source, destination, ..deliver("id:1 stat:DELIVRD") });
        assert_eq!(read.address.as_deref(), expected);
    }
}
