//! Frames of the call socket: `u32 header length, u32 body length, JSON header, raw body`, little endian. What arrives was written by
//! tool code: every length is checked against a cap before anything of that size is allocated.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use bytes::{Buf, Bytes, BytesMut};
use mcpbox_core::{execute::Entry, failure::Failure};
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;

const PREFIX: usize = 8;
/// Largest header.
const HEADER_MAX: usize = 128 * 1024;
/// Largest part of a body to a host; a longer body comes in parts.
const HTTP_BODY_MAX: usize = 1 << 20;
/// Largest arguments of a tool that a script calls, bytes of JSON.
const TOOL_ARGUMENTS_MAX: usize = 1 << 20;
/// Largest question to the user of the client, bytes of JSON.
const QUESTION_MAX: usize = 64 << 10;
/// Largest compiled program.
const CODE_MAX: usize = 4 << 20;
/// Read at once.
const CHUNK: usize = 64 * 1024;

/// What a child says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Said {
    /// It is locked down and waits.
    Parked,
    /// It could not be locked down.
    Broken { reason: String },
    /// A request to a host.
    Http {
        id: u64,
        method: String,
        url: String,
        headers: Vec<(String, String)>,
        #[serde(default)]
        timeout_ms: Option<u64>,
        /// Whether the body goes on in `http_body`.
        #[serde(default)]
        more: bool,
    },
    /// The next part of a request's body. `request` is the id of its `http`.
    HttpBody { id: u64, request: u64, more: bool },
    /// The next part of an answer's body is wanted.
    HttpRead { id: u64, request: u64 },
    /// The rest of an answer is not wanted.
    HttpClose { request: u64 },
    /// A call of another tool; the body is its arguments.
    Tool { id: u64, name: String },
    /// A question to the user of the client, in the body. Answered like a call of a tool.
    Ask { id: u64 },
    /// How far it is.
    Progress { done: f64, total: Option<f64>, message: Option<String> },
    /// A line for the client's log.
    Log { message: String },
    /// `main` returned; the body is the result.
    Result(Seen),
    /// It failed.
    Error {
        failure: SaidFailure,
        #[serde(flatten)]
        seen: Seen,
    },
    /// A compiled program, in the body.
    Code,
}

/// What a child says it did.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Seen {
    #[serde(default)]
    pub(crate) modules: BTreeSet<String>,
    #[serde(default)]
    pub(crate) denied_modules: BTreeSet<String>,
    #[serde(default)]
    pub(crate) secrets: BTreeSet<String>,
    #[serde(default)]
    pub(crate) cpu_us: u64,
    #[serde(default)]
    pub(crate) peak_kb: u64,
}

/// A failure as the child describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct SaidFailure {
    pub(crate) kind: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) line: Option<u32>,
    #[serde(default)]
    pub(crate) snippet: Option<String>,
    #[serde(default)]
    pub(crate) traceback: Option<String>,
    #[serde(default)]
    pub(crate) hint: Option<String>,
}

/// What the supervisor says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Say<'a> {
    /// Run this; the body is source, compiled code and arguments, one after the other.
    Run {
        policy: &'a str,
        modules: Vec<&'a str>,
        /// The proxy's URL for this call, where the jail has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        proxy: Option<String>,
        secrets: &'a std::collections::BTreeMap<&'a str, String>,
        limits: RunLimits,
        /// Lengths of source and code in the body.
        sizes: [usize; 2],
        /// Which function runs, when it is not `main`.
        #[serde(skip_serializing_if = "Entry::is_main")]
        entry: &'a Entry,
        /// Whether the code gets `tools`.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        tools: bool,
    },
    /// Only compile the source in the body.
    Compile,
    /// An answer; the body is its body, or how it begins.
    HttpResult { id: u64, status: u16, headers: &'a [(String, String)], http_version: &'a str, more: bool },
    /// The next part of a request's body is wanted.
    #[serde(rename = "http_result")]
    HttpWants { id: u64, wants: bool },
    /// The next part of an answer's body.
    HttpData { id: u64, more: bool },
    /// There is no answer.
    #[serde(rename = "http_result")]
    HttpError { id: u64, error: SayError<'a> },
    /// What a tool returned, in the body.
    ToolResult { id: u64 },
    /// Why it returned nothing.
    #[serde(rename = "tool_result")]
    ToolError { id: u64, failure: &'a Failure },
}

/// Why there is no answer.
#[derive(Debug, Serialize)]
pub(crate) struct SayError<'a> {
    pub(crate) kind: &'a str,
    pub(crate) message: &'a str,
}

