//! The call log: it keeps runs as they were, finds them, and forgets the old ones.

use mcpbox_core::{
    call::{CallRecord, Profile, Trial},
    failure::{Failure, FailureKind},
    ids::CallId,
    paging::LogRequest,
    principal::Actor,
    regression::Regression,
};
use mcpbox_store::{
    Store, StoreError,
    calls::{self, CallCounts, CallFilter},
    regressions, reviews, servers, tools,
};
use serde_json::Value;

use crate::{database::on_both, making};

async fn insert(store: &Store, records: &[CallRecord]) {
    let tx = store.begin_log().await.unwrap();
    calls::insert_many(&tx, records).await.unwrap();
    tx.commit().await.unwrap();
}

#[test]
fn a_record_is_read_back_as_it_was_written_even_when_its_tool_is_gone() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let good = making::call(&server, &tool, &version);
        let failure = Failure { line: Some(3), ..Failure::new(FailureKind::Exception, "bad \0 byte") };
        let failure = failure.hint("look").next("mcpbox_get_logs", serde_json::json!({"z": 1, "a": 2}));
        let bad = CallRecord {
            id: CallId::generate(),
            result: Value::Null,
            failure: Some(failure),
            ..making::call(&server, &tool, &version)
        };
        insert(&store, &[good.clone(), bad.clone()]).await;
        let tx = store.begin().await.unwrap();
        servers::delete(&tx, server.id).await.unwrap();
        tx.commit().await.unwrap();

        let reader = store.reader();
        let read = calls::by_id(&reader, good.id).await.unwrap().unwrap();
        assert_eq!(read.result.to_string(), good.result.to_string());
        assert_eq!(read, good);
        assert_eq!(calls::by_id(&reader, bad.id).await.unwrap(), Some(bad));
    });
}

#[test]
fn what_a_tool_prints_is_kept_without_nul() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let actor = Actor { name: "cli\0ent".into(), ..making::llm() };
        let call = CallRecord { stdout: "a\0b".into(), actor, ..making::call(&server, &tool, &version) };
        insert(&store, std::slice::from_ref(&call)).await;
        let read = calls::by_id(&store.reader(), call.id).await.unwrap().unwrap();
        assert_eq!((read.stdout.as_str(), read.actor.name.as_str()), ("a\u{FFFD}b", "cli\u{FFFD}ent"));
    });
}

#[test]
fn a_batch_may_be_written_again_after_a_failure() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let records: Vec<_> = (0..1_234).map(|_| making::call(&server, &tool, &version)).collect();
        insert(&store, &records[..700]).await;
        insert(&store, &records).await;
        insert(&store, &[]).await;
        let counts = calls::counts(&store.reader(), &CallFilter::default()).await.unwrap();
        assert_eq!(counts, CallCounts { total: 1_234, failed: 0 });
    });
}

#[test]
fn records_are_found_by_every_filter_newest_first() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let (other_server, other_tool, other_version) = making::written(&store, "other").await;
        let base = making::call(&server, &tool, &version);
        let newest = CallRecord { id: CallId::generate(), started_at: making::later(20), ..base.clone() };
        let failed = CallRecord {
            id: CallId::generate(),
            started_at: making::later(10),
            failure: Some(Failure::new(FailureKind::Timeout, "slow")),
            actor: Actor::admin("ada"),
            profile: Profile::Quarantine,
            ..base.clone()
        };
        let foreign = making::call(&other_server, &other_tool, &other_version);
        let foreign = CallRecord { started_at: making::later(-10), parent_id: Some(newest.id), ..foreign };
        let all = [newest.clone(), failed.clone(), base.clone(), foreign.clone()];
        insert(&store, &all).await;

        let none = CallFilter::default();
        let cases = [
            (none.clone(), vec![newest.id, failed.id, base.id, foreign.id]),
            (CallFilter { server: Some(other_server.id), ..none.clone() }, vec![foreign.id]),
            (CallFilter { tool: Some(tool.id), ..none.clone() }, vec![newest.id, failed.id, base.id]),
            (CallFilter { version: Some(other_version.id), ..none.clone() }, vec![foreign.id]),
            (CallFilter { profile: Some(Profile::Quarantine), ..none.clone() }, vec![failed.id]),
            (CallFilter { failed: Some(true), ..none.clone() }, vec![failed.id]),
            (CallFilter { failed: Some(false), ..none.clone() }, vec![newest.id, base.id, foreign.id]),
            (CallFilter { parent: Some(newest.id), ..none.clone() }, vec![foreign.id]),
            (CallFilter { principal: Some("ada".into()), ..none.clone() }, vec![failed.id]),
            (CallFilter { since: Some(failed.started_at), ..none.clone() }, vec![newest.id, failed.id]),
            (CallFilter { until: Some(failed.started_at), ..none.clone() }, vec![base.id, foreign.id]),
            (CallFilter { tool: Some(tool.id), principal: Some("nobody".into()), ..none.clone() }, vec![]),
        ];
        for (filter, expected) in cases {
            let page = calls::list(&store.reader(), &filter, LogRequest::newest(100)).await.unwrap();
            let found: Vec<_> = page.items.iter().map(|call| call.id).collect();
            assert_eq!(found, expected, "{filter:?}");
            let counts = calls::counts(&store.reader(), &filter).await.unwrap();
            let failures = expected.iter().filter(|id| **id == failed.id).count() as u64;
            assert_eq!(counts, CallCounts { total: expected.len() as u64, failed: failures }, "{filter:?}");
        }
        assert_eq!(calls::evidence_for_version(&store.reader(), version.id).await.unwrap(), [failed]);
    });
}

