//! Somebody writes to the database behind MCPbox's back: the verification names what is no longer what was decided. Real
//! decisions of the catalog, on both databases; here, because only this crate speaks SQL.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod intruder;
#[path = "../store/three.rs"]
mod three;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_catalog::{
    Admin, Catalog, CatalogConfig, author, review, session,
    verify::{AuditReport, verify_decisions},
};
use mcpbox_core::{
    capability::{Capability, HostRule},
    clock::SystemClock,
    execute::Unobserved,
    grant::GrantScope,
    ids::ReviewId,
    principal::Principal,
    settings::{AutoApproval, Settings},
};
use mcpbox_testing as database;
use sea_orm::DbBackend;
use secrecy::SecretString;
use serde_json::Map;

use crate::{
    database::{Database, on_both},
    intruder::{TAMPERINGS, Tampering},
    three::Three,
};

const ADD: &str = "async def main(a: int) -> int:\n    \"\"\"Adds.\"\"\"\n    return a + 1\n";
const FETCH: &str = "async def main() -> str:\n    \"\"\"Fetches.\"\"\"\n    answer = await http.get(\"https://api.example.com/x\")\n    return answer.text\n";

struct Mcpbox {
    cat: Arc<Catalog>,
    human: Admin,
    llm: Principal,
}

impl Mcpbox {
    async fn open(database: &Database) -> Self {
        let config = CatalogConfig {
            store: database.store().await,
            executor: Arc::new(Three),
            clock: Arc::new(SystemClock),
            admin_url: String::new(),
        };
        let cat = Catalog::open(config).await.unwrap();
        let password = || SecretString::from("correct horse battery");
        let first =
            session::FirstAdmin { proof: session::SetupProof::Local, username: "anna".into(), password: password() };
        session::create_first_admin(&cat, first).await.unwrap();
        let human = session::signed_in_from_password(&cat, "anna", &password(), None).await.unwrap().admin().unwrap();
        Self { cat, human, llm: Principal::Local { client: None } }
    }

    async fn ask(&self, name: &str, code: &str) -> ReviewId {
        let request =
            author::CreateTool { server: "s".into(), name: name.into(), python_code: code.into(), description: None };
        author::create_tool(&self.cat, &self.llm, request).await.unwrap();
        author::request_publish(&self.cat, &self.llm, &format!("s__{name}"), "").await.unwrap().review_id
    }

    async fn approve(&self, review: ReviewId) {
        let hash = review::show(&self.cat, review).await.unwrap().review.content_hash;
        review::approve(&self.cat, &self.human, review, &hash, "fine").await.unwrap();
    }

    async fn approve_until(&self, review: ReviewId, expires_at: DateTime<Utc>) {
        let asked = review::show(&self.cat, review).await.unwrap().review;
        let terms = asked.requested.into_iter().map(|capability| review::Term { capability, expires_at }).collect();
        let approval = review::Approval { terms, ..review::Approval::from("fine") };
        review::approve(&self.cat, &self.human, review, &asked.content_hash, approval).await.unwrap();
    }

    /// Decisions of every kind: by a human and by a rule, approved, sent back, taken back, of a tool deleted since; a grant
    /// with a bundle, one alone, one taken back; settings.
    async fn decide_everything(&self) {
        let server = author::CreateServer { name: "s".into(), description: String::new() };
        author::create_server(&self.cat, &self.llm, server).await.unwrap();
        self.approve_until(self.ask("fetch", FETCH).await, far_away()).await;
        let sent_back = self.ask("bad", ADD).await;
        let hash = review::show(&self.cat, sent_back).await.unwrap().review.content_hash;
        review::reject(&self.cat, &self.human, sent_back, &hash, "no").await.unwrap();
        self.approve(self.ask("gone", ADD).await).await;
        author::delete_tool(&self.cat, &self.llm, "s__gone").await.unwrap();
        let regretted = self.ask("regretted", ADD).await;
        self.approve(regretted).await;
        review::revoke(&self.cat, &self.human, regretted, "after all not").await.unwrap();
        let add = |host| {
            let capability = Capability::Host(HostRule::parse(host).unwrap());
            review::add_grant(&self.cat, &self.human, GrantScope::Everywhere, capability, "")
        };
        let grant = add("old.example").await.unwrap();
        review::revoke_grant(&self.cat, &self.human, grant.id, "").await.unwrap();
        let settings = Settings {
            auto_approval: AutoApproval { pure_compute: true, ..AutoApproval::default() },
            ..Settings::default()
        };
        review::set_settings(&self.cat, &self.human, settings).await.unwrap();
        let request =
            author::CreateTool { server: "s".into(), name: "add".into(), python_code: ADD.into(), description: None };
        author::create_tool(&self.cat, &self.llm, request).await.unwrap();
        let test = author::TestCode {
            tool: "s__add".into(),
            arguments: Map::from_iter([("a".into(), 1.into())]),
            ..Default::default()
        };
        author::test_code(&self.cat, &self.llm, test, Arc::new(Unobserved)).await.unwrap();
        let report = author::request_publish(&self.cat, &self.llm, "s__add", "").await.unwrap();
        assert_eq!(report.approved_by.as_deref(), Some("rule pure_compute"));
        add("new.example").await.unwrap();
        for comment in ["for a while", "for as long"] {
            let capability = Capability::Host(HostRule::parse(&comment.replace(' ', "-")).unwrap());
            let terms = review::NewGrantTerms { comment: comment.into(), expires_at: Some(far_away()) };
            review::add_grant(&self.cat, &self.human, GrantScope::Everywhere, capability, terms).await.unwrap();
        }
    }

