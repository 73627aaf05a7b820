//! The way back in for whoever owns the box: offline, with the data directory and its key at hand.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    principal::Actor,
    user::Role,
};
use mcpbox_store::users;
use secrecy::SecretString;
use serde_json::json;

use super::people;
use crate::{
    Catalog, CatalogError,
    change::Change,
    session::{self, password},
};

/// Sets a new password, makes the account an admin that is not disabled, and takes its second factors away. All its sessions end.
/// Only for a process that holds the data directory's lock: no listener leads here.
///
/// # Errors
/// `not_found`; a password outside the rules.
pub async fn recover_admin(cat: &Arc<Catalog>, username: &str, new: &SecretString) -> Result<(), CatalogError> {
    password::check_rules(new)?;
    let password_hash = password::hash(cat, new).await?;
    let mut change = Change::begin(cat, Actor::system("recovery")).await?;
    let Some(user) = users::by_username(&change.tx, username.trim()).await? else {
        let failure = Failure::new(FailureKind::NotFound, format!("there is no account {}", username.trim()));
        return Err(failure.hint("make the first one with `mcpbox admin create`").into());
    };
    session::set_password(&mut change, user.id, &password_hash).await?;
    users::update_rights(&change.tx, user.id, Role::Admin, false).await?;
    people::drop_factors(&change, user.id).await?;
    let detail = json!({"username": user.username, "role_before": user.role, "was_disabled": user.is_disabled});
    change.audit("user.recover", format!("user:{}", user.id), detail).await?;
    change.commit().await
}
