//! What the audit chain says was decided, in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mcpbox_core::{
    audit::AuditEvent,
    capability::Capability,
    grant::GrantScope,
    ids::{GrantId, ReviewId, ServerId, ToolId, VersionId},
    review::ReviewPurpose,
    settings::Settings,
};
use mcpbox_store::{Moment, reviews};
use serde::de::DeserializeOwned;

use crate::{CatalogError, audited::GrantInForce};

/// The last word on everything that was decided.
#[derive(Default)]
pub(super) struct History {
    /// Decisions on reviews; a review is decided once.
    pub(super) decisions: BTreeMap<ReviewId, Decided>,
    pub(super) revoked: BTreeSet<ReviewId>,
    /// Grants in force.
    pub(super) grants: HashMap<GrantId, (Capability, GrantScope)>,
    /// What bundles granted to tools before their rows named the grants.
    pub(super) unnamed_grants: BTreeSet<(ToolId, Capability)>,
    /// The version that calls of a tool run.
    pub(super) live: HashMap<ToolId, Option<VersionId>>,
    /// Versions whose last decision is an approval.
    pub(super) approved: BTreeSet<VersionId>,
    pub(super) deleted_tools: BTreeSet<ToolId>,
    pub(super) deleted_servers: BTreeSet<ServerId>,
    pub(super) settings: Option<Settings>,
}

/// A decision on a review.
pub(super) struct Decided {
    pub(super) event: AuditEvent,
    pub(super) approves: bool,
    pub(super) tool: Option<ToolId>,
    pub(super) server: Option<ServerId>,
}

impl History {
    /// Adds the next event.
    pub(super) async fn add(&mut self, moment: &Moment, event: AuditEvent) -> Result<(), CatalogError> {
        match event.action.as_str() {
            "review.approve" | "review.approve.rule" => self.decided(moment, event, true).await?,
            "review.reject" => self.decided(moment, event, false).await?,
            "review.revoke" => self.revoke(&event),
            "grant.add" | "grant.approve" => {
                if let (Some(id), Some(capability), Some(scope)) =
                    (subject(&event, "grant:"), field(&event, "capability"), field(&event, "scope"))
                {
                    self.grants.insert(id, (capability, scope));
                }
            }
            action if action.starts_with("grant.") => {
                subject(&event, "grant:").map(|id: GrantId| self.grants.remove(&id));
            }
            "tool.delete" => self.deleted_tools.extend(subject::<ToolId>(&event, "tool:")),
            "server.delete" => self.deleted_servers.extend(subject::<ServerId>(&event, "server:")),
            "settings.change" => self.settings = field(&event, "settings"),
            _ => {}
        }
        Ok(())
    }

    async fn decided(&mut self, moment: &Moment, event: AuditEvent, approves: bool) -> Result<(), CatalogError> {
        let Some(id) = subject::<ReviewId>(&event, "review:") else { return Ok(()) };
        let (mut tool, mut version) = (field::<ToolId>(&event, "tool_id"), field::<VersionId>(&event, "version_id"));
        if tool.is_none() {
            // Rows from before they named tool and version: the review itself tells.
            let review = reviews::by_id(moment, id).await?;
            tool = review.as_ref().map(|review| review.tool_id);
            version = review.map(|review| review.version_id);
        }
        // A review that only grants moves no version.
        let publishes = field::<ReviewPurpose>(&event, "purpose") != Some(ReviewPurpose::Grant);
        if approves {
            if let (true, Some(tool), Some(version)) = (publishes, tool, version) {
                self.live.insert(tool, Some(version));
                self.approved.insert(version);
            }
            match (field::<Vec<GrantInForce>>(&event, "grants"), tool) {
                (Some(grants), _) => {
                    self.grants.extend(grants.into_iter().map(|grant| (grant.id, (grant.capability, grant.scope))));
                }
                (None, Some(tool)) => {
                    let granted: Vec<Capability> = field(&event, "granted").unwrap_or_default();
                    self.unnamed_grants.extend(granted.into_iter().map(|capability| (tool, capability)));
                }
                (None, None) => {}
            }
        } else if publishes {
            version.map(|version| self.approved.remove(&version));
        }
        let server = field(&event, "server_id");
        self.decisions.insert(id, Decided { event, approves, tool, server });
        Ok(())
    }

    fn revoke(&mut self, event: &AuditEvent) {
        self.revoked.extend(subject::<ReviewId>(event, "review:"));
        let publishes = field::<ReviewPurpose>(event, "purpose") != Some(ReviewPurpose::Grant);
        if let Some(version) = field(event, "version_id").filter(|_| publishes) {
            self.approved.remove(&version);
        }
        for grant in field::<Vec<GrantId>>(event, "grants").unwrap_or_default() {
            self.grants.remove(&grant);
        }
        if let (Some(tool), Some(live)) = (field(event, "tool_id"), field::<Option<VersionId>>(event, "live_version")) {
            self.live.insert(tool, live);
        }
    }

    /// Whether the chain says that this is gone.
    pub(super) fn is_deleted(&self, decided: &Decided) -> bool {
        decided.tool.is_some_and(|tool| self.deleted_tools.contains(&tool))
            || decided.server.is_some_and(|server| self.deleted_servers.contains(&server))
    }

    /// Whether a grant in force was decided so.
    pub(super) fn has_granted(&self, id: GrantId, capability: &Capability, scope: GrantScope) -> bool {
        match self.grants.get(&id) {
            Some((decided, of)) => decided == capability && *of == scope,
            None => matches!(scope, GrantScope::Tool(tool)
                if self.unnamed_grants.iter().any(|(of, granted)| *of == tool && granted.covers(capability))),
        }
    }
}

fn subject<T: std::str::FromStr>(event: &AuditEvent, prefix: &str) -> Option<T> {
    event.subject.strip_prefix(prefix)?.parse().ok()
}

pub(super) fn field<T: DeserializeOwned>(event: &AuditEvent, name: &str) -> Option<T> {
    serde_json::from_value(event.detail.get(name)?.clone()).ok()
}
