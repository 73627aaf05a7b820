//! `GET /api/account`.

use axum::{Json, extract::State};
use mcpbox_catalog::identity::{self, OwnAccount};

use crate::{api::Answer, auth::Member, state::AdminState};

/// Shows one's own account and what proves it.
#[utoipa::path(get, path = "/account", tag = "account", responses((status = OK, body = OwnAccount)))]
pub(crate) async fn show(State(state): State<AdminState>, Member(human): Member) -> Answer<OwnAccount> {
    Ok(Json(identity::own_account(&state.catalog, &human).await?))
}
