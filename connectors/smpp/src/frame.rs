//! Cuts the byte stream into PDUs. Only a wrong `command_length` is fatal: once the boundary of one PDU is
//! lost, every later byte is a guess. Whatever is wrong inside a PDU costs that PDU alone.

/// Octets of a PDU header: length, id, status, sequence number (SMPP 3.4 section 3.2).
pub(crate) const HEADER_OCTETS: usize = 16;

/// Command ids as they stand on the wire (SMPP 3.4 section 5.1.2.1).
pub(crate) mod id {
    pub(crate) const GENERIC_NACK: u32 = 0x8000_0000;
    pub(crate) const BIND_RECEIVER: u32 = 0x0000_0001;
    pub(crate) const BIND_TRANSMITTER: u32 = 0x0000_0002;
    pub(crate) const BIND_TRANSCEIVER: u32 = 0x0000_0009;
    pub(crate) const SUBMIT_SM: u32 = 0x0000_0004;
    pub(crate) const SUBMIT_SM_RESP: u32 = 0x8000_0004;
    pub(crate) const DELIVER_SM: u32 = 0x0000_0005;
    pub(crate) const UNBIND: u32 = 0x0000_0006;
    pub(crate) const UNBIND_RESP: u32 = 0x8000_0006;
    pub(crate) const ENQUIRE_LINK: u32 = 0x0000_0015;
    pub(crate) const ENQUIRE_LINK_RESP: u32 = 0x8000_0015;
    pub(crate) const ALERT_NOTIFICATION: u32 = 0x0000_0102;
    pub(crate) const DATA_SM: u32 = 0x0000_0103;
    /// Set in every response.
    pub(crate) const RESPONSE: u32 = 0x8000_0000;
}

/// One PDU, still in the read buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) id: u32,
    pub(crate) status: u32,
    pub(crate) sequence: u32,
    pub(crate) body: &'a [u8],
}

/// The stream can't be followed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("command_length {length} is outside 16..={octets_max}: the stream cannot be followed any further")]
pub(crate) struct BadLength {
    length: usize,
    octets_max: usize,
}

/// The first PDU of `buffer` and how many octets it took, or `None` while it is incomplete.
pub(crate) fn next(buffer: &[u8], octets_max: usize) -> Result<Option<(Frame<'_>, usize)>, BadLength> {
    let Some(length) = word(buffer, 0) else { return Ok(None) };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if !(HEADER_OCTETS..=octets_max).contains(&length) {
        return Err(BadLength { length, octets_max });
    }
    let Some(whole) = buffer.get(..length) else { return Ok(None) };
    let (Some(id), Some(status), Some(sequence)) = (word(whole, 4), word(whole, 8), word(whole, 12)) else {
        return Ok(None);
    };
    Ok(Some((Frame { id, status, sequence, body: &whole[HEADER_OCTETS..] }, length)))
}

fn word(buffer: &[u8], at: usize) -> Option<u32> {
    let octets: [u8; 4] = buffer.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_cut_at_its_own_length_and_not_before_it_is_whole() {
        let mut stream = vec![0, 0, 0, 17, 0x80, 0, 0, 4, 0, 0, 0, 0x58, 0, 0, 0, 9, b'x'];
        stream.extend([0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 10]);
        for cut in 0..17 {
            assert_eq!(next(&stream[..cut], 100), Ok(None), "{cut}");
        }
        let (first, taken) = next(&stream, 100).unwrap().unwrap();
        assert_eq!(first, Frame { id: id::SUBMIT_SM_RESP, status: 0x58, sequence: 9, body: b"x" });
        let (second, _) = next(&stream[taken..], 100).unwrap().unwrap();
        assert_eq!((second.id, second.sequence, second.body), (id::ENQUIRE_LINK, 10, &b""[..]));
    }

    #[test]
    fn only_the_length_is_fatal() {
        for length in [0_u32, 15, 101, u32::MAX] {
            let mut stream = length.to_be_bytes().to_vec();
            stream.extend([0; 12]);
            assert!(next(&stream, 100).is_err(), "{length}");
        }
    }

    #[test]
    fn ids_are_those_of_the_codec() {
        use rusmpp::CommandId;
        let table = [
            (id::GENERIC_NACK, CommandId::GenericNack),
            (id::BIND_RECEIVER, CommandId::BindReceiver),
            (id::BIND_TRANSMITTER, CommandId::BindTransmitter),
            (id::BIND_TRANSCEIVER, CommandId::BindTransceiver),
            (id::SUBMIT_SM, CommandId::SubmitSm),
            (id::SUBMIT_SM_RESP, CommandId::SubmitSmResp),
            (id::DELIVER_SM, CommandId::DeliverSm),
            (id::UNBIND, CommandId::Unbind),
            (id::UNBIND_RESP, CommandId::UnbindResp),
            (id::ENQUIRE_LINK, CommandId::EnquireLink),
            (id::ENQUIRE_LINK_RESP, CommandId::EnquireLinkResp),
            (id::ALERT_NOTIFICATION, CommandId::AlertNotification),
            (id::DATA_SM, CommandId::DataSm),
        ];
        for (ours, theirs) in table {
            assert_eq!(CommandId::from(ours), theirs);
        }
    }
}
