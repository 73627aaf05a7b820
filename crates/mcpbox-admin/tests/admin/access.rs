//! Who gets in: every operation of the document, whatever is added to it later.

use std::collections::BTreeSet;

use http_body_util::BodyExt;
use mcpbox_admin::{PUBLIC_OPERATIONS, openapi};
use mcpbox_core::user::Role;
use serde_json::json;

use crate::support::{Client, Fixture, PASSWORD, USER};

const SOME_ID: &str = "019a0000-0000-7000-8000-000000000000";

/// Operations that the command line's socket serves without a password: reading, calling, and what any local MCP client
/// may do as well. A new operation fails the test below until it is listed here or asks for a password.
const WITHOUT_PASSWORD: [&str; 56] = [
    "DELETE /api/servers/{id}",
    "DELETE /api/tools/{id}",
    "GET /api/audit",
    "GET /api/audit/decisions",
    "GET /api/audit/verify",
    "GET /api/backups",
    "GET /api/calls",
    "GET /api/calls/counts",
    "GET /api/calls/series",
    "GET /api/calls/{id}",
    "GET /api/cloudflare",
    "GET /api/connection",
    "GET /api/events",
    "GET /api/export",
    "GET /api/grants",
    "GET /api/modules",
    "GET /api/notifications",
    "GET /api/oauth/authorizations",
    "GET /api/oauth/clients",
    "GET /api/oauth/requests",
    "GET /api/openapi.json",
    "GET /api/packages",
    "GET /api/policy/decisions",
    "GET /api/policy/preview",
    "GET /api/reviews",
    "GET /api/reviews/{id}",
    "GET /api/reviews/{id}/first-runs",
    "GET /api/sandbox",
    "GET /api/secrets",
    "GET /api/servers",
    "GET /api/servers/{id}",
    "GET /api/servers/{id}/secrets",
    "GET /api/servers/{id}/sources",
    "GET /api/servers/{id}/tools",
    "GET /api/settings",
    "GET /api/storage",
    "GET /api/tokens",
    "GET /api/tools",
    "GET /api/tools/search",
    "GET /api/tools/{id}",
    "GET /api/tools/{id}/status",
    "GET /api/tools/{id}/versions",
    "GET /api/tools/{id}/versions/{number}",
    "GET /api/tools/{id}/versions/{number}/diff",
    "POST /api/openapi/import",
    "POST /api/openapi/look",
    "POST /api/servers",
    "POST /api/servers/{id}/secrets",
    "POST /api/servers/{id}/sources",
    "POST /api/servers/{id}/start",
    "POST /api/servers/{id}/stop",
    "POST /api/setup/sample",
    "POST /api/sources/{id}/discover",
    "POST /api/sources/{id}/import",
    "POST /api/tools/{id}/call",
    "POST /api/tools/{id}/test",
];

