//! SMPP 3.4 as bytes, the reading side: frames, field readers and the request bodies a message centre
//! receives. Section numbers are those of "SMPP v3.4 Issue 1.2". Nothing is copied: bodies borrow the
//! connection's read buffer.

use super::status;

pub(crate) const HEADER: usize = 16;
/// Longest PDU accepted: a full `message_payload` (64 KiB) with its envelope.
pub(crate) const PDU_BYTES_MAX: usize = 70_000;

/// Command ids (5.1.2.1).
pub(crate) mod command {
    pub(crate) const GENERIC_NACK: u32 = 0x8000_0000;
    pub(crate) const BIND_RECEIVER: u32 = 0x0000_0001;
    pub(crate) const BIND_TRANSMITTER: u32 = 0x0000_0002;
    pub(crate) const QUERY_SM: u32 = 0x0000_0003;
    pub(crate) const SUBMIT_SM: u32 = 0x0000_0004;
    pub(crate) const DELIVER_SM: u32 = 0x0000_0005;
    pub(crate) const UNBIND: u32 = 0x0000_0006;
    pub(crate) const CANCEL_SM: u32 = 0x0000_0008;
    pub(crate) const BIND_TRANSCEIVER: u32 = 0x0000_0009;
    pub(crate) const ENQUIRE_LINK: u32 = 0x0000_0015;
    pub(crate) const DATA_SM: u32 = 0x0000_0103;
    pub(crate) const RESPONSE: u32 = 0x8000_0000;
}

/// Optional parameter tags (5.3.2).
pub(crate) mod tag {
    pub(crate) const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
    pub(crate) const SAR_MSG_REF_NUM: u16 = 0x020C;
    pub(crate) const SAR_TOTAL_SEGMENTS: u16 = 0x020E;
    pub(crate) const SAR_SEGMENT_SEQNUM: u16 = 0x020F;
    pub(crate) const SC_INTERFACE_VERSION: u16 = 0x0210;
    pub(crate) const NETWORK_ERROR_CODE: u16 = 0x0423;
    pub(crate) const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub(crate) const MESSAGE_STATE: u16 = 0x0427;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) length: usize,
    pub(crate) command: u32,
    pub(crate) status: u32,
    pub(crate) sequence: u32,
}

/// What stands at the start of the read buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Not yet a whole PDU.
    More,
    /// A command_length no PDU can have: the stream is lost from here on.
    Broken {
        sequence: u32,
    },
    Frame(Header),
}

pub(crate) fn cut(bytes: &[u8]) -> Cut {
    let Some(head) = bytes.first_chunk::<HEADER>() else { return Cut::More };
    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = word(0) as usize;
    if !(HEADER..=PDU_BYTES_MAX).contains(&length) {
        return Cut::Broken { sequence: word(12) };
    }
    if bytes.len() < length {
        return Cut::More;
    }
    Cut::Frame(Header { length, command: word(4), status: word(8), sequence: word(12) })
}

/// Reads fields off a body from the front. `None` means that the body ended too early.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// A C-octet string, without its NUL.
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|&byte| byte == 0)?;
        let taken = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Some(taken)
    }

    pub(crate) fn address(&mut self) -> Option<Address<'a>> {
        Some(Address { ton: self.byte()?, npi: self.byte()?, value: self.text()? })
    }

    /// The next optional parameter; a truncated one ends the list.
    pub(crate) fn parameter(&mut self) -> Option<(u16, &'a [u8])> {
        let head = self.take(4)?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        Some((u16::from_be_bytes([head[0], head[1]]), self.take(length)?))
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Address<'a> {
    pub(crate) ton: u8,
    pub(crate) npi: u8,
    pub(crate) value: &'a [u8],
}

impl Address<'_> {
    /// The destination as a number: digits only, at most fifteen of them (E.164).
    pub(crate) fn number(&self) -> Option<u64> {
        if self.value.is_empty() || self.value.len() > 15 {
            return None;
        }
        self.value.iter().try_fold(0u64, |number, &digit| {
            digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
        })
    }
}

/// `bind_transmitter`, `bind_receiver`, `bind_transceiver` (4.1).
#[derive(Debug)]
pub(crate) struct Bind<'a> {
    pub(crate) system_id: &'a [u8],
    pub(crate) password: &'a [u8],
}

impl<'a> Bind<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let bind = Self { system_id: reader.text()?, password: reader.text()? };
        reader.text()?; // system_type
        reader.take(3)?; // interface_version, addr_ton, addr_npi
        reader.text()?; // address_range
        Some(bind)
    }
}

/// Which part of which long message this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Concat {
    pub(crate) reference: u16,
    pub(crate) total: u8,
    pub(crate) number: u8,
}

/// `submit_sm` (4.4.1) and `data_sm` (4.7.1) as one message.
#[derive(Debug)]
pub(crate) struct Submit<'a> {
    pub(crate) source: Address<'a>,
    pub(crate) destination: Address<'a>,
    pub(crate) registered_delivery: u8,
    pub(crate) data_coding: u8,
    /// The user's octets, without the user data header.
    pub(crate) text: &'a [u8],
    pub(crate) concat: Option<Concat>,
}

/// Octets of user data one short message carries over the air (3GPP 23.040).
const AIR_OCTETS: usize = 140;

