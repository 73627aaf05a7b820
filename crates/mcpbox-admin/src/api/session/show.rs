//! `GET /api/session`: who am I.

use axum::Json;
use mcpbox_catalog::session::Account;

use crate::{api::Answer, auth::Decider};

/// Tells who is logged in.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = OK, body = Account)))]
pub(crate) async fn show(Decider(reviewer): Decider) -> Answer<Account> {
    Ok(Json(Account { id: reviewer.user_id(), username: reviewer.username().to_owned() }))
}
