//! `GET /api/packages`.

use axum::{Json, extract::State};
use mcpbox_catalog::packages::{self, EnvironmentReport};

use crate::{api::Answer, auth::Viewer, state::AdminState};

/// Lists the environments of granted packages that published tools run in, and whether each is installed here.
#[utoipa::path(get, path = "/packages", tag = "packages", responses((status = OK, body = Vec<EnvironmentReport>)))]
pub(crate) async fn list(State(state): State<AdminState>, _: Viewer) -> Answer<Vec<EnvironmentReport>> {
    Ok(Json(packages::list(&state.catalog).await?))
}
