//! Which packages a tool runs with: those that grants in force name, as one set of requirements.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use mcpbox_core::{
    capability::{Capabilities, Capability},
    execute::{Environment, LockedEnvironment},
    failure::{Failure, FailureKind},
    grant::{Grant, GrantScope},
    hash::ContentHash,
    package::{PackageRule, Requirements, ResolutionState, requirements_hash},
};
use mcpbox_store::resolutions;

use crate::{
    compile::Compiled,
    needs::{Standing, request_call},
};

/// Where every known resolution stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolutions(Arc<HashMap<ContentHash, resolutions::Standing>>);

impl Resolutions {
    pub(crate) fn new(all: Vec<resolutions::Standing>) -> Self {
        Self(Arc::new(all.into_iter().map(|standing| (standing.id.clone(), standing)).collect()))
    }

    pub(crate) fn get(&self, id: &ContentHash) -> Option<&resolutions::Standing> {
        self.0.get(id)
    }
}

/// A set of packages that are installed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) requirements: Requirements,
    /// Whether one of them may speak HTTP by itself.
    pub(crate) network: bool,
}

impl Set {
    /// The set of these packages; none when there are none.
    pub(crate) fn of<'r>(rules: impl Iterator<Item = &'r PackageRule>) -> Option<Self> {
        let rules: Vec<&PackageRule> = rules.collect();
        // A package that is asked for in any version and in some is asked for in these.
        let is_said_closer = |rule: &PackageRule| {
            rule.version.is_none() && rules.iter().any(|other| other.name == rule.name && other.version.is_some())
        };
        let said = rules.iter().filter(|rule| !is_said_closer(rule));
        let requirements: Requirements = said.map(|rule| rule.requirement()).collect();
        let network = rules.iter().any(|rule| rule.network);
        (!requirements.is_empty()).then_some(Self { requirements, network })
    }

    /// What a tool would run with once these were granted to it as well; none when they hold no package.
    pub(crate) fn with_requested(standing: &Standing, requested: &Capabilities) -> Option<Self> {
        if !requested.iter().any(|capability| matches!(capability, Capability::Package(_))) {
            return None;
        }
        let granted = standing.approved().map(|grant| &grant.capability);
        Self::of(granted.chain(requested).filter_map(|capability| match capability {
            Capability::Package(rule) => Some(rule),
            _ => None,
        }))
    }

    /// Names its resolution.
    pub(crate) fn id(&self) -> ContentHash {
        requirements_hash(&self.requirements)
    }
}

/// What grants say about packages, for one tool.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packages {
    rules: BTreeSet<PackageRule>,
    /// Whether one was granted to this very tool.
    own: bool,
}

impl Packages {
    /// Notes a grant in force.
    pub(crate) fn add(&mut self, grant: &Grant, rule: &PackageRule) {
        self.rules.insert(rule.clone());
        self.own |= matches!(grant.scope, GrantScope::Tool(_));
    }

    /// Whether a grant serves the import that needs this package.
    pub(crate) fn serve(&self, package: &str) -> bool {
        self.rules.iter().any(|rule| rule.serves(package))
    }

    /// The set a program runs with. One that imports no package, and was granted none for itself, runs without.
    pub(crate) fn set(&self, compiled: &Compiled) -> Option<Set> {
        if compiled.packages.is_empty() && !self.own {
            return None;
        }
        Set::of(self.rules.iter())
    }

    /// The environment of a program. `name` is `server__tool`.
    ///
    /// # Errors
    /// Why there is none: a package it imports is not granted, or the set is not resolved.
    pub(crate) fn environment(
        &self,
        compiled: &Compiled,
        resolutions: &Resolutions,
        name: &str,
    ) -> Result<Environment, Failure> {
        if let Some((module, package)) = compiled.packages.iter().find(|(_, package)| !self.serve(package)) {
            return Err(not_granted(module, package, name));
        }
        let Some(set) = self.set(compiled) else { return Ok(Environment::Base) };
        let standing = resolutions.get(&set.id());
        match standing.map(|standing| (standing.state, standing)) {
            Some((ResolutionState::Resolved, resolutions::Standing { lock: Some(lock), .. })) => {
                Ok(Environment::Locked(LockedEnvironment { lock: lock.clone(), network: set.network }))
            }
            Some((ResolutionState::Failed, standing)) => {
                let reason = standing.reason.as_deref().unwrap_or("the reason was not kept");
                let message = format!("the packages of this tool cannot be resolved: {reason}");
                Err(Failure::new(FailureKind::Unavailable, message)
                    .hint("Tell the admin of this MCPbox, who may try again"))
            }
            _ => Err(Failure::new(FailureKind::Unavailable, "the packages of this tool are still being resolved")
                .hint("Call again in a minute")),
        }
    }
}

/// The refusal of an import whose package is not granted.
fn not_granted(module: &str, package: &str, name: &str) -> Failure {
    let rule = PackageRule::named(package);
    let call = request_call(&Capability::Package(rule), name);
    let failure = Failure::new(
        FailureKind::ImportDenied,
        format!("the package {package} (import {module}) is not granted to this tool"),
    );
    let hint = "nothing was run; a human must grant it first: mcpbox_request_publish asks for it with the code, the call under next \
                asks for it alone. It is then resolved, shown in the review, and installed once approved";
    Failure { next: Some(call), ..failure.hint(hint) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_named_by_its_requirements_alone() {
        let rule = |text: &str| PackageRule::parse(text).unwrap();
        let (pandas, yaml) = (rule("pandas>=2"), rule("pyyaml"));
        let online = PackageRule { network: true, ..yaml.clone() };
        let one = Set::of([&pandas, &yaml].into_iter()).unwrap();
        let two = Set::of([&yaml, &pandas, &online].into_iter()).unwrap();
        assert_eq!(one.id(), two.id());
        assert!(!one.network && two.network);
        assert_ne!(one.id(), Set::of([&pandas].into_iter()).unwrap().id());
        assert_eq!(Set::of([].into_iter()), None);
        let any = rule("pandas");
        assert_eq!(Set::of([&any, &pandas].into_iter()), Set::of([&pandas].into_iter()));
    }
}
