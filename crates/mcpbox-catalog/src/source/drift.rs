//! When a source offers another tool than was approved, that tool is in quarantine: its calls are refused until a human
//! approves what is offered now, in a review that shows the difference, or until the source offers the approved one again.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use mcpbox_core::{
    ids::SourceId,
    principal::Actor,
    review::ReviewPurpose,
    source::{ExternalSource, OfferedTool},
    tool::ToolKind,
    version::{VersionEvent, VersionState},
};
use mcpbox_store::{reviews, sources, tools, versions};
use serde_json::json;

use super::{Pinned, definition, discover};
use crate::{
    Catalog, CatalogError,
    author::add_version,
    bundle::{Bundle, open_review, update_review},
    change::Change,
    load::{self, Loaded},
    needs::Standing,
};

/// The least time between two looks at the same source, however often it says that something changed.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks at every source that was connected to anew or says that its tools changed; ends with the catalog. Each is looked at
/// by itself: one that hangs keeps no other waiting.
pub(super) fn watch(cat: &Arc<Catalog>) {
    let (weak, stop) = (Arc::downgrade(cat), cat.stop_background.clone());
    let Some(client) = cat.sources.get().cloned() else { return };
    cat.background.spawn(async move {
        let mut looks = FuturesUnordered::new();
        // Whether it has to be looked at once more, for each that is being looked at.
        let mut running: HashMap<SourceId, bool> = HashMap::new();
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => return,
                source = client.changed() => match running.get_mut(&source) {
                    Some(again) => { *again = true; None }
                    None => Some(source),
                },
                Some(source) = looks.next(), if !looks.is_empty() => running.remove(&source).filter(|again| *again).map(|_| source),
            };
            let Some(source) = next else { continue };
            running.insert(source, false);
            let weak = weak.clone();
            looks.push(async move {
                if let Some(cat) = weak.upgrade() && let Err(error) = look(&cat, source).await {
                    tracing::warn!(source.id = %source, %error, "what a source offers could not be compared with what was approved");
                }
                tokio::time::sleep(PAUSE).await;
                source
            }.boxed());
        }
    });
}

pub(super) async fn look(cat: &Arc<Catalog>, id: SourceId) -> Result<(), CatalogError> {
    let Some(source) = sources::by_id(&cat.store.reader(), id).await? else { return Ok(()) };
    let Some(server) = cat.snapshot().server_by_id(source.server_id).cloned() else { return Ok(()) };
    discover::offered(cat, &server, &source).await.map(drop)
}

/// Compares what a source offers with what its live tools pin.
pub(super) async fn compare(
    cat: &Arc<Catalog>,
    source: &ExternalSource,
    offered: &[OfferedTool],
) -> Result<(), CatalogError> {
    let snapshot = cat.snapshot();
    let Some(server) = snapshot.server_by_id(source.server_id) else { return Ok(()) };
    for known in snapshot.known_of(server).filter(|known| known.tool.kind == ToolKind::External) {
        let Some(live) = known.tool.live_version else { continue };
        let Some(live) = versions::by_id(&cat.store.reader(), live).await? else { continue };
        let Some(Ok(pinned)) = Pinned::of(&live.content) else { continue };
        if pinned.source_id != source.id {
            continue;
        }
        let now = offered.iter().find(|tool| tool.name == pinned.tool.name);
        let reason = match now {
            None => Some("its source no longer offers it".to_owned()),
            Some(now) if *now == *pinned.tool => None,
            Some(_) => Some("its source offers another definition by now".to_owned()),
        };
        if known.tool.quarantine != reason {
            set_quarantine(cat, known.tool.id, reason.clone()).await?;
        }
        if let (Some(_), Some(now)) = (reason, now) {
            ask(cat, source, known.tool.id, now).await?;
        }
    }
    Ok(())
}

/// Puts a tool in quarantine, or takes it out; whoever was first is enough.
async fn set_quarantine(
    cat: &Arc<Catalog>,
    tool: mcpbox_core::ids::ToolId,
    reason: Option<String>,
) -> Result<(), CatalogError> {
    let mut change = Change::begin_withdrawing(cat, Actor::system("sources")).await?;
    let mut loaded = load::tool(&change.tx, tool).await?;
    if loaded.tool.quarantine == reason {
        return change.undo().await;
    }
    let action = if reason.is_some() { "tool.quarantine" } else { "tool.release" };
    tracing::warn!(
        tool.name = loaded.name(),
        reason,
        "what a source offers is compared with what was approved: {action}"
    );
    (loaded.tool.quarantine, loaded.tool.updated_at) = (reason, change.now);
    tools::update(&change.tx, &loaded.tool).await?;
    let detail = json!({"name": loaded.name(), "reason": loaded.tool.quarantine});
    change.audit(action, format!("tool:{tool}"), detail).await?;
    change.touch_tool(tool);
    change.commit().await
}

/// Opens the review of what is offered now, unless it is open.
async fn ask(
    cat: &Arc<Catalog>,
    source: &ExternalSource,
    tool: mcpbox_core::ids::ToolId,
    now: &OfferedTool,
) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, Actor::system("sources")).await?;
    let mut loaded = load::tool(&change.tx, tool).await?;
    let content = definition::content(source, now, loaded.tool.name.clone())?;
    if loaded.newest.content_hash != content.hash() {
        add_version(&mut change, &mut loaded, content, None, "tool.import").await?;
    }
    // One that a human sent back stays so: they know, and the tool stays in quarantine.
    if loaded.newest.state != VersionState::Draft {
        return match change.has_done_something() {
            true => change.commit().await,
            false => change.undo().await,
        };
    }
    submit(&mut change, &loaded).await?;
    change.touch_tool(tool);
    change.commit().await
}

async fn submit(change: &mut Change, loaded: &Loaded) -> Result<(), CatalogError> {
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let bundle = Bundle::build(change, loaded, &standing, ReviewPurpose::Publish).await?;
    let notes =
        "The source offers another definition than the one that was approved. Its calls are refused until you decide.";
    match reviews::open_for_tool(&change.tx, loaded.tool.id).await? {
        Some(open) => update_review(change, open, &bundle).await?,
        None => open_review(change, loaded, &bundle, notes.to_owned()).await?,
    };
    let (from, id) = (loaded.newest.state, loaded.newest.id);
    let to = from.apply(VersionEvent::Submit).map_err(CatalogError::internal)?;
    versions::set_state(&change.tx, id, from, to, None).await?;
    Ok(())
}
