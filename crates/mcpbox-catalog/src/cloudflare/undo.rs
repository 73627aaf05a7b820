//! Undoing a step: what it made is deleted, then what is remembered of it. What is gone already is fine.

use std::sync::Arc;

use mcpbox_core::{
    cloudflare::{Progress, StepName},
    event::LiveEvent,
};
use mcpbox_store::cloudflare;
use serde_json::{Value, json};

use super::{
    api::Trouble,
    requests,
    state::{Saved, State},
    steps::{Work, work},
};
use crate::{Admin, Catalog, CatalogError, change::Change, review};

/// Undoes `step`. What Cloudflare refuses stands in the step's message, and the step stays.
pub(super) async fn run(
    cat: &Arc<Catalog>,
    reviewer: &Admin,
    step: StepName,
    state: State,
) -> Result<(), CatalogError> {
    let saved = state.saved(step).cloned();
    if step == StepName::Front {
        distrust(cat, reviewer).await?;
    } else if saved.as_ref().is_some_and(|saved| saved.is_sent) && !requests_of(step, &state).is_empty() {
        let mut work = work(cat, reviewer, step, state)?;
        if let Err(trouble) = delete(&mut work).await {
            let known = saved.map(|saved| saved.known).unwrap_or_default();
            let kept = Saved { known, ..Saved::new(Progress::Failed, true).saying(trouble.message) };
            return work.keep("cloudflare.undo", &kept).await;
        }
    }
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    cloudflare::delete(&change.tx, step.word()).await?;
    change.audit("cloudflare.undo", "cloudflare".to_owned(), json!({"step": step, "progress": Progress::Open})).await?;
    change.tell(LiveEvent::CloudflareChanged);
    change.commit().await
}

fn requests_of(step: StepName, state: &State) -> Vec<super::api::Request> {
    state.plan.as_ref().map_or_else(Vec::new, |plan| requests::undo(step, plan, &state.known()))
}

async fn delete(work: &mut Work<'_>) -> Result<(), Trouble> {
    if !find_lost(work).await? {
        return Ok(());
    }
    for request in requests::undo(work.step, &work.plan, &work.known) {
        match work.api.send(work.step, &request).await {
            Ok(_) => {}
            Err(trouble) if trouble.is_absent => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

/// The id of what an interrupted try made, looked up by its name; false when there is nothing to delete.
async fn find_lost(work: &mut Work<'_>) -> Result<bool, Trouble> {
    let (path, field, key, id) = match work.step {
        StepName::Tunnel => ("/cfd_tunnel", "name", "tunnel_id", "id"),
        StepName::VpcService => ("/connectivity/directory/services", "name", "service_id", "service_id"),
        StepName::KvNamespace => ("/storage/kv/namespaces", "title", "namespace_id", "id"),
        StepName::AccessPolicy => ("/access/policies", "name", "policy_id", "id"),
        StepName::AccessApp => ("/access/apps", "name", "app_id", "id"),
        _ => return Ok(true),
    };
    if work.known.contains_key(key) {
        return Ok(true);
    }
    let Some(found) = work.find(path, field).await? else { return Ok(false) };
    let Some(id) = found.get(id).and_then(Value::as_str) else { return Ok(false) };
    work.known.insert(key.to_owned(), id.to_owned());
    Ok(true)
}

/// Whatever comes through the Worker is refused from now on.
async fn distrust(cat: &Arc<Catalog>, reviewer: &Admin) -> Result<(), CatalogError> {
    let mut settings = cat.snapshot().settings().clone();
    if settings.front.take().is_some() {
        review::set_settings(cat, reviewer, settings).await?;
    }
    Ok(())
}
