//! `GET /api/audit`.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use mcpbox_catalog::listing::{self, AuditFilter};
use mcpbox_core::{audit::AuditEvent, paging::LogPage};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{Answer, calls::list::LogQuery},
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
    /// Only by the human of this name: themselves, or a remote client that acted for them.
    human: Option<String>,
    /// Only actions that start so: `tool.` or `tool.create`.
    action: Option<String>,
    /// Only on this subject, `tool:<id>`.
    subject: Option<String>,
    /// Only then or later (RFC 3339).
    since: Option<DateTime<Utc>>,
    /// Only before (RFC 3339).
    until: Option<DateTime<Utc>>,
    /// Only those that have this text in actor, action, subject or detail, without regard to the case of ASCII letters.
    text: Option<String>,
}

/// Lists decisions and changes, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery, LogQuery), responses((status = OK, body = LogPage<AuditEvent>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Query(query): Query<AuditQuery>,
    Query(part): Query<LogQuery>,
) -> Answer<LogPage<AuditEvent>> {
    let AuditQuery { actor, human, action, subject, since, until, text } = query;
    let text = text.filter(|text| !text.trim().is_empty());
    let filter = AuditFilter { actor, human, action, subject, since, until, text };
    Ok(Json(listing::audit(&state.catalog, &filter, part.request()?).await?))
}
