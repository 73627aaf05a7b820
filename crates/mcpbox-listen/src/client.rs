//! Who asks, and over what: the other end of the connection, or, when that is a proxy that the operator named, whom it speaks for.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Version, header};
use mcpbox_core::proxies::{Proxies, Unclear};

/// Headers that only a proxy or tunnel adds.
const FORWARDED: [&str; 22] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-server",
    "x-original-forwarded-for",
    "x-original-host",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "true-client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "cf-connecting-ip",
    "cf-ray",
    "cdn-loop",
    "tailscale-user-login",
    "x-mcpbox-service-token",
    "x-mcpbox-user-email",
    "via",
];

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How long browsers that saw it once use https alone, when the operator wants that: a year.
pub const HSTS: (HeaderName, HeaderValue) =
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));

/// Who asks. Among the extensions of every request that came over TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address, IPv4 never written as IPv6.
    pub address: IpAddr,
    /// Whether a trusted proxy says that the client speaks https.
    pub is_https: bool,
    /// Whether a trusted proxy speaks for it. Then it is nobody on this machine, whatever its address.
    pub is_proxied: bool,
}

impl Client {
    /// The client of a connection from `peer`.
    ///
    /// # Errors
    /// [`Unclear`] when a trusted proxy says something that cannot be read.
    pub fn of(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) -> Result<Self, Unclear> {
        if !proxies.trusts(peer) {
            return Ok(Self { address: peer.to_canonical(), is_https: false, is_proxied: false });
        }
        let forwarded: Vec<&[u8]> = headers.get_all(X_FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
        let address = proxies.client(peer, forwarded.into_iter())?;
        Ok(Self { address, is_https: is_https(headers)?, is_proxied: true })
    }
}

/// What the nearest proxy says about the client's side.
fn is_https(headers: &HeaderMap) -> Result<bool, Unclear> {
    let Some(line) = headers.get_all(X_FORWARDED_PROTO).iter().next_back() else { return Ok(false) };
    match line.to_str().map_err(|_| Unclear)?.rsplit(',').next().map(str::trim) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => Ok(true),
        Some(scheme) if scheme.eq_ignore_ascii_case("http") => Ok(false),
        _ => Err(Unclear),
    }
}

/// What shows that a request came through a proxy or tunnel: a header that only those add, or a version that only they speak. A proxy
/// that adds nothing cannot be seen.
pub fn sign_of_proxy<B>(request: &Request<B>) -> Option<&'static str> {
    if request.version() == Version::HTTP_10 {
        return Some("HTTP/1.0");
    }
    // Few headers come, and every request is asked.
    request.headers().keys().find_map(|name| FORWARDED.into_iter().find(|sign| name.as_str() == *sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &'static str)]) -> Result<Client, Unclear> {
        let proxies = Proxies::these(vec!["10.0.0.1/32".parse().unwrap()]);
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Client::of(&proxies, peer.parse().unwrap(), &headers)
    }

    #[test]
    fn only_a_trusted_proxy_says_who_asks_and_over_what() {
        let told = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https")];
        let of = |text: &str| text.parse::<IpAddr>().unwrap();
        let believed = client("::ffff:10.0.0.1", &told).unwrap();
        assert_eq!(believed, Client { address: of("198.51.100.1"), is_https: true, is_proxied: true });
        let claimed = client("10.0.0.2", &told).unwrap();
        assert_eq!(claimed, Client { address: of("10.0.0.2"), is_https: false, is_proxied: false });
        assert!(!client("10.0.0.1", &[]).unwrap().is_https);
        assert!(!client("10.0.0.1", &[("x-forwarded-proto", "https, http")]).unwrap().is_https, "the nearest counts");
        for bad in ["", "ftp", "https,", "https http"] {
            assert!(client("10.0.0.1", &[("x-forwarded-proto", bad)]).is_err(), "{bad}");
            assert!(client("10.0.0.2", &[("x-forwarded-proto", bad)]).is_ok(), "{bad}");
        }
    }

    #[test]
    fn a_proxy_shows_by_its_headers_or_its_version() {
        let mut request = Request::new(());
        assert_eq!(sign_of_proxy(&request), None);
        for name in FORWARDED {
            let mut request = Request::new(());
            request.headers_mut().insert(name, HeaderValue::from_static("1.2.3.4"));
            assert_eq!(sign_of_proxy(&request), Some(name));
        }
        *request.version_mut() = Version::HTTP_10;
        assert_eq!(sign_of_proxy(&request), Some("HTTP/1.0"));
    }
}
