//! One's own account: what proves that it is one's own.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{PasskeyId, UserId},
    user::{Identity, Role},
};
use mcpbox_store::{code_apps, identities, passkeys, users};
use serde::Serialize;

use super::passkeys::kept;
use crate::{Catalog, CatalogError, SignedIn};

/// One's own account.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnAccount {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// Whether it has a password.
    pub has_password: bool,
    /// The app for one-time codes.
    pub code_app: Option<CodeAppView>,
    /// Recovery codes that are left.
    pub recovery_codes: u64,
    /// Its passkeys, oldest first.
    pub passkeys: Vec<PasskeyView>,
    /// Accounts at providers that log in to it.
    pub identities: Vec<Identity>,
}

/// An app for one-time codes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeAppView {
    /// When it was set up.
    pub created_at: DateTime<Utc>,
}

/// A passkey.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyView {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// The host name it works on.
    pub host: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// An app that is being set up. Shown this once.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolment {
    /// Goes along with the first code.
    pub token: String,
    /// The secret, Base32, to type into an app.
    pub secret: String,
    /// The same as `otpauth:` URL, to scan.
    pub url: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolment").finish_non_exhaustive()
    }
}

/// One's own account.
///
/// # Errors
/// The store cannot be read.
pub async fn own_account(cat: &Catalog, who: &SignedIn) -> Result<OwnAccount, CatalogError> {
    let (reader, id) = (cat.store.reader(), who.user_id());
    let user = users::by_id(&reader, id).await?;
    let keys = passkeys::by_user(&reader, id).await?.into_iter().map(|passkey| PasskeyView {
        host: kept(&passkey).map(|kept| kept.host).unwrap_or_default(),
        id: passkey.id,
        name: passkey.name,
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
    });
    Ok(OwnAccount {
        id,
        username: who.username().to_owned(),
        role: who.role(),
        has_password: user.is_some_and(|user| user.password_hash.is_some()),
        code_app: code_apps::of_user(&reader, id).await?.map(|app| CodeAppView { created_at: app.created_at }),
        recovery_codes: code_apps::count_recovery(&reader, id).await?,
        passkeys: keys.collect(),
        identities: identities::by_user(&reader, id).await?,
    })
}
