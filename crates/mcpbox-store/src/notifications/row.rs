//! Between targets and notices and their rows.

use mcpbox_core::{
    ids::{ReviewId, TargetId},
    notification::{Endpoint, Notice, Target},
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    convert::{Place, text, time},
    entity::{notices, notification_targets::Model},
    error::StoreError,
    seal::{SealError, SealedAt, Sealer},
};

const TABLE: &str = "notification_targets";

/// The row of a new target.
pub(super) fn of(sealer: &Sealer, target: &Target, endpoint: &Endpoint, told: i64) -> Result<Model, StoreError> {
    Ok(Model {
        id: target.id.0,
        name: text(&target.name),
        kind: Place(TABLE, "kind").word(&target.kind)?,
        host: text(&target.host),
        url: seal_url(sealer, target.id, endpoint)?,
        key: seal_key(sealer, target.id, endpoint)?,
        is_on: target.is_on,
        events: Place(TABLE, "events").json(&target.events)?,
        told,
        message_id: None,
        message_until: None,
        attempts: 0,
        next_at: None,
        lease: None,
        leased_until: None,
        delivered_at: None,
        last: None,
        created_at: time(target.created_at),
        updated_at: time(target.updated_at),
    })
}

/// The address, encrypted for its place.
pub(super) fn seal_url(sealer: &Sealer, id: TargetId, endpoint: &Endpoint) -> Result<Vec<u8>, StoreError> {
    seal(sealer, place("url", &id.0), &endpoint.url)
}

/// The key, encrypted for its place.
pub(super) fn seal_key(sealer: &Sealer, id: TargetId, endpoint: &Endpoint) -> Result<Option<Vec<u8>>, StoreError> {
    endpoint.key.as_ref().map(|key| seal(sealer, place("key", &id.0), key)).transpose()
}

/// Address and key of a row, decrypted.
pub(super) fn endpoint(sealer: &Sealer, row: &Model) -> Result<Endpoint, StoreError> {
    let key = row.key.as_ref().map(|blob| open(sealer, place("key", &row.id), blob)).transpose()?;
    Ok(Endpoint { url: open(sealer, place("url", &row.id), &row.url)?, key })
}

pub(crate) fn place<'a>(column: &'static str, id: &'a Uuid) -> SealedAt<'a> {
    SealedAt { table: TABLE, column, row: id }
}

fn seal(sealer: &Sealer, at: SealedAt<'_>, value: &SecretString) -> Result<Vec<u8>, StoreError> {
    sealer.seal(at, value.expose_secret().as_bytes()).map_err(|source| unopened(at, source))
}

fn open(sealer: &Sealer, at: SealedAt<'_>, blob: &[u8]) -> Result<SecretString, StoreError> {
    let bytes = sealer.unseal(at, blob).map_err(|source| unopened(at, source))?;
    let value = std::str::from_utf8(&bytes).map_err(|_| unopened(at, SealError::Format))?;
    Ok(SecretString::from(value))
}

fn unopened(at: SealedAt<'_>, source: SealError) -> StoreError {
    StoreError::Seal { place: at.to_string(), source }
}

impl TryFrom<Model> for Target {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: TargetId(row.id),
            name: row.name,
            kind: Place(TABLE, "kind").parse_word(row.kind)?,
            host: row.host,
            has_key: row.key.is_some(),
            is_on: row.is_on,
            events: Place(TABLE, "events").parse_json(row.events)?,
            last: row.last.map(|last| Place(TABLE, "last").parse_json(last)).transpose()?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl TryFrom<notices::Model> for Notice {
    type Error = StoreError;

    fn try_from(row: notices::Model) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: row.sequence,
            event: Place("notices", "event").parse_word(row.event)?,
            review_id: row.review_id.map(ReviewId),
            is_over: row.is_over,
            created_at: row.created_at,
        })
    }
}
