//! Grants.

use mcpbox_core::{
    capability::Capability,
    grant::{Grant, GrantScope, GrantState},
    name::SecretKey,
    paging::PageRequest,
    principal::Actor,
};
use mcpbox_store::grants::{self, GrantDecision, GrantFilter};

use crate::{database::on_both, making};

#[test]
fn every_sort_of_grant_is_read_back_as_it_was_written() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, _) = making::written(&store, "weather").await;
        let capabilities = [
            Capability::Module { name: "xml.dom".into() },
            Capability::Package(mcpbox_core::package::PackageRule::parse("httpx>=0.28").unwrap()),
            making::host("[fd00::1]:81"),
            Capability::Secret { key: SecretKey::parse("API_KEY").unwrap() },
        ];
        let scopes = [GrantScope::Tool(tool.id), GrantScope::Server(server.id), GrantScope::Everywhere];
        let tx = store.begin().await.unwrap();
        for (capability, scope) in capabilities.iter().flat_map(|c| scopes.map(|scope| (c, scope))) {
            let decided = Grant {
                state: GrantState::Revoked,
                decided_by: Some(Actor::admin("ada")),
                decided_at: Some(making::later(3)),
                comment: "no longer".into(),
                expires_at: Some(making::later(60)),
                ..making::grant(scope, capability.clone())
            };
            for grant in [making::grant(scope, capability.clone()), decided] {
                grants::insert(&tx, &grant).await.unwrap();
                assert_eq!(grants::by_id(&tx, grant.id).await.unwrap(), Some(grant));
            }
        }
    });
}

#[test]
fn a_grant_moves_only_from_the_expected_state() {
    on_both(async |database| {
        let store = database.store().await;
        let grant = making::grant(GrantScope::Everywhere, making::host("x.de"));
        let decision = GrantDecision {
            by: Actor::admin("ada"),
            at: making::later(1),
            comment: "yes".into(),
            review_id: None,
            expires_at: Some(making::later(9)),
        };
        let tx = store.begin().await.unwrap();
        grants::insert(&tx, &grant).await.unwrap();
        assert_eq!(grants::approved(&tx).await.unwrap(), []);
        let (pending, approved, revoked) = (GrantState::Pending, GrantState::Approved, GrantState::Revoked);
        assert!(!grants::set_state(&tx, grant.id, approved, revoked, &decision).await.unwrap());
        assert!(grants::set_state(&tx, grant.id, pending, approved, &decision).await.unwrap());
        assert!(!grants::set_state(&tx, grant.id, pending, approved, &decision).await.unwrap());
        tx.commit().await.unwrap();
        let expected = Grant {
            state: approved,
            decided_by: Some(decision.by),
            decided_at: Some(decision.at),
            comment: decision.comment,
            expires_at: decision.expires_at,
            ..grant
        };
        assert_eq!(grants::approved(&store.reader()).await.unwrap(), [expected]);
    });
}

#[test]
fn grants_are_found_by_tool_scope_and_filter() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, _) = making::written(&store, "weather").await;
        let (other_server, other_tool, _) = making::written(&store, "other").await;
        let make = |scope| making::grant(scope, making::host("x.de"));
        let of_tool = make(GrantScope::Tool(tool.id));
        let of_server = make(GrantScope::Server(server.id));
        let everywhere = Grant { state: GrantState::Approved, ..make(GrantScope::Everywhere) };
        let foreign = [make(GrantScope::Tool(other_tool.id)), make(GrantScope::Server(other_server.id))];
        let tx = store.begin().await.unwrap();
        for grant in [&of_tool, &of_server, &everywhere].into_iter().chain(&foreign) {
            grants::insert(&tx, grant).await.unwrap();
        }
        tx.commit().await.unwrap();

        let reader = store.reader();
        let all = [of_tool.clone(), of_server.clone(), everywhere.clone()];
        assert_eq!(grants::for_tool(&reader, server.id, tool.id).await.unwrap(), all);
        let list =
            async |filter: GrantFilter| grants::list(&reader, &filter, PageRequest::default()).await.unwrap().items;
        let of = |server| GrantFilter { server: Some(server), ..GrantFilter::default() };
        assert_eq!(list(of(server.id)).await, [of_server, of_tool.clone()]);
        assert_eq!(list(GrantFilter { tool: Some(tool.id), ..GrantFilter::default() }).await, [of_tool]);
        let approved = GrantFilter { state: Some(GrantState::Approved), ..GrantFilter::default() };
        assert_eq!(list(approved).await, [everywhere]);
        assert_eq!(list(GrantFilter::default()).await.len(), 5);
    });
}
