//! A human decides by logging in with the OpenID provider, in the browser that asks: no password of this server is involved.

use std::sync::Arc;

use mcpbox_core::{ids::AuthorizationRequestId, principal::Scope};
use secrecy::SecretString;

use super::{decide, error::OAuthError};
use crate::{
    Catalog, access,
    identity::{self, Errand, OidcAnswer, OidcStart},
};

/// Path at which people come back from the provider.
pub const CALLBACK_PATH: &str = "/oauth/callback";

/// Where the provider sends people back to; none when this process serves no remote clients.
pub(crate) fn callback(cat: &Catalog) -> Option<String> {
    cat.access.resource().map(|_| format!("{}{CALLBACK_PATH}", cat.access.issuer()))
}

/// Sends the human to the provider, who said before what the client may do.
///
/// # Errors
/// It has ended, more scopes or none, no provider is on or reached.
pub async fn start_with_provider(
    cat: &Arc<Catalog>,
    (id, browser): (AuthorizationRequestId, &SecretString),
    scopes: Vec<Scope>,
) -> Result<OidcStart, OAuthError> {
    let request = super::look(cat, id, browser).await?;
    decide::check_scopes(&request, &scopes)?;
    let url = callback(cat).ok_or_else(|| OAuthError::request("there is no remote access here"))?;
    Ok(identity::start_oidc_person(cat, url, Errand { request: id, scopes }).await?)
}

/// Allows the request for which somebody went to the provider, now that they are back.
///
/// # Errors
/// They did not start in this browser, may not come in, or may not let clients in; the request waits on.
pub async fn approve_with_provider(
    cat: &Arc<Catalog>,
    answer: OidcAnswer,
) -> Result<AuthorizationRequestId, OAuthError> {
    let (mut change, person, errand) = identity::finish_oidc_person(cat, answer).await?;
    let request = decide::waiting(&change, errand.request).await?;
    if let Err(refusal) = access::check_may_let_in(&change, &person.username).await {
        // An account that this login made stays, so that an admin can give it the role that it lacks.
        change.commit().await?;
        return Err(refusal.into());
    }
    decide::allow(&mut change, &request, (&person.username, "provider"), &errand.scopes).await?;
    change.commit().await?;
    Ok(errand.request)
}
