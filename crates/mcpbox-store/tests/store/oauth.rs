//! Remote access on both databases: what is found by which hash, what goes with what, and that each step is taken once.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use mcpbox_core::{
    ids::{AuthorizationId, AuthorizationRequestId, TokenId},
    oauth::{
        Authorization, AuthorizationRequest, ClientKind, FamilyToken, OAuthClient, RequestState, TokenKind, scope_text,
    },
    paging::PageRequest,
    principal::{Actor, Scope},
    token::{AccessToken, TokenHash},
};
use mcpbox_store::{
    oauth::{authorizations, clients, requests, requests::Step, tokens, waiting},
    tokens as personal,
};

use crate::{database::on_both, making::moment as now};

fn client(id: &str, kind: ClientKind, expires_at: Option<DateTime<Utc>>) -> OAuthClient {
    let redirect_uris = vec!["https://a.example/cb".to_owned()];
    OAuthClient { client_id: id.into(), kind, name: "A".into(), redirect_uris, created_at: now(), expires_at }
}

fn request(origin: &str) -> AuthorizationRequest {
    AuthorizationRequest {
        id: AuthorizationRequestId::generate(),
        client_id: "a".into(),
        client_kind: ClientKind::Registered,
        client_name: "A".into(),
        redirect_uri: "https://a.example/cb".into(),
        state: Some("nul \0 inside".into()),
        code_challenge: "c".into(),
        scopes: vec![Scope::Tools, Scope::Server("weather".into())],
        user_code: "BCDF-GHJK".into(),
        origin: origin.into(),
        progress: RequestState::Waiting,
        subject: None,
        authorization_id: None,
        created_at: now(),
        expires_at: now() + TimeDelta::minutes(10),
        looked_at: None,
    }
}

fn authorization(expires_at: DateTime<Utc>) -> Authorization {
    Authorization {
        id: AuthorizationId::generate(),
        client_id: "a".into(),
        client_kind: ClientKind::Registered,
        client_name: "A".into(),
        redirect_host: "a.example".into(),
        subject: "ada".into(),
        scopes: vec![Scope::Author],
        resource: "https://box.example.com/mcp".into(),
        used_generation: 0,
        created_at: now(),
        last_used_at: None,
        expires_at,
    }
}

