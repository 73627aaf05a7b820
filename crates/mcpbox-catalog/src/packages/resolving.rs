//! The work behind the answers: resolving sets that somebody asked for, and installing those that published tools run with.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_core::{
    event::LiveEvent,
    execute::{Environment, LockedEnvironment, Resolved},
    failure::Failure,
    hash::ContentHash,
    package::{PackageLock, Resolution, ResolutionState},
    principal::Actor,
};
use mcpbox_store::{resolutions, reviews};
use serde_json::json;

use super::{InstallState, Set};
use crate::{Catalog, CatalogError, bundle::join_open_review, change::Change, load};

/// A failed resolution is tried again by itself when somebody asks for it after this time.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(1);

/// The resolution of a set; made, or tried again when it failed a while ago or `now`. The work begins with the commit.
pub(crate) async fn ensure_resolution(change: &mut Change, set: &Set, now: bool) -> Result<Resolution, CatalogError> {
    let id = set.id();
    let open = Resolution {
        id: id.clone(),
        requirements: set.requirements.clone(),
        state: ResolutionState::Pending,
        reason: None,
        lock: None,
        packages: Vec::new(),
        created_at: change.now,
        finished_at: None,
    };
    let found = resolutions::by_id(&change.tx, &id).await?;
    let is_stale = |found: &Resolution| {
        found.state == ResolutionState::Failed
            && (now || found.finished_at.is_none_or(|at| change.now - at >= RETRY_AFTER))
    };
    let written = match &found {
        None => resolutions::insert(&change.tx, &open).await?,
        Some(found) if is_stale(found) => resolutions::update(&change.tx, &open).await?,
        Some(_) => false,
    };
    if written {
        let detail = json!({"requirements": open.requirements});
        change.audit("packages.ask", format!("resolution:{id}"), detail).await?;
        change.touch_resolutions();
        return Ok(open);
    }
    Ok(found.unwrap_or(open))
}

/// Begins what is to be done for the snapshot as it is now: resolving what waits, and installing what tools run with.
pub(crate) fn ensure(cat: &Arc<Catalog>) {
    let again = Arc::clone(cat);
    cat.background.spawn(async move {
        let stop = again.stop_background.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            done = ensure_all(&again) => {
                if let Err(error) = done {
                    tracing::error!(%error, "packages could not be looked after; it is tried again with the next change");
                }
            }
        }
    });
}

async fn ensure_all(cat: &Arc<Catalog>) -> Result<(), CatalogError> {
    let snapshot = cat.snapshot();
    let unknown: Vec<&Set> =
        snapshot.package_sets().filter(|set| snapshot.resolutions().get(&set.id()).is_none()).collect();
    if !unknown.is_empty() {
        let mut change = Change::begin(cat, Actor::system("packages")).await?;
        for set in unknown {
            ensure_resolution(&mut change, set, false).await?;
        }
        // The commit comes back here.
        return if change.has_done_something() { change.commit().await } else { Ok(()) };
    }
    for resolution in resolutions::pending(&cat.store.reader()).await? {
        begin_resolving(cat, resolution);
    }
    for environment in snapshot.environments() {
        if let Environment::Locked(environment) = environment {
            begin_installing(cat, environment, false);
        }
    }
    Ok(())
}

fn begin_resolving(cat: &Arc<Catalog>, resolution: Resolution) {
    let is_new = cat.resolving.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(resolution.id.clone());
    if !is_new {
        return;
    }
    let work = Arc::clone(cat);
    cat.background.spawn(async move {
        let id = resolution.id.clone();
        let stop = work.stop_background.clone();
        tokio::select! {
            () = stop.cancelled() => {} // it is pending, and begun again at the next start
            done = resolve(&work, resolution) => {
                if let Err(error) = done {
                    tracing::error!(%error, "the result of a resolution could not be written; it is tried again with the next change");
                }
            }
        }
        work.resolving.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&id);
    });
}

