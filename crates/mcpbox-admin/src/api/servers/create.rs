//! `POST /api/servers`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::author::{self, CreateServer, ServerReport};

use crate::{auth::Maker, extract::Json, problem::Problem, state::AdminState};

/// Makes a server, stopped.
#[utoipa::path(
    post, path = "/servers", tag = "servers", request_body = CreateServer,
    responses((status = CREATED, body = ServerReport))
)]
pub(crate) async fn create(
    State(state): State<AdminState>,
    viewer: Maker,
    Json(request): Json<CreateServer>,
) -> Result<(StatusCode, axum::Json<ServerReport>), Problem> {
    let report = author::create_server(&state.catalog, viewer.caller(), request).await?;
    Ok((StatusCode::CREATED, axum::Json(report)))
}
