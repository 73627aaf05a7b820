//! `POST /api/import`.

use axum::extract::State;
use mcpbox_catalog::transfer::{self, ImportOptions, ImportReport};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{api::Answer, auth::Administrator, extract::Json, state::AdminState};

/// A file that is imported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportRequest {
    /// The text of the file, as it is: an export of MCPbox, or of the original MCPbox 1.0 to 1.2 (at most 8 MiB).
    document: String,
    /// How.
    #[serde(default)]
    options: ImportOptions,
}

/// Imports servers and tools: all of the file or, when it cannot be read, nothing. Everything arrives unapproved.
#[utoipa::path(post, path = "/import", tag = "transfer", request_body = ImportRequest, responses((status = OK, body = ImportReport)))]
pub(crate) async fn import(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Json(request): Json<ImportRequest>,
) -> Answer<ImportReport> {
    let report = transfer::import(&state.catalog, &admin, &request.document, request.options).await?;
    Ok(axum::Json(report))
}
