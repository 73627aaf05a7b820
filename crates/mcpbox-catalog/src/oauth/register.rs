//! Clients that introduce themselves (RFC 7591). Nothing they say is verified, they get no secret, and whoever no human authorises is
//! forgotten after a day.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_core::{
    oauth::{ClientKind, OAuthClient},
    principal::Actor,
};
use mcpbox_store::oauth::clients;
use serde::Deserialize;
use serde_json::json;

use super::{
    error::{ErrorCode, OAuthError},
    new_token, redirect, sweep,
};
use crate::{Catalog, change::Change, text};

/// How long a client is remembered that no human authorised.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// Registered clients at one time.
const CLIENTS_MAX: u64 = 2_000;
/// Redirect addresses of one client.
pub(super) const REDIRECTS_MAX: usize = 10;
/// Longest name of a client, characters.
const NAME_MAX: usize = 60;
/// A client without a name.
const NAMELESS: &str = "A client without a name";

/// What a client says about itself; the rest is not read.
#[derive(Debug, Clone, Deserialize)]
pub struct Registration {
    /// Where answers may be sent to.
    pub redirect_uris: Vec<String>,
    /// What it calls itself.
    #[serde(default)]
    pub client_name: Option<String>,
}

/// Registers a client under a new id.
///
/// # Errors
/// `invalid_redirect_uri`; `temporarily_unavailable` when there are too many clients.
pub async fn register(cat: &Arc<Catalog>, registration: Registration) -> Result<OAuthClient, OAuthError> {
    let redirect_uris = registration.redirect_uris;
    let bad = |why: &str| Err(OAuthError::new(ErrorCode::InvalidRedirectUri, why));
    if redirect_uris.is_empty() || redirect_uris.len() > REDIRECTS_MAX {
        return bad("redirect_uris must name 1 to 10 addresses");
    }
    if !redirect_uris.iter().all(|uri| redirect::may_register(uri)) {
        return bad(
            "redirect_uris must be https addresses, http addresses of the loopback interface, or an app's scheme",
        );
    }
    let name = clean_name(registration.client_name.as_deref().unwrap_or_default());
    let name = if name.is_empty() { NAMELESS.to_owned() } else { name };
    let mut change = Change::begin(cat, Actor::client(&name, None)).await?;
    sweep(&change.tx, change.now).await?;
    if clients::count(&change.tx, ClientKind::Registered).await? >= CLIENTS_MAX {
        let why = "too many clients registered themselves; try again tomorrow, or have an admin delete some";
        return Err(OAuthError::new(ErrorCode::TemporarilyUnavailable, why));
    }
    let client = OAuthClient {
        client_id: new_token("mcpb_client_")?,
        kind: ClientKind::Registered,
        name,
        redirect_uris,
        created_at: change.now,
        expires_at: Some(change.now + KEPT),
    };
    clients::put(&change.tx, &client).await?;
    let detail = json!({"name": client.name, "redirect_uris": client.redirect_uris});
    change.audit("oauth.register", format!("client:{}", client.client_id), detail).await?;
    change.commit().await?;
    Ok(client)
}

/// A name that a page can show: one line, short, nothing hidden in it.
pub(super) fn clean_name(name: &str) -> String {
    let plain: String = name.chars().map(|character| if character.is_whitespace() { ' ' } else { character }).collect();
    let visible = |character: &char| text::marked(&character.to_string()).is_none() && !character.is_control();
    let visible: String = plain.chars().filter(visible).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(NAME_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line_without_anything_hidden() {
        assert_eq!(clean_name("  Claude\n\u{202e}Code\u{200b}\0 "), "Claude Code");
        assert_eq!(clean_name(&"x".repeat(99)).len(), NAME_MAX);
        assert_eq!(clean_name("\u{200b}"), "");
    }
}
