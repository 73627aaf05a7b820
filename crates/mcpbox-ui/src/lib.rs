//! The web UI, embedded in the binary, and the router that serves it.
//!
//! Must not: contain logic, or know anything of the API but that it lives under `/api`.

mod encoding;

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use rust_embed::{Embed, EmbeddedFile};

use encoding::Encoding;

// `Files`: what `build.rs` made. The page, hashed files under `assets/`, and next to each that shrinks a `.br` and a `.gz`.
include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The program of the Worker that an admin can put before the remote gateway, made from `worker/`; empty in a build without the web UI.
pub const WORKER: &str = include_str!(concat!(env!("OUT_DIR"), "/worker.js"));

/// Stands in the page wherever a nonce belongs; `html.cspNonce` in `web/vite.config.ts`.
const NONCE_MARK: &str = "__CSP_NONCE__";
const PAGE: &str = "index.html";
const HASHED: &str = "assets/";

/// Serves the page and its files; every path without a file extension is the page, which routes by itself.
pub fn router() -> Router {
    Router::new().fallback(serve)
}

async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return no_such_operation();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let is_route = !path.starts_with(HASHED) && !path.rsplit('/').next().unwrap_or_default().contains('.');
    if is_route || path == PAGE {
        return page().unwrap_or_else(not_found);
    }
    file(path, &headers).unwrap_or_else(not_found)
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such page; start at /").into_response()
}

/// Only reached where nothing answers `/api`: a program must not be given a page.
fn no_such_operation() -> Response {
    let body = r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such path."}"#;
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}

/// The page with a fresh nonce and the policy that names it. Never kept, so that an update is seen at once.
fn page() -> Option<Response> {
    let file = Files::get(PAGE)?;
    let nonce = format!("{:032x}", rand::random::<u128>());
    let text = std::str::from_utf8(&file.data).ok()?.replace(NONCE_MARK, &nonce);
    let mut response = Body::from(text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(PAGE)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(&nonce)?);
    Some(response)
}

fn policy(nonce: &str) -> Option<HeaderValue> {
    let text = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
         form-action 'self'"
    );
    HeaderValue::from_str(&text).ok()
}

/// The file in the best encoding the browser takes, or 304 when it has it. Hashed names are never asked for again.
fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    if Encoding::ALL.iter().any(|encoding| name.ends_with(encoding.suffix())) {
        return None;
    }
    let (encoding, file) = encoded(name, headers)?;
    let etag = etag(&file.metadata.sha256_hash())?;
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == etag);
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(file.data).into_response() };
    let answer = response.headers_mut();
    let caching = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut insert = |name: HeaderName, value: &'static str| answer.insert(name, HeaderValue::from_static(value));
    insert(header::CACHE_CONTROL, caching);
    insert(header::CONTENT_TYPE, media_type(name));
    insert(header::VARY, "accept-encoding");
    if let Some(encoding) = encoding {
        insert(header::CONTENT_ENCODING, encoding.name());
    }
    answer.insert(header::ETAG, etag);
    Some(response)
}

fn encoded(name: &str, headers: &HeaderMap) -> Option<(Option<Encoding>, EmbeddedFile)> {
    let compressed = Encoding::accepted(headers)
        .find_map(|encoding| Some((Some(encoding), Files::get(&format!("{name}{}", encoding.suffix()))?)));
    compressed.or_else(|| Some((None, Files::get(name)?)))
}

fn etag(hash: &[u8; 32]) -> Option<HeaderValue> {
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{hex}\"")).ok()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
