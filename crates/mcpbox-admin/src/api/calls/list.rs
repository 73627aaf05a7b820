//! `GET /api/calls`.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use mcpbox_catalog::listing::{self, CallFilter};
use mcpbox_core::{
    call::{CallRecord, Profile},
    ids::{CallId, VersionId},
    paging::Page,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{Answer, page_request, server_id, tool_id},
    auth::Viewer,
    extract::Query,
    problem::Problem,
    state::AdminState,
};

/// Which runs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallQuery {
    /// Only runs of this server's tools: id or name.
    server: Option<String>,
    /// Only runs of this tool: id or `server__tool`.
    tool: Option<String>,
    /// Only runs of the version with this id.
    version: Option<VersionId>,
    /// Only calls of live versions, or only tests.
    profile: Option<Profile>,
    /// Only those that failed, or only those that did not.
    failed: Option<bool>,
    /// Only by the client or admin of this name.
    actor: Option<String>,
    /// Only those that the run of `mcpbox_run_code` with this id made.
    parent: Option<CallId>,
    /// Only those that began then or later (RFC 3339).
    since: Option<DateTime<Utc>>,
    /// Page, from 1.
    #[param(minimum = 1)]
    page: Option<u64>,
    /// Rows a page, 1 to 100; 50 unless given.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u64>,
}

impl CallQuery {
    /// As the catalog wants it, names resolved.
    pub(crate) async fn filter(&self, state: &AdminState, viewer: &Viewer) -> Result<CallFilter, Problem> {
        Ok(CallFilter {
            server: server_id(state, viewer, self.server.as_deref()).await?,
            tool: tool_id(state, viewer, self.tool.as_deref()).await?,
            version: self.version,
            profile: self.profile,
            failed: self.failed,
            principal: self.actor.clone(),
            parent: self.parent,
            since: self.since,
        })
    }
}

/// Lists runs, newest first.
#[utoipa::path(get, path = "/calls", tag = "calls", params(CallQuery), responses((status = OK, body = Page<CallRecord>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(query): Query<CallQuery>,
) -> Answer<Page<CallRecord>> {
    let filter = query.filter(&state, &viewer).await?;
    Ok(Json(listing::calls(&state.catalog, &filter, page_request(query.page, query.page_size)).await?))
}
