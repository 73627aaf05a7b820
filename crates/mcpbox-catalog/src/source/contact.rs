//! How sources are: when each answered last, and a look at them now and then, so that one that is down, or that changed without
//! saying so, does not stay unnoticed until somebody calls it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use mcpbox_core::{
    event::LiveEvent,
    failure::FailureKind,
    grant::GrantState,
    ids::{ServerId, SourceId},
    source::{SourceHealth, SourceTransport},
    source_login::LoginState,
};
use mcpbox_store::source_logins;

use super::{drift, find};
use crate::{Catalog, CatalogError, background::Timer};

/// How often it is looked whether a source is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// One that answered is asked again after this.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// So many attempts in a row that failed are one that is down.
const DOWN_AFTER: u32 = 2;

/// What this process saw of the sources.
#[derive(Default)]
pub(crate) struct Contacts(Mutex<HashMap<SourceId, Contact>>);

#[derive(Default)]
struct Contact {
    /// When it answered last.
    at: Option<DateTime<Utc>>,
    is_failing: bool,
}

impl Contacts {
    /// When it answered last; none when it did not since the start.
    pub(super) fn last(&self, source: SourceId) -> Option<DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&source)?.at
    }

    /// Forgets one that was deleted.
    pub(super) fn forget(&self, source: SourceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&source);
    }

    /// Notes what came of asking; true when the source went down or came back by that, or answered for the first time.
    fn note(&self, source: SourceId, answered_at: Option<DateTime<Utc>>, is_failing: bool) -> bool {
        let mut contacts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let contact = contacts.entry(source).or_default();
        let is_news = contact.is_failing != is_failing || (contact.at.is_none() && answered_at.is_some());
        contact.is_failing = is_failing;
        contact.at = answered_at.or(contact.at);
        is_news
    }
}

/// Notes what came of asking a source for something, and tells whoever looks at it when it went down or came back.
pub(super) fn note(cat: &Catalog, (server, source): (ServerId, SourceId), failed: Option<FailureKind>) {
    let is_failing = matches!(health(cat, source), SourceHealth::Failing { .. });
    // What the tool itself refuses is an answer.
    let answered = matches!(failed, None | Some(FailureKind::Exception | FailureKind::OutputTooLarge));
    if cat.contacts.note(source, answered.then(|| cat.clock.now()), is_failing) {
        cat.emit(LiveEvent::ServerChanged { server_id: server });
    }
}

/// How a source is, as far as this process knows.
pub(super) fn health(cat: &Catalog, source: SourceId) -> SourceHealth {
    cat.sources.get().map_or(SourceHealth::Unknown, |client| client.health(source))
}

/// Sources that may be reached and whose tools were imported, and whether each is a program.
async fn in_use(cat: &Catalog) -> Result<Vec<(SourceId, bool)>, CatalogError> {
    let reader = cat.store.reader();
    let mut found = Vec::new();
    for source in find::all(&reader).await?.into_iter().filter(|source| source.last_synced_at.is_some()) {
        if find::standing(&reader, &source).await? == Some(GrantState::Approved) {
            found.push((source.id, matches!(source.transport, SourceTransport::Stdio { .. })));
        }
    }
    Ok(found)
}

/// Asks the sources in use that failed, or did not answer for a while, what they offer; all at once, so that one that hangs keeps
/// no other waiting.
///
/// # Errors
/// The store cannot be read.
pub async fn look_at_due(cat: &Arc<Catalog>) -> Result<(), CatalogError> {
    let look = async |source: SourceId| {
        if let Err(error) = drift::look(cat, source).await {
            tracing::debug!(source.id = %source, %error, "a source in use could not be asked");
        }
    };
    join_all(due(cat).await?.into_iter().map(look)).await;
    Ok(())
}

/// Does that now and then in the background; it ends with the catalog.
pub(super) fn watch(cat: &Arc<Catalog>) {
    let (mut timer, stop) = (Timer::of(cat, LOOK_EVERY, LOOK_EVERY), cat.stop_background.clone());
    cat.background.spawn(async move {
        while let Some(cat) = timer.next().await {
            tokio::select! {
                () = stop.cancelled() => return,
                done = look_at_due(&cat) => if let Err(error) = done {
                    tracing::warn!(%error, "it could not be read which sources are in use; tried again in a minute");
                }
            }
        }
    });
}

/// Those that are to be asked now.
async fn due(cat: &Catalog) -> Result<Vec<SourceId>, CatalogError> {
    let now = cat.clock.now();
    // A program that nobody uses has ended: what it offers is looked at whenever it is started.
    let is_due = |(source, is_program): &(SourceId, bool)| {
        matches!(health(cat, *source), SourceHealth::Failing { .. })
            || (!is_program && cat.contacts.last(*source).is_none_or(|at| at + ASK_AGAIN <= now))
    };
    Ok(in_use(cat).await?.into_iter().filter(is_due).map(|(source, _)| source).collect())
}

/// Whether a source that is in use does not answer, or its login has ended.
pub(crate) async fn is_any_down(cat: &Catalog) -> Result<bool, CatalogError> {
    if cat.sources.get().is_none() {
        return Ok(false);
    }
    let is_down = |(source, _): &(SourceId, bool)| matches!(health(cat, *source), SourceHealth::Failing { attempts, .. } if attempts >= DOWN_AFTER);
    let logins = source_logins::facts(&cat.store.reader()).await?;
    let has_ended =
        |(source, _): &(SourceId, bool)| logins.get(source).is_some_and(|login| login.state == LoginState::Ended);
    Ok(in_use(cat).await?.iter().any(|source| is_down(source) || has_ended(source)))
}

/// Whether a tool is withheld because its source offers something else than was approved.
pub(crate) fn is_any_quarantined(cat: &Catalog) -> bool {
    cat.snapshot().known().any(|known| known.tool.quarantine.is_some())
}
