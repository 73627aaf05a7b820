//! Which modules tools may import.

use mcpbox_core::{
    capability::Capability,
    grant::{Grant, GrantScope},
};
use mcpbox_store::grants;
use serde::Serialize;

use crate::{Caller, Catalog, CatalogError, NextStep, Snapshot};

/// Granted modules told at once.
const GRANTED_MAX: usize = 500;
/// What every tool finds without an import.
const GLOBALS: &[&str] = &[
    "http: an httpx.AsyncClient; reaches granted hosts only",
    "json",
    "datetime",
    "arguments: the arguments of the call",
    "secrets: a read-only mapping of granted secrets",
    "ctx: await ctx.progress(done, total, message), ctx.log(message), answer = await ctx.elicit(question, {\"field\": str})",
];
/// The best known of the modules that no request opens under the strict code policy.
const NEVER: &[&str] = &[
    "builtins",
    "ctypes",
    "gc",
    "importlib",
    "inspect",
    "marshal",
    "multiprocessing",
    "os",
    "pickle",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "threading",
];

/// A module that was granted beyond the defaults.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GrantedModule {
    /// Module or package.
    pub name: String,
    /// For whom: `everywhere`, `server weather_api`, `tool weather_api__get_weather`.
    pub scope: String,
}

/// Which modules tools may import.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModuleReport {
    /// Importable by every tool.
    pub default_modules: Vec<String>,
    /// Names that exist in every tool without an import.
    pub globals: Vec<String>,
    /// Importable by some, because a human granted it.
    pub granted: Vec<GrantedModule>,
    /// Never granted under the strict code policy.
    pub never: Vec<String>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// Modules that may be imported, by default and by grant.
///
/// # Errors
/// The caller may not use the management tools.
pub async fn get_server_modules(cat: &Catalog, who: impl Into<Caller<'_>>) -> Result<ModuleReport, CatalogError> {
    let who = who.into();
    who.check_reads()?;
    let snapshot = cat.snapshot();
    let approved = grants::approved(&cat.store.reader()).await?;
    let mut granted: Vec<GrantedModule> =
        approved.iter().filter_map(|grant| granted_module(&snapshot, who, grant)).collect();
    granted.sort();
    granted.truncate(GRANTED_MAX);
    let step = "import what is listed; for anything else write the import into the tool and let mcpbox_request_publish ask for \
                it, or ask with mcpbox_request_module";
    Ok(ModuleReport {
        default_modules: mcpbox_analysis::default_modules().iter().map(|name| (*name).to_owned()).collect(),
        globals: GLOBALS.iter().map(|text| (*text).to_owned()).collect(),
        granted,
        never: NEVER.iter().map(|name| (*name).to_owned()).collect(),
        next: vec![NextStep::say(step)],
    })
}

/// A module or package granted for what the caller sees.
fn granted_module(snapshot: &Snapshot, who: Caller<'_>, grant: &Grant) -> Option<GrantedModule> {
    let name = match &grant.capability {
        Capability::Module { name } => name.clone(),
        Capability::Package(rule) => rule.to_string(),
        _ => return None,
    };
    let scope = match grant.scope {
        GrantScope::Everywhere => "everywhere".to_owned(),
        GrantScope::Server(id) => {
            let server = snapshot.server_by_id(id).filter(|server| who.may_see(server.name.as_str()))?;
            format!("server {}", server.name)
        }
        GrantScope::Tool(id) => {
            let tool = snapshot.known_by_id(id).filter(|tool| who.may_see(tool.server.as_str()))?;
            format!("tool {}", tool.name)
        }
    };
    Some(GrantedModule { name, scope })
}
