//! Which client an id means: one that an admin entered or that registered itself, or the one that the document at this address describes.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    event::LiveEvent,
    failure::FailureKind,
    oauth::{ClientKind, OAuthClient},
};
use mcpbox_store::{
    Tx,
    oauth::{authorizations, clients},
};
use serde_json::json;

use super::{
    document::{self, Document, is_document},
    error::{ErrorCode, OAuthError},
    known, new_token, redirect,
    register::{REDIRECTS_MAX, clean_name},
};
use crate::{Admin, Catalog, CatalogError, change::Change, error::refused};

/// How long a fetched document counts.
const FRESH: TimeDelta = TimeDelta::hours(24);
/// Documents kept at one time.
const DOCUMENTS_MAX: u64 = 500;

/// A client that an admin enters.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// What pages call it: 1 to 60 characters.
    pub name: String,
    /// Where answers may be sent to: 1 to 10 addresses, https or of the loopback interface.
    pub redirect_uris: Vec<String>,
}

/// The client that wants to be sent back to `redirect_uri` (absent: its only one), and that address.
///
/// # Errors
/// `invalid_client` or `invalid_redirect_uri`: nobody may be redirected anywhere.
pub(super) async fn find(
    cat: &Arc<Catalog>,
    client_id: &str,
    redirect_uri: Option<&str>,
) -> Result<(OAuthClient, String), OAuthError> {
    let now = cat.clock.now();
    let stored = clients::by_id(&cat.store.reader(), client_id).await?;
    let stored = stored.filter(|client| client.expires_at.is_none_or(|end| now < end));
    let candidates = [stored, shipped(client_id, now)];
    for client in candidates.into_iter().flatten() {
        if let Ok(redirect_uri) = redirect_of(&client, redirect_uri) {
            return Ok((client, redirect_uri));
        }
        if client.kind != ClientKind::Document {
            return redirect_of(&client, redirect_uri).map(|uri| (client, uri));
        }
    }
    if !is_document(client_id) {
        let why = "this client is not known here; have it register anew, or let an admin enter it";
        return Err(OAuthError::new(ErrorCode::InvalidClient, why));
    }
    let client = described(client_id, document::fetch(cat, client_id).await?, now);
    let redirect_uri = redirect_of(&client, redirect_uri)?;
    Ok((client, redirect_uri))
}

fn shipped(client_id: &str, now: DateTime<Utc>) -> Option<OAuthClient> {
    let (name, redirect_uris) = known::document(client_id)?;
    let redirect_uris = redirect_uris.iter().map(|uri| (*uri).to_owned()).collect();
    Some(described(client_id, Document { name: name.to_owned(), redirect_uris }, now))
}

fn described(client_id: &str, document: Document, now: DateTime<Utc>) -> OAuthClient {
    OAuthClient {
        client_id: client_id.to_owned(),
        kind: ClientKind::Document,
        name: document.name,
        redirect_uris: document.redirect_uris,
        created_at: now,
        expires_at: Some(now + FRESH),
    }
}

fn redirect_of(client: &OAuthClient, asked: Option<&str>) -> Result<String, OAuthError> {
    let uri = match (asked, client.redirect_uris.as_slice()) {
        (Some(asked), registered) if redirect::matches(registered, asked) => asked,
        (None, [only]) => only,
        _ => {
            let why = "redirect_uri is not one that this client registered; begin the login anew in the client";
            return Err(OAuthError::new(ErrorCode::InvalidRedirectUri, why));
        }
    };
    if redirect::may_use(uri) {
        return Ok(uri.to_owned());
    }
    let why =
        "this client wants the answer at an address that any program can claim; use one that listens on 127.0.0.1";
    Err(OAuthError::new(ErrorCode::InvalidRedirectUri, why))
}

/// Keeps what a document says, so that it is not fetched at every login.
pub(super) async fn remember(tx: &Tx, client: &OAuthClient) -> Result<(), OAuthError> {
    if client.kind == ClientKind::Document && clients::count(tx, ClientKind::Document).await? < DOCUMENTS_MAX {
        clients::put(tx, client).await?;
    }
    Ok(())
}

/// Enters a client that neither registers itself nor has a document.
///
/// # Errors
/// A name or redirect address outside the rules.
pub async fn enter_client(cat: &Arc<Catalog>, who: &Admin, new: NewClient) -> Result<OAuthClient, CatalogError> {
    let wrong = |message: &str| Err(refused(FailureKind::InvalidArguments, message));
    let name = clean_name(&new.name);
    if name.is_empty() || name != new.name.trim() {
        return wrong("the name of a client must be one line of 1 to 60 visible characters");
    }
    let fits = (1..=REDIRECTS_MAX).contains(&new.redirect_uris.len());
    if !fits || !new.redirect_uris.iter().all(|uri| redirect::may_use(uri)) {
        return wrong("name 1 to 10 redirect addresses that begin with https://, http://127.0.0.1 or http://localhost");
    }
    let mut change = Change::begin(cat, who.actor()).await?;
    let client = OAuthClient {
        client_id: new_token("mcpb_client_")?,
        kind: ClientKind::Entered,
        name,
        redirect_uris: new.redirect_uris,
        created_at: change.now,
        expires_at: None,
    };
    clients::put(&change.tx, &client).await?;
    let detail = json!({"name": client.name, "redirect_uris": client.redirect_uris});
    change.audit("oauth.client.enter", format!("client:{}", client.client_id), detail).await?;
    change.tell(LiveEvent::AccessChanged);
    change.commit().await?;
    Ok(client)
}

/// Forgets a client and ends all that was authorised for it, at once. One that is described by a document can come again.
///
/// # Errors
/// `not_found` when there is none.
pub async fn delete_client(cat: &Arc<Catalog>, who: &Admin, client_id: &str) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    let was_there = clients::delete(&change.tx, client_id).await?;
    let ended = authorizations::delete_of_client(&change.tx, client_id).await?;
    if !was_there && ended == 0 {
        return Err(refused(FailureKind::NotFound, "there is no such client; it may have been forgotten already"));
    }
    change.audit("oauth.client.delete", format!("client:{client_id}"), json!({"ended": ended})).await?;
    change.tell(LiveEvent::AccessChanged);
    change.commit().await
}
