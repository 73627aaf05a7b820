//! Importing: everything a file says becomes drafts and requests in one transaction, or nothing does. A trial run does the
//! same and undoes it.

pub(super) mod server;
pub(super) mod tool;

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::ReviewId,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{model::Document, read};
use crate::{Admin, Catalog, CatalogError, author::Finding, change::Change};

/// How a file is imported.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// Only tell what would come of it.
    pub dry_run: bool,
    /// What to do with a tool whose name is taken.
    pub on_conflict: Conflict,
    /// Leave the tools drafts, instead of opening one review for each.
    pub drafts_only: bool,
}

/// What to do with a tool whose name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// Leave it out.
    #[default]
    Skip,
    /// Import it under a name that is free: `name_2`.
    Rename,
}

/// What came of a file.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// What the file is.
    pub source: String,
    /// Whether this box wrote exactly this file.
    pub signed_by_this_box: bool,
    /// Whether this was a trial, so that nothing is stored.
    pub dry_run: bool,
    /// Each server of the file.
    pub servers: Vec<ImportedServer>,
    /// Tools that came.
    pub imported: u64,
    /// Tools that were left out.
    pub skipped: u64,
    /// What to know about the whole file.
    pub notes: Vec<String>,
}

/// What came of a server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedServer {
    /// Its name in the file.
    pub name: String,
    /// Its name here; none when it was left out.
    pub server: Option<String>,
    /// Whether it was made; otherwise it was there.
    pub is_new: bool,
    /// Each of its tools.
    pub tools: Vec<ImportedTool>,
    /// What was changed or left out.
    pub notes: Vec<String>,
}

/// What came of a tool.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedTool {
    /// Its name in the file.
    pub name: String,
    /// `server__tool` here; none when it was left out.
    pub tool: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// The review that waits for a human.
    pub review_id: Option<ReviewId>,
    /// What it asks for, as the review shows it.
    pub requests: Vec<String>,
    /// What a reviewer should see in its code.
    pub findings: Vec<Finding>,
    /// What was changed or left out, and why.
    pub notes: Vec<String>,
}

/// What became of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is a draft, and its review waits.
    InReview,
    /// It is a draft.
    Draft,
    /// It is a draft whose code may not run as it is.
    NeedsChange,
    /// It was left out.
    Skipped,
}

/// Imports the text of a file: all of it, or, when the file cannot be read, nothing. What stands in it is never approved.
///
/// # Errors
/// `invalid_arguments` with what is wrong with the file.
pub async fn import(
    cat: &Arc<Catalog>,
    who: &Admin,
    text: &str,
    options: ImportOptions,
) -> Result<ImportReport, CatalogError> {
    let document = read(text, &cat.store.reader())?;
    let mut change = Change::begin(cat, who.actor()).await?;
    let report = apply(&mut change, document, options).await?;
    if options.dry_run {
        change.undo().await?;
        return Ok(report);
    }
    let detail = json!({"source": report.source, "signed_by_this_box": report.signed_by_this_box,
                        "imported": report.imported, "skipped": report.skipped});
    change.audit("import", "import".to_owned(), detail).await?;
    change.commit().await?;
    Ok(report)
}

async fn apply(change: &mut Change, document: Document, options: ImportOptions) -> Result<ImportReport, CatalogError> {
    let mut report = ImportReport {
        source: document.source,
        signed_by_this_box: document.is_own,
        dry_run: options.dry_run,
        servers: Vec::new(),
        imported: 0,
        skipped: 0,
        notes: document.notes,
    };
    for server in document.servers {
        let imported = server::import(change, server, options).await?;
        let skipped = imported.tools.iter().filter(|tool| tool.fate == Fate::Skipped).count() as u64;
        report.skipped += skipped;
        report.imported += imported.tools.len() as u64 - skipped;
        report.servers.push(imported);
    }
    Ok(report)
}

/// What a refusal of one item says in a report; anything but a refusal ends the import.
fn reason(error: CatalogError) -> Result<String, CatalogError> {
    match error {
        CatalogError::Refused(failure) if failure.kind != FailureKind::Unavailable => Ok(sentence(&failure)),
        other => Err(other),
    }
}

fn sentence(failure: &Failure) -> String {
    let line = failure.line.map_or_else(String::new, |line| format!("line {line}: "));
    let hint = failure.hint.as_deref().map_or_else(String::new, |hint| format!(" ({hint})"));
    format!("{line}{}{hint}", failure.message)
}

/// `name`, or `name_2`, `name_3` … until `is_free`; at most 31 characters.
fn numbered(name: &str, number: usize) -> String {
    let suffix = format!("_{number}");
    let room = mcpbox_core::name::NAME_MAX.saturating_sub(suffix.len());
    let stem: String = name.chars().take(room).collect();
    format!("{}{suffix}", stem.trim_end_matches('_'))
}
