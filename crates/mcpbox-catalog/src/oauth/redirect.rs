//! Where a browser may be sent with a code: exactly where the client said before, but for the port of a program on the human's own
//! machine (RFC 8252, section 7.3).

use url::{Host, Url};

/// Longest redirect address, bytes.
const URI_MAX: usize = 512;
/// Callbacks of one client that moves from one address to the other: who has one has both.
const TWINS: [&str; 2] = ["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"];

/// Whether a client may register this address. Schemes of apps are kept too, though no code is ever sent there.
pub(super) fn may_register(uri: &str) -> bool {
    let Some(url) = parse(uri) else { return false };
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback_url(&url),
        // What a browser would run or open itself is no app.
        "javascript" | "data" | "file" | "blob" | "about" | "view-source" | "ws" | "wss" | "ftp" => false,
        _ => true,
    }
}

/// Whether a code may be sent there: encrypted, or within the human's machine. Any program can claim the scheme of an app.
pub(super) fn may_use(uri: &str) -> bool {
    parse(uri).is_some_and(|url| match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback_url(&url),
        _ => false,
    })
}

/// Whether `asked` is among the registered addresses.
pub(super) fn matches(registered: &[String], asked: &str) -> bool {
    registered.iter().any(|one| one == asked || same_but_port(one, asked) || are_twins(one, asked))
}

/// Host of a redirect address, for humans.
pub(super) fn host(uri: &str) -> String {
    let host = parse(uri).and_then(|url| Some(url.host_str()?.to_owned()));
    host.unwrap_or_else(|| uri.split(':').next().unwrap_or_default().to_owned())
}

/// Whether the address is one of the machine whose browser is used.
pub fn is_loopback(uri: &str) -> bool {
    parse(uri).is_some_and(|url| is_loopback_url(&url))
}

/// The address with these parameters added to its query.
pub(super) fn with(uri: &str, parameters: &[(&str, &str)]) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{query}")
}

fn parse(uri: &str) -> Option<Url> {
    let is_plain = uri.len() <= URI_MAX && uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains('\\');
    let url = is_plain.then(|| Url::parse(uri).ok())??;
    let is_clean = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    is_clean.then_some(url)
}

fn is_loopback_url(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn same_but_port(registered: &str, asked: &str) -> bool {
    let (Some(registered), Some(asked)) = (parse(registered), parse(asked)) else { return false };
    let of_app = |url: &Url| url.scheme() == "http" && is_loopback_url(url);
    of_app(&registered)
        && of_app(&asked)
        && registered.host() == asked.host()
        && registered.path() == asked.path()
        && registered.query() == asked.query()
}

fn are_twins(registered: &str, asked: &str) -> bool {
    TWINS.contains(&registered) && TWINS.contains(&asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(registered: &str, asked: &str) -> bool {
        matches(&[registered.to_owned()], asked) && may_use(asked)
    }

    #[test]
    fn only_the_port_of_a_loopback_address_may_differ() {
        let good = [
            ("http://localhost/callback", "http://localhost:49152/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:1/callback"),
            ("http://127.0.0.1:33418/", "http://127.0.0.1:33419/"),
            ("http://[::1]/cb", "http://[::1]:7/cb"),
            ("https://a.example/cb?x=1", "https://a.example/cb?x=1"),
            ("https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"),
        ];
        for (registered, asked) in good {
            assert!(allowed(registered, asked), "{registered} {asked}");
        }
        let bad = [
            ("http://localhost/callback", "http://127.0.0.1/callback"),
            ("http://localhost/callback", "http://localhost/callback/../other"),
            ("http://localhost/callback", "http://localhost/callback?next=evil"),
            ("http://localhost/callback", "https://localhost/callback"),
            ("http://localhost/callback", "http://localhost.evil.example/callback"),
            ("http://localhost/callback", "http://localhost@evil.example/callback"),
            ("http://localhost/callback", "http://evil.example/callback"),
            ("https://a.example/cb", "https://a.example:444/cb"),
            ("https://a.example/cb", "https://a.example/cb/"),
            ("https://a.example/cb", "https://a.example/cb?code=1"),
            ("https://a.example/cb", "https://a.example/cb#x"),
            ("https://a.example/cb", "https://A.example/cb"),
            ("https://a.example/cb", "https://a.example/cb%2f"),
            ("https://a.example/cb", "https://a.example\\@evil.example/cb"),
            ("https://a.example/cb", "http://a.example/cb"),
            ("https://claude.ai/api/mcp/auth_callback", "https://claude.ai/other"),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback"),
        ];
        for (registered, asked) in bad {
            assert!(!allowed(registered, asked), "{registered} {asked}");
        }
    }

    #[test]
    fn what_a_browser_runs_and_what_is_not_encrypted_is_not_registered() {
        for good in ["https://a.example/cb", "http://localhost:1/cb", "cursor://x/cb", "com.example.app:/cb"] {
            assert!(may_register(good), "{good}");
        }
        let long = format!("https://a.example/{}", "x".repeat(URI_MAX));
        for bad in [
            "http://a.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "/cb",
            "",
            "https://a.example/c b",
            "https://u:p@a.example/",
            &long,
        ] {
            assert!(!may_register(bad), "{bad}");
        }
    }

    #[test]
    fn parameters_are_added_behind_those_that_are_there() {
        assert_eq!(
            with("https://a/cb", &[("code", "1"), ("iss", "https://b")]),
            "https://a/cb?code=1&iss=https%3A%2F%2Fb"
        );
        assert_eq!(with("https://a/cb?x=1", &[("state", "a&b")]), "https://a/cb?x=1&state=a%26b");
        assert_eq!((host("https://a.example:1/x").as_str(), host("cursor://b/c").as_str()), ("a.example", "b"));
    }
}
