//! Who is behind a bearer token: the one place where a token becomes a [`Principal`]. Every kind of token is looked up here, so that
//! expiry, audience and revocation hold for all of them alike.
//!
//! Must not: decide what a principal may do (its scopes do), or let a token be seen again once it was made.

mod cache;
mod humans;
pub mod pat;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    oauth::{Authorization, TokenKind},
    principal::Principal,
    token::TokenHash,
};
use mcpbox_store::oauth::{authorizations, tokens};

use self::cache::Known;
pub(crate) use self::{
    cache::Access,
    humans::{check_may_let_in, withdraw_of},
    pat::{Tokens, Uses},
};
use crate::{Catalog, CatalogError};

/// What access tokens begin with.
pub(crate) const ACCESS_PREFIX: &str = "mcpb_at_";
/// The use of an authorization is noted at most this often, so that reading does not write.
const NOTE_AFTER: TimeDelta = TimeDelta::minutes(1);
/// Longest token that is looked at, bytes.
const TOKEN_MAX: usize = 200;

/// The principal that shows `token`, good for the resource of this server (RFC 8707).
///
/// # Errors
/// `Unauthenticated` when it is unknown, ended, revoked, or meant for another resource.
pub async fn principal_of(cat: &Arc<Catalog>, token: &str) -> Result<Principal, CatalogError> {
    if token.len() > TOKEN_MAX {
        return Err(unknown());
    }
    if token.starts_with(pat::PREFIX) {
        return pat::principal_of(cat, token).ok_or_else(unknown);
    }
    if !token.starts_with(ACCESS_PREFIX) {
        return Err(unknown());
    }
    let (hash, now) = (TokenHash::of(token), cat.clock.now());
    if let Some(principal) = cat.access.known(&hash, now) {
        return Ok(principal);
    }
    let turn = cat.access.turn();
    let (authorization, ends) = authorization_of(cat, &hash, now).await?;
    note_use(cat, &authorization, now);
    let principal = Principal::Remote {
        subject: authorization.subject,
        client: Some(authorization.client_name),
        scopes: authorization.scopes,
    };
    let good_until = ends.min(now + if cat.store.is_shared() { cache::SHARED } else { cache::ALONE });
    cat.access.remember(turn, hash, Known { principal: principal.clone(), good_until });
    Ok(principal)
}

/// Whether what was begun with `token` may go on: nothing was revoked since. An access token that merely ended has successors, so
/// that what runs need not stop for it; a personal token has none.
pub async fn may_go_on(cat: &Arc<Catalog>, token: &str) -> bool {
    if principal_of(cat, token).await.is_ok() {
        return true;
    }
    let family = async {
        let reader = cat.store.reader();
        let Some(token) = tokens::by_hash(&reader, &TokenHash::of(token)).await? else { return Ok(None) };
        authorizations::by_id(&reader, token.authorization_id).await
    };
    let now = cat.clock.now();
    family.await.ok().flatten().is_some_and(|authorization| now < authorization.expires_at)
}

/// The live authorization of an access token, and when the token ends.
async fn authorization_of(
    cat: &Catalog,
    hash: &TokenHash,
    now: DateTime<Utc>,
) -> Result<(Authorization, DateTime<Utc>), CatalogError> {
    let reader = cat.store.reader();
    let token = tokens::by_hash(&reader, hash).await?;
    let token = token.filter(|token| token.kind == TokenKind::Access && now < token.expires_at).ok_or_else(unknown)?;
    let authorization = authorizations::by_id(&reader, token.authorization_id).await?.ok_or_else(unknown)?;
    let is_for_us = cat.access.resource().is_some_and(|resource| resource == authorization.resource);
    if !is_for_us || now >= authorization.expires_at {
        return Err(unknown());
    }
    Ok((authorization, token.expires_at))
}

/// Notes the use of an authorization in the background; a failure is only a list that shows an earlier time.
fn note_use(cat: &Arc<Catalog>, authorization: &Authorization, now: DateTime<Utc>) {
    if authorization.last_used_at.is_some_and(|last| now - last < NOTE_AFTER) {
        return;
    }
    let (cat_, id) = (Arc::clone(cat), authorization.id);
    cat.tasks.spawn(async move {
        let noted = async {
            let tx = cat_.store.begin().await?;
            authorizations::touch(&tx, id, now).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the use of an authorization could not be noted");
        }
    });
}

fn unknown() -> CatalogError {
    CatalogError::Unauthenticated("this token is unknown, has ended, or was revoked; log in again".to_owned())
}
