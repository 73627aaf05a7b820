//! The same-origin check of writes: another site's page must not act with the admin's cookie (CSRF).

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, Uri, header};

use super::host;
use crate::{peer::Peer, problem::Problem, state::AdminState};

/// Refuses writes that do not prove to come from our own page. The socket cannot be reached by a browser.
pub(crate) async fn check(State(state): State<AdminState>, peer: Peer, req: Request, next: Next) -> Response {
    let reads = matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads
        || matches!(peer, Peer::Socket)
        || is_same_origin(req.uri(), req.headers(), state.https(req.extensions()).0)
    {
        return next.run(req).await;
    }
    Problem::forbidden(
        "cross_origin",
        "Writes are accepted only from MCPbox's own page: send an Origin header that names this host, or \
         Sec-Fetch-Site: same-origin. Scripts use the socket in the data directory.",
    )
    .into_response()
}

/// Whether `Origin` names the host that is asked, or, without one, the browser says so. Contradictions refuse.
fn is_same_origin(uri: &Uri, headers: &HeaderMap, https_only: bool) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value == "same-origin");
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next().map(|value| value.to_str().unwrap_or_default());
    if origins.next().is_some() {
        return false;
    }
    match (origin, site) {
        (_, Some(false)) | (None, None) => false,
        (None, Some(true)) => true,
        (Some(origin), _) => {
            let host = host::named(uri, headers);
            let authority = match origin.split_once("://") {
                Some(("https", authority)) => Some(authority),
                Some(("http", authority)) if !https_only => Some(authority),
                _ => None,
            };
            matches!((authority, host), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(headers: &[(&'static str, &'static str)], https_only: bool) -> bool {
        let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_same_origin(&Uri::from_static("/api/x"), &map, https_only)
    }

    #[test]
    fn only_our_own_page_may_write() {
        let host = ("host", "box.lan:3000");
        let cases: [(&[(&str, &str)], bool); 9] = [
            (&[host], false),
            (&[host, ("origin", "http://box.lan:3000")], true),
            (&[host, ("origin", "http://box.lan:3001")], false),
            (&[host, ("origin", "http://evil.test")], false),
            (&[host, ("origin", "null")], false),
            (&[host, ("sec-fetch-site", "same-origin")], true),
            (&[host, ("sec-fetch-site", "same-site")], false),
            (&[host, ("sec-fetch-site", "none")], false),
            (&[host, ("origin", "http://box.lan:3000"), ("sec-fetch-site", "cross-site")], false),
        ];
        for (headers, expected) in cases {
            let owned: Vec<(&'static str, &'static str)> =
                headers.iter().map(|(n, v)| (&*n.to_string().leak(), &*v.to_string().leak())).collect();
            assert_eq!(verdict(&owned, false), expected, "{headers:?}");
        }
        assert!(!verdict(&[("host", "b.de"), ("origin", "http://b.de")], true));
        assert!(verdict(&[("host", "b.de"), ("origin", "https://b.de")], true));
    }
}