#[test]
fn old_records_go_but_the_evidence_of_a_version_stays() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let (_, _, other_version) = making::written(&store, "other").await;
        let evidence = making::test(&server, &tool, &other_version);
        let young = CallRecord { started_at: making::later(60), ..making::call(&server, &tool, &version) };
        let mut records: Vec<_> = (0..2_100).map(|_| making::call(&server, &tool, &version)).collect();
        records.extend([evidence.clone(), young.clone()]);
        insert(&store, &records).await;

        assert_eq!(calls::delete_older_than(&store, making::later(60)).await.unwrap(), 2_100);
        assert_eq!(calls::delete_older_than(&store, making::later(60)).await.unwrap(), 0);
        let left = calls::list(&store.reader(), &CallFilter::default(), LogRequest::newest(100)).await.unwrap();
        assert_eq!(left.items, [young, evidence]);
    });
}

#[test]
fn evidence_comes_back_whole_is_bounded_and_goes_with_its_tool() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let example = making::test(&server, &tool, &version);
        let call = making::call(&server, &tool, &version);
        insert(&store, &[example.clone(), call.clone()]).await;
        let tx = store.begin().await.unwrap();
        assert!(calls::set_example(&tx, &example, true).await.unwrap());
        tx.commit().await.unwrap();
        let marked = |record: &CallRecord, is_example| {
            let trial = record.trial.clone().map(|trial| Trial { is_example, ..trial });
            CallRecord { trial, ..record.clone() }
        };
        let reader = store.reader();
        assert_eq!(calls::examples_of_version(&reader, version.id).await.unwrap(), [marked(&example, true)]);
        let younger =
            |seconds| CallRecord { started_at: making::later(seconds), ..making::test(&server, &tool, &version) };
        let others: Vec<_> = (1..=60).map(younger).collect();
        insert(&store, &others).await;
        let tx = store.begin().await.unwrap();
        assert_eq!(calls::trim_evidence(&tx, version.id).await.unwrap(), 10);
        assert_eq!(calls::trim_evidence(&tx, version.id).await.unwrap(), 0);
        tx.commit().await.unwrap();
        let kept = calls::evidence_for_version(&reader, version.id).await.unwrap();
        let (newest, oldest): (&CallRecord, &CallRecord) = (&kept[0], &kept[50]);
        assert_eq!(
            (kept.len(), newest, oldest),
            (51, &others[59], &marked(&example, true)),
            "the newest and the example"
        );

        let tx = store.begin().await.unwrap();
        assert!(tools::delete(&tx, tool.id).await.unwrap());
        tx.commit().await.unwrap();
        let left = calls::list(&reader, &CallFilter::default(), LogRequest::newest(100)).await.unwrap();
        assert_eq!(left.items, [call], "calls outlive the tool, tests do not");
    });
}

#[test]
fn what_came_of_repeating_examples_is_replaced_and_goes_with_its_review() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, _, version) = making::written(&store, "weather").await;
        let review = making::review(&version);
        let begun = Regression {
            version_id: version.id,
            against: version.id,
            against_number: 1,
            comparisons: Vec::new(),
            started_at: making::moment(),
            finished_at: None,
        };
        let finished = Regression { finished_at: Some(making::later(1)), ..begun.clone() };
        let tx = store.begin().await.unwrap();
        assert!(matches!(regressions::put(&tx, review.id, &begun).await, Err(StoreError::Missing { .. })));
        tx.rollback().await.unwrap();
        let tx = store.begin().await.unwrap();
        reviews::insert(&tx, &review).await.unwrap();
        for regression in [&begun, &finished] {
            regressions::put(&tx, review.id, regression).await.unwrap();
            assert_eq!(regressions::of_review(&tx, review.id).await.unwrap().as_ref(), Some(regression));
        }
        assert!(servers::delete(&tx, server.id).await.unwrap());
        assert_eq!(regressions::of_review(&tx, review.id).await.unwrap(), None);
        tx.commit().await.unwrap();
    });
}
