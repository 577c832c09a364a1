//! One message on its way: which part goes next, and what the answers to its parts add up to.

use bytes::BytesMut;
use contract::{
    Answer, Body, Outcome, PartReference, Reason, ReasonClass, Report, SmsBody, SmsEncoding, Submission,
    Ticket,
};
use jiff::Timestamp;

use crate::{
    alphabet,
    config::{Alphabet, LongMessages, SmppSettings},
    wire::{self, Submit},
};

/// `esm_class` with a user data header (SMPP 3.4 section 5.2.12).
const WITH_HEADER: u8 = 0x40;
const PLAIN: u8 = 0x00;
const UCS2: u8 = 0x08;
const TON_INTERNATIONAL: u8 = 1;
const TON_ALPHANUMERIC: u8 = 5;
/// A number known only inside the network, such as 1900.
const TON_NETWORK_SPECIFIC: u8 = 3;
const NPI_ISDN: u8 = 1;
const NPI_UNKNOWN: u8 = 0;
/// Shorter numbers are short codes.
const INTERNATIONAL_DIGITS_MIN: usize = 9;

/// Writes the parts of messages for one lane.
#[derive(Debug)]
pub(crate) struct Encoder {
    head: Vec<u8>,
    long: LongMessages,
    alphabet: Alphabet,
    gsm7_data_coding: u8,
    validity_max_s: i64,
}

impl Encoder {
    pub(crate) fn new(settings: &SmppSettings) -> Self {
        let source = settings.source.trim_start_matches('+');
        let is_number = source.bytes().all(|octet| octet.is_ascii_digit());
        let (ton, npi) = match (is_number, source.len() >= INTERNATIONAL_DIGITS_MIN) {
            (false, _) => (TON_ALPHANUMERIC, NPI_UNKNOWN),
            (true, true) => (TON_INTERNATIONAL, NPI_ISDN),
            (true, false) => (TON_NETWORK_SPECIFIC, NPI_UNKNOWN),
        };
        let mut head = settings.service_type.as_bytes().to_vec();
        head.extend([0, settings.source_ton.unwrap_or(ton), settings.source_npi.unwrap_or(npi)]);
        head.extend_from_slice(if is_number { source } else { &settings.source }.as_bytes());
        head.extend([0, TON_INTERNATIONAL, NPI_ISDN]);
        Self {
            head,
            long: settings.long,
            alphabet: settings.alphabet,
            gsm7_data_coding: settings.gsm7_data_coding,
            validity_max_s: i64::from(settings.validity_max_s),
        }
    }

    /// Appends the `submit_sm` of `part` (from 1). With `payload` it carries all parts still to be sent.
    pub(crate) fn part(
        &self,
        out: &mut BytesMut,
        sequence: u32,
        submission: &Submission,
        part: u8,
        now: Timestamp,
    ) {
        let Body::Sms(sms) = submission.body.as_ref() else { return };
        let total = u8::try_from(sms.parts.len()).unwrap_or(u8::MAX);
        let long = if total > 1 { Some(self.long) } else { None };
        let reference = submission.concat_reference;
        let [high, low] = reference.to_be_bytes();
        let short_header = [5, 0, 3, low, total, part];
        let wide_header = [6, 8, 4, high, low, total, part];
        let (esm_class, header) = match long {
            Some(LongMessages::Udh8) => (WITH_HEADER, short_header.as_slice()),
            Some(LongMessages::Udh16) => (WITH_HEADER, wide_header.as_slice()),
            Some(LongMessages::Sar | LongMessages::Payload) | None => (PLAIN, [].as_slice()),
        };
        let whole;
        let own = sms.parts.get(usize::from(part).saturating_sub(1)).map(Vec::as_slice).unwrap_or_default();
        let text = if long == Some(LongMessages::Payload) {
            whole = parts_left(sms, submission).flatten().copied().collect::<Vec<u8>>();
            &whole
        } else {
            own
        };
        let translated;
        let (data_coding, text) = match (sms.encoding, self.alphabet) {
            (SmsEncoding::Ucs2, _) => (UCS2, text),
            (SmsEncoding::Gsm7, Alphabet::Gsm7) => (self.gsm7_data_coding, text),
            (SmsEncoding::Gsm7, Alphabet::Ascii) => {
                translated = alphabet::gsm7_to_latin1(text);
                (self.gsm7_data_coding, translated.as_slice())
            }
        };
        let validity = self.validity(submission.expires_at, now);
        let submit = Submit {
            head: &self.head,
            destination: submission.address.trim_start_matches('+'),
            esm_class,
            validity: &validity,
            data_coding,
            header,
            text,
            as_payload: long == Some(LongMessages::Payload),
            sar: (long == Some(LongMessages::Sar)).then_some((reference, total, part)),
        };
        wire::submit_sm(out, sequence, &submit);
    }

    /// Does one PDU carry the whole message?
    fn is_one_pdu(&self, parts: usize) -> bool {
        parts > 1 && self.long == LongMessages::Payload
    }

    /// The time left in SMPP's relative format, `YYMMDDhhmmss000R` (SMPP 3.4 section 7.1.1.2).
    fn validity(&self, expires_at: Timestamp, now: Timestamp) -> [u8; 16] {
        let left_s = (expires_at.as_second() - now.as_second()).clamp(1, self.validity_max_s);
        let mut text = *b"000000000000000R";
        for (at, value) in
            [(4, left_s / 86_400), (6, left_s / 3600 % 24), (8, left_s / 60 % 60), (10, left_s % 60)]
        {
            let value = u8::try_from(value).unwrap_or(99).min(99);
            text[at] = b'0' + value / 10;
            text[at + 1] = b'0' + value % 10;
        }
        text
    }
}

