//! Signatures, proofs and challenges.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Octets of a PKCE verifier before they are written as 43 letters (RFC 7636 section 4.1).
const VERIFIER_OCTETS: usize = 32;

/// `mac` of `X-ZEvent-Signature`: plain SHA-256, not an HMAC.
pub(crate) fn event_mac(first: &str, body: &[u8], timestamp: &str, oa_secret: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(first.as_bytes());
    digest.update(body);
    digest.update(timestamp.as_bytes());
    digest.update(oa_secret.as_bytes());
    digest.finalize().into()
}

/// Compares in constant time; `header` may carry `mac=` and either case.
pub(crate) fn mac_agrees(header: &str, mac: &[u8; 32]) -> bool {
    let text = header.trim();
    let text = text.strip_prefix("mac=").unwrap_or(text);
    hex::decode(text).is_ok_and(|claimed| bool::from(claimed.ct_eq(mac)))
}

/// `appsecret_proof`: HMAC-SHA256 of the access token under the app's secret.
pub(crate) fn proof(app_secret: &str, access_token: &str) -> String {
    // A key of any length is allowed, so there is no error to tell of.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else { return String::new() };
    mac.update(access_token.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// What a consent request shows (`challenge`) and what its answer is redeemed with (`verifier`).
#[derive(Clone, PartialEq, Eq)]
pub struct Pkce {
    pub verifier: String,
    pub challenge: String,
}

impl std::fmt::Debug for Pkce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkce").field("challenge", &self.challenge).finish_non_exhaustive()
    }
}

/// A fresh pair.
#[must_use]
pub fn pkce() -> Pkce {
    let octets: [u8; VERIFIER_OCTETS] = rand::random();
    let verifier = BASE64_URL_SAFE_NO_PAD.encode(octets);
    let challenge = challenge(&verifier);
    Pkce { verifier, challenge }
}

pub(crate) fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_published_examples() {
        let body = r#"{"app_id":"1000000000000000001","event_name":"user_send_text","timestamp":"1700000000000","message":{"text":"xin chào","msg_id":"m1"},"sender":{"id":"u1"},"recipient":{"id":"o1"}}"#;
        let mac = event_mac("1000000000000000001", body.as_bytes(), "1700000000000", "testsecret");
        let written = "44c49be8d44c98a533a0b4c2a5ea9f7fb6d8952c3892a193127b9245c108e79f";
        assert!(mac_agrees(&format!("mac={written}"), &mac) && mac_agrees(&written.to_uppercase(), &mac));
        assert!(!mac_agrees("", &mac) && !mac_agrees(&written[2..], &mac) && !mac_agrees("mac=zz", &mac));
        let expected = "d52ddf968d622d8af8677906b7fbae09ac1f89f7cd5c1584b27544624cc23e5a";
        assert_eq!(proof("app_secret", "access_token"), expected);
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let fresh = pkce();
        assert_eq!((fresh.verifier.len(), challenge(&fresh.verifier)), (43, fresh.challenge.clone()));
        assert!(!format!("{fresh:?}").contains(&fresh.verifier));
    }
}
