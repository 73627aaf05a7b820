//! `GET /api/session`: who am I.

use axum::Json;
use mcpbox_catalog::session::Account;

use crate::{api::Answer, auth::Member};

/// Tells who is logged in.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = OK, body = Account)))]
pub(crate) async fn show(Member(human): Member) -> Answer<Account> {
    Ok(Json(Account { id: human.user_id(), username: human.username().to_owned(), role: human.role() }))
}
