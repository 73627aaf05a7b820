//! An answer as the host gave it, and how it is made fit for the tool: unpacked where it must be searched, scrubbed. Part by
//! part: a body is never held as a whole unless somebody wants it so.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    error::{FetchError, FetchErrorKind},
    secrets::{StreamScrubber, Vault},
    transport::LiveBody,
    unpack::Unpacker,
};

/// An answer whose head is there.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// May still hold values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: ReplyBody,
    pub(crate) http_version: &'static str,
}

/// The body of an answer, clean.
pub(crate) struct ReplyBody {
    source: Source,
    unpacker: Option<Unpacker>,
    scrubber: Option<StreamScrubber>,
    is_over: bool,
}

/// Where a body comes from.
pub(crate) enum Source {
    /// It is there (a mock's).
    Whole(Option<Bytes>),
    /// It comes from a host.
    Live(Box<LiveBody>),
}

impl Reply {
    /// An answer that is handed on as it comes.
    pub(crate) fn new(status: u16, headers: Vec<(String, String)>, http_version: &'static str, source: Source) -> Self {
        Self { status, headers, http_version, body: ReplyBody::new(source) }
    }

    /// The first header of that (lower-case) name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// From now on the body is unpacked and comes without sealed values. The host was asked not to compress; some do all
    /// the same.
    pub(crate) fn scrub(&mut self, vault: &Arc<Vault>, is_head: bool, max_bytes: usize) {
        if is_head {
            return; // its headers tell of a body that is not there
        }
        self.body.unpacker = Unpacker::new(self.header("content-encoding").unwrap_or_default(), max_bytes);
        self.body.scrubber = Some(StreamScrubber::new(Arc::clone(vault)));
        let is_unpacked = self.body.unpacker.is_some();
        self.headers.retain(|(name, _)| name != "content-length" && !(is_unpacked && name == "content-encoding"));
    }

    /// The headers for the tool.
    pub(crate) fn clean_headers(&self, vault: &Vault) -> Vec<(String, String)> {
        let scrubber = vault.scrub_sealed();
        let cleaned = |(name, value): &(String, String)| (scrubber.clean_text(name), scrubber.clean_text(value));
        self.headers.iter().map(cleaned).collect()
    }
}

impl ReplyBody {
    fn new(source: Source) -> Self {
        Self { source, unpacker: None, scrubber: None, is_over: false }
    }

    /// From now on it may be as long as the host likes.
    pub(crate) fn lift_cap(&mut self) {
        if let Source::Live(body) = &mut self.source {
            body.lift_cap();
        }
        if let Some(unpacker) = &mut self.unpacker {
            unpacker.lift_cap();
        }
    }

    /// The next bytes, never none of them; none at the end. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        while !self.is_over {
            let plain = self.plain().await?;
            self.is_over = plain.is_none();
            let clean = match (&mut self.scrubber, plain) {
                (Some(scrubber), Some(bytes)) => scrubber.push(bytes),
                (Some(scrubber), None) => scrubber.finish(),
                (None, bytes) => bytes.unwrap_or_default(),
            };
            if !clean.is_empty() {
                return Ok(Some(clean));
            }
        }
        Ok(None)
    }

    async fn plain(&mut self) -> Result<Option<Bytes>, FetchError> {
        let Some(unpacker) = &mut self.unpacker else { return self.source.next().await };
        loop {
            if let Some(bytes) = unpacker.step()? {
                return Ok(Some(bytes));
            }
            match self.source.next().await? {
                Some(packed) => unpacker.feed(packed),
                None => return unpacker.finish(),
            }
        }
    }
}

impl Source {
    async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        match self {
            Self::Whole(bytes) => Ok(bytes.take().filter(|bytes| !bytes.is_empty())),
            Self::Live(body) => body.next().await,
        }
    }
}

/// The error for an answer over the cap.
pub(crate) fn too_large(max_bytes: usize) -> FetchError {
    let message = format!(
        "the answer is larger than {} KiB; ask the host for less (paging, fewer fields, a range)",
        max_bytes / 1024
    );
    FetchError::new(FetchErrorKind::TooLarge, message)
}
