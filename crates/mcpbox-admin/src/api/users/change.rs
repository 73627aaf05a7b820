//! `PATCH /api/users/{id}`.

use axum::extract::State;
use mcpbox_catalog::identity::{self, UserChange, UserView};
use mcpbox_core::ids::UserId;

use crate::{
    api::Answer,
    auth::Administrator,
    extract::{Json, Path},
    state::AdminState,
};

/// Changes role or state of an account. When it may do less than before, its sessions end at once.
#[utoipa::path(
    patch, path = "/users/{id}", tag = "users", params(("id" = UserId, Path, description = "Id of the account")),
    request_body = UserChange, responses((status = OK, body = UserView))
)]
pub(crate) async fn change(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<UserId>,
    Json(request): Json<UserChange>,
) -> Answer<UserView> {
    Ok(axum::Json(identity::change_user(&state.catalog, &admin, id, request).await?))
}
