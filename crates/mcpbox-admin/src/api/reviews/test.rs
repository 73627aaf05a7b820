//! `POST /api/reviews/{id}/test`: a run of the reviewed version in quarantine, kept as evidence with who ran it.

use axum::extract::State;
use mcpbox_catalog::{
    author::TestReport,
    offers::Function,
    review::{self, TrialInput},
};
use mcpbox_core::ids::ReviewId;

use crate::{
    api::{Answer, TestRequest},
    auth::Decider,
    extract::{Json, Path},
    state::AdminState,
};

/// Runs the very version of a review in quarantine. A run that fails is no error: the report says why.
#[utoipa::path(
    post, path = "/reviews/{id}/test", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    request_body = TestRequest, responses((status = OK, body = TestReport))
)]
pub(crate) async fn test(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
    Json(request): Json<TestRequest>,
) -> Answer<TestReport> {
    let TestRequest { prompt, resource, arguments, http_mocks, answers } = request;
    let function = Function::named(prompt, resource)?;
    let input = TrialInput { function, arguments, http_mocks, answers };
    Ok(axum::Json(review::test_version(&state.catalog, &reviewer, id, input).await?))
}
