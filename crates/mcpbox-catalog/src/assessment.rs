//! How much care a review wants: what `mcpbox-analysis` needs to know, gathered from what the catalog has at hand. Asked
//! when a bundle is built and when it is shown, so that both say the same.

use mcpbox_analysis::{Assessment, KnownSecret, LiveSchemas, OtherTool, Subject};
use mcpbox_core::{capability::Capabilities, server::Server, version::Version};

use crate::{needs::Standing, offers, snapshot::Snapshot};

/// A version that is asked for, and what surrounds it.
pub(crate) struct Asked<'a> {
    pub(crate) server: &'a Server,
    pub(crate) version: &'a Version,
    /// The version that serves now, when it is another.
    pub(crate) live: Option<&'a Version>,
    /// What approval newly grants.
    pub(crate) requested: &'a Capabilities,
    /// What is granted now, and the secrets of the server.
    pub(crate) standing: &'a Standing,
    /// The other tools.
    pub(crate) snapshot: &'a Snapshot,
}

/// Assesses it.
pub(crate) fn assess(asked: &Asked<'_>) -> Assessment {
    let Asked { server, version, live, requested, standing, snapshot } = asked;
    let content = &version.content;
    let mut analysis = crate::source::analyze(content, server.code_policy);
    let place = (server.name.as_str(), version.tool_id);
    analysis.findings.extend(offers::taken(snapshot, place, &analysis, |_| true));
    let granted: Capabilities = standing.approved().map(|grant| grant.capability.clone()).collect();
    let secrets: Vec<KnownSecret<'_>> = standing
        .secrets
        .iter()
        .map(|secret| KnownSecret { key: secret.key.as_str(), hosts: &secret.hosts, mode: secret.mode })
        .collect();
    let others = snapshot.published().iter().filter(|other| other.tool_id != version.tool_id);
    let others: Vec<OtherTool<'_>> =
        others.map(|other| OtherTool { name: &other.name, fingerprint: Some(other.compiled.fingerprint()) }).collect();
    let live =
        live.map(|live| LiveSchemas { input: &live.content.input_schema, output: live.content.output_schema.as_ref() });
    mcpbox_analysis::assess(&Subject {
        name: content.name.as_str(),
        description: &content.description,
        code: &content.code,
        analysis: &analysis,
        policy: server.code_policy,
        secrets: &secrets,
        live,
        others: &others,
        requested,
        granted: &granted,
    })
}
