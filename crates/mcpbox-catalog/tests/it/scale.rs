//! Many tools, many at once.

use std::{sync::Arc, time::Instant};

use mcpbox_catalog::{author, listing, review};
use mcpbox_core::{
    capability::{Capability, HostRule},
    grant::GrantScope,
    paging::PageRequest,
};
use serde_json::json;

use crate::support::{ADD, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_tools_on_one_server_are_all_published_listed_and_callable() {
    let world = Arc::new(World::new().await);
    world.server("many").await;
    author::start_server(&world.cat, &world.llm, "many").await.unwrap();
    let started = Instant::now();
    for number in 0..500 {
        world.create("many", &format!("tool_{number:03}"), ADD).await;
        world.approve(world.publish(&format!("many__tool_{number:03}")).await.review_id).await;
    }
    println!("500 tools made, submitted and approved in {:?}", started.elapsed());
    assert_eq!(world.published().len(), 500);
    let mut listed = 0;
    for page in 1..=5 {
        listed +=
            author::list_tools(&world.cat, &world.llm, "many", PageRequest::new(page, 100)).await.unwrap().items.len();
    }
    assert_eq!(listed, 500);
    assert!(world.call("tool_499", json!({"a": 1})).await.result.is_ok());
    let found = listing::search_tools(&world.cat, &world.llm, "tool_250", 5, listing::Detail::Name);
    assert_eq!(found.tools[0].name, "many__tool_250");

    let started = Instant::now();
    world.cat.reload().await.unwrap();
    println!("the whole snapshot of 500 tools reloaded in {:?}", started.elapsed());
    let server = world.cat.snapshot().servers().next().unwrap().id;
    let host = Capability::Host(HostRule::parse("x.example").unwrap());
    let started = Instant::now();
    review::add_grant(&world.cat, &world.human, GrantScope::Server(server), host, "").await.unwrap();
    println!("a grant to a server of 500 tools in {:?}", started.elapsed());
    let started = Instant::now();
    world.create("many", "one_more", ADD).await;
    println!("one more draft beside 500 tools in {:?}", started.elapsed());
    let started = Instant::now();
    author::get_tool_status(&world.cat, &world.llm, "many__one_more").await.unwrap();
    println!("its status in {:?}", started.elapsed());
    let started = Instant::now();
    for _ in 0..100 {
        world.call("many__tool_001", json!({"a": 1})).await.result.unwrap();
    }
    println!("the catalog's part of a call: {:?}", started.elapsed() / 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_made_at_the_same_time_are_all_seen() {
    let world = Arc::new(World::new().await);
    let settings = mcpbox_core::settings::Settings { open_requests_per_client: 100, ..Default::default() };
    review::set_settings(&world.cat, &world.human, settings).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..24 {
        let world = world.clone();
        tasks.push(tokio::spawn(async move {
            let name = format!("s{number}");
            world.live(&name, "add", ADD).await;
            if number % 3 == 0 {
                author::delete_server(&world.cat, &world.llm, &name).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(world.published().len(), 16);
    let before: Vec<String> = world.published();
    world.cat.reload().await.unwrap();
    assert_eq!(world.published(), before, "patched and reloaded snapshots agree");
}

#[tokio::test]
async fn a_restart_finds_everything_as_it_was() {
    let world = World::new().await;
    world.live("s", "add", ADD).await;
    world.create("s", "draft", ADD).await;
    let before = world.published();
    let world = world.restart().await;
    assert_eq!(world.published(), before);
    assert!(world.call("s__add", json!({"a": 1})).await.result.is_ok());
    let drafts = author::list_tools(&world.cat, &world.llm, "s", PageRequest::default()).await.unwrap();
    assert_eq!(drafts.items.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["s__add", "s__draft"]);
}

/// A client that goes away in the middle of a write leaves the snapshot and the database agreeing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_caller_went_away_is_seen_or_undone_as_a_whole() {
    let world = World::new().await;
    for number in 0..40 {
        let request = author::CreateServer { name: format!("s{number}"), description: String::new() };
        let write = author::create_server(&world.cat, &world.llm, request);
        let _ = tokio::time::timeout(std::time::Duration::from_micros(number * 100), write).await;
    }
    world.cat.close().await;
    let seen: Vec<String> = world.cat.snapshot().servers().map(|server| server.name.to_string()).collect();
    world.cat.reload().await.unwrap();
    let stored: Vec<String> = world.cat.snapshot().servers().map(|server| server.name.to_string()).collect();
    assert_eq!(seen, stored);
}
