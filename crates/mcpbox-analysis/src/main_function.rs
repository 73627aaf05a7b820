//! Finds `main` at the top level and says what is wrong when there is none that can be called with named arguments.

use std::collections::HashSet;

use ruff_python_ast::{Expr, Identifier, Parameters, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use crate::{analyze::START, finding::Report};

/// Most parameters of `main`.
const MAX_PARAMETERS: usize = 128;
const EXAMPLE: &str = "Write `async def main(city: str, days: int = 3) -> dict:` at the top level.";

/// The one `main` of the module, checked. None, with findings, when there is no usable one.
pub(crate) fn find<'a>(body: &'a [Stmt], report: &mut Report) -> Option<&'a StmtFunctionDef> {
    let mut found: Option<&StmtFunctionDef> = None;
    for stmt in body {
        match stmt {
            Stmt::FunctionDef(function) if function.name.as_str() == "main" => {
                if found.is_some() {
                    report.error(
                        "duplicate_main",
                        &function.name,
                        "main is defined twice",
                        "Keep one main; name the other function differently.",
                    );
                } else {
                    found = Some(function);
                }
            }
            _ if binds_main(stmt) => {
                report.error(
                    "main_not_a_function",
                    stmt,
                    "main must be a function that is defined here with def",
                    EXAMPLE,
                );
                return None;
            }
            _ => {}
        }
    }
    match found {
        Some(main) => check_parameters("main", &main.parameters, report).then_some(main),
        None => {
            missing(body, report);
            None
        }
    }
}

fn missing(body: &[Stmt], report: &mut Report) {
    let inner = body.iter().find_map(|stmt| match stmt {
        Stmt::If(branch) => nested_main(&branch.body),
        Stmt::Try(attempt) => nested_main(&attempt.body),
        Stmt::ClassDef(class) => nested_main(&class.body),
        Stmt::With(with) => nested_main(&with.body),
        _ => None,
    });
    let differing = body.iter().find_map(|stmt| match stmt {
        Stmt::FunctionDef(function) if function.name.eq_ignore_ascii_case("main") => Some(function),
        _ => None,
    });
    match (inner, differing) {
        (Some(inner), _) => report.error(
            "missing_main",
            &inner.name,
            "main is not at the top level",
            "Move it out of the surrounding block.",
        ),
        (None, Some(other)) => report.error(
            "missing_main",
            &other.name,
            "there is no function called main",
            "Names are case-sensitive: call it `main`.",
        ),
        (None, None) => report.error("missing_main", START, "there is no function called main", EXAMPLE),
    }
}

fn nested_main(body: &[Stmt]) -> Option<&StmtFunctionDef> {
    body.iter().find_map(|stmt| match stmt {
        Stmt::FunctionDef(function) if function.name.as_str() == "main" => Some(function),
        _ => None,
    })
}

fn binds_main(stmt: &Stmt) -> bool {
    let is_main = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == "main");
    match stmt {
        Stmt::ClassDef(class) => class.name.as_str() == "main",
        Stmt::Assign(assign) => assign.targets.iter().any(is_main),
        Stmt::AnnAssign(assign) => is_main(&assign.target),
        Stmt::Import(import) => import.names.iter().any(|alias| alias.asname.as_ref().unwrap_or(&alias.name) == "main"),
        Stmt::ImportFrom(import) => {
            import.names.iter().any(|alias| alias.asname.as_ref().unwrap_or(&alias.name) == "main")
        }
        _ => false,
    }
}

/// Whether a function that clients call by name, `main` or another, can be called with named arguments.
pub(crate) fn check_parameters(name: &str, parameters: &Parameters, report: &mut Report) -> bool {
    let mut is_usable = true;
    if let Some(rest) = &parameters.vararg {
        is_usable = false;
        report.error(
            "variadic_main",
            &**rest,
            format!("{name} takes *{}, which no schema can show", rest.name),
            "Take a list: `items: list[str]`.",
        );
    }
    if let Some(rest) = &parameters.kwarg {
        is_usable = false;
        report.error(
            "variadic_main",
            &**rest,
            format!("{name} takes **{}, which no schema can show", rest.name),
            "Name each parameter, or take one `options: dict[str, Any]`.",
        );
    }
    if let Some(first) = parameters.posonlyargs.first() {
        is_usable = false;
        report.error(
            "positional_main",
            first,
            format!("{name} has positional-only parameters, but arguments come by name"),
            "Remove the `/`.",
        );
    }
    if let Some(first) = parameters.args.first().filter(|first| first.name().as_str() == "self") {
        is_usable = false;
        report.error(
            "self_main",
            first.range(),
            format!("{name} takes self, but it is called as a plain function"),
            "Remove `self`.",
        );
    }
    if let Some(double) = duplicate(parameters) {
        is_usable = false;
        report_duplicate(double, report);
    }
    if let Some(extra) = parameters.iter_non_variadic_params().nth(MAX_PARAMETERS) {
        is_usable = false;
        report.error(
            "too_many_parameters",
            extra.range(),
            format!("{name} has more than 128 parameters"),
            "Group them in a dataclass or TypedDict.",
        );
    }
    is_usable
}

/// The first parameter whose name another has already.
pub(crate) fn duplicate(parameters: &Parameters) -> Option<&Identifier> {
    let mut seen = HashSet::new();
    parameters.iter().map(|parameter| parameter.name()).find(|name| !seen.insert(name.as_str()))
}

/// Python refuses to compile a function with the same parameter twice.
pub(crate) fn report_duplicate(name: &Identifier, report: &mut Report) {
    report.error(
        "duplicate_parameter",
        name,
        format!("the parameter `{name}` stands twice in one function"),
        "Rename one of them.",
    );
}
