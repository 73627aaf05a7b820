//! Sessions of humans, and the only makers of a [`SignedIn`]: a live session, or a password with what else the account wants.
//!
//! Passwords are argon2id, at most two at a time; tokens are 256 random bits, kept as SHA-256; an unknown user takes
//! as long as a wrong password.

mod first;
mod list;
pub(crate) mod password;
mod proven;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    event::LiveEvent,
    failure::{Failure, FailureKind},
    ids::{SessionId, UserId},
    token::TokenHash,
    user::{AdminSession, Role, User},
};
use mcpbox_store::{sessions, users};
use rand::{TryRng, rngs::SysRng};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;

pub use self::{
    first::{FirstAdmin, SetupProof, create_first_admin, has_admin, new_setup_token},
    list::{OpenSession, end_other_sessions, end_session, logout, sessions},
    proven::{Admin, Reviewer, SignedIn},
};
use crate::{Catalog, CatalogError, change::Change, identity};

/// A session ends when it was not used for this long.
const IDLE: TimeDelta = TimeDelta::hours(12);
/// A session ends after this long, whatever happens.
const ABSOLUTE: TimeDelta = TimeDelta::days(7);
/// The idle time is renewed at most this often, so that reading does not write.
const RENEW_AFTER: TimeDelta = TimeDelta::minutes(1);
/// Longest name of a browser that is kept, characters.
const USER_AGENT_MAX_CHARS: usize = 300;

/// An account, without anything secret.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub username: String,
    /// What it may do.
    pub role: Role,
}

impl Account {
    pub(crate) fn of(user: &User) -> Self {
        Self { id: user.id, username: user.username.clone(), role: user.role }
    }
}

/// Where a login comes from, for the list of sessions.
#[derive(Debug, Clone, Default)]
pub struct LoginOrigin {
    /// The client's address; empty when not known.
    pub address: String,
    /// What the browser calls itself; cut at 300 characters.
    pub user_agent: String,
}

/// A fresh login.
#[derive(Debug)]
pub struct NewSession {
    /// What the browser keeps; only its hash is stored.
    pub token: SecretString,
    /// Who logged in.
    pub user: Account,
    /// When it ends at the latest; it ends earlier after 12 hours without use.
    pub expires_at: DateTime<Utc>,
}

/// What came of a right password.
#[derive(Debug)]
pub enum Login {
    /// It was enough.
    Done(NewSession),
    /// The account wants a second factor as well: [`identity::answer_second_factor`].
    SecondFactor(identity::SecondFactor),
}

/// Logs in. `site` is the page's own origin, for passkeys.
///
/// # Errors
/// `Unauthenticated` for an unknown user and a wrong password alike.
pub async fn login(
    cat: &Arc<Catalog>,
    username: &str,
    password: &SecretString,
    origin: LoginOrigin,
    site: Option<&identity::Site>,
) -> Result<Login, CatalogError> {
    let user = authenticate(cat, username, password).await?;
    match identity::ask_second_factor(cat, &user, site).await? {
        Some(asked) => Ok(Login::SecondFactor(asked)),
        None => Ok(Login::Done(open(cat, user, origin, "password").await?)),
    }
}

/// Opens a session for somebody whose proof was checked; `how` goes to the audit log.
pub(crate) async fn open(
    cat: &Arc<Catalog>,
    user: User,
    origin: LoginOrigin,
    how: &'static str,
) -> Result<NewSession, CatalogError> {
    let mut change = Change::begin(cat, mcpbox_core::principal::Actor::admin(&user.username)).await?;
    let opened = open_in(&mut change, &user, origin, how).await?;
    change.commit().await?;
    Ok(opened)
}

/// As [`open`], within a change that proves something more.
pub(crate) async fn open_in(
    change: &mut Change,
    user: &User,
    origin: LoginOrigin,
    how: &'static str,
) -> Result<NewSession, CatalogError> {
    let (token, now) = (new_token()?, change.now);
    // Read again within the transaction: it may have been disabled while the proof was checked.
    let still = users::by_id(&change.tx, user.id).await?.filter(|user| !user.is_disabled);
    let user = still.ok_or_else(|| CatalogError::Unauthenticated("this account was disabled".to_owned()))?;
    let session = AdminSession {
        id: SessionId::generate(),
        user_id: user.id,
        created_at: now,
        last_seen_at: now,
        expires_at: now + IDLE,
        origin: origin.address,
        user_agent: origin.user_agent.chars().take(USER_AGENT_MAX_CHARS).collect(),
    };
    sessions::delete_expired(&change.tx, now).await?;
    sessions::insert(&change.tx, &session, &hash_of(&token)).await?;
    let detail = json!({"session": session.id, "how": how});
    change.audit("session.login", format!("user:{}", user.id), detail).await?;
    Ok(NewSession { token, user: Account::of(&user), expires_at: now + ABSOLUTE })
}

