//! The page and its files as a browser gets them; of the real UI, whatever it is made of.

use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

async fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response {
    let mut req = Request::get(path);
    for (name, value) in headers {
        req = req.header(name, *value);
    }
    router().oneshot(req.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// A hashed file of the build.
fn asset(extension: &str) -> String {
    let found = Files::iter().find(|name| name.starts_with(HASHED) && name.ends_with(extension));
    format!("/{}", found.expect("the UI was built with MCPBOX_UI=skip; these tests need it"))
}

#[tokio::test]
async fn every_page_path_is_the_page_and_files_are_exact() {
    let script = asset(".js");
    let br = format!("{script}.br");
    for (path, status) in [
        ("/", 200),
        ("/approvals/1", 200),
        ("/index.html", 200),
        (script.as_str(), 200),
        (br.as_str(), 404),
        ("/assets/none.js", 404),
        ("/assets/none", 404),
        ("/x.php", 404),
        ("/assets/../x", 404),
    ] {
        assert_eq!(get(path, &[]).await.status(), status, "{path}");
    }
    let refused = router().oneshot(Request::post("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_program_that_asks_for_an_unknown_operation_gets_json() {
    let reply = get("/api/nothing", &[]).await;
    assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    assert_eq!(reply.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert!(text(reply).await.starts_with('{'));
}

#[tokio::test]
async fn a_known_asset_is_not_sent_again() {
    let path = asset(".css");
    let first = get(&path, &[]).await;
    assert_eq!(first.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    let etag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
    let again = get(&path, &[(header::IF_NONE_MATCH, &etag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.into_body().collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn files_come_compressed_to_browsers_that_take_it() {
    let path = asset(".js");
    for (accepted, expected) in [
        ("gzip, deflate, br", Some("br")),
        ("gzip", Some("gzip")),
        ("br;q=0, gzip;q=0.5", Some("gzip")),
        ("identity", None),
    ] {
        let reply = get(&path, &[(header::ACCEPT_ENCODING, accepted)]).await;
        let encoding = reply.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(encoding.as_deref(), expected, "{accepted}");
        assert_eq!(reply.headers()[header::VARY], "accept-encoding", "{accepted}");
        assert_eq!(reply.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8", "{accepted}");
    }
}

#[tokio::test]
async fn the_page_has_a_nonce_of_its_own_each_time_and_no_inline_code() {
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let reply = get("/", &[]).await;
        assert_eq!(reply.headers()[header::CACHE_CONTROL], "no-store");
        let policy = reply.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let page = text(reply).await;
        assert!(page.contains(&format!("nonce=\"{nonce}\"")) && !page.contains(NONCE_MARK), "{page}");
        assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="), "{page}");
        assert_eq!(page.matches("<script").count(), page.matches(" src=\"/").count(), "{page}");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}
