//! Every encrypted value, encrypted again with another data key. A new encrypted column is added here.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, Set};

use crate::{
    audit, ceremonies, code_apps,
    entity::{
        audit_head, ceremonies as ceremony_rows, cloudflare, code_apps as app_rows, notification_targets,
        oidc_provider as provider_rows, secrets, source_logins as login_rows, tasks as task_rows,
    },
    error::StoreError,
    notifications, oidc_provider,
    seal::{SealedAt, Sealer},
    secrets as secret_values, source_logins, tasks,
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
    for row in task_rows::Entity::find().all(executor).await? {
        let Some(ending) = &row.ending else { continue };
        let ending = Some(again(sealer, tasks::place(&row.id), ending)?);
        task_rows::ActiveModel { id: Set(row.id), ending: Set(ending), ..Default::default() }.update(executor).await?;
        values += 1;
    }
    for row in login_rows::Entity::find().all(executor).await? {
        let Some(tokens) = &row.tokens else { continue };
        let tokens = Some(again(sealer, source_logins::place(&row.source_id), tokens)?);
        let change =
            login_rows::ActiveModel { source_id: Set(row.source_id), tokens: Set(tokens), ..Default::default() };
        change.update(executor).await?;
        values += 1;
    }
    Ok(values + of_people(executor, sealer).await?)
}

/// What proves who somebody is.
async fn of_people(executor: &impl ConnectionTrait, sealer: &Sealer) -> Result<u64, StoreError> {
    let mut values = 0;
    for row in app_rows::Entity::find().all(executor).await? {
        let secret = again(sealer, code_apps::place(&row.user_id), &row.secret)?;
        let change = app_rows::ActiveModel { user_id: Set(row.user_id), secret: Set(secret), ..Default::default() };
        change.update(executor).await?;
        values += 1;
    }
    for row in provider_rows::Entity::find().all(executor).await? {
        let Some(secret) = &row.secret else { continue };
        let secret = Some(again(sealer, oidc_provider::place(), secret)?);
        let change = provider_rows::ActiveModel { id: Set(row.id), secret: Set(secret), ..Default::default() };
        change.update(executor).await?;
        values += 1;
    }
    for row in ceremony_rows::Entity::find().all(executor).await? {
        let state = again(sealer, ceremonies::place(&row.token_hash), &row.state)?;
        let hash = Set(row.token_hash);
        let change = ceremony_rows::ActiveModel { token_hash: hash, state: Set(state), ..Default::default() };
        change.update(executor).await?;
        values += 1;
    }
    Ok(values)
}

fn again(sealer: &Sealer, place: SealedAt<'_>, blob: &[u8]) -> Result<Vec<u8>, StoreError> {
    let failed = |source| StoreError::Seal { place: place.to_string(), source };
    let value = sealer.unseal(place, blob).map_err(failed)?;
    sealer.seal(place, &value).map_err(failed)
}
