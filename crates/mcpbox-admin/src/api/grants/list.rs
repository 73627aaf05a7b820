//! `GET /api/grants`.

use axum::{Json, extract::State};
use mcpbox_catalog::listing::{self, GrantFilter};
use mcpbox_core::{
    grant::{Grant, GrantState},
    hash::ContentHash,
    paging::Page,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{Answer, page_request, server_id, tool_id},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Which grants to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct GrantQuery {
    /// Only those in this state.
    state: Option<GrantState>,
    /// Only those of this server (id or name) and its tools.
    server: Option<String>,
    /// Only those for this tool alone (id or `server__tool`).
    tool: Option<String>,
    /// Page, from 1.
    #[param(minimum = 1)]
    page: Option<u64>,
    /// Rows a page, 1 to 100; 50 unless given.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u64>,
}

/// A grant, and the hash that a decision about it names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantItem {
    /// The grant.
    #[serde(flatten)]
    grant: Grant,
    /// Names it as it is now.
    content_hash: ContentHash,
}

/// Lists grants, newest first.
#[utoipa::path(get, path = "/grants", tag = "grants", params(GrantQuery), responses((status = OK, body = Page<GrantItem>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(query): Query<GrantQuery>,
) -> Answer<Page<GrantItem>> {
    let filter = GrantFilter {
        state: query.state,
        server: server_id(&state, &viewer, query.server.as_deref()).await?,
        tool: tool_id(&state, &viewer, query.tool.as_deref()).await?,
    };
    let found = listing::grants(&state.catalog, &filter, page_request(query.page, query.page_size)).await?;
    Ok(Json(found.map(|grant| GrantItem { content_hash: grant.content_hash(), grant })))
}
