//! `POST /api/openapi/import`.

use axum::extract::State;
use mcpbox_catalog::transfer::openapi::{self, OpenApiImport, OpenApiReport};

use crate::{api::Answer, auth::Maker, extract::Json, state::AdminState};

/// Makes one draft of each chosen operation of an OpenAPI document: all of them, or none. Nothing of it is approved; a trial
/// (`dry_run`) shows the code.
#[utoipa::path(
    post, path = "/openapi/import", tag = "transfer",
    request_body = OpenApiImport, responses((status = OK, body = OpenApiReport))
)]
pub(crate) async fn import_openapi(
    State(state): State<AdminState>,
    maker: Maker,
    Json(request): Json<OpenApiImport>,
) -> Answer<OpenApiReport> {
    Ok(axum::Json(openapi::import(&state.catalog, maker.caller(), request).await?))
}
