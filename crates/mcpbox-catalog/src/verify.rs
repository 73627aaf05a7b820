//! Checking that what is stored is what was decided: the audit chain itself, and then every decision worked out again from it.
//! Somebody who writes to the database without the key cannot make a review, a version, a grant, a live tool or the settings
//! other than the chain says without being told here.

mod history;
mod rows;

use mcpbox_store::{
    Connection,
    audit::{self, ChainCheck},
};
use serde::Serialize;

use crate::{Catalog, CatalogError, retention::PRUNED};
use history::History;

/// Problems told at once.
const PROBLEMS_MAX: usize = 100;
/// Events from which the history of decisions is made.
const ACTIONS: [&str; 6] = ["review.", "grant.", "tool.delete", "server.delete", "settings.change", PRUNED];

/// What a verification found.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditReport {
    /// Whether the chain is whole and everything stored is what was decided.
    pub intact: bool,
    /// How many events an intact chain has; none when it is broken.
    pub rows: Option<u64>,
    /// The first event of a broken chain that is wrong or missing.
    pub broken_at: Option<i64>,
    /// Decisions on reviews that were worked out again.
    pub decisions: u64,
    /// Decisions whose tool, or old version, was deleted since, as the chain says, so that only the chain is left of them.
    pub deleted: u64,
    /// Grants in force that were compared.
    pub grants: u64,
    /// Approved versions and live tools that were compared.
    pub versions: u64,
    /// What is not as it was decided (at most 100).
    pub problems: Vec<AuditProblem>,
}

/// Something stored that is not what was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditProblem {
    /// What it is about: `review:<id>`, `grant:<id>`, `version:<id>`, `tool:<id>` or `settings`.
    pub subject: String,
    /// What is wrong with it.
    pub message: String,
}

impl AuditReport {
    fn of_chain(check: ChainCheck) -> Self {
        let (rows, broken_at) = match check {
            ChainCheck::Intact { rows } => (Some(rows), None),
            ChainCheck::Broken { sequence } => (None, Some(sequence)),
        };
        Self {
            intact: broken_at.is_none(),
            rows,
            broken_at,
            decisions: 0,
            deleted: 0,
            grants: 0,
            versions: 0,
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        self.intact = false;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(AuditProblem { subject: subject.into(), message: message.into() });
        }
    }
}

/// Walks the audit chain from its first row, then compares every decision in it with what is stored, all at one moment.
///
/// # Errors
/// The store cannot be read. Something wrong is an answer, not an error.
pub async fn verify_decisions(cat: &Catalog) -> Result<AuditReport, CatalogError> {
    verify_at(&cat.store.moment().await?).await
}

/// The same, of a database that no catalog is open on.
///
/// # Errors
/// As [`verify_decisions`].
pub async fn verify_at(moment: &impl Connection) -> Result<AuditReport, CatalogError> {
    let mut report = AuditReport::of_chain(audit::verify(moment).await?);
    if report.broken_at.is_some() {
        // What a broken chain says proves nothing.
        return Ok(report);
    }
    let history = read_history(moment).await?;
    rows::compare_reviews(moment, &history, &mut report).await?;
    rows::compare_state(moment, &history, &mut report).await?;
    Ok(report)
}

async fn read_history(moment: &impl Connection) -> Result<History, CatalogError> {
    let mut history = History::default();
    let mut after = 0;
    loop {
        let events = audit::walk(moment, &ACTIONS, None, after).await?;
        let Some(last) = events.last() else { return Ok(history) };
        after = last.sequence;
        for event in events {
            history.add(moment, event).await?;
        }
    }
}
