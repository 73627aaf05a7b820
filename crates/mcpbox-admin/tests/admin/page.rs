//! The page and the headers that guard it.

use crate::support::Fixture;

#[tokio::test]
async fn the_page_is_served_under_a_strict_policy() {
    let fixture = Fixture::start().await;
    let page = fixture.browser().get("/").await.text();
    let assets = page.split('"').filter(|part| part.starts_with("/assets/")).map(str::to_owned).collect::<Vec<_>>();
    assert!(
        assets.iter().any(|path| path.ends_with(".js")) && assets.iter().any(|path| path.ends_with(".css")),
        "{page}"
    );
    let pages = ["/", "/setup?token=x", "/approvals/019a0000-0000-7000-8000-000000000000"].map(str::to_owned);
    for path in pages.iter().chain(&assets) {
        let reply = fixture.browser().get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
    }
    assert_eq!(fixture.browser().get("/none.php").await.status, 404);
}

#[tokio::test]
async fn answers_of_the_api_are_not_kept_and_not_shared_across_origins() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    for path in ["/api/setup", "/api/servers", "/api/nothing"] {
        let reply = admin.clone().with("origin", "http://evil.test").get(path).await;
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{path}");
        assert!(!reply.header("x-request-id").is_empty(), "{path}");
    }
    let preflight = admin.with("origin", "http://evil.test").send("OPTIONS", "/api/servers", None).await;
    preflight.assert_problem(405, "method_not_allowed");
}
