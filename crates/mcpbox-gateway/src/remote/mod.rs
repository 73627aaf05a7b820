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
use mcpbox_catalog::{oauth, source};
use mcpbox_core::proxies::customer;
use mcpbox_listen::{Client, LoginFrom, LoginLimit, sign_of_proxy};

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
    /// How often somebody may try to log in with a password; counted together with the listeners that have a clone.
    pub logins: LoginLimit,
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
pub const REMOTE_ROUTES: [&str; 18] = [
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
    "/oauth/source-client",
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
        .route(source::CLIENT_DOCUMENT, get(metadata::source_client))
        .route(pages::STYLE_PATH, get(pages::style))
        .route("/health/stream", get(pulse::stream))
        .with_state(Arc::clone(gateway))
}

/// Whose request this is, as far as an address tells.
fn address(request: &Request) -> IpAddr {
    request.extensions().get::<Client>().map_or(Ipv4Addr::LOCALHOST.into(), |client| client.address)
}

/// Whose attempts to log in this one is counted with. What comes over a tunnel that nobody named has the tunnel's address, which may be
/// the one from which the owner opens the admin page: such attempts must not use up the owner's.
fn login_from(request: &Request) -> LoginFrom {
    let customer = customer(address(request));
    let is_proxied = request.extensions().get::<Client>().is_some_and(|client| client.is_proxied);
    if is_proxied || !customer.is_loopback() && sign_of_proxy(request).is_none() {
        return LoginFrom::Customer(customer);
    }
    LoginFrom::Tunnel(customer)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn who_comes_over_a_tunnel_that_nobody_named_is_not_who_has_its_address() {
        let of = |address: &str, is_proxied, headers: &[&'static str]| {
            let mut request = Request::new(Body::empty());
            let address = address.parse().unwrap();
            request.extensions_mut().insert(Client { address, is_https: false, is_proxied });
            for name in headers {
                request.headers_mut().insert(*name, http::HeaderValue::from_static("x"));
            }
            login_from(&request)
        };
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let named = of("2001:db8::9", true, &["x-forwarded-for"]);
        assert_eq!(named, LoginFrom::Customer(address("2001:db8::")));
        assert_eq!(of("127.0.0.1", true, &["x-forwarded-for"]), LoginFrom::Customer(address("127.0.0.1")));
        assert_eq!(of("192.168.1.7", false, &[]), LoginFrom::Customer(address("192.168.1.7")), "from the same network");
        assert_eq!(of("127.0.0.1", false, &[]), LoginFrom::Tunnel(address("127.0.0.1")));
        assert_eq!(of("172.17.0.1", false, &["cf-connecting-ip"]), LoginFrom::Tunnel(address("172.17.0.1")));
    }
}
