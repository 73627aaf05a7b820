//! Accounts and sessions of humans, and the only makers of a [`Reviewer`]: a live session, or a password.
//!
//! Passwords are argon2id, at most two at a time; tokens are 256 random bits, kept as SHA-256; an unknown user takes
//! as long as a wrong password.

mod list;
mod password;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    event::LiveEvent,
    failure::{Failure, FailureKind},
    ids::{SessionId, UserId},
    principal::Actor,
    token::TokenHash,
    user::{AdminSession, User},
};
use mcpbox_store::{sessions, setup, users};
use rand::{TryRng, rngs::SysRng};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;

pub use self::list::{OpenSession, end_other_sessions, end_session, logout, sessions};
use crate::{Catalog, CatalogError, change::Change};

/// A session ends when it was not used for this long.
const IDLE: TimeDelta = TimeDelta::hours(12);
/// A session ends after this long, whatever happens.
const ABSOLUTE: TimeDelta = TimeDelta::days(7);
/// The idle time is renewed at most this often, so that reading does not write.
const RENEW_AFTER: TimeDelta = TimeDelta::minutes(1);
/// Longest name of a browser that is kept, characters.
const USER_AGENT_MAX_CHARS: usize = 300;

/// A human who proved just now who they are. Whatever decides or grants takes one.
#[derive(Debug, Clone)]
pub struct Reviewer {
    user_id: UserId,
    username: String,
    /// None when they proved it with their password.
    session: Option<SessionId>,
}

impl Reviewer {
    /// Their account.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Their name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// How they stand in records.
    pub fn actor(&self) -> Actor {
        Actor::admin(&self.username)
    }
}

/// What allows to make the first admin.
#[derive(Debug)]
pub enum SetupProof {
    /// The one-time token that the server printed at its start.
    Token(SecretString),
    /// The command line of the user MCPbox runs as.
    Local,
}

/// The first admin account.
#[derive(Debug)]
pub struct FirstAdmin {
    /// What allows to make it.
    pub proof: SetupProof,
    /// Its name: 1 to 64 characters.
    pub username: String,
    /// Its password: 8 to 1024 characters.
    pub password: SecretString,
}

/// An account, without anything secret.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub username: String,
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

/// Whether an admin account exists.
///
/// # Errors
/// The store cannot be read.
pub async fn has_admin(cat: &Catalog) -> Result<bool, CatalogError> {
    Ok(users::count(&cat.store.reader()).await? > 0)
}

/// A new one-time token that allows to make the first admin; the one before loses its force.
///
/// # Errors
/// An admin exists already (conflict).
pub async fn new_setup_token(cat: &Arc<Catalog>) -> Result<SecretString, CatalogError> {
    let token = new_token()?;
    let mut change = Change::begin(cat, Actor::system("setup")).await?;
    check_no_admin(&change).await?;
    setup::put(&change.tx, &hash_of(&token), change.now).await?;
    change.audit("setup.token", "setup".to_owned(), json!({})).await?;
    change.commit().await?;
    Ok(token)
}

/// Makes the first admin; refused once one exists.
///
/// # Errors
/// Wrong or used token, an admin exists, a name or password outside the rules.
pub async fn create_first_admin(cat: &Arc<Catalog>, first: FirstAdmin) -> Result<Account, CatalogError> {
    let username = password::check_username(&first.username)?;
    password::check_rules(&first.password)?;
    let token = match &first.proof {
        SetupProof::Token(token) => Some(hash_of(token)),
        SetupProof::Local => None,
    };
    let wrong_token = || {
        CatalogError::Unauthenticated("this setup token is wrong or was used; restart MCPbox for a new one".to_owned())
    };
    if let Some(token) = &token
        && !setup::matches(&cat.store.reader(), token).await?
    {
        return Err(wrong_token());
    }
    let password_hash = password::hash(cat, &first.password).await?;
    let mut change = Change::begin(cat, Actor::admin(&username)).await?;
    check_no_admin(&change).await?;
    if let Some(token) = &token
        && !setup::take(&change.tx, token).await?
    {
        return Err(wrong_token());
    }
    setup::clear(&change.tx).await?;
    let (created_at, password_changed_at) = (change.now, change.now);
    let user = User { id: UserId::generate(), username, password_hash, created_at, password_changed_at };
    users::insert(&change.tx, &user).await?;
    change.audit("user.create", format!("user:{}", user.id), json!({"username": user.username})).await?;
    change.commit().await?;
    Ok(Account { id: user.id, username: user.username })
}

