//! `POST /api/sources/{id}/discover`.

use axum::{Json, extract::State};
use mcpbox_catalog::source::{self, Discovered};
use mcpbox_core::ids::SourceId;

use crate::{api::Answer, auth::Maker, extract::Path, state::AdminState};

/// Asks an external source what it offers now. Tools that changed there are withheld by that.
#[utoipa::path(
    post, path = "/sources/{id}/discover", tag = "sources",
    params(("id" = SourceId, Path, description = "Id of the source")),
    responses((status = OK, body = Discovered))
)]
pub(crate) async fn discover(
    State(state): State<AdminState>,
    maker: Maker,
    Path(id): Path<SourceId>,
) -> Answer<Discovered> {
    Ok(Json(source::discover(&state.catalog, maker.caller(), &id.to_string()).await?))
}
