//! Signatures with the app's secret: ours on calls, Meta's on webhooks.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::Secret;

/// `appsecret_proof` of a call with `token`: shows that the caller knows the app's secret, not only a token.
pub(crate) fn proof(app_secret: &Secret, token: &str) -> String {
    mac(app_secret, token.as_bytes()).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default()
}

/// Whether `header` (`sha256=<hex>`) signs these very bytes. Takes the same time wherever it differs.
pub(crate) fn signed(app_secret: &Secret, header: &str, body: &[u8]) -> bool {
    let Some(signature) = header.trim().strip_prefix("sha256=").and_then(|hex| hex::decode(hex).ok()) else {
        return false;
    };
    !app_secret.is_empty() && mac(app_secret, body).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
}

/// HMAC takes keys of any length; `None` never happens.
fn mac(app_secret: &Secret, message: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.expose().as_bytes()).ok()?;
    mac.update(message);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_published_test_vector() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let key = Secret::new("Jefe");
        assert_eq!(proof(&key, "what do ya want for nothing?"), expected);
        let body = b"what do ya want for nothing?";
        assert!(signed(&key, &format!("sha256={expected}"), body));
        for header in
            ["", "sha256=", expected, "sha1=abcd", "sha256=zz", &format!("sha256={}", &expected[2..])]
        {
            assert!(!signed(&key, header, body), "{header}");
        }
        assert!(!signed(&Secret::default(), &format!("sha256={}", proof(&Secret::default(), "x")), b"x"));
    }
}
