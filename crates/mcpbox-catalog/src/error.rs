//! What can go wrong in a use case, sorted by who has to act: the caller, or an operator reading the log.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    failure::{Failure, FailureKind},
    hash::ContentHash,
    principal::Actor,
    review::ReviewState,
};
use mcpbox_store::StoreError;
use serde::Serialize;
use serde_json::json;

use crate::{review::Changes, room::NO_ROOM};

/// Somebody decided before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decided {
    /// What became of it.
    pub state: ReviewState,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// Their words.
    pub comment: String,
}

/// Why a use case did not do what was asked.
#[expect(clippy::large_enum_variant, reason = "a refusal is an answer: made seldom, and read at once")]
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Expected: the request cannot be met; the failure says what to do instead.
    #[error("{0}")]
    Refused(Failure),
    /// A decision named a bundle that is no longer what is asked for.
    #[error("{message}")]
    Stale {
        /// What changed since.
        message: String,
        /// The hash of what is asked for now.
        current: ContentHash,
        /// Who decided and when, if somebody did.
        decided: Option<Box<Decided>>,
        /// What changed since the hash that the decision named, when that is known.
        changes: Option<Box<Changes>>,
    },
    /// No live session, wrong password or wrong token. Says no more than that.
    #[error("{0}")]
    Unauthenticated(String),
    /// Not the caller's fault; the source goes to the log, never to the caller.
    #[error("something failed inside MCPbox; its log says what")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl CatalogError {
    /// An internal error with its cause.
    pub(crate) fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let source: Box<dyn std::error::Error + Send + Sync> = source.into();
        tracing::error!(error = %chain(source.as_ref()), "something failed inside MCPbox");
        Self::Internal(source)
    }

    /// The error in the form that results of calls and management tools carry. Internals stay inside.
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Refused(failure) => failure,
            Self::Stale { message, .. } => Failure::new(FailureKind::Conflict, message),
            Self::Unauthenticated(message) => Failure::new(FailureKind::Forbidden, message),
            Self::Internal(_) => Failure::new(FailureKind::Unavailable, self.to_string())
                .hint("try once more; if it fails again, tell the admin of this MCPbox to look at its log"),
        }
    }
}

impl From<Failure> for CatalogError {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<StoreError> for CatalogError {
    /// What a caller can mend becomes a refusal; the rest is for the log.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => {
                let hint = "somebody was faster: look at what is there now, then choose another name";
                Failure::new(FailureKind::Conflict, error.to_string()).hint(hint).into()
            }
            StoreError::Missing { .. } => {
                let failure = Failure::new(FailureKind::NotFound, error.to_string());
                failure.hint("see what is there").next("mcpbox_list_servers", json!({})).into()
            }
            StoreError::Unstorable { .. } => Failure::new(FailureKind::InvalidArguments, error.to_string())
                .hint("leave it out and call again")
                .into(),
            StoreError::Full(_) => {
                tracing::error!(error = %error, "the disk of the database is full");
                let next = "mcpbox_list_servers";
                Failure::new(FailureKind::StorageFull, error.to_string()).hint(NO_ROOM).next(next, json!({})).into()
            }
            StoreError::Busy(_) | StoreError::Away(_) => {
                tracing::warn!(error = %chain(&error), "the database could not be used");
                Failure::new(FailureKind::Unavailable, error.to_string()).hint("call again in a moment").into()
            }
            _ => Self::internal(error),
        }
    }
}

/// A refusal with a sentence.
pub(crate) fn refused(kind: FailureKind, message: impl Into<String>) -> CatalogError {
    CatalogError::Refused(Failure::new(kind, message))
}

/// An error with its causes.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
