//! Logging in to a source, which only an admin does: it shows what must be contacted, sends them to log in, and takes the tokens
//! of who comes back. What goes wrong is kept with the source, where its page says it.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{SourceId, UserId},
    principal::Actor,
    server::Server,
    source::{ExternalSource, SourceAuth},
    source_login::{
        Issued, LoginAnswer, LoginClient, LoginError, LoginFacts, LoginRequest, LoginState, LoginStep, SourceLogins,
    },
    user::{CeremonyKind, Role},
};
use mcpbox_store::{source_logins, sources, users};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use url::Url;

use super::{find, tokens};
use crate::{Admin, Catalog, CatalogError, change::Change, error::refused, expiry, identity::ceremony};

/// Where people are sent back to on the admin page.
const CALLBACK: &str = "api/sources/login/callback";
/// Where what we say of ourselves is, below the public address.
pub const CLIENT_DOCUMENT: &str = "/oauth/source-client";
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

/// What is remembered until somebody is back.
#[derive(Serialize, Deserialize)]
struct Errand {
    source: SourceId,
    state: String,
    pending: String,
    origins: Vec<String>,
}

/// What we say of ourselves to authorization servers that read it at our address (client id metadata document); none while no
/// source wants a login, as it names the address of the admin page.
///
/// # Errors
/// The store cannot be read.
pub async fn client_document(cat: &Catalog) -> Result<Option<Value>, CatalogError> {
    let Some(client_id) = client_id(cat) else { return Ok(None) };
    let sources = find::all(&cat.store.reader()).await?;
    let is_wanted = sources.iter().any(|source| source.rule().auth == SourceAuth::Oauth);
    Ok(is_wanted.then(|| {
        json!({
            "client_id": client_id,
            "client_name": "MCPbox",
            "redirect_uris": [cat.admin_page(CALLBACK)],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        })
    }))
}