async fn resolve(cat: &Arc<Catalog>, resolution: Resolution) -> Result<(), CatalogError> {
    // Others wait their turn: a resolution uses the network and a processor.
    let _turn = cat.resolving_turn.lock().await;
    let answer = cat.executor.resolve(&resolution.requirements).await;
    let mut change = Change::begin(cat, Actor::system("packages")).await?;
    let ended = ended(resolution, answer, &change);
    if !resolutions::update(&change.tx, &ended).await? {
        return Ok(()); // another replica was first
    }
    let lock = ended.lock.as_ref().map(|lock| &lock.hash);
    let names: Vec<String> =
        ended.packages.iter().map(|package| format!("{}=={}", package.name, package.version)).collect();
    let detail = json!({"requirements": ended.requirements, "state": ended.state, "reason": ended.reason, "lock": lock, "packages": names});
    change.audit("packages.resolve", format!("resolution:{}", ended.id), detail).await?;
    change.touch_resolutions();
    for review in reviews::open_all(&change.tx).await? {
        let loaded = load::tool(&change.tx, review.tool_id).await?;
        let before = review.content_hash.clone();
        let joined = join_open_review(&mut change, &loaded).await?;
        if joined.is_some_and(|review| review.content_hash != before) || ended.state == ResolutionState::Failed {
            change.tell(LiveEvent::ReviewChanged { review_id: review.id });
        }
    }
    change.commit().await
}

fn ended(open: Resolution, answer: Result<Resolved, String>, change: &Change) -> Resolution {
    let finished_at = Some(change.now);
    match answer {
        Ok(Resolved { lock, packages }) => Resolution {
            state: ResolutionState::Resolved,
            reason: None,
            lock: Some(lock),
            packages,
            finished_at,
            ..open
        },
        Err(mut reason) => {
            if reason.contains("was not found in the package registry") {
                reason += " If the package is called otherwise than its module, ask again with the argument package.";
            }
            Resolution { state: ResolutionState::Failed, reason: Some(reason), finished_at, ..open }
        }
    }
}

/// Has a set that is granted, but that no published tool runs with yet, resolved.
pub(crate) async fn ensure_asked(cat: &Arc<Catalog>, set: &Set) -> Result<(), CatalogError> {
    if cat.snapshot().resolutions().get(&set.id()).is_some() {
        return Ok(());
    }
    let mut change = Change::begin(cat, Actor::system("packages")).await?;
    ensure_resolution(&mut change, set, false).await?;
    if change.has_done_something() { change.commit().await } else { Ok(()) }
}

/// Waits a moment until calls can run in an environment; begins installing it when nobody did.
///
/// # Errors
/// Why they cannot.
pub(crate) async fn ready(cat: &Arc<Catalog>, environment: &Environment) -> Result<(), Failure> {
    let Environment::Locked(environment) = environment else { return Ok(()) };
    begin_installing(cat, environment, false);
    cat.installs.ready(environment).await
}

/// Installs an environment, or with `again` tries one more time.
pub(super) fn begin_installing(cat: &Arc<Catalog>, environment: &LockedEnvironment, again: bool) {
    if !cat.installs.begin(environment, again) {
        return;
    }
    let (work, environment) = (Arc::clone(cat), environment.clone());
    cat.background.spawn(async move {
        let stop = work.stop_background.clone();
        let state = tokio::select! {
            () = stop.cancelled() => return,
            installed = install(&work, &environment) => match installed {
                Ok(()) => InstallState::Installed,
                Err(reason) => {
                    tracing::error!(lock = %environment.lock, reason, "approved packages are not installed; their tools are refused");
                    InstallState::Failed { reason }
                }
            },
        };
        work.installs.set(&environment, state);
        work.emit(LiveEvent::GrantsChanged);
    });
}

async fn install(cat: &Arc<Catalog>, environment: &LockedEnvironment) -> Result<(), String> {
    let lock = lock_of(cat, &environment.lock).await?;
    let progress =
        |line: &str| cat.installs.set(environment, InstallState::Installing { step: line.chars().take(200).collect() });
    cat.executor.install(environment.clone(), &lock, &progress).await
}

async fn lock_of(cat: &Catalog, hash: &ContentHash) -> Result<PackageLock, String> {
    let found = resolutions::by_lock(&cat.store.reader(), hash).await.map_err(|error| error.to_string())?;
    found
        .and_then(|resolution| resolution.lock)
        .ok_or_else(|| "the lock of the approved packages is not in the database any more".to_owned())
}
