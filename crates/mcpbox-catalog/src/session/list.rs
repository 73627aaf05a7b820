//! One's own sessions: which there are, and how they end before their time.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_core::{failure::FailureKind, ids::SessionId, principal::Actor};
use mcpbox_store::{sessions, users};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::{SignedIn, hash_of, is_live};
use crate::{Catalog, CatalogError, change::Change, error::refused};

/// A session that is open.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenSession {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends unless it is used before.
    pub expires_at: DateTime<Utc>,
    /// The address it was opened from; behind a proxy that of the proxy.
    pub origin: String,
    /// What the browser called itself (unverified).
    pub user_agent: String,
    /// Whether this is the session that asks.
    pub is_this: bool,
}

/// One's own open sessions, newest first, at most 100.
///
/// # Errors
/// The store cannot be read.
pub async fn sessions(cat: &Catalog, who: &SignedIn) -> Result<Vec<OpenSession>, CatalogError> {
    let now = cat.clock.now();
    let all = sessions::by_user(&cat.store.reader(), who.user_id()).await?;
    let open = all.into_iter().filter(|session| is_live(session, now)).map(|session| OpenSession {
        is_this: who.session() == Some(session.id),
        id: session.id,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        expires_at: session.expires_at,
        origin: session.origin,
        user_agent: session.user_agent,
    });
    Ok(open.collect())
}

/// Ends one of one's own sessions, at once.
///
/// # Errors
/// `not_found` when there is none with this id among one's own.
pub async fn end_session(cat: &Arc<Catalog>, who: &SignedIn, id: SessionId) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let own = sessions::by_id(&change.tx, id).await?.filter(|session| session.user_id == who.user_id());
    if own.is_none() || !sessions::delete(&change.tx, id).await? {
        return Err(refused(FailureKind::NotFound, format!("you have no session {id}; it may have ended already")));
    }
    change.audit("session.end", format!("user:{}", who.user_id()), json!({"session": id})).await?;
    change.commit().await
}

/// Ends all of one's own sessions but the one that asks, at once; gives their number.
///
/// # Errors
/// The store cannot be written.
pub async fn end_other_sessions(cat: &Arc<Catalog>, who: &SignedIn) -> Result<u64, CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let ended = sessions::delete_by_user(&change.tx, who.user_id(), who.session()).await?;
    change.audit("session.end_others", format!("user:{}", who.user_id()), json!({"ended": ended})).await?;
    change.commit().await?;
    Ok(ended)
}

/// Ends a session; one that does not exist is fine too.
///
/// # Errors
/// The store cannot be written.
pub async fn logout(cat: &Arc<Catalog>, token: &SecretString) -> Result<(), CatalogError> {
    let reader = cat.store.reader();
    let Some(session) = sessions::by_token_hash(&reader, &hash_of(token)).await? else { return Ok(()) };
    let username = users::by_id(&reader, session.user_id).await?.map_or_else(String::new, |user| user.username);
    let mut change = Change::begin(cat, Actor::admin(&username)).await?;
    sessions::delete(&change.tx, session.id).await?;
    change.audit("session.logout", format!("user:{}", session.user_id), json!({"session": session.id})).await?;
    change.commit().await
}
