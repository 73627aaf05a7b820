//! What a human needs to see before deciding: the exact code and texts, the difference to what serves, what is newly
//! granted, and what test runs did.

use chrono::{DateTime, Utc};
use mcpbox_analysis::Consequence;
use mcpbox_core::{
    call::CallRecord,
    capability::Capability,
    ids::ReviewId,
    name::published_name,
    review::Review,
    secret::Secret,
    server::Server,
    tool::Tool,
    version::{Version, VersionState},
};
use mcpbox_store::{calls, secrets, versions};
use serde::Serialize;

use super::{
    Diff, RegressionReport,
    friction::{self, ApprovalNeeds},
    granted::{self, ReviewGrants},
    history::{self, PastDecision},
    open::{by_id, version_of},
    partial::Sources,
    seen::{LastLook, last_look},
};
use crate::{
    Catalog, CatalogError, Reviewer,
    assessment::Asked,
    author::SecretSummary,
    lines::Lines,
    load::{self, Loaded},
    needs::{Standing, refused_in_tests},
    offers::Offered,
    packages::{self, PackageReport},
    rating::{self, ReviewFinding, rate},
    text,
};

/// An approved version with the same code, texts and schemas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SameAs {
    /// Its number.
    pub version: u32,
    /// When it was approved.
    pub approved_at: DateTime<Utc>,
    /// By whom.
    pub approved_by: String,
    /// `identical to v3, approved on 2026-01-02 by anna`.
    pub sentence: String,
}

/// Everything about a review.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewDetail {
    /// The review.
    pub review: Review,
    /// `server__tool`.
    pub name: String,
    /// The server.
    pub server: Server,
    /// The tool.
    pub tool: Tool,
    /// The version to be decided on.
    pub version: Version,
    /// The version that serves now.
    pub live: Option<Version>,
    /// The code's difference to the live version; to nothing when there is none.
    pub code_diff: Diff,
    /// The description's difference to the live version's.
    pub description_diff: Diff,
    /// The description with invisible and direction-changing characters written as `<U+200B>`.
    pub description_marked: String,
    /// The code with such characters marked; absent when it has none.
    pub code_marked: Option<String>,
    /// What to look at in code and texts, worst first, and in what its tests did.
    pub findings: Vec<ReviewFinding>,
    /// Why the risk is what it is now, the gravest first; empty for a low one.
    pub reasons: Vec<String>,
    /// What approval newly lets the tool do, and what it may do already.
    pub newly: Consequence,
    /// What an approval must carry.
    pub approval_needs: ApprovalNeeds,
    /// What is newly granted and what the tool has already, with the lines that show the need.
    pub grants: ReviewGrants,
    /// What this human read last of the tool's reviews, and what changed since; absent when they read none.
    pub last_look: Option<LastLook>,
    /// Other decisions on this tool, newest first (at most 50).
    pub history: Vec<PastDecision>,
    /// Secrets the tool uses.
    pub secrets: Vec<SecretSummary>,
    /// Test runs of exactly this version, newest first (at most 60).
    pub evidence: Vec<CallRecord>,
    /// What it offers beside `main`.
    pub offers: Vec<Offered>,
    /// How the examples of the live version compare, repeated with this one; none when there are none.
    pub regression: Option<RegressionReport>,
    /// The packages that approval installs; absent when it asks for none.
    pub packages: Option<PackageReport>,
    /// What approval does, in a sentence.
    pub consequence: String,
    /// The approved version this one equals.
    pub identical_to: Option<SameAs>,
}

/// Everything about one review.
///
/// # Errors
/// `not_found`.
pub async fn show(cat: &Catalog, review: ReviewId) -> Result<ReviewDetail, CatalogError> {
    detail(cat, None, review).await
}

/// Everything about one review, with what changed since this human last read it.
///
/// # Errors
/// `not_found`.
pub async fn show_to(cat: &Catalog, reviewer: &Reviewer, review: ReviewId) -> Result<ReviewDetail, CatalogError> {
    detail(cat, Some(reviewer), review).await
}

