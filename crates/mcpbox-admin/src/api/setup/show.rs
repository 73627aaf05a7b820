//! `GET /api/setup`: whether somebody has to make the first account. Public: the page asks before anybody can log in.

use axum::{Json, extract::State};
use mcpbox_catalog::session;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::Answer, state::AdminState};

/// Whether the box is set up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupState {
    /// No admin exists yet: open the setup link that the server printed at its start, or run `mcpbox admin create`.
    needed: bool,
}

/// Tells whether the first admin account has still to be made.
#[utoipa::path(get, path = "/setup", tag = "setup", responses((status = OK, body = SetupState)))]
pub(crate) async fn show(State(state): State<AdminState>) -> Answer<SetupState> {
    let needed = !session::has_admin(&state.catalog).await?;
    Ok(Json(SetupState { needed }))
}
