//! Refusals before a message reaches the SDK: an HTTP status, and a JSON-RPC error whose message says what to do.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// The JSON is broken.
pub(super) const PARSE_ERROR: i32 = -32700;
/// It is no JSON-RPC message.
pub(super) const INVALID_REQUEST: i32 = -32600;
/// The parameters do not fit the method.
pub(super) const INVALID_PARAMS: i32 = -32602;
/// Refused by this server, for a reason of HTTP.
pub(crate) const REFUSED: i32 = -32000;

/// A refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: i32,
    message: String,
    /// Of the refused request, when it could be read.
    id: Value,
    /// How to get in, for the header of that name.
    challenge: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: i32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), id: Value::Null, challenge: None }
    }

    /// With what `WWW-Authenticate` says.
    pub(crate) fn challenging(mut self, challenge: String) -> Self {
        self.challenge = Some(challenge);
        self
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, REFUSED, message)
    }

    pub(super) fn of_request(mut self, id: Value) -> Self {
        self.id = id;
        self
    }
}

#[cfg(test)]
impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "jsonrpc": "2.0", "id": self.id, "error": { "code": self.code, "message": self.message } });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let challenge = self.challenge.and_then(|challenge| HeaderValue::from_str(&challenge).ok());
        if challenge.is_some() || self.status == StatusCode::UNAUTHORIZED {
            let challenge = challenge.unwrap_or(HeaderValue::from_static("Bearer realm=\"mcpbox\""));
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
