//! What is wrong with a lane's settings: every complaint at once, each with its key and a remedy.

use std::fmt;

use crate::config::SmppSettings;

/// Lengths of SMPP 3.4 section 4.1.1, without the closing NUL.
const SYSTEM_ID_OCTETS_MAX: usize = 15;
const SYSTEM_TYPE_OCTETS_MAX: usize = 12;
const SERVICE_TYPE_OCTETS_MAX: usize = 5;
const NUMBER_DIGITS_MAX: usize = 15;
/// The standard says 8, carriers hand out longer ones and take them.
const PASSWORD_OCTETS_MAX: usize = 64;
/// A sender name travels as seven octets of packed septets (3GPP TS 23.040 section 9.1.2.5).
const NAME_LETTERS_MAX: usize = 11;
/// Sections 5.2.5 and 5.2.6.
const TON_MAX: u8 = 6;
const NPI_MAX: u8 = 18;
/// More sessions than any carrier grants; a slip of the keyboard otherwise floods the SMSC with binds.
const BINDS_MAX: usize = 32;
const WINDOW_MAX: usize = 10_000;
/// The relative format has two digits of days and no use for months (SMPP 3.4 section 7.1.1.2).
const VALIDITY_S_MAX: u32 = 30 * 86_400;
/// Smallest PDU bound under which a 140-octet part with its addresses still fits.
const PDU_OCTETS_MIN: usize = 512;

/// One thing wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The key below `[lane.smpp]`.
    pub key: &'static str,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

impl SmppSettings {
    /// All complaints; empty if the lane can start.
    #[must_use]
    pub fn check(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut refuse = |bad: bool, key: &'static str, text: String| {
            if bad {
                complaints.push(Complaint { key, text });
            }
        };
        self.check_account(&mut refuse);
        self.check_source(&mut refuse);
        self.check_bounds(&mut refuse);
        self.check_times(&mut refuse);
        if let Some(tls) = &self.tls {
            let half = tls.certificate.is_some() != tls.key.is_some();
            refuse(half, "tls", "certificate and key belong together: give both or neither".to_owned());
        }
        complaints
    }

    fn check_account(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        refuse(
            !is_address(&self.address),
            "address",
            format!("'{}' is not host:port: write \"smsc.example:2775\"", self.address),
        );
        refuse(self.system_id.is_empty(), "system_id", "is empty: write the account's name".to_owned());
        let texts = [
            ("system_id", self.system_id.as_str(), SYSTEM_ID_OCTETS_MAX),
            ("system_type", self.system_type.as_str(), SYSTEM_TYPE_OCTETS_MAX),
            ("service_type", self.service_type.as_str(), SERVICE_TYPE_OCTETS_MAX),
        ];
        for (key, text, octets_max) in texts {
            refuse(
                !is_plain(text) || text.len() > octets_max,
                key,
                format!("'{text}' does not fit: at most {octets_max} plain ASCII characters"),
            );
        }
        let password = self.password.expose();
        refuse(
            !is_plain(password) || password.len() > PASSWORD_OCTETS_MAX,
            "password",
            format!("does not fit: at most {PASSWORD_OCTETS_MAX} plain ASCII characters"),
        );
    }

    fn check_source(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        let source = self.source.as_str();
        let digits = source.strip_prefix('+').unwrap_or(source);
        let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
        refuse(
            is_number && digits.len() > NUMBER_DIGITS_MAX,
            "source",
            format!("'{source}' is too long for a number: at most {NUMBER_DIGITS_MAX} digits"),
        );
        refuse(
            !is_number && (source.is_empty() || source.len() > NAME_LETTERS_MAX || !is_plain(source)),
            "source",
            format!(
                "'{source}' is not a sender name: 1 to {NAME_LETTERS_MAX} letters and digits without accents"
            ),
        );
        let kinds = [("source_ton", self.source_ton, TON_MAX), ("source_npi", self.source_npi, NPI_MAX)];
        for (key, value, most) in kinds {
            let value = value.unwrap_or(0);
            refuse(
                value > most,
                key,
                format!("{value} is not defined by SMPP: 0 to {most}, or leave it out"),
            );
        }
    }

    fn check_bounds(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        let counts = [
            ("binds", self.binds, 1, BINDS_MAX, "the number of sessions the carrier grants"),
            ("window", self.window, 1, WINDOW_MAX, "the unanswered submissions the carrier allows per bind"),
            ("pdu_octets_max", self.pdu_octets_max, PDU_OCTETS_MIN, 1 << 20, "octets of the largest PDU"),
        ];
        for (key, value, least, most, what) in counts {
            let outside = !(least..=most).contains(&value);
            refuse(outside, key, format!("{value} is outside {least} to {most}: write {what}"));
        }
    }

    fn check_times(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        let s = u64::from(self.validity_max_s);
        refuse(
            s < 60 || self.validity_max_s > VALIDITY_S_MAX,
            "validity_max_s",
            format!("{s} is outside 60 to {VALIDITY_S_MAX} seconds (one minute to 30 days)"),
        );
        let times = [
            ("response_timeout_ms", self.response_timeout_ms),
            ("enquire_link_ms", self.enquire_link_ms),
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("bind_timeout_ms", self.bind_timeout_ms),
            ("reconnect_min_ms", self.reconnect_min_ms),
            ("reconnect_max_ms", self.reconnect_max_ms),
        ];
        for (key, ms) in times {
            let outside = !(10..=3_600_000).contains(&ms);
            refuse(outside, key, format!("{ms} is outside 10 to 3600000 milliseconds"));
        }
        refuse(
            self.reconnect_max_ms < self.reconnect_min_ms,
            "reconnect_max_ms",
            format!("{} is below reconnect_min_ms = {}", self.reconnect_max_ms, self.reconnect_min_ms),
        );
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|octet| (0x20..0x7F).contains(&octet))
}

/// `host:port` can be cut in two; whether the host exists is found out when connecting.
fn is_address(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(host, port)| {
        let host_fits =
            !host.is_empty() && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'));
        host_fits && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Password, TlsSettings};

    fn good() -> SmppSettings {
        SmppSettings::new("127.0.0.1:2775", "loa", Password::new("secret"), "LANGSON")
    }

    #[test]
    fn good_settings_have_no_complaints() {
        assert_eq!(good().check(), []);
        for (address, source) in [("[::1]:2775", "+84901234567"), ("smsc.example:1", "1900")] {
            assert_eq!(SmppSettings { address: address.into(), source: source.into(), ..good() }.check(), []);
        }
    }

    #[test]
    fn every_complaint_comes_at_once_and_names_its_key() {
        let settings = SmppSettings {
            address: "smsc.example".into(),
            system_id: "a-name-of-seventeen".into(),
            password: Password::new("mật khẩu"),
            source: "UBND TINH LANG SON".into(),
            binds: 0,
            window: 0,
            validity_max_s: 5,
            response_timeout_ms: 0,
            reconnect_max_ms: 20,
            tls: Some(TlsSettings {
                ca: "ca.pem".into(),
                server_name: None,
                certificate: Some("own.pem".into()),
                key: None,
            }),
            ..good()
        };
        let complaints = settings.check();
        let keys: Vec<_> = complaints.iter().map(|complaint| complaint.key).collect();
        let expected = [
            "address",
            "system_id",
            "password",
            "source",
            "binds",
            "window",
            "validity_max_s",
            "response_timeout_ms",
            "reconnect_max_ms",
            "tls",
        ];
        assert_eq!(keys, expected);
        let all = complaints.iter().map(ToString::to_string).collect::<String>();
        assert!(!all.contains("mật khẩu"), "a password was shown");
    }
}
