//! What somebody let in goes with them: an account that may no longer decide keeps no client in its name.

use mcpbox_core::event::LiveEvent;
use mcpbox_store::{
    oauth::{authorizations, requests},
    tokens,
};
use serde_json::json;

use crate::{CatalogError, change::Change};

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