/// Limits of a run.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct RunLimits {
    pub(crate) memory_bytes: u64,
    pub(crate) cpu_s: u64,
    pub(crate) result_bytes: u64,
}

/// Why the conversation with a child cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The other side closed, or died.
    #[error("the process closed its channel")]
    Closed,
    /// What it sent is not a frame.
    #[error("the process sent something that is not a frame: {0}")]
    Garbage(String),
    /// The frame is over its cap.
    #[error("the process sent a {what} larger than {cap} bytes")]
    TooLarge { what: &'static str, cap: usize },
}

/// One frame, ready to be sent.
pub(crate) fn frame(header: &Say<'_>, body: &[&[u8]]) -> Bytes {
    let text = serde_json::to_vec(header).unwrap_or_default();
    let length: usize = body.iter().map(|part| part.len()).sum();
    let mut bytes = BytesMut::with_capacity(PREFIX + text.len() + length);
    bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&text);
    for part in body {
        bytes.extend_from_slice(part);
    }
    bytes.freeze()
}

/// Reads frames from one child. Cancel-safe: half a frame stays in the buffer.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    buffer: BytesMut,
    /// Header and missing body length of the frame being read.
    begun: Option<(Said, usize)>,
}

impl Reader {
    /// The next frame. `result_max` caps the body of a result.
    pub(crate) async fn next(&mut self, stream: &UnixStream, result_max: usize) -> Result<(Said, Bytes), WireError> {
        loop {
            if let Some(frame) = self.take(result_max)? {
                return Ok(frame);
            }
            self.buffer.reserve(CHUNK);
            match stream.try_read_buf(&mut self.buffer) {
                Ok(0) => return Err(WireError::Closed),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    stream.readable().await.map_err(|_| WireError::Closed)?;
                }
                Err(_) => return Err(WireError::Closed),
            }
        }
    }

    fn take(&mut self, result_max: usize) -> Result<Option<(Said, Bytes)>, WireError> {
        if self.begun.is_none() {
            self.begun = self.header(result_max)?;
        }
        match self.begun.take() {
            Some((said, length)) if self.buffer.len() >= length => {
                Ok(Some((said, self.buffer.split_to(length).freeze())))
            }
            unfinished => {
                self.begun = unfinished;
                Ok(None)
            }
        }
    }

    fn header(&mut self, result_max: usize) -> Result<Option<(Said, usize)>, WireError> {
        let mut prefix = self.buffer.as_ref();
        if prefix.len() < PREFIX {
            return Ok(None);
        }
        let (header, body) = (prefix.get_u32_le() as usize, prefix.get_u32_le() as usize);
        if header > HEADER_MAX {
            return Err(WireError::TooLarge { what: "header", cap: HEADER_MAX });
        }
        let Some(text) = prefix.get(..header) else { return Ok(None) };
        let said: Said = serde_json::from_slice(text).map_err(|error| WireError::Garbage(error.to_string()))?;
        let (what, cap) = match &said {
            Said::Http { .. } | Said::HttpBody { .. } => ("request", HTTP_BODY_MAX),
            Said::Tool { .. } => ("tool call", TOOL_ARGUMENTS_MAX),
            Said::Ask { .. } => ("question", QUESTION_MAX),
            Said::Result(_) => ("result", result_max),
            Said::Code => ("program", CODE_MAX),
            _ => ("message", 0),
        };
        if body > cap {
            return Err(WireError::TooLarge { what, cap });
        }
        self.buffer.advance(PREFIX + header);
        Ok(Some((said, body)))
    }
}

/// What a child said that sent these bytes so many at a time, and how that ended.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn read_in_pieces(data: &[u8], piece: usize) -> Vec<String> {
    const RESULT_MAX: usize = 1_000;
    let (mut reader, mut said) = (Reader::default(), Vec::new());
    for part in data.chunks(piece.min(data.len()).max(1)) {
        reader.buffer.extend_from_slice(part);
        loop {
            match reader.take(RESULT_MAX) {
                Ok(Some((frame, body))) => said.push(format!("{frame:?} {body:?}")),
                Ok(None) => break,
                Err(error) => {
                    said.push(error.to_string());
                    return said;
                }
            }
        }
    }
    said
}
