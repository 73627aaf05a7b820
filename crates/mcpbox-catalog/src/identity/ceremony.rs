//! Steps that belong together: what is remembered from one to the next, under a token that the browser keeps, for ten minutes.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_core::{
    ids::UserId,
    user::{Ceremony, CeremonyKind},
};
use mcpbox_store::ceremonies;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Catalog, CatalogError,
    session::{hash_of, new_token},
};

/// How long the next step may take.
const LIFE: TimeDelta = TimeDelta::minutes(10);
/// Wrong answers until everything begins anew.
const ATTEMPTS_MAX: i32 = 5;

/// Remembers `state`; gives the token. Changes nothing that anybody could have wanted to know of, so it has no audit row.
pub(crate) async fn begin(
    cat: &Catalog,
    kind: CeremonyKind,
    user_id: Option<UserId>,
    state: &impl Serialize,
) -> Result<SecretString, CatalogError> {
    let (token, now) = (new_token()?, cat.clock.now());
    let state = SecretString::from(serde_json::to_string(state).map_err(CatalogError::internal)?);
    let ceremony = Ceremony { kind, user_id, state, attempts: 0, expires_at: now + LIFE };
    let tx = cat.store.begin().await?;
    ceremonies::insert(&tx, &ceremony, &hash_of(&token), now).await?;
    tx.commit().await?;
    Ok(token)
}

/// What was remembered. It stays until it is taken, for another try.
pub(crate) async fn find<T: DeserializeOwned>(
    cat: &Arc<Catalog>,
    kind: CeremonyKind,
    token: &SecretString,
) -> Result<(Option<UserId>, T), CatalogError> {
    let found = ceremonies::find(&cat.store.reader(), kind, &hash_of(token)).await?;
    let now = cat.clock.now();
    let live = found.filter(|ceremony| now < ceremony.expires_at && ceremony.attempts < ATTEMPTS_MAX);
    let ceremony = live.ok_or_else(ended)?;
    let state = serde_json::from_str(ceremony.state.expose_secret()).map_err(CatalogError::internal)?;
    Ok((ceremony.user_id, state))
}

/// Counts a wrong answer.
pub(crate) async fn failed(cat: &Catalog, token: &SecretString) -> Result<(), CatalogError> {
    let tx = cat.store.begin().await?;
    ceremonies::count_attempt(&tx, &hash_of(token)).await?;
    Ok(tx.commit().await?)
}

/// Ends it within the change that it leads to: of two answers at once, one wins.
pub(crate) async fn take(tx: &mcpbox_store::Tx, token: &SecretString) -> Result<(), CatalogError> {
    if ceremonies::take(tx, &hash_of(token)).await? { Ok(()) } else { Err(ended()) }
}

fn ended() -> CatalogError {
    CatalogError::Unauthenticated("this took too long, or too many answers were wrong; begin again".to_owned())
}