/// All operations of the document as `METHOD /path/{parameter}`.
pub(crate) fn operations() -> BTreeSet<String> {
    let document = serde_json::to_value(openapi()).unwrap();
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "patch", "delete", "head", "options", "trace"] {
            if item.get(method).is_some() {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    assert!(found.len() > 40, "the document lost its operations");
    found
}

/// The status, read without waiting for the end of a stream.
async fn status(client: &Client, operation: &str) -> u16 {
    open(client, operation).await.status().as_u16()
}

async fn open(client: &Client, operation: &str) -> http::Response<hyper::body::Incoming> {
    let (method, path) = operation.split_once(' ').unwrap();
    let path = path.replace("{id}", SOME_ID).replace("{key}", "KEY").replace("{number}", "1");
    let body = (!matches!(method, "GET" | "DELETE")).then(|| b"{}".to_vec());
    client.open(method, &path, body).await
}

/// The status, and what a problem says.
pub(crate) async fn status_and_detail(client: &Client, operation: &str) -> (u16, String) {
    let response = open(client, operation).await;
    let status = response.status().as_u16();
    if status < 400 {
        return (status, String::new());
    }
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    (status, problem["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn every_operation_refuses_missing_and_wrong_credentials() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    let public = BTreeSet::from(PUBLIC_OPERATIONS.map(str::to_owned));
    assert!(public.is_subset(&operations()), "a public operation is gone");
    let forged = format!("mcpbox_session={}", "0".repeat(64));
    for operation in operations().difference(&public) {
        let nobody = fixture.browser();
        assert_eq!(status(&nobody, operation).await, 401, "{operation} without credentials");
        let wrong = nobody.clone().with("cookie", &forged);
        assert_eq!(status(&wrong, operation).await, 401, "{operation} with a forged session");
        let password = nobody.password(USER, PASSWORD);
        assert_eq!(
            status(&password, operation).await,
            401,
            "{operation} with a password, which counts on the socket only"
        );
    }
}

#[tokio::test]
async fn public_operations_refuse_wrong_credentials_of_their_own() {
    let fixture = Fixture::start().await;
    let setup = json!({"token": "0".repeat(64), "username": USER, "password": PASSWORD});
    let refused = fixture.browser().post("/api/setup", setup).await;
    assert_eq!(refused.status, 401, "{}", refused.text());
    let refused = fixture.browser().post("/api/session", json!({"username": USER, "password": PASSWORD})).await;
    refused.assert_problem(401, "unauthenticated");
    let token = "0".repeat(64);
    let named = fixture.browser().with("host", &format!("localhost:{}", fixture.address.port()));
    let named = named.with("origin", &format!("http://localhost:{}", fixture.address.port()));
    for (path, body) in [
        ("/api/invitation", json!({"token": token})),
        ("/api/invitation/accept", json!({"token": token, "password": PASSWORD})),
        ("/api/session/second", json!({"token": token, "code": "123456"})),
        ("/api/session/passkey/answer", json!({"token": token, "passkey": {}})),
    ] {
        named.post(path, body).await.assert_problem(401, "unauthenticated");
    }
    named.post("/api/session/oidc", json!({})).await.assert_problem(404, "not_found");
    for query in ["", "?code=x&state=y", "?error=access_denied"] {
        let back = named.get(&format!("/api/session/oidc/callback{query}")).await;
        assert_eq!((back.status.as_u16(), back.header("location")), (303, "/login?failed=astray"), "{query}");
        assert!(!back.header("set-cookie").contains("mcpbox_session"), "{query}");
    }
}

#[tokio::test]
async fn on_the_socket_only_listed_operations_go_without_a_password() {
    let fixture = Fixture::start().await;
    fixture.user(USER, Role::Admin).await; // whose password is cheap to check
    let open = BTreeSet::from(WITHOUT_PASSWORD.map(str::to_owned));
    assert!(open.is_subset(&operations()), "listed, but not there: {:?}", open.difference(&operations()));
    let public = BTreeSet::from(PUBLIC_OPERATIONS.map(str::to_owned));
    for operation in operations().difference(&public) {
        let plain = status(&fixture.cli(), operation).await;
        if open.contains(operation) {
            assert_ne!(plain, 401, "{operation} without a password");
        } else {
            assert_eq!(plain, 401, "{operation} without a password");
        }
        let wrong = status(&fixture.cli().password(USER, "wrong horse battery"), operation).await;
        assert_eq!(wrong, 401, "{operation} with a wrong password");
    }
}

#[tokio::test]
async fn writes_from_other_origins_are_refused_although_the_cookie_is_right() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let server = json!({"name": "weather", "description": ""});
    for (name, value) in [("origin", "http://evil.test"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let foreign = admin.clone().with(name, value);
        foreign.post("/api/servers", server.clone()).await.assert_problem(403, "cross_origin");
    }
    let silent = admin.clone().without("origin");
    silent.post("/api/servers", server.clone()).await.assert_problem(403, "cross_origin");
    assert_eq!(admin.get("/api/servers").await.json()["total"], 0);
    let own = silent.with("sec-fetch-site", "same-origin");
    assert_eq!(own.post("/api/servers", server).await.status, 201);
}

#[tokio::test]
async fn other_host_names_are_refused_for_api_and_page() {
    let fixture = Fixture::start().await;
    let rebound = fixture.browser().with("host", "evil.test");
    for path in ["/api/setup", "/"] {
        rebound.get(path).await.assert_problem(421, "host_not_allowed");
    }
    let named = fixture.browser().with("host", &format!("localhost:{}", fixture.address.port()));
    assert_eq!(named.get("/api/setup").await.status, 200);
}

#[tokio::test]
async fn a_flood_from_one_address_is_told_when_to_come_back() {
    let mut config = crate::support::unlimited();
    config.rate_limit.requests = std::num::NonZeroU32::new(10);
    let fixture = Fixture::start_with(config).await;
    for _ in 0..10 {
        assert_eq!(fixture.browser().get("/api/setup").await.status, 200);
    }
    let limited = fixture.browser().get("/api/setup").await;
    limited.assert_problem(429, "rate_limited");
    let seconds: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(fixture.cli().get("/api/setup").await.status, 200, "the command line is not counted");
}