async fn check_no_admin(change: &Change) -> Result<(), CatalogError> {
    if users::count(&change.tx).await? == 0 {
        return Ok(());
    }
    let failure = Failure::new(FailureKind::Conflict, "an admin account exists already");
    Err(failure.hint("log in with it").into())
}

/// Logs in.
///
/// # Errors
/// `Unauthenticated` for an unknown user and a wrong password alike.
pub async fn login(
    cat: &Arc<Catalog>,
    username: &str,
    password: &SecretString,
    origin: LoginOrigin,
) -> Result<NewSession, CatalogError> {
    let user = authenticate(cat, username, password).await?;
    let token = new_token()?;
    let mut change = Change::begin(cat, Actor::admin(&user.username)).await?;
    let now = change.now;
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
    change.audit("session.login", format!("user:{}", user.id), json!({"session": session.id})).await?;
    change.tell(LiveEvent::SessionsChanged);
    change.commit().await?;
    Ok(NewSession { token, user: Account { id: user.id, username: user.username }, expires_at: now + ABSOLUTE })
}

/// The human behind a live session; renews its idle time.
///
/// # Errors
/// `Unauthenticated` when there is no such live session.
pub async fn reviewer_from_session(cat: &Catalog, token: &SecretString) -> Result<Reviewer, CatalogError> {
    let no_session = || CatalogError::Unauthenticated("there is no live session; log in".to_owned());
    let reader = cat.store.reader();
    let now = cat.clock.now();
    let session = sessions::by_token_hash(&reader, &hash_of(token)).await?.ok_or_else(no_session)?;
    if !is_live(&session, now) {
        return Err(no_session());
    }
    let user = users::by_id(&reader, session.user_id).await?.ok_or_else(no_session)?;
    if now - session.last_seen_at >= RENEW_AFTER {
        let tx = cat.store.begin().await?;
        let still_there =
            sessions::touch(&tx, session.id, now, (now + IDLE).min(session.created_at + ABSOLUTE)).await?;
        tx.commit().await?;
        if !still_there {
            return Err(no_session());
        }
    }
    Ok(Reviewer { user_id: user.id, username: user.username, session: Some(session.id) })
}

fn is_live(session: &AdminSession, now: DateTime<Utc>) -> bool {
    session.is_live(now) && now < session.created_at + ABSOLUTE
}

/// The human who knows this password, for the command line.
///
/// # Errors
/// `Unauthenticated` for an unknown user and a wrong password alike.
pub async fn reviewer_from_password(
    cat: &Catalog,
    username: &str,
    password: &SecretString,
) -> Result<Reviewer, CatalogError> {
    let user = authenticate(cat, username, password).await?;
    Ok(Reviewer { user_id: user.id, username: user.username, session: None })
}

/// Changes one's own password and ends all of one's sessions.
///
/// # Errors
/// `Unauthenticated` when `old` is wrong; refused when `new` is outside the rules.
pub async fn change_password(
    cat: &Arc<Catalog>,
    who: &Reviewer,
    old: &SecretString,
    new: &SecretString,
) -> Result<(), CatalogError> {
    password::check_rules(new)?;
    authenticate(cat, &who.username, old).await?;
    let password_hash = password::hash(cat, new).await?;
    let mut change = Change::begin(cat, who.actor()).await?;
    users::update_password(&change.tx, who.user_id, &password_hash, change.now).await?;
    sessions::delete_by_user(&change.tx, who.user_id, None).await?;
    change.audit("user.password", format!("user:{}", who.user_id), json!({})).await?;
    change.tell(LiveEvent::SessionsChanged);
    change.commit().await
}

/// The account whose password this is.
async fn authenticate(cat: &Catalog, username: &str, password: &SecretString) -> Result<User, CatalogError> {
    let user = users::by_username(&cat.store.reader(), username.trim()).await?;
    let is_right = password::verify(cat, password, user.as_ref().map(|user| user.password_hash.clone())).await?;
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

fn hash_of(token: &SecretString) -> TokenHash {
    TokenHash::of(token.expose_secret())
}
