//! What a tool asks for and what it gets back.

use bytes::Bytes;

/// An HTTP request of a tool.
#[derive(Debug, Clone, Default)]
pub struct FetchRequest {
    /// Method, any case.
    pub method: String,
    /// Absolute `http` or `https` URL; may hold placeholders of sealed secrets in path and query.
    pub url: String,
    /// Headers in order; may hold placeholders. Headers that the broker owns (`Connection`, `Content-Length` …) are ignored.
    pub headers: Vec<(String, String)>,
    /// Body; may hold placeholders.
    pub body: Bytes,
    /// Whether the broker follows redirects (each one checked like a request of its own).
    pub follow_redirects: bool,
    /// Time for everything, redirects included; at most and by default the broker's own limit.
    pub timeout_ms: Option<u64>,
}

/// The answer, cleaned of secrets and of headers that belong to the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchResponse {
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as sent by the host (still compressed if it says so in `content-encoding`).
    pub body: Bytes,
    /// The URL that answered, after redirects.
    pub url: String,
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
    pub http_version: &'static str,
}
