//! Logging in with an OpenID provider: which one, who of its accounts may come in, and which account here is theirs. An account
//! there is known by issuer and subject alone; an e-mail address never gives access to an account that exists.

mod admit;
mod exchange;
mod http;

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{AuthorizationRequestId, UserId},
    oidc::Provider,
    principal::{Actor, Scope},
    user::CeremonyKind,
};
use mcpbox_store::{identities, oidc_provider};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;

use self::{
    admit::{admit, check_admitted, identity},
    exchange::{Pending, Said},
};
use super::{Person, ceremony, people};
use crate::{
    Admin, Catalog, CatalogError, SignedIn,
    change::Change,
    error::refused,
    session::{self, LoginOrigin, NewSession},
};

/// Where the provider sends people back to on the admin page.
const CALLBACK: &str = "api/session/oidc/callback";

/// The provider as an admin sees it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderView {
    /// The provider and who may come in.
    pub provider: Provider,
    /// Whether a client secret is set. It is never shown.
    pub has_secret: bool,
    /// What to register with the provider as redirect URL of the admin page.
    pub redirect_url: String,
    /// What to register besides for logins of remote clients; none without remote access.
    pub remote_redirect_url: Option<String>,
}

/// What an admin sets.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProviderChange {
    /// The provider and who may come in.
    pub provider: Provider,
    /// A new client secret; absent keeps the one that is there, empty removes it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, write_only))]
    pub secret: Option<SecretString>,
}

/// What came of asking the provider.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderCheck {
    /// Where people are sent to log in.
    pub authorization_url: String,
}

/// Somebody is to be sent to the provider.
#[derive(Debug)]
pub struct OidcStart {
    /// Where.
    pub url: String,
    /// What their browser keeps until they come back.
    pub token: SecretString,
}

/// What came back with them.
#[derive(Debug)]
pub struct OidcAnswer {
    /// What their browser kept.
    pub token: SecretString,
    /// Parameter `state`.
    pub state: String,
    /// Parameter `code`.
    pub code: String,
    /// Parameter `iss`, where the provider sends one ([RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)).
    pub iss: Option<String>,
}

/// What came of it on the admin page.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "made once a login")]
pub enum OidcDone {
    /// They are logged in.
    LoggedIn(NewSession),
    /// The account there logs in to theirs from now on.
    Linked,
}

/// What somebody was sent for. One cannot be used as the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    Login,
    Link,
    Person(Errand),
}

/// What somebody lets a client do, said before they are sent to the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Errand {
    /// The client's request.
    pub(crate) request: AuthorizationRequestId,
    /// What they let it do.
    pub(crate) scopes: Vec<Scope>,
}

/// The provider, as it is set up.
///
/// # Errors
/// The store cannot be read.
pub async fn provider(cat: &Catalog, _: &Admin) -> Result<ProviderView, CatalogError> {
    let (provider, has_secret) = oidc_provider::load(&cat.store.reader()).await?.unwrap_or_default();
    let remote_redirect_url = crate::oauth::callback(cat);
    Ok(ProviderView { provider, has_secret, redirect_url: cat.admin_page(CALLBACK), remote_redirect_url })
}

/// Changes the provider.
///
/// # Errors
/// Something is missing or too long.
pub async fn change_provider(
    cat: &Arc<Catalog>,
    who: &Admin,
    wanted: ProviderChange,
) -> Result<ProviderView, CatalogError> {
    exchange::check(&wanted.provider)?;
    let mut change = Change::begin(cat, who.actor()).await?;
    let before = oidc_provider::load(&change.tx).await?.map(|(provider, _)| provider).unwrap_or_default();
    oidc_provider::save(&change.tx, &wanted.provider, change.now).await?;
    if let Some(secret) = &wanted.secret {
        let kept = Some(secret).filter(|secret| !secret.expose_secret().is_empty());
        oidc_provider::set_secret(&change.tx, kept).await?;
    } else if before.issuer != wanted.provider.issuer {
        // A secret goes to the provider it was given for and to no other.
        oidc_provider::set_secret(&change.tx, None).await?;
    }
    let detail = json!({"before": before, "after": wanted.provider, "new_secret": wanted.secret.is_some()});
    change.audit("oidc.change", "oidc".to_owned(), detail).await?;
    change.touch_settings();
    change.commit().await?;
    provider(cat, who).await
}

/// Asks the provider what it says of itself.
///
/// # Errors
/// `unavailable` with why.
pub async fn check_provider(cat: &Arc<Catalog>, _: &Admin) -> Result<ProviderCheck, CatalogError> {
    let (provider, _) = oidc_provider::load(&cat.store.reader()).await?.unwrap_or_default();
    Ok(ProviderCheck { authorization_url: exchange::ask(cat, provider).await?.authorization_url() })
}

/// The name of the provider that is offered, if one is.
///
/// # Errors
/// The store cannot be read.
pub async fn offered_provider(cat: &Catalog) -> Result<Option<String>, CatalogError> {
    let found = oidc_provider::load(&cat.store.reader()).await?.filter(|(provider, _)| provider.is_on);
    Ok(found.map(|(provider, _)| if provider.name.is_empty() { "OpenID".to_owned() } else { provider.name }))
}

/// Sends somebody to the provider, to log in to the admin page.
///
/// # Errors
/// No provider is on, or it cannot be reached.
pub async fn start_oidc_login(cat: &Arc<Catalog>) -> Result<OidcStart, CatalogError> {
    start(cat, cat.admin_page(CALLBACK), (Purpose::Login, None)).await
}

