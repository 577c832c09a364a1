use std::sync::Arc;

use super::*;
use crate::{config::Password, frame};

fn encoder(change: impl FnOnce(&mut SmppSettings)) -> Encoder {
    let mut settings = SmppSettings::new("127.0.0.1:1", "loa", Password::new("secret"), "LANGSON");
    change(&mut settings);
    Encoder::new(&settings)
}

fn now() -> Timestamp {
    "2026-11-22T02:00:00Z".parse().unwrap()
}

fn submission(parts: usize, parts_done: &[u8]) -> Submission {
    let parts = (0..parts).map(|part| vec![u8::try_from(part).unwrap() + b'a'; 3]).collect();
    Submission {
        ticket: Ticket { alert: 1, route: 1, seq: 1, attempt: 1, strikes: 0, claim: 1 },
        address: Arc::from("84901234567"),
        body: Arc::new(Body::Sms(SmsBody { encoding: SmsEncoding::Gsm7, parts })),
        concat_reference: 0x1234,
        parts_done: parts_done.to_vec(),
        expires_at: now() + jiff::SignedDuration::from_hours(2),
    }
}

fn refused() -> Answer {
    crate::codes::answer(0x0B, &std::collections::BTreeMap::new())
}

fn throttled() -> Answer {
    crate::codes::answer(0x58, &std::collections::BTreeMap::new())
}

/// Parts as they are handed out while every answer is yes.
fn sequence(flight: &mut Flight, encoder: &Encoder) -> Vec<u8> {
    std::iter::from_fn(|| flight.next_part(encoder)).collect()
}

#[test]
fn parts_go_in_order_and_those_done_are_skipped() {
    let by_part = encoder(|_| {});
    let at_once = encoder(|settings| settings.long = LongMessages::Payload);
    type Parts<'a> = &'a [u8];
    let table: [(usize, Parts<'_>, Parts<'_>, Parts<'_>); 6] = [
        (1, &[], &[1], &[1]),
        (3, &[], &[1, 2, 3], &[1]),
        (3, &[1, 3], &[2], &[2]),
        (3, &[1], &[2, 3], &[2]),
        (2, &[1, 2], &[], &[]),
        (20, &[], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20], &[1]),
    ];
    for (parts, done, each, one) in table {
        assert_eq!(sequence(&mut Flight::new(submission(parts, done)), &by_part), each, "{parts} {done:?}");
        assert_eq!(sequence(&mut Flight::new(submission(parts, done)), &at_once), one, "{parts} {done:?}");
    }
}

#[test]
fn the_worst_answer_speaks_and_the_accepted_parts_are_listed() {
    let encoder = encoder(|_| {});
    let lost = uncertain(Unsent::LinkLost);
    let unsent = not_sent(Unsent::LinkLost);
    let table = [
        (vec![refused(), lost.clone()], lost.clone()),
        (vec![lost.clone(), refused()], lost),
        (vec![throttled(), refused()], refused()),
        (vec![unsent.clone(), throttled()], throttled()),
        (vec![unsent.clone(), unsent.clone()], unsent),
    ];
    for (answers, expected) in table {
        let mut flight = Flight::new(submission(3, &[]));
        assert_eq!(sequence(&mut flight, &encoder), [1, 2, 3]);
        flight.accept(1, "r1".to_owned(), &encoder);
        for answer in answers {
            flight.miss(answer);
        }
        assert!(!flight.waits() && !flight.has_more());
        let Report::Outcome { outcome, .. } = flight.into_report() else { panic!("not an outcome") };
        assert_eq!(outcome.accepted, [PartReference { part: 1, reference: "r1".to_owned() }]);
        assert_eq!(outcome.answer, expected);
    }
}

#[test]
fn after_a_no_the_parts_behind_it_stay_here() {
    let encoder = encoder(|_| {});
    let mut flight = Flight::new(submission(3, &[]));
    assert_eq!(flight.next_part(&encoder), Some(1));
    flight.miss(refused());
    assert_eq!(flight.next_part(&encoder), None);
    // Stopping a message that is wholly written changes nothing.
    let mut flight = Flight::new(submission(1, &[]));
    assert_eq!(flight.next_part(&encoder), Some(1));
    flight.stop(not_sent(Unsent::Unbound));
    flight.accept(1, String::new(), &encoder);
    let Report::Outcome { outcome, .. } = flight.into_report() else { panic!("not an outcome") };
    assert_eq!(outcome.answer, Answer::Accepted);
}

