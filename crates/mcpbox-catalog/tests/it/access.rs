//! Remote clients: their tokens, what they see, and how they stand in records.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_catalog::{
    access::pat::{self, NewToken},
    author,
    call::call_tool,
    listing::{self, AuditFilter, CallFilter, Detail},
};
use mcpbox_core::{
    execute::Unobserved,
    failure::FailureKind,
    paging::{LogRequest, PageRequest},
    principal::{Principal, Scope},
};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::{ADD, World, object, refusal};

fn new(name: &str, scopes: &[&str]) -> NewToken {
    NewToken {
        name: name.into(),
        scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
        expires_at: None,
    }
}

async fn token(world: &World, name: &str, scopes: &[&str]) -> (String, Principal) {
    let made = pat::create(&world.cat, &world.human, new(name, scopes)).await.unwrap();
    let secret = made.secret.expose_secret().to_owned();
    let principal = pat::principal_of(&world.cat, &secret).unwrap();
    (secret, principal)
}

#[tokio::test]
async fn a_token_is_its_makers_client_until_it_ends_or_is_revoked() {
    let world = World::new().await;
    let end = world.cat.now() + TimeDelta::days(30);
    let request = NewToken { expires_at: Some(end), ..new("laptop", &["mcp:tools", "mcp:tools"]) };
    let made = pat::create(&world.cat, &world.human, request).await.unwrap();
    let secret = made.secret.expose_secret();
    assert!(secret.starts_with("mcpb_pat_") && secret.len() == 9 + 64, "{} characters", secret.len());
    let expected =
        Principal::Remote { subject: "anna".into(), client: Some("laptop".into()), scopes: vec![Scope::Tools] };
    assert_eq!(pat::principal_of(&world.cat, secret), Some(expected));
    for wrong in ["", "mcpb_pat_", &secret[..secret.len() - 1], &secret[9..], &secret.to_uppercase()] {
        assert_eq!(pat::principal_of(&world.cat, wrong), None, "{wrong}");
    }
    // It outlives a restart, and ends to the second.
    let world = world.restart().await;
    world.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert!(pat::principal_of(&world.cat, secret).is_some());
    world.clock.advance(TimeDelta::seconds(1));
    assert!(pat::principal_of(&world.cat, secret).is_none());

    let (other, _) = token(&world, "phone", &["mcp:tools"]).await;
    let id = pat::list(&world.cat).await.unwrap().into_iter().find(|token| token.name == "phone").unwrap().id;
    pat::revoke(&world.cat, &world.human, id).await.unwrap();
    assert!(pat::principal_of(&world.cat, &other).is_none());
    assert_eq!(refusal(pat::revoke(&world.cat, &world.human, id).await).kind, FailureKind::NotFound);
    let filter = AuditFilter { action: Some("token.".into()), ..AuditFilter::default() };
    let rows = listing::audit(&world.cat, &filter, LogRequest::new(None, 10)).await.unwrap().items;
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["token.revoke", "token.create", "token.create"]);
    assert!(!format!("{rows:?}").contains(secret) && !format!("{rows:?}").contains(&other));
}

#[tokio::test]
async fn a_token_that_would_open_nothing_or_everything_by_mistake_is_not_made() {
    let world = World::new().await;
    let past = NewToken { expires_at: Some(world.cat.now()), ..new("x", &["mcp:tools"]) };
    let cases = [
        (new("", &["mcp:tools"]), FailureKind::InvalidArguments),
        (new("a\nb", &["mcp:tools"]), FailureKind::InvalidArguments),
        (new(&"x".repeat(61), &["mcp:tools"]), FailureKind::InvalidArguments),
        (new("x", &[]), FailureKind::InvalidArguments),
        (new("x", &["server:nowhere"]), FailureKind::NotFound),
        (past, FailureKind::InvalidArguments),
    ];
    for (request, kind) in cases {
        let shown = format!("{request:?}");
        assert_eq!(refusal(pat::create(&world.cat, &world.human, request).await).kind, kind, "{shown}");
    }
    pat::create(&world.cat, &world.human, new("x", &["mcp:tools"])).await.unwrap();
    let again = pat::create(&world.cat, &world.human, new("x", &["mcp:tools"])).await;
    assert_eq!(refusal(again).kind, FailureKind::Conflict);
}

#[tokio::test]
async fn the_last_use_is_written_once_a_minute() {
    let world = World::new().await;
    let (secret, _) = token(&world, "laptop", &["mcp:tools"]).await;
    let first = world.cat.now();
    world.clock.advance(TimeDelta::seconds(59));
    pat::principal_of(&world.cat, &secret).unwrap();
    let world = world.restart().await;
    assert_eq!(pat::list(&world.cat).await.unwrap()[0].last_used_at, Some(first));
    world.clock.advance(TimeDelta::seconds(1));
    pat::principal_of(&world.cat, &secret).unwrap();
    let later = world.cat.now();
    let world = world.restart().await;
    assert_eq!(pat::list(&world.cat).await.unwrap()[0].last_used_at, Some(later));
}