async fn detail(cat: &Catalog, reviewer: Option<&Reviewer>, review: ReviewId) -> Result<ReviewDetail, CatalogError> {
    let reader = cat.store.reader();
    let mut review = by_id(&reader, review).await?;
    let Loaded { server, tool, .. } = load::tool(&reader, review.tool_id).await?;
    let version = version_of(&reader, &review).await?;
    let live = load::live_beside(&reader, &tool, version.id).await?;
    let standing = Standing::read(&reader, &server, tool.id).await?;
    let packages = packages::of_review(cat, &review, &standing).await?;
    let refused = refused_in_tests(&reader, version.id, server.code_policy).await?;
    let asked = Asked {
        server: &server,
        version: &version,
        live: live.as_ref(),
        requested: &review.requested,
        standing: &standing,
        snapshot: &cat.snapshot(),
    };
    let runs = calls::evidence_for_version(&reader, version.id).await?;
    let rating = rate(&asked, &runs);
    let consequence = rating::consequence(review.purpose, &asked, &tool, packages.as_ref());
    let sources = Sources { review: &review, version: &version, evidence: &refused, standing: &standing };
    let analysis = crate::source::analyze(&version.content, server.code_policy);
    let lines = Lines::of(&analysis);
    let grants = granted::of_review(&sources, &lines);
    let same = versions::by_content_hash(&reader, tool.id, &version.content_hash).await?;
    let last_look = match reviewer {
        Some(reviewer) => last_look(&reader, reviewer, &review).await?,
        None => None,
    };
    review.risk = review.risk.max(rating.risk);
    Ok(ReviewDetail {
        name: published_name(&server.name, &version.content.name),
        code_diff: difference(live.as_ref(), &version, |version| &version.content.code),
        description_diff: difference(live.as_ref(), &version, |version| &version.content.description),
        description_marked: text::marked(&version.content.description)
            .unwrap_or_else(|| version.content.description.clone()),
        code_marked: text::marked(&version.content.code),
        secrets: used_secrets(secrets::list(&reader, server.id).await?, &version, &review),
        evidence: runs,
        regression: RegressionReport::of_review(cat, review.id).await?,
        approval_needs: friction::needs(&rating, review.risk, &server, &version),
        findings: rating.findings,
        reasons: rating.reasons,
        newly: rating.newly,
        history: history::of_tool(&reader, &review).await?,
        identical_to: same_as(same, &version),
        offers: Offered::of(&analysis),
        last_look,
        grants,
        consequence,
        packages,
        server,
        tool,
        version,
        live,
        review,
    })
}

fn difference(live: Option<&Version>, version: &Version, part: fn(&Version) -> &String) -> Diff {
    let before = live.map_or("", |live| part(live).as_str());
    let name = live.map_or_else(|| "nothing".to_owned(), |live| format!("version {}", live.number));
    Diff::between(before, part(version), (&name, &format!("version {}", version.number)))
}

fn used_secrets(all: Vec<Secret>, version: &Version, review: &Review) -> Vec<SecretSummary> {
    let is_used = |secret: &Secret| {
        let capability = Capability::Secret { key: secret.key.clone() };
        version.content.capabilities.contains(&capability) || review.requested.contains(&capability)
    };
    all.into_iter().filter(is_used).map(SecretSummary::from).collect()
}

/// The newest approved version of the same content.
fn same_as(same: Vec<Version>, version: &Version) -> Option<SameAs> {
    let is_older = |other: &Version| other.state == VersionState::Approved && other.id != version.id;
    let other = same.into_iter().find(is_older)?;
    let decision = other.decision?;
    let day = decision.at.format("%Y-%m-%d");
    Some(SameAs {
        sentence: format!("identical to v{}, approved on {day} by {}", other.number, decision.by.name),
        version: other.number,
        approved_at: decision.at,
        approved_by: decision.by.name,
    })
}
