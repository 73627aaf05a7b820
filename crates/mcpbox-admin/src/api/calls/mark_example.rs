//! `PUT /api/calls/{id}/example`.

use axum::extract::State;
use mcpbox_catalog::review;
use mcpbox_core::{call::CallRecord, ids::CallId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Decider,
    extract::{Json, Path},
    problem::Details,
    state::AdminState,
};

/// Whether a test run is a regression example.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExampleRequest {
    /// Whether it is repeated for each newer version once its own is live.
    is_example: bool,
}

/// Makes a test run one of its version's regression examples, or one no longer.
#[utoipa::path(
    put, path = "/calls/{id}/example", tag = "calls",
    params(("id" = CallId, Path, description = "Id of the run")),
    request_body = ExampleRequest,
    responses(
        (status = OK, body = CallRecord),
        (status = CONFLICT, body = Details, description = "It did not pass, is not kept whole, or there are ten already", content_type = "application/problem+json")
    )
)]
pub(crate) async fn mark_example(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<CallId>,
    Json(request): Json<ExampleRequest>,
) -> Answer<CallRecord> {
    Ok(axum::Json(review::mark_example(&state.catalog, &reviewer, id, request.is_example).await?))
}
