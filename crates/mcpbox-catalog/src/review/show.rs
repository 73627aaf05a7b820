//! What a human needs to see before deciding: the exact code and texts, the difference to what serves, what is newly
//! granted, and what test runs did.

use chrono::{DateTime, Utc};
use mcpbox_analysis::Consequence;
use mcpbox_core::{
    call::CallRecord,
    capability::Capability,
    failure::FailureKind,
    hash::ContentHash,
    ids::ReviewId,
    name::published_name,
    paging::{Page, PageRequest},
    principal::Actor,
    review::{Review, ReviewState, Risk},
    secret::Secret,
    server::{Server, ServerStatus},
    tool::Tool,
    version::{Version, VersionState},
};
use mcpbox_store::{calls, reviews, secrets, versions};
use serde::Serialize;

use super::{Diff, RegressionReport};
use crate::{
    Catalog, CatalogError,
    assessment::{Asked, assess},
    author::{Finding, SecretSummary},
    error::refused,
    findings, load,
    needs::Standing,
    packages::{self, PackageReport},
    text,
};

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
    pub findings: Vec<Finding>,
    /// Why the risk is what it is now, the gravest first; empty for a low one.
    pub reasons: Vec<String>,
    /// What approval newly lets the tool do, and what it may do already.
    pub newly: Consequence,
    /// Secrets the tool uses.
    pub secrets: Vec<SecretSummary>,
    /// Test runs of exactly this version, newest first (at most 60).
    pub evidence: Vec<CallRecord>,
    /// How the examples of the live version compare, repeated with this one; none when there are none.
    pub regression: Option<RegressionReport>,
    /// The packages that approval installs; absent when it asks for none.
    pub packages: Option<PackageReport>,
    /// What approval does, in a sentence.
    pub consequence: String,
    /// The approved version this one equals.
    pub identical_to: Option<SameAs>,
}

/// The reviews that wait (at most 500): the riskiest first, then the oldest.
///
/// # Errors
/// The store cannot be read.
pub async fn list_open(cat: &Catalog) -> Result<Vec<ReviewItem>, CatalogError> {
    items(cat, open_by_risk(cat).await?).await
}

/// Reviews in a state, or all. Open ones come as in [`list_open`], others newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn list(
    cat: &Catalog,
    state: Option<ReviewState>,
    page: PageRequest,
) -> Result<Page<ReviewItem>, CatalogError> {
    let (reviews, total) = if state == Some(ReviewState::Open) {
        let all = open_by_risk(cat).await?;
        let total = all.len() as u64;
        let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let take = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        (all.into_iter().skip(skip).take(take).collect(), total)
    } else {
        let found = reviews::list(&cat.store.reader(), state, page).await?;
        (found.items, found.total)
    };
    Ok(page.page(items(cat, reviews).await?, total))
}

async fn open_by_risk(cat: &Catalog) -> Result<Vec<Review>, CatalogError> {
    let mut open = reviews::open_all(&cat.store.reader()).await?;
    open.sort_by_key(|review| std::cmp::Reverse(review.risk));
    Ok(open)
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

/// Everything about one review.
///
/// # Errors
/// `not_found`.
pub async fn show(cat: &Catalog, review: ReviewId) -> Result<ReviewDetail, CatalogError> {
    let reader = cat.store.reader();
    let review = reviews::by_id(&reader, review)
        .await?
        .ok_or_else(|| refused(FailureKind::NotFound, format!("there is no review {review}")))?;
    let loaded = load::tool(&reader, review.tool_id).await?;
    let version = versions::by_id(&reader, review.version_id).await?;
    let version = version.ok_or_else(|| refused(FailureKind::NotFound, "the version of this review is gone"))?;
    let live = match loaded.tool.live_version.filter(|live| *live != version.id) {
        Some(live) => versions::by_id(&reader, live).await?,
        None => None,
    };
    let same = versions::by_content_hash(&reader, loaded.tool.id, &version.content_hash).await?;
    let secrets = secrets::list(&reader, loaded.server.id).await?;
    let runs = calls::evidence_for_version(&reader, version.id).await?;
    let standing = Standing::read(&reader, &loaded.server, loaded.tool.id).await?;
    let packages = packages::of_review(cat, &review, &standing).await?;
    let snapshot = cat.snapshot();
    let asked = Asked {
        server: &loaded.server,
        version: &version,
        live: live.as_ref(),
        requested: &review.requested,
        standing: &standing,
        snapshot: &snapshot,
    };
    let assessed = assess(&asked);
    Ok(ReviewDetail {
        name: published_name(&loaded.server.name, &version.content.name),
        code_diff: difference(live.as_ref(), &version, |version| &version.content.code),
        description_diff: difference(live.as_ref(), &version, |version| &version.content.description),
        description_marked: text::marked(&version.content.description)
            .unwrap_or_else(|| version.content.description.clone()),
        code_marked: text::marked(&version.content.code),
        findings: findings::of_version(&asked, &assessed, &runs),
        reasons: assessed.reasons,
        newly: assessed.consequence,
        secrets: used_secrets(secrets, &version, &review),
        evidence: runs,
        regression: RegressionReport::of_review(cat, review.id).await?,
        consequence: consequence(&review, &loaded.server, &loaded.tool, &version, live.as_ref(), packages.as_ref()),
        packages,
        identical_to: same_as(same, &version),
        server: loaded.server,
        tool: loaded.tool,
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

/// What approval does, in a sentence.
fn consequence(
    review: &Review,
    server: &Server,
    tool: &Tool,
    version: &Version,
    live: Option<&Version>,
    packages: Option<&PackageReport>,
) -> String {
    let name = published_name(&server.name, &version.content.name);
    let number = version.number;
    let when = match (server.status, tool.enabled) {
        (ServerStatus::Stopped, _) => "as soon as its server is started",
        (ServerStatus::Running, false) => "as soon as it is enabled",
        (ServerStatus::Running, true) => "at once",
    };
    let replaces = live.map_or_else(String::new, |live| format!(" in place of version {}", live.number));
    let gains: Vec<String> = review.requested.iter().map(gain).collect();
    let gains = if gains.is_empty() {
        "It gains nothing new.".to_owned()
    } else {
        format!("It may then {}.", gains.join(", "))
    };
    let packages = packages.map_or_else(String::new, |packages| format!(" {}", packages.consequence));
    format!("Every client can call {name} (version {number}){replaces} {when}. {gains}{packages}")
}

fn gain(capability: &Capability) -> String {
    match capability {
        Capability::Module { name } => format!("import {name}"),
        Capability::Package(rule) if rule.network => {
            format!("use the package {}, which may speak HTTP by itself to granted hosts", rule.requirement())
        }
        Capability::Package(rule) => format!("use the package {rule}"),
        Capability::Host(rule) => format!("send data to {rule} and read its answers"),
        Capability::Secret { key } => format!("use the secret {key}"),
    }
}
