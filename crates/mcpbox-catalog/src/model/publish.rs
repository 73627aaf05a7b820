//! A live version and its grants → a published tool.

use std::sync::Arc;

use mcpbox_core::{
    capability::HostRule,
    execute::Environment,
    failure::{Failure, FailureKind},
    grant::GrantState,
    name::published_name,
    server::Server,
    source::SourceRule,
    tool::Tool,
};
use serde_json::json;

use super::Model;
use crate::{allowed::Allowed, compile::Compiled, snapshot::PublishedTool};

impl Model {
    /// A tool as it is called, with what it was granted.
    pub(super) fn publish(&self, server: &Server, tool: &Tool, compiled: &Arc<Compiled>) -> PublishedTool {
        let in_force = || self.grants_for(server.id, tool.id).filter(|grant| grant.state == GrantState::Approved);
        let allowed = Allowed::from_grants(in_force());
        let only_reads = |rule: &HostRule| matches!(rule.method.as_deref(), Some("GET" | "HEAD"));
        let version = &compiled.version;
        let name = published_name(&server.name, &tool.name);
        let environment = allowed.packages.environment(compiled, &self.resolutions, &name);
        let source = crate::source::rule(&version.content);
        let closed = source.filter(|rule| !allowed.sources.contains(rule)).map(|rule| not_granted(rule, &name));
        let refused = closed.or_else(|| environment.as_ref().err().cloned());
        PublishedTool {
            name,
            server: server.name.clone(),
            tool: tool.name.clone(),
            server_id: server.id,
            tool_id: tool.id,
            version_id: version.id,
            version: version.number,
            content_hash: version.content_hash.clone(),
            title: title(tool.name.as_str()),
            description: version.content.description.clone(),
            input_schema: compiled.input_schema.clone(),
            output_schema: compiled.output_schema.clone(),
            wraps_result: compiled.wraps_result,
            read_only_hint: source.is_none() && allowed.hosts.iter().all(only_reads),
            open_world_hint: source.is_some() || !allowed.hosts.is_empty(),
            program: Arc::new(allowed.program(server, compiled, environment.unwrap_or(Environment::Base))),
            expires_at: in_force().filter_map(|grant| grant.expires_at).min(),
            set: allowed.packages.set(compiled),
            refused,
            hosts: allowed.hosts.into(),
            secrets: allowed.secrets,
            limits: server.limits,
            compiled: compiled.clone(),
        }
    }
}

/// The refusal of every call of a tool whose source may not be reached any more.
fn not_granted(rule: &SourceRule, name: &str) -> Failure {
    let failure = Failure::new(FailureKind::HostDenied, format!("{name} may not reach its {rule} any more"));
    failure.hint("ask for it; a human decides").next("mcpbox_request_publish", json!({"tool_id": name}))
}

/// A name for people: `get_weather` → `Get weather`.
fn title(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut characters = spaced.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
