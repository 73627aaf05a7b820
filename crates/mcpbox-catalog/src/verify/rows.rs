//! The rows, compared with what the chain says.

use mcpbox_core::{
    capability::Capabilities,
    grant::GrantState,
    hash::ContentHash,
    review::{Refusal, Review, ReviewPurpose, ReviewState, bundle_hash},
    version::{Version, VersionState},
};
use mcpbox_store::{Connection, catalog, reviews, settings, versions};

use super::{
    AuditReport,
    history::{Decided, History, field},
};
use crate::CatalogError;

/// Works out every decision on a review again.
pub(super) async fn compare_reviews(
    moment: &impl Connection,
    history: &History,
    report: &mut AuditReport,
) -> Result<(), CatalogError> {
    for (id, decided) in &history.decisions {
        let subject = format!("review:{id}");
        let Some(review) = reviews::by_id(moment, *id).await? else {
            match history.is_deleted(id, decided) {
                true => report.deleted += 1,
                false => report.problem(
                    subject,
                    "it was decided, but is gone, and nothing says that its tool or version was deleted",
                ),
            }
            continue;
        };
        report.decisions += 1;
        let version = versions::by_id(moment, review.version_id).await?;
        for message in wrong(history, decided, &review, version.as_ref()) {
            report.problem(&subject, message);
        }
    }
    Ok(())
}

/// What of a decided review is not as the chain says.
fn wrong(history: &History, decided: &Decided, review: &Review, version: Option<&Version>) -> Vec<String> {
    let event = &decided.event;
    let mut wrong = Vec::new();
    let mut unless = |holds: bool, message: &str| {
        if !holds {
            wrong.push(message.to_owned());
        }
    };
    let expected = match (decided.approves, history.revoked.contains(&review.id)) {
        (true, false) => ReviewState::Approved,
        (true, true) => ReviewState::Revoked,
        (false, _) => ReviewState::Rejected,
    };
    unless(review.state == expected, &format!("it is stored as {:?}, but was decided as {expected:?}", review.state));
    unless(review.decided_by.as_ref() == Some(&event.actor), "it is stored as decided by somebody else");
    unless(review.decided_at == Some(event.at), "the moment of its decision was changed");
    let named: Option<ContentHash> = field(event, "content_hash");
    unless(named.as_ref() == Some(&review.content_hash), "its hash is not the one that was decided on");
    // Rows from before an approval could be in part name what was granted, which is what was asked for.
    let asked = field::<Capabilities>(event, "requested").or_else(|| field(event, "granted"));
    unless(asked.is_none_or(|asked| asked == review.requested), "what it asks for was changed");
    let purpose = field::<ReviewPurpose>(event, "purpose").unwrap_or(ReviewPurpose::Publish);
    unless(review.purpose == purpose, "what it is for was changed");
    let refused = field::<Vec<Refusal>>(event, "refused").unwrap_or_default();
    unless(review.refused == refused, "what was refused of it was changed");
    let Some(version) = version else {
        wrong.push("its version is gone".to_owned());
        return wrong;
    };
    let of_content = version.content.hash();
    let decided_on = field::<ContentHash>(event, "version_hash").unwrap_or_else(|| version.content_hash.clone());
    unless(of_content == decided_on && version.content_hash == decided_on, "the content of its version was changed");
    // Rows from before the lock stood in them cannot be worked out when packages were asked for.
    if event.detail.get("lock").is_some() {
        let lock: Option<ContentHash> = field(event, "lock");
        let again = bundle_hash(purpose, &of_content, &review.requested, lock.as_ref());
        unless(named == Some(again), "its hash cannot be worked out from what is stored");
    }
    wrong
}

/// Compares what is in force now: grants, approved versions, live tools, settings.
pub(super) async fn compare_state(
    moment: &impl Connection,
    history: &History,
    report: &mut AuditReport,
) -> Result<(), CatalogError> {
    let now = catalog::load_snapshot(moment).await?;
    for grant in now.approved_grants.iter().filter(|grant| grant.state == GrantState::Approved) {
        report.grants += 1;
        if let Some(message) = history.ungranted(grant) {
            report.problem(format!("grant:{}", grant.id), message);
        }
    }
    for tool in &now.tools {
        let decided = history.live.get(&tool.id).copied().flatten();
        if tool.live_version != decided {
            report
                .problem(format!("tool:{}", tool.id), "calls run another version than the one that was approved last");
        }
    }
    compare_versions(moment, history, report).await?;
    let stored = settings::load(moment).await?;
    if stored != history.settings.clone().unwrap_or_default() {
        report.problem("settings", "they are not what an admin set last");
    }
    Ok(())
}

async fn compare_versions(
    moment: &impl Connection,
    history: &History,
    report: &mut AuditReport,
) -> Result<(), CatalogError> {
    let mut after = None;
    loop {
        let found = versions::in_state(moment, VersionState::Approved, after).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = Some(last.id);
        for version in found {
            report.versions += 1;
            if let Some(message) = unapproved(history, &version) {
                report.problem(format!("version:{}", version.id), message);
            }
        }
    }
}

fn unapproved(history: &History, version: &Version) -> Option<String> {
    let number = version.number;
    if !history.approved.contains(&version.id) {
        return Some(format!("version {number} of a tool is stored as approved, but nobody approved it"));
    }
    (version.content.hash() != version.content_hash).then(|| format!("the content of version {number} was changed"))
}
