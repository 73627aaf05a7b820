//! `GET /api/backups/{name}`.

use axum::{body::Body, extract::State, response::Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use mcpbox_catalog::backup;
use tokio_util::io::ReaderStream;

use crate::{auth::Administrator, extract::Path, problem::Problem, state::AdminState};

/// Downloads a backup. It holds password hashes, code and sealed secrets: keep it private.
#[utoipa::path(
    get, path = "/backups/{name}", tag = "backups", params(("name" = String, Path, description = "As the list names it.")),
    responses((status = OK, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub(crate) async fn download(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (stored, file) = backup::open_stored(&state.catalog, &admin, &name).await?;
    let body = Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(file)));
    Response::builder()
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_LENGTH, stored.bytes)
        .header(CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", stored.name))
        .body(body)
        .map_err(|_| Problem::of_status(http::StatusCode::INTERNAL_SERVER_ERROR))
}
