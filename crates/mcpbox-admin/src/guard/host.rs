//! The host allow-list: a page on another name that resolves here (DNS rebinding) must not reach the API.

use std::net::SocketAddr;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header, uri::Authority};

use crate::{peer::Peer, problem::Problem, state::AdminState};

/// Which values of the `Host` header are served.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHosts(Vec<(String, Option<u16>)>);

impl AllowedHosts {
    /// The listener's own address plus `configured`. A listener on all addresses serves `localhost` and what is configured.
    pub(crate) fn new(listener: SocketAddr, configured: &[String]) -> Self {
        let ip = listener.ip();
        let mut names = Vec::new();
        if ip.is_loopback() || ip.is_unspecified() {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        if !ip.is_unspecified() {
            names.push(if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() });
        }
        let mut allowed: Vec<_> = names.into_iter().map(|name| (name, Some(listener.port()))).collect();
        allowed.extend(configured.iter().filter_map(|text| split(text)));
        Self(allowed)
    }

    /// Whether it is one of them.
    pub(crate) fn allows(&self, host: &str) -> bool {
        let Some((name, port)) = split(host) else { return false };
        self.0
            .iter()
            .any(|(allowed, allowed_port)| *allowed == name && (allowed_port.is_none() || *allowed_port == port))
    }
}

/// Host in lower case, and the port if one is named.
fn split(text: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    if text.contains('@') || authority.host().is_empty() {
        return None;
    }
    let named_port = authority.port().is_some();
    match authority.port_u16() {
        None if named_port => None,
        port => Some((authority.host().trim_end_matches('.').to_ascii_lowercase(), port)),
    }
}

/// The host a request names: the one `Host` header, or the authority of an absolute target.
pub(crate) fn named<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut values = headers.get_all(header::HOST).iter();
    let host = values.next().and_then(|value| value.to_str().ok());
    match (values.next(), uri.authority()) {
        (Some(_), _) => None,
        (None, Some(authority)) => Some(authority.as_str()),
        (None, None) => host,
    }
}

/// Refuses requests for other hosts. The socket is reached by path, so it has no host to check.
pub(crate) async fn check(State(state): State<AdminState>, peer: Peer, req: Request, next: Next) -> Response {
    let allowed = match peer {
        Peer::Socket => true,
        Peer::Address(_) => named(req.uri(), req.headers()).is_some_and(|host| state.hosts.allows(host)),
    };
    if allowed {
        return next.run(req).await;
    }
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "host_not_allowed",
        "This host is not served",
        "Open MCPbox under the address it printed at start, or add this host to the allowed hosts of the admin listener.",
    )
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_address_and_configured_names_are_served() {
        let own = AllowedHosts::new("127.0.0.1:3000".parse().unwrap(), &["box.lan".into(), "admin.lan:8443".into()]);
        for good in [
            "127.0.0.1:3000",
            "localhost:3000",
            "LOCALHOST:3000",
            "[::1]:3000",
            "box.lan",
            "box.lan:9",
            "admin.lan:8443",
        ] {
            assert!(own.allows(good), "{good}");
        }
        for bad in
            ["127.0.0.1", "localhost:3001", "evil.test:3000", "admin.lan", "u@localhost:3000", "", "localhost:x", "a b"]
        {
            assert!(!own.allows(bad), "{bad}");
        }
        let lan = AllowedHosts::new("0.0.0.0:3000".parse().unwrap(), &[]);
        assert!(lan.allows("localhost:3000") && !lan.allows("192.0.2.1:3000") && !lan.allows("0.0.0.0:3000"));
    }
}
