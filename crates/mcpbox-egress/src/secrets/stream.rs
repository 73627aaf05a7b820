//! Scrubs bytes that come in parts: a value may be cut anywhere. Only what may be the beginning of a value waits, so the
//! first bytes of a slow answer are not held up.

use std::sync::Arc;

use bytes::Bytes;

use super::Vault;

/// See the module.
pub(crate) struct StreamScrubber {
    vault: Arc<Vault>,
    held: Vec<u8>,
}

impl StreamScrubber {
    /// Takes sealed values out.
    pub(crate) fn new(vault: Arc<Vault>) -> Self {
        Self { vault, held: Vec::new() }
    }

    /// The part without values, as far as that can be told.
    pub(crate) fn push(&mut self, part: Bytes) -> Bytes {
        let scrubber = self.vault.scrub_sealed();
        if self.held.is_empty() && scrubber.open_end(&part) == part.len() {
            return scrubber.clean_bytes(&part).map_or(part, Bytes::from);
        }
        self.held.extend_from_slice(&part);
        let (cleaned, taken) = scrubber.clean_begun(&self.held);
        self.held.drain(..taken);
        cleaned.into()
    }

    /// What still waited.
    pub(crate) fn finish(&mut self) -> Bytes {
        let held = std::mem::take(&mut self.held);
        self.vault.scrub_sealed().clean_bytes(&held).unwrap_or(held).into()
    }
}
