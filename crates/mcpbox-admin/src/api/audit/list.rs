//! `GET /api/audit`.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use mcpbox_catalog::listing::{self, AuditFilter};
use mcpbox_core::{audit::AuditEvent, paging::Page};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{Answer, page_request},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Which events to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only by the actor of this name.
    actor: Option<String>,
    /// Only actions that start so: `tool.` or `tool.create`.
    action: Option<String>,
    /// Only on this subject, `tool:<id>`.
    subject: Option<String>,
    /// Only then or later (RFC 3339).
    since: Option<DateTime<Utc>>,
    /// Page, from 1.
    #[param(minimum = 1)]
    page: Option<u64>,
    /// Rows a page, 1 to 100; 50 unless given.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u64>,
}

/// Lists decisions and changes, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery), responses((status = OK, body = Page<AuditEvent>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Query(query): Query<AuditQuery>,
) -> Answer<Page<AuditEvent>> {
    let page = page_request(query.page, query.page_size);
    let filter = AuditFilter { actor: query.actor, action: query.action, subject: query.subject, since: query.since };
    Ok(Json(listing::audit(&state.catalog, &filter, page).await?))
}
