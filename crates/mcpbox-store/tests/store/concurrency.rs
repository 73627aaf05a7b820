//! Many at once: writers wait for each other and none is refused; readers never wait; the snapshot is fast.

use std::time::{Duration, Instant};

use mcpbox_core::{
    capability::Capability,
    grant::{Grant, GrantScope, GrantState},
    paging::PageRequest,
    version::VersionState,
};
use mcpbox_store::{audit, audit::ChainCheck, calls, catalog, grants, servers, tools, versions};

use crate::{database::on_both, making};

#[test]
fn concurrent_writers_all_succeed_and_number_without_gaps() {
    on_both(async |database| {
        // Two stores on one database, as two processes have.
        let stores = [database.store().await, database.store().await];
        let (server, tool, version) = making::written(&stores[0], "weather").await;
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..24_usize {
            let (store, tool) = (stores[number % 2].clone(), tool.clone());
            let record = making::call(&server, &tool, &version);
            writers.spawn(async move {
                for _ in 0..5 {
                    let tx = store.begin().await.unwrap();
                    let next = versions::next_number(&tx, tool.id).await.unwrap();
                    versions::insert(&tx, &making::version(&tool, next)).await.unwrap();
                    audit::append(&tx, making::entry("tool"), making::moment()).await.unwrap();
                    tx.commit().await.unwrap();
                    let tx = store.begin_log().await.unwrap();
                    calls::insert_many(&tx, std::slice::from_ref(&record)).await.unwrap();
                    tx.commit().await.unwrap();
                }
            });
        }
        while let Some(writer) = writers.join_next().await {
            writer.unwrap();
        }
        let reader = stores[1].reader();
        let list = versions::list(&reader, tool.id, PageRequest::new(1, 1)).await.unwrap();
        assert_eq!((list.items[0].number, list.total), (121, 121));
        assert_eq!(audit::verify(&reader).await.unwrap(), ChainCheck::Intact { rows: 120 });
    });
}

#[test]
fn readers_do_not_wait_for_a_writer_and_do_not_see_its_half_done_work() {
    on_both(async |database| {
        let store = database.store().await;
        let tx = store.begin().await.unwrap();
        servers::insert(&tx, &making::server("weather")).await.unwrap();
        let reader = store.reader();
        let count = tokio::time::timeout(Duration::from_secs(5), servers::count(&reader)).await.unwrap().unwrap();
        assert_eq!(count, 0);
        tx.commit().await.unwrap();
        assert_eq!(servers::count(&reader).await.unwrap(), 1);
    });
}

#[test]
fn a_cancelled_writer_gives_its_turn_back() {
    on_both(async |database| {
        let store = database.store().await;
        let held = store.begin().await.unwrap();
        let waiting = store.clone();
        let waiting = tokio::spawn(async move { waiting.begin().await.map(drop) });
        tokio::task::yield_now().await;
        waiting.abort();
        drop(held);
        let tx = tokio::time::timeout(Duration::from_secs(10), store.begin()).await.unwrap().unwrap();
        servers::insert(&tx, &making::server("weather")).await.unwrap();
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_snapshot_of_500_tools_loads_at_once() {
    on_both(async |database| {
        let store = database.store().await;
        let server = making::server("weather");
        let tx = store.begin().await.unwrap();
        servers::insert(&tx, &server).await.unwrap();
        for number in 0..500 {
            let mut tool = making::tool(&server, &format!("tool{number}"));
            let mut version = making::version(&tool, 1);
            version.state = VersionState::Approved;
            tools::insert(&tx, &tool).await.unwrap();
            versions::insert(&tx, &version).await.unwrap();
            versions::insert(&tx, &making::version(&tool, 2)).await.unwrap();
            tool.live_version = Some(version.id);
            tools::update(&tx, &tool).await.unwrap();
            let module = Capability::Module { name: "math".into() };
            let grant = Grant { state: GrantState::Approved, ..making::grant(GrantScope::Tool(tool.id), module) };
            grants::insert(&tx, &grant).await.unwrap();
        }
        tx.commit().await.unwrap();

        let begin = Instant::now();
        let snapshot = catalog::load_snapshot(&store.reader()).await.unwrap();
        let took = begin.elapsed();
        eprintln!("snapshot of 500 tools on {:?}: {took:?}", database.backend());
        let sizes = (snapshot.tools.len(), snapshot.live_versions.len(), snapshot.approved_grants.len());
        assert_eq!(sizes, (500, 500, 500));
        assert!(snapshot.live_versions.iter().all(|version| version.content.hash() == version.content_hash));
        assert!(took < Duration::from_secs(2), "{took:?}");
    });
}
