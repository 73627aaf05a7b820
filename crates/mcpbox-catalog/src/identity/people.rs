//! What an admin does with accounts. The last admin that can log in stays one.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::UserId,
    paging::{Page, PageRequest},
    user::{Role, User},
};
use mcpbox_store::{code_apps, identities, invitations, passkeys, users as rows};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Invitation, welcome};
use crate::{
    Admin, Catalog, CatalogError, access,
    change::Change,
    error::refused,
    session::{self, password},
};

/// An account, as an admin sees it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserView {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// Whether nobody can log in with it now.
    pub is_disabled: bool,
    /// Whether a password was set.
    pub has_password: bool,
    /// Whether it has an app for one-time codes.
    pub has_code_app: bool,
    /// How many passkeys it has.
    pub passkeys: u64,
    /// E-mail addresses of accounts at a provider that log in to it; the subject where none was told.
    pub identities: Vec<String>,
    /// Until when a one-time link for it works.
    pub invited_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A new account.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Its name, 1 to 64 characters.
    pub username: String,
    /// What it may do.
    pub role: Role,
}

/// What changes of an account; what is absent stays.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// What it may do.
    pub role: Option<Role>,
    /// Whether nobody can log in with it.
    pub is_disabled: Option<bool>,
}

/// Accounts by name.
///
/// # Errors
/// The store cannot be read.
pub async fn users(cat: &Catalog, _: &Admin, page: PageRequest) -> Result<Page<UserView>, CatalogError> {
    let found = rows::list(&cat.store.reader(), page).await?;
    let mut views = Vec::with_capacity(found.items.len());
    for user in found.items {
        views.push(view(cat, user).await?);
    }
    Ok(page.page(views, found.total))
}

/// Makes an account without a password, and the one-time link with which its human sets one.
///
/// # Errors
/// `conflict` when the name is taken; a name outside the rules.
pub async fn create_user(cat: &Arc<Catalog>, who: &Admin, new: NewUser) -> Result<Invitation, CatalogError> {
    let username = password::check_username(&new.username)?;
    let mut change = Change::begin(cat, who.actor()).await?;
    let user = User {
        id: UserId::generate(),
        username,
        password_hash: None,
        role: new.role,
        is_disabled: false,
        created_at: change.now,
        password_changed_at: change.now,
    };
    rows::insert(&change.tx, &user).await?;
    let detail = json!({"username": user.username, "role": user.role});
    change.audit("user.create", format!("user:{}", user.id), detail).await?;
    let invited = welcome::invite(&mut change, &user).await?;
    change.commit().await?;
    Ok(invited)
}

/// Changes role or state of an account. When it may do less than before, all its sessions end at once; when it may no longer let
/// clients in, those that it let in end too.
///
/// # Errors
/// `not_found`; `conflict` when no admin that can log in would be left.
pub async fn change_user(
    cat: &Arc<Catalog>,
    who: &Admin,
    id: UserId,
    wanted: UserChange,
) -> Result<UserView, CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let before = find(&change, id).await?;
    let role = wanted.role.unwrap_or(before.role);
    let is_disabled = wanted.is_disabled.unwrap_or(before.is_disabled);
    if role < Role::Admin || is_disabled {
        keep_an_admin(&change, &before).await?;
    }
    rows::update_rights(&change.tx, id, role, is_disabled).await?;
    let after = User { role, is_disabled, ..before.clone() };
    if role < before.role || is_disabled {
        session::end_all(&mut change, id).await?;
    }
    if !after.may_let_in() {
        access::withdraw_of(&mut change, &after.username).await?;
    }
    let detail = json!({"username": before.username, "role": role, "is_disabled": is_disabled});
    change.audit("user.change", format!("user:{id}"), detail).await?;
    change.commit().await?;
    view(cat, after).await
}

/// Deletes an account with all that proves it. What it did stays in the records.
///
/// # Errors
/// `not_found`; `conflict` when no admin that can log in would be left.
pub async fn delete_user(cat: &Arc<Catalog>, who: &Admin, id: UserId) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let user = find(&change, id).await?;
    keep_an_admin(&change, &user).await?;
    session::end_all(&mut change, id).await?;
    access::withdraw_of(&mut change, &user.username).await?;
    rows::delete(&change.tx, id).await?;
    change.audit("user.delete", format!("user:{id}"), json!({"username": user.username})).await?;
    change.commit().await
}

/// Takes the second factors of an account away, for somebody who lost theirs. Its sessions end.
///
/// # Errors
/// `not_found`.
pub async fn remove_factors(cat: &Arc<Catalog>, who: &Admin, id: UserId) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let user = find(&change, id).await?;
    drop_factors(&change, id).await?;
    session::end_all(&mut change, id).await?;
    change.audit("user.factors.remove", format!("user:{id}"), json!({"username": user.username})).await?;
    change.commit().await
}

/// Removes app, recovery codes and passkeys.
pub(super) async fn drop_factors(change: &Change, id: UserId) -> Result<(), CatalogError> {
    code_apps::delete(&change.tx, id).await?;
    code_apps::put_recovery(&change.tx, id, &[]).await?;
    passkeys::delete_by_user(&change.tx, id).await?;
    Ok(())
}

pub(super) async fn find(change: &Change, id: UserId) -> Result<User, CatalogError> {
    let found = rows::by_id(&change.tx, id).await?;
    found.ok_or_else(|| refused(FailureKind::NotFound, format!("there is no user {id}; it may be deleted already")))
}

/// Refuses what would leave no admin that can log in.
pub(super) async fn keep_an_admin(change: &Change, user: &User) -> Result<(), CatalogError> {
    if user.role < Role::Admin || user.is_disabled || rows::count_admins(&change.tx, Some(user.id)).await? > 0 {
        return Ok(());
    }
    let message = format!("{} is the last admin that can log in", user.username);
    Err(Failure::new(FailureKind::Conflict, message).hint("make somebody else an admin first").into())
}

async fn view(cat: &Catalog, user: User) -> Result<UserView, CatalogError> {
    let reader = cat.store.reader();
    let linked = identities::by_user(&reader, user.id).await?;
    let now = cat.clock.now();
    Ok(UserView {
        id: user.id,
        role: user.role,
        is_disabled: user.is_disabled,
        has_password: user.password_hash.is_some(),
        has_code_app: code_apps::is_there(&reader, user.id).await?,
        passkeys: passkeys::count(&reader, user.id).await?,
        identities: linked.into_iter().map(|it| if it.email.is_empty() { it.subject } else { it.email }).collect(),
        invited_until: invitations::of_user(&reader, user.id).await?.filter(|end| now < *end),
        created_at: user.created_at,
        username: user.username,
    })
}
