//! Nothing an LLM can do approves anything, and nothing is written without an audit row.

use std::{path::Path, sync::Arc};

use mcpbox_catalog::{author, listing};
use mcpbox_core::{
    execute::Unobserved, grant::GrantState, paging::PageRequest, principal::Principal, version::VersionState,
};
use serde_json::{Map, json};

use crate::support::{ADD, FETCH, World, asked};

/// Runs every function of `author` that writes, twice over, whatever it answers.
async fn do_everything_an_llm_can(world: &World, llm: &Principal) {
    let cat = &world.cat;
    let tool = "s__fetch";
    let test = |arguments: Map<_, _>| author::TestCode { tool: tool.into(), arguments, ..Default::default() };
    for round in 0..2 {
        let server = author::CreateServer { name: "s".into(), description: String::new() };
        let _ = author::create_server(cat, llm, server).await;
        let code = author::CreateTool {
            server: "s".into(),
            name: "fetch".into(),
            python_code: FETCH.into(),
            description: None,
        };
        let _ = author::create_tool(cat, llm, code).await;
        let _ = author::start_server(cat, llm, "s").await;
        let _ = author::create_server_secret(cat, llm, "s", "WEATHER_KEY", "", &[]).await;
        let _ = author::request_module(cat, llm, tool, asked("logging", "please")).await;
        let _ = author::request_network_access(cat, llm, tool, "api.weather.example", "please", None).await;
        let _ = author::test_code(
            cat,
            llm,
            test(Map::from_iter([("city".to_owned(), json!("Bern"))])),
            Arc::new(Unobserved),
        )
        .await;
        let _ = author::request_publish(cat, llm, tool, "I approve this myself").await;
        let _ = author::request_network_access(cat, llm, tool, "other.example", "please", None).await;
        let update = author::UpdateTool {
            tool: tool.into(),
            name: Some(format!("fetch{round}")),
            description: Some("approved".into()),
            python_code: Some(ADD.into()),
            enabled: Some(true),
        };
        let _ = author::update_tool(cat, llm, update).await;
        let _ = author::rollback_tool(cat, llm, "s__fetch0", 1).await;
        let _ = author::request_publish(cat, llm, "s__fetch0", "").await;
        let _ = author::request_publish(cat, llm, "s__fetch1", "").await;
        let script = author::RunCode {
            code: "async def main():\n    return await tools.s.fetch(city='Bern')\n".into(),
            arguments: Map::new(),
            count: Arc::new(|_| Ok(())),
        };
        let _ = author::run_code(cat, llm, script, Arc::new(Unobserved)).await;
        let _ = author::make_sample(cat, llm).await;
        let _ = author::stop_server(cat, llm, "s").await;
        let _ = author::start_server(cat, llm, "s").await;
    }
}

#[tokio::test]
async fn no_author_function_approves_or_publishes_anything() {
    let world = World::new().await;
    do_everything_an_llm_can(&world, &world.llm).await;
    let tools = author::list_tools(&world.cat, &world.llm, "s", PageRequest::default()).await.unwrap();
    assert!(tools.items.iter().any(|tool| tool.newest_version >= 4), "the walk must really write: {tools:?}");
    for tool in tools.items {
        assert!(tool.live_version.is_none() && !tool.published);
        let versions = author::list_tool_versions(&world.cat, &world.llm, &tool.name, PageRequest::default())
            .await
            .unwrap()
            .versions;
        assert!(versions.iter().all(|version| version.state != VersionState::Approved), "{versions:?}");
    }
    let grants = listing::grants(&world.cat, &listing::GrantFilter::default(), PageRequest::new(1, 100)).await.unwrap();
    assert!(
        !grants.items.is_empty() && grants.items.iter().all(|grant| grant.state == GrantState::Pending),
        "{grants:?}"
    );
    assert!(world.published().is_empty());
    assert!(
        matches!(listing::verify_audit(&world.cat).await.unwrap(), listing::ChainCheck::Intact { rows } if rows > 10)
    );
}

/// Fails for a new function of `author` until the walk above does it, or it is listed as one that only reads.
#[test]
fn the_walk_covers_every_author_function_that_writes() {
    const READ: &[&str] = &[
        "get_server",
        "get_server_modules",
        "get_tool",
        "get_tool_logs",
        "get_tool_status",
        "list_pending_requests",
        "list_all_tools",
        "list_server_secrets",
        "list_servers",
        "list_tool_versions",
        "list_tools",
        "validate_code",
    ];
    const DELETE: &[&str] = &["delete_server", "delete_tool"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/author");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    let walk: String = include_str!("nobody_but_a_human.rs").split_whitespace().collect();
    let mut functions = 0;
    for (file, text) in &files {
        for name in text.split("pub async fn ").skip(1).filter_map(|rest| rest.split('(').next()) {
            functions += 1;
            let is_known =
                READ.contains(&name) || DELETE.contains(&name) || walk.contains(&format!("author::{name}(cat"));
            assert!(is_known, "{name} of {file} is neither walked nor listed");
        }
    }
    assert!(functions >= 24, "only {functions} functions were found");
}

/// The sources: only `review/decide.rs` moves a version by approval or decides a review, only `review/` writes approved
/// grants (what expires is only ended), and only `session.rs` and its `proven.rs` make a `Reviewer`.
#[test]
fn the_words_that_approve_stand_only_where_a_reviewer_is_needed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rules: &[(&str, &[&str])] = &[
        ("VersionEvent::Approve", &["review/decide.rs"]),
        ("reviews::decide(", &["review/decide.rs"]),
        ("GrantEvent::Approve", &["review/settle.rs", "review/grant.rs"]),
        ("grants::set_state(", &["review/settle.rs", "review/grant.rs"]),
        ("decided_by: Some(", &["review/settle.rs", "review/grant.rs"]),
        ("secrets::set_value(", &["review/secret.rs"]),
        // A rule decides beside a human, never as one, and only its engine makes what that takes.
        ("Ruling {", &["policy/engine.rs"]),
        ("approve_by_rule(", &["policy/engine.rs", "review/decide.rs"]),
        ("reviews::revoke(", &["review/revoke.rs"]),
        ("VersionEvent::Revoke", &["review/revoke.rs"]),
        ("settings::save(", &["review/policy.rs"]),
        // Only a checked proof makes somebody, and only their role makes a reviewer or an admin of them.
        ("SignedIn::new(", &["session.rs"]),
        ("Self { user_id: user.id, username: user.username, role", &["session/proven.rs"]),
        ("Reviewer(self", &["session/proven.rs"]),
        ("map(Reviewer)", &["session/proven.rs"]),
        ("Admin(", &["session/proven.rs"]),
    ];
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    assert!(files.len() > 25, "the sources are read");
    for (word, allowed) in rules {
        let found: Vec<&str> =
            files.iter().filter(|(_, text)| text.contains(word)).map(|(name, _)| name.as_str()).collect();
        let stray: Vec<&&str> = found.iter().filter(|name| !allowed.contains(name)).collect();
        assert!(stray.is_empty(), "'{word}' stands in {stray:?}");
        assert!(!found.is_empty(), "'{word}' stands nowhere: the rule checks nothing");
    }
}

fn collect(root: &Path, directory: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}
