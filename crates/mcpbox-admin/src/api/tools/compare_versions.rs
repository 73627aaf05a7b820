//! `GET /api/tools/{id}/versions/{number}/diff`.

use axum::{Json, extract::State};
use mcpbox_catalog::{listing, review::Diff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::Answer,
    auth::Viewer,
    extract::{Path, Query},
    state::AdminState,
};

/// What to compare with.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareQuery {
    /// Number of the other version; the one before unless given.
    #[param(minimum = 1)]
    from: Option<u32>,
}

/// Two versions side by side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionComparison {
    /// The version before; none when compared with nothing.
    from: Option<u32>,
    /// The version after.
    to: u32,
    /// How the code differs.
    code: Diff,
    /// How the description differs.
    description: Diff,
}

/// Compares a version with another one of the same tool.
#[utoipa::path(
    get, path = "/tools/{id}/versions/{number}/diff", tag = "tools",
    params(
        ("id" = String, Path, description = "Id of the tool, or `server__tool`"),
        ("number" = u32, Path, description = "Number of the version, from 1"),
        CompareQuery
    ),
    responses((status = OK, body = VersionComparison))
)]
pub(crate) async fn compare_versions(
    State(state): State<AdminState>,
    _: Viewer,
    Path((id, number)): Path<(String, u32)>,
    Query(query): Query<CompareQuery>,
) -> Answer<VersionComparison> {
    let after = listing::version(&state.catalog, &id, number).await?;
    let before = match query.from.or_else(|| number.checked_sub(1).filter(|before| *before > 0)) {
        Some(number) => Some(listing::version(&state.catalog, &id, number).await?),
        None => None,
    };
    let from = before.as_ref().map(|version| version.number);
    let names = (from.map_or("nothing".to_owned(), |number| format!("v{number}")), format!("v{number}"));
    let compare =
        |old: Option<&String>, new: &str| Diff::between(old.map_or("", String::as_str), new, (&names.0, &names.1));
    let old = before.as_ref().map(|version| &version.content);
    Ok(Json(VersionComparison {
        from,
        to: number,
        code: compare(old.map(|content| &content.code), &after.content.code),
        description: compare(old.map(|content| &content.description), &after.content.description),
    }))
}
