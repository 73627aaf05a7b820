//! A code becomes tokens (RFC 6749, section 4.1.3): once, within a minute, and only for the client that can show what it hashed into the
//! request. A code that comes twice ends what the first one gave.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    event::LiveEvent,
    ids::AuthorizationId,
    oauth::{Authorization, AuthorizationRequest, FamilyToken, RequestState, TokenKind, scope_text},
    principal::{Actor, Scope},
    token::TokenHash,
};
use mcpbox_store::{
    Tx,
    oauth::{authorizations, clients as stored, requests, requests::Step, tokens},
};
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    error::{ErrorCode, OAuthError},
    new_token, redirect, refresh,
    request::check_resource,
};
use crate::{Catalog, CatalogError, access::ACCESS_PREFIX, change::Change};

/// How long an access token counts.
pub(super) const ACCESS_ENDS: TimeDelta = TimeDelta::hours(1);
/// How long a refresh token counts, and with it the authorization.
pub(super) const REFRESH_ENDS: TimeDelta = TimeDelta::days(30);
/// How long a spent code is known, so that it is noticed when it comes again.
const CODE_KNOWN: TimeDelta = TimeDelta::hours(24);
/// What refresh tokens begin with.
const REFRESH_PREFIX: &str = "mcpb_rt_";

/// What a client sends for tokens.
#[derive(Debug)]
pub struct CodeGrant {
    /// `code`.
    pub code: String,
    /// `client_id`.
    pub client_id: String,
    /// `redirect_uri`, when it is sent.
    pub redirect_uri: Option<String>,
    /// `code_verifier`.
    pub code_verifier: String,
    /// `resource`, when it is sent.
    pub resource: Option<String>,
}

/// What a client gets.
#[derive(Debug)]
pub struct Tokens {
    /// To call.
    pub access: SecretString,
    /// To get the next ones.
    pub refresh: SecretString,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// What was allowed.
    pub scopes: Vec<Scope>,
}

/// Exchanges a code.
///
/// # Errors
/// `invalid_grant` whatever is wrong with the code; `invalid_target`.
pub async fn exchange(cat: &Arc<Catalog>, grant: CodeGrant) -> Result<Tokens, OAuthError> {
    check_resource(cat, grant.resource.as_deref())?;
    let hash = TokenHash::of(&grant.code);
    let found = requests::by_code(&cat.store.reader(), &hash).await?.ok_or_else(wrong_code)?;
    let actor = Actor::client(&found.client_name, found.subject.as_deref());
    let mut change = Change::begin_withdrawing(cat, actor).await?;
    // Read again in the transaction: of two exchanges at the same time one finds the code spent.
    let request = requests::by_code(&change.tx, &hash).await?.ok_or_else(wrong_code)?;
    if request.progress == RequestState::Redeemed {
        if let Some(id) = request.authorization_id {
            refresh::end(change, id, "code used twice").await?;
        }
        return Err(wrong_code());
    }
    check_grant(&request, &grant, change.now)?;
    let resource = cat.access.resource().ok_or_else(off)?.to_owned();
    let authorization = authorization(&request, resource, change.now)?;
    let step = Step::Redeem { authorization_id: authorization.id, expires_at: change.now + CODE_KNOWN };
    if !requests::advance(&change.tx, request.id, RequestState::Coded, step).await? {
        return Err(wrong_code());
    }
    authorizations::insert(&change.tx, &authorization).await?;
    stored::keep(&change.tx, &request.client_id).await?;
    let tokens = give(&change.tx, &authorization, 1, change.now).await?;
    let detail = json!({
        "client": authorization.client_id,
        "subject": authorization.subject,
        "scopes": scope_text(&authorization.scopes),
    });
    change.audit("oauth.authorize", format!("authorization:{}", authorization.id), detail).await?;
    change.tell(LiveEvent::AccessChanged);
    change.commit().await?;
    Ok(tokens)
}

fn check_grant(request: &AuthorizationRequest, grant: &CodeGrant, now: DateTime<Utc>) -> Result<(), OAuthError> {
    let is_live = request.progress == RequestState::Coded && now < request.expires_at;
    if !is_live || request.client_id != grant.client_id {
        return Err(wrong_code());
    }
    if grant.redirect_uri.as_ref().is_some_and(|uri| *uri != request.redirect_uri) {
        return Err(OAuthError::grant("redirect_uri is not the one that the code was sent to"));
    }
    let verifier = grant.code_verifier.as_bytes();
    let is_verifier = (43..=128).contains(&verifier.len());
    if !is_verifier || URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != request.code_challenge {
        return Err(OAuthError::grant("code_verifier does not fit the code_challenge of this login"));
    }
    Ok(())
}

fn authorization(
    request: &AuthorizationRequest,
    resource: String,
    now: DateTime<Utc>,
) -> Result<Authorization, OAuthError> {
    Ok(Authorization {
        id: AuthorizationId::generate(),
        client_id: request.client_id.clone(),
        client_kind: request.client_kind,
        client_name: request.client_name.clone(),
        redirect_host: redirect::host(&request.redirect_uri),
        subject: request.subject.clone().ok_or_else(wrong_code)?,
        scopes: request.scopes.clone(),
        resource,
        used_generation: 0,
        created_at: now,
        last_used_at: None,
        expires_at: now + REFRESH_ENDS,
    })
}

/// Makes an access token, and a refresh token of this generation.
pub(super) async fn give(
    tx: &Tx,
    authorization: &Authorization,
    generation: i32,
    now: DateTime<Utc>,
) -> Result<Tokens, CatalogError> {
    let (access, refresh) = (new_token(ACCESS_PREFIX)?, new_token(REFRESH_PREFIX)?);
    let token = |kind, expires_at| FamilyToken { authorization_id: authorization.id, kind, generation, expires_at };
    tokens::insert(tx, &token(TokenKind::Access, now + ACCESS_ENDS), &TokenHash::of(&access)).await?;
    tokens::insert(tx, &token(TokenKind::Refresh, now + REFRESH_ENDS), &TokenHash::of(&refresh)).await?;
    Ok(Tokens {
        access: access.into(),
        refresh: refresh.into(),
        expires_in: ACCESS_ENDS.num_seconds(),
        scopes: authorization.scopes.clone(),
    })
}

fn wrong_code() -> OAuthError {
    OAuthError::grant("this code is wrong, has ended or was used; begin the login anew")
}

pub(super) fn off() -> OAuthError {
    OAuthError::new(ErrorCode::ServerError, "remote access is off in this process")
}
