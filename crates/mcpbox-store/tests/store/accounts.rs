//! Admins, sessions, tokens, sources, settings, and the outbox.

use mcpbox_core::{
    ids::{SessionId, SourceId, TokenId, UserId},
    name::SecretKey,
    paging::PageRequest,
    principal::{Actor, Scope},
    server::Limits,
    settings::{DraftTesting, Settings},
    source::{ExternalSource, SourceAuth, SourceTransport},
    token::{AccessToken, TokenHash},
    user::{AdminSession, Ceremony, CeremonyKind, CodeApp, Identity, Role, User},
};
use mcpbox_store::{
    Store, StoreError, ceremonies, code_apps, identities, invitations, outbox, sessions, settings, setup, sources,
    tokens, users,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{database::on_both, making};

fn user(username: &str) -> User {
    User {
        id: UserId::generate(),
        username: username.into(),
        password_hash: Some("$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA".into()),
        role: Role::Admin,
        is_disabled: false,
        created_at: making::later(0),
        password_changed_at: making::later(0),
    }
}

fn session(user: &User, expires: i64) -> AdminSession {
    AdminSession {
        id: SessionId::generate(),
        user_id: user.id,
        created_at: making::later(0),
        last_seen_at: making::later(0),
        expires_at: making::later(expires),
        origin: "127.0.0.1".into(),
        user_agent: "Firefox".into(),
    }
}

async fn written(store: &Store, username: &str) -> User {
    let user = user(username);
    let tx = store.begin().await.unwrap();
    users::insert(&tx, &user).await.unwrap();
    tx.commit().await.unwrap();
    user
}

#[test]
fn an_admin_is_found_by_name_and_gets_a_new_password() {
    on_both(async |database| {
        let store = database.store().await;
        assert_eq!(users::count(&store.reader()).await.unwrap(), 0);
        let mut ada = written(&store, "ada").await;
        let bob = written(&store, "Bob").await;
        let tx = store.begin().await.unwrap();
        let taken = users::insert(&tx, &user("ada")).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        drop(tx);

        ada.password_hash = Some("$argon2id$other".into());
        ada.password_changed_at = making::later(8);
        let tx = store.begin().await.unwrap();
        assert!(users::update_password(&tx, ada.id, "$argon2id$other", making::later(8)).await.unwrap());
        assert!(!users::update_password(&tx, UserId::generate(), "x", making::later(8)).await.unwrap());
        tx.commit().await.unwrap();
        let reader = store.reader();
        assert_eq!(users::by_username(&reader, "ada").await.unwrap().as_ref(), Some(&ada));
        assert_eq!(users::by_id(&reader, bob.id).await.unwrap().as_ref(), Some(&bob));
        for unknown in ["eve", "ADA", "ada\0", ""] {
            assert_eq!(users::by_username(&reader, unknown).await.unwrap(), None, "{unknown:?}");
        }
        assert_eq!(users::list(&reader, PageRequest::default()).await.unwrap().total, 2);
        assert_eq!(users::count(&reader).await.unwrap(), 2);
    });
}

#[test]
fn a_session_is_found_by_its_token_until_it_ends() {
    on_both(async |database| {
        let store = database.store().await;
        let ada = written(&store, "ada").await;
        let (mut one, two, three) = (session(&ada, 100), session(&ada, 200), session(&ada, 300));
        let hash = TokenHash::of("token one");
        let tx = store.begin().await.unwrap();
        sessions::insert(&tx, &one, &hash).await.unwrap();
        sessions::insert(&tx, &two, &TokenHash::of("token two")).await.unwrap();
        sessions::insert(&tx, &three, &TokenHash::of("token three")).await.unwrap();
        assert!(sessions::touch(&tx, one.id, making::later(50), making::later(150)).await.unwrap());
        tx.commit().await.unwrap();
        (one.last_seen_at, one.expires_at) = (making::later(50), making::later(150));

        let reader = store.reader();
        assert_eq!(sessions::by_token_hash(&reader, &hash).await.unwrap().as_ref(), Some(&one));
        assert_eq!(sessions::by_token_hash(&reader, &TokenHash::of("guess")).await.unwrap(), None);
        assert_eq!(sessions::by_id(&reader, two.id).await.unwrap().as_ref(), Some(&two));
        assert_eq!(sessions::by_user(&reader, ada.id).await.unwrap().len(), 3);
        let tx = store.begin().await.unwrap();
        assert_eq!(sessions::delete_expired(&tx, making::later(150)).await.unwrap(), 1);
        assert_eq!(sessions::by_id(&tx, one.id).await.unwrap(), None);
        assert_eq!(sessions::delete_by_user(&tx, ada.id, Some(three.id)).await.unwrap(), 1);
        assert!(sessions::delete(&tx, three.id).await.unwrap());
        assert!(!sessions::delete(&tx, three.id).await.unwrap());
    });
}

#[test]
fn sessions_go_with_their_admin() {
    on_both(async |database| {
        let store = database.store().await;
        let ada = written(&store, "ada").await;
        let live = session(&ada, 100);
        let tx = store.begin().await.unwrap();
        sessions::insert(&tx, &live, &TokenHash::of("t")).await.unwrap();
        assert!(users::delete(&tx, ada.id).await.unwrap());
        assert_eq!(sessions::by_id(&tx, live.id).await.unwrap(), None);
        tx.commit().await.unwrap();
        let tx = store.begin().await.unwrap();
        let orphan = sessions::insert(&tx, &live, &TokenHash::of("t")).await;
        assert!(matches!(orphan, Err(StoreError::Missing { .. })), "{orphan:?}");
    });
}

#[test]
fn the_setup_token_works_once_and_a_new_one_replaces_it() {
    on_both(async |database| {
        let store = database.store().await;
        let (old, new) = (TokenHash::of("old"), TokenHash::of("new"));
        let tx = store.begin().await.unwrap();
        setup::put(&tx, &old, making::later(0)).await.unwrap();
        setup::put(&tx, &new, making::later(1)).await.unwrap();
        assert!(!setup::matches(&tx, &old).await.unwrap());
        assert!(setup::matches(&tx, &new).await.unwrap());
        assert!(!setup::take(&tx, &old).await.unwrap());
        assert!(setup::take(&tx, &new).await.unwrap());
        assert!(!setup::take(&tx, &new).await.unwrap());
        setup::put(&tx, &old, making::later(2)).await.unwrap();
        setup::clear(&tx).await.unwrap();
        assert!(!setup::take(&tx, &old).await.unwrap());
    });
}

#[test]
fn an_access_token_is_found_by_its_hash() {
    on_both(async |database| {
        let store = database.store().await;
        let mut token = AccessToken {
            id: TokenId::generate(),
            name: "laptop".into(),
            scopes: vec![Scope::Tools, Scope::Server("weather".into())],
            created_by: Actor::admin("ada"),
            created_at: making::later(0),
            expires_at: Some(making::later(60)),
            last_used_at: None,
        };
        let hash = TokenHash::of("mcpb_x");
        let tx = store.begin().await.unwrap();
        tokens::insert(&tx, &token, &hash).await.unwrap();
        assert!(tokens::touch(&tx, token.id, making::later(9)).await.unwrap());
        tx.commit().await.unwrap();
        token.last_used_at = Some(making::later(9));
        let reader = store.reader();
        assert_eq!(tokens::by_hash(&reader, &hash).await.unwrap().as_ref(), Some(&token));
        assert_eq!(tokens::by_hash(&reader, &TokenHash::of("y")).await.unwrap(), None);
        assert_eq!(tokens::by_id(&reader, token.id).await.unwrap().as_ref(), Some(&token));
        assert_eq!(tokens::list(&reader, PageRequest::default()).await.unwrap().items, [token.clone()]);
        let tx = store.begin().await.unwrap();
        let taken = tokens::insert(&tx, &AccessToken { id: TokenId::generate(), ..token.clone() }, &hash).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        drop(tx);
        let tx = store.begin().await.unwrap();
        assert!(tokens::delete(&tx, token.id).await.unwrap());
        assert_eq!(tokens::by_hash(&tx, &hash).await.unwrap(), None);
    });
}

#[test]
fn a_source_is_read_back_as_it_was_written_and_changed() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        let mut source = ExternalSource {
            id: SourceId::generate(),
            server_id: server.id,
            name: "github".into(),
            transport: SourceTransport::StreamableHttp {
                url: "https://mcp.example.com/mcp".into(),
                auth: SourceAuth::None,
            },
            last_synced_at: None,
            created_at: making::later(0),
            updated_at: making::later(0),
        };
        let tx = store.begin().await.unwrap();
        sources::insert(&tx, &source).await.unwrap();
        let auth = SourceAuth::Header { header: "x-api-key".into(), secret: SecretKey::parse("API_KEY").unwrap() };
        source.transport = SourceTransport::Sse { url: "https://mcp.example.org/mcp".into(), auth };
        source.last_synced_at = Some(making::later(3));
        assert!(sources::update(&tx, &source).await.unwrap());
        tx.commit().await.unwrap();
        let reader = store.reader();
        assert_eq!(sources::by_id(&reader, source.id).await.unwrap().as_ref(), Some(&source));
        let page = PageRequest::default();
        assert_eq!(sources::list(&reader, Some(server.id), page).await.unwrap().items, [source.clone()]);
        let (other, ..) = making::written(&store, "other").await;
        assert_eq!(sources::list(&reader, Some(other.id), page).await.unwrap().total, 0);
        assert_eq!(sources::list(&reader, None, page).await.unwrap().total, 1);
        let tx = store.begin().await.unwrap();
        assert!(sources::delete(&tx, source.id).await.unwrap());
        assert_eq!(sources::by_id(&tx, source.id).await.unwrap(), None);
    });
}

