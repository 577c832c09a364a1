//! The settings of one SMPP lane, as they stand under `[lane.smpp]`.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// One SMPP account with its binds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppSettings {
    /// Host and port of the SMSC.
    pub address: String,
    pub system_id: String,
    pub password: Password,
    #[serde(default)]
    pub system_type: String,
    #[serde(default)]
    pub bind: BindKind,
    /// Sessions of the account: transceivers, or pairs of transmitter and receiver.
    #[serde(default = "one")]
    pub binds: usize,
    /// Unanswered `submit_sm` allowed per bind.
    #[serde(default = "default_window")]
    pub window: usize,
    /// Sender name or number shown on the handset.
    pub source: String,
    /// Type of number and numbering plan of `source`; guessed from it when left out.
    #[serde(default)]
    pub source_ton: Option<u8>,
    #[serde(default)]
    pub source_npi: Option<u8>,
    #[serde(default)]
    pub service_type: String,
    /// How the parts of a long message are joined.
    #[serde(default)]
    pub long: LongMessages,
    /// `data_coding` of text in the GSM alphabet.
    #[serde(default)]
    pub gsm7_data_coding: u8,
    /// What the SMSC takes octets with `gsm7_data_coding` to be.
    #[serde(default)]
    pub alphabet: Alphabet,
    #[serde(default)]
    pub receipt_ids: ReceiptIds,
    /// Clock in which receipts are dated.
    #[serde(default)]
    pub receipt_dates: ReceiptDates,
    /// The SMSC doesn't mark receipts in `esm_class`: take any text of their shape for one. Off by default,
    /// because then a person could text us a forged receipt.
    #[serde(default)]
    pub receipts_unmarked: bool,
    /// The SMSC keeps trying no longer than this, even if the alert is valid for longer.
    #[serde(default = "default_validity_max_s")]
    pub validity_max_s: u32,
    #[serde(default = "default_response_timeout_ms")]
    pub response_timeout_ms: u64,
    #[serde(default = "default_enquire_link_ms")]
    pub enquire_link_ms: u64,
    #[serde(default = "default_connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    #[serde(default = "default_bind_timeout_ms")]
    pub bind_timeout_ms: u64,
    #[serde(default = "default_reconnect_min_ms")]
    pub reconnect_min_ms: u64,
    #[serde(default = "default_reconnect_max_ms")]
    pub reconnect_max_ms: u64,
    #[serde(default = "default_pdu_octets_max")]
    pub pdu_octets_max: usize,
    /// `false`, or a table naming the authority that signed the SMSC's certificate.
    #[serde(default, deserialize_with = "tls")]
    pub tls: Option<TlsSettings>,
    /// The carrier's own status codes, written `"0x0450" = "throttled"`.
    #[serde(default, deserialize_with = "status")]
    pub status: BTreeMap<u32, StatusClass>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BindKind {
    #[default]
    Transceiver,
    /// A transmitter and a receiver.
    Pair,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LongMessages {
    /// User data header with an 8-bit reference.
    #[default]
    Udh8,
    /// User data header with a 16-bit reference.
    Udh16,
    /// `sar_*` parameters; the SMSC writes the header.
    Sar,
    /// The whole text in one `message_payload`; the SMSC cuts it.
    Payload,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    #[default]
    Gsm7,
    /// ASCII, or Latin-1, which contains it.
    Ascii,
}

/// Where an SMSC writes message ids in hexadecimal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptIds {
    /// Not known: try the id as it stands, then both conversions.
    #[default]
    Auto,
    Same,
    /// Hexadecimal in the response, decimal in the receipt.
    HexResponse,
    /// Decimal in the response, hexadecimal in the receipt.
    HexReceipt,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptDates {
    /// Viet Nam's time.
    #[default]
    Local,
    Utc,
}

/// What one of the carrier's own status codes means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusClass {
    Temporary,
    Permanent,
    /// This recipient will never get it.
    Recipient,
    /// Every message of the lane would be refused.
    Lane,
    Throttled,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// PEM file of the authority that signed the SMSC's certificate.
    pub ca: PathBuf,
    /// Name in the SMSC's certificate; the host of `address` when left out.
    #[serde(default)]
    pub server_name: Option<String>,
    /// PEM files of our own certificate and its key, for carriers that ask for one.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    #[serde(default)]
    pub key: Option<PathBuf>,
}

