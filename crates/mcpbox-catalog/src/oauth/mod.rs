//! The authorization server of remote access (OAuth 2.1 as MCP uses it): which clients there are, what they ask for, what a human allows,
//! and the tokens that come of it. Only a [`crate::Reviewer`], or a human who proves
//! in the browser that asks that they have such an account, allows anything.
//!
//! Must not: speak HTTP (the gateway does), believe what a client says about itself, or keep a token in the clear.

mod clients;
mod code;
mod decide;
mod document;
mod error;
mod exchange;
mod known;
mod listing;
mod places;
mod provider;
mod redirect;
mod refresh;
mod register;
mod request;

use mcpbox_store::{Tx, oauth};
use rand::{TryRng, rngs::SysRng};

use crate::CatalogError;

pub use clients::{NewClient, delete_client, enter_client};
pub use code::{Answer, answer};
pub use decide::{Given, approve, approve_with_password, deny, deny_in_browser, may_login_with_password};
pub use error::{ErrorCode, OAuthError};
pub use exchange::{CodeGrant, Tokens, exchange};
pub use listing::{AuthorizationReport, WaitingRequest, authorizations, clients, waiting};
pub(crate) use provider::callback;
pub use provider::{CALLBACK_PATH, approve_with_provider, start_with_provider};
pub use redirect::is_loopback;
pub use refresh::{RefreshGrant, refresh, revoke, revoke_authorization};
pub use register::{Registration, register};
pub use request::{Ask, Asked, Begun, begin, look};

/// A token or code: its prefix and 256 random bits in hex.
fn new_token(prefix: &str) -> Result<String, CatalogError> {
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(CatalogError::internal)?;
    Ok(format!("{prefix}{}", hex::encode(bytes)))
}

/// Forgets what has ended, along with another write.
async fn sweep(tx: &Tx, now: chrono::DateTime<chrono::Utc>) -> Result<(), CatalogError> {
    oauth::requests::delete_expired(tx, now).await?;
    oauth::tokens::delete_expired(tx, now).await?;
    oauth::authorizations::delete_expired(tx, now).await?;
    oauth::clients::delete_expired(tx, now).await?;
    Ok(())
}
