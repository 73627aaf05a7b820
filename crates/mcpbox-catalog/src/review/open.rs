//! Reading a review that is about to be decided: it must still be open, and still be what the human saw.

use mcpbox_core::{
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::ReviewId,
    name::published_name,
    review::{Review, ReviewState, bundle_hash},
    version::Version,
};
use mcpbox_store::{Connection, resolutions, reviews, revisions, tools, versions};

use super::changes::{Changes, State};
use crate::{
    CatalogError, Decided,
    change::Change,
    error::refused,
    load::{self, Loaded},
    needs::Standing,
    packages::{self, Set},
};

/// A review that may be decided now.
pub(super) struct Open {
    pub(super) review: Review,
    pub(super) loaded: Loaded,
    pub(super) version: Version,
    pub(super) standing: Standing,
}

/// A review, whatever its state.
pub(super) async fn by_id(connection: &impl Connection, id: ReviewId) -> Result<Review, CatalogError> {
    let found = reviews::by_id(connection, id).await?;
    found.ok_or_else(|| refused(FailureKind::NotFound, format!("there is no review {id}")))
}

/// The version that a review is about.
pub(super) async fn version_of(connection: &impl Connection, review: &Review) -> Result<Version, CatalogError> {
    let version = versions::by_id(connection, review.version_id).await?;
    version.ok_or_else(|| refused(FailureKind::NotFound, "the version of this review is gone"))
}

/// Reads an open review that still is what the human saw.
pub(super) async fn open(change: &Change, id: ReviewId, seen: &ContentHash) -> Result<Open, CatalogError> {
    let review = by_id(&change.tx, id).await?;
    if review.state != ReviewState::Open || review.content_hash != *seen {
        return Err(stale(&change.tx, &review, seen).await?);
    }
    let loaded = load::tool(&change.tx, review.tool_id).await?;
    let version = version_of(&change.tx, &review).await?;
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    Ok(Open { review, loaded, version, standing })
}

/// Why a decision that named `seen` cannot be made: somebody decided before, or the bundle is another by now.
pub(super) async fn stale(
    connection: &impl Connection,
    review: &Review,
    seen: &ContentHash,
) -> Result<CatalogError, CatalogError> {
    let current = match review.state {
        // What took its place, if something did.
        ReviewState::Superseded => reviews::open_for_tool(connection, review.tool_id).await?,
        _ => None,
    };
    let changes = match review.state {
        ReviewState::Open | ReviewState::Superseded => {
            changes(connection, (review.id, seen), current.as_ref().unwrap_or(review)).await?
        }
        _ => None,
    };
    let decided = match review.state {
        ReviewState::Open => None,
        state => review
            .decided_by
            .clone()
            .zip(review.decided_at)
            .map(|(by, at)| Box::new(Decided { state, by, at, comment: review.comment.clone() })),
    };
    Ok(CatalogError::Stale {
        message: message(review, current.as_ref(), changes.as_ref()),
        current: current.map_or_else(|| review.content_hash.clone(), |current| current.content_hash),
        decided,
        changes: changes.map(Box::new),
    })
}

fn message(review: &Review, current: Option<&Review>, changes: Option<&Changes>) -> String {
    let by = review.decided_by.as_ref().map_or("somebody", |by| by.name.as_str());
    let at = review.decided_at.map_or_else(String::new, |at| format!(" on {}", at.format("%Y-%m-%d at %H:%M:%S UTC")));
    match review.state {
        ReviewState::Open => {
            let asked: Vec<String> = review.requested.iter().map(ToString::to_string).collect();
            let asked = if asked.is_empty() { "nothing new".to_owned() } else { asked.join(", ") };
            let what = changes.map_or_else(String::new, |changes| format!(": {}", changes.sentence));
            format!(
                "the request changed after you opened it{what}. It now asks for {asked}. Look at it again, then decide"
            )
        }
        ReviewState::Approved => format!("this review was approved already, by {by}{at}"),
        ReviewState::Revoked => format!("this review was approved already, by {by}{at}, and taken back since"),
        ReviewState::Rejected => format!("this review was sent back already, by {by}{at}"),
        ReviewState::Superseded => {
            let now = current.map_or_else(String::new, |current| format!(". Look at review {} instead", current.id));
            format!("this review no longer stands: {}{now}", review.comment)
        }
    }
}

/// What changed in the bundle since the state that `seen` names.
pub(super) async fn changes(
    connection: &impl Connection,
    (review, seen): (ReviewId, &ContentHash),
    now: &Review,
) -> Result<Option<Changes>, CatalogError> {
    let before = revisions::by_hash(connection, review, seen).await?;
    let after = revisions::by_hash(connection, now.id, &now.content_hash).await?;
    let Some((before, after)) = before.zip(after) else { return Ok(None) };
    let (before, after) = (State::read(connection, before).await?, State::read(connection, after).await?);
    Ok(before.zip(after).map(|(before, after)| Changes::between(&before, &after)))
}

/// What is stored must still be what the hash names.
pub(super) fn check_content(
    review: &Review,
    version: &Version,
    lock: Option<&ContentHash>,
) -> Result<(), CatalogError> {
    let hash = bundle_hash(review.purpose, &version.content_hash, &review.requested, lock);
    if version.content.hash() == version.content_hash && hash == review.content_hash {
        return Ok(());
    }
    tracing::error!(review.id = %review.id, version.id = %version.id, "a version is not what its hash names: check the database, or restore a backup");
    let failure = Failure::new(FailureKind::Conflict, "what is stored is not what was submitted; nothing was approved");
    Err(failure.hint("look at the log, and have the author submit a new version").into())
}

/// Packages must be resolved, so that the human saw what is installed. Gives the lock by which they are.
pub(super) async fn check_packages(
    change: &Change,
    review: &Review,
    standing: &Standing,
) -> Result<Option<ContentHash>, CatalogError> {
    let Some(set) = Set::with_requested(standing, &review.requested) else { return Ok(None) };
    let resolution = resolutions::by_id(&change.tx, &set.id()).await?;
    match packages::not_approvable(resolution.as_ref()) {
        Some(failure) => Err(failure.into()),
        None => Ok(resolution.and_then(|resolution| resolution.lock).map(|lock| lock.hash)),
    }
}

/// The name may have been taken while the version waited.
pub(super) async fn check_name(change: &Change, loaded: &Loaded, version: &Version) -> Result<(), CatalogError> {
    let name = &version.content.name;
    match tools::by_server_and_name(&change.tx, loaded.server.id, name).await? {
        Some(other) if other.id != loaded.tool.id => {
            let taken = published_name(&loaded.server.name, name);
            let failure = Failure::new(
                FailureKind::Conflict,
                format!("another tool is called {taken} by now; nothing was approved"),
            );
            Err(failure.hint("send this back, and have the author choose another name").into())
        }
        _ => Ok(()),
    }
}
