//! One's own account: what proves that it is one's own.

pub(crate) mod code_app;
pub(crate) mod oidc;
pub(crate) mod passkeys;
pub(crate) mod show;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One's own password, once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnPassword {
    /// Empty for an account that has none.
    #[serde(default)]
    #[schema(value_type = String, write_only, format = Password)]
    pub(crate) password: SecretString,
}

/// Recovery codes, shown this once. Empty when none were made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Each works once, in place of a second factor.
    pub(crate) recovery_codes: Vec<String>,
}
