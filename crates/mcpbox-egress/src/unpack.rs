//! Unpacks a compressed answer part by part, so that it can be searched for secrets. What it becomes is capped like what was
//! sent, and never unpacked further than what is read: a small bomb costs little.

use std::io::{self, Write};

use bytes::{Buf as _, Bytes};
use flate2::write::{MultiGzDecoder, ZlibDecoder};

use crate::{
    error::{FetchError, FetchErrorKind},
    reply::too_large,
};

/// Packed bytes that are unpacked at a time; deflate makes at most about a thousand times as much of them.
const STEP_BYTES: usize = 256;

/// See the module.
pub(crate) struct Unpacker {
    decoder: Option<Decoder>,
    packed: Bytes,
    is_fed: bool,
    made: usize,
    max_bytes: usize,
}

enum Decoder {
    Gzip(MultiGzDecoder<Vec<u8>>),
    Deflate(ZlibDecoder<Vec<u8>>),
    Unknown,
}

impl Unpacker {
    /// For this `content-encoding`; none when nothing is packed.
    pub(crate) fn new(encoding: &str, max_bytes: usize) -> Option<Self> {
        let decoder = match encoding.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => return None,
            "gzip" | "x-gzip" => Decoder::Gzip(MultiGzDecoder::new(Vec::new())),
            "deflate" => Decoder::Deflate(ZlibDecoder::new(Vec::new())),
            _ => Decoder::Unknown,
        };
        Some(Self { decoder: Some(decoder), packed: Bytes::new(), is_fed: false, made: 0, max_bytes })
    }

    /// From now on it may become as much as it likes.
    pub(crate) fn lift_cap(&mut self) {
        self.max_bytes = usize::MAX;
    }

    /// Takes packed bytes; only after [`Unpacker::step`] had none left.
    pub(crate) fn feed(&mut self, packed: Bytes) {
        self.is_fed |= !packed.is_empty();
        self.packed = packed;
    }

    /// The next unpacked bytes; none when more packed ones are needed.
    pub(crate) fn step(&mut self) -> Result<Option<Bytes>, FetchError> {
        while !self.packed.is_empty() {
            let Some(decoder) = &mut self.decoder else { return Ok(None) };
            let count = self.packed.len().min(STEP_BYTES);
            let made = decoder.write(self.packed.get(..count).unwrap_or_default())?;
            self.packed.advance(count);
            if !made.is_empty() {
                return self.count(made).map(Some);
            }
        }
        Ok(None)
    }

    /// The last bytes, when the host has sent all.
    pub(crate) fn finish(&mut self) -> Result<Option<Bytes>, FetchError> {
        match self.decoder.take() {
            Some(decoder) if self.is_fed => {
                let made = decoder.finish().map_err(|_| broken())?;
                if made.is_empty() { Ok(None) } else { self.count(made).map(Some) }
            }
            _ => Ok(None), // an answer without a body has nothing to unpack
        }
    }

    fn count(&mut self, made: Vec<u8>) -> Result<Bytes, FetchError> {
        self.made = self.made.saturating_add(made.len());
        if self.made > self.max_bytes { Err(too_large(self.max_bytes)) } else { Ok(made.into()) }
    }
}

impl Decoder {
    fn write(&mut self, packed: &[u8]) -> Result<Vec<u8>, FetchError> {
        let (written, made) = match self {
            Self::Gzip(decoder) => (write_all(decoder, packed), decoder.get_mut()),
            Self::Deflate(decoder) => (write_all(decoder, packed), decoder.get_mut()),
            Self::Unknown => return Err(unknown()),
        };
        written.map_err(|_| broken())?;
        Ok(std::mem::take(made))
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(decoder) => decoder.finish(),
            Self::Deflate(decoder) => decoder.finish(),
            Self::Unknown => Ok(Vec::new()),
        }
    }
}

fn write_all(decoder: &mut impl Write, packed: &[u8]) -> io::Result<()> {
    decoder.write_all(packed)?;
    decoder.flush()
}

fn broken() -> FetchError {
    FetchError::new(FetchErrorKind::Protocol, "the host's compressed answer is broken; try again or fetch another URL")
}

fn unknown() -> FetchError {
    let message = "the host answers in a compression it was not asked for, which cannot be searched for secrets; fetch another URL";
    FetchError::new(FetchErrorKind::Protocol, message)
}