#[test]
fn settings_are_the_defaults_until_saved() {
    on_both(async |database| {
        let store = database.store().await;
        assert_eq!(settings::load(&store.reader()).await.unwrap(), Settings::default());
        let changed = Settings {
            draft_testing: DraftTesting::AfterApproval,
            log_retention_days: 7,
            default_limits: Limits { timeout_ms: 5_000, ..Limits::default() },
            ..Settings::default()
        };
        for settings in [Settings { remote_delete: true, ..Settings::default() }, changed.clone()] {
            let tx = store.begin().await.unwrap();
            settings::save(&tx, &settings, making::later(1)).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(settings::load(&store.reader()).await.unwrap(), changed);
    });
}

#[test]
fn the_outbox_gives_changes_in_order_and_forgets_old_ones() {
    on_both(async |database| {
        let store = database.store().await;
        assert_eq!(outbox::latest_id(&store.reader()).await.unwrap(), 0);
        let mut ids = Vec::new();
        for number in 0..3 {
            let tx = store.begin().await.unwrap();
            let payload = json!({"tool": number});
            ids.push(outbox::insert(&tx, "tool_changed", &payload, making::later(number)).await.unwrap());
            tx.commit().await.unwrap();
        }
        let tx = store.begin().await.unwrap();
        outbox::insert(&tx, "undone", &json!({}), making::later(9)).await.unwrap();
        drop(tx);
        let reader = store.reader();
        let entries = outbox::since(&reader, ids[0]).await.unwrap();
        assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), ids[1..]);
        assert_eq!((entries[1].kind.as_str(), &entries[1].payload), ("tool_changed", &json!({"tool": 2})));
        assert_eq!(outbox::latest_id(&reader).await.unwrap(), ids[2]);
        let tx = store.begin().await.unwrap();
        assert_eq!(outbox::delete_older_than(&tx, making::later(1)).await.unwrap(), 1);
        assert_eq!(outbox::since(&tx, 0).await.unwrap().len(), 2);
    });
}

