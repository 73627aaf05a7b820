//! Ids are types: a `ToolId` cannot be handed to a function that wants a `ServerId`. All are UUIDv7, so they sort by
//! the time they were made.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new, time-ordered id.
            #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            /// The nil id, which names nothing.
            fn default() -> Self {
                Self(Uuid::nil())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

id_types! {
    /// Names a [`crate::server::Server`].
    ServerId,
    /// Names a [`crate::tool::Tool`].
    ToolId,
    /// Names a [`crate::version::Version`].
    VersionId,
    /// Names a [`crate::grant::Grant`].
    GrantId,
    /// Names a [`crate::review::Review`].
    ReviewId,
    /// Names a [`crate::secret::Secret`].
    SecretId,
    /// Names a [`crate::call::CallRecord`] or the run of a test.
    CallId,
    /// Names a running process of MCPbox, from its start to its end.
    ProcessId,
    /// Names an [`crate::audit::AuditEvent`].
    AuditId,
    /// Names the account of a human.
    UserId,
    /// Names a passkey of an account.
    PasskeyId,
    /// Names a login session of a human.
    SessionId,
    /// Names an external MCP server whose tools are imported.
    SourceId,
    /// Names an access token made for a client that sends a header.
    TokenId,
    /// Names a [`crate::notification::Target`].
    TargetId,
    /// Names one message, in all attempts to deliver it.
    MessageId,
    /// Names a [`crate::oauth::AuthorizationRequest`].
    AuthorizationRequestId,
    /// Names a [`crate::oauth::Authorization`] and the family of its tokens.
    AuthorizationId,
    /// Names one HTTP request, in its answer and in the log.
    RequestId,
}
