//! Versions.

use mcpbox_core::{
    paging::PageRequest,
    principal::Actor,
    version::{VersionDecision, VersionState},
};
use mcpbox_store::{StoreError, versions};

use crate::{database::on_both, making};

#[test]
fn a_version_keeps_its_hash_and_the_order_of_its_schemas() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, tool, version) = making::written(&store, "weather").await;
        let read = versions::by_id(&store.reader(), version.id).await.unwrap().unwrap();
        assert_eq!(read, version);
        assert_eq!(read.content.hash(), version.content_hash);
        assert_eq!(
            read.content.input_schema.to_string(),
            r#"{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"integer"}}}"#
        );
        let output = read.content.output_schema.unwrap().to_string();
        assert_eq!(output, r#"{"type":"object","properties":{"z":{},"y":{}}}"#);

        let bare = mcpbox_core::version::Version {
            content: mcpbox_core::version::Content { output_schema: None, ..version.content },
            ..making::version(&tool, 2)
        };
        let tx = store.begin().await.unwrap();
        versions::insert(&tx, &bare).await.unwrap();
        assert_eq!(versions::by_id(&tx, bare.id).await.unwrap(), Some(bare));
    });
}

#[test]
fn what_would_not_be_read_back_exactly_is_refused_where_a_hash_covers_it() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, tool, _) = making::written(&store, "weather").await;
        let mut nul = making::version(&tool, 2);
        nul.content.code.push('\0');
        let tx = store.begin().await.unwrap();
        let refused = versions::insert(&tx, &nul).await;
        assert_eq!(refused.unwrap_err().to_string(), "the code contains a NUL character; remove it");

        // Whether long numbers are read back exactly depends on how the JSON reader was built; both ways are safe.
        let mut refused = 0;
        for number in 2..200 {
            let mut version = making::version(&tool, number);
            let long = 1.0 / f64::from(number) + f64::from(number);
            version.content.input_schema["properties"]["a"]["default"] = serde_json::json!(long);
            version.content_hash = version.content.hash();
            match versions::insert(&tx, &version).await {
                Ok(()) => {
                    let read = versions::by_id(&tx, version.id).await.unwrap().unwrap();
                    assert_eq!(read.content.hash(), version.content_hash, "{long}");
                }
                Err(StoreError::Unstorable { .. }) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(refused < 100, "{refused} of 198");
    });
}

#[test]
fn versions_are_found_by_number_and_hash_and_count_up() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, tool, first) = making::written(&store, "weather").await;
        let (_, other, _) = making::written(&store, "other").await;
        let tx = store.begin().await.unwrap();
        assert_eq!(versions::next_number(&tx, tool.id).await.unwrap(), 2);
        let second = making::version(&tool, 2);
        versions::insert(&tx, &second).await.unwrap();
        assert_eq!(versions::next_number(&tx, tool.id).await.unwrap(), 3);
        assert_eq!(versions::next_number(&tx, making::tool(&making::server("x"), "y").id).await.unwrap(), 1);
        tx.commit().await.unwrap();

        let reader = store.reader();
        assert_eq!(versions::latest(&reader, tool.id).await.unwrap().as_ref(), Some(&second));
        assert_eq!(versions::by_number(&reader, tool.id, 1).await.unwrap().as_ref(), Some(&first));
        assert_eq!(versions::by_number(&reader, tool.id, 3).await.unwrap(), None);
        assert_eq!(versions::by_number(&reader, tool.id, u32::MAX).await.unwrap(), None);
        let same = versions::by_content_hash(&reader, tool.id, &first.content_hash).await.unwrap();
        assert_eq!(same, std::slice::from_ref(&first));
        assert_eq!(versions::by_content_hash(&reader, other.id, &second.content_hash).await.unwrap(), []);
        let list = versions::list(&reader, tool.id, PageRequest::default()).await.unwrap();
        assert_eq!(list.items, [second, first]);
    });
}

#[test]
fn a_version_moves_only_from_the_expected_state() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, _, version) = making::written(&store, "weather").await;
        let decision = VersionDecision { by: Actor::admin("ada"), at: making::later(7), comment: "fine".into() };
        let tx = store.begin().await.unwrap();
        let (draft, pending, approved) = (VersionState::Draft, VersionState::PendingReview, VersionState::Approved);
        assert!(!versions::set_state(&tx, version.id, pending, approved, Some(&decision)).await.unwrap());
        assert_eq!(versions::by_id(&tx, version.id).await.unwrap().as_ref(), Some(&version));
        assert!(versions::set_state(&tx, version.id, draft, pending, None).await.unwrap());
        assert!(versions::set_state(&tx, version.id, pending, approved, Some(&decision)).await.unwrap());
        tx.commit().await.unwrap();
        let read = versions::by_id(&store.reader(), version.id).await.unwrap().unwrap();
        assert_eq!((read.state, read.decision), (approved, Some(decision)));
    });
}

#[test]
fn the_newest_version_of_several_tools_comes_in_one_read() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, one, first) = making::written(&store, "one").await;
        let (_, two, only) = making::written(&store, "two").await;
        let second = making::version(&one, first.number + 1);
        let tx = store.begin().await.unwrap();
        versions::insert(&tx, &second).await.unwrap();
        let mut found = versions::latest_for_tools(&tx, &[one.id, two.id]).await.unwrap();
        found.sort_by_key(|version| version.id);
        let mut expected = vec![second, only];
        expected.sort_by_key(|version| version.id);
        assert_eq!(found, expected);
        assert_eq!(versions::latest_for_tools(&tx, &[]).await.unwrap(), []);
    });
}
