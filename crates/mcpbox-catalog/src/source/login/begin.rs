//! The beginning: what must be contacted, and where to go once that was allowed.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::SourceId,
    source::{ExternalSource, SourceAuth},
    source_login::{LoginClient, LoginError, LoginRequest, LoginStep},
    user::CeremonyKind,
};
use mcpbox_store::source_logins;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;
use url::Url;

use super::{
    super::{find, tokens},
    CALLBACK, Errand,
    document::client_id,
    logins,
};
use crate::{Admin, Catalog, CatalogError, change::Change, expiry, identity::ceremony};

/// Origins that one login may need.
const ORIGINS_MAX: usize = 8;
/// Longest id and secret of a client, bytes.
const CLIENT_MAX: usize = 2_000;

/// A login that is to begin.
#[derive(Debug, Clone, Default)]
pub struct BeginLogin {
    /// Origins that may be contacted for it, as they were shown before.
    pub origins: Vec<String>,
    /// The client's id there, where it was made by hand.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<SecretString>,
}

/// What comes of beginning.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginBegun {
    /// Origins to allow before it goes on, all of them: begin again with these.
    pub allow: Vec<String>,
    /// Where to go, when nothing is to be allowed any more.
    pub url: Option<String>,
    /// Where one is sent back to: what a client that is made by hand must name.
    pub redirect_uri: String,
}

/// Begins a login: shows what is to be allowed, or gives where to go, with what the browser keeps meanwhile.
///
/// # Errors
/// `not_found`; `invalid_arguments`; `host_denied` while the source may not be reached; `unavailable` with what went wrong there.
pub async fn begin_login(
    cat: &Arc<Catalog>,
    admin: &Admin,
    source: SourceId,
    request: BeginLogin,
) -> Result<(LoginBegun, Option<SecretString>), CatalogError> {
    let (server, source) = find::source(cat, admin.into(), &source.to_string()).await?;
    check_auth(&source)?;
    expiry::enforce(cat).await?;
    find::check_granted(cat, &server, &source).await?;
    let origins = checked(&request)?;
    let redirect_uri = cat.admin_page(CALLBACK);
    let before = source_logins::load(&cat.store.reader(), source.id).await?.and_then(|login| login.tokens);
    let asked = LoginRequest {
        url: source.rule().url,
        origins: origins.clone(),
        client: request.client_id.map(|id| LoginClient { id, secret: request.client_secret }),
        before: before.and_then(|tokens| tokens::Tokens::read(&tokens).ok()).map(|tokens| tokens.kept()),
        document: client_id(cat),
        redirect_uri: redirect_uri.clone(),
    };
    let step = logins(cat)?.begin(asked).await;
    match step.map_err(|error| in_vain(&source, &error))? {
        LoginStep::Allow { origins } => Ok((LoginBegun { allow: origins, url: None, redirect_uri }, None)),
        LoginStep::Go { url, state, pending } => {
            let pending = pending.expose_secret().to_owned();
            let errand = Errand { source: source.id, state, pending, origins: origins.clone() };
            let token = ceremony::begin(cat, CeremonyKind::SourceLogin, Some(admin.user_id()), &errand).await?;
            let mut change = Change::begin(cat, admin.actor()).await?;
            let detail = json!({"source": source.name, "origins": origins});
            change.audit("source.login.begin", format!("source:{}", source.id), detail).await?;
            change.commit().await?;
            Ok((LoginBegun { allow: Vec::new(), url: Some(url), redirect_uri }, Some(token)))
        }
    }
}

fn check_auth(source: &ExternalSource) -> Result<(), CatalogError> {
    if source.rule().auth == SourceAuth::Oauth {
        return Ok(());
    }
    let message = format!("nobody logs in to the source '{}': it was added without a login", source.name);
    let failure = Failure::new(FailureKind::InvalidArguments, message).argument("id");
    Err(failure.hint("add it again, under another name, with auth oauth").into())
}

/// The origins in the one way in which they are compared, and the client within bounds.
fn checked(request: &BeginLogin) -> Result<Vec<String>, CatalogError> {
    let wrong = |argument: &str, message: String| {
        CatalogError::from(Failure::new(FailureKind::InvalidArguments, message).argument(argument))
    };
    let origins = request.origins.iter().map(|text| {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.map(|url| url.origin().ascii_serialization())
            .ok_or_else(|| wrong("origins", "an origin is such as https://login.example.com".to_owned()))
    });
    let mut origins = origins.collect::<Result<Vec<_>, _>>()?;
    origins.dedup();
    if origins.len() > ORIGINS_MAX {
        return Err(wrong("origins", format!("a login contacts at most {ORIGINS_MAX} origins")));
    }
    let secret = request.client_secret.as_ref().map_or("", |secret| secret.expose_secret());
    let id = request.client_id.as_deref();
    if id.is_some_and(|id| id.trim().is_empty()) || id.unwrap_or_default().len().max(secret.len()) > CLIENT_MAX {
        return Err(wrong("client_id", format!("1 to {CLIENT_MAX} bytes, as is its secret")));
    }
    if id.is_none() && !secret.is_empty() {
        return Err(wrong("client_secret", "a secret belongs to a client: enter its id as well".to_owned()));
    }
    Ok(origins)
}

fn in_vain(source: &ExternalSource, error: &LoginError) -> CatalogError {
    let message = format!("nobody can log in to the source '{}' now: {error}", source.name);
    Failure::new(FailureKind::Unavailable, message).hint("look at that server, or try again later").into()
}
