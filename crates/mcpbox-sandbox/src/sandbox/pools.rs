//! The pools of the base environment, and which of them a program runs in: every fork pays for what its zygote has loaded, and a
//! module that is not loaded takes longer to import than most tools run.

use std::{path::Path, sync::Arc};

use mcpbox_core::{execute::Program, server::CodePolicy};
use mcpbox_jail::JailSpec;

use crate::{pool::Pool, runtime::Profile};

/// Loaded in every zygote, or built in; none of them opens files. Sorted.
const BARE_MODULES: [&str; 11] = [
    "__future__",
    "collections",
    "collections.abc",
    "datetime",
    "functools",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "time",
];

/// One pool per profile.
pub(super) struct Pools {
    bare: Arc<Pool>,
    lean: Arc<Pool>,
    full: Arc<Pool>,
}

impl Pools {
    pub(super) fn new(pool: impl Fn(Profile) -> Arc<Pool>) -> Self {
        Self { bare: pool(Profile::Bare), lean: pool(Profile::Lean), full: pool(Profile::Full) }
    }

    pub(super) fn of(&self, program: &Program) -> &Arc<Pool> {
        match profile(program) {
            Profile::Bare => &self.bare,
            Profile::Lean => &self.lean,
            Profile::Full => &self.full,
        }
    }

    /// The pool in which the probes run: it has everything a tool may attack.
    pub(super) fn probed(&self) -> &Arc<Pool> {
        &self.lean
    }

    pub(super) fn all(&self) -> [&Arc<Pool>; 3] {
        [&self.bare, &self.lean, &self.full]
    }

    /// The base packages have arrived at `site`.
    pub(super) fn with_site(&self, site: &Path, jail: impl Fn(Profile, &Path) -> JailSpec) {
        self.lean.replace_spec(jail(Profile::Lean, site));
        self.full.replace_spec(jail(Profile::Full, site));
    }

    pub(super) fn parked(&self) -> usize {
        self.all().into_iter().map(|pool| pool.parked()).sum()
    }
}

fn profile(program: &Program) -> Profile {
    let is_bare = |module: &String| BARE_MODULES.binary_search(&module.as_str()).is_ok();
    if program.uses_http || program.source.contains("asyncio") {
        Profile::Full
    } else if program.policy == CodePolicy::Strict && program.imports.iter().all(is_bare) {
        // Under these rules nothing else can be imported or opened.
        Profile::Bare
    } else {
        Profile::Lean
    }
}

#[cfg(test)]
mod tests {
    use mcpbox_core::{execute::Environment, hash::ContentHash};

    use super::*;

    fn of(policy: CodePolicy, imports: &[&str], uses_http: bool, source: &str) -> Profile {
        profile(&Program {
            source: source.to_owned(),
            content_hash: ContentHash::of(&serde_json::Value::Null),
            policy,
            modules: Default::default(),
            environment: Environment::Base,
            imports: imports.iter().map(|name| (*name).to_owned()).collect(),
            uses_http,
        })
    }

    #[test]
    fn what_a_program_imports_and_may_do_decides_what_is_loaded_for_it() {
        use CodePolicy::{Standard, Strict};
        assert_eq!(of(Strict, &[], false, ""), Profile::Bare);
        assert_eq!(of(Strict, &["json", "collections.abc", "re"], false, ""), Profile::Bare);
        assert_eq!(of(Strict, &["json", "tempfile"], false, ""), Profile::Lean);
        assert_eq!(of(Standard, &["json"], false, "open('/tmp/x', 'w')"), Profile::Lean);
        assert_eq!(of(Strict, &[], true, ""), Profile::Full);
        assert_eq!(of(Strict, &["asyncio"], false, "import asyncio"), Profile::Full);
        assert!(BARE_MODULES.is_sorted());
    }
}