/// Where that document is; only at an address that others can trust.
fn client_id(cat: &Catalog) -> Option<String> {
    let public = cat.access.issuer();
    public.starts_with("https://").then(|| format!("{public}{CLIENT_DOCUMENT}"))
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

/// What somebody came back with: an answer, or the words in which they were refused.
pub type LoginReturn = Result<LoginAnswer, (String, String)>;

/// Takes the tokens of who came back; gives the server whose page says how it went.
///
/// # Errors
/// `Unauthenticated` when it did not begin in this browser, or took too long.
pub async fn finish_login(
    cat: &Arc<Catalog>,
    token: &SecretString,
    state: &str,
    back: LoginReturn,
) -> Result<String, CatalogError> {
    let (user, errand): (_, Errand) = ceremony::find(cat, CeremonyKind::SourceLogin, token).await?;
    let is_same: bool = errand.state.as_bytes().ct_eq(state.as_bytes()).into();
    if !is_same {
        return Err(astray());
    }
    let by = admin_of(cat, user).await?;
    let source = sources::by_id(&cat.store.reader(), errand.source).await?;
    let source = source.ok_or_else(|| refused(FailureKind::NotFound, "the source was deleted meanwhile"))?;
    let server = cat.snapshot().server_by_id(source.server_id).cloned();
    let server = server.ok_or_else(|| refused(FailureKind::NotFound, "its server was deleted meanwhile"))?;
    // Of two answers one wins, before anything is asked with it.
    let tx = cat.store.begin().await?;
    ceremony::take(&tx, token).await?;
    tx.commit().await?;
    let given = match back {
        Ok(answer) => given(cat, (&server, &source), &errand.pending, answer).await,
        Err((code, words)) => Err(LoginError::Refused(format!("it was refused there: {}", told(&code, &words)))),
    };
    match given {
        Ok(issued) => keep(cat, &source, by, errand.origins, &issued).await?,
        Err(error) => note(cat, &source, by, error.to_string()).await?,
    }
    Ok(server.name.to_string())
}

/// Forgets the tokens of a source.
///
/// # Errors
/// `not_found`.
pub async fn end_login(cat: &Arc<Catalog>, admin: &Admin, id: SourceId) -> Result<(), CatalogError> {
    let mut change = Change::begin_withdrawing(cat, admin.actor()).await?;
    let source = sources::by_id(&change.tx, id).await?;
    let source = source.ok_or_else(|| refused(FailureKind::NotFound, format!("there is no source {id}")))?;
    if !source_logins::delete(&change.tx, id).await? {
        return Err(refused(FailureKind::NotFound, format!("nobody is logged in to the source '{}'", source.name)));
    }
    change.audit("source.logout", format!("source:{id}"), json!({"source": source.name})).await?;
    change.touch_server(source.server_id);
    change.commit().await?;
    cat.logins.forget(id);
    super::client(cat)?.forget(id);
    Ok(())
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

/// What speaks to authorization servers.
pub(super) fn logins(cat: &Catalog) -> Result<&dyn SourceLogins, CatalogError> {
    let none = || refused(FailureKind::Unavailable, "this process logs in to no sources");
    super::client(cat)?.logins().ok_or_else(none)
}

fn in_vain(source: &ExternalSource, error: &LoginError) -> CatalogError {
    let message = format!("nobody can log in to the source '{}' now: {error}", source.name);
    Failure::new(FailureKind::Unavailable, message).hint("look at that server, or try again later").into()
}

fn astray() -> CatalogError {
    CatalogError::Unauthenticated("this answer does not belong to a login that began in this browser".to_owned())
}

/// Words of the other side, fit to be shown.
fn told(code: &str, words: &str) -> String {
    let text = if words.is_empty() { code.to_owned() } else { format!("{code} ({words})") };
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// Who began it must still be an admin.
async fn admin_of(cat: &Catalog, user: Option<UserId>) -> Result<String, CatalogError> {
    let user = users::by_id(&cat.store.reader(), user.ok_or_else(astray)?).await?;
    let admin = user.filter(|user| !user.is_disabled && user.role == Role::Admin);
    Ok(admin.ok_or_else(astray)?.username)
}

async fn given(
    cat: &Arc<Catalog>,
    (server, source): (&Server, &ExternalSource),
    pending: &str,
    answer: LoginAnswer,
) -> Result<Issued, LoginError> {
    let failed = |error: CatalogError| LoginError::Failed(error.into_failure().message);
    expiry::enforce(cat).await.map_err(failed)?;
    find::check_granted(cat, server, source).await.map_err(failed)?;
    let pending = SecretString::from(pending);
    logins(cat).map_err(failed)?.finish(pending, answer).await
}

async fn keep(
    cat: &Arc<Catalog>,
    source: &ExternalSource,
    by: String,
    origins: Vec<String>,
    issued: &Issued,
) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, Actor::admin(&by)).await?;
    let facts = LoginFacts {
        state: LoginState::Active,
        issuer: issued.issuer.clone(),
        origins,
        scopes: issued.scopes.clone(),
        by,
        at: change.now,
        expires_at: issued.expires_at,
        is_renewable: issued.is_renewable,
        renewed_at: None,
        trouble: None,
        failed_at: None,
    };
    let sealed = tokens::Tokens::of(issued).write()?;
    source_logins::put(&change.tx, source.id, &facts, Some(&sealed), change.now).await?;
    let detail =
        json!({"source": source.name, "issuer": facts.issuer, "scopes": facts.scopes, "origins": facts.origins});
    change.audit("source.login", format!("source:{}", source.id), detail).await?;
    change.touch_server(source.server_id);
    change.commit().await?;
    cat.logins.forget(source.id);
    super::client(cat)?.forget(source.id);
    Ok(())
}

/// Keeps why nobody got in, beside the login that is there.
async fn note(cat: &Arc<Catalog>, source: &ExternalSource, by: String, why: String) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, Actor::admin(&by)).await?;
    match source_logins::load(&change.tx, source.id).await? {
        Some(login) => {
            let facts = LoginFacts { trouble: Some(why.clone()), ..login.facts };
            source_logins::set_facts(&change.tx, source.id, login.generation, &facts, change.now).await?;
        }
        None => {
            let facts = LoginFacts {
                state: LoginState::Needed,
                issuer: String::new(),
                origins: Vec::new(),
                scopes: Vec::new(),
                by,
                at: change.now,
                expires_at: None,
                is_renewable: false,
                renewed_at: None,
                trouble: Some(why.clone()),
                failed_at: None,
            };
            source_logins::put(&change.tx, source.id, &facts, None, change.now).await?;
        }
    }
    let detail = json!({"source": source.name, "why": why});
    change.audit("source.login.fail", format!("source:{}", source.id), detail).await?;
    change.touch_server(source.server_id);
    change.commit().await
}
