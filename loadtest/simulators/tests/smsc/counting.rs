use crate::client::*;
use simulators::smsc::{Counts, SmscScript};

fn keeping() -> SmscScript {
    SmscScript { keep_texts: true, ..SmscScript::default() }
}

/// How a part says which part it is.
#[derive(Debug, Clone, Copy)]
enum Way {
    Udh8,
    Udh16,
    Sar,
}

/// Sends one part of a UCS-2 message of three.
async fn part(client: &mut Client, way: Way, number: &str, reference: u8, position: u8, text: &str) {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut octets = match way {
        Way::Udh8 => vec![5, 0, 3, reference, 3, position],
        Way::Udh16 => vec![6, 8, 4, 1, reference, 3, position],
        Way::Sar => Vec::new(),
    };
    octets.extend_from_slice(&units);
    let sar_reference = [1, reference];
    let sar: [(u16, &[u8]); 3] = [(0x020C, &sar_reference), (0x020E, &[3]), (0x020F, &[position])];
    let message = match way {
        Way::Sar => Message { text: &octets, tlvs: &sar, ..to(number) },
        Way::Udh8 | Way::Udh16 => Message { text: &octets, esm_class: 0x40, ..to(number) },
    };
    let answer = client.submit(&Message { coding: 8, registered: 0, ..message }).await;
    assert_eq!(answer.status, 0);
}

/// Messages, different ones, parts again, messages again.
fn books(counts: &Counts) -> (u64, u64, u64, u64) {
    (counts.messages, counts.distinct_messages, counts.duplicate_parts, counts.duplicate_messages)
}

#[tokio::test]
async fn long_messages_are_put_together_in_every_way() {
    let (smsc, mut client) = bound(keeping()).await;
    let texts = ["Lũ sông ", "Kỳ Cùng ", "lên nhanh 🌊"];
    for (reference, way, number) in
        [(1, Way::Udh8, "84900000001"), (1, Way::Udh16, "84900000002"), (1, Way::Sar, "84900000003")]
    {
        for position in [3, 1, 2] {
            part(&mut client, way, number, reference, position, texts[usize::from(position) - 1]).await;
        }
        let number = number.parse().unwrap();
        assert_eq!(smsc.text_for(number).as_deref(), Some("Lũ sông Kỳ Cùng lên nhanh 🌊"), "{way:?}");
        assert_eq!(smsc.accepted(number), 1);
    }
    let payload: Vec<u8> = texts.concat().encode_utf16().flat_map(u16::to_be_bytes).collect();
    let tlvs: [(u16, &[u8]); 1] = [(0x0424, &payload)];
    let whole = Message { text: b"", tlvs: &tlvs, coding: 8, ..to("84900000001") };
    assert_eq!(client.submit(&Message { registered: 0, ..whole }).await.status, 0);
    assert_eq!(smsc.texts_for(84900000001).len(), 2);
    assert_eq!(smsc.counts().accepted_parts, 10);
    assert_eq!(books(&smsc.counts()), (4, 3, 1, 1), "the same sender, number and text, whatever the way");
}

#[tokio::test]
async fn copies_are_counted_by_sender_number_and_text() {
    let (smsc, mut client) = bound(keeping()).await;
    let plain = Message { registered: 0, ..to("84900000001") };
    client.submit(&plain).await;
    assert_eq!(books(&smsc.counts()), (1, 1, 0, 0));
    client.submit(&plain).await;
    client.submit(&plain).await;
    assert_eq!(books(&smsc.counts()), (3, 1, 2, 2));
    client.submit(&Message { number: "84900000002", ..plain.clone() }).await;
    client.submit(&Message { source: "PCTT", ..plain.clone() }).await;
    client.submit(&Message { text: b"Goi 113", ..plain }).await;
    assert_eq!(books(&smsc.counts()), (6, 4, 2, 2));
    let mut numbers: Vec<_> = smsc.numbers().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [(84900000001, 5), (84900000002, 1)]);
    assert_eq!(smsc.text_for(84900000001).as_deref(), Some("Goi 113"));
}

#[tokio::test]
async fn repeated_parts_fold_to_messages() {
    let (smsc, mut client) = bound(SmscScript::default()).await;
    let number = "84900000001";
    for position in 1..=3 {
        part(&mut client, Way::Udh8, number, 1, position, &format!("part {position}")).await;
    }
    assert_eq!(books(&smsc.counts()), (1, 1, 0, 0));
    part(&mut client, Way::Udh8, number, 1, 2, "part 2").await;
    assert_eq!(books(&smsc.counts()), (1, 1, 1, 1), "one part again is one message touched again");
    for position in 1..=3 {
        part(&mut client, Way::Udh16, number, 9, position, &format!("part {position}")).await;
    }
    assert_eq!(books(&smsc.counts()), (2, 1, 4, 2), "a whole copy is one, whatever its reference");
    for position in 1..=3 {
        part(&mut client, Way::Udh16, number, 10, position, &format!("other {position}")).await;
        part(&mut client, Way::Udh16, "84900000002", 11, position, &format!("part {position}")).await;
    }
    assert_eq!(books(&smsc.counts()), (4, 3, 4, 2), "other text or other number is no copy");
    for (position, text) in [(1, "par"), (2, "t 1par"), (3, "t 2part 3")] {
        part(&mut client, Way::Sar, "84900000002", 12, position, text).await;
    }
    assert_eq!(books(&smsc.counts()), (5, 3, 4, 3), "cut at other places it is the same message");
}

#[tokio::test]
async fn the_carrier_knows_when_each_text_came_and_how_often() {
    let (smsc, mut client) = bound(SmscScript::default()).await;
    assert_eq!(smsc.span(), None);
    let plain = Message { registered: 0, ..to("84900000001") };
    let urgent = Message { text: b"Goi 113", ..plain.clone() };
    client.submit(&plain).await;
    client.submit(&urgent).await;
    client.submit(&Message { number: "84900000002", ..urgent.clone() }).await;
    client.submit(&plain).await;
    assert_eq!(smsc.copies(84900000001, plain.text), 2);
    assert_eq!(smsc.copies(84900000001, urgent.text), 1);
    assert_eq!(smsc.copies(84900000002, plain.text), 0);
    let seen = smsc.texts_seen();
    let of = |text: &[u8]| seen.iter().find(|seen| seen.text.as_bytes() == text).unwrap().span.clone();
    assert_eq!((of(plain.text).parts, of(urgent.text).parts), (2, 2));
    assert!(of(plain.text).first < of(urgent.text).first && of(urgent.text).last < of(plain.text).last);
    let all = smsc.span().unwrap();
    assert_eq!((all.first, all.last, all.parts), (of(plain.text).first, of(plain.text).last, 4));
}
