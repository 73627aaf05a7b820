//! Imports: which modules, and what each needs.

use std::collections::HashMap;

use ruff_python_ast::{Alias, ExprCall, StmtImport, StmtImportFrom};
use ruff_text_size::{Ranged, TextSize};

use crate::{Import, ImportStatus, finding::Report, literal, modules, risk, source::Source, symbols::Symbols};

/// Modules that are kept; nobody grants more.
const MAX_IMPORTS: usize = 500;

/// Collects imports, once per module.
#[derive(Default)]
pub(crate) struct Imports {
    order: Vec<(String, TextSize, ImportStatus)>,
    seen: HashMap<String, ImportStatus>,
    /// Which module `from package import name` imports.
    targets: HashMap<(String, String), String>,
}

impl Imports {
    /// `import a.b as c`
    pub(crate) fn import(&mut self, import: &StmtImport, report: &mut Report) {
        for alias in &import.names {
            check_shadowing(alias, report);
            self.add(alias.name.as_str(), &alias.name, report);
        }
    }

    /// `from a import b`
    pub(crate) fn import_from(&mut self, import: &StmtImportFrom, report: &mut Report) {
        if import.level > 0 {
            report.error(
                "relative_import",
                import,
                "a tool has no package to import from",
                "Put all code into this one file.",
            );
            return;
        }
        let Some(module) = &import.module else { return };
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                star(import, report);
                self.add(module.as_str(), module, report);
                continue;
            }
            check_shadowing(alias, report);
            let target = self.target(module.as_str(), name, report);
            self.add(&target, alias, report);
        }
    }

    /// `importlib.import_module("a")` and `__import__("a")`.
    pub(crate) fn call(&mut self, call: &ExprCall, symbols: &Symbols<'_>, report: &mut Report) {
        let path = symbols.path(&call.func).unwrap_or_default();
        if !matches!(path.as_str(), "importlib.import_module" | "__import__" | "builtins.__import__") {
            return;
        }
        let argument = call.arguments.args.first().and_then(|argument| literal::text(argument, symbols));
        match argument {
            Some(module) if is_dotted(&module) => self.add(&module, call, report),
            _ => report.warning(
                "computed_import",
                call,
                "the imported module is computed, so that no grant can be derived",
                "Import it with an import statement.",
            ),
        }
    }

    /// Whether a module or one of its children is imported.
    pub(crate) fn has(&self, top: &str) -> bool {
        self.order.iter().any(|(module, _, _)| modules::top_level(module) == top)
    }

    /// The imports with their lines.
    pub(crate) fn finish(self, source: &Source<'_>) -> Vec<Import> {
        let import = |(module, offset, status)| Import { module, line: source.line(offset), status };
        self.order.into_iter().map(import).collect()
    }

    fn target(&mut self, package: &str, name: &str, report: &Report) -> String {
        let target = || {
            let joined = format!("{package}.{name}");
            let is_allowed = |module: &str| modules::status(module, report.policy) == ImportStatus::Allowed;
            let is_child = modules::is_submodule(package, name) || (is_allowed(&joined) && !is_allowed(package));
            if is_child { joined } else { package.to_owned() }
        };
        self.targets.entry((package.to_owned(), name.to_owned())).or_insert_with(target).clone()
    }

    fn add(&mut self, module: &str, at: impl Ranged, report: &mut Report) {
        let known = self.seen.get(module).copied();
        let status = known.unwrap_or_else(|| modules::status(module, report.policy));
        if status == ImportStatus::Never {
            let message = format!("the module `{module}` cannot be imported, and no grant opens it");
            report.error("import_never", at.range(), message, never_hint(module));
        }
        risk::check_module(module, at.range(), report);
        if known.is_none() && self.order.len() < MAX_IMPORTS {
            self.seen.insert(module.to_owned(), status);
            self.order.push((module.to_owned(), at.range().start(), status));
        }
    }
}

fn star(import: &StmtImportFrom, report: &mut Report) {
    if report.is_strict() {
        report.error(
            "star_import",
            import,
            "`import *` hides which names the code uses",
            "Import the names that are used.",
        );
    } else {
        report.notice(
            "star_import",
            import,
            "`import *` hides which names the code uses",
            "Import the names that are used.",
        );
    }
}

fn check_shadowing(alias: &Alias, report: &mut Report) {
    let local = alias.asname.as_ref().map_or(modules::top_level(alias.name.as_str()), |name| name.as_str());
    if matches!(local, "secrets" | "http" | "ctx" | "tools" | "arguments") {
        let message = format!("this import hides the global `{local}`");
        let hint = match local {
            "secrets" => {
                "Use `import secrets as random_secrets` for the module; the global mapping holds the tool's secrets."
            }
            "http" => {
                "Write `from http import HTTPStatus`, or import it `as` another name; the global is the HTTP client."
            }
            _ => "Import it under another name.",
        };
        report.warning("shadowed_global", alias, message, hint);
    }
}

fn never_hint(module: &str) -> &'static str {
    match modules::top_level(module) {
        "os" => "Environment and files are not there: take values as parameters, and secrets from `secrets[\"KEY\"]`.",
        "sys" => "Print with print(), fail with raise.",
        "subprocess" | "multiprocessing" | "threading" | "signal" => {
            "A call is one process: use asyncio.gather for things at the same time."
        }
        "socket" | "select" | "selectors" | "socketserver" => {
            "Use the global `http` (an httpx.AsyncClient) for requests."
        }
        "pickle" | "marshal" | "shelve" => "Use json.",
        "inspect" | "traceback" => "Errors that are raised are reported with their line.",
        _ => "Do without it, or ask an admin for the standard code policy.",
    }
}

fn is_dotted(text: &str) -> bool {
    text.len() <= 200
        && text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
}
