//! Remote access through its door: real HTTP, a real catalog, as clients elsewhere use it.

mod access;
mod clients;
mod door;
mod flow;
mod front;
mod login;
mod people;
mod refusals;
mod rust_client;

use chrono::TimeDelta;
use mcpbox_core::{
    ids::AuthorizationId,
    oauth::{Authorization, ClientKind, FamilyToken, TokenKind},
    principal::Scope,
    token::TokenHash,
};
use mcpbox_gateway::{GatewayConfig, Rates, Remote};
use mcpbox_listen::LoginLimit;
use mcpbox_store::oauth::{authorizations, tokens};

use crate::support::TestBox;

/// The address that clients would use. The test connects to the listener itself, as a tunnel does.
pub(super) const PUBLIC: &str = "https://box.example.com";

/// A box with remote access.
pub(super) async fn remote_box() -> TestBox {
    remote_box_with(GatewayConfig::default()).await
}

/// The same, for the rest as `config` says.
pub(super) async fn remote_box_with(config: GatewayConfig) -> TestBox {
    let remote = Some(Remote {
        public_url: PUBLIC.to_owned(),
        rates: Rates::off(),
        logins: LoginLimit::per_minute(None),
        hsts: false,
    });
    let allowed_hosts = vec!["box.example.com".to_owned()];
    TestBox::with(GatewayConfig { remote, allowed_hosts, ..config }).await
}

/// Writes an authorization with an access token.
pub(super) async fn grant(it: &TestBox, token: &str, scopes: Vec<Scope>, resource: &str) -> AuthorizationId {
    let now = it.catalog.now();
    let authorization = Authorization {
        id: AuthorizationId::generate(),
        client_id: "test".into(),
        client_kind: ClientKind::Entered,
        client_name: "Test client".into(),
        redirect_host: "127.0.0.1".into(),
        subject: "ada".into(),
        scopes,
        resource: resource.into(),
        used_generation: 0,
        created_at: now,
        last_used_at: None,
        expires_at: now + TimeDelta::days(30),
    };
    let (authorization_id, kind) = (authorization.id, TokenKind::Access);
    let access = FamilyToken { authorization_id, kind, generation: 0, expires_at: now + TimeDelta::hours(1) };
    let tx = it.store.begin().await.unwrap();
    authorizations::insert(&tx, &authorization).await.unwrap();
    tokens::insert(&tx, &access, &TokenHash::of(token)).await.unwrap();
    tx.commit().await.unwrap();
    authorization_id
}
