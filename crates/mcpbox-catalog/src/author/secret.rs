//! Secrets as an author sees them: placeholders, never values.

use std::sync::Arc;

use mcpbox_core::{
    capability::{Capability, HostRule},
    event::LiveEvent,
    failure::{Failure, FailureKind},
    ids::SecretId,
    name::{SecretKey, nearest_key},
    secret::{Secret, SecretMode},
    server::Server,
    version::Version,
};
use mcpbox_store::{secrets, versions};
use serde::Serialize;
use serde_json::json;

use crate::{Caller, Catalog, CatalogError, NextStep, change::Change, next::YOURS, quota, text};

/// Hosts of one secret.
const HOSTS_MAX: usize = 20;

/// A secret, without its value.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretSummary {
    /// Its id.
    pub id: SecretId,
    /// Its key.
    pub key: String,
    /// What it is.
    pub description: String,
    /// Whether a human has set the value.
    pub has_value: bool,
    /// Hosts it may be sent to.
    pub hosts: Vec<HostRule>,
    /// Whether tool code sees the value.
    pub mode: SecretMode,
}

/// The secrets of a server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretList {
    /// The server's name.
    pub server: String,
    /// By key.
    pub secrets: Vec<SecretSummary>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// A placeholder that was made.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretReport {
    /// The secret.
    #[serde(flatten)]
    pub secret: SecretSummary,
    /// Where a human sets the value.
    pub set_value_at: String,
    /// What to do now.
    pub next: Vec<NextStep>,
}

impl From<Secret> for SecretSummary {
    fn from(secret: Secret) -> Self {
        Self {
            id: secret.id,
            key: secret.key.into(),
            description: secret.description,
            has_value: secret.has_value,
            hosts: secret.hosts,
            mode: secret.mode,
        }
    }
}

/// Makes a placeholder; a human sets the value and confirms the hosts.
///
/// # Errors
/// `invalid_arguments` for a key or host outside the rules, `conflict` when the key exists, `not_found`.
pub async fn create_server_secret(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    server: &str,
    key: &str,
    description: &str,
    hosts: &[String],
) -> Result<SecretReport, CatalogError> {
    let who = who.into();
    let server = who.server(&cat.snapshot(), server)?.clone();
    let key = SecretKey::parse(key).map_err(|error| {
        let failure = Failure::new(FailureKind::InvalidArguments, error.to_string());
        failure.argument("key").hint("UPPER_SNAKE_CASE, such as OPENWEATHER_API_KEY").nearest(nearest_key(key))
    })?;
    let description = text::description(description)?;
    let hosts = parse_hosts(hosts)?;
    let mut change = Change::begin(cat, who.actor()).await?;
    if secrets::by_key(&change.tx, server.id, &key).await?.is_some() {
        let failure =
            Failure::new(FailureKind::Conflict, format!("server '{}' already has a secret {key}", server.name));
        let failure = failure.hint("use it; a human sets or changes its value");
        return Err(failure.next("mcpbox_list_server_secrets", json!({"server_id": server.name})).into());
    }
    quota::check_secrets(&change, server.id, server.name.as_str()).await?;
    let secret = Secret { description, hosts, ..Secret::waiting(server.id, key, change.now) };
    secrets::insert(&change.tx, &secret).await?;
    let detail = json!({"server": server.name, "key": secret.key, "hosts": secret.hosts});
    change.audit("secret.create", format!("secret:{}", secret.id), detail).await?;
    change.tell(LiveEvent::GrantsChanged);
    change.commit().await?;
    let user = user_of(cat, &server, &secret.key).await?;
    Ok(report(cat, &server, secret, user))
}

/// A tool of the server whose newest version uses the secret.
async fn user_of(cat: &Catalog, server: &Server, key: &SecretKey) -> Result<Option<String>, CatalogError> {
    let snapshot = cat.snapshot();
    let known: Vec<_> = snapshot.known_of(server).collect();
    let ids: Vec<_> = known.iter().map(|known| known.tool.id).collect();
    let newest = versions::latest_for_tools(&cat.store.reader(), &ids).await?;
    let uses = |version: &Version| version.content.capabilities.contains(&Capability::Secret { key: key.clone() });
    let user = newest.into_iter().filter(uses).max_by_key(|version| version.created_at);
    Ok(user
        .and_then(|version| known.iter().find(|known| known.tool.id == version.tool_id))
        .map(|known| known.name.clone()))
}

fn report(cat: &Catalog, server: &Server, secret: Secret, user: Option<String>) -> SecretReport {
    let page = cat.admin_page(&format!("servers/{}", server.id));
    let step = format!("ask the human to set the value of {} there; never ask for the value in the chat", secret.key);
    let use_it = format!("secrets[\"{}\"] in headers, query or body of requests with http", secret.key);
    let next = match user {
        Some(tool) => NextStep::call(
            format!("meanwhile test {tool}, which uses it"),
            "mcpbox_test_code",
            json!({"tool_id": tool}),
        ),
        None => NextStep::call(
            format!("write the code that uses it, as {use_it}"),
            "mcpbox_create_tool",
            json!({"server_id": server.name, "name": YOURS, "python_code": YOURS}),
        ),
    };
    SecretReport { secret: secret.into(), next: vec![NextStep::human(step, page.clone()), next], set_value_at: page }
}

/// Host rules from what an author wrote.
fn parse_hosts(hosts: &[String]) -> Result<Vec<HostRule>, CatalogError> {
    if hosts.len() > HOSTS_MAX {
        let failure =
            Failure::new(FailureKind::InvalidArguments, format!("a secret may be bound to at most {HOSTS_MAX} hosts"));
        return Err(failure.argument("hosts").hint("name only the hosts that check it").into());
    }
    let parse = |host: &String| {
        HostRule::parse(host).map_err(|error| {
            let failure = Failure::new(FailureKind::InvalidArguments, error.to_string());
            let hint = "give exact host names: api.example.com, or with a port api.example.com:8443";
            failure.argument("hosts").hint(hint).into()
        })
    };
    hosts.iter().map(parse).collect()
}

/// The secrets of a server: keys, whether they have a value, bound hosts. Never values.
///
/// # Errors
/// `not_found` with the nearest server names.
pub async fn list_server_secrets(
    cat: &Catalog,
    who: impl Into<Caller<'_>>,
    server: &str,
) -> Result<SecretList, CatalogError> {
    let server = who.into().seen_server(&cat.snapshot(), server)?.clone();
    let all = secrets::list(&cat.store.reader(), server.id).await?;
    let secrets: Vec<SecretSummary> = all.into_iter().map(SecretSummary::from).collect();
    let mut next = Vec::new();
    if secrets.iter().any(|secret| !secret.has_value) {
        let page = cat.admin_page(&format!("servers/{}", server.id));
        let step = "ask the human to set the missing values there; never ask for a value in the chat";
        next.push(NextStep::human(step, page));
    }
    Ok(SecretList { server: server.name.to_string(), secrets, next })
}
