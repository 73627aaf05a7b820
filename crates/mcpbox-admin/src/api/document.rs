//! `GET /api/openapi.json`: this API, described.

use axum::Json;

use crate::{api::Answer, auth::Viewer};

/// Describes this API in OpenAPI 3.1.
#[utoipa::path(get, path = "/openapi.json", tag = "openapi", responses((status = OK, body = Object)))]
pub(crate) async fn show(_: Viewer) -> Answer<utoipa::openapi::OpenApi> {
    Ok(Json(crate::openapi()))
}
