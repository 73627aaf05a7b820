//! `POST /api/tools/{id}/test`: a run of the newest version in quarantine, kept as evidence.

use std::sync::Arc;

use axum::extract::State;
use mcpbox_catalog::{
    author::{self, TestCode, TestReport},
    offers::Function,
};
use mcpbox_core::execute::Unobserved;

use crate::{
    api::{Answer, TestRequest},
    auth::Maker,
    extract::{Json, Path},
    state::AdminState,
};

/// Runs the newest version of a tool in quarantine. A run that fails is no error: the report says why.
#[utoipa::path(
    post, path = "/tools/{id}/test", tag = "tools",
    params(("id" = String, Path, description = "Id of the tool, or `server__tool`")),
    request_body = TestRequest, responses((status = OK, body = TestReport))
)]
pub(crate) async fn test(
    State(state): State<AdminState>,
    viewer: Maker,
    Path(id): Path<String>,
    Json(request): Json<TestRequest>,
) -> Answer<TestReport> {
    let TestRequest { prompt, resource, arguments, http_mocks, answers } = request;
    let function = Function::named(prompt, resource)?;
    let run = TestCode { tool: id, function, arguments, http_mocks, answers };
    Ok(axum::Json(author::test_code(&state.catalog, viewer.caller(), run, Arc::new(Unobserved)).await?))
}
