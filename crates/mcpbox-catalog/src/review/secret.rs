//! Values of secrets: written by a human, never read back by anybody but a call.

use std::sync::Arc;

use mcpbox_core::{
    capability::HostRule,
    event::LiveEvent,
    failure::{Failure, FailureKind},
    ids::ServerId,
    name::SecretKey,
    secret::{MIN_SEALED_BYTES, Secret, SecretMode},
};
use mcpbox_store::secrets;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{Admin, Catalog, CatalogError, change::Change, error::refused, text};

/// Longest value, bytes.
const VALUE_MAX_BYTES: usize = 64 << 10;

/// A value for a secret, and where it may go.
#[derive(Debug)]
pub struct NewSecretValue {
    /// The value: 1 byte to 64 KiB.
    pub value: SecretString,
    /// Hosts a sealed value may be sent to; none keeps those proposed.
    pub hosts: Option<Vec<HostRule>>,
    /// Whether tool code sees the value; none keeps the mode.
    pub mode: Option<SecretMode>,
    /// What it is; none keeps the description.
    pub description: Option<String>,
}

/// Sets the value of a secret of a server (id or name); makes the secret when it is not there.
///
/// # Errors
/// `not_found`, `invalid_arguments` for a key outside the rules, an empty or too long value, one too short to be sealed.
pub async fn set_secret_value(
    cat: &Arc<Catalog>,
    admin: &Admin,
    server: &str,
    key: &str,
    value: NewSecretValue,
) -> Result<Secret, CatalogError> {
    check_value(&value.value)?;
    let server = cat.snapshot().find_server(server)?.id;
    let key = parse_key(key)?;
    let description = value.description.as_deref().map(text::description).transpose()?;
    let mut change = Change::begin(cat, admin.actor()).await?;
    let mut secret = match secrets::by_key(&change.tx, server, &key).await? {
        Some(secret) => secret,
        None => placeholder(&change, server, key).await?,
    };
    check_sealed(value.mode.unwrap_or(secret.mode), &value.value)?;
    secret.hosts = value.hosts.unwrap_or(secret.hosts);
    secret.mode = value.mode.unwrap_or(secret.mode);
    secret.description = description.unwrap_or(secret.description);
    secret.updated_at = change.now;
    secrets::update(&change.tx, &secret).await?;
    secrets::set_value(&change.tx, secret.id, &value.value, change.now).await?;
    (secret.has_value, secret.value_set_at) = (true, Some(change.now));
    let detail = json!({"key": secret.key, "hosts": secret.hosts, "mode": secret.mode});
    change.audit("secret.set", format!("secret:{}", secret.id), detail).await?;
    change.tell(LiveEvent::GrantsChanged);
    change.commit().await?;
    Ok(secret)
}

async fn placeholder(change: &Change, server_id: ServerId, key: SecretKey) -> Result<Secret, CatalogError> {
    let secret = Secret::waiting(server_id, key, change.now);
    secrets::insert(&change.tx, &secret).await?;
    Ok(secret)
}

fn check_value(value: &SecretString) -> Result<(), CatalogError> {
    let length = value.expose_secret().len();
    if (1..=VALUE_MAX_BYTES).contains(&length) {
        return Ok(());
    }
    Err(refused(
        FailureKind::InvalidArguments,
        format!("the value has {length} bytes; it must have 1 to {VALUE_MAX_BYTES}"),
    ))
}

/// A sealed value must be long enough to be found again in what comes back.
fn check_sealed(mode: SecretMode, value: &SecretString) -> Result<(), CatalogError> {
    if mode == SecretMode::Revealed || value.expose_secret().trim().len() >= MIN_SEALED_BYTES {
        return Ok(());
    }
    Err(too_short())
}

/// Why a value cannot be sealed.
pub(super) fn too_short() -> CatalogError {
    let message = format!(
        "a sealed value must have at least {MIN_SEALED_BYTES} bytes: a shorter one cannot be told from ordinary text, so it \
         could not be taken out of what a tool returns"
    );
    let failure = Failure::new(FailureKind::InvalidArguments, message);
    failure.hint("set a longer value, or set this one as revealed if the tool may know it").into()
}

fn parse_key(key: &str) -> Result<SecretKey, CatalogError> {
    SecretKey::parse(key).map_err(|error| refused(FailureKind::InvalidArguments, error.to_string()))
}

/// Forgets the value; the placeholder stays.
///
/// # Errors
/// `not_found`.
pub async fn clear_secret(cat: &Arc<Catalog>, admin: &Admin, server: &str, key: &str) -> Result<Secret, CatalogError> {
    let (mut change, secret) = find(cat, admin, server, key).await?;
    secrets::clear_value(&change.tx, secret.id, change.now).await?;
    change.audit("secret.clear", format!("secret:{}", secret.id), json!({"key": secret.key})).await?;
    change.tell(LiveEvent::GrantsChanged);
    change.commit().await?;
    Ok(Secret { has_value: false, value_set_at: None, ..secret })
}

/// Deletes a secret and its value.
///
/// # Errors
/// `not_found`.
pub async fn delete_secret(cat: &Arc<Catalog>, admin: &Admin, server: &str, key: &str) -> Result<(), CatalogError> {
    let (mut change, secret) = find(cat, admin, server, key).await?;
    secrets::delete(&change.tx, secret.id).await?;
    change.audit("secret.delete", format!("secret:{}", secret.id), json!({"key": secret.key})).await?;
    change.tell(LiveEvent::GrantsChanged);
    change.commit().await
}

/// A secret that is there, in a write of this human.
pub(super) async fn find(
    cat: &Arc<Catalog>,
    admin: &Admin,
    server: &str,
    key: &str,
) -> Result<(Change, Secret), CatalogError> {
    let server = cat.snapshot().find_server(server)?.clone();
    let key = parse_key(key)?;
    let change = Change::begin(cat, admin.actor()).await?;
    let secret = secrets::by_key(&change.tx, server.id, &key).await?;
    let secret = secret
        .ok_or_else(|| refused(FailureKind::NotFound, format!("server '{}' has no secret {key}", server.name)))?;
    Ok((change, secret))
}
