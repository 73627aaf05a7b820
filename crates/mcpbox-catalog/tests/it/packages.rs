//! Packages from the first word to the revocation: asked for, resolved, seen by a human, installed, used.

mod requests;

use std::time::Duration;

use mcpbox_catalog::{author, packages, retention, review};
use mcpbox_core::{
    capability::Capability,
    event::LiveEvent,
    execute::{Environment, LockedEnvironment},
    failure::{Failure, FailureKind},
    grant::{GrantScope, GrantState},
    ids::ReviewId,
    package::{PackageRule, ResolutionState},
};
use serde_json::{Value, json};

use crate::support::{Index, World, refusal, resolved};

const TABLE: &str = r#"
import pandas

async def main(rows: list[int]) -> int:
    """Adds up."""
    return int(pandas.Series(rows).sum())
"#;

impl World {
    fn set_index(&self, index: Option<Index>) {
        self.executor.index.send_replace(index);
    }

    /// Waits until the packages of a review are not being resolved any more.
    async fn settled(&self, id: ReviewId) -> packages::PackageReport {
        let mut events = self.cat.subscribe();
        loop {
            let report = review::show(&self.cat, id).await.unwrap().packages.expect("it asks for packages");
            if report.state != ResolutionState::Pending {
                return report;
            }
            next(&mut events).await;
        }
    }

    /// Waits until no installation is under way.
    async fn installed(&self) -> Vec<packages::EnvironmentReport> {
        let mut events = self.cat.subscribe();
        loop {
            let all = packages::list(&self.cat).await.unwrap();
            let is_done = |report: &packages::EnvironmentReport| {
                matches!(report.install, packages::InstallState::Installed | packages::InstallState::Failed { .. })
            };
            if all.iter().all(is_done) {
                return all;
            }
            next(&mut events).await;
        }
    }

    async fn refused_call(&self, tool: &str) -> Failure {
        self.call(tool, json!({"rows": [1]})).await.result.unwrap_err()
    }
}

/// A missed event is news as well.
async fn next(events: &mut tokio::sync::broadcast::Receiver<LiveEvent>) {
    let _ = tokio::time::timeout(Duration::from_secs(5), events.recv()).await.expect("nothing happens any more");
}

