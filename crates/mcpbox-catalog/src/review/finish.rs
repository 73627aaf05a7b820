//! The end of every decision: it is committed and told, with what is left to do.

use mcpbox_core::{
    capability::Capability, event::LiveEvent, grant::GrantScope, review::Review, server::ServerStatus, version::Version,
};

use super::Decision;
use crate::{Catalog, CatalogError, change::Change, load::Loaded, needs::Standing};

/// What is left to do before calls succeed.
pub(super) fn remarks(cat: &Catalog, loaded: &Loaded, version: &Version, standing: &Standing) -> Vec<String> {
    let mut remarks = Vec::new();
    if loaded.server.status == ServerStatus::Stopped {
        remarks.push(format!("server '{}' is stopped; start it to publish the tool", loaded.server.name));
    }
    if !loaded.tool.enabled {
        remarks.push("the tool is disabled; enable it to publish it".to_owned());
    }
    if standing.approved().any(|grant| matches!(grant.capability, Capability::Package(_))) {
        remarks.push(
            "its packages are being installed; calls succeed once they are (`mcpbox package list` shows how far it is)"
                .to_owned(),
        );
    }
    let missing = standing.secrets_without_value(&version.content.capabilities);
    if !missing.is_empty() {
        let page = cat.admin_page(&format!("servers/{}", loaded.server.id));
        remarks.push(format!("set the value of {} at {page}; until then calls fail", missing.join(", ")));
    }
    remarks
}

/// Commits a decision, and tells what came of it.
pub(super) async fn finish(
    cat: &Catalog,
    mut change: Change,
    review: Review,
    loaded: Loaded,
    version: Version,
    remarks: Vec<String>,
) -> Result<Decision, CatalogError> {
    change.touch_tool(loaded.tool.id);
    change.touch_grants(GrantScope::Tool(loaded.tool.id));
    change.tell(LiveEvent::ReviewChanged { review_id: review.id });
    change.commit().await?;
    let published = cat.snapshot().known_by_id(loaded.tool.id).is_some_and(|known| known.withheld.is_none());
    Ok(Decision {
        review,
        tool: loaded.name(),
        version: version.number,
        live_version: loaded.tool.live_version,
        published,
        remarks,
    })
}
