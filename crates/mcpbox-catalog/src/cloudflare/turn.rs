//! One step at a time, also of several admin processes on one database: a row says who is at it and until when. A process that dies
//! keeps the others waiting until then and no longer; where there are no others, the next start ends its turn.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::failure::{Failure, FailureKind};
use mcpbox_store::{Connection, cloudflare};
use secrecy::{ExposeSecret as _, SecretString};

use super::state;
use crate::{Catalog, CatalogError, session::new_token};

/// Longest time for a step; what was sent then is written down, as before a crash.
const STEP_MAX: Duration = Duration::from_secs(150);
/// How long a turn is held at most: longer than a step takes.
const HELD: TimeDelta = TimeDelta::seconds(180);

/// Runs `step` while no other process runs one. It goes on when whoever asked for it goes away: half a step helps nobody.
///
/// # Errors
/// `conflict` when another process is at a step, `unavailable` when it took too long; and those of the step.
pub(super) async fn with<F>(cat: &Arc<Catalog>, step: F) -> Result<(), CatalogError>
where
    F: Future<Output = Result<(), CatalogError>> + Send + 'static,
{
    let (hub, stop, holder) = (Arc::clone(cat), cat.stop_background.clone(), take(cat).await?);
    let work = async move {
        let done = tokio::select! {
            done = step => done,
            () = tokio::time::sleep(STEP_MAX) => Err(late()),
            () = stop.cancelled() => Err(late()),
        };
        if let Err(error) = give_back(&hub, &holder).await {
            tracing::warn!(%error, "the turn of the connection over Cloudflare could not be given back; it ends by itself");
        }
        done
    };
    cat.background.spawn(work).await.map_err(CatalogError::internal)?
}

/// For a server that starts: where the database is its own, a turn that is held still is that of a process that died.
///
/// # Errors
/// The store cannot be written.
pub async fn end_turn_left_behind(cat: &Catalog) -> Result<(), CatalogError> {
    if cat.store.is_shared() || held(&cat.store.reader()).await?.is_none() {
        return Ok(());
    }
    let tx = cat.store.begin().await?;
    cloudflare::delete(&tx, state::TURN).await?;
    Ok(tx.commit().await?)
}

/// Refuses to change anything while a process is at a step.
pub(super) async fn check_free(connection: &impl Connection, now: DateTime<Utc>) -> Result<(), CatalogError> {
    match held(connection).await? {
        Some((_, until)) if now < until => Err(taken()),
        _ => Ok(()),
    }
}

async fn take(cat: &Catalog) -> Result<SecretString, CatalogError> {
    let holder = new_token()?;
    let tx = cat.store.begin().await?;
    let now = cat.clock.now();
    check_free(&tx, now).await?;
    cloudflare::put(&tx, state::TURN, &holder, now + HELD).await?;
    tx.commit().await?;
    Ok(holder)
}

async fn give_back(cat: &Catalog, holder: &SecretString) -> Result<(), CatalogError> {
    let tx = cat.store.begin().await?;
    // It may have ended, and be another's by now.
    if held(&tx).await?.is_some_and(|(by, _)| by.expose_secret() == holder.expose_secret()) {
        cloudflare::delete(&tx, state::TURN).await?;
    }
    Ok(tx.commit().await?)
}

/// Who is at a step, and until when.
async fn held(connection: &impl Connection) -> Result<Option<(SecretString, DateTime<Utc>)>, CatalogError> {
    let all = cloudflare::all(connection).await?;
    Ok(all.into_iter().find(|row| row.name == state::TURN).map(|row| (row.value, row.at)))
}

fn taken() -> CatalogError {
    let message = "a step of the connection over Cloudflare is under way in another process";
    let hint = "look again in a moment; if that process died, its turn ends within three minutes";
    Failure::new(FailureKind::Conflict, message).hint(hint).into()
}

fn late() -> CatalogError {
    let message = "the step did not come to its end in time; go on to try again, what it made is found";
    Failure::new(FailureKind::Unavailable, message).into()
}
