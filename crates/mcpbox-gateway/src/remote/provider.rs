//! `/oauth/callback`: a human is back from the OpenID provider, to let in the client for which they left. What they allowed stays on the
//! server meanwhile; their browser keeps a token and the way
//! back to the request, in a cookie that must come along from another site.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::{Method, StatusCode, header};
use mcpbox_catalog::{
    identity::{OidcAnswer, OidcStart},
    oauth,
};
use mcpbox_core::ids::AuthorizationRequestId;
use secrecy::{ExposeSecret, SecretString};

use super::{Remote, address, answer::Trouble, cookies, fields::Fields, pages};
use crate::gateway::Gateway;

const COOKIE: &str = "mcpbox-provider";
/// Seconds that it lives: as long as the way to the provider and back may take.
const COOKIE_SECONDS: u32 = 600;
/// Longest reason of a provider that is shown, characters.
const REASON_MAX: usize = 200;

/// Sends the browser to the provider, by a page: a redirect that answers a form would count as the form's own target.
pub(super) fn leave(remote: &Remote, id: AuthorizationRequestId, start: &OidcStart) -> Response {
    let mut response = pages::leave(&start.url);
    set_cookie(remote, &mut response, &format!("{}.{id}", start.token.expose_secret()), COOKIE_SECONDS);
    response
}

/// `GET /oauth/callback` (OpenID Connect Core 1.0, section 3.1.2.5).
pub(super) async fn back(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let Some(remote) = gateway.config.remote.clone() else { return pages::nothing() };
    if request.method() != Method::GET {
        return pages::nothing();
    }
    let (from, headers) = (address(&request), request.headers().clone());
    let query = request.uri().query().unwrap_or_default().to_owned();
    let kept = cookies::read(&remote, &headers, COOKIE).and_then(|value| value.split_once('.'));
    let begun = kept.and_then(|(_, id)| id.parse::<AuthorizationRequestId>().ok());
    let allowed = async {
        gateway.strangers.poll(from).map_err(|wait| Trouble::wait("looks", wait))?;
        let answer = answer(kept.map(|(token, _)| token), &query)?;
        Ok::<_, Trouble>(oauth::approve_with_provider(&gateway.catalog, answer).await?)
    };
    let mut response = match (allowed.await, begun) {
        (Ok(id), _) => pages::on(&format!("/oauth/authorize/{id}")),
        (Err(trouble), Some(id)) => pages::stuck(&trouble, &format!("/oauth/authorize/{id}")),
        (Err(trouble), None) => pages::trouble(&trouble),
    };
    set_cookie(&remote, &mut response, "", 0);
    response
}

/// What came back, with the token that this browser kept.
fn answer(token: Option<&str>, query: &str) -> Result<OidcAnswer, Trouble> {
    let mut fields = Fields::parse(query.as_bytes())?;
    if let Some(error) = fields.take("error") {
        let reason = fields.take("error_description").unwrap_or(error);
        let reason: String = reason.chars().filter(|it| !it.is_control()).take(REASON_MAX).collect();
        let message = format!("the provider did not log you in ({reason})");
        return Err(Trouble::status(StatusCode::FORBIDDEN, message));
    }
    let token = token.ok_or_else(|| {
        let message = "this login began in another browser, or took too long; begin anew in the client";
        Trouble::status(StatusCode::BAD_REQUEST, message)
    })?;
    let (state, code, iss) = (fields.text("state"), fields.text("code"), fields.take("iss"));
    Ok(OidcAnswer { token: SecretString::from(token), state, code, iss })
}

/// `Lax`: a browser that comes from the provider's site sends no strict one.
fn set_cookie(remote: &Remote, response: &mut Response, value: &str, seconds: u32) {
    if let Some(cookie) = cookies::write(remote, COOKIE, value, (seconds, "Lax")) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