impl<'a> Submit<'a> {
    /// Reads and checks a `submit_sm`; `Err` is the command_status to answer.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, u32> {
        let mut reader = Reader::new(body);
        let head = Self::head(&mut reader).ok_or(status::INVALID_COMMAND_LENGTH)?;
        let (source, destination, esm_class) = head;
        let times = (|| {
            reader.take(2)?; // protocol_id, priority_flag
            Some((reader.text()?, reader.text()?))
        })();
        let (schedule, validity) = times.ok_or(status::INVALID_COMMAND_LENGTH)?;
        check_time(schedule, status::INVALID_SCHEDULE)?;
        check_time(validity, status::INVALID_EXPIRY)?;
        let fields = reader.take(5).ok_or(status::INVALID_COMMAND_LENGTH)?;
        let (registered_delivery, data_coding) = (fields[0], fields[2]);
        let short = reader.take(usize::from(fields[4])).ok_or(status::INVALID_MESSAGE_LENGTH)?;
        let optional = Optional::read(reader);
        let in_payload = short.is_empty() && optional.payload.is_some();
        let octets = if in_payload { optional.payload.unwrap_or_default() } else { short };
        let (text, udh_concat, udh_octets) = strip_udh(octets, esm_class)?;
        if !in_payload {
            check_air(text.len(), udh_octets, data_coding)?;
        }
        let concat = check_concat(udh_concat.or(optional.concat))?;
        Ok(Self { source, destination, registered_delivery, data_coding, text, concat })
    }

    /// Reads and checks a `data_sm`, whose text is always in `message_payload`.
    pub(crate) fn read_data(body: &'a [u8]) -> Result<Self, u32> {
        let mut reader = Reader::new(body);
        let head = Self::head(&mut reader).ok_or(status::INVALID_COMMAND_LENGTH)?;
        let (source, destination, esm_class) = head;
        let fields = reader.take(2).ok_or(status::INVALID_COMMAND_LENGTH)?;
        let optional = Optional::read(reader);
        let (text, udh_concat, _) = strip_udh(optional.payload.unwrap_or_default(), esm_class)?;
        let concat = check_concat(udh_concat.or(optional.concat))?;
        let (registered_delivery, data_coding) = (fields[0], fields[1]);
        Ok(Self { source, destination, registered_delivery, data_coding, text, concat })
    }

    fn head(reader: &mut Reader<'a>) -> Option<(Address<'a>, Address<'a>, u8)> {
        reader.text()?; // service_type
        Some((reader.address()?, reader.address()?, reader.byte()?))
    }
}

#[derive(Default)]
struct Optional<'a> {
    payload: Option<&'a [u8]>,
    concat: Option<Concat>,
}

impl<'a> Optional<'a> {
    fn read(mut reader: Reader<'a>) -> Self {
        let mut payload = None;
        let (mut reference, mut total, mut number) = (None, None, None);
        while let Some((tag, value)) = reader.parameter() {
            match (tag, value) {
                (tag::MESSAGE_PAYLOAD, value) => payload = Some(value),
                (tag::SAR_MSG_REF_NUM, &[high, low]) => reference = Some(u16::from_be_bytes([high, low])),
                (tag::SAR_TOTAL_SEGMENTS, &[count]) => total = Some(count),
                (tag::SAR_SEGMENT_SEQNUM, &[count]) => number = Some(count),
                _ => {}
            }
        }
        let concat = match (reference, total, number) {
            (Some(reference), Some(total), Some(number)) => Some(Concat { reference, total, number }),
            _ => None,
        };
        Self { payload, concat }
    }
}

/// Times are absent or exactly sixteen characters (7.1.1).
fn check_time(time: &[u8], refusal: u32) -> Result<(), u32> {
    if time.is_empty() || (time.len() == 16 && matches!(time[15], b'+' | b'-' | b'R')) {
        Ok(())
    } else {
        Err(refusal)
    }
}

/// Takes the user data header off (esm_class bit 6; 3GPP 23.040, 9.2.3.24) and reads the concatenation
/// element with an 8 bit (0x00) or a 16 bit (0x08) reference.
fn strip_udh(octets: &[u8], esm_class: u8) -> Result<(&[u8], Option<Concat>, usize), u32> {
    if esm_class & 0x40 == 0 {
        return Ok((octets, None, 0));
    }
    let mut reader = Reader::new(octets);
    let length = usize::from(reader.byte().ok_or(status::INVALID_MESSAGE_LENGTH)?);
    let mut elements = Reader::new(reader.take(length).ok_or(status::INVALID_MESSAGE_LENGTH)?);
    let mut concat = None;
    while let (Some(kind), Some(size)) = (elements.byte(), elements.byte()) {
        let value = elements.take(usize::from(size)).ok_or(status::INVALID_MESSAGE_LENGTH)?;
        match (kind, value) {
            (0x00, &[reference, total, number]) => {
                concat = Some(Concat { reference: u16::from(reference), total, number });
            }
            (0x08, &[high, low, total, number]) => {
                concat = Some(Concat { reference: u16::from_be_bytes([high, low]), total, number });
            }
            _ => {}
        }
    }
    Ok((reader.rest, concat, length + 1))
}

/// A single short message holds 140 octets: 70 UCS-2 units, 160 septets, less with a header. GSM-7
/// travels unpacked (one septet per octet) on this interface.
fn check_air(text: usize, udh: usize, data_coding: u8) -> Result<(), u32> {
    let room = AIR_OCTETS.saturating_sub(udh);
    let text_max = match data_coding {
        0 | 1 | 3 => room * 8 / 7,
        _ => room,
    };
    if text <= text_max { Ok(()) } else { Err(status::INVALID_MESSAGE_LENGTH) }
}

fn check_concat(concat: Option<Concat>) -> Result<Option<Concat>, u32> {
    match concat {
        Some(Concat { total, number, .. }) if number == 0 || number > total => {
            Err(status::INVALID_MESSAGE_LENGTH)
        }
        Some(Concat { total: 1, .. }) | None => Ok(None),
        Some(concat) => Ok(Some(concat)),
    }
}
