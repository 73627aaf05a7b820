//! OpenAPI documents that come in: drafts that a human reviews, all of them or none, and nothing approved.

use mcpbox_catalog::{
    author, review,
    transfer::openapi::{self, OpenApiImport, OpenApiReport},
};
use mcpbox_core::{
    failure::FailureKind,
    settings::{Settings, Storage},
    version::VersionState,
};
use mcpbox_store::secrets;
use serde_json::json;

use crate::support::{World, refusal};

const SHOP: &str = r#"
openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
servers: [{url: "https://shop.example.com/api"}]
security: [{token: []}]
paths:
  /orders:
    get:
      operationId: listOrders
      summary: Lists the orders.
      parameters: [{name: state, in: query, schema: {type: string, enum: [open, sent]}}]
    post:
      operationId: order
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, required: [item], properties: {item: {type: string}}}}}
  /orders/{id}/file:
    put:
      operationId: attach
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody: {required: true, content: {application/pdf: {}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"#;

fn wanted(server: &str, operations: &[&str]) -> OpenApiImport {
    OpenApiImport {
        document: SHOP.to_owned(),
        server: server.to_owned(),
        base_url: None,
        operations: operations.iter().map(|id| (*id).to_owned()).collect(),
        dry_run: false,
    }
}

async fn import(world: &World, request: OpenApiImport) -> OpenApiReport {
    openapi::import(&world.cat, &world.human, request).await.unwrap()
}

/// How much is stored: servers, tools, secrets, audit events.
async fn stored(world: &World) -> Vec<String> {
    let mut counts = Vec::new();
    for table in ["servers", "tools", "versions", "secrets", "audit_events"] {
        counts.push(world.text(&format!("SELECT CAST(count(*) AS TEXT) FROM {table}")).await);
    }
    counts
}

#[tokio::test]
async fn chosen_operations_become_drafts_that_go_live_only_through_review() {
    let world = World::new().await;
    let report = import(&world, wanted("shop", &["listOrders", "order", "order"])).await;
    assert!(report.is_new && !report.dry_run && report.server_id.is_some(), "{report:?}");
    assert_eq!(report.host.to_string(), "shop.example.com");
    let tools: Vec<&str> = report.tools.iter().map(|tool| tool.tool.as_str()).collect();
    assert_eq!(tools, ["shop__list_orders", "shop__order"]);
    assert_eq!(report.tools[0].requests, ["host shop.example.com", "secret SHOP_TOKEN"]);
    let placeholders = secrets::list(&world.store.reader(), report.server_id.unwrap()).await.unwrap();
    let (key, hosts) = (&placeholders[0].key, &placeholders[0].hosts);
    assert_eq!((key.as_str(), hosts.as_slice(), placeholders[0].has_value), ("SHOP_TOKEN", &[report.host][..], false));
    assert!(world.published().is_empty());
    for tool in tools {
        let detail = author::get_tool(&world.cat, &world.llm, tool).await.unwrap();
        assert_eq!(detail.newest.state, VersionState::Draft);
    }
    // A human decides, and it is called like any other.
    author::start_server(&world.cat, &world.llm, "shop").await.unwrap();
    let review = world.publish("shop__list_orders").await.review_id;
    world.approve(review).await;
    assert_eq!(world.published(), ["shop__list_orders"]);
}

#[tokio::test]
async fn a_trial_shows_the_code_and_stores_nothing() {
    let world = World::new().await;
    let before = stored(&world).await;
    let report = import(&world, OpenApiImport { dry_run: true, ..wanted("shop", &["order"]) }).await;
    assert!(report.dry_run && report.server_id.is_none(), "{report:?}");
    assert!(report.tools[0].code.contains("json={\"item\": item}"), "{}", report.tools[0].code);
    assert_eq!(stored(&world).await, before);
}

#[tokio::test]
async fn what_is_wrong_with_one_operation_stops_all() {
    let world = World::new().await;
    import(&world, wanted("shop", &["order"])).await;
    let before = stored(&world).await;
    let with = |base_url: &str| OpenApiImport { base_url: Some(base_url.into()), ..wanted("other", &["order"]) };
    for (request, kind, message) in [
        (wanted("shop", &["listOrders", "order"]), FailureKind::Conflict, "shop__order is here already"),
        (wanted("other", &["order", "attach"]), FailureKind::InvalidArguments, "attach: its body is application/pdf"),
        (wanted("other", &["order", "sell"]), FailureKind::InvalidArguments, "no operation 'sell'"),
        (wanted("other", &[]), FailureKind::InvalidArguments, "0 operations are chosen"),
        (wanted("Other!", &["order"]), FailureKind::InvalidArguments, "not a valid server name"),
        (with("/api"), FailureKind::InvalidArguments, "cannot be the base address"),
        (with("http://127.0.0.1:3000"), FailureKind::InvalidArguments, "no tool ever reaches"),
        (
            OpenApiImport { document: "openapi: 3.0.0\npaths: [".into(), ..wanted("other", &["order"]) },
            FailureKind::InvalidArguments,
            "not YAML",
        ),
        (
            OpenApiImport { base_url: Some("https://evil.example.com".into()), ..wanted("shop", &["listOrders"]) },
            FailureKind::Conflict,
            "SHOP_TOKEN that is not bound to evil.example.com",
        ),
    ] {
        let failure = refusal(openapi::import(&world.cat, &world.human, request).await);
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.message.contains(message) && failure.hint.is_some(), "{failure:?}");
        assert_eq!(stored(&world).await, before, "{message}");
    }
}

#[tokio::test]
async fn the_limit_of_tools_on_a_server_holds() {
    let world = World::new().await;
    let storage = Storage { tools_per_server: 1, ..Storage::default() };
    review::set_settings(&world.cat, &world.human, Settings { storage, ..Settings::default() }).await.unwrap();
    let request = wanted("shop", &["listOrders", "order"]);
    let failure = refusal(openapi::import(&world.cat, &world.human, request).await);
    assert_eq!(failure.kind, FailureKind::LimitReached, "{failure:?}");
    assert!(world.cat.snapshot().servers().next().is_none());
}

#[tokio::test]
async fn a_look_stores_nothing_and_says_what_cannot_be() {
    let world = World::new().await;
    let look = openapi::look(&world.human, SHOP.to_owned()).await.unwrap();
    assert_eq!((look.title.as_str(), look.operations.len()), ("Shop", 3));
    assert!(look.operations[2].refused.is_some());
    let document = json!({"swagger": "2.0"}).to_string();
    let failure = refusal(openapi::look(&world.human, document).await);
    assert_eq!((failure.kind, failure.argument.as_deref()), (FailureKind::InvalidArguments, Some("document")));
}
