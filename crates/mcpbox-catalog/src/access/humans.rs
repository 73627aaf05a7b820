//! Humans in whose name clients act: who may let one in, and that an account that may no longer keeps none.

use mcpbox_core::{event::LiveEvent, failure::FailureKind};
use mcpbox_store::{
    oauth::{authorizations, requests},
    tokens, users,
};
use serde_json::json;

use crate::{CatalogError, change::Change, error::refused};

/// Refuses an account that may not let clients in, as it stands in this very change.
pub(crate) async fn check_may_let_in(change: &Change, username: &str) -> Result<(), CatalogError> {
    let human = users::by_username(&change.tx, username).await?;
    if human.is_some_and(|user| user.may_let_in()) {
        return Ok(());
    }
    let message = "this account may not let clients in: that takes the role reviewer or admin; ask an admin for it";
    Err(refused(FailureKind::Forbidden, message))
}

/// Ends all that clients were allowed in the name of `username`, at once: authorizations with their tokens, logins that are under way,
/// and personal tokens.
pub(crate) async fn withdraw_of(change: &mut Change, username: &str) -> Result<(), CatalogError> {
    requests::delete_of_subject(&change.tx, username).await?;
    let ended = authorizations::delete_of_subject(&change.tx, username).await?;
    let revoked = tokens::delete_of_human(&change.tx, username).await?;
    if ended + revoked == 0 {
        return Ok(());
    }
    let detail = json!({"username": username, "authorizations": ended, "tokens": revoked});
    change.audit("access.withdraw", format!("user:{username}"), detail).await?;
    change.tell(LiveEvent::AccessChanged);
    change.touch_tokens();
    Ok(())
}