#[tokio::test]
async fn a_package_is_resolved_seen_approved_installed_and_used() {
    let world = World::new().await;
    world.set_index(None);
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    let draft = world.create("s", "sum", TABLE).await;
    let need = &draft.needs[0];
    assert_eq!(need.capability, Capability::Package(PackageRule::named("pandas")));
    assert_eq!(
        (need.request.tool.as_str(), &need.request.arguments["module_name"]),
        ("mcpbox_request_module", &json!("pandas"))
    );

    // Not granted: nothing runs, and the answer says what happens next.
    let test = world.test("s__sum", json!({"rows": [1]})).await;
    let failure = test.failure.unwrap();
    assert_eq!((failure.kind, world.runs()), (FailureKind::ImportDenied, 0));
    assert!(
        failure.message.contains("pandas") && failure.hint.unwrap().contains("a human must grant it"),
        "{}",
        failure.message
    );
    assert_eq!(test.requests[0].tool, "mcpbox_request_module");

    // While it is being resolved, nobody can approve what nobody can see.
    let published = world.publish("s__sum").await;
    let seen = review::show(&world.cat, published.review_id).await.unwrap();
    let report = seen.packages.unwrap();
    assert_eq!(report.state, ResolutionState::Pending);
    let early = review::approve(&world.cat, &world.human, published.review_id, &seen.review.content_hash, "").await;
    assert!(refusal(early).message.contains("still being resolved"));

    // The index answers: the review shows it, and has another hash.
    world.set_index(Some(Index { installs: Err("the index is gone".into()), ..Index::with("pandas", "3.1.1") }));
    let report = world.settled(published.review_id).await;
    assert_eq!((report.packages[0].version.as_str(), report.network), ("3.1.1", false));
    assert!(report.consequence.contains("Approval installs 1 package (12.0 MB to download)"), "{}", report.consequence);
    assert!(report.consequence.contains("not checked (offline)"), "{}", report.consequence);
    let shown = review::show(&world.cat, published.review_id).await.unwrap();
    assert!(shown.consequence.contains("use the package pandas") && shown.consequence.contains("Approval installs"));
    assert_ne!(shown.review.content_hash, seen.review.content_hash);
    let stale = review::approve(&world.cat, &world.human, published.review_id, &seen.review.content_hash, "").await;
    assert!(matches!(stale, Err(mcpbox_catalog::CatalogError::Stale { .. })));
    let decision = world.approve(published.review_id).await;
    assert!(decision.remarks.iter().any(|remark| remark.contains("being installed")), "{:?}", decision.remarks);

    // The installation fails: calls say why. An admin tries again.
    world.installed().await;
    let failure = world.refused_call("s__sum").await;
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Unavailable, "the index is gone"));
    let status = author::get_tool_status(&world.cat, &world.llm, "s__sum").await.unwrap();
    assert_eq!(status.packages.as_deref(), Some("the index is gone"));
    world.set_index(Some(Index::with("pandas", "3.1.1")));
    let lock = resolved("pandas", "3.1.1").lock.hash;
    packages::rebuild(&world.cat, &world.human, &lock).await.unwrap();
    assert_eq!(world.installed().await[0].install, packages::InstallState::Installed);
    world.call("s__sum", json!({"rows": [1]})).await.result.unwrap();
    let execution = world.last_execution();
    assert_eq!(execution.program.environment, Environment::Locked(LockedEnvironment { lock, network: false }));
    assert!(execution.program.modules.contains("pandas.*"));
    world.test("s__sum", json!({"rows": [1]})).await;
    assert!(matches!(world.last_execution().program.environment, Environment::Locked(_)));
}

#[tokio::test]
async fn what_cannot_be_resolved_cannot_be_approved_until_it_can() {
    let world = World::new().await;
    world.server("s").await;
    world.create("s", "sum", TABLE).await;
    let published = world.publish("s__sum").await;
    let report = world.settled(published.review_id).await;
    assert_eq!(
        (report.state, report.reason.as_deref()),
        (ResolutionState::Failed, Some("the index cannot be reached"))
    );
    assert!(report.consequence.contains("cannot be approved: the index cannot be reached"), "{}", report.consequence);
    let hash = review::show(&world.cat, published.review_id).await.unwrap().review.content_hash;
    let refused = refusal(review::approve(&world.cat, &world.human, published.review_id, &hash, "").await);
    assert_eq!(refused.kind, FailureKind::Conflict);
    assert!(refused.message.contains("the index cannot be reached"));
    let status = author::get_tool_status(&world.cat, &world.llm, "s__sum").await.unwrap();
    assert!(status.packages.unwrap().contains("the index cannot be reached"));

    world.set_index(Some(Index::with("pandas", "3.1.1")));
    packages::retry(&world.cat, &world.human, published.review_id).await.unwrap();
    assert_eq!(world.settled(published.review_id).await.state, ResolutionState::Resolved);
    world.approve(published.review_id).await;
    let decided = refusal(packages::retry(&world.cat, &world.human, published.review_id).await);
    assert_eq!(decided.kind, FailureKind::Conflict);
}

async fn live_table(world: &World) -> String {
    world.set_index(Some(Index::with("pandas", "3.1.1")));
    world.server("s").await;
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    world.create("s", "sum", TABLE).await;
    let published = world.publish("s__sum").await;
    world.settled(published.review_id).await;
    world.approve(published.review_id).await;
    world.installed().await;
    world.call("s__sum", json!({"rows": [1]})).await.result.unwrap();
    "s__sum".to_owned()
}

