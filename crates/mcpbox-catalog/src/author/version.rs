//! Writing versions: a new one on top of the newest, which leaves review if it was there.

use mcpbox_analysis::Analysis;
use mcpbox_core::{
    event::LiveEvent,
    failure::{Failure, FailureKind},
    ids::{ReviewId, ToolId, VersionId},
    name::{NameError, RESERVED_PREFIX, ToolName, nearest_name, published_name},
    server::Server,
    version::{Content, Version, VersionEvent, VersionState},
};
use mcpbox_store::{reviews, tools, versions};
use serde_json::json;

use crate::{CatalogError, bundle::join_open_review, change::Change, load::Loaded, next::YOURS, quota};

/// Writes a version on top of the newest one, which leaves review if it was there. Gives the review it superseded.
pub(crate) async fn add_version(
    change: &mut Change,
    loaded: &mut Loaded,
    content: Content,
    restored_from: Option<u32>,
    action: &'static str,
) -> Result<Option<ReviewId>, CatalogError> {
    check_name_is_free(change, &loaded.server, Some(loaded.tool.id), &content.name).await?;
    quota::check_versions(change, loaded).await?;
    quota::check_code(change, &content).await?;
    let superseded = withdraw(change, loaded).await?;
    let number = versions::next_number(&change.tx, loaded.tool.id).await?;
    let newest = version(change, loaded.tool.id, number, content, restored_from);
    versions::insert(&change.tx, &newest).await?;
    loaded.tool.updated_at = change.now;
    if loaded.tool.live_version.is_none() {
        loaded.tool.name = newest.content.name.clone();
    }
    tools::update(&change.tx, &loaded.tool).await?;
    let detail = json!({"name": loaded.name(), "version": number, "content_hash": newest.content_hash, "restored_from": restored_from});
    change.audit(action, format!("tool:{}", loaded.tool.id), detail).await?;
    change.touch_tool(loaded.tool.id);
    loaded.newest = newest;
    // What was asked for alone goes on waiting, for the code as it is now.
    join_open_review(change, loaded).await?;
    Ok(superseded)
}

/// Takes the newest version out of review: a newer one is about to take its place.
async fn withdraw(change: &mut Change, loaded: &Loaded) -> Result<Option<ReviewId>, CatalogError> {
    if loaded.newest.state != VersionState::PendingReview {
        return Ok(None);
    }
    let open = reviews::open_for_tool(&change.tx, loaded.tool.id).await?;
    let comment = "a newer version took its place";
    reviews::supersede(&change.tx, loaded.tool.id, &change.actor, change.now, comment).await?;
    let (from, id) = (loaded.newest.state, loaded.newest.id);
    let to = from.apply(VersionEvent::Withdraw).map_err(CatalogError::internal)?;
    versions::set_state(&change.tx, id, from, to, None).await?;
    if let Some(review) = &open {
        change.tell(LiveEvent::ReviewChanged { review_id: review.id });
    }
    Ok(open.map(|review| review.id))
}

pub(crate) fn tool_name(text: &str) -> Result<ToolName, CatalogError> {
    let name = ToolName::parse(text).map_err(|error| no_name(&error, text))?;
    if text.starts_with(RESERVED_PREFIX) {
        let failure =
            Failure::new(FailureKind::InvalidArguments, format!("'{text}' would look like a management tool"));
        let failure = failure.argument("name").nearest(nearest_name(text));
        return Err(failure.hint("choose a name that does not start with 'mcpbox'").into());
    }
    Ok(name)
}

/// The refusal of a text that is no name, with one that is.
pub(super) fn no_name(error: &NameError, text: &str) -> Failure {
    let nearest = nearest_name(text);
    let hint = nearest.as_deref().map_or_else(|| "such as weather_api".to_owned(), |name| format!("such as {name}"));
    Failure::new(FailureKind::InvalidArguments, error.to_string()).argument("name").hint(hint).nearest(nearest)
}

/// A name is free when no other tool of the server has it now.
pub(super) async fn check_name_is_free(
    change: &Change,
    server: &Server,
    own: Option<ToolId>,
    name: &ToolName,
) -> Result<(), CatalogError> {
    match tools::by_server_and_name(&change.tx, server.id, name).await? {
        Some(other) if Some(other.id) != own => {
            let taken = published_name(&server.name, name);
            let failure = Failure::new(FailureKind::Conflict, format!("{taken} already exists; nothing was changed"));
            let hint = "to change that tool make your code its next version, as under next (mcpbox_get_tool shows it); for \
                        another tool choose another name";
            let update = json!({"tool_id": taken, "python_code": YOURS});
            Err(failure.hint(hint).next("mcpbox_update_tool", update).into())
        }
        _ => Ok(()),
    }
}

pub(crate) fn content(name: ToolName, description: String, code: String, analysis: &Analysis) -> Content {
    Content {
        name,
        description,
        code,
        input_schema: analysis.input_schema.clone(),
        output_schema: analysis.output_schema.clone(),
        capabilities: analysis.capabilities(),
    }
}

pub(crate) fn version(
    change: &Change,
    tool_id: ToolId,
    number: u32,
    content: Content,
    restored_from: Option<u32>,
) -> Version {
    Version {
        id: VersionId::generate(),
        tool_id,
        number,
        content_hash: content.hash(),
        content,
        state: VersionState::Draft,
        restored_from,
        created_by: change.actor.clone(),
        created_at: change.now,
        decision: None,
    }
}

/// Publishes or withdraws a tool while its server runs; takes effect with the commit.
pub(crate) async fn set_enabled(change: &mut Change, loaded: &mut Loaded, enabled: bool) -> Result<(), CatalogError> {
    if enabled == loaded.tool.enabled {
        return Ok(());
    }
    (loaded.tool.enabled, loaded.tool.updated_at) = (enabled, change.now);
    tools::update(&change.tx, &loaded.tool).await?;
    let action = if enabled { "tool.enable" } else { "tool.disable" };
    change.audit(action, format!("tool:{}", loaded.tool.id), json!({"name": loaded.name()})).await?;
    change.touch_tool(loaded.tool.id);
    Ok(())
}
