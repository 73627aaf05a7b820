//! Renewing the tokens of a login. The old ones may be worthless as soon as it was asked, so: only who holds the lease asks, the
//! lease shows that the database can be written, the asking ends with the process alone, and what was given is written again and
//! again until it is. What comes of it is told: a login that ended, and a renewal that failed, are said on the source's page.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use mcpbox_core::{
    ids::SourceId,
    principal::Actor,
    source_login::{Issued, LoginError, LoginFacts, LoginState},
};
use mcpbox_store::{
    source_logins::{self, StoredLogin},
    sources,
};
use serde_json::json;
use tokio::time::sleep;

use super::{
    login,
    tokens::{self, Tokens},
};
use crate::{Catalog, CatalogError, change::Change};

/// Nobody asks longer than this.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// Between two tries to write what was given, at first and at last.
const AGAIN_FIRST: Duration = Duration::from_millis(100);
const AGAIN_LAST: Duration = Duration::from_secs(5);
/// After a renewal that failed the next one waits.
const PAUSE: TimeDelta = TimeDelta::seconds(5);

/// What came of it.
#[derive(Debug)]
pub(super) enum Renewal {
    /// The login is another by now: renewed, or ended.
    Done,
    /// Another process does it.
    Elsewhere,
    /// It may work later: why it did not.
    Failed(String),
}

/// Renews the tokens of this generation, unless somebody has.
///
/// # Errors
/// The store.
pub(super) async fn renew(cat: &Arc<Catalog>, source: SourceId, seen: StoredLogin) -> Result<Renewal, CatalogError> {
    // In a task: what was given must be kept even when nobody waits for it any more.
    let work = {
        let cat = Arc::clone(cat);
        async move { in_turn(&cat, source, seen).await }
    };
    cat.tasks.spawn(work).await.map_err(CatalogError::internal)?
}

async fn in_turn(cat: &Arc<Catalog>, source: SourceId, seen: StoredLogin) -> Result<Renewal, CatalogError> {
    let turn = cat.logins.turn(source);
    let _turn = turn.lock().await;
    let login = match tokens::current(cat, source).await? {
        Some(login) if login.generation == seen.generation && login.facts.state == LoginState::Active => login,
        // Somebody did it meanwhile, or it is gone.
        _ => return Ok(Renewal::Done),
    };
    let Some(sealed) = &login.tokens else { return Ok(Renewal::Done) };
    if !login.facts.is_renewable {
        let why = "it came without the means to renew it, and its time is over".to_owned();
        return end(cat, source, &login, why).await;
    }
    let now = cat.clock.now();
    if let (Some(why), Some(at)) = (&login.facts.trouble, login.facts.failed_at)
        && now < at + PAUSE
    {
        return Ok(Renewal::Failed(why.clone()));
    }
    let tx = cat.store.begin().await?;
    let is_ours = source_logins::lease(&tx, (source, login.generation), cat.process, (now, now + LEASE)).await?;
    tx.commit().await?;
    if !is_ours {
        return Ok(Renewal::Elsewhere);
    }
    let kept = Tokens::read(sealed)?.kept();
    match login::logins(cat)?.renew(kept).await {
        Ok(issued) => save(cat, source, &login, &issued).await,
        Err(LoginError::Refused(why)) => end(cat, source, &login, why).await,
        Err(LoginError::Failed(why)) => postpone(cat, source, &login, why).await,
    }
}

/// Writes what was given, however long that takes.
async fn save(
    cat: &Arc<Catalog>,
    source: SourceId,
    before: &StoredLogin,
    issued: &Issued,
) -> Result<Renewal, CatalogError> {
    let facts = LoginFacts {
        scopes: issued.scopes.clone(),
        expires_at: issued.expires_at,
        is_renewable: issued.is_renewable,
        renewed_at: Some(cat.clock.now()),
        trouble: None,
        failed_at: None,
        ..before.facts.clone()
    };
    let sealed = Tokens::of(issued).write()?;
    let login = StoredLogin { facts, tokens: Some(sealed), generation: before.generation.saturating_add(1) };
    cat.logins.keep_unsaved(source, login.clone());
    let mut wait = AGAIN_FIRST;
    while let Err(error) = write(cat, source, before.generation, &login).await {
        tracing::error!(source.id = %source, %error, "the renewed login of a source could not be written; it is tried again");
        if cat.stop_background.run_until_cancelled(sleep(wait)).await.is_none() {
            return Err(error);
        }
        wait = (wait * 2).min(AGAIN_LAST);
    }
    cat.logins.forget(source);
    tracing::info!(source.id = %source, "the login of a source was renewed");
    Ok(Renewal::Done)
}

async fn write(cat: &Catalog, source: SourceId, before: i64, login: &StoredLogin) -> Result<(), CatalogError> {
    let tx = cat.store.begin().await?;
    let is_written = source_logins::renew(&tx, (source, before), login, cat.clock.now()).await?;
    tx.commit().await?;
    if !is_written {
        tracing::info!(source.id = %source, "a renewed login was dropped: a human logged in or out meanwhile");
    }
    Ok(())
}

/// It does not work any more.
async fn end(cat: &Arc<Catalog>, source: SourceId, login: &StoredLogin, why: String) -> Result<Renewal, CatalogError> {
    let mut change = Change::begin(cat, Actor::system("source login")).await?;
    let facts = LoginFacts { state: LoginState::Ended, trouble: Some(why.clone()), ..login.facts.clone() };
    if source_logins::set_facts(&change.tx, source, login.generation, &facts, change.now).await? {
        source_logins::release(&change.tx, source, cat.process).await?;
        tracing::warn!(source.id = %source, why, "the login of a source has ended; a human must log in again");
        change.audit("source.login.end", format!("source:{source}"), json!({"why": why})).await?;
        if let Some(source) = sources::by_id(&change.tx, source).await? {
            change.touch_server(source.server_id);
        }
        change.commit().await?;
    }
    Ok(Renewal::Done)
}

/// It is tried again later; until then the page says why.
async fn postpone(
    cat: &Arc<Catalog>,
    source: SourceId,
    login: &StoredLogin,
    why: String,
) -> Result<Renewal, CatalogError> {
    tracing::warn!(source.id = %source, why, "the login of a source could not be renewed; it is tried again");
    let now = cat.clock.now();
    let tx = cat.store.begin().await?;
    let facts = LoginFacts { trouble: Some(why.clone()), failed_at: Some(now), ..login.facts.clone() };
    source_logins::set_facts(&tx, source, login.generation, &facts, now).await?;
    source_logins::release(&tx, source, cat.process).await?;
    tx.commit().await?;
    Ok(Renewal::Failed(why))
}
