//! An answer as the host gave it, and how it is made fit for the tool: unpacked where it must be searched, scrubbed.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::{
    error::{FetchError, FetchErrorKind},
    message::FetchResponse,
    secrets::Scrubber,
};

/// An answer that may still hold values.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) http_version: &'static str,
}

impl Reply {
    /// The first header of that (lower-case) name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Unpacks a compressed body so that it can be searched. The host was asked not to compress; some do all the same.
    pub(crate) fn unpack(&mut self, max_bytes: usize) -> Result<(), FetchError> {
        let encoding = self.header("content-encoding").unwrap_or("identity").trim().to_ascii_lowercase();
        if self.body.is_empty() || matches!(encoding.as_str(), "identity" | "") {
            return Ok(());
        }
        let unpacked = match encoding.as_str() {
            "gzip" | "x-gzip" => read_capped(MultiGzDecoder::new(&*self.body), max_bytes)?,
            "deflate" => read_capped(ZlibDecoder::new(&*self.body), max_bytes)?,
            _ => {
                let message = "the host answers in a compression it was not asked for, which cannot be searched for secrets; fetch another URL";
                return Err(FetchError::new(FetchErrorKind::Protocol, message));
            }
        };
        self.body = unpacked.into();
        self.headers.retain(|(name, _)| name != "content-encoding" && name != "content-length");
        Ok(())
    }

    /// The answer for the tool.
    pub(crate) fn into_response(mut self, url: &str, scrubber: &Scrubber) -> FetchResponse {
        if let Some(cleaned) = scrubber.clean_bytes(&self.body) {
            self.body = cleaned.into();
            self.headers.retain(|(name, _)| name != "content-length");
        }
        let headers = self
            .headers
            .into_iter()
            .map(|(name, value)| (scrubber.clean_text(&name), scrubber.clean_text(&value)))
            .collect();
        FetchResponse {
            status: self.status,
            headers,
            body: self.body,
            url: scrubber.clean_text(url),
            http_version: self.http_version,
        }
    }
}

fn read_capped(packed: impl Read, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
    let mut unpacked = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    packed.take(limit).read_to_end(&mut unpacked).map_err(|_| {
        FetchError::new(
            FetchErrorKind::Protocol,
            "the host's compressed answer is broken; try again or fetch another URL",
        )
    })?;
    if unpacked.len() > max_bytes { Err(too_large(max_bytes)) } else { Ok(unpacked) }
}

/// The error for an answer over the cap.
pub(crate) fn too_large(max_bytes: usize) -> FetchError {
    let message = format!(
        "the answer is larger than {} KiB; ask the host for less (paging, fewer fields, a range)",
        max_bytes / 1024
    );
    FetchError::new(FetchErrorKind::TooLarge, message)
}
