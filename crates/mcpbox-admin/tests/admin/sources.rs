//! External sources over the API.

use std::sync::Arc;

use mcpbox_catalog::source::{self, AddSource, AuthKind, SourceReport};
use mcpbox_core::{
    execute::{BoxFuture, Observed, Observer, Outcome},
    failure::{Failure, FailureKind},
    ids::SourceId,
    principal::Principal,
    source::{OfferedTool, SourceCall, SourceClient, SourceHealth, SourceTarget, TransportKind},
};
use serde_json::json;

use crate::support::Fixture;

/// Another MCP server that offers `add` and `take`; nothing of it is ever called here.
struct There;

impl SourceClient for There {
    fn list_tools(&self, _: SourceTarget) -> BoxFuture<'_, Result<Vec<OfferedTool>, Failure>> {
        let tool = |name: &str| OfferedTool {
            name: name.into(),
            title: None,
            description: "Computes.".into(),
            input_schema: json!({"type": "object"}),
            output_schema: None,
            annotations: None,
        };
        Box::pin(async move { Ok(vec![tool("add"), tool("take")]) })
    }

    fn call(&self, _: SourceTarget, _: SourceCall, _: Arc<dyn Observer>) -> BoxFuture<'_, Outcome> {
        let result = Err(Failure::new(FailureKind::Unavailable, "it is never called"));
        Box::pin(async { Outcome { result, stdout: String::new(), observed: Observed::default() } })
    }

    fn health(&self, _: SourceId) -> SourceHealth {
        SourceHealth::Connected { protocol: "2026-07-28".into() }
    }

    fn changed(&self) -> BoxFuture<'_, SourceId> {
        Box::pin(std::future::pending())
    }

    fn known(&self) -> Vec<SourceId> {
        Vec::new()
    }

    fn check(&self, _: SourceId) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn forget(&self, _: SourceId) {}
}

/// An LLM adds a source to the server `maths`.
async fn added(fixture: &Fixture) -> SourceReport {
    let llm = Principal::Local { client: Some("test client".to_owned()) };
    let request = AddSource {
        server: "maths".into(),
        name: "there".into(),
        url: "https://mcp.example.com/mcp".into(),
        transport: TransportKind::StreamableHttp,
        auth: AuthKind::Bearer,
        secret: Some("THERE_TOKEN".into()),
        header: None,
        program: None,
    };
    source::add_source(&fixture.catalog, &llm, request).await.unwrap()
}

#[tokio::test]
async fn a_source_is_listed_and_an_admin_deletes_it_with_what_it_was_granted() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    admin.post("/api/servers", json!({"name": "maths"})).await;
    let path = format!("/api/sources/{}", added(&fixture).await.source_id);
    let listed = admin.get("/api/servers/maths/sources").await.json();
    let source = &listed["items"][0];
    assert_eq!((&listed["total"], &source["name"], &source["auth"]), (&json!(1), &json!("there"), &json!("bearer")));
    assert_eq!((&source["access"], &source["health"]), (&json!("pending"), &json!("unknown")), "{source}");
    let grant = admin.get("/api/grants").await.json()["items"][0].clone();
    let approve = format!("/api/grants/{}/approve", grant["id"].as_str().unwrap());
    let approved = admin.post(&approve, json!({"content_hash": grant["content_hash"]})).await;
    assert_eq!(approved.status, 200, "{}", approved.text());

    let deleted = admin.delete(&path).await;
    assert_eq!((deleted.status.as_u16(), deleted.text().as_str()), (204, ""));
    assert_eq!(admin.get("/api/servers/maths/sources").await.json()["total"], 0);
    assert_eq!(admin.get("/api/grants").await.json()["items"][0]["state"], "revoked");
    let audit = admin.get("/api/audit?action=source.delete").await.json();
    assert_eq!(audit["items"][0]["detail"]["rule"]["url"], "https://mcp.example.com/mcp", "{audit}");
    admin.delete(&path).await.assert_problem(404, "not_found");
}

#[tokio::test]
async fn a_human_adds_a_source_lets_it_be_reached_and_imports_what_then_waits() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    source::connect(&fixture.catalog, Arc::new(There));
    admin.post("/api/servers", json!({"name": "maths"})).await;
    let path = "/api/servers/maths/sources";
    let place = json!({"name": "there", "url": "https://mcp.example.com/mcp"});
    let made = admin.post(path, place.clone()).await;
    assert_eq!((made.status.as_u16(), &made.json()["access"]), (201, &json!("pending")), "{}", made.text());
    for wrong in [
        json!({"name": "there", "url": "https://mcp.example.com/mcp", "token": "x"}),
        json!({"name": "two", "url": "https://mcp.example.com/mcp", "auth": "bearer"}),
        json!({"name": "two", "url": "https://mcp.example.com/mcp?key=x"}),
    ] {
        assert_eq!(admin.post(path, wrong.clone()).await.status, 422, "{wrong}");
    }
    let id = made.json()["source_id"].as_str().unwrap().to_owned();
    let discover = format!("/api/sources/{id}/discover");
    admin.post(&discover, json!({})).await.assert_problem(422, "host_denied");
    let grant = admin.get("/api/grants").await.json()["items"][0].clone();
    let approve = format!("/api/grants/{}/approve", grant["id"].as_str().unwrap());
    admin.post(&approve, json!({"content_hash": grant["content_hash"]})).await;

    let offered = admin.post(&discover, json!({})).await.json();
    assert_eq!(
        (&offered["tools"][0]["name"], &offered["tools"][0]["news"]),
        (&json!("add"), &json!("new")),
        "{offered}"
    );
    let import = format!("/api/sources/{id}/import");
    admin.post(&import, json!({"tool_names": ["divide"]})).await.assert_problem(404, "not_found");
    let imported = admin.post(&import, json!({"tool_names": ["add"]})).await.json();
    let (tool, review) = (&imported["tools"][0]["name"], &imported["tools"][0]["review_id"]);
    assert_eq!(tool, "maths__add", "{imported}");
    let waiting = admin.get("/api/reviews?state=open").await.json();
    assert_eq!((&waiting["total"], &waiting["items"][0]["id"]), (&json!(1), review), "{waiting}");
    let again = admin.post(&import, json!({"tool_names": ["add", "take"]})).await.json();
    assert_eq!(
        (&again["tools"][0]["review_id"], again["tools"][1]["review_id"].is_string()),
        (review, true),
        "{again}"
    );
    let listed = admin.get(path).await.json();
    assert_eq!(listed["items"][0]["tools"], json!(["maths__add", "maths__take"]), "{listed}");
    assert!(listed["items"][0]["last_contact_at"].is_string(), "{listed}");
    let audit = admin.get("/api/audit?action=source.import").await.json();
    assert_eq!(audit["items"][0]["actor"]["kind"], "admin", "{audit}");
}
