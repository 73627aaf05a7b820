//! Asking for packages one by one.

use mcpbox_catalog::{author, review};
use mcpbox_core::{
    capability::Capability, execute::Environment, failure::FailureKind, grant::GrantState, package::PackageRule,
};
use serde_json::json;

use super::next;
use crate::support::{Index, World, asked, refusal};

#[tokio::test]
async fn names_versions_and_networks_are_asked_for_explicitly() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "see", "import cv2\ndef main() -> int:\n    return 1\n").await;
    let ask = async |request: author::ModuleRequest<'_>| {
        author::request_module(&world.cat, &world.llm, "s__see", request).await
    };
    let with = |module_name, package, network| author::ModuleRequest {
        module_name,
        package,
        network,
        justification: "to see",
    };

    let other = ask(with("cv2", Some("opencv-contrib-python-headless>=4"), false)).await.unwrap();
    let rule = PackageRule::parse("opencv-contrib-python-headless>=4").unwrap();
    let rule = PackageRule { provides: Some("opencv-python-headless".into()), ..rule };
    assert_eq!(other.capability, Capability::Package(rule.clone()));
    // What was asked for serves the import: the bundle asks for nothing else.
    let published = world.publish("s__see").await;
    assert_eq!(published.requested, [Capability::Package(rule)]);

    let known = ask(asked("yaml", "to read")).await.unwrap();
    assert_eq!(known.capability, Capability::Package(PackageRule::named("pyyaml")));
    let online = ask(with("requests", None, true)).await.unwrap();
    assert_eq!(online.capability, Capability::Package(PackageRule { network: true, ..PackageRule::named("requests") }));
    let report = world.settled(published.review_id).await;
    assert!(report.network && report.requirements.contains("pyyaml"), "{report:?}");
    let given = ask(asked("httpx", "to fetch")).await.unwrap();
    assert_eq!(given.state, GrantState::Approved);

    for (request, said) in [
        (with("pandas>=2", None, false), "package pandas>=2"),
        (with("pandas", Some("pandas @ https://x.example/p.whl"), false), "pyyaml"),
        (with("json", Some("simplejson"), false), "leave out the argument package"),
        (with("httpx", Some("httpx==0.1"), false), "without asking"),
    ] {
        let failure = refusal(ask(request).await);
        assert_eq!(failure.kind, FailureKind::InvalidArguments);
        assert!(failure.hint.as_deref().unwrap_or_default().contains(said), "{failure:?}");
    }
}

#[tokio::test]
async fn a_single_request_is_granted_only_once_it_is_resolved() {
    let world = World::new().await;
    world.set_index(None);
    let tool = world.live("s", "add", crate::support::ADD).await;
    author::request_module(&world.cat, &world.llm, &tool, asked("pandas", "later")).await.unwrap();
    let status = author::get_tool_status(&world.cat, &world.llm, &tool).await.unwrap();
    let review = status.review_id.unwrap();
    let approve = async || {
        let hash = review::show(&world.cat, review).await.unwrap().review.content_hash;
        review::approve(&world.cat, &world.human, review, &hash, "").await
    };
    assert!(refusal(approve().await).message.contains("still being resolved"));
    let mut events = world.cat.subscribe();
    world.set_index(Some(Index::with("pandas", "3.1.1")));
    while approve().await.is_err() {
        next(&mut events).await;
    }
    world.installed().await;
    world.call(&tool, json!({"a": 1})).await.result.unwrap();
    assert!(matches!(world.last_execution().program.environment, Environment::Locked(_)));
}
