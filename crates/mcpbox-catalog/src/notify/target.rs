//! Where messages go: made, changed and deleted by a human. Addresses and keys go in and never come out.

use std::{collections::BTreeSet, sync::Arc};

use mcpbox_core::{
    event::LiveEvent,
    failure::{Failure, FailureKind},
    ids::TargetId,
    notification::{Endpoint, NoticeEvent, Target, TargetKind},
};
use mcpbox_store::notifications;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::format;
use crate::{Admin, Catalog, CatalogError, change::Change, error::refused, text};

/// Most targets there are.
const TARGETS_MAX: usize = 20;
const NAME_MAX_CHARS: usize = 60;
const URL_MAX_BYTES: usize = 2_048;

/// A target that is to be made.
#[derive(Debug)]
pub struct NewTarget {
    /// What people call it: 1 to 60 characters, unique.
    pub name: String,
    /// Which service.
    pub kind: TargetKind,
    /// Its address, with whatever makes it secret.
    pub url: SecretString,
    /// Token for ntfy, `whsec_…` for a webhook.
    pub key: Option<SecretString>,
    /// What it is told; [`NoticeEvent::usual`] unless given.
    pub events: Option<BTreeSet<NoticeEvent>>,
}

/// What to change about a target; what is absent stays.
#[derive(Debug, Default)]
pub struct TargetChange {
    /// Another name.
    pub name: Option<String>,
    /// Another address. The key does not go with it unless it is given anew.
    pub url: Option<SecretString>,
    /// Another key; an empty one takes it away.
    pub key: Option<SecretString>,
    /// What it is told.
    pub events: Option<BTreeSet<NoticeEvent>>,
    /// Whether messages are sent.
    pub is_on: Option<bool>,
}

/// All targets, by name.
///
/// # Errors
/// The store cannot be read.
pub async fn list_targets(cat: &Catalog) -> Result<Vec<Target>, CatalogError> {
    Ok(notifications::list(&cat.store.reader()).await?)
}

/// Makes a target. It is told what happens from now on.
///
/// # Errors
/// `invalid_arguments` for what does not fit the service, `conflict` when the name is taken or there are too many.
pub async fn create_target(cat: &Arc<Catalog>, admin: &Admin, new: NewTarget) -> Result<Target, CatalogError> {
    let name = check_name(&new.name)?;
    let host = check_url(new.kind, &new.url)?;
    check_key(new.kind, new.key.as_ref())?;
    let events = check_events(new.events.unwrap_or_else(NoticeEvent::usual))?;
    let change = Change::begin(cat, admin.actor()).await?;
    if notifications::list(&change.tx).await?.len() >= TARGETS_MAX {
        let message = format!("there are {TARGETS_MAX} notification targets already; delete one first");
        return Err(refused(FailureKind::Conflict, message));
    }
    let target = Target {
        id: TargetId::generate(),
        name,
        kind: new.kind,
        host,
        has_key: new.key.is_some(),
        is_on: true,
        events,
        last: None,
        created_at: change.now,
        updated_at: change.now,
    };
    let told = notifications::latest(&change.tx).await?;
    notifications::insert(&change.tx, &target, &Endpoint { url: new.url, key: new.key }, told).await?;
    save(change, "notification.create", &target).await?;
    Ok(target)
}

/// Changes a target. One that is switched on is told what happens from now on; what could not be delivered to an old address
/// goes to the new one.
///
/// # Errors
/// `not_found`, and as [`create_target`].
pub async fn change_target(
    cat: &Arc<Catalog>,
    admin: &Admin,
    id: TargetId,
    asked: TargetChange,
) -> Result<Target, CatalogError> {
    let mut change = Change::begin(cat, admin.actor()).await?;
    let before = find(&change, id).await?;
    let mut target = before.clone();
    if let Some(name) = &asked.name {
        target.name = check_name(name)?;
    }
    if let Some(events) = asked.events {
        target.events = check_events(events)?;
    }
    target.is_on = asked.is_on.unwrap_or(target.is_on);
    target.updated_at = change.now;
    let is_new_address = asked.url.is_some() || asked.key.is_some();
    if is_new_address {
        let endpoint = change_endpoint(&change, &mut target, asked.url, asked.key).await?;
        notifications::set_endpoint(&change.tx, id, &target.host, &endpoint).await?;
    }
    notifications::update(&change.tx, &target).await?;
    if target.is_on && !before.is_on {
        notifications::restart(&change.tx, id, Some(notifications::latest(&change.tx).await?)).await?;
    } else if is_new_address {
        notifications::restart(&change.tx, id, None).await?;
    }
    change_saved(&mut change, &target, is_new_address).await?;
    change.commit().await?;
    Ok(target)
}

