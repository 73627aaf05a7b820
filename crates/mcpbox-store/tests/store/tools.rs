//! Servers, tools, versions, and the snapshot that the catalog is built from.

use mcpbox_core::{
    grant::{GrantScope, GrantState},
    name::{ServerName, ToolName},
    paging::PageRequest,
    server::{CodePolicy, ServerStatus},
};
use mcpbox_store::{StoreError, catalog, grants, reviews, secrets, servers, tools, versions};

use crate::{database::on_both, making};

#[test]
fn a_server_is_read_back_as_it_was_written_and_changed() {
    on_both(async |database| {
        let store = database.store().await;
        let mut server = making::server("weather");
        let tx = store.begin().await.unwrap();
        servers::insert(&tx, &server).await.unwrap();
        assert_eq!(servers::by_id(&tx, server.id).await.unwrap().as_ref(), Some(&server));
        tx.commit().await.unwrap();

        server.name = ServerName::parse("forecast").unwrap();
        server.status = ServerStatus::Running;
        server.code_policy = CodePolicy::Standard;
        server.limits.timeout_ms = 100;
        server.updated_at = making::later(9);
        let tx = store.begin().await.unwrap();
        assert!(servers::update(&tx, &server).await.unwrap());
        assert!(!servers::update(&tx, &making::server("unknown")).await.unwrap());
        tx.commit().await.unwrap();

        let reader = store.reader();
        assert_eq!(servers::by_name(&reader, &server.name).await.unwrap(), Some(server));
        assert_eq!(servers::by_name(&reader, &ServerName::parse("weather").unwrap()).await.unwrap(), None);
        assert_eq!(servers::count(&reader).await.unwrap(), 1);
    });
}

#[test]
fn times_are_kept_to_the_microsecond() {
    on_both(async |database| {
        let store = database.store().await;
        let server = mcpbox_core::server::Server { created_at: making::moment(), ..making::server("weather") };
        let tx = store.begin().await.unwrap();
        servers::insert(&tx, &server).await.unwrap();
        tx.commit().await.unwrap();
        let read = servers::by_id(&store.reader(), server.id).await.unwrap().unwrap();
        assert_eq!(read.created_at, making::stored(making::moment()));
    });
}

#[test]
fn a_taken_name_is_a_conflict() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let (other, ..) = making::written(&store, "other").await;

        let tx = store.begin().await.unwrap();
        let taken = servers::insert(&tx, &making::server("weather")).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        drop(tx);
        let tx = store.begin().await.unwrap();
        let taken = servers::update(&tx, &mcpbox_core::server::Server { name: server.name.clone(), ..other }).await;
        assert_eq!(taken.unwrap_err().to_string(), "a server with this name already exists");
        drop(tx);
        let tx = store.begin().await.unwrap();
        let taken = tools::insert(&tx, &making::tool(&server, "add")).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        drop(tx);
        let tx = store.begin().await.unwrap();
        let taken = versions::insert(&tx, &making::version(&tool, version.number)).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        drop(tx);
        let tx = store.begin().await.unwrap();
        let orphan = tools::insert(&tx, &making::tool(&making::server("gone"), "add")).await;
        assert!(matches!(orphan, Err(StoreError::Missing { .. })), "{orphan:?}");
    });
}

#[test]
fn a_dropped_transaction_leaves_nothing() {
    on_both(async |database| {
        let store = database.store().await;
        let server = making::server("weather");
        let tx = store.begin().await.unwrap();
        servers::insert(&tx, &server).await.unwrap();
        drop(tx);
        let tx = store.begin().await.unwrap();
        servers::insert(&tx, &server).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(servers::by_id(&store.reader(), server.id).await.unwrap(), None);
    });
}

#[test]
fn a_tool_is_read_back_as_it_was_written_and_changed() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, mut tool, version) = making::written(&store, "weather").await;
        let (other, ..) = making::written(&store, "other").await;
        tool.name = ToolName::parse("sum").unwrap();
        tool.enabled = false;
        tool.live_version = Some(version.id);
        tool.updated_at = making::later(5);
        let tx = store.begin().await.unwrap();
        assert!(tools::update(&tx, &tool).await.unwrap());
        tx.commit().await.unwrap();

        let reader = store.reader();
        assert_eq!(tools::by_id(&reader, tool.id).await.unwrap().as_ref(), Some(&tool));
        assert_eq!(tools::by_server_and_name(&reader, server.id, &tool.name).await.unwrap().as_ref(), Some(&tool));
        assert_eq!(tools::by_server_and_name(&reader, other.id, &tool.name).await.unwrap(), None);
        assert_eq!(tools::by_server(&reader, server.id, PageRequest::default()).await.unwrap().items, [tool]);
        assert_eq!(tools::list(&reader, PageRequest::default()).await.unwrap().total, 2);
        assert_eq!(tools::count(&reader).await.unwrap(), 2);
        assert_eq!(tools::count_by_server(&reader, server.id).await.unwrap(), 1);
    });
}

