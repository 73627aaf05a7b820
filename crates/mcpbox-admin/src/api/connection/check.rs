//! `POST /api/connection/check`: whether clients elsewhere can connect. Asks the configured public address and no other, so nobody can have
//! this server ask somebody else's.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Hop, api::Answer, auth::Decider, problem::Problem, state::AdminState};

/// What was found on the way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionCheck {
    /// The address that was asked.
    public_url: String,
    /// Whether every hop is as wanted.
    is_ok: bool,
    /// The hops, in the order in which clients take them. What comes after one that cannot be passed is left out.
    hops: Vec<Hop>,
}

/// Walks what claude.ai and ChatGPT walk, from this machine to its own public address. Takes up to a minute when something is wrong.
#[utoipa::path(
    post, path = "/connection/check", tag = "connection", responses((status = OK, body = ConnectionCheck))
)]
pub(crate) async fn check(State(state): State<AdminState>, _: Decider) -> Answer<ConnectionCheck> {
    let Some(public) = &state.connect.public else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "remote_access_off",
            "Remote access is off",
            "There is no public address: set MCPBOX_PUBLIC_URL to the https address of your proxy or tunnel, and start MCPbox again.",
        ));
    };
    let Ok(_turn) = public.turn.try_acquire() else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "conflict",
            "A check runs already",
            "Wait until it has ended; it takes a minute at most.",
        ));
    };
    let hops = (public.walk)().await;
    let is_ok = hops.iter().all(|hop| hop.is_ok);
    Ok(Json(ConnectionCheck { public_url: public.url.clone(), is_ok, hops }))
}
