//! `POST /api/servers/{id}/sources`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::source::{self, AddSource, AuthKind, SourceReport};
use mcpbox_core::{program::ProgramRule, source::TransportKind};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    auth::Maker,
    extract::{Json, Path},
    problem::Problem,
    state::AdminState,
};

/// A new source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceRequest {
    /// What it is called, `^[a-z][a-z0-9_]*$`.
    name: String,
    /// The endpoint, `http` or `https`, without a password or a query; empty for a program.
    #[serde(default)]
    url: String,
    /// How it is spoken to.
    #[serde(default)]
    transport: TransportKind,
    /// What it wants to see.
    #[serde(default)]
    auth: AuthKind,
    /// Key of the server's secret with the value, unless nothing is shown.
    secret: Option<String>,
    /// The header that the value goes in, for `header`.
    header: Option<String>,
    /// The program that it is, for `stdio`.
    program: Option<ProgramRule>,
}

/// Adds an external source. Nothing is contacted before its grant is approved.
#[utoipa::path(
    post, path = "/servers/{id}/sources", tag = "sources",
    params(("id" = String, Path, description = "Id or name of the server")),
    request_body = SourceRequest, responses((status = CREATED, body = SourceReport))
)]
pub(crate) async fn add(
    State(state): State<AdminState>,
    maker: Maker,
    Path(server): Path<String>,
    Json(request): Json<SourceRequest>,
) -> Result<(StatusCode, axum::Json<SourceReport>), Problem> {
    let SourceRequest { name, url, transport, auth, secret, header, program } = request;
    let request = AddSource { server, name, url, transport, auth, secret, header, program };
    let report = source::add_source(&state.catalog, maker.caller(), request).await?;
    Ok((StatusCode::CREATED, axum::Json(report)))
}
