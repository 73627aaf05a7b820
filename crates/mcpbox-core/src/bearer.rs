//! Keys that one process shows another in `Authorization: Bearer …`: at least 256 bits, written as hex.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Least digits of a key: 32 bytes.
const DIGITS_MIN: usize = 64;
/// Most digits of a key.
const DIGITS_MAX: usize = 512;

/// See the module. Its value never shows in `Debug`.
#[derive(Debug, Clone)]
pub struct BearerKey(SecretString);

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be 64 to 512 hex digits of a random number; make one with `mcpbox key`")]
pub struct BearerKeyError;

impl BearerKey {
    /// Takes 64 to 512 hex digits.
    ///
    /// # Errors
    /// [`BearerKeyError`] for anything shorter, longer or else.
    pub fn parse(text: &str) -> Result<Self, BearerKeyError> {
        let text = text.trim();
        let fits = (DIGITS_MIN..=DIGITS_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.into()))
        } else {
            Err(BearerKeyError)
        }
    }

    /// The value of an `Authorization` header that shows this key.
    pub fn header(&self) -> SecretString {
        format!("Bearer {}", self.0.expose_secret()).into()
    }

    /// Whether this `Authorization` header shows this key. Takes the same time whatever is wrong about it.
    pub fn accepts(&self, header: &[u8]) -> bool {
        let (scheme, given) = header.split_at_checked(BEARER.len()).unwrap_or((&[], header));
        let digest = |bytes: &[u8]| Sha256::digest(bytes);
        let is_same = digest(given).ct_eq(&digest(self.0.expose_secret().as_bytes()));
        bool::from(is_same) && scheme.eq_ignore_ascii_case(BEARER)
    }
}

const BEARER: &[u8] = b"Bearer ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_hex_is_a_key() {
        for bad in ["", "secret", &"a".repeat(63), &"g".repeat(64), &"a".repeat(513)] {
            assert_eq!(BearerKey::parse(bad).unwrap_err(), BearerKeyError, "{bad}");
        }
        assert!(BearerKey::parse(&format!(" {}\n", "0f".repeat(32))).is_ok());
    }

    #[test]
    fn exactly_the_key_is_accepted() {
        let key = BearerKey::parse(&"ab".repeat(32)).unwrap();
        let header = key.header();
        assert!(key.accepts(header.expose_secret().as_bytes()));
        assert!(key.accepts(format!("bearer {}", "ab".repeat(32)).as_bytes()));
        let wrong = ["", "Bearer", "Bearer ", &"ab".repeat(32), &format!("Basic  {}", "ab".repeat(32))];
        for header in wrong.into_iter().chain([&*format!("Bearer {}", "ab".repeat(33)), "Bearer abab"]) {
            assert!(!key.accepts(header.as_bytes()), "{header}");
        }
        assert!(!format!("{key:?}").contains("abab"));
    }
}
