//! The name of a request, on every line of the log that is about it and in its answer.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderValue, Method, Request};
use mcpbox_core::ids::RequestId;
use tracing::Span;

use crate::client::Client;

/// The header that carries it.
pub(crate) const HEADER: &str = "x-request-id";
/// Target of the span; a log that names no level for it shows no names.
pub const LOG: &str = "mcpbox::request";
/// Longest name taken from outside.
const NAME_MAX: usize = 64;
/// Longest path that a line shows.
const PATH_MAX: usize = 120;

/// The name of a request: its sender's if that is a plain word, or a new one. Among the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestName(pub Arc<str>);

impl RequestName {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let is_plain = |name: &&str| {
            (1..=NAME_MAX).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        };
        let given = headers.get(HEADER).and_then(|name| name.to_str().ok()).filter(is_plain);
        Self(given.map_or_else(|| RequestId::generate().to_string().into(), Into::into))
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }

    /// The span of everything that is logged about it. At the level of errors, so that no filter but "off" takes the name away. The
    /// query is left out: a setup link carries its token there.
    pub(crate) fn span<B>(&self, listener: &'static str, request: &Request<B>, client: Option<Client>) -> Span {
        let path = request.uri().path();
        let path = path.get(..path.floor_char_boundary(PATH_MAX)).unwrap_or_default();
        let address = client.map(|client| tracing::field::display(client.address));
        tracing::error_span!(target: LOG, "request", request_id = %self.0, listener, client.address = address, method = %request.method(), path)
    }
}

type BeginTrace = fn(&'static str, &Method, &HeaderMap) -> Span;

type PassTrace = fn(&mut HeaderMap);

static TRACES: OnceLock<(BeginTrace, PassTrace)> = OnceLock::new();

/// From now on every request gets such a span for a trace, within that of the log, and `pass` names the current span in the
/// headers of what a process asks another one of MCPbox. Can be said once.
pub fn trace_with(begin: BeginTrace, pass: PassTrace) {
    let _first = TRACES.set((begin, pass));
}

/// Names the trace that is going on in the headers of a request to another process of MCPbox; nothing when nobody collects traces.
pub fn pass_trace(headers: &mut HeaderMap) {
    if let Some((_, pass)) = TRACES.get() {
        pass(headers);
    }
}

/// The span of its trace; none when nobody collects traces.
pub(crate) fn trace<B>(listener: &'static str, request: &Request<B>) -> Span {
    TRACES.get().map_or_else(Span::none, |(begin, _)| begin(listener, request.method(), request.headers()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_word_is_taken_for_a_name() {
        let name = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(text).unwrap());
            RequestName::of(&headers).0.to_string()
        };
        assert_eq!(name("abc-1.2_X"), "abc-1.2_X");
        let too_long = "x".repeat(NAME_MAX + 1);
        for bad in ["", "two words", "a\"b", "ü", "a,b", too_long.as_str()] {
            assert!(name(bad) != bad && name(bad).len() == 36, "{bad}");
        }
    }
}
