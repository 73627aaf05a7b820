//! `GET /api/calls`.

use std::str::FromStr;

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use mcpbox_catalog::listing::{self, CallFilter};
use mcpbox_core::{
    call::{CallRecord, Profile},
    ids::{CallId, VersionId},
    paging::{LogPage, LogRequest},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{Answer, server_id, tool_id},
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
    /// Only by the human of this name: themselves, or a remote client that acted for them.
    human: Option<String>,
    /// Only those that the run of `mcpbox_run_code` with this id made.
    parent: Option<CallId>,
    /// Only those that began then or later (RFC 3339).
    since: Option<DateTime<Utc>>,
    /// Only those that began before (RFC 3339).
    until: Option<DateTime<Utc>>,
    /// Only those that have this text in the names of tool and caller, in input, output, prints or failure, without regard to
    /// the case of ASCII letters; or the run with this id and those that it made.
    text: Option<String>,
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogQuery {
    /// The `next_cursor` of the answer before: gives the runs after those, which are older. Without it, the newest.
    cursor: Option<String>,
    /// Rows at once, 1 to 100; 50 unless given.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u64>,
}

impl LogQuery {
    /// As the catalog wants it.
    pub(crate) fn request<C: FromStr>(&self) -> Result<LogRequest<C>, Problem> {
        let cursor = self.cursor.as_deref().map(str::parse).transpose();
        let cursor = cursor.map_err(|_| {
            Problem::invalid(
                "The cursor names no place in this list: give the next_cursor of the answer before, as it is.",
            )
        })?;
        Ok(LogRequest::new(cursor, self.page_size.unwrap_or(50)))
    }
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
            human: self.human.clone(),
            parent: self.parent,
            since: self.since,
            until: self.until,
            text: self.text.clone().filter(|text| !text.trim().is_empty()),
        })
    }
}

/// Lists runs, newest first.
#[utoipa::path(get, path = "/calls", tag = "calls", params(CallQuery, LogQuery), responses((status = OK, body = LogPage<CallRecord>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(query): Query<CallQuery>,
    Query(part): Query<LogQuery>,
) -> Answer<LogPage<CallRecord>> {
    let filter = query.filter(&state, &viewer).await?;
    Ok(Json(listing::calls(&state.catalog, &filter, part.request()?).await?))
}
