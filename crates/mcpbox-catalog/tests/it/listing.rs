//! Finding tools.

use mcpbox_catalog::{
    author,
    listing::{self, Detail},
    review,
};
use mcpbox_core::{
    paging::{LogRequest, PageRequest},
    principal::{Principal, Scope},
    review::{ReviewState, Risk},
};

use crate::support::{ADD, FETCH, World, asked};

#[tokio::test]
async fn search_finds_by_name_description_and_parameters_and_only_what_may_be_called() {
    let world = World::new().await;
    world.live("weather", "get", FETCH).await;
    world.live("math", "add", ADD).await;
    let names = |who: &Principal, query: &str| -> Vec<String> {
        let reply = listing::search_tools(&world.cat, who, query, 10, Detail::Summary);
        reply.tools.into_iter().map(|tool| tool.name).collect()
    };
    assert_eq!(names(&world.llm, "weather"), ["weather__get"]);
    assert_eq!(names(&world.llm, "sum of two numbers"), ["math__add"]);
    assert_eq!(names(&world.llm, "city"), ["weather__get"]);
    assert_eq!(names(&world.llm, ""), ["math__add", "weather__get"]);
    let scoped = Principal::Remote { subject: "r".into(), client: None, scopes: vec![Scope::Server("math".into())] };
    assert!(names(&scoped, "weather").is_empty());
    author::stop_server(&world.cat, &world.llm, "weather").await.unwrap();
    assert!(names(&world.llm, "weather").is_empty());
}

#[tokio::test]
async fn the_detail_decides_how_much_is_told() {
    let world = World::new().await;
    world.live("math", "add", ADD).await;
    let found = |detail| listing::search_tools(&world.cat, &world.llm, "add", 1, detail).tools.remove(0);
    let name = found(Detail::Name);
    assert!(name.description.is_none() && name.input_schema.is_none() && name.parameters.is_none());
    let summary = found(Detail::Summary);
    assert_eq!(summary.parameters.unwrap(), ["a", "b?"]);
    assert_eq!(summary.description.as_deref(), Some("Adds two numbers."));
    let schema = found(Detail::Schema);
    assert!(schema.input_schema.unwrap().contains_key("properties") && schema.output_schema.is_some());
}

#[tokio::test]
async fn all_that_waits_is_listed_by_server() {
    let world = World::new().await;
    for server in ["a", "b"] {
        world.server(server).await;
        world.create(server, "fetch", FETCH).await;
    }
    author::create_server_secret(&world.cat, &world.llm, "b", "WEATHER_KEY", "", &[]).await.unwrap();
    let review = world.publish("b__fetch").await.review_id;
    author::request_module(&world.cat, &world.llm, "a__fetch", asked("logging", "to log")).await.unwrap();
    let pending = author::list_pending_requests(&world.cat, &world.llm, PageRequest::default()).await.unwrap();
    let told: Vec<_> = pending
        .servers
        .iter()
        .map(|s| (s.server.as_str(), s.reviews.len(), s.grants.len(), s.secrets_without_value.len()))
        .collect();
    assert_eq!(told, [("a", 1, 0, 0), ("b", 1, 0, 1)]);
    assert_eq!(pending.servers[1].reviews[0].review_id, review);
    world.create("a", "add", ADD).await;
    world.publish("a__add").await;
    let open = review::list(&world.cat, Some(ReviewState::Open), PageRequest::new(1, 1)).await.unwrap();
    assert_eq!((open.total, open.items.len()), (3, 1));
    assert_eq!(
        (open.items[0].tool.as_str(), open.items[0].is_update, open.items[0].risk),
        ("b__fetch", false, Risk::Medium)
    );
}

#[tokio::test]
async fn lists_are_paged() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.server(name).await;
    }
    let page = author::list_servers(&world.cat, &world.llm, PageRequest::new(2, 2)).await.unwrap();
    assert_eq!((page.total, page.pages, page.items.len(), page.items[0].name.as_str()), (3, 2, 1, "c"));
    let audit = listing::audit(&world.cat, &listing::AuditFilter::default(), LogRequest::newest(2)).await.unwrap();
    assert_eq!((audit.next_cursor.as_deref(), audit.items[0].action.as_str()), (Some("2"), "server.create"));
    assert_eq!(listing::verify_audit(&world.cat).await.unwrap(), listing::ChainCheck::Intact { rows: 3 });
}
