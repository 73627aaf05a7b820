//! What goes out: JSON for programs, nothing of it to be stored.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use mcpbox_catalog::oauth::{ErrorCode, OAuthError};
use serde_json::{Value, json};

/// Why a request is not answered as it wants.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) status: StatusCode,
    pub(super) code: ErrorCode,
    pub(super) description: String,
    /// When to try again.
    wait: Option<Duration>,
}

impl Trouble {
    pub(super) fn bad(code: ErrorCode, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, description: description.into(), wait: None }
    }

    pub(super) fn status(status: StatusCode, description: impl Into<String>) -> Self {
        Self { status, ..Self::bad(ErrorCode::InvalidRequest, description) }
    }

    /// Too much of it.
    pub(super) fn wait(what: &str, wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let description = format!("too many {what} from here; try again in {seconds} s");
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self { status, code: ErrorCode::TemporarilyUnavailable, description, wait: Some(wait) }
    }

    /// Says when to try again, where that is known.
    pub(super) fn mark(&self, response: &mut Response) {
        if let Some(wait) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().saturating_add(1)));
        }
    }
}

impl From<OAuthError> for Trouble {
    fn from(error: OAuthError) -> Self {
        let status = match error.code {
            ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            ErrorCode::AccessDenied => StatusCode::FORBIDDEN,
            ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { status, code: error.code, description: error.description, wait: None }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let body = json!({"error": self.code.as_str(), "error_description": self.description});
        let mut response = answer(self.status, &body);
        self.mark(&mut response);
        response
    }
}

/// An answer to a program.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    no_store(&mut response);
    response
}

/// Keeps an answer out of every cache (RFC 6749, section 5.1).
pub(super) fn no_store(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}
