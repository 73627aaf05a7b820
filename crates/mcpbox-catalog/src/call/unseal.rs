//! The secrets of one call.

use mcpbox_core::{
    capability::Capability,
    execute::UnsealedSecret,
    failure::{Failure, FailureKind},
};
use mcpbox_store::secrets;
use serde_json::json;

use crate::{Catalog, CatalogError, PublishedTool};

/// The values of the secrets that were granted to the tool; a granted one that its code uses must have a value.
pub(super) async fn unseal(cat: &Catalog, tool: &PublishedTool) -> Result<Vec<UnsealedSecret>, Failure> {
    // A source gets its own secret and no other.
    if tool.secrets.is_empty() || tool.compiled.pinned.is_some() {
        return Ok(Vec::new());
    }
    let reader = cat.store.reader();
    let opened = Box::pin(secrets::unseal(&reader, tool.server_id, &tool.secrets)).await;
    let opened = opened.map_err(|error| CatalogError::from(error).into_failure())?;
    let used = |key| tool.compiled.version.content.capabilities.contains(&Capability::Secret { key });
    let missing =
        tool.secrets.iter().find(|key| used((*key).clone()) && !opened.iter().any(|(secret, _)| secret.key == **key));
    if let Some(key) = missing {
        let page = cat.admin_page(&format!("servers/{}", tool.server_id));
        let failure = Failure::new(
            FailureKind::SecretMissing,
            format!("the secret {key} of server '{}' has no value yet", tool.server),
        );
        let hint = format!("ask the human to set it at {page}; never ask for a value in the chat");
        let next = json!({"server_id": tool.server});
        return Err(failure.hint(hint).human(page).next("mcpbox_list_server_secrets", next));
    }
    let unsealed = |(secret, value): (mcpbox_core::secret::Secret, _)| UnsealedSecret {
        key: secret.key,
        value,
        mode: secret.mode,
        hosts: secret.hosts,
    };
    Ok(opened.into_iter().map(unsealed).collect())
}
