//! A human decides: on the admin page, where the code of the browser is shown again (no password crosses the tunnel), or with a password
//! in the browser itself, where an admin allows that.

use std::sync::Arc;

use mcpbox_core::{
    event::LiveEvent,
    failure::FailureKind,
    ids::AuthorizationRequestId,
    oauth::{AuthorizationRequest, RequestState, scope_text},
    principal::{Actor, Scope},
};
use mcpbox_store::oauth::requests::{self, Step};
use secrecy::SecretString;
use serde_json::json;

use super::{
    error::{ErrorCode, OAuthError},
    redirect,
};
use crate::{Catalog, CatalogError, Reviewer, access, change::Change, error::refused, identity};

/// Allows a request, with some of the scopes it asks for. `code` is what its browser shows: whoever allows has compared it.
///
/// # Errors
/// `not_found` when it has ended, `conflict` when somebody decided, `invalid_arguments` for another code or more scopes.
pub async fn approve(
    cat: &Arc<Catalog>,
    who: &Reviewer,
    id: AuthorizationRequestId,
    code: &str,
    scopes: &[Scope],
) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let request = waiting(&change, id).await?;
    if !code.trim().eq_ignore_ascii_case(&request.user_code) {
        let message = "this is not the code that the browser shows; somebody else may be asking";
        return Err(refused(FailureKind::InvalidArguments, message));
    }
    allow(&mut change, &request, (who.username(), "admin page"), scopes).await?;
    change.commit().await
}

/// Refuses a request.
///
/// # Errors
/// `not_found` when it has ended, `conflict` when somebody decided.
pub async fn deny(cat: &Arc<Catalog>, who: &Reviewer, id: AuthorizationRequestId) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let request = waiting(&change, id).await?;
    refuse(&mut change, &request).await?;
    change.commit().await
}

/// Whether a password is taken in the browser that asks.
pub fn may_login_with_password(cat: &Catalog) -> bool {
    cat.snapshot().settings().remote.password_login
}

/// What somebody shows to prove who they are.
#[derive(Debug)]
pub struct Given<'a> {
    /// Name of their account.
    pub username: &'a str,
    /// Its password.
    pub password: &'a SecretString,
    /// A one-time or recovery code, where the account has a second factor.
    pub code: Option<&'a SecretString>,
}

/// Allows a request with a password, in the browser that asks.
///
/// # Errors
/// `access_denied` for a wrong name or password, or where an admin has not allowed this; the request waits on.
pub async fn approve_with_password(
    cat: &Arc<Catalog>,
    (id, browser): (AuthorizationRequestId, &SecretString),
    given: Given<'_>,
    scopes: &[Scope],
) -> Result<(), OAuthError> {
    if !may_login_with_password(cat) {
        return Err(OAuthError::new(ErrorCode::AccessDenied, "logging in with a password is switched off here"));
    }
    super::look(cat, id, browser).await?;
    let person = identity::person_from_password(cat, given.username, given.password, given.code).await?;
    let mut change = Change::begin(cat, Actor::admin(&person.username)).await?;
    let request = waiting(&change, id).await?;
    allow(&mut change, &request, (&person.username, "password"), scopes).await?;
    Ok(change.commit().await?)
}

/// Refuses a request in the browser that asks.
///
/// # Errors
/// It has ended, or somebody decided.
pub async fn deny_in_browser(
    cat: &Arc<Catalog>,
    id: AuthorizationRequestId,
    browser: &SecretString,
) -> Result<(), OAuthError> {
    let request = super::look(cat, id, browser).await?;
    let actor = Actor::client(&request.client_name, None);
    let mut change = Change::begin_withdrawing(cat, actor).await?;
    refuse(&mut change, &request).await?;
    Ok(change.commit().await?)
}

pub(super) async fn waiting(change: &Change, id: AuthorizationRequestId) -> Result<AuthorizationRequest, CatalogError> {
    let found = requests::by_id(&change.tx, id).await?.filter(|request| change.now < request.expires_at);
    let gone = || refused(FailureKind::NotFound, "this request has ended; begin the login anew in the client");
    let request = found.ok_or_else(gone)?;
    if request.progress == RequestState::Waiting { Ok(request) } else { Err(decided()) }
}

fn decided() -> CatalogError {
    refused(FailureKind::Conflict, "this request was decided already; look at the list again")
}

/// Allows a request in the name of an account that is there and may let clients in, looked at once more in this very change.
pub(super) async fn allow(
    change: &mut Change,
    request: &AuthorizationRequest,
    (subject, by): (&str, &str),
    scopes: &[Scope],
) -> Result<(), CatalogError> {
    check_scopes(request, scopes)?;
    access::check_may_let_in(change, subject).await?;
    let step = Step::Approve { subject, scopes };
    if !requests::advance(&change.tx, request.id, RequestState::Waiting, step).await? {
        return Err(decided());
    }
    let detail = json!({
        "client": request.client_id,
        "name": request.client_name,
        "redirect_host": redirect::host(&request.redirect_uri),
        "scopes": scope_text(scopes),
        "origin": request.origin,
        "by": by,
    });
    change.audit("oauth.approve", format!("request:{}", request.id), detail).await?;
    change.tell(LiveEvent::AccessChanged);
    Ok(())
}

/// Refuses to allow nothing, or more than was asked for.
pub(super) fn check_scopes(request: &AuthorizationRequest, scopes: &[Scope]) -> Result<(), CatalogError> {
    if !scopes.is_empty() && scopes.iter().all(|scope| request.scopes.contains(scope)) {
        return Ok(());
    }
    let message = format!("allow one or more of what it asks for: {}", scope_text(&request.scopes));
    Err(refused(FailureKind::InvalidArguments, message))
}

async fn refuse(change: &mut Change, request: &AuthorizationRequest) -> Result<(), CatalogError> {
    if !requests::advance(&change.tx, request.id, RequestState::Waiting, Step::Deny).await? {
        return Err(decided());
    }
    let detail = json!({"client": request.client_id, "origin": request.origin});
    change.audit("oauth.deny", format!("request:{}", request.id), detail).await?;
    change.tell(LiveEvent::AccessChanged);
    Ok(())
}
