//! One-time links: with one, a human sets the first password of an account, or a new one when the old is lost. An admin hands it
//! over; nothing is sent.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{ids::UserId, principal::Actor, user::User};
use mcpbox_store::{invitations, users};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::people;
use crate::{
    Admin, Catalog, CatalogError,
    change::Change,
    session::{self, Account, hash_of, new_token, password},
};

/// How long a link works.
const LIFE: TimeDelta = TimeDelta::hours(72);

/// A link that was made. Its token is shown this once.
#[derive(Debug)]
pub struct Invitation {
    /// Whose account.
    pub user: Account,
    /// The token of the link.
    pub token: SecretString,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// What the page of a link shows.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invited {
    /// The account's name.
    pub username: String,
    /// Until when the link works.
    pub expires_at: DateTime<Utc>,
}

/// Makes a new link for an account; the one before loses its force. Its password goes on until the link is used.
///
/// # Errors
/// `not_found`.
pub async fn invite_again(cat: &Arc<Catalog>, who: &Admin, id: UserId) -> Result<Invitation, CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let user = people::find(&change, id).await?;
    let invited = invite(&mut change, &user).await?;
    change.commit().await?;
    Ok(invited)
}

pub(super) async fn invite(change: &mut Change, user: &User) -> Result<Invitation, CatalogError> {
    let token = new_token()?;
    let expires_at = change.now + LIFE;
    invitations::put(&change.tx, user.id, &hash_of(&token), change.now, expires_at).await?;
    let detail = json!({"username": user.username, "expires_at": expires_at});
    change.audit("user.invite", format!("user:{}", user.id), detail).await?;
    Ok(Invitation { user: Account::of(user), token, expires_at })
}

/// Whose link this is.
///
/// # Errors
/// `Unauthenticated` when it is wrong, was used or has ended.
pub async fn invitation(cat: &Catalog, token: &SecretString) -> Result<Invited, CatalogError> {
    let (user, expires_at) = find(cat, token).await?;
    Ok(Invited { username: user.username, expires_at })
}

/// Sets the password of the link's account and ends its sessions. Log in afterwards.
///
/// # Errors
/// `Unauthenticated` when the link is wrong, was used or has ended; a password outside the rules.
pub async fn accept_invitation(
    cat: &Arc<Catalog>,
    token: &SecretString,
    new: &SecretString,
) -> Result<Account, CatalogError> {
    password::check_rules(new)?;
    let (user, _) = find(cat, token).await?;
    let password_hash = password::hash(cat, new).await?;
    let mut change = Change::begin(cat, Actor::admin(&user.username)).await?;
    if !invitations::take(&change.tx, &hash_of(token)).await? {
        return Err(ended());
    }
    session::set_password(&mut change, user.id, &password_hash).await?;
    change.audit("user.password", format!("user:{}", user.id), json!({"by": "link"})).await?;
    change.commit().await?;
    Ok(Account::of(&user))
}

async fn find(cat: &Catalog, token: &SecretString) -> Result<(User, DateTime<Utc>), CatalogError> {
    let reader = cat.store.reader();
    let found = invitations::find(&reader, &hash_of(token)).await?;
    let (id, expires_at) = found.filter(|(_, end)| cat.clock.now() < *end).ok_or_else(ended)?;
    let user = users::by_id(&reader, id).await?.filter(|user| !user.is_disabled).ok_or_else(ended)?;
    Ok((user, expires_at))
}

fn ended() -> CatalogError {
    CatalogError::Unauthenticated("this link is wrong, was used or has ended; ask an admin for a new one".to_owned())
}