#[test]
fn lists_are_paged_in_order() {
    on_both(async |database| {
        let store = database.store().await;
        let server = making::server("weather");
        let tx = store.begin().await.unwrap();
        servers::insert(&tx, &server).await.unwrap();
        for number in [3, 1, 5, 2, 4] {
            tools::insert(&tx, &making::tool(&server, &format!("tool{number}"))).await.unwrap();
        }
        tx.commit().await.unwrap();
        let page = tools::by_server(&store.reader(), server.id, PageRequest::new(2, 2)).await.unwrap();
        let names: Vec<_> = page.items.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!((names, page.total, page.pages), (vec!["tool3", "tool4"], 5, 3));
    });
}

#[test]
fn deleting_a_server_takes_what_belongs_to_it_and_nothing_else() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let (_, kept, _) = making::written(&store, "other").await;
        let everywhere = making::grant(GrantScope::Everywhere, making::host("x.de"));
        let review = making::review(&version);
        let secret = making::secret(&server, "API_KEY");
        let tx = store.begin().await.unwrap();
        for scope in [GrantScope::Tool(tool.id), GrantScope::Server(server.id)] {
            grants::insert(&tx, &making::grant(scope, making::host("x.de"))).await.unwrap();
        }
        grants::insert(&tx, &everywhere).await.unwrap();
        reviews::insert(&tx, &review).await.unwrap();
        secrets::insert(&tx, &secret).await.unwrap();
        tx.commit().await.unwrap();

        let tx = store.begin().await.unwrap();
        assert!(servers::delete(&tx, server.id).await.unwrap());
        assert!(!servers::delete(&tx, server.id).await.unwrap());
        tx.commit().await.unwrap();
        let reader = store.reader();
        assert_eq!(tools::by_id(&reader, tool.id).await.unwrap(), None);
        assert_eq!(versions::by_id(&reader, version.id).await.unwrap(), None);
        assert_eq!(reviews::by_id(&reader, review.id).await.unwrap(), None);
        assert_eq!(secrets::by_id(&reader, secret.id).await.unwrap(), None);
        let left = grants::list(&reader, &grants::GrantFilter::default(), PageRequest::default()).await.unwrap();
        assert_eq!(left.items, [everywhere]);
        assert_eq!(tools::by_id(&reader, kept.id).await.unwrap(), Some(kept.clone()));

        let tx = store.begin().await.unwrap();
        assert!(tools::delete(&tx, kept.id).await.unwrap());
        assert_eq!(versions::latest(&tx, kept.id).await.unwrap(), None);
    });
}

#[test]
fn the_snapshot_holds_live_versions_and_approved_grants_only() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, mut tool, version) = making::written(&store, "weather").await;
        let (idle_server, idle, _) = making::written(&store, "idle").await;
        let mut approved = making::grant(GrantScope::Tool(tool.id), making::host("x.de"));
        approved.state = GrantState::Approved;
        tool.live_version = Some(version.id);
        let tx = store.begin().await.unwrap();
        versions::insert(&tx, &making::version(&tool, 2)).await.unwrap();
        tools::update(&tx, &tool).await.unwrap();
        grants::insert(&tx, &approved).await.unwrap();
        grants::insert(&tx, &making::grant(GrantScope::Everywhere, making::host("y.de"))).await.unwrap();
        let inside = catalog::load_snapshot(&tx).await.unwrap();
        tx.commit().await.unwrap();

        let snapshot = catalog::load_snapshot(&store.reader()).await.unwrap();
        assert_eq!(snapshot, inside);
        assert_eq!(snapshot.servers, [idle_server, server]);
        let mut expected = [tool, idle];
        expected.sort_by_key(|tool| tool.id);
        assert_eq!(snapshot.tools, expected);
        assert_eq!(snapshot.live_versions, [version]);
        assert_eq!(snapshot.approved_grants, [approved]);
    });
}
