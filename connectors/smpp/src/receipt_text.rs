//! The text of a receipt (SMPP 3.4 appendix B), as SMSCs really write it: keys in any order and case, some
//! missing, dates with or without seconds. Everything after ` text:` is the beginning of the message.

use jiff::{Timestamp, civil, tz};

use crate::config::ReceiptDates;

/// Viet Nam has had one zone without summer time since 1975.
const VIET_NAM_HOURS: i8 = 7;

const KEYS: [&str; 8] = ["id:", "sub:", "dlvrd:", "submit date:", "done date:", "stat:", "err:", "text:"];
const TEXT: usize = 7;

/// The fields of a receipt; empty where the text has none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ReceiptText<'a> {
    pub(crate) id: &'a str,
    pub(crate) stat: &'a str,
    pub(crate) err: &'a str,
    pub(crate) submit: &'a str,
    pub(crate) done: &'a str,
    /// All before the message text, for keeping.
    pub(crate) head: &'a str,
}

impl<'a> ReceiptText<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        let found = keys(text);
        let mut receipt = Self { head: text, ..Self::default() };
        for (at, &(begins, key)) in found.iter().enumerate() {
            let ends = found.get(at + 1).map_or(text.len(), |next| next.0);
            let value = text.get(begins + KEYS[key].len()..ends).unwrap_or_default().trim();
            match key {
                0 => receipt.id = value,
                3 => receipt.submit = value,
                4 => receipt.done = value,
                5 => receipt.stat = value,
                6 => receipt.err = value,
                TEXT => receipt.head = text.get(..begins).unwrap_or_default().trim_end(),
                _ => {}
            }
        }
        receipt
    }

    /// Has it what makes a text a receipt?
    pub(crate) fn is_receipt(&self) -> bool {
        !self.id.is_empty() && !self.stat.is_empty()
    }
}

/// Where each key begins, in the order of the text; a key counts at the start or after a blank, once, and
/// not inside the message text.
fn keys(text: &str) -> Vec<(usize, usize)> {
    let octets = text.as_bytes();
    let mut found: Vec<(usize, usize)> = Vec::with_capacity(KEYS.len());
    let mut at = 0;
    while at < octets.len() {
        let key = KEYS.iter().position(|key| {
            octets.get(at..at + key.len()).is_some_and(|here| here.eq_ignore_ascii_case(key.as_bytes()))
        });
        if let Some(key) = key
            && !found.iter().any(|other| other.1 == key)
        {
            found.push((at, key));
            if key == TEXT {
                break;
            }
        }
        // On to the next word.
        at += octets[at..].iter().position(u8::is_ascii_whitespace).unwrap_or(octets.len() - at) + 1;
    }
    found
}

/// `YYMMDDhhmm`, with seconds, or with a four-digit year; blanks, dashes and colons are passed over.
pub(crate) fn date(text: &str, clock: ReceiptDates) -> Option<Timestamp> {
    if !text.bytes().all(|octet| octet.is_ascii_digit() || b" -:/T.".contains(&octet)) {
        return None;
    }
    let digits: Vec<i16> =
        text.bytes().filter(u8::is_ascii_digit).map(|octet| i16::from(octet - b'0')).collect();
    let pair = |at: usize| Some(digits.get(at)? * 10 + digits.get(at + 1)?);
    let (year, rest) = match digits.len() {
        10 | 12 => (2000 + pair(0)?, 2),
        14 => (pair(0)? * 100 + pair(2)?, 4),
        _ => return None,
    };
    let small = |at: usize| i8::try_from(pair(at)?).ok();
    let second = if digits.len() == 10 { 0 } else { small(rest + 8)? };
    let local = civil::DateTime::new(
        year,
        small(rest)?,
        small(rest + 2)?,
        small(rest + 4)?,
        small(rest + 6)?,
        second,
        0,
    )
    .ok()?;
    let offset = match clock {
        ReceiptDates::Local => tz::offset(VIET_NAM_HOURS),
        ReceiptDates::Utc => tz::offset(0),
    };
    offset.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_read_as_smscs_write_them() {
        let full = "id:0123 sub:001 dlvrd:001 submit date:2611220900 done date:2611220901 stat:DELIVRD err:000 text:Canh bao";
        let table = [
            (full, "0123", "DELIVRD", "000", "2611220901"),
            (
                "id:7 submit date:2611220900 done date:2611220901 stat:UNDELIV err:0045",
                "7",
                "UNDELIV",
                "0045",
                "2611220901",
            ),
            ("id:7 stat:EXPIRED err:1", "7", "EXPIRED", "1", ""),
            ("stat:REJECTD err:x id:a-b done date:261122090155", "a-b", "REJECTD", "x", "261122090155"),
            ("ID:7 SUB:1 STAT:delivrd ERR:000 Text:id:8 stat:UNDELIV", "7", "delivrd", "000", ""),
            ("id: 7  stat: DELIVRD  err: 000", "7", "DELIVRD", "000", ""),
            ("id:7 err:1 text:x stat:DELIVRD", "7", "", "1", ""),
            ("id:7 id:8 stat:DELIVRD", "7 id:8", "DELIVRD", "", ""),
        ];
        for (text, id, stat, err, done) in table {
            let read = ReceiptText::read(text);
            assert_eq!((read.id, read.stat, read.err, read.done), (id, stat, err, done), "{text}");
        }
        assert!(!ReceiptText::read(full).head.contains("Canh bao"));
        assert!(!ReceiptText::read("Nuoc dang len, xin cuu ho. stat: nguy hiem").is_receipt());
    }

    #[test]
    fn dates_are_read_in_the_clock_of_the_lane() {
        use ReceiptDates::{Local, Utc};
        let table = [
            ("2611220901", Local, Some("2026-11-22T02:01:00Z")),
            ("261122090155", Local, Some("2026-11-22T02:01:55Z")),
            ("20261122090155", Utc, Some("2026-11-22T09:01:55Z")),
            ("2026-11-22 09:01:55", Utc, Some("2026-11-22T09:01:55Z")),
            ("2613220901", Local, None),
            ("26112209", Local, None),
            ("", Local, None),
            ("yymmddhhmm", Local, None),
        ];
        for (text, clock, expected) in table {
            let expected = expected.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(date(text, clock), expected, "{text}");
        }
    }
}