#[tokio::test]
async fn without_its_grant_a_tool_fails_closed() {
    let world = World::new().await;
    let tool = live_table(&world).await;
    let filter = mcpbox_catalog::listing::GrantFilter { state: Some(GrantState::Approved), ..Default::default() };
    let grants = mcpbox_catalog::listing::grants(&world.cat, &filter, Default::default()).await.unwrap().items;
    let grant = grants.iter().find(|grant| matches!(grant.capability, Capability::Package(_))).unwrap();
    let runs = world.runs();
    review::revoke_grant(&world.cat, &world.human, grant.id, "").await.unwrap();
    let failure = world.refused_call(&tool).await;
    assert_eq!((failure.kind, world.runs()), (FailureKind::ImportDenied, runs));
    assert!(failure.message.contains("the package pandas (import pandas) is not granted"), "{}", failure.message);
    assert_eq!(failure.next.unwrap().tool, "mcpbox_request_module");
}

#[tokio::test]
async fn packages_stay_installed_as_long_as_a_live_version_may_need_them() {
    let world = World::new().await;
    let tool = live_table(&world).await;
    let lock = resolved("pandas", "3.1.1").lock.hash;
    let kept = async || {
        retention::remove_old(&world.cat).await.unwrap();
        world.executor.kept.lock().unwrap().contains(&lock)
    };
    assert!(kept().await);
    author::stop_server(&world.cat, &world.llm, "s").await.unwrap();
    assert!(kept().await, "the server can be started again, without the package index");
    author::start_server(&world.cat, &world.llm, "s").await.unwrap();
    review::set_tool_enabled(&world.cat, &world.human, &tool, false).await.unwrap();
    assert!(kept().await, "the tool can be enabled again");
    author::delete_tool(&world.cat, &world.llm, &tool).await.unwrap();
    assert!(!kept().await, "nothing needs them");
}

#[tokio::test]
async fn after_a_restart_the_stored_lock_is_installed_and_nothing_is_resolved_again() {
    let world = World::new().await;
    let tool = live_table(&world).await;
    let resolved = world.executor.resolved.lock().unwrap().len();
    world.executor.installed.lock().unwrap().clear();
    let world = world.restart().await;
    world.call(&tool, json!({"rows": [1]})).await.result.unwrap();
    assert_eq!(world.executor.installed.lock().unwrap().len(), 1);
    assert_eq!(world.executor.resolved.lock().unwrap().len(), resolved);
}

#[tokio::test]
async fn what_was_being_resolved_when_the_server_stopped_is_begun_again() {
    let world = World::new().await;
    world.set_index(None);
    world.server("s").await;
    world.create("s", "sum", TABLE).await;
    let published = world.publish("s__sum").await;
    let world = world.restart().await;
    assert_eq!(
        review::show(&world.cat, published.review_id).await.unwrap().packages.unwrap().state,
        ResolutionState::Pending
    );
    world.set_index(Some(Index::with("pandas", "3.1.1")));
    assert_eq!(world.settled(published.review_id).await.state, ResolutionState::Resolved);
}

#[tokio::test]
async fn tools_that_import_no_package_run_without_what_others_were_granted() {
    let world = World::new().await;
    world.set_index(Some(Index::with("pandas", "3.1.1")));
    let plain = world.live("s", "add", crate::support::ADD).await;
    let rule = Capability::Package(PackageRule::named("pandas"));
    review::add_grant(&world.cat, &world.human, GrantScope::Everywhere, rule, "for all").await.unwrap();
    world.call(&plain, json!({"a": 1})).await.result.unwrap();
    assert_eq!(world.last_execution().program.environment, Environment::Base);
    // A draft that imports it needs no request: it is resolved and installed for the first test.
    world.create("s", "sum", TABLE).await;
    let mut events = world.cat.subscribe();
    while !world.test("s__sum", json!({"rows": [1]})).await.succeeded {
        next(&mut events).await;
    }
    let published = world.publish("s__sum").await;
    assert_eq!(published.requested, []);
    world.approve(published.review_id).await;
    while world.call("s__sum", json!({"rows": [1]})).await.result.is_err() {
        next(&mut events).await;
    }
    assert_eq!(world.last_execution().arguments["rows"], Value::from(vec![1]));
}
