//! Tokens are renewed and ended. Each use of a refresh token gives another one. The one before stays good until its successor is used, so
//! that a client whose answer was lost can ask again; one that is older was stolen or copied, and ends the whole family (RFC 9700,
//! section 4.14.2).

use std::sync::Arc;

use mcpbox_core::{
    event::LiveEvent,
    failure::FailureKind,
    ids::AuthorizationId,
    oauth::{TokenKind, parse_scopes},
    principal::Actor,
    token::TokenHash,
};
use mcpbox_store::oauth::{authorizations, tokens};
use serde_json::json;

use super::{
    error::{ErrorCode, OAuthError},
    exchange::{REFRESH_ENDS, Tokens, give, off},
    request::check_resource,
};
use crate::{Catalog, CatalogError, Reviewer, change::Change, error::refused};

/// Successors that one refresh token may get: so often may an answer be lost.
const SUCCESSORS_MAX: u64 = 20;

/// What a client sends for its next tokens.
#[derive(Debug)]
pub struct RefreshGrant {
    /// `refresh_token`.
    pub token: String,
    /// `client_id`.
    pub client_id: String,
    /// `scope`, when it is sent: no more than was allowed.
    pub scope: Option<String>,
    /// `resource`, when it is sent.
    pub resource: Option<String>,
}

/// Gives the next tokens.
///
/// # Errors
/// `invalid_grant` whatever is wrong with the token; `invalid_scope`, `invalid_target`.
pub async fn refresh(cat: &Arc<Catalog>, grant: RefreshGrant) -> Result<Tokens, OAuthError> {
    check_resource(cat, grant.resource.as_deref())?;
    let resource = cat.access.resource().ok_or_else(off)?.to_owned();
    let hash = TokenHash::of(&grant.token);
    if tokens::by_hash(&cat.store.reader(), &hash).await?.is_none() {
        return Err(wrong());
    }
    let mut change = Change::begin_withdrawing(cat, Actor::system("oauth")).await?;
    let token = tokens::by_hash(&change.tx, &hash).await?.filter(|token| token.kind == TokenKind::Refresh);
    let token = token.filter(|token| change.now < token.expires_at).ok_or_else(wrong)?;
    let found = authorizations::by_id(&change.tx, token.authorization_id).await?;
    let authorization = found.filter(|found| change.now < found.expires_at).ok_or_else(wrong)?;
    if authorization.client_id != grant.client_id || authorization.resource != resource {
        return Err(wrong());
    }
    if token.generation < authorization.used_generation {
        end(change, authorization.id, "refresh token used twice").await?;
        return Err(wrong());
    }
    let asked = parse_scopes(grant.scope.as_deref().unwrap_or_default());
    if !asked.iter().all(|scope| authorization.scopes.contains(scope)) {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "scope must be within what was allowed; log in for more"));
    }
    let next = token.generation.saturating_add(1);
    if tokens::count_refresh(&change.tx, authorization.id, next).await? >= SUCCESSORS_MAX {
        end(change, authorization.id, "refresh token used too often").await?;
        return Err(wrong());
    }
    change.actor = Actor::client(&authorization.client_name, Some(&authorization.subject));
    let ends = change.now + REFRESH_ENDS;
    authorizations::renew(&change.tx, authorization.id, token.generation, ends).await?;
    let tokens = give(&change.tx, &authorization, next, change.now).await?;
    let detail = json!({"client": authorization.client_id});
    change.audit("oauth.refresh", format!("authorization:{}", authorization.id), detail).await?;
    change.commit().await?;
    Ok(tokens)
}

/// Ends what a token stands for (RFC 7009): a refresh token its whole family, an access token itself. Unknown ones are fine.
///
/// # Errors
/// The store cannot be written.
pub async fn revoke(cat: &Arc<Catalog>, token: &str, client_id: Option<&str>) -> Result<(), OAuthError> {
    let hash = TokenHash::of(token);
    if tokens::by_hash(&cat.store.reader(), &hash).await?.is_none() {
        return Ok(());
    }
    let mut change = Change::begin_withdrawing(cat, Actor::system("oauth")).await?;
    let Some(token) = tokens::by_hash(&change.tx, &hash).await? else { return Ok(()) };
    let Some(authorization) = authorizations::by_id(&change.tx, token.authorization_id).await? else { return Ok(()) };
    if client_id.is_some_and(|id| id != authorization.client_id) {
        return Ok(());
    }
    change.actor = Actor::client(&authorization.client_name, Some(&authorization.subject));
    if token.kind == TokenKind::Refresh {
        return end(change, authorization.id, "client logged out").await;
    }
    tokens::delete(&change.tx, &hash).await?;
    change.audit("oauth.revoke_token", format!("authorization:{}", authorization.id), json!({})).await?;
    change.tell(LiveEvent::AccessChanged);
    Ok(change.commit().await?)
}

/// Ends an authorization and all its tokens, at once.
///
/// # Errors
/// `not_found` when there is none.
pub async fn revoke_authorization(cat: &Arc<Catalog>, who: &Reviewer, id: AuthorizationId) -> Result<(), CatalogError> {
    let mut change = Change::begin_withdrawing(cat, who.actor()).await?;
    if !authorizations::delete(&change.tx, id).await? {
        return Err(refused(FailureKind::NotFound, "there is no such authorization; it may have ended already"));
    }
    change.audit("oauth.revoke", format!("authorization:{id}"), json!({"why": "admin"})).await?;
    change.tell(LiveEvent::AccessChanged);
    change.commit().await
}

/// Ends a family, because of what a token did.
pub(super) async fn end(mut change: Change, id: AuthorizationId, why: &str) -> Result<(), OAuthError> {
    authorizations::delete(&change.tx, id).await?;
    change.audit("oauth.revoke", format!("authorization:{id}"), json!({"why": why})).await?;
    change.tell(LiveEvent::AccessChanged);
    Ok(change.commit().await?)
}

fn wrong() -> OAuthError {
    OAuthError::grant("this refresh token is wrong, has ended or was used; log in again")
}