#[test]
fn one_pdu_for_all_parts_answers_for_all() {
    let encoder = encoder(|settings| settings.long = LongMessages::Payload);
    let mut flight = Flight::new(submission(3, &[]));
    assert_eq!(flight.next_part(&encoder), Some(1));
    flight.accept(1, "r".to_owned(), &encoder);
    let Report::Outcome { outcome, .. } = flight.into_report() else { panic!("not an outcome") };
    let listed: Vec<_> = outcome.accepted.iter().map(|part| (part.part, part.reference.as_str())).collect();
    assert_eq!(listed, [(1, "r"), (2, ""), (3, "")]);
}

/// The octets from `esm_class` on: what the settings change.
fn tail(encoder: &Encoder, submission: &Submission, part: u8) -> Vec<u8> {
    let mut out = BytesMut::new();
    encoder.part(&mut out, 1, submission, part, now());
    let (frame, _) = frame::next(&out, 1000).unwrap().unwrap();
    let at = frame.body.windows(12).position(|window| window == b"84901234567\0").unwrap();
    frame.body[at + 12..].to_vec()
}

#[test]
fn the_header_is_the_one_of_the_settings() {
    let long = |long| encoder(move |settings| settings.long = long);
    let start = |esm_class: u8, rest: &[u8]| {
        [&[esm_class, 0, 0, 0], b"000000020000000R\0".as_slice(), &[1, 0, 0, 0], rest].concat()
    };
    let table: [(LongMessages, Vec<u8>); 4] = [
        (LongMessages::Udh8, start(0x40, b"\x09\x05\0\x03\x34\x02\x02bbb")),
        (LongMessages::Udh16, start(0x40, b"\x0A\x06\x08\x04\x12\x34\x02\x02bbb")),
        (LongMessages::Sar, start(0, b"\x03bbb\x02\x0C\0\x02\x12\x34\x02\x0E\0\x01\x02\x02\x0F\0\x01\x02")),
        (LongMessages::Payload, start(0, b"\0\x04\x24\0\x06aaabbb")),
    ];
    for (way, expected) in table {
        assert_eq!(tail(&long(way), &submission(2, &[]), 2), expected, "{way:?}");
        assert_eq!(tail(&long(way), &submission(1, &[]), 1), start(0, b"\x03aaa"), "{way:?}, one part");
    }
}

#[test]
fn text_goes_in_the_alphabet_and_coding_of_the_lane() {
    let mut message = submission(1, &[]);
    let parts = vec![b"a\0\x1B\x28".to_vec()];
    message.body = Arc::new(Body::Sms(SmsBody { encoding: SmsEncoding::Gsm7, parts }));
    let ascii = encoder(|settings| {
        settings.alphabet = Alphabet::Ascii;
        settings.gsm7_data_coding = 1;
    });
    let sent = tail(&ascii, &message, 1);
    assert_eq!(&sent[sent.len() - 6..], b"\x01\0\x03a@{", "data_coding, default id, length, text");
    let sent = tail(&encoder(|_| {}), &message, 1);
    assert_eq!(&sent[sent.len() - 7..], b"\0\0\x04a\0\x1B\x28");
}

#[test]
fn the_validity_is_what_is_left_and_never_more_than_the_cap() {
    let encoder = encoder(|settings| settings.validity_max_s = 3 * 86_400);
    let table = [
        (0, "000000000001000R"),
        (59, "000000000059000R"),
        (3_661, "000000010101000R"),
        (100_000, "000001034640000R"),
        (10_000_000, "000003000000000R"),
    ];
    for (left_s, expected) in table {
        let validity = encoder.validity(now() + jiff::SignedDuration::from_secs(left_s), now());
        assert_eq!(std::str::from_utf8(&validity).unwrap(), expected, "{left_s}");
    }
}

#[test]
fn the_type_of_the_sender_is_guessed_and_can_be_set() {
    let table: [(&str, Option<u8>, &[u8]); 5] = [
        ("LANGSON", None, b"\0\x05\0LANGSON\0\x01\x01"),
        ("+84901234567", None, b"\0\x01\x0184901234567\0\x01\x01"),
        ("1900", None, b"\0\x03\x001900\0\x01\x01"),
        ("1900", Some(6), b"\0\x06\x001900\0\x01\x01"),
        ("UBND-LS", None, b"\0\x05\0UBND-LS\0\x01\x01"),
    ];
    for (source, ton, head) in table {
        let encoder = encoder(|settings| {
            settings.source = source.to_owned();
            settings.source_ton = ton;
        });
        assert_eq!(encoder.head, head, "{source}");
    }
}
