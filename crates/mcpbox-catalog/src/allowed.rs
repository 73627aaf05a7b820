//! What grants allow a tool, and what it misses once they are over.

use std::collections::BTreeSet;

use mcpbox_core::{
    capability::{Capability, HostRule},
    execute::{Environment, Program},
    grant::{Grant, GrantScope, GrantState},
    name::SecretKey,
    server::Server,
    source::SourceRule,
};

use crate::{compile::Compiled, packages::Packages, withheld::Lapsed};

/// What grants in force allow a tool.
#[derive(Default)]
pub(crate) struct Allowed {
    modules: BTreeSet<String>,
    pub(crate) packages: Packages,
    pub(crate) hosts: Vec<HostRule>,
    pub(crate) secrets: Vec<SecretKey>,
    pub(crate) sources: Vec<SourceRule>,
}

impl Allowed {
    /// What these grants allow; all must be in force and count for the tool.
    pub(crate) fn from_grants<'a>(grants: impl Iterator<Item = &'a Grant>) -> Self {
        let mut allowed = Self::default();
        for grant in grants {
            match &grant.capability {
                Capability::Module { name } => allowed.modules.extend(with_submodules(name)),
                Capability::Package(rule) => allowed.packages.add(grant, rule),
                Capability::Host(rule) => allowed.hosts.push(rule.clone()),
                Capability::Secret { key } => allowed.secrets.push(key.clone()),
                Capability::Source(rule) => allowed.sources.push(rule.clone()),
            }
        }
        allowed.hosts.sort();
        allowed.hosts.dedup();
        allowed.secrets.sort();
        allowed.secrets.dedup();
        allowed
    }

    /// The program of a version under these grants and the rules of its server.
    pub(crate) fn program(&self, server: &Server, compiled: &Compiled, environment: Environment) -> Program {
        let defaults = mcpbox_analysis::default_modules().iter().map(|name| (*name).to_owned());
        let of_packages = compiled.packages.iter().filter(|(_, package)| self.packages.serve(package));
        let of_packages = of_packages.flat_map(|(module, _)| with_submodules(module));
        Program {
            source: compiled.version.content.code.clone(),
            content_hash: compiled.version.content_hash.clone(),
            policy: server.code_policy,
            modules: defaults.chain(self.modules.iter().cloned()).chain(of_packages).collect(),
            environment,
            imports: compiled.imports.clone(),
            uses_http: compiled.uses_http,
        }
    }
}

/// A module and everything below it, as [`Program::modules`] says it.
fn with_submodules(module: &str) -> [String; 2] {
    [module.to_owned(), format!("{module}.*")]
}

/// Grants whose time is over and without which a live version is not what was approved: those for this tool alone, and
/// wider ones that its code shows to need. What something in force makes up for is not missed.
pub(crate) fn lapsed<'a>(grants: impl Iterator<Item = &'a Grant>, compiled: &Compiled) -> Vec<Lapsed> {
    let (over, in_force): (Vec<&Grant>, Vec<&Grant>) = grants.partition(|grant| grant.state == GrantState::Expired);
    if over.is_empty() {
        return Vec::new();
    }
    let has = |needed: &Capability| in_force.iter().any(|grant| grant.capability.covers(needed));
    let needs = |grant: &Grant| {
        let mut needed = compiled.version.content.capabilities.iter();
        needed.any(|needed| grant.capability.covers(needed) && !has(needed))
    };
    let is_missed =
        |grant: &&&Grant| needs(grant) || (matches!(grant.scope, GrantScope::Tool(_)) && !has(&grant.capability));
    let lapsed = |grant: &&Grant| grant.expires_at.map(|since| Lapsed { capability: grant.capability.clone(), since });
    over.iter().filter(is_missed).filter_map(lapsed).collect()
}
