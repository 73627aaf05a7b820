//! What the audit chain says was decided, in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, SubsecRound, Utc};
use mcpbox_core::{
    audit::AuditEvent,
    capability::Capability,
    grant::{Grant, GrantScope},
    ids::{GrantId, ReviewId, ServerId, ToolId, VersionId},
    review::ReviewPurpose,
    settings::Settings,
};
use mcpbox_store::{Connection, reviews};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{CatalogError, retention::PRUNED};

/// The last word on everything that was decided.
#[derive(Default)]
pub(super) struct History {
    /// Decisions on reviews; a review is decided once.
    pub(super) decisions: BTreeMap<ReviewId, Decided>,
    pub(super) revoked: BTreeSet<ReviewId>,
    /// Grants in force.
    pub(super) grants: HashMap<GrantId, Granted>,
    /// What bundles granted to tools before their rows named the grants.
    pub(super) unnamed_grants: BTreeSet<(ToolId, Capability)>,
    /// The version that calls of a tool run.
    pub(super) live: HashMap<ToolId, Option<VersionId>>,
    /// Versions whose last decision is an approval.
    pub(super) approved: BTreeSet<VersionId>,
    pub(super) deleted_tools: BTreeSet<ToolId>,
    pub(super) deleted_servers: BTreeSet<ServerId>,
    /// Reviews that went with old versions.
    pub(super) pruned: BTreeSet<ReviewId>,
    pub(super) settings: Option<Settings>,
}

/// A grant as it was decided.
pub(super) struct Granted {
    capability: Capability,
    scope: GrantScope,
    /// Until when; none when the row is from before it said so.
    end: Option<Option<DateTime<Utc>>>,
}

impl Granted {
    /// Reads what a row says of a grant.
    fn of(row: &Value) -> Option<Self> {
        Some(Self { capability: said(row, "capability")?, scope: said(row, "scope")?, end: said(row, "expires_at") })
    }
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
    pub(super) async fn add(&mut self, moment: &impl Connection, event: AuditEvent) -> Result<(), CatalogError> {
        match event.action.as_str() {
            "review.approve" | "review.approve.rule" => self.decided(moment, event, true).await?,
            "review.reject" => self.decided(moment, event, false).await?,
            "review.revoke" => self.revoke(&event),
            "grant.add" | "grant.approve" => {
                self.grants.extend(subject(&event, "grant:").zip(Granted::of(&event.detail)));
            }
            action if action.starts_with("grant.") => {
                subject(&event, "grant:").map(|id: GrantId| self.grants.remove(&id));
            }
            "tool.delete" => self.deleted_tools.extend(subject::<ToolId>(&event, "tool:")),
            "server.delete" => self.deleted_servers.extend(subject::<ServerId>(&event, "server:")),
            PRUNED => self.pruned.extend(field::<Vec<ReviewId>>(&event, "reviews").unwrap_or_default()),
            "settings.change" => self.settings = field(&event, "settings"),
            _ => {}
        }
        Ok(())
    }

    async fn decided(
        &mut self,
        moment: &impl Connection,
        event: AuditEvent,
        approves: bool,
    ) -> Result<(), CatalogError> {
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
            match (field::<Vec<Value>>(&event, "grants"), tool) {
                (Some(grants), _) => {
                    self.grants.extend(grants.iter().filter_map(|row| said(row, "id").zip(Granted::of(row))));
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
    pub(super) fn is_deleted(&self, review: &ReviewId, decided: &Decided) -> bool {
        self.pruned.contains(review)
            || decided.tool.is_some_and(|tool| self.deleted_tools.contains(&tool))
            || decided.server.is_some_and(|server| self.deleted_servers.contains(&server))
    }

    /// What of a grant in force is not as it was decided; none when all is.
    pub(super) fn ungranted(&self, grant: &Grant) -> Option<String> {
        let Grant { capability, scope, expires_at, .. } = grant;
        let Some(decided) = self.grants.get(&grant.id) else {
            let is_covered =
                |tool| self.unnamed_grants.iter().any(|(of, granted)| *of == tool && granted.covers(capability));
            let was_granted = matches!(*scope, GrantScope::Tool(tool) if is_covered(tool));
            return (!was_granted).then(|| format!("{capability} is in force, but nobody granted it so"));
        };
        if decided.capability != *capability || decided.scope != *scope {
            return Some(format!("{capability} is in force, but nobody granted it so"));
        }
        // The database keeps microseconds.
        let end = |end: Option<DateTime<Utc>>| end.map(|end| end.trunc_subsecs(6));
        let words =
            |end: Option<DateTime<Utc>>| end.map_or_else(|| "for ever".to_owned(), |end| format!("until {end}"));
        let decided = decided.end.filter(|decided| end(*decided) != end(*expires_at))?;
        Some(format!("{capability} is in force {}, but was granted {}", words(*expires_at), words(decided)))
    }
}

fn subject<T: std::str::FromStr>(event: &AuditEvent, prefix: &str) -> Option<T> {
    event.subject.strip_prefix(prefix)?.parse().ok()
}

pub(super) fn field<T: DeserializeOwned>(event: &AuditEvent, name: &str) -> Option<T> {
    said(&event.detail, name)
}

fn said<T: DeserializeOwned>(row: &Value, name: &str) -> Option<T> {
    serde_json::from_value(row.get(name)?.clone()).ok()
}
