//! The first admin: made once, with the link that the server printed or on the command line.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::UserId,
    principal::Actor,
    user::{Role, User},
};
use mcpbox_store::{setup, users};
use secrecy::SecretString;
use serde_json::json;

use super::{Account, hash_of, new_token, password};
use crate::{Catalog, CatalogError, change::Change};

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

/// Whether an account exists.
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
    let (role, is_disabled, password_hash) = (Role::Admin, false, Some(password_hash));
    let id = UserId::generate();
    let user = User { id, username, password_hash, role, is_disabled, created_at, password_changed_at };
    users::insert(&change.tx, &user).await?;
    change.audit("user.create", format!("user:{}", user.id), json!({"username": user.username, "role": role})).await?;
    change.commit().await?;
    Ok(Account::of(&user))
}

async fn check_no_admin(change: &Change) -> Result<(), CatalogError> {
    if users::count(&change.tx).await? == 0 {
        return Ok(());
    }
    let failure = Failure::new(FailureKind::Conflict, "an admin account exists already");
    Err(failure.hint("log in with it").into())
}
