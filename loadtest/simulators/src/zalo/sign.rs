//! Hashes: signatures of webhooks, proofs of the app's secret, challenges of consent; and ids.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Lower-case hexadecimal SHA-256 of the parts one after the other.
pub(crate) fn sha256_hex(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// `X-ZEvent-Signature`: plain SHA-256 over app id, body, timestamp and the OA's secret, not an HMAC.
pub(crate) fn event_signature(app_id: &str, body: &str, timestamp: &str, oa_secret: &str) -> String {
    format!("mac={}", sha256_hex(&[app_id, body, timestamp, oa_secret]))
}

/// `appsecret_proof`: HMAC-SHA256 of the access token with the app's secret.
pub(crate) fn proof(app_secret: &str, access_token: &str) -> String {
    // A key of any length is allowed, so there is no error to tell of.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else { return String::new() };
    mac.update(access_token.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// `code_challenge` of a `code_verifier`.
pub(crate) fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// A number for choices and counting, the same in every run; not for secrets.
pub(crate) fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// A message id that looks random and holds the serial: eight digits of check, twelve of serial.
pub(crate) fn message_id(seed: u64, serial: u64) -> String {
    let serial = serial & 0xFFFF_FFFF_FFFF;
    format!("{:08x}{serial:012x}", hash(&(seed, serial)) as u32)
}

/// The way back from [`message_id`]; `None`: not one of ours.
pub(crate) fn message_serial(seed: u64, id: &str) -> Option<u64> {
    let serial = u64::from_str_radix(id.get(8..)?, 16).ok()?;
    (message_id(seed, serial) == id).then_some(serial)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_published_examples() {
        let body = r#"{"app_id":"1000000000000000001","event_name":"user_send_text","timestamp":"1700000000000","message":{"text":"xin chào","msg_id":"m1"},"sender":{"id":"u1"},"recipient":{"id":"o1"}}"#;
        assert_eq!(
            event_signature("1000000000000000001", body, "1700000000000", "testsecret"),
            "mac=44c49be8d44c98a533a0b4c2a5ea9f7fb6d8952c3892a193127b9245c108e79f"
        );
        assert_eq!(
            proof("app_secret", "access_token"),
            "d52ddf968d622d8af8677906b7fbae09ac1f89f7cd5c1584b27544624cc23e5a"
        );
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        assert_eq!(
            sha256_hex(&["84987654321"]),
            "116ce31ae9170769b075a11dedca1198f41d30318334919fb90917e9c617b438"
        );
    }

    #[test]
    fn a_message_id_leads_back_to_its_serial_and_others_lead_nowhere() {
        let id = message_id(1, 4_711);
        assert_eq!(message_serial(1, &id), Some(4_711));
        assert_eq!(
            (message_serial(2, &id), message_serial(1, "é"), message_serial(1, "")),
            (None, None, None)
        );
        assert_eq!(message_serial(1, "a4d0243feee163bd3af2"), None);
    }
}
