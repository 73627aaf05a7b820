//! `GET /api/calls/{id}`.

use axum::{Json, extract::State};
use mcpbox_catalog::listing;
use mcpbox_core::{call::CallRecord, ids::CallId};

use crate::{api::Answer, auth::Viewer, extract::Path, state::AdminState};

/// Shows a run.
#[utoipa::path(
    get, path = "/calls/{id}", tag = "calls",
    params(("id" = CallId, Path, description = "Id of the run")),
    responses((status = OK, body = CallRecord))
)]
pub(crate) async fn show(State(state): State<AdminState>, _: Viewer, Path(id): Path<CallId>) -> Answer<CallRecord> {
    Ok(Json(listing::call(&state.catalog, id).await?))
}