#[tokio::test]
async fn what_is_on_other_servers_is_answered_like_what_does_not_exist() {
    let world = World::new().await;
    world.live("mine", "add", ADD).await;
    world.live("hidden", "add", ADD).await;
    world.live("hidden", "secret_sum", ADD).await;
    let (_, who) = token(&world, "laptop", &["mcp:author", "server:mine"]).await;
    let page = PageRequest::default;
    // What is hidden, and what is not there, by name and by id.
    let hidden = author::get_tool(&world.cat, &world.llm, "hidden__secret_sum").await.unwrap();
    let names = ["hidden__secret_sum", "hidden__nothing", "secret_sum", &hidden.tool.id.to_string()];
    for name in names {
        let failures = [
            refusal(author::get_tool(&world.cat, &who, name).await),
            refusal(author::get_tool_status(&world.cat, &who, name).await),
            refusal(author::get_tool_logs(&world.cat, &who, name, page()).await),
            refusal(author::list_tool_versions(&world.cat, &who, name, page()).await),
            refusal(author::rollback_tool(&world.cat, &who, name, 1).await),
            refusal(author::request_publish(&world.cat, &who, name, "").await),
            call_tool(&world.cat, &who, name, object(json!({"a": 1})), Arc::new(Unobserved)).await.result.unwrap_err(),
        ];
        for failure in failures {
            assert_eq!(failure.kind, FailureKind::NotFound, "{name}: {failure}");
            let told = format!("{failure:?}").replace(name, "");
            assert!(!told.contains("hidden"), "{name}: {told}");
        }
    }
    for server in ["hidden", "nowhere", &hidden.tool.server_id.to_string()] {
        let failures = [
            refusal(author::get_server(&world.cat, &who, server).await),
            refusal(author::list_tools(&world.cat, &who, server, page()).await),
            refusal(author::stop_server(&world.cat, &who, server).await),
            refusal(author::list_server_secrets(&world.cat, &who, server).await),
        ];
        for failure in failures {
            assert_eq!(failure.kind, FailureKind::NotFound, "{server}: {failure}");
            assert!(!format!("{failure:?}").replace(server, "").contains("hidden"), "{failure:?}");
        }
    }
    // A bare name means the one tool that is seen.
    assert_eq!(author::get_tool(&world.cat, &who, "add").await.unwrap().published_name, "mine__add");
    let servers = author::list_servers(&world.cat, &who, page()).await.unwrap();
    assert_eq!(servers.items.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["mine"]);
    assert_eq!(servers.total, 1);
    let found = listing::search_tools(&world.cat, &who, "adds", 50, Detail::Name);
    assert_eq!((found.tools.len(), found.searched), (1, 1));
    let request = author::CreateServer { name: "another".into(), description: String::new() };
    assert_eq!(refusal(author::create_server(&world.cat, &who, request).await).kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn what_waits_and_what_is_granted_elsewhere_is_not_told() {
    let world = World::new().await;
    for server in ["mine", "hidden"] {
        world.server(server).await;
        author::create_server_secret(&world.cat, &world.llm, server, "API_KEY", "", &[]).await.unwrap();
    }
    let (_, who) = token(&world, "laptop", &["mcp:author", "server:mine"]).await;
    let waiting = author::list_pending_requests(&world.cat, &who, PageRequest::default()).await.unwrap();
    assert_eq!(waiting.servers.iter().map(|of| of.server.as_str()).collect::<Vec<_>>(), ["mine"]);
    assert_eq!(waiting.total, 1);
    let all = author::list_pending_requests(&world.cat, &world.llm, PageRequest::default()).await.unwrap();
    assert_eq!(all.total, 2);
}

#[tokio::test]
async fn records_name_the_client_and_the_human_and_a_remote_client_reads_only_its_humans_runs() {
    let world = World::new().await;
    let tool = world.live("s", "add", ADD).await;
    let (_, who) = token(&world, "laptop", &["mcp:tools", "mcp:author"]).await;
    let somebody = Principal::Remote {
        subject: "bob".into(),
        client: Some("laptop".into()),
        scopes: vec![Scope::Tools, Scope::Author],
    };
    for caller in [&world.llm, &who, &somebody] {
        call_tool(&world.cat, caller, &tool, object(json!({"a": 1})), Arc::new(Unobserved)).await.result.unwrap();
        world.clock.advance(TimeDelta::seconds(1));
    }
    let world = world.restart().await;
    let runs = async |filter: CallFilter| {
        let page = listing::calls(&world.cat, &filter, LogRequest::new(None, 10)).await.unwrap();
        page.items.into_iter().map(|run| run.actor.full_name()).collect::<Vec<_>>()
    };
    assert_eq!(runs(CallFilter::default()).await, ["laptop for bob", "laptop for anna", "test client"]);
    let of = |human: &str| CallFilter { human: Some(human.into()), ..CallFilter::default() };
    assert_eq!(runs(of("anna")).await, ["laptop for anna"]);
    assert_eq!(runs(CallFilter { principal: Some("laptop".into()), ..of("bob") }).await, ["laptop for bob"]);
    assert_eq!(runs(CallFilter { text: Some("ANNA".into()), ..CallFilter::default() }).await, ["laptop for anna"]);

    let own = author::get_tool_logs(&world.cat, &who, &tool, PageRequest::default()).await.unwrap();
    assert_eq!((own.total, own.runs[0].actor.on_behalf_of.as_deref()), (1, Some("anna")));
    assert_eq!(author::get_tool_logs(&world.cat, &world.llm, &tool, PageRequest::default()).await.unwrap().total, 3);

    let request = author::CreateServer { name: "made".into(), description: String::new() };
    author::create_server(&world.cat, &who, request).await.unwrap();
    let by = |human: &str| AuditFilter {
        human: Some(human.into()),
        action: Some("server.".into()),
        ..AuditFilter::default()
    };
    let rows = listing::audit(&world.cat, &by("anna"), LogRequest::new(None, 10)).await.unwrap().items;
    assert_eq!(rows[0].actor.full_name(), "laptop for anna");
    assert!(listing::audit(&world.cat, &by("bob"), LogRequest::new(None, 10)).await.unwrap().items.is_empty());
    assert!(matches!(listing::verify_audit(&world.cat).await.unwrap(), listing::ChainCheck::Intact { .. }));
}