fn parts_left<'a>(sms: &'a SmsBody, submission: &'a Submission) -> impl Iterator<Item = &'a Vec<u8>> {
    (1_u8..=u8::MAX)
        .zip(&sms.parts)
        .filter(|(part, _)| !submission.parts_done.contains(part))
        .map(|(_, text)| text)
}

/// A message some of whose parts have no answer yet.
#[derive(Debug)]
pub(crate) struct Flight {
    submission: Submission,
    /// The part (from 1) to send next; those done before are skipped.
    next: Option<u8>,
    unanswered: usize,
    accepted: Vec<PartReference>,
    /// The worst answer so far; `Accepted` while all is well.
    worst: Answer,
}

impl Flight {
    pub(crate) fn new(submission: Submission) -> Self {
        let next = part_after(0, &submission);
        Self { submission, next, unanswered: 0, accepted: Vec::new(), worst: Answer::Accepted }
    }

    pub(crate) fn submission(&self) -> &Submission {
        &self.submission
    }

    pub(crate) fn ticket(&self) -> Ticket {
        self.submission.ticket
    }

    /// The part to send now, which from here on waits for its answer.
    pub(crate) fn next_part(&mut self, encoder: &Encoder) -> Option<u8> {
        let part = self.next?;
        let is_all = encoder.is_one_pdu(self.submission.body.parts());
        self.next = if is_all { None } else { part_after(part, &self.submission) };
        self.unanswered += 1;
        Some(part)
    }

    pub(crate) fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// `part` is with the provider under `reference`. One PDU that carried all parts gives its reference
    /// to the first; the others have none of their own.
    pub(crate) fn accept(&mut self, part: u8, reference: String, encoder: &Encoder) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.accepted.push(PartReference { part, reference });
        let parts = self.submission.body.parts();
        if encoder.is_one_pdu(parts) {
            let parts = u8::try_from(parts).unwrap_or(u8::MAX);
            let others =
                (part.saturating_add(1)..=parts).filter(|part| !self.submission.parts_done.contains(part));
            self.accepted.extend(others.map(|part| PartReference { part, reference: String::new() }));
        }
    }

    /// A part got another answer than yes. The parts behind it are not sent: a message with a hole in it
    /// only costs money.
    pub(crate) fn miss(&mut self, answer: Answer) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.next = None;
        self.worsen(answer);
    }

    /// What was not handed over yet will not be.
    pub(crate) fn stop(&mut self, answer: Answer) {
        if self.next.take().is_some() {
            self.worsen(answer);
        }
    }

    fn worsen(&mut self, answer: Answer) {
        if rank(&answer) > rank(&self.worst) {
            self.worst = answer;
        }
    }

    pub(crate) fn waits(&self) -> bool {
        self.unanswered > 0
    }

    pub(crate) fn into_report(self) -> Report {
        let outcome = Outcome { accepted: self.accepted, answer: self.worst };
        Report::Outcome { ticket: self.submission.ticket, outcome }
    }
}

fn part_after(part: u8, submission: &Submission) -> Option<u8> {
    let parts = submission.body.parts();
    (part.checked_add(1)?..=u8::MAX)
        .take_while(|next| usize::from(*next) <= parts)
        .find(|next| !submission.parts_done.contains(next))
}

/// Which answer speaks for the message when its parts disagree: what is not known comes first, because
/// calling it refused could send it twice without a word.
fn rank(answer: &Answer) -> u8 {
    match answer {
        Answer::Accepted => 0,
        Answer::NotSent { .. } => 1,
        Answer::Throttled { .. } | Answer::Deferred { .. } => 2,
        Answer::Refused { .. } => 3,
        Answer::Uncertain { .. } => 4,
    }
}

pub(crate) fn not_sent(why: Unsent) -> Answer {
    Answer::NotSent { reason: why.reason() }
}

pub(crate) fn uncertain(why: Unsent) -> Answer {
    Answer::Uncertain { reason: why.reason() }
}

/// Why there is no answer of the provider; our own codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsent {
    NoBind,
    Closing,
    Unbound,
    LinkLost,
    QueueTimeout,
    ResponseTimeout,
    Expired,
}

impl Unsent {
    fn reason(self) -> Reason {
        let (code, text) = match self {
            Self::NoBind => ("no-bind", "không có kết nối nào tới nhà mạng"),
            Self::Closing => ("closing", "kết nối đang được đóng"),
            Self::Unbound => ("unbound", "nhà mạng kết thúc phiên kết nối"),
            Self::LinkLost => ("link-lost", "mất kết nối trước khi nhà mạng trả lời"),
            Self::QueueTimeout => ("queue-timeout", "chờ quá lâu mà chưa gửi được tới nhà mạng"),
            Self::ResponseTimeout => ("response-timeout", "nhà mạng không trả lời trong thời hạn"),
            Self::Expired => ("expired", "hết hạn trước khi gửi"),
        };
        let class = if self == Self::Expired { ReasonClass::Permanent } else { ReasonClass::Temporary };
        Reason { class, code: code.to_owned(), text: text.to_owned() }
    }
}

/// The end of a message of which nothing was handed to a link.
pub(crate) fn unsent(submission: &Submission, why: Unsent) -> Report {
    let outcome = Outcome { accepted: Vec::new(), answer: not_sent(why) };
    Report::Outcome { ticket: submission.ticket, outcome }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
