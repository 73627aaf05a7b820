//! Who may knock. Stops web pages (foreign `Origin`, rebound `Host`), proxies in front of the open listener, and, when
//! a token is set, everybody without it.

use http::{HeaderMap, Request, StatusCode, Uri, header, uri::Authority};
use mcpbox_listen::sign_of_proxy;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::refusal::{REFUSED, Refusal};
use crate::{config::GatewayConfig, exchange::Entrance};

/// Lets a request in that came to the listener of this machine, or refuses it.
pub(super) fn admit<B>(config: &GatewayConfig, request: &Request<B>) -> Result<Entrance, Refusal> {
    let headers = request.headers();
    check_place(config, request.uri(), headers)?;
    match &config.bearer {
        Some(token) => check_bearer(token, headers).map(|()| Entrance::Bearer),
        None => check_direct(request).map(|()| Entrance::Local),
    }
}

/// Refuses rebound names and foreign pages.
pub(super) fn check_place(config: &GatewayConfig, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    check_host(config, uri, headers)?;
    check_origin(config, headers)
}

/// The same check for what needs no token.
pub(super) fn check_host(config: &GatewayConfig, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let text = headers.get(header::HOST).map(|value| value.to_str().unwrap_or_default());
    let authority = match text {
        Some(text) => text.parse::<Authority>().ok(),
        None => uri.authority().cloned(),
    };
    let Some(authority) = authority else {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, REFUSED, "The request has no valid Host header."));
    };
    let name = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
    if is_loopback(&name) || config.allowed_hosts.iter().any(|entry| host_matches(entry, &name, authority.port_u16())) {
        return Ok(());
    }
    let shown: String = authority.as_str().chars().take(100).collect();
    Err(Refusal::forbidden(format!(
        "The Host '{shown}' is not allowed here. Use 127.0.0.1 or localhost, or have the operator set MCPBOX_MCP_URL to the address that clients use."
    )))
}

fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn host_matches(entry: &str, name: &str, port: Option<u16>) -> bool {
    let entry = entry.trim().to_ascii_lowercase();
    match entry.parse::<Authority>() {
        Ok(allowed) => {
            allowed.host().trim_matches(['[', ']']) == name && allowed.port_u16().is_none_or(|only| Some(only) == port)
        }
        Err(_) => entry.trim_matches(['[', ']']) == name,
    }
}

fn check_origin(config: &GatewayConfig, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default().trim_end_matches('/');
    if config.allowed_origins.iter().any(|allowed| allowed.trim().trim_end_matches('/').eq_ignore_ascii_case(origin)) {
        return Ok(());
    }
    let shown: String = origin.chars().take(100).collect();
    Err(Refusal::forbidden(format!(
        "Web pages of '{shown}' may not use this endpoint. If they should, add the origin to MCPBOX_MCP_ALLOWED_ORIGINS."
    )))
}

fn check_direct<B>(request: &Request<B>) -> Result<(), Refusal> {
    match sign_of_proxy(request) {
        None => Ok(()),
        Some(sign) => Err(Refusal::forbidden(format!(
            "'{sign}' shows that the request came through a proxy or tunnel. This endpoint has no login and serves \
             only this machine; publish the remote gateway instead."
        ))),
    }
}

fn check_bearer(token: &SecretString, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match given {
        Some(given) if bool::from(given.as_bytes().ct_eq(token.expose_secret().as_bytes())) => Ok(()),
        _ => Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            REFUSED,
            "A valid token is needed: send it as 'Authorization: Bearer …'.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(config: &GatewayConfig, headers: &[(&'static str, &str)]) -> Result<Entrance, Refusal> {
        let mut request = Request::new(());
        *request.uri_mut() = Uri::from_static("/mcp");
        *request.headers_mut() =
            headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect();
        admit(config, &request)
    }

    #[test]
    fn only_loopback_names_and_listed_hosts_are_answered() {
        let config = GatewayConfig {
            allowed_hosts: vec!["box.lan".into(), "mcp.lan:8000".into(), "fd00::7".into()],
            ..GatewayConfig::default()
        };
        let good = [
            "127.0.0.1:8000",
            "localhost:8000",
            "LOCALHOST",
            "[::1]:8000",
            "127.9.9.9",
            "box.lan:1",
            "Box.lan",
            "mcp.lan:8000",
            "[fd00::7]:80",
        ];
        for host in good {
            assert!(admitted(&config, &[("host", host)]).is_ok(), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "mcp.lan:8001", "mcp.lan", "10.0.0.1", "", "a b"] {
            assert!(admitted(&config, &[("host", host)]).is_err(), "{host}");
        }
        assert!(admitted(&config, &[]).is_err());
    }

    #[test]
    fn an_origin_must_be_listed_and_a_proxy_shows() {
        let config = GatewayConfig { allowed_origins: vec!["https://app.example".into()], ..GatewayConfig::default() };
        let host = ("host", "localhost:8000");
        assert!(admitted(&config, &[host, ("origin", "https://app.example")]).is_ok());
        for origin in ["https://evil.example", "null", "http://localhost:8000", "https://app.example.evil"] {
            assert!(admitted(&config, &[host, ("origin", origin)]).is_err(), "{origin}");
        }
        assert!(admitted(&config, &[host]).is_ok());
        for header in ["x-forwarded-for", "via", "cf-ray", "x-mcpbox-user-email"] {
            assert!(admitted(&config, &[host, (header, "1.2.3.4")]).is_err(), "{header}");
        }
        let mut old = Request::new(());
        *old.version_mut() = http::Version::HTTP_10;
        old.headers_mut().insert("host", "localhost:8000".parse().unwrap());
        assert!(admit(&config, &old).is_err(), "a proxy that adds no header");
    }

    #[test]
    fn with_a_token_nobody_gets_in_without_it() {
        let config = GatewayConfig { bearer: Some("s3cret".into()), ..GatewayConfig::default() };
        let host = ("host", "localhost");
        assert_eq!(admitted(&config, &[host, ("authorization", "bearer s3cret")]).unwrap(), Entrance::Bearer);
        assert!(admitted(&config, &[host, ("authorization", "Bearer s3cret"), ("x-forwarded-for", "1.2.3.4")]).is_ok());
        for value in ["Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret", "Bearer "] {
            assert!(admitted(&config, &[host, ("authorization", value)]).is_err(), "{value}");
        }
        assert!(admitted(&config, &[host]).is_err());
    }
}
