//! Refusals in the words of the protocol.

use mcpbox_core::failure::FailureKind;
use mcpbox_store::StoreError;

use crate::CatalogError;

/// Errors of RFC 6749 (sections 4.1.2.1, 5.2), RFC 7591 (section 3.2.2) and RFC 8707 (section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// Something is missing, twice there or malformed.
    InvalidRequest,
    /// The client is not known.
    InvalidClient,
    /// The code or token is wrong, spent or not for this client.
    InvalidGrant,
    /// Only codes and refresh tokens are exchanged.
    UnsupportedGrantType,
    /// Only codes are given out.
    UnsupportedResponseType,
    /// No known scope, or more than was allowed.
    InvalidScope,
    /// The token is asked for another server.
    InvalidTarget,
    /// The human refused.
    AccessDenied,
    /// A redirect address that cannot be used.
    InvalidRedirectUri,
    /// What a client says about itself cannot be used.
    InvalidClientMetadata,
    /// Too much of it; try later.
    TemporarilyUnavailable,
    /// Not the client's fault.
    ServerError,
}

impl ErrorCode {
    /// As the protocol spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

/// A refusal. The description is for developers and humans, in ASCII as the protocol wants it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", .code.as_str())]
pub struct OAuthError {
    /// What is wrong.
    pub code: ErrorCode,
    /// What to do about it.
    pub description: String,
}

impl OAuthError {
    pub(super) fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }

    pub(super) fn request(description: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    pub(super) fn grant(description: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }
}

impl From<CatalogError> for OAuthError {
    /// What is wrong inside stays inside; whoever asks learns whether it makes sense to try again.
    fn from(error: CatalogError) -> Self {
        let failure = error.into_failure();
        let code = match failure.kind {
            FailureKind::Unavailable | FailureKind::StorageFull | FailureKind::RateLimited => {
                ErrorCode::TemporarilyUnavailable
            }
            FailureKind::Forbidden => ErrorCode::AccessDenied,
            FailureKind::InvalidArguments | FailureKind::NotFound | FailureKind::Conflict => ErrorCode::InvalidRequest,
            _ => ErrorCode::ServerError,
        };
        let hint = failure.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        Self::new(code, format!("{}{hint}", failure.message))
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        CatalogError::from(error).into()
    }
}
