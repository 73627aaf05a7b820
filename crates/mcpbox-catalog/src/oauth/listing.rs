//! What an admin sees: who waits at the door, which clients are known, what was authorised.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{AuthorizationId, AuthorizationRequestId},
    oauth::{Authorization, AuthorizationRequest, ClientKind, OAuthClient},
    paging::{Page, PageRequest},
    principal::Scope,
};
use mcpbox_store::oauth::{authorizations as stored, clients as known, requests};
use serde::Serialize;

use super::redirect;
use crate::{Catalog, CatalogError};

/// A client that waits for a human.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingRequest {
    /// Its id.
    pub id: AuthorizationRequestId,
    /// What the browser shows: compare it.
    pub code: String,
    /// The client.
    pub client_id: String,
    /// How the client became known. Of one that has a document, the host of its id is sure; all else is only what it says.
    pub client_kind: ClientKind,
    /// What the client calls itself.
    pub client_name: String,
    /// Host that gets the access.
    pub redirect_host: String,
    /// Whether that is a program on the machine of the browser.
    pub is_loopback: bool,
    /// What it asks for.
    pub scopes: Vec<Scope>,
    /// Address of the browser; behind a proxy that is not trusted, the proxy's.
    pub origin: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it is too late.
    pub expires_at: DateTime<Utc>,
}

impl From<AuthorizationRequest> for WaitingRequest {
    fn from(request: AuthorizationRequest) -> Self {
        Self {
            redirect_host: redirect::host(&request.redirect_uri),
            is_loopback: redirect::is_loopback(&request.redirect_uri),
            scopes: request.scopes,
            id: request.id,
            code: request.user_code,
            client_id: request.client_id,
            client_kind: request.client_kind,
            client_name: request.client_name,
            origin: request.origin,
            created_at: request.created_at,
            expires_at: request.expires_at,
        }
    }
}

/// What a human authorised.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthorizationReport {
    /// Its id.
    pub id: AuthorizationId,
    /// The client.
    pub client_id: String,
    /// How the client became known.
    pub client_kind: ClientKind,
    /// What the client calls itself.
    pub client_name: String,
    /// Host that got the access.
    pub redirect_host: String,
    /// Who authorised it.
    pub subject: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it ends unless its client comes back before.
    pub expires_at: DateTime<Utc>,
}

impl From<Authorization> for AuthorizationReport {
    fn from(found: Authorization) -> Self {
        Self {
            id: found.id,
            client_id: found.client_id,
            client_kind: found.client_kind,
            client_name: found.client_name,
            redirect_host: found.redirect_host,
            subject: found.subject,
            scopes: found.scopes,
            created_at: found.created_at,
            last_used_at: found.last_used_at,
            expires_at: found.expires_at,
        }
    }
}

/// Clients that wait for a human, the newest first, at most 100.
///
/// # Errors
/// The store cannot be read.
pub async fn waiting(cat: &Catalog) -> Result<Vec<WaitingRequest>, CatalogError> {
    let all = requests::waiting(&cat.store.reader(), cat.clock.now()).await?;
    Ok(all.into_iter().map(Into::into).collect())
}

/// Known clients, the newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn clients(cat: &Catalog, page: PageRequest) -> Result<Page<OAuthClient>, CatalogError> {
    Ok(known::list(&cat.store.reader(), page).await?)
}

/// What was authorised, the newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn authorizations(cat: &Catalog, page: PageRequest) -> Result<Page<AuthorizationReport>, CatalogError> {
    let Page { items, total, .. } = stored::list(&cat.store.reader(), page).await?;
    Ok(page.page(items.into_iter().map(Into::into).collect(), total))
}