/// Sends somebody to the provider whose account there is to log in to theirs here.
///
/// # Errors
/// A wrong password; no provider is on, or it cannot be reached.
pub async fn start_oidc_link(
    cat: &Arc<Catalog>,
    who: &SignedIn,
    password: &SecretString,
) -> Result<OidcStart, CatalogError> {
    session::authenticate_again(cat, who, password).await?;
    start(cat, cat.admin_page(CALLBACK), (Purpose::Link, Some(who.user_id()))).await
}

/// Sends somebody to the provider who lets a client in; they get back to `redirect_url`, with their errand.
pub(crate) async fn start_oidc_person(
    cat: &Arc<Catalog>,
    redirect_url: String,
    errand: Errand,
) -> Result<OidcStart, CatalogError> {
    start(cat, redirect_url, (Purpose::Person(errand), None)).await
}

async fn start(
    cat: &Arc<Catalog>,
    redirect_url: String,
    (purpose, user): (Purpose, Option<UserId>),
) -> Result<OidcStart, CatalogError> {
    let (url, pending) = exchange::ask(cat, in_use(cat).await?).await?.start(redirect_url)?;
    let token = ceremony::begin(cat, CeremonyKind::Oidc, user, &(purpose, pending)).await?;
    Ok(OidcStart { url, token })
}

/// Logs in, or links, who came back to the admin page.
///
/// # Errors
/// `Unauthenticated` when they did not start here; `forbidden` when their account there may not come in.
pub async fn finish_oidc(
    cat: &Arc<Catalog>,
    answer: OidcAnswer,
    origin: LoginOrigin,
) -> Result<OidcDone, CatalogError> {
    let token = answer.token.clone();
    let (purpose, user, said) = finish(cat, answer).await?;
    match (purpose, user) {
        (Purpose::Login, None) => {
            let (mut change, user) = admit(cat, &token, said).await?;
            let opened = session::open_in(&mut change, &user, origin, "oidc").await?;
            change.commit().await?;
            Ok(OidcDone::LoggedIn(opened))
        }
        (Purpose::Link, Some(user)) => link(cat, &token, user, said).await.map(|()| OidcDone::Linked),
        _ => Err(astray()),
    }
}

/// Who came back to the gateway, their errand, and the change in which it is done.
pub(crate) async fn finish_oidc_person(
    cat: &Arc<Catalog>,
    answer: OidcAnswer,
) -> Result<(Change, Person, Errand), CatalogError> {
    let token = answer.token.clone();
    let (Purpose::Person(errand), None, said) = finish(cat, answer).await? else { return Err(astray()) };
    let (mut change, user) = admit(cat, &token, said).await?;
    change.audit("oidc.login", format!("user:{}", user.id), json!({"for": "a client"})).await?;
    Ok((change, Person::of(&user), errand))
}

/// Takes the accounts at providers off one's own. Somebody without a password keeps theirs.
///
/// # Errors
/// A wrong password; refused without a password of one's own.
pub async fn unlink_oidc(cat: &Arc<Catalog>, who: &SignedIn, password: &SecretString) -> Result<(), CatalogError> {
    session::authenticate_again(cat, who, password).await?;
    let mut change = Change::begin(cat, who.actor()).await?;
    if people::find(&change, who.user_id()).await?.password_hash.is_none() {
        let failure = Failure::new(FailureKind::Conflict, "without it you could not log in any more");
        return Err(failure.hint("ask an admin for a one-time link, and set a password first").into());
    }
    let removed = identities::delete_by_user(&change.tx, who.user_id()).await?;
    change.audit("user.oidc.unlink", format!("user:{}", who.user_id()), json!({"removed": removed})).await?;
    change.commit().await
}

/// Checks that they started here, and asks the provider who they are.
async fn finish(cat: &Arc<Catalog>, answer: OidcAnswer) -> Result<(Purpose, Option<UserId>, Said), CatalogError> {
    let (user, (purpose, pending)): (_, (Purpose, Pending)) =
        ceremony::find(cat, CeremonyKind::Oidc, &answer.token).await?;
    let is_same_state: bool = pending.state.as_bytes().ct_eq(answer.state.as_bytes()).into();
    let is_same_issuer = answer.iss.is_none_or(|iss| iss == pending.issuer);
    if !is_same_state || !is_same_issuer {
        return Err(astray());
    }
    let said = exchange::ask(cat, in_use(cat).await?).await?.finish(cat, pending, &answer.code).await;
    if said.is_err() {
        // Each try costs a question to the provider.
        ceremony::failed(cat, &answer.token).await?;
    }
    Ok((purpose, user, said?))
}

async fn link(cat: &Arc<Catalog>, token: &SecretString, user: UserId, said: Said) -> Result<(), CatalogError> {
    check_admitted(&in_use(cat).await?, &said)?;
    let mut change = Change::begin(cat, Actor::system("oidc")).await?;
    ceremony::take(&change.tx, token).await?;
    let user = people::find(&change, user).await?;
    change.actor = Actor::admin(&user.username);
    identities::insert(&change.tx, &identity(&said, user.id, &change)).await?;
    let detail = json!({"issuer": said.issuer, "subject": said.subject});
    change.audit("user.oidc.link", format!("user:{}", user.id), detail).await?;
    change.commit().await
}

async fn in_use(cat: &Catalog) -> Result<Provider, CatalogError> {
    let found = oidc_provider::load(&cat.store.reader()).await?.map(|(provider, _)| provider);
    found
        .filter(|provider| provider.is_on)
        .ok_or_else(|| refused(FailureKind::NotFound, "no OpenID provider is switched on"))
}

fn astray() -> CatalogError {
    CatalogError::Unauthenticated(
        "this answer does not belong to a login that began in this browser; log in again".to_owned(),
    )
}
