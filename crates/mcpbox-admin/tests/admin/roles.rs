//! What each role may do: every operation of the document with every role. What is not listed takes an admin.

use std::collections::BTreeSet;

use mcpbox_admin::PUBLIC_OPERATIONS;
use mcpbox_core::user::Role;
use serde_json::json;

use crate::{
    access::{operations, status_and_detail},
    support::{Client, Fixture, PASSWORD},
};

/// What everybody with an account may do: read, and look after one's own account.
const VIEWER: [&str; 58] = [
    "DELETE /api/session",
    "DELETE /api/sessions/{id}",
    "GET /api/account",
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
    "GET /api/session",
    "GET /api/sessions",
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
    "POST /api/account/code-app",
    "POST /api/account/code-app/remove",
    "POST /api/account/oidc",
    "POST /api/account/oidc/remove",
    "POST /api/account/passkeys",
    "POST /api/account/passkeys/{id}/remove",
    "POST /api/account/recovery-codes",
    "POST /api/sessions/end-others",
    "PUT /api/account/code-app",
    "PUT /api/account/passkeys",
    "PUT /api/session/password",
];

/// What reviewers may do besides: decide, try, call, start and stop.
const REVIEWER: [&str; 33] = [
    "DELETE /api/oauth/authorizations/{id}",
    "DELETE /api/tokens/{id}",
    "PATCH /api/tools/{id}",
    "POST /api/connection/check",
    "POST /api/grants/{id}/approve",
    "POST /api/grants/{id}/reject",
    "POST /api/grants/{id}/revoke",
    "POST /api/oauth/requests/{id}/approve",
    "POST /api/oauth/requests/{id}/deny",
    "POST /api/openapi/import",
    "POST /api/openapi/look",
    "POST /api/packages/{lock}/install",
    "POST /api/reviews/approve",
    "POST /api/reviews/reject",
    "POST /api/reviews/{id}/approve",
    "POST /api/reviews/{id}/reject",
    "POST /api/reviews/{id}/repeat",
    "POST /api/reviews/{id}/resolve",
    "POST /api/reviews/{id}/revoke",
    "POST /api/reviews/{id}/seen",
    "POST /api/reviews/{id}/test",
    "POST /api/servers",
    "POST /api/servers/{id}/secrets",
    "POST /api/servers/{id}/sources",
    "POST /api/servers/{id}/start",
    "POST /api/servers/{id}/stop",
    "POST /api/setup/sample",
    "POST /api/sources/{id}/discover",
    "POST /api/sources/{id}/import",
    "POST /api/tokens",
    "POST /api/tools/{id}/call",
    "POST /api/tools/{id}/test",
    "PUT /api/calls/{id}/example",
];

/// Who may: nobody below.
fn least(operation: &str) -> Role {
    if VIEWER.contains(&operation) {
        Role::Viewer
    } else if REVIEWER.contains(&operation) {
        Role::Reviewer
    } else {
        Role::Admin
    }
}

#[tokio::test]
async fn every_operation_takes_the_role_it_is_listed_with() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    let all = operations();
    let listed = VIEWER.iter().chain(&REVIEWER).map(|name| (*name).to_owned()).collect();
    assert!(all.is_superset(&listed), "listed, but not there: {:?}", listed.difference(&all).collect::<BTreeSet<_>>());
    let public = BTreeSet::from(PUBLIC_OPERATIONS.map(str::to_owned));
    for (name, role) in [("vera", Role::Viewer), ("rita", Role::Reviewer), ("adam", Role::Admin)] {
        fixture.user(name, role).await;
        for operation in all.difference(&public) {
            // Some of them end the session, so each gets one of its own.
            let human = fixture.log_in(name).await;
            let (status, detail) = status_and_detail(&human, operation).await;
            let is_refused = status == 403 && (detail.contains("takes the role") || detail.contains("viewers only"));
            assert_eq!(is_refused, role < least(operation), "{operation} as {role:?}: {status} {detail}");
            assert_ne!(status, 401, "{operation} as {role:?}: {detail}");
        }
    }
}

#[tokio::test]
async fn on_the_socket_a_password_gives_what_its_role_may() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    fixture.user("vera", Role::Viewer).await;
    fixture.user("rita", Role::Reviewer).await;
    let (review, hash) = fixture.ask("maths", "add", "def main(a: int) -> int:\n    return a\n").await;
    let approve = format!("/api/reviews/{review}/approve");
    let decision = json!({"content_hash": hash, "comment": ""});
    let vera = fixture.cli().password("vera", PASSWORD);
    vera.post(&approve, decision.clone()).await.assert_problem(403, "forbidden");
    vera.delete("/api/servers/maths").await.assert_problem(403, "forbidden");
    let rita = fixture.cli().password("rita", PASSWORD);
    rita.put("/api/settings", json!({})).await.assert_problem(403, "forbidden");
    let approved = rita.post(&approve, decision).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    let audit = fixture.cli().get("/api/audit?action=review.approve").await.json();
    assert_eq!(audit["items"][0]["actor"]["name"], "rita", "{audit}");
}

#[tokio::test]
async fn a_viewer_reads_a_review_without_being_noted_as_its_reader() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    fixture.user("vera", Role::Viewer).await;
    let (review, _) = fixture.ask("maths", "add", "def main(a: int) -> int:\n    return a\n").await;
    let vera: Client = fixture.log_in("vera").await;
    let seen = vera.get(&format!("/api/reviews/{review}")).await.json();
    assert_eq!((&seen["name"], &seen["last_look"]), (&json!("maths__add"), &json!(null)));
}