#[test]
fn what_proves_an_account_is_kept_sealed_used_once_and_goes_with_it() {
    on_both(async |database| {
        let store = database.store().await;
        let ada = written(&store, "ada").await;
        let tx = store.begin().await.unwrap();
        let secret = SecretString::from("JBSWY3DPEHPK3PXP");
        let app = CodeApp { secret, last_step: 5, failures: 0, failing_since: None, created_at: making::later(0) };
        code_apps::put(&tx, ada.id, &app).await.unwrap();
        assert!(code_apps::use_step(&tx, ada.id, 7).await.unwrap());
        for used in [5, 6, 7] {
            assert!(!code_apps::use_step(&tx, ada.id, used).await.unwrap(), "{used}");
        }
        let codes = [TokenHash::of("one"), TokenHash::of("two")];
        code_apps::put_recovery(&tx, ada.id, &codes).await.unwrap();
        assert!(code_apps::take_recovery(&tx, ada.id, &codes[0]).await.unwrap());
        assert!(!code_apps::take_recovery(&tx, ada.id, &codes[0]).await.unwrap());
        let token = TokenHash::of("token");
        let ceremony = Ceremony {
            kind: CeremonyKind::Oidc,
            user_id: Some(ada.id),
            state: SecretString::from("{\"verifier\":\"hidden\"}"),
            attempts: 0,
            expires_at: making::later(10),
        };
        ceremonies::insert(&tx, &ceremony, &token, making::later(0)).await.unwrap();
        ceremonies::count_attempt(&tx, &token).await.unwrap();
        invitations::put(&tx, ada.id, &token, making::later(0), making::later(9)).await.unwrap();
        tx.commit().await.unwrap();

        let reader = store.reader();
        let back = code_apps::of_user(&reader, ada.id).await.unwrap().unwrap();
        assert_eq!((back.secret.expose_secret(), back.last_step), ("JBSWY3DPEHPK3PXP", 7));
        assert_eq!(code_apps::count_recovery(&reader, ada.id).await.unwrap(), 1);
        assert!(ceremonies::find(&reader, CeremonyKind::PasskeyLogin, &token).await.unwrap().is_none(), "another kind");
        let found = ceremonies::find(&reader, CeremonyKind::Oidc, &token).await.unwrap().unwrap();
        assert_eq!((found.state.expose_secret(), found.attempts), ("{\"verifier\":\"hidden\"}", 1));
        assert_eq!(invitations::find(&reader, &token).await.unwrap(), Some((ada.id, making::later(9))));

        let tx = store.begin().await.unwrap();
        assert!(users::delete(&tx, ada.id).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!code_apps::is_there(&reader, ada.id).await.unwrap());
        assert_eq!(code_apps::count_recovery(&reader, ada.id).await.unwrap(), 0);
        assert!(ceremonies::find(&reader, CeremonyKind::Oidc, &token).await.unwrap().is_none());
        assert_eq!(invitations::find(&reader, &token).await.unwrap(), None);
    });
}

#[test]
fn admins_who_could_log_in_are_counted() {
    on_both(async |database| {
        let store = database.store().await;
        let ada = written(&store, "ada").await;
        let invited = User { password_hash: None, ..user("invited") };
        let linked = User { password_hash: None, ..user("linked") };
        let tx = store.begin().await.unwrap();
        users::insert(&tx, &invited).await.unwrap();
        users::insert(&tx, &linked).await.unwrap();
        let identity = Identity {
            issuer: "https://id.test".into(),
            subject: "1".into(),
            user_id: linked.id,
            email: String::new(),
            created_at: making::later(0),
            last_used_at: making::later(0),
        };
        identities::insert(&tx, &identity).await.unwrap();
        assert_eq!(users::count_admins(&tx, None).await.unwrap(), 2, "not who was only invited");
        assert_eq!(users::count_admins(&tx, Some(ada.id)).await.unwrap(), 1);
        users::update_rights(&tx, linked.id, Role::Admin, true).await.unwrap();
        assert_eq!(users::count_admins(&tx, Some(ada.id)).await.unwrap(), 0);
        let taken = identities::insert(&tx, &Identity { user_id: ada.id, ..identity }).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
    });
}
