//! `POST /api/users`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::identity::{self, NewUser};

use super::invite::UserLink;
use crate::{auth::Administrator, extract::Json, problem::Problem, state::AdminState};

/// Makes an account, and the one-time link with which its human sets a password.
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser, responses((status = CREATED, body = UserLink)))]
pub(crate) async fn create(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Json(request): Json<NewUser>,
) -> Result<(StatusCode, axum::Json<UserLink>), Problem> {
    let invited = identity::create_user(&state.catalog, &admin, request).await?;
    Ok((StatusCode::CREATED, axum::Json(UserLink::of(&state, invited))))
}
