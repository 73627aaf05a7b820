//! Security headers. A page that needs a nonce brings its own policy; ours then stays away.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use mcpbox_listen::HSTS;

use crate::{is_api, state::AdminState};

const FIXED: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'self'";

const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Adds the headers to every answer, and `no-store` to those of the API.
pub(crate) async fn add(req: Request, next: Next) -> Response {
    let api = is_api(req.uri().path());
    let mut response = next.run(req).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    insert_if_absent(headers, header::CONTENT_SECURITY_POLICY, if api { API_POLICY } else { PAGE_POLICY });
    response
}

/// Tells browsers that came by https to come by nothing else, when the operator wants that. Over http they would not believe it.
pub(crate) async fn add_hsts(State(state): State<AdminState>, req: Request, next: Next) -> Response {
    let told = state.hsts && state.https(req.extensions()).0;
    let mut response = next.run(req).await;
    if told {
        let (name, value) = HSTS;
        response.headers_mut().insert(name, value);
    }
    response
}

fn insert_if_absent(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
