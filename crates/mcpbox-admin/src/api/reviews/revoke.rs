//! `POST /api/reviews/{id}/revoke`.

use axum::extract::State;
use mcpbox_catalog::review::{self, Revocation};
use mcpbox_core::ids::ReviewId;

use crate::{
    api::{Answer, Remark},
    auth::Decider,
    extract::{Json, Path},
    problem::Details,
    state::AdminState,
};

/// Takes all back that an approval gave, whether a human or a rule gave it: its grants at once, and calls run the version that
/// was live before, or none.
#[utoipa::path(
    post, path = "/reviews/{id}/revoke", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    request_body = Remark,
    responses(
        (status = OK, body = Revocation),
        (status = CONFLICT, body = Details, description = "It is not approved", content_type = "application/problem+json")
    )
)]
pub(crate) async fn revoke(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
    Json(request): Json<Remark>,
) -> Answer<Revocation> {
    Ok(axum::Json(review::revoke(&state.catalog, &reviewer, id, &request.comment).await?))
}
