//! Names that mean something else than a reader thinks: builtins and globals that are defined anew, and parts of other
//! modules that are replaced.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use crate::{finding::Report, symbols::Symbols};

/// Builtins whose meaning a reviewer takes for granted.
const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "dict",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "float",
    "getattr",
    "int",
    "isinstance",
    "len",
    "list",
    "map",
    "max",
    "min",
    "open",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "zip",
];

/// Globals that only the box may bind.
const GLOBALS: &[&str] = &["arguments", "content", "ctx", "http", "secrets", "tools"];

/// Settings of a client that may be set.
const SETTINGS: &[&str] = &["auth", "base_url", "cookies", "follow_redirects", "headers", "params", "timeout"];

/// Checks a statement of the module's top level.
pub(super) fn check_top(stmt: &Stmt, report: &mut Report) {
    match stmt {
        Stmt::FunctionDef(function) => check_name(function.name.as_str(), function.name.range(), report),
        Stmt::ClassDef(class) => check_name(class.name.as_str(), class.name.range(), report),
        Stmt::Assign(assign) => assign.targets.iter().for_each(|target| check_target(target, report)),
        Stmt::AnnAssign(assign) => check_target(&assign.target, report),
        _ => {}
    }
}

fn check_target(target: &Expr, report: &mut Report) {
    match target {
        Expr::Name(name) => check_name(name.id.as_str(), name.range(), report),
        Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| check_target(target, report)),
        _ => {}
    }
}

fn check_name(name: &str, at: TextRange, report: &mut Report) {
    if BUILTINS.contains(&name) {
        let message = format!("`{name}` is defined anew, so that it is not what a reader thinks");
        report.warning("shadowed_builtin", at, message, "Give it another name.");
    } else if GLOBALS.contains(&name) {
        let message = format!("this replaces the global `{name}`");
        report.warning("shadowed_global", at, message, "Give it another name; the box provides this one.");
    }
}

/// `json.dumps = …`, `http.get = …`
pub(super) fn check_assignment(stmt: &Stmt, symbols: &Symbols<'_>, report: &mut Report) {
    let targets = match stmt {
        Stmt::Assign(assign) => assign.targets.as_slice(),
        Stmt::AnnAssign(assign) => std::slice::from_ref(&*assign.target),
        Stmt::AugAssign(assign) => std::slice::from_ref(&*assign.target),
        _ => return,
    };
    for target in targets {
        let Expr::Attribute(attribute) = target else { continue };
        let owner = &*attribute.value;
        let is_global = matches!(owner, Expr::Name(name) if matches!(name.id.as_str(), "http" | "ctx" | "secrets" | "tools" | "json" | "datetime"));
        let is_setting = is_global && SETTINGS.contains(&attribute.attr.as_str());
        if !is_setting && (is_global || symbols.is_rooted_in_import(owner)) {
            let message = format!("`{}` of something that others made is replaced here", attribute.attr);
            report.danger("patched_object", target, message, "Write a function of your own and call that.");
        }
    }
}
