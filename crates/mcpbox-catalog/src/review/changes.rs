//! What is different between two states of a bundle, field by field, as text with a diff. What a human is told when they
//! decided on something that changed, and when they look again.

use std::collections::BTreeSet;

use mcpbox_core::{
    capability::{Capabilities, Capability},
    hash::ContentHash,
    review::{ReviewPurpose, ReviewRevision},
    version::Version,
};
use mcpbox_store::{Connection, resolutions, versions};
use serde::Serialize;
use serde_json::Value;

use super::Diff;
use crate::CatalogError;

/// What is different between two states of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    /// The hash of the state before.
    pub since: ContentHash,
    /// The number of the version then.
    pub since_version: u32,
    /// The number of the version now.
    pub version: u32,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
    /// What is asked for in addition.
    pub added: Vec<Capability>,
    /// What is no longer asked for.
    pub removed: Vec<Capability>,
    /// All of it in a sentence.
    pub sentence: String,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldChange {
    /// Which.
    pub field: BundleField,
    /// Its text before and after.
    pub diff: Diff,
}

/// The fields of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BundleField {
    /// What approval is for.
    Purpose,
    /// The tool's name.
    Name,
    /// What clients read.
    Description,
    /// The Python source.
    Code,
    /// JSON Schema of the arguments.
    InputSchema,
    /// JSON Schema of the result.
    OutputSchema,
    /// What approval newly grants.
    Requested,
    /// Which packages are installed.
    Packages,
}

impl BundleField {
    const ALL: [Self; 8] = [
        Self::Purpose,
        Self::Name,
        Self::Description,
        Self::Code,
        Self::InputSchema,
        Self::OutputSchema,
        Self::Requested,
        Self::Packages,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Purpose => "the purpose",
            Self::Name => "the name",
            Self::Description => "the description",
            Self::Code => "the code",
            Self::InputSchema => "the input schema",
            Self::OutputSchema => "the output schema",
            Self::Requested => "what it asks for",
            Self::Packages => "the packages",
        }
    }
}

/// A state of a bundle, with everything that can differ.
pub(super) struct State {
    hash: ContentHash,
    purpose: ReviewPurpose,
    version: Version,
    requested: Capabilities,
    packages: Vec<String>,
}

impl State {
    /// Reads the state that a revision names; none when its version is gone.
    pub(super) async fn read(
        connection: &impl Connection,
        revision: ReviewRevision,
    ) -> Result<Option<Self>, CatalogError> {
        let Some(version) = versions::by_id(connection, revision.version_id).await? else { return Ok(None) };
        let resolution = match &revision.lock {
            Some(lock) => resolutions::by_lock(connection, lock).await?,
            None => None,
        };
        let packages = resolution.into_iter().flat_map(|resolution| resolution.packages);
        Ok(Some(Self {
            hash: revision.content_hash,
            purpose: revision.purpose,
            version,
            requested: revision.requested,
            packages: packages.map(|package| format!("{}=={}", package.name, package.version)).collect(),
        }))
    }

    /// A field as text; lists have a line an item.
    fn text(&self, field: BundleField) -> String {
        let content = &self.version.content;
        let pretty = |schema: &Value| serde_json::to_string_pretty(schema).unwrap_or_default();
        match field {
            BundleField::Purpose => match self.purpose {
                ReviewPurpose::Publish => "to publish the version".to_owned(),
                ReviewPurpose::Grant => "to grant only, without publishing a version".to_owned(),
            },
            BundleField::Name => content.name.to_string(),
            BundleField::Description => content.description.clone(),
            BundleField::Code => content.code.clone(),
            BundleField::InputSchema => pretty(&content.input_schema),
            BundleField::OutputSchema => content.output_schema.as_ref().map(pretty).unwrap_or_default(),
            BundleField::Requested => lines(self.requested.iter().map(ToString::to_string)),
            BundleField::Packages => lines(self.packages.iter().cloned().collect::<BTreeSet<_>>()),
        }
    }
}

fn lines(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().map(|item| item + "\n").collect()
}

impl Changes {
    /// What is different in `after`.
    pub(super) fn between(before: &State, after: &State) -> Self {
        let names = ("before", "now");
        let difference = |field: BundleField| {
            let (old, new) = (before.text(field), after.text(field));
            (old != new).then(|| FieldChange { field, diff: Diff::between(&old, &new, names) })
        };
        let fields: Vec<FieldChange> = BundleField::ALL.into_iter().filter_map(difference).collect();
        let added: Vec<Capability> = after.requested.difference(&before.requested).cloned().collect();
        let removed: Vec<Capability> = before.requested.difference(&after.requested).cloned().collect();
        Self {
            sentence: sentence(&fields, &added, &removed),
            since: before.hash.clone(),
            since_version: before.version.number,
            version: after.version.number,
            fields,
            added,
            removed,
        }
    }
}

fn sentence(fields: &[FieldChange], added: &[Capability], removed: &[Capability]) -> String {
    let named = |all: &[Capability]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let plain = fields.iter().filter(|change| change.field != BundleField::Requested);
    let mut parts: Vec<String> = plain
        .map(|FieldChange { field, diff }| {
            format!("{} changed (+{} −{} lines)", field.name(), diff.added, diff.removed)
        })
        .collect();
    if !added.is_empty() {
        parts.push(format!("it asks for {} in addition", named(added)));
    }
    if !removed.is_empty() {
        parts.push(format!("it no longer asks for {}", named(removed)));
    }
    if parts.is_empty() { "nothing changed".to_owned() } else { parts.join("; ") }
}