    async fn verify(&self) -> AuditReport {
        verify_decisions(&self.cat).await.unwrap()
    }
}

/// More exact than any database keeps.
fn far_away() -> DateTime<Utc> {
    "2099-01-01T00:00:00.123456789Z".parse().unwrap()
}

#[test]
fn whatever_is_changed_behind_the_decisions_is_named() {
    on_both(async |database| {
        let it = Mcpbox::open(database).await;
        it.decide_everything().await;
        let report = it.verify().await;
        assert_eq!(report.problems, []);
        assert!(report.intact && report.rows.is_some_and(|rows| rows > 20), "{report:?}");
        assert_eq!((report.decisions, report.deleted, report.grants, report.versions), (4, 1, 4, 2), "{report:?}");
        for Tampering { what, change, undo, subject, message } in TAMPERINGS {
            assert_eq!(database.tamper(change).await, 1, "{what}");
            let report = it.verify().await;
            assert!(!report.intact, "{what} is not noticed");
            let is_named = report
                .problems
                .iter()
                .any(|problem| problem.subject.starts_with(subject) && problem.message.contains(message));
            assert!(is_named || (subject.is_empty() && report.broken_at.is_some()), "{what}: {report:?}");
            assert_eq!(database.tamper(undo).await, 1, "{what}");
            let report = it.verify().await;
            assert!(report.intact, "after {what}: {report:?}");
        }
        widen_a_grant(&it, database).await;
        switch_a_rule_on(&it, database).await;
        assert!(database.tamper("DELETE FROM reviews WHERE comment = 'no'").await == 1);
        let report = it.verify().await;
        assert!(report.problems.iter().any(|problem| problem.message.contains("is gone")), "{report:?}");
        it.cat.close().await;
    });
}

/// JSON columns differ between the databases.
async fn replace(database: &Database, table: &str, column: &str, from: &str, to: &str) {
    let (text, json) = match database.backend() {
        DbBackend::Postgres => (format!("{column}::text"), "::jsonb"),
        _ => (column.to_owned(), ""),
    };
    let change =
        format!("UPDATE {table} SET {column} = (replace({text}, '{from}', '{to}')){json} WHERE {text} LIKE '%{from}%'");
    assert_eq!(database.tamper(&change).await, 1, "{change}");
}

async fn widen_a_grant(it: &Mcpbox, database: &Database) {
    replace(database, "grants", "capability", "new.example", "evil.example").await;
    let report = it.verify().await;
    assert!(
        report.problems.iter().any(|problem| problem.message.contains("host evil.example is in force")),
        "{report:?}"
    );
    replace(database, "grants", "capability", "evil.example", "new.example").await;
    assert!(it.verify().await.intact);
}

async fn switch_a_rule_on(it: &Mcpbox, database: &Database) {
    let (off, on) = match database.backend() {
        DbBackend::Postgres => ("\"granted_get\": false", "\"granted_get\": true"),
        _ => ("\"granted_get\":false", "\"granted_get\":true"),
    };
    replace(database, "settings", "value", off, on).await;
    let report = it.verify().await;
    assert!(report.problems.iter().any(|problem| problem.subject == "settings"), "{report:?}");
    replace(database, "settings", "value", on, off).await;
    assert!(it.verify().await.intact);
}
