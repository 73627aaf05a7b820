//! Grants that a human gives or takes directly.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::Capability,
    failure::{Failure, FailureKind},
    grant::{Grant, GrantEvent, GrantScope, GrantState},
    hash::ContentHash,
    ids::GrantId,
    package::PackageRule,
    source::{ExternalSource, SourceAuth, TransportKind},
};
use mcpbox_store::{
    grants::{self, GrantDecision},
    resolutions, reviews,
};
use serde_json::json;

use super::settle::check_end;
use crate::{
    Admin, Catalog, CatalogError, Reviewer,
    bundle::grants_changed,
    change::Change,
    error::refused,
    load,
    needs::{Standing, is_never_reachable},
    packages::{self, Set},
    text,
};

/// How a human grants something of their own accord.
#[derive(Debug, Clone, Default)]
pub struct NewGrantTerms {
    /// Why.
    pub comment: String,
    /// Until when; without end when absent.
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<&str> for NewGrantTerms {
    fn from(comment: &str) -> Self {
        Self { comment: comment.to_owned(), expires_at: None }
    }
}

/// Grants a capability to a tool, a server or everywhere, at once.
///
/// # Errors
/// `conflict` when it is in force already, `not_found` when the tool or server is not there, `invalid_arguments`.
pub async fn add_grant(
    cat: &Arc<Catalog>,
    admin: &Admin,
    scope: GrantScope,
    capability: Capability,
    terms: impl Into<NewGrantTerms>,
) -> Result<Grant, CatalogError> {
    let NewGrantTerms { comment, expires_at } = terms.into();
    let comment = text::remark("comment", &comment)?;
    check_grantable(&capability)?;
    let mut change = Change::begin(cat, admin.actor()).await?;
    check_end(expires_at, change.now)?;
    check_scope(&change, scope).await?;
    let same = |grant: &Grant| grant.scope == scope && grant.capability == capability;
    if grants::approved(&change.tx).await?.iter().any(same) {
        return Err(refused(FailureKind::Conflict, format!("{capability} is granted there already")));
    }
    let grant = Grant {
        id: GrantId::generate(),
        capability,
        scope,
        state: GrantState::Approved,
        justification: String::new(),
        requested_by: change.actor.clone(),
        created_at: change.now,
        decided_by: Some(change.actor.clone()),
        decided_at: Some(change.now),
        comment,
        expires_at,
        review_id: None,
    };
    grants::insert(&change.tx, &grant).await?;
    let detail = json!({"capability": grant.capability, "scope": grant.scope, "expires_at": grant.expires_at, "comment": grant.comment});
    change.audit("grant.add", format!("grant:{}", grant.id), detail).await?;
    grants_changed(&mut change, scope).await?;
    change.commit().await?;
    Ok(grant)
}

/// Rejects or revokes a single grant, or approves one that is in no open review. What is in one is approved with it:
/// there, the human sees the code that will use it. `seen` is the hash of the grant as the human saw it.
///
/// # Errors
/// `not_found`; [`CatalogError::Stale`] when it is not as it was seen any more; `conflict` when it was decided already, or is
/// to be approved while its review is open.
pub async fn decide_grant(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    grant: GrantId,
    seen: &ContentHash,
    event: GrantEvent,
    comment: &str,
) -> Result<Grant, CatalogError> {
    let comment = text::remark("comment", comment)?;
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let mut grant = grants::by_id(&change.tx, grant)
        .await?
        .ok_or_else(|| refused(FailureKind::NotFound, format!("there is no grant {grant}")))?;
    if grant.content_hash() != *seen {
        return Err(stale(&grant));
    }
    let Some(to) = grant.state.apply(event) else {
        return Err(refused(FailureKind::Conflict, format!("this grant is {:?} already", grant.state).to_lowercase()));
    };
    if event == GrantEvent::Approve {
        check_alone(cat, &change, &grant).await?;
        check_resolved(&change, &grant).await?;
    }
    let decision = GrantDecision {
        by: change.actor.clone(),
        at: change.now,
        comment: comment.clone(),
        review_id: None,
        expires_at: None,
    };
    match event {
        GrantEvent::Revoke => grants::withdraw(&change.tx, grant.id, &decision).await?,
        _ => grants::set_state(&change.tx, grant.id, grant.state, to, &decision).await?,
    };
    let action = match event {
        GrantEvent::Approve => "grant.approve",
        GrantEvent::Reject => "grant.reject",
        GrantEvent::Revoke => "grant.revoke",
        GrantEvent::Expire => return Err(refused(FailureKind::InvalidArguments, "time alone makes a grant expire")),
    };
    let detail = json!({"capability": grant.capability, "scope": grant.scope, "expires_at": null, "comment": comment});
    change.audit(action, format!("grant:{}", grant.id), detail).await?;
    grants_changed(&mut change, grant.scope).await?;
    change.commit().await?;
    (grant.state, grant.comment) = (to, decision.comment);
    (grant.decided_by, grant.decided_at) = (Some(decision.by), Some(decision.at));
    Ok(grant)
}

/// What a grant is now, for a human who saw something else.
fn stale(grant: &Grant) -> CatalogError {
    let is_now = match (grant.state, &grant.decided_by, grant.decided_at) {
        (GrantState::Pending, _, _) | (_, None, _) | (_, _, None) => "it still waits".to_owned(),
        (state, Some(by), Some(at)) => {
            let words =
                if grant.comment.is_empty() { String::new() } else { format!(", saying \"{}\"", grant.comment) };
            let state = format!("{state:?}").to_lowercase();
            format!("it was {state} by {} on {}{words}", by.name, at.format("%Y-%m-%d at %H:%M UTC"))
        }
    };
    let end = grant.expires_at.map_or_else(String::new, |at| format!(" until {}", at.format("%Y-%m-%d %H:%M UTC")));
    let message = format!(
        "this grant changed since you saw it: {is_now}, and is for {}{end}; look at it again, then decide",
        grant.capability
    );
    CatalogError::Stale { message, current: grant.content_hash(), decided: None, changes: None }
}

/// A request that is part of an open review is not approved past it.
async fn check_alone(cat: &Catalog, change: &Change, grant: &Grant) -> Result<(), CatalogError> {
    let GrantScope::Tool(tool) = grant.scope else { return Ok(()) };
    match reviews::open_for_tool(&change.tx, tool).await? {
        Some(review) => {
            let message = format!("{} is asked for in the open review {}", grant.capability, review.id);
            let hint =
                format!("decide on it there, at {}; a review can be approved in part", cat.review_url(review.id));
            Err(Failure::new(FailureKind::Conflict, message).hint(hint).into())
        }
        None => Ok(()),
    }
}

/// A package that an author asked for must be resolved with what its tool has, so that the human could see it.
async fn check_resolved(change: &Change, grant: &Grant) -> Result<(), CatalogError> {
    let GrantScope::Tool(tool) = grant.scope else { return Ok(()) };
    let loaded = load::tool(&change.tx, tool).await?;
    let standing = Standing::read(&change.tx, &loaded.server, tool).await?;
    let Some(set) = Set::with_requested(&standing, &[grant.capability.clone()].into()) else { return Ok(()) };
    match packages::not_approvable(resolutions::by_id(&change.tx, &set.id()).await?.as_ref()) {
        Some(failure) => Err(failure.into()),
        None => Ok(()),
    }
}

/// Takes a grant back, at once, whatever it is now.
///
/// # Errors
/// `not_found`; `conflict` when it is not in force.
pub async fn revoke_grant(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    grant: GrantId,
    comment: &str,
) -> Result<Grant, CatalogError> {
    let found = grants::by_id(&cat.store.reader(), grant).await?;
    let seen =
        found.ok_or_else(|| refused(FailureKind::NotFound, format!("there is no grant {grant}")))?.content_hash();
    decide_grant(cat, reviewer, grant, &seen, GrantEvent::Revoke, comment).await
}

/// Takes back, or refuses, every grant of a source that an admin deletes.
pub(crate) async fn take_back_source(
    change: &mut Change,
    admin: &Admin,
    source: &ExternalSource,
) -> Result<(), CatalogError> {
    let wanted = Capability::Source(source.rule());
    let (by, at, comment) = (admin.actor(), change.now, "its source was deleted".to_owned());
    let decision = GrantDecision { by, at, comment, review_id: None, expires_at: None };
    for grant in grants::all_of_server(&change.tx, source.server_id).await? {
        let action = match grant.state {
            _ if grant.capability != wanted => continue,
            GrantState::Approved | GrantState::Expired => {
                grants::withdraw(&change.tx, grant.id, &decision).await?;
                "grant.revoke"
            }
            GrantState::Pending => {
                grants::set_state(&change.tx, grant.id, grant.state, GrantState::Rejected, &decision).await?;
                "grant.reject"
            }
            GrantState::Rejected | GrantState::Revoked => continue,
        };
        let detail = json!({"capability": grant.capability, "scope": grant.scope, "expires_at": null, "comment": decision.comment});
        change.audit(action, format!("grant:{}", grant.id), detail).await?;
        grants_changed(change, grant.scope).await?;
    }
    Ok(())
}

fn check_grantable(capability: &Capability) -> Result<(), CatalogError> {
    let never = match capability {
        Capability::Host(rule) => is_never_reachable(&rule.host),
        Capability::Module { name } => name.is_empty() || name.len() > 200,
        Capability::Package(rule) => PackageRule::parse(&rule.requirement()).is_err(),
        Capability::Secret { .. } => false,
        Capability::Source(rule) => match &rule.program {
            Some(program) => {
                let is_whole =
                    rule.transport == TransportKind::Stdio && rule.url.is_empty() && rule.auth == SourceAuth::None;
                let is_open = program.hosts.iter().any(|rule| is_never_reachable(&rule.host));
                !is_whole || is_open || program.check().is_err()
            }
            None => rule.transport == TransportKind::Stdio || mcpbox_egress::endpoint(&rule.url, "POST").is_err(),
        },
    };
    if never {
        let message = format!("{capability} cannot be granted: egress and the sandbox refuse it anyway");
        return Err(refused(FailureKind::InvalidArguments, message));
    }
    Ok(())
}

async fn check_scope(change: &Change, scope: GrantScope) -> Result<(), CatalogError> {
    match scope {
        GrantScope::Tool(id) => load::tool(&change.tx, id).await.map(|_| ()),
        GrantScope::Server(id) => load::server(&change.tx, id).await.map(|_| ()),
        GrantScope::Everywhere => Ok(()),
    }
}
