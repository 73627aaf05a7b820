//! Logging in with an OpenID provider: which one, who of its accounts may come in, and which account here is theirs. An account
//! there is known by issuer and subject alone; an e-mail address never gives access to an account that exists.

mod admit;
mod exchange;
mod http;
mod setup;

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{AuthorizationRequestId, UserId},
    principal::{Actor, Scope},
    user::CeremonyKind,
};
use mcpbox_store::identities;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;

pub use self::setup::{
    ProviderChange, ProviderCheck, ProviderView, change_provider, check_provider, offered_provider, provider,
};
use self::{
    admit::{admit, check_admitted, identity},
    exchange::{Pending, Said},
    setup::in_use,
};
use super::{Person, ceremony, people};
use crate::{
    Catalog, CatalogError, SignedIn,
    change::Change,
    session::{self, LoginOrigin, NewSession},
};

/// Where the provider sends people back to on the admin page.
const CALLBACK: &str = "api/session/oidc/callback";

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

fn astray() -> CatalogError {
    CatalogError::Unauthenticated(
        "this answer does not belong to a login that began in this browser; log in again".to_owned(),
    )
}