/// Deletes a target; nothing is sent to it any more.
///
/// # Errors
/// `not_found`.
pub async fn delete_target(cat: &Arc<Catalog>, admin: &Admin, id: TargetId) -> Result<(), CatalogError> {
    let change = Change::begin(cat, admin.actor()).await?;
    let target = find(&change, id).await?;
    notifications::delete(&change.tx, id).await?;
    save(change, "notification.delete", &target).await
}

/// The target, or that there is none.
pub(super) async fn find(change: &Change, id: TargetId) -> Result<Target, CatalogError> {
    notifications::by_id(&change.tx, id).await?.ok_or_else(|| unknown(id))
}

/// The refusal for an id that names nothing.
pub(super) fn unknown(id: TargetId) -> CatalogError {
    refused(FailureKind::NotFound, format!("there is no notification target {id}; GET /api/notifications lists all"))
}

async fn save(mut change: Change, action: &'static str, target: &Target) -> Result<(), CatalogError> {
    change.audit(action, format!("notification:{}", target.id), detail(target)).await?;
    change.tell(LiveEvent::NotificationsChanged);
    change.commit().await
}

async fn change_saved(change: &mut Change, target: &Target, is_new_address: bool) -> Result<(), CatalogError> {
    let mut detail = detail(target);
    if let Value::Object(detail) = &mut detail {
        detail.insert("is_new_address".to_owned(), json!(is_new_address));
    }
    change.audit("notification.change", format!("notification:{}", target.id), detail).await?;
    change.tell(LiveEvent::NotificationsChanged);
    Ok(())
}

fn detail(target: &Target) -> Value {
    json!({"name": target.name, "kind": target.kind, "host": target.host, "has_key": target.has_key,
           "events": target.events, "is_on": target.is_on})
}

/// The address and key from now on. A key that was meant for another address is not sent to the new one.
async fn change_endpoint(
    change: &Change,
    target: &mut Target,
    url: Option<SecretString>,
    key: Option<SecretString>,
) -> Result<Endpoint, CatalogError> {
    let stored = notifications::unseal(&change.tx, target.id).await?.ok_or_else(|| unknown(target.id))?;
    let endpoint = match url {
        Some(url) => {
            target.host = check_url(target.kind, &url)?;
            Endpoint { url, key: given(key) }
        }
        None => Endpoint { url: stored.url, key: given(key) },
    };
    check_key(target.kind, endpoint.key.as_ref())?;
    target.has_key = endpoint.key.is_some();
    Ok(endpoint)
}

fn given(key: Option<SecretString>) -> Option<SecretString> {
    key.filter(|key| !key.expose_secret().is_empty())
}

fn check_name(name: &str) -> Result<String, CatalogError> {
    let name = text::remark("name", name)?;
    let length = name.chars().count();
    if (1..=NAME_MAX_CHARS).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    let message = format!("the name must have 1 to {NAME_MAX_CHARS} characters in one line");
    Err(refused(FailureKind::InvalidArguments, message))
}

/// The address as it may be shown.
fn check_url(kind: TargetKind, url: &SecretString) -> Result<String, CatalogError> {
    let url = url.expose_secret();
    let invalid = |message: String| refused(FailureKind::InvalidArguments, message);
    if url.len() > URL_MAX_BYTES {
        return Err(invalid(format!("the address is longer than {URL_MAX_BYTES} bytes")));
    }
    let read = mcpbox_egress::endpoint(url, "POST").map_err(|error| invalid(error.message))?;
    match format::address_complaint(kind, url) {
        Some(complaint) => Err(invalid(complaint)),
        None => Ok(read.authority),
    }
}

fn check_key(kind: TargetKind, key: Option<&SecretString>) -> Result<(), CatalogError> {
    match key.and_then(|key| format::complaint(kind, key)) {
        Some(complaint) => Err(refused(FailureKind::InvalidArguments, complaint)),
        None => Ok(()),
    }
}

fn check_events(events: BTreeSet<NoticeEvent>) -> Result<BTreeSet<NoticeEvent>, CatalogError> {
    if events.is_empty() {
        let failure = Failure::new(FailureKind::InvalidArguments, "it must be told something: name at least one event");
        return Err(failure.hint("to send nothing for a while, switch it off instead").into());
    }
    Ok(events)
}
