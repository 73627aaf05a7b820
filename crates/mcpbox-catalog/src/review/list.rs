//! Reviews as a list: what waits, worst first, and what was decided.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    hash::ContentHash,
    ids::ReviewId,
    paging::{Page, PageRequest},
    principal::Actor,
    review::{Review, ReviewPurpose, ReviewState, Risk},
};
use mcpbox_store::{reviews, versions};
use serde::Serialize;

use crate::{Catalog, CatalogError};

/// A review in a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewItem {
    /// Its id.
    pub id: ReviewId,
    /// The server's name.
    pub server: String,
    /// `server__tool`.
    pub tool: String,
    /// The version's number.
    pub version: u32,
    /// The bundle, as a decision must name it.
    pub content_hash: ContentHash,
    /// How much care it wants.
    pub risk: Risk,
    /// Where it stands.
    pub state: ReviewState,
    /// What approval is for.
    pub purpose: ReviewPurpose,
    /// What approval newly grants, in words.
    pub requested: Vec<String>,
    /// Whether a version of this tool is live already.
    pub is_update: bool,
    /// Who asked.
    pub requested_by: Actor,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<Actor>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

/// Reviews in a state, or all. Open ones come the riskiest first, then the oldest; others newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn list(
    cat: &Catalog,
    state: Option<ReviewState>,
    page: PageRequest,
) -> Result<Page<ReviewItem>, CatalogError> {
    let found = reviews::list(&cat.store.reader(), state, page).await?;
    Ok(page.page(items(cat, found.items).await?, found.total))
}

async fn items(cat: &Catalog, reviews: Vec<Review>) -> Result<Vec<ReviewItem>, CatalogError> {
    let (snapshot, reader) = (cat.snapshot(), cat.store.reader());
    let mut items = Vec::with_capacity(reviews.len());
    for review in reviews {
        let Some(known) = snapshot.known_by_id(review.tool_id) else { continue };
        let version = versions::by_id(&reader, review.version_id).await?.map_or(0, |version| version.number);
        items.push(ReviewItem {
            id: review.id,
            server: known.server.to_string(),
            tool: known.name.clone(),
            version,
            content_hash: review.content_hash,
            risk: review.risk,
            state: review.state,
            purpose: review.purpose,
            requested: review.requested.iter().map(ToString::to_string).collect(),
            is_update: known.tool.live_version.is_some(),
            requested_by: review.requested_by,
            created_at: review.created_at,
            decided_by: review.decided_by,
            decided_at: review.decided_at,
        });
    }
    Ok(items)
}