/// A password, already read from where it is kept. Never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    #[must_use]
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl SmppSettings {
    /// Settings with every default, for an account at `address`.
    #[must_use]
    pub fn new(address: &str, system_id: &str, password: Password, source: &str) -> Self {
        Self {
            address: address.to_owned(),
            system_id: system_id.to_owned(),
            password,
            system_type: String::new(),
            bind: BindKind::default(),
            binds: one(),
            window: default_window(),
            source: source.to_owned(),
            source_ton: None,
            source_npi: None,
            service_type: String::new(),
            long: LongMessages::default(),
            gsm7_data_coding: 0,
            alphabet: Alphabet::default(),
            receipt_ids: ReceiptIds::default(),
            receipt_dates: ReceiptDates::default(),
            receipts_unmarked: false,
            validity_max_s: default_validity_max_s(),
            response_timeout_ms: default_response_timeout_ms(),
            enquire_link_ms: default_enquire_link_ms(),
            connect_timeout_ms: default_connect_timeout_ms(),
            bind_timeout_ms: default_bind_timeout_ms(),
            reconnect_min_ms: default_reconnect_min_ms(),
            reconnect_max_ms: default_reconnect_max_ms(),
            pdu_octets_max: default_pdu_octets_max(),
            tls: None,
            status: BTreeMap::new(),
        }
    }

    pub(crate) fn response_timeout(&self) -> Duration {
        Duration::from_millis(self.response_timeout_ms)
    }

    pub(crate) fn enquire_link(&self) -> Duration {
        Duration::from_millis(self.enquire_link_ms)
    }

    /// Host part of `address`.
    pub(crate) fn host(&self) -> &str {
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }
}

fn one() -> usize {
    1
}

/// Enough for 1,000 parts a second at 100 ms, and what carriers commonly grant.
fn default_window() -> usize {
    100
}

fn default_validity_max_s() -> u32 {
    86_400
}

fn default_response_timeout_ms() -> u64 {
    30_000
}

fn default_enquire_link_ms() -> u64 {
    30_000
}

fn default_connect_timeout_ms() -> u64 {
    10_000
}

fn default_bind_timeout_ms() -> u64 {
    10_000
}

fn default_reconnect_min_ms() -> u64 {
    500
}

fn default_reconnect_max_ms() -> u64 {
    10_000
}

/// A `message_payload` of 64 kB still fits.
fn default_pdu_octets_max() -> usize {
    70_000
}

fn tls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TlsSettings>, D::Error> {
    struct OffOrTable;
    impl<'de> Visitor<'de> for OffOrTable {
        type Value = Option<TlsSettings>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("false, or a table { ca = \"file.pem\", server_name = \"smsc.example\" }")
        }

        fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
            if on { Err(E::invalid_value(de::Unexpected::Bool(true), &self)) } else { Ok(None) }
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            TlsSettings::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }
    deserializer.deserialize_any(OffOrTable)
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<u32, StatusClass>, D::Error> {
    let written = BTreeMap::<String, StatusClass>::deserialize(deserializer)?;
    let read = |code: &str| match code.trim().to_ascii_lowercase().strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => code.trim().parse().ok(),
    };
    written
        .into_iter()
        .map(|(code, class)| match read(&code) {
            Some(0) | None => Err(de::Error::custom(format!(
                "'{code}' is not a status code: write it as in the carrier's manual, such as \"0x0450\" or \"1104\""
            ))),
            Some(status) => Ok((status, class)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<SmppSettings, String> {
        let text = format!(
            r#"{{"address": "127.0.0.1:2775", "system_id": "loa", "password": "secret", "source": "LANGSON"{more}}}"#
        );
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let (read, new) = (
            read("").unwrap(),
            SmppSettings::new("127.0.0.1:2775", "loa", Password::new("secret"), "LANGSON"),
        );
        assert_eq!(format!("{read:?}"), format!("{new:?}"));
        assert!(!format!("{read:?}").contains("secret"), "a password was shown");
    }

    #[test]
    fn every_key_is_read_as_it_is_written() {
        let read = read(
            r#", "bind": "pair", "long": "payload", "alphabet": "ascii", "receipt_ids": "hex-response",
               "receipt_dates": "utc", "tls": {"ca": "ca.pem"}, "status": {"0x0450": "throttled", "1105": "lane"}"#,
        )
        .unwrap();
        assert_eq!(
            (read.bind, read.long, read.alphabet),
            (BindKind::Pair, LongMessages::Payload, Alphabet::Ascii)
        );
        assert_eq!((read.receipt_ids, read.receipt_dates), (ReceiptIds::HexResponse, ReceiptDates::Utc));
        assert_eq!(read.tls.map(|tls| tls.ca), Some(PathBuf::from("ca.pem")));
        assert_eq!(read.status, BTreeMap::from([(0x450, StatusClass::Throttled), (1105, StatusClass::Lane)]));
        assert_eq!(super::tests::read(r#", "tls": false"#).unwrap().tls, None);
    }

    #[test]
    fn slips_of_the_keyboard_are_refused_with_a_remedy() {
        let table = [
            (r#", "windw": 5"#, "unknown field `windw`"),
            (r#", "tls": true"#, "false, or a table"),
            (r#", "tls": {"cafile": "x"}"#, "unknown field `cafile`"),
            (r#", "bind": "trx""#, "expected `transceiver` or `pair`"),
            (r#", "status": {"banana": "lane"}"#, "write it as in the carrier's manual"),
            (r#", "status": {"0": "lane"}"#, "is not a status code"),
        ];
        for (more, expected) in table {
            let error = read(more).unwrap_err();
            assert!(error.contains(expected), "{more}: {error}");
        }
    }
}