#[test]
fn clients_are_replaced_kept_and_forgotten() {
    on_both(async |database| {
        let store = database.store().await;
        let (soon, tx) = (now() + TimeDelta::hours(1), store.begin().await.unwrap());
        for (id, kind) in [("a", ClientKind::Registered), ("https://b.example/c", ClientKind::Document)] {
            clients::put(&tx, &client(id, kind, Some(soon))).await.unwrap();
        }
        let renamed = OAuthClient { name: "B".into(), ..client("a", ClientKind::Registered, Some(soon)) };
        clients::put(&tx, &renamed).await.unwrap();
        assert_eq!(clients::by_id(&tx, "a").await.unwrap().unwrap().name, "B");
        assert_eq!(clients::count(&tx, ClientKind::Registered).await.unwrap(), 1);
        for id in ["a", "https://b.example/c"] {
            clients::keep(&tx, id).await.unwrap();
        }
        // A document is fetched again one day; who registered stays.
        assert_eq!(clients::delete_expired(&tx, soon).await.unwrap(), 1);
        assert_eq!(clients::list(&tx, PageRequest::default()).await.unwrap().total, 1);
        assert!(clients::delete(&tx, "a").await.unwrap() && !clients::delete(&tx, "a").await.unwrap());
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_request_takes_each_step_once_and_only_its_browser_sees_it() {
    on_both(async |database| {
        let store = database.store().await;
        let (mine, code) = (TokenHash::of("browser"), TokenHash::of("code"));
        let (first, tx) = (request("1.2.3.4"), store.begin().await.unwrap());
        requests::insert(&tx, &first, &mine).await.unwrap();
        assert!(requests::of_browser(&tx, first.id, &TokenHash::of("other")).await.unwrap().is_none());
        let found = requests::of_browser(&tx, first.id, &mine).await.unwrap().unwrap();
        assert_eq!((found.scopes, found.progress), (first.scopes, RequestState::Waiting));
        assert_eq!(waiting::all(&tx).await.unwrap().len(), 1);
        let approve = || Step::Approve { subject: "ada", scopes: &[Scope::Tools] };
        assert!(requests::advance(&tx, first.id, RequestState::Waiting, approve()).await.unwrap());
        assert!(!requests::advance(&tx, first.id, RequestState::Waiting, Step::Deny).await.unwrap());
        assert!(requests::waiting(&tx, now()).await.unwrap().is_empty() && waiting::all(&tx).await.unwrap().is_empty());
        let ends = now() + TimeDelta::minutes(1);
        let coded = Step::Code { hash: &code, expires_at: ends };
        assert!(requests::advance(&tx, first.id, RequestState::Approved, coded).await.unwrap());
        let found = requests::by_code(&tx, &code).await.unwrap().unwrap();
        assert_eq!((found.subject.as_deref(), found.scopes), (Some("ada"), vec![Scope::Tools]));
        let redeem = || Step::Redeem { authorization_id: AuthorizationId::generate(), expires_at: ends };
        assert!(requests::advance(&tx, first.id, RequestState::Coded, redeem()).await.unwrap());
        assert!(!requests::advance(&tx, first.id, RequestState::Coded, redeem()).await.unwrap());
        let (older, newer) = (request("9.9.9.9"), request("9.9.9.9"));
        for request in [&older, &newer] {
            requests::insert(&tx, request, &mine).await.unwrap();
        }
        waiting::forget(&tx, older.id).await.unwrap();
        assert!(requests::by_id(&tx, older.id).await.unwrap().is_none());
        assert_eq!(requests::delete_expired(&tx, ends).await.unwrap(), 1);
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_look_is_noted_now_and_then_and_who_looks_is_listed_first() {
    on_both(async |database| {
        let store = database.store().await;
        let tx = store.begin().await.unwrap();
        let looked = request("1.2.3.4");
        requests::insert(&tx, &looked, &TokenHash::of("looked")).await.unwrap();
        let at = |seconds| now().trunc_subsecs(6) + TimeDelta::seconds(seconds);
        let noted = async || waiting::all(&tx).await.unwrap()[0].looked_at;
        assert_eq!(noted().await, None);
        // Seconds; when an earlier look is old; what is noted then.
        for (second, old, expected) in [(3, 0, 3), (6, 2, 3), (9, 5, 9)] {
            waiting::note_look(&tx, looked.id, at(second), at(old)).await.unwrap();
            assert_eq!(noted().await, Some(at(expected)), "{second}");
        }
        for number in 0..100 {
            let later = AuthorizationRequest { created_at: at(10 + number), ..request("5.6.7.8") };
            requests::insert(&tx, &later, &TokenHash::of(&number.to_string())).await.unwrap();
        }
        let shown = requests::waiting(&tx, now()).await.unwrap();
        assert!(shown.len() == 100 && shown.is_sorted_by_key(|request| std::cmp::Reverse(request.created_at)));
        assert_eq!(shown.last().unwrap().id, looked.id, "no crowd hides it");
        assert!(requests::advance(&tx, looked.id, RequestState::Waiting, Step::Deny).await.unwrap());
        waiting::note_look(&tx, looked.id, at(60), at(50)).await.unwrap();
        assert_eq!(requests::by_id(&tx, looked.id).await.unwrap().unwrap().looked_at, Some(at(9)));
    });
}

#[test]
fn tokens_go_with_their_authorization() {
    on_both(async |database| {
        let store = database.store().await;
        let (later, tx) = (now() + TimeDelta::days(1), store.begin().await.unwrap());
        let kept = authorization(later);
        authorizations::insert(&tx, &kept).await.unwrap();
        let hash = TokenHash::of("mcpb_rt_1");
        let (authorization_id, kind) = (kept.id, TokenKind::Refresh);
        let token = FamilyToken { authorization_id, kind, generation: 1, expires_at: kept.expires_at };
        tokens::insert(&tx, &token, &hash).await.unwrap();
        assert_eq!(tokens::count_refresh(&tx, kept.id, 1).await.unwrap(), 1);
        assert_eq!(tokens::by_hash(&tx, &hash).await.unwrap().unwrap().generation, 1);
        assert!(authorizations::renew(&tx, kept.id, 1, later).await.unwrap());
        assert!(authorizations::touch(&tx, kept.id, now()).await.unwrap());
        let found = authorizations::by_id(&tx, kept.id).await.unwrap().unwrap();
        assert!(found.used_generation == 1 && found.last_used_at.is_some());
        assert_eq!(authorizations::delete_of_client(&tx, "a").await.unwrap(), 1);
        assert!(tokens::by_hash(&tx, &hash).await.unwrap().is_none());
        let orphan = FamilyToken { authorization_id: AuthorizationId::generate(), ..token };
        tx.commit().await.unwrap();
        let tx = store.begin().await.unwrap();
        assert!(tokens::insert(&tx, &orphan, &hash).await.is_err());
    });
}

#[test]
fn rows_with_the_first_spelling_of_scopes_are_still_read() {
    on_both(async |database| {
        let store = database.store().await;
        let (waiting, kept, tx) =
            (request("1.2.3.4"), authorization(now() + TimeDelta::days(1)), store.begin().await.unwrap());
        let token = AccessToken {
            id: TokenId::generate(),
            name: "laptop".into(),
            scopes: vec![Scope::Tools],
            created_by: Actor::admin("ada"),
            created_at: now(),
            expires_at: None,
            last_used_at: None,
        };
        requests::insert(&tx, &waiting, &TokenHash::of("browser")).await.unwrap();
        authorizations::insert(&tx, &kept).await.unwrap();
        personal::insert(&tx, &token, &TokenHash::of("mcpb_pat_x")).await.unwrap();
        tx.commit().await.unwrap();
        for (stored, scopes) in [
            (r#"["tools", "author", {"server": "weather"}]"#, "mcp:tools mcp:author server:weather"),
            (r#"["mcp:author", "server:maths"]"#, "mcp:author server:maths"),
        ] {
            for table in ["oauth_requests", "oauth_authorizations", "access_tokens"] {
                assert_eq!(database.tamper(&format!("UPDATE {table} SET scopes = '{stored}'")).await, 1);
            }
            let reader = store.reader();
            let read = [
                requests::by_id(&reader, waiting.id).await.unwrap().unwrap().scopes,
                authorizations::by_id(&reader, kept.id).await.unwrap().unwrap().scopes,
                personal::by_id(&reader, token.id).await.unwrap().unwrap().scopes,
            ];
            assert_eq!(read.map(|read| scope_text(&read)), [scopes; 3]);
        }
        database.tamper(r#"UPDATE access_tokens SET scopes = '["everything"]'"#).await;
        assert!(personal::by_id(&store.reader(), token.id).await.is_err(), "what is not known opens nothing");
    });
}
