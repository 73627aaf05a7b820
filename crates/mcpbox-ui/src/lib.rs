//! The web assets of the admin side, embedded in the binary, and the router that serves them.
//!
//! Must not: contain logic, or know anything of the API but that it lives under `/api`.

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rust_embed::{Embed, EmbeddedFile};

#[derive(Embed)]
#[folder = "assets"]
struct Assets;

/// Serves the page and its assets; every path without a file extension is the page, which routes by itself.
pub fn router() -> Router {
    Router::new().fallback(serve)
}

async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = uri.path();
    let name = match path.strip_prefix("/assets/") {
        Some(name) => name,
        None if path.contains('.') => return not_found(),
        None => "index.html",
    };
    match Assets::get(name) {
        Some(file) => answer(name, file, &headers),
        None => not_found(),
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such page; start at /").into_response()
}

/// The file, or 304 when the browser has it. Names carry no hash, so browsers ask each time.
fn answer(name: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let etag = etag(&file.metadata.sha256_hash());
    let is_known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|known| etag.as_ref().is_some_and(|etag| etag == known));
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(file.data).into_response() };
    let answer_headers = response.headers_mut();
    if let Some(etag) = etag {
        answer_headers.insert(header::ETAG, etag);
    }
    let caching = if name == "index.html" { "no-store" } else { "no-cache" };
    answer_headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    answer_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    response
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
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str, known: Option<HeaderValue>) -> Response {
        let mut req = Request::get(path);
        if let Some(etag) = known {
            req = req.header(header::IF_NONE_MATCH, etag);
        }
        router().oneshot(req.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn every_page_path_is_the_page_and_files_are_exact() {
        for (path, status) in [
            ("/", 200),
            ("/approvals/1", 200),
            ("/assets/app.js", 200),
            ("/assets/none.js", 404),
            ("/x.php", 404),
            ("/assets/../x", 404),
        ] {
            assert_eq!(get(path, None).await.status(), status, "{path}");
        }
        let refused = router().oneshot(Request::post("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn a_known_asset_is_not_sent_again() {
        let first = get("/assets/app.css", None).await;
        let etag = first.headers()[header::ETAG].clone();
        let again = get("/assets/app.css", Some(etag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(again.into_body().collect().await.unwrap().to_bytes().is_empty());
    }

    #[tokio::test]
    async fn the_page_runs_under_a_policy_without_inline_code() {
        let page = String::from_utf8(Assets::get("index.html").unwrap().data.to_vec()).unwrap();
        assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="));
        assert_eq!(page.matches("<script").count(), page.matches("<script src=\"/assets/").count());
        let code = String::from_utf8(Assets::get("app.js").unwrap().data.to_vec()).unwrap();
        for markup in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", ".style"] {
            assert!(!code.contains(markup), "{markup} could turn an LLM's text into markup or break the policy");
        }
    }
}
