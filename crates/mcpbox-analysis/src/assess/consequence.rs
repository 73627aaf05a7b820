//! What approval changes, in one sentence and in parts.

use mcpbox_core::{
    capability::{Capabilities, Capability, HostRule},
    secret::SecretMode,
};
use serde::Serialize;

use super::KnownSecret;
use crate::Analysis;

/// What approval changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consequence {
    /// One sentence; code stands in backticks.
    pub sentence: String,
    /// Everything the tool can reach once approved: what is new first, then what it has already and uses.
    pub parts: Vec<ConsequencePart>,
}

/// One thing that the tool can reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsequencePart {
    /// What kind of thing it is.
    pub kind: ConsequenceKind,
    /// Module, package, `host[:port]` or key.
    pub what: String,
    /// Whether approval newly grants it.
    pub is_new: bool,
    /// HTTP methods in the code; empty when unknown, or when it is no host.
    pub methods: Vec<String>,
    /// First line that uses it, from 1.
    pub line: Option<u32>,
    /// The same in words, without what is around it in the sentence.
    pub text: String,
}

/// What kind of thing a tool can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsequenceKind {
    /// Imports a module.
    Module,
    /// Imports a package.
    Package,
    /// Reaches a host.
    Host,
    /// Uses a secret.
    Secret,
    /// Calls another MCP server.
    Source,
}

impl Consequence {
    /// What granting `requested` to a tool that has `granted` changes.
    pub fn of(
        requested: &Capabilities,
        granted: &Capabilities,
        analysis: &Analysis,
        secrets: &[KnownSecret<'_>],
    ) -> Self {
        let is_had = |capability: &Capability| granted.iter().any(|have| have.covers(capability));
        let new = requested.iter().filter(|capability| !is_had(capability));
        let mut parts: Vec<_> = new.map(|capability| part(capability, true, analysis, secrets)).collect();
        let used = analysis.capabilities();
        let kept = used.iter().filter(|used| is_had(used) && !requested.contains(used));
        parts.extend(kept.map(|capability| part(capability, false, analysis, secrets)));
        let mut sentence = sentence(&parts);
        if let Some(offered) = offered(analysis) {
            let stop = if sentence.ends_with('.') { "" } else { "." };
            sentence = format!("{sentence}{stop} {offered}");
        }
        Self { sentence, parts }
    }
}

/// What clients get beside the tool, as a further sentence; nothing when there is nothing.
fn offered(analysis: &Analysis) -> Option<String> {
    let list = |what: &str, all: Vec<String>| match all.len() {
        0 => None,
        1 => Some(format!("the {what} {}", all.join(", "))),
        _ => Some(format!("the {what}s {}", all.join(", "))),
    };
    let prompts = analysis.prompts.iter().map(|prompt| format!("`{}`", prompt.name)).collect();
    let resources = analysis.resources.iter().map(|resource| format!("`{}`", resource.uri)).collect();
    let all: Vec<String> = [list("prompt", prompts), list("resource", resources)].into_iter().flatten().collect();
    (!all.is_empty()).then(|| format!("Clients also get {}.", all.join(" and ")))
}

fn sentence(parts: &[ConsequencePart]) -> String {
    let new: Vec<&str> = parts.iter().filter(|part| part.is_new).map(|part| part.text.as_str()).collect();
    let old = parts.iter().filter(|part| !part.is_new).count();
    match (new.as_slice(), old) {
        ([], 0) => "If you approve, this tool can do nothing new: it only computes.".to_owned(),
        ([], _) => "If you approve, this tool can do nothing new: what it uses is granted already.".to_owned(),
        (new, _) => format!("If you approve, this tool can newly: {}", new.join("; ")),
    }
}

fn part(capability: &Capability, is_new: bool, analysis: &Analysis, secrets: &[KnownSecret<'_>]) -> ConsequencePart {
    let (kind, what, methods, line) = match capability {
        Capability::Module { name } => {
            let line = analysis.imports.iter().find(|import| is_part(&import.module, name)).map(|import| import.line);
            (ConsequenceKind::Module, name.clone(), Vec::new(), line)
        }
        Capability::Package(rule) => {
            let is_it = |module: &str| crate::distribution(module).eq_ignore_ascii_case(&rule.name);
            let line = analysis.imports.iter().find(|import| is_it(&import.module)).map(|import| import.line);
            (ConsequenceKind::Package, rule.to_string(), Vec::new(), line)
        }
        Capability::Host(rule) => {
            let (methods, line) = uses(rule, analysis);
            (ConsequenceKind::Host, HostRule { method: None, ..rule.clone() }.to_string(), methods, line)
        }
        Capability::Secret { key } => {
            let line = analysis.secrets.iter().find(|secret| secret.key == key.as_str()).map(|secret| secret.line);
            (ConsequenceKind::Secret, key.as_str().to_owned(), Vec::new(), line)
        }
        Capability::Source(rule) => {
            let place = rule.program.as_ref().map_or_else(|| rule.url.clone(), |program| format!("program {program}"));
            (ConsequenceKind::Source, format!("{} ({place})", rule.name), Vec::new(), None)
        }
    };
    let text = words(capability, kind, &what, &methods, line, secrets);
    ConsequencePart { kind, what, is_new, methods, line, text }
}

fn words(
    capability: &Capability,
    kind: ConsequenceKind,
    what: &str,
    methods: &[String],
    line: Option<u32>,
    secrets: &[KnownSecret<'_>],
) -> String {
    let verb = match kind {
        ConsequenceKind::Module | ConsequenceKind::Package => "import",
        ConsequenceKind::Host => "reach",
        ConsequenceKind::Secret => "use secret",
        ConsequenceKind::Source => "send its arguments to the server",
    };
    let mut notes: Vec<String> = Vec::new();
    match capability {
        Capability::Host(_) if !methods.is_empty() => notes.push(methods.join(", ")),
        Capability::Package(rule) if rule.network => notes.push("which may speak HTTP by itself".to_owned()),
        Capability::Secret { .. }
            if secrets.iter().any(|secret| secret.key == what && secret.mode == SecretMode::Revealed) =>
        {
            notes.push("whose value the code sees".to_owned());
        }
        _ => {}
    }
    if kind == ConsequenceKind::Host {
        notes.extend(line.map(|line| format!("line {line}")));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    format!("{verb} `{what}`{notes}")
}

/// Methods with which the code asks a host, and the first line that does.
fn uses(rule: &HostRule, analysis: &Analysis) -> (Vec<String>, Option<u32>) {
    let open = HostRule { method: None, ..rule.clone() };
    let uses = || analysis.hosts.iter().filter(|host| open.covers(&host.rule));
    let mut methods: Vec<String> = match &rule.method {
        Some(method) => vec![method.clone()],
        None => uses().filter_map(|host| host.method.clone()).collect(),
    };
    methods.sort();
    methods.dedup();
    (methods, uses().map(|host| host.line).min())
}

fn is_part(module: &str, granted: &str) -> bool {
    module.strip_prefix(granted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
