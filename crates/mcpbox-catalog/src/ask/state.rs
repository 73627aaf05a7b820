//! What a run asked and was answered, until the client comes back with the next answer: sealed in the database under the hash of a
//! random token, taken out by the first who brings it.

use chrono::TimeDelta;
use mcpbox_core::{
    ask::Reply,
    failure::{Failure, FailureKind},
    hash::ContentHash,
    token::TokenHash,
    user::{Ceremony, CeremonyKind},
};
use mcpbox_store::ceremonies;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    Catalog, CatalogError,
    session::{hash_of, new_token},
};

/// How long a person may think.
const LIFE: TimeDelta = TimeDelta::minutes(30);
/// Largest state, bytes of JSON.
const STATE_MAX: usize = 256 << 10;

/// See the module.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// What the run is.
    pub(super) binding: ContentHash,
    /// What was answered so far, in order.
    pub(super) told: Vec<Told>,
    /// What is asked now.
    pub(super) key: String,
    pub(super) digest: ContentHash,
}

/// A question that was answered.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) digest: ContentHash,
    pub(super) reply: Reply,
}

/// Keeps it; gives the token.
pub(super) async fn keep(cat: &Catalog, kept: &Kept) -> Result<String, CatalogError> {
    cat.check_room()?;
    let state = serde_json::to_string(kept).map_err(CatalogError::internal)?;
    if state.len() > STATE_MAX {
        let failure = Failure::new(FailureKind::LimitReached, "the answers of this run are too large to be kept");
        return Err(failure.hint("ask for less").into());
    }
    let (token, now) = (new_token()?, cat.clock.now());
    let ceremony = Ceremony {
        kind: CeremonyKind::Question,
        user_id: None,
        state: SecretString::from(state),
        attempts: 0,
        expires_at: now + LIFE,
    };
    let tx = cat.store.begin().await?;
    ceremonies::insert(&tx, &ceremony, &hash_of(&token), now).await?;
    tx.commit().await?;
    Ok(token.expose_secret().to_owned())
}

/// Takes out what was kept for this run. Of several who bring the same token one gets it.
///
/// # Errors
/// `invalid_arguments` that says to begin anew: the token is unknown, too old, used, or of another run.
pub(super) async fn take(cat: &Catalog, token: &str, binding: &ContentHash) -> Result<Kept, Failure> {
    find(cat, token, binding).await.map_err(CatalogError::into_failure)
}

async fn find(cat: &Catalog, token: &str, binding: &ContentHash) -> Result<Kept, CatalogError> {
    let hash = TokenHash::of(token);
    let found = ceremonies::find(&cat.store.reader(), CeremonyKind::Question, &hash).await?;
    let now = cat.clock.now();
    let found = found
        .filter(|ceremony| now < ceremony.expires_at)
        .ok_or_else(|| refused("the requestState is unknown, older than 30 minutes, or was used before"))?;
    let kept: Kept = serde_json::from_str(found.state.expose_secret()).map_err(CatalogError::internal)?;
    if kept.binding != *binding {
        return Err(refused(
            "the requestState is of another call: other arguments, another caller, or the tool was changed since",
        ));
    }
    let tx = cat.store.begin().await?;
    let is_first = ceremonies::take(&tx, &hash).await?;
    tx.commit().await?;
    if is_first { Ok(kept) } else { Err(refused("the requestState was used before")) }
}

fn refused(message: &str) -> CatalogError {
    Failure::new(FailureKind::InvalidArguments, message)
        .hint("call again without requestState and inputResponses")
        .into()
}
