//! `/oauth/token`, `/oauth/revoke` and `/oauth/register`: what clients ask for themselves, without a browser.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use mcpbox_catalog::oauth::{self, CodeGrant, ErrorCode, RefreshGrant, Registration, Tokens};
use mcpbox_core::oauth::scope_text;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{
    address,
    answer::{Trouble, answer},
    fields::{self, Fields},
};
use crate::gateway::Gateway;

/// `POST /oauth/token` (RFC 6749, section 3.2).
pub(super) async fn token(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    match exchange(&gateway, request).await {
        Ok(tokens) => answer(
            StatusCode::OK,
            &json!({
                "access_token": tokens.access.expose_secret(),
                "token_type": "Bearer",
                "expires_in": tokens.expires_in,
                "refresh_token": tokens.refresh.expose_secret(),
                "scope": scope_text(&tokens.scopes),
            }),
        ),
        Err(trouble) => trouble.into_response(),
    }
}

async fn exchange(gateway: &Arc<Gateway>, request: Request) -> Result<Tokens, Trouble> {
    let (from, mut fields, client_id) = read(request).await?;
    let client_id = client_id.ok_or_else(|| Trouble::bad(ErrorCode::InvalidRequest, "client_id is missing"))?;
    gateway.strangers.token(from, &client_id).map_err(|wait| Trouble::wait("requests for tokens", wait))?;
    let tokens = match fields.text("grant_type").as_str() {
        "authorization_code" => {
            let grant = CodeGrant {
                code: fields.text("code"),
                client_id,
                redirect_uri: fields.take("redirect_uri"),
                code_verifier: fields.text("code_verifier"),
                resource: fields.take("resource"),
            };
            oauth::exchange(&gateway.catalog, grant).await?
        }
        "refresh_token" => {
            let grant = RefreshGrant {
                token: fields.text("refresh_token"),
                client_id,
                scope: fields.take("scope"),
                resource: fields.take("resource"),
            };
            oauth::refresh(&gateway.catalog, grant).await?
        }
        _ => {
            let why = "grant_type must be authorization_code or refresh_token";
            return Err(Trouble::bad(ErrorCode::UnsupportedGrantType, why));
        }
    };
    Ok(tokens)
}

/// `POST /oauth/revoke` (RFC 7009).
pub(super) async fn revoke(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let revoked = async {
        let (from, mut fields, client_id) = read(request).await?;
        gateway.strangers.token(from, "").map_err(|wait| Trouble::wait("requests", wait))?;
        oauth::revoke(&gateway.catalog, &fields.text("token"), client_id.as_deref()).await.map_err(Trouble::from)
    };
    match revoked.await {
        Ok(()) => answer(StatusCode::OK, &json!({})),
        Err(trouble) => trouble.into_response(),
    }
}

/// `POST /oauth/register` (RFC 7591). What a client says beyond its name and addresses is not believed, so it is not kept either.
pub(super) async fn register(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let registered = async {
        let from = address(&request);
        gateway.strangers.register(from).map_err(|wait| Trouble::wait("registrations", wait))?;
        let (parts, body) = request.into_parts();
        let registration: Registration = fields::json(&parts.headers, body).await?;
        oauth::register(&gateway.catalog, registration).await.map_err(Trouble::from)
    };
    match registered.await {
        Ok(client) => answer(
            StatusCode::CREATED,
            &json!({
                "client_id": client.client_id,
                "client_id_issued_at": client.created_at.timestamp(),
                "client_name": client.name,
                "redirect_uris": client.redirect_uris,
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
            }),
        ),
        Err(trouble) => trouble.into_response(),
    }
}

/// The form of a client, and who it says it is: in the form, or, as some do who expect a secret, in the header.
async fn read(request: Request) -> Result<(std::net::IpAddr, Fields, Option<String>), Trouble> {
    let from = address(&request);
    let (parts, body): (_, Body) = request.into_parts();
    let mut fields = fields::form(&parts.headers, body).await?;
    let client_id = fields.take("client_id").or_else(|| of_header(&parts.headers));
    Ok((from, fields, client_id))
}

fn of_header(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = given.split_once(' ')?;
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(credentials.trim()).ok())??;
    let text = String::from_utf8(decoded).ok()?;
    let (client_id, _) = text.split_once(':')?;
    // RFC 6749, section 2.3.1: both parts are form-encoded first.
    let mut pairs = url::form_urlencoded::parse(client_id.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).filter(|id| !id.is_empty())
}
