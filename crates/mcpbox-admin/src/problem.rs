//! Errors as callers see them: `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
//! `detail` says what happened and what to do next. Internals go to the log under the request id, never into the body.

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use mcpbox_catalog::{CatalogError, Decided, review::Changes};
use mcpbox_core::{
    failure::{Failure, FailureKind},
    review::ReviewState,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Media type of all error bodies.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// When whoever was refused for coming too often may try again, if nothing says it exactly.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// An error answer. Boxed, since nearly every function here may give one.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Details>);

/// An error answer: what went wrong and what to do next.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Details {
    /// Which sort: `unauthenticated`, `stale`, `not_found` … A client decides by this.
    #[serde(rename = "type")]
    slug: &'static str,
    /// The sort in words.
    title: &'static str,
    /// HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    status: StatusCode,
    /// What happened and what to do next.
    detail: String,
    /// Names the request in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// For `stale`: the hash of what is asked for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_hash: Option<String>,
    /// For `stale`: what changed since the hash that was named, field by field, with diffs.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Box<Changes>>,
    /// For `decided`: who decided, when and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<Box<Decided>>,
    /// The failure as an LLM would see it, where one stands behind the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem of sort `slug`.
    pub(crate) fn new(status: StatusCode, slug: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            slug,
            title,
            status,
            detail: detail.into(),
            request_id: None,
            current_hash: None,
            changes: None,
            decided: None,
            failure: None,
            retry_after: None,
        }))
    }

    /// No credentials, or wrong ones.
    pub(crate) fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Not logged in", detail)
    }

    /// The caller is known or irrelevant, the request still not allowed.
    pub(crate) fn forbidden(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, slug, "Not allowed", detail)
    }

    /// A value in the body or the query that cannot be used.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Cannot be used as it is", detail)
    }

    /// Something broke here; the log knows what.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something failed inside MCPbox",
            "The log of MCPbox says what, under this request id. Try once more; if it fails again, report it.",
        )
    }

    /// Too many requests; `wait` until the next may come.
    pub(crate) fn rate_limited(what: &str, wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many requests",
            format!("Too many {what} from this address. Try again in {seconds} s."),
        );
        problem.0.retry_after = Some(Duration::from_secs(seconds));
        problem
    }

    /// The problem for a status that some layer answered without saying why.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (slug, detail) = match status {
            StatusCode::NOT_FOUND => ("not_found", "There is no such path; GET /api/openapi.json lists all."),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method_not_allowed", "This path does not know that method; the header Allow lists those it knows.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The request body is larger than this server accepts."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("unsupported_media_type", "Send the body as JSON, with Content-Type: application/json.")
            }
            _ if status.is_server_error() => {
                let mut problem = Self::internal();
                problem.0.status = status;
                return problem;
            }
            _ => ("refused", "The request was refused."),
        };
        Self::new(status, slug, status.canonical_reason().unwrap_or("Refused"), detail)
    }

    /// The same problem, naming the request in the log.
    pub(crate) fn with_request_id(mut self, id: String) -> Self {
        self.0.request_id = Some(id);
        self
    }
}

impl From<CatalogError> for Problem {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Refused(failure) => failure.into(),
            CatalogError::Stale { message, current, decided, changes } => {
                let (slug, title) = match decided.as_ref().map(|decided| decided.state) {
                    Some(ReviewState::Approved | ReviewState::Rejected | ReviewState::Revoked) => {
                        ("decided", "Somebody decided before you")
                    }
                    _ => ("stale", "What you decided on has changed"),
                };
                let mut problem = Self::new(StatusCode::CONFLICT, slug, title, message);
                problem.0.current_hash = Some(current.to_string());
                (problem.0.changes, problem.0.decided) = (changes, decided);
                problem
            }
            CatalogError::Unauthenticated(message) => Self::unauthenticated(message),
            CatalogError::Internal(source) => {
                tracing::error!(error = %Chain(source.as_ref()), "a request failed inside MCPbox");
                Self::internal()
            }
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let (status, title) = status_of(failure.kind);
        let detail = match &failure.hint {
            Some(hint) => format!("{} ({hint})", failure.message),
            None => failure.message.clone(),
        };
        let mut problem = Self::new(status, failure.kind.as_str(), title, detail);
        problem.0.retry_after = (failure.kind == FailureKind::RateLimited).then_some(RETRY_AFTER);
        problem.0.failure = Some(failure);
        problem
    }
}

fn status_of(kind: FailureKind) -> (StatusCode, &'static str) {
    use FailureKind as K;
    match kind {
        K::NotFound => (StatusCode::NOT_FOUND, "Not found"),
        K::Conflict => (StatusCode::CONFLICT, "Clashes with what exists"),
        K::NotLive => (StatusCode::CONFLICT, "Not published"),
        K::Forbidden => (StatusCode::FORBIDDEN, "Not allowed"),
        K::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        K::LimitReached => (StatusCode::CONFLICT, "As much is kept as may be"),
        K::StorageFull => (StatusCode::INSUFFICIENT_STORAGE, "No room left on the disk"),
        K::Unavailable | K::Cancelled => (StatusCode::SERVICE_UNAVAILABLE, "Not available now"),
        K::Syntax
        | K::ImportDenied
        | K::HostDenied
        | K::SecretMissing
        | K::InvalidArguments
        | K::Timeout
        | K::Memory
        | K::Cpu
        | K::OutputTooLarge
        | K::CannotAsk
        | K::Asked
        | K::Exception => (StatusCode::UNPROCESSABLE_ENTITY, "Cannot be used as it is"),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Two of its fields may fail to serialise only if serde_json itself is broken; an empty body is then all we have.
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(wait) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// An error and its causes in one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
