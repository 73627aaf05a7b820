//! Remote access: the same endpoint for clients elsewhere, who show a token, and the authorization server that gives them one (OAuth 2.1
//! as MCP uses it). Everything it says about its own address comes from the settings, never from a request.

mod answer;
mod authorize;
mod bearer;
mod cookies;
mod fields;
mod limits;
mod metadata;
mod pages;
mod provider;
mod pulse;
mod step_up;
mod token;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    Router,
    extract::Request,
    routing::{get, post},
};
use mcpbox_catalog::oauth;
use mcpbox_listen::Client;

pub use self::limits::Rates;
pub(crate) use self::{
    bearer::{admit, token_of},
    limits::StrangerLimits,
    step_up::{check_message, check_path},
};
use crate::gateway::Gateway;

/// What the remote listener is told.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The address that clients use, exactly: `https://host`, without a slash at its end. Issuer of all tokens.
    pub public_url: String,
    /// How often strangers may ask.
    pub rates: Rates,
    /// Whether browsers are told to come by https alone, where the public address is one.
    pub hsts: bool,
}

impl Remote {
    /// Whether browsers reach it encrypted. Only a loopback address may be otherwise.
    fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Whether every answer promises https. Browsers reach it by that address alone, and none would believe it over http.
    pub(crate) fn promises_https(&self) -> bool {
        self.hsts && self.is_https()
    }

    /// The address of a path of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }
}

/// Every path that the remote listener knows besides those of the MCP listener.
pub const REMOTE_ROUTES: [&str; 17] = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/{*path}",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/{*path}",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/{*path}",
    "/mcp/.well-known/oauth-protected-resource",
    "/mcp/.well-known/oauth-authorization-server",
    "/mcp/.well-known/openid-configuration",
    "/oauth/authorize",
    "/oauth/authorize/{id}",
    "/oauth/callback",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/register",
    "/oauth/style.css",
    "/health/stream",
];

/// The routes of the authorization server.
pub(crate) fn router(gateway: &Arc<Gateway>, remote: &Remote) -> Router {
    metadata::router(remote)
        .route("/oauth/authorize", get(authorize::begin))
        .route("/oauth/authorize/{id}", get(authorize::look).post(authorize::decide))
        .route(oauth::CALLBACK_PATH, get(provider::back))
        .route("/oauth/token", post(token::token))
        .route("/oauth/revoke", post(token::revoke))
        .route("/oauth/register", post(token::register))
        .route(pages::STYLE_PATH, get(pages::style))
        .route("/health/stream", get(pulse::stream))
        .with_state(Arc::clone(gateway))
}

/// Whose request this is, as far as an address tells.
fn address(request: &Request) -> IpAddr {
    request.extensions().get::<Client>().map_or(Ipv4Addr::LOCALHOST.into(), |client| client.address)
}
