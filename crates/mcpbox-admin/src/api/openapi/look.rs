//! `POST /api/openapi/look`.

use mcpbox_catalog::transfer::openapi::{self, Look};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{api::Answer, auth::Maker, extract::Json};

/// A document to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookRequest {
    /// The text of the document: OpenAPI 3.0 or 3.1, JSON or YAML, at most 4 MiB. Nothing is fetched.
    document: String,
}

/// Tells what an OpenAPI document offers: title, addresses, operations, problems. Nothing is stored.
#[utoipa::path(post, path = "/openapi/look", tag = "transfer", request_body = LookRequest, responses((status = OK, body = Look)))]
pub(crate) async fn look_openapi(maker: Maker, Json(request): Json<LookRequest>) -> Answer<Look> {
    Ok(axum::Json(openapi::look(maker.caller(), request.document).await?))
}
