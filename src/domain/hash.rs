//! Fingerprints that a person can compare and an auditor can recompute: SHA-256 over fields written one way only.
//! Every field is preceded by its length, so that no two different sequences of fields give the same bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The fingerprint of everything an approver agrees to. Shown and stored as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

/// The name by which the public and a search find an alert again: its number and the beginning of its content's hash, so
/// that two deployments, or two versions, never share one.
#[must_use]
pub fn public_reference(alert: super::ids::AlertId, content: &ContentHash) -> String {
    /// Hexadecimal digits of the hash; enough to tell versions of one alert apart.
    const HASH_DIGITS: usize = 6;
    let hash: String = content.to_string().chars().take(HASH_DIGITS).collect();
    format!("LOA-{alert}-{hash}")
}

/// Pictures are stored once, under the SHA-256 of their bytes: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PictureHash(pub String);

impl PictureHash {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }
}

/// A text that is no content hash.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "content_hash: not 64 hexadecimal digits ({given_chars} characters given); copy it whole from the alert"
)]
pub struct HashError {
    pub given_chars: usize,
}

impl ContentHash {
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl FromStr for ContentHash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let mut bytes = [0; 32];
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(HashError { given_chars: text.chars().count() }),
        }
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// SHA-256 over length-prefixed fields, fed one by one: memory does not grow with what is hashed.
#[derive(Debug, Clone)]
pub(crate) struct FieldHasher(Sha256);

impl FieldHasher {
    /// `purpose` is the first field: hashes made for different purposes never meet.
    pub(crate) fn new(purpose: &str) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.text(purpose);
        hasher
    }

    /// Length in bytes as 8 bytes, most significant first, then the UTF-8 bytes.
    pub(crate) fn text(&mut self, field: &str) {
        let length = field.len() as u64;
        self.0.update(length.to_be_bytes());
        self.0.update(field.as_bytes());
    }

    /// A field that may be absent: absent and empty are different.
    pub(crate) fn optional(&mut self, field: Option<&str>) {
        match field {
            Some(field) => {
                self.0.update([1]);
                self.text(field);
            }
            None => self.0.update([0]),
        }
    }

    /// Eight bytes, most significant first.
    pub(crate) fn number(&mut self, field: i64) {
        self.0.update(field.to_be_bytes());
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(fields: &[&str]) -> [u8; 32] {
        let mut hasher = FieldHasher::new("test");
        fields.iter().for_each(|field| hasher.text(field));
        hasher.finish()
    }

    #[test]
    fn moving_a_letter_over_a_field_border_changes_the_hash() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["ab", ""]), hash(&["ab"]));
    }

    #[test]
    fn a_hash_is_read_back_and_half_a_hash_is_refused() {
        let content = ContentHash::from_bytes(hash(&["lũ"]));
        assert_eq!(content.to_string().parse(), Ok(content));
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(serde_json::from_str::<ContentHash>(&json).unwrap(), content);
        assert!("abc".parse::<ContentHash>().unwrap_err().to_string().contains("3 characters"));
    }
}