/// The human behind a live session; renews its idle time.
///
/// # Errors
/// `Unauthenticated` when there is no such live session.
pub async fn signed_in_from_session(cat: &Catalog, token: &SecretString) -> Result<SignedIn, CatalogError> {
    let no_session = || CatalogError::Unauthenticated("there is no live session; log in".to_owned());
    let reader = cat.store.reader();
    let now = cat.clock.now();
    let session = sessions::by_token_hash(&reader, &hash_of(token)).await?.ok_or_else(no_session)?;
    if !is_live(&session, now) {
        return Err(no_session());
    }
    let user = users::by_id(&reader, session.user_id).await?.filter(|user| !user.is_disabled).ok_or_else(no_session)?;
    if now - session.last_seen_at >= RENEW_AFTER {
        let tx = cat.store.begin().await?;
        let still_there =
            sessions::touch(&tx, session.id, now, (now + IDLE).min(session.created_at + ABSOLUTE)).await?;
        tx.commit().await?;
        if !still_there {
            return Err(no_session());
        }
    }
    Ok(SignedIn::new(user, Some(session.id)))
}

fn is_live(session: &AdminSession, now: DateTime<Utc>) -> bool {
    session.is_live(now) && now < session.created_at + ABSOLUTE
}

/// The human who knows this password, for the command line; with a one-time code when the account has a second factor.
///
/// # Errors
/// `Unauthenticated` for an unknown user and a wrong password alike, and for a wrong code; refused when a code is missing.
pub async fn signed_in_from_password(
    cat: &Arc<Catalog>,
    username: &str,
    password: &SecretString,
    code: Option<&SecretString>,
) -> Result<SignedIn, CatalogError> {
    let user = authenticate(cat, username, password).await?;
    if identity::has_second_factor(cat, user.id).await? {
        let Some(code) = code else {
            let failure = Failure::new(FailureKind::Forbidden, "this account wants a one-time code as well");
            return Err(failure
                .hint("enter the code of your app, or one of your recovery codes; on the command line with --code")
                .into());
        };
        identity::check_code(cat, &user, code).await?;
    }
    Ok(SignedIn::new(user, None))
}

/// Changes one's own password and ends all of one's sessions.
///
/// # Errors
/// `Unauthenticated` when `old` is wrong; refused when `new` is outside the rules.
pub async fn change_password(
    cat: &Arc<Catalog>,
    who: &SignedIn,
    old: &SecretString,
    new: &SecretString,
) -> Result<(), CatalogError> {
    password::check_rules(new)?;
    authenticate(cat, who.username(), old).await?;
    let password_hash = password::hash(cat, new).await?;
    let mut change = Change::begin(cat, who.actor()).await?;
    set_password(&mut change, who.user_id(), &password_hash).await?;
    change.audit("user.password", format!("user:{}", who.user_id()), json!({})).await?;
    change.commit().await
}

/// Writes a new password; whatever the old one opened, or may still open, ends.
pub(crate) async fn set_password(change: &mut Change, user: UserId, password_hash: &str) -> Result<(), CatalogError> {
    users::update_password(&change.tx, user, password_hash, change.now).await?;
    mcpbox_store::invitations::clear(&change.tx, user).await?;
    end_all(change, user).await
}

/// Ends all sessions of an account and the logins that are under way.
pub(crate) async fn end_all(change: &mut Change, user: UserId) -> Result<(), CatalogError> {
    sessions::delete_by_user(&change.tx, user, None).await?;
    mcpbox_store::ceremonies::delete_by_user(&change.tx, user).await?;
    change.tell(LiveEvent::SessionsChanged);
    Ok(())
}

/// The account whose password this is. Nothing tells a wrong password from an unknown user, or a disabled one.
pub(crate) async fn authenticate(cat: &Catalog, username: &str, password: &SecretString) -> Result<User, CatalogError> {
    let user = users::by_username(&cat.store.reader(), username.trim()).await?.filter(|user| !user.is_disabled);
    let is_right = password::verify(cat, password, user.as_ref().and_then(|user| user.password_hash.clone())).await?;
    user.filter(|_| is_right).ok_or_else(|| {
        tracing::warn!("a login was refused");
        CatalogError::Unauthenticated("unknown user or wrong password".to_owned())
    })
}

/// 256 random bits, in hex.
pub(crate) fn new_token() -> Result<SecretString, CatalogError> {
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(CatalogError::internal)?;
    Ok(SecretString::from(hex::encode(bytes)))
}

pub(crate) fn hash_of(token: &SecretString) -> TokenHash {
    TokenHash::of(token.expose_secret())
}

/// Asks somebody who is signed in for their password once more, before what proves who they are changes: an open session alone must
/// not be enough to stay in for ever. An account without a password has nothing to ask for.
pub(crate) async fn authenticate_again(
    cat: &Catalog,
    who: &SignedIn,
    password: &SecretString,
) -> Result<(), CatalogError> {
    let user = users::by_id(&cat.store.reader(), who.user_id()).await?;
    let Some(hash) = user.and_then(|user| user.password_hash) else { return Ok(()) };
    if password::verify(cat, password, Some(hash)).await? {
        return Ok(());
    }
    tracing::warn!("a wrong password was given to change what proves an account");
    Err(Failure::new(FailureKind::Forbidden, "this is not your password").hint("enter the one you log in with").into())
}
