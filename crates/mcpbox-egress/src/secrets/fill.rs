//! Puts values into a body that comes in parts: a placeholder may be cut anywhere.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::{
    Place, Vault,
    vault::{PLACEHOLDER_BYTES, PLACEHOLDER_START},
};
use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
    hop::MAX_WHOLE_BYTES,
};

/// See the module.
pub(crate) struct Filler {
    vault: Arc<Vault>,
    place: Place,
    to: Destination,
    method: String,
    /// The other side was told a length, so nothing may change it.
    keeps_length: bool,
    held: BytesMut,
}

impl Filler {
    /// For one request's body.
    pub(crate) fn new(vault: Arc<Vault>, place: Place, to: Destination, method: String) -> Self {
        Self { vault, place, to, method, keeps_length: false, held: BytesMut::new() }
    }

    /// From now on a placeholder is an error.
    pub(crate) fn keep_length(&mut self) {
        self.keeps_length = true;
    }

    /// The part as it goes out; what may be half a placeholder waits for the next one.
    pub(crate) fn push(&mut self, part: &Bytes, is_last: bool) -> Result<Bytes, FetchError> {
        if !self.vault.has_sealed() {
            return Ok(part.clone());
        }
        self.held.extend_from_slice(part);
        let end = if is_last { self.held.len() } else { whole_end(&self.held) };
        let text = self.held.split_to(end).freeze();
        match self.vault.fill(&text, self.place, &self.to, &self.method, MAX_WHOLE_BYTES)? {
            None => Ok(text),
            Some(_) if self.keeps_length => Err(FetchError::new(
                FetchErrorKind::InvalidRequest,
                "a secret stands far inside a long body that was announced with its length; put it into a header or near \
                 the beginning, or send the body without Content-Length",
            )),
            Some(filled) => Ok(filled.into()),
        }
    }
}

/// Where a placeholder may begin that is not complete yet; the end when none does.
fn whole_end(text: &[u8]) -> usize {
    let start = PLACEHOLDER_START.as_bytes();
    let from = text.len().saturating_sub(PLACEHOLDER_BYTES - 1);
    let may_begin = |at: &usize| {
        let rest = text.get(*at..).unwrap_or_default();
        start.starts_with(rest) || rest.starts_with(start)
    };
    (from..text.len()).find(may_begin).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_half_a_placeholder_waits() {
        let whole = format!("{PLACEHOLDER_START}{}", "0".repeat(32));
        assert_eq!(whole.len(), PLACEHOLDER_BYTES);
        assert_eq!(whole_end(b"plain text"), 10);
        assert_eq!(whole_end(b"plain m"), 6);
        for cut in 1..whole.len() {
            assert_eq!(whole_end(format!("ab{}", &whole[..cut]).as_bytes()), 2, "{cut}");
        }
        assert_eq!(whole_end(whole.as_bytes()), whole.len());
    }
}
