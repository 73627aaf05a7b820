//! Every encrypted value, encrypted again with another data key. A new encrypted column is added here.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, Set};

use crate::{
    audit,
    entity::{audit_head, cloudflare, notification_targets, secrets},
    error::StoreError,
    notifications,
    seal::{SealedAt, Sealer},
    secrets as secret_values,
};

/// Encrypts all of them with the sealer's active key; gives their number.
pub(crate) async fn all(executor: &impl ConnectionTrait, sealer: &Sealer) -> Result<u64, StoreError> {
    let mut values = 0;
    for row in secrets::Entity::find().all(executor).await? {
        let Some(value) = &row.value else { continue };
        let value = again(sealer, secret_values::place(&row.id), value)?;
        secrets::ActiveModel { id: Set(row.id), value: Set(Some(value)), ..Default::default() }
            .update(executor)
            .await?;
        values += 1;
    }
    for row in notification_targets::Entity::find().all(executor).await? {
        let url = again(sealer, notifications::place("url", &row.id), &row.url)?;
        let key = row.key.as_ref().map(|key| again(sealer, notifications::place("key", &row.id), key)).transpose()?;
        values += 1 + u64::from(key.is_some());
        let change =
            notification_targets::ActiveModel { id: Set(row.id), url: Set(url), key: Set(key), ..Default::default() };
        change.update(executor).await?;
    }
    for row in cloudflare::Entity::find().all(executor).await? {
        let value = again(sealer, crate::cloudflare::place(&row.name), &row.value)?;
        cloudflare::ActiveModel { name: Set(row.name), value: Set(value), ..Default::default() }
            .update(executor)
            .await?;
        values += 1;
    }
    for row in audit_head::Entity::find().all(executor).await? {
        let sealed = again(sealer, audit::place(), &row.sealed)?;
        audit_head::ActiveModel { id: Set(row.id), sealed: Set(sealed) }.update(executor).await?;
        values += 1;
    }
    Ok(values)
}

fn again(sealer: &Sealer, place: SealedAt<'_>, blob: &[u8]) -> Result<Vec<u8>, StoreError> {
    let failed = |source| StoreError::Seal { place: place.to_string(), source };
    let value = sealer.unseal(place, blob).map_err(failed)?;
    sealer.seal(place, &value).map_err(failed)
}
