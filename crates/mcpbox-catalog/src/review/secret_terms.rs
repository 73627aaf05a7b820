//! Where a value that is set already may go: changed without knowing the value again. What lets it go further has to be said.

use std::sync::Arc;

use mcpbox_core::{
    capability::HostRule,
    event::LiveEvent,
    failure::{Failure, FailureKind},
    secret::{MIN_SEALED_BYTES, Secret, SecretMode},
};
use mcpbox_store::secrets;
use serde_json::json;

use super::secret::{find, too_short};
use crate::{Admin, Catalog, CatalogError, text};

/// What to change of a secret; what is none stays.
#[derive(Debug, Default)]
pub struct SecretTerms {
    /// Hosts a sealed value may be sent to.
    pub hosts: Option<Vec<HostRule>>,
    /// Whether tool code sees the value.
    pub mode: Option<SecretMode>,
    /// What it is.
    pub description: Option<String>,
    /// Whether the human knows that the value that is set may go further than before.
    pub widen: bool,
}

/// Changes hosts, mode or description of a secret of a server (id or name); the value stays.
///
/// # Errors
/// `not_found`; `conflict` when the value that is set may go further and `widen` is not said; `invalid_arguments` when it is
/// too short to be sealed.
pub async fn change_secret(
    cat: &Arc<Catalog>,
    admin: &Admin,
    server: &str,
    key: &str,
    terms: SecretTerms,
) -> Result<Secret, CatalogError> {
    let description = terms.description.as_deref().map(text::description).transpose()?;
    let (mut change, before) = find(cat, admin, server, key).await?;
    let after = Secret {
        hosts: terms.hosts.unwrap_or_else(|| before.hosts.clone()),
        mode: terms.mode.unwrap_or(before.mode),
        description: description.unwrap_or_else(|| before.description.clone()),
        updated_at: change.now,
        ..before.clone()
    };
    let further = further(&before, &after);
    if !further.is_empty() && !terms.widen {
        return Err(not_said(&after, &further));
    }
    let is_sealed_now = before.mode == SecretMode::Revealed && after.mode == SecretMode::Sealed;
    if is_sealed_now && after.has_value && !secrets::value_has_bytes(&change.tx, after.id, MIN_SEALED_BYTES).await? {
        return Err(too_short());
    }
    secrets::update(&change.tx, &after).await?;
    let shown =
        |secret: &Secret| json!({"hosts": secret.hosts, "mode": secret.mode, "description": secret.description});
    let detail = json!({"key": after.key, "before": shown(&before), "after": shown(&after), "widened": further});
    change.audit("secret.change", format!("secret:{}", after.id), detail).await?;
    change.tell(LiveEvent::GrantsChanged);
    change.commit().await?;
    Ok(after)
}

/// Where a value that is set may newly go, in words.
fn further(before: &Secret, after: &Secret) -> Vec<String> {
    if !before.has_value || before.mode == SecretMode::Revealed {
        return Vec::new();
    }
    if after.mode == SecretMode::Revealed {
        return vec!["the code of every tool that may use it, which can send it anywhere it may reach".to_owned()];
    }
    let is_new = |host: &&HostRule| !before.hosts.iter().any(|known| known.covers(host));
    after.hosts.iter().filter(is_new).map(ToString::to_string).collect()
}

fn not_said(secret: &Secret, further: &[String]) -> CatalogError {
    let message = format!("the value of {} that is set now would newly go to {}", secret.key, further.join(", "));
    let hint = "if that is right, send the same again with `widen`: true; otherwise set another value for it";
    Failure::new(FailureKind::Conflict, message).hint(hint).into()
}
