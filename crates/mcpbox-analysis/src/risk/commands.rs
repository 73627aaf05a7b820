//! Text that becomes code somewhere else: SQL and shell commands put together, data that makes objects when it is loaded,
//! attributes by computed names, and modules of ordinary Python that reach beyond the tool.

use ruff_python_ast::{Expr, ExprCall, FStringPart, Operator};
use ruff_text_size::Ranged;

use super::constant;
use crate::{finding::Report, modules, symbols::Symbols};

/// Methods that run SQL.
const RUNNERS: &[&str] =
    &["execute", "executemany", "executescript", "fetch", "fetchall", "fetchone", "query", "read_sql"];
/// How SQL begins.
const VERBS: &[&str] = &["alter ", "create ", "delete ", "drop ", "insert ", "replace ", "select ", "update ", "with "];
/// Functions that hand a text to a shell.
const SHELLS: &[&str] =
    &["asyncio.create_subprocess_shell", "os.popen", "os.system", "subprocess.getoutput", "subprocess.getstatusoutput"];
/// Functions that make objects out of data.
const LOADERS: &[&str] = &[
    "cloudpickle.load",
    "cloudpickle.loads",
    "dill.load",
    "dill.loads",
    "joblib.load",
    "jsonpickle.decode",
    "marshal.load",
    "marshal.loads",
    "pandas.read_pickle",
    "pickle.Unpickler",
    "pickle.load",
    "pickle.loads",
    "shelve.open",
    "yaml.unsafe_load",
    "yaml.unsafe_load_all",
];
/// Loaders of YAML that make plain data only.
const SAFE: &[&str] = &["BaseLoader", "CBaseLoader", "CSafeLoader", "SafeLoader"];
/// Modules that few tools need and most attacks begin with.
const ARMS: &[&str] = &[
    "code",
    "codeop",
    "ctypes",
    "imp",
    "marshal",
    "mmap",
    "multiprocessing",
    "pickle",
    "pty",
    "runpy",
    "socket",
    "socketserver",
    "subprocess",
];

/// A module that a server with ordinary Python lets in without asking, though no grant would open it elsewhere.
pub(crate) fn check_module(module: &str, at: impl Ranged, report: &mut Report) {
    if report.is_strict() || !modules::is_never(module) {
        return;
    }
    let message = format!("`{module}` reaches beyond the tool: files, processes or the interpreter");
    let hint = "Do without it: take values as parameters, use `http` for requests and asyncio for waiting.";
    if ARMS.contains(&modules::top_level(module)) {
        report.danger("powerful_module", at, message, hint);
    } else {
        report.warning("powerful_module", at, message, hint);
    }
}

/// Checks one call.
pub(super) fn check_call<'a>(call: &'a ExprCall, path: &str, symbols: &Symbols<'a>, report: &mut Report) {
    check_sql(call, symbols, report);
    check_shell(call, path, symbols, report);
    check_loader(call, path, symbols, report);
    check_attribute(call, path, symbols, report);
}

fn check_sql<'a>(call: &'a ExprCall, symbols: &Symbols<'a>, report: &mut Report) {
    let name = match &*call.func {
        Expr::Attribute(method) => method.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => return,
    };
    let Some(statement) = call.arguments.args.first().filter(|_| RUNNERS.contains(&name)) else { return };
    let statement = constant::behind(statement, symbols);
    let start = built_start(statement, symbols).map(|text| text.trim_start().to_ascii_lowercase());
    if start.is_some_and(|text| VERBS.iter().any(|verb| text.starts_with(verb))) {
        report.warning(
            "built_sql",
            call,
            "this SQL is put together out of values; a quote in one of them changes what it does",
            "Bind values: db.execute(\"… WHERE name = ?\", (name,)).",
        );
    }
}

/// How a text begins that is put together out of literals and values; none when it is all literal.
fn built_start(expr: &Expr, symbols: &Symbols<'_>) -> Option<String> {
    if constant::text(expr, symbols).is_some() {
        return None;
    }
    match expr {
        Expr::FString(string) => {
            let first = string.value.iter().next()?;
            Some(match first {
                FStringPart::Literal(literal) => literal.to_string(),
                FStringPart::FString(inner) => inner.elements.literals().next()?.to_string(),
            })
        }
        Expr::BinOp(join) if matches!(join.op, Operator::Add | Operator::Mod) => {
            constant::text(&join.left, symbols).or_else(|| built_start(&join.left, symbols))
        }
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) if method.attr.as_str() == "format" => constant::text(&method.value, symbols),
            _ => None,
        },
        _ => None,
    }
}

fn check_shell<'a>(call: &'a ExprCall, path: &str, symbols: &Symbols<'a>, report: &mut Report) {
    let has_shell = path.starts_with("subprocess.")
        && call
            .arguments
            .find_keyword("shell")
            .is_some_and(|shell| !matches!(&shell.value, Expr::BooleanLiteral(literal) if !literal.value));
    if has_shell || SHELLS.contains(&path) {
        let is_known = call.arguments.args.first().is_some_and(|command| constant::text(command, symbols).is_some());
        let message =
            if is_known { "this runs a shell" } else { "this runs a shell with a command put together out of values" };
        report.danger("built_shell", call, message, "Do it in Python: a call is one process and has no shell.");
    } else if path.starts_with("subprocess.") && path.len() > "subprocess.".len() {
        let message = format!("`{path}` starts a program");
        report.danger("process_start", call, message, "Do it in Python: a call is one process.");
    }
}

fn check_loader(call: &ExprCall, path: &str, symbols: &Symbols<'_>, report: &mut Report) {
    let is_yaml = matches!(path, "yaml.load" | "yaml.load_all");
    let loader = call.arguments.find_argument_value("Loader", 1).and_then(|loader| symbols.path(loader));
    let is_safe = loader.is_some_and(|loader| loader.rsplit('.').next().is_some_and(|name| SAFE.contains(&name)));
    if LOADERS.contains(&path) || (is_yaml && !is_safe) {
        let message = format!("`{path}` can run any code that the data names");
        report.danger("unsafe_load", call, message, "Use json.loads or yaml.safe_load.");
    }
}

/// `getattr(x, name)` where ordinary Python is allowed; elsewhere the name itself is refused.
fn check_attribute(call: &ExprCall, path: &str, symbols: &Symbols<'_>, report: &mut Report) {
    if report.is_strict() || !matches!(path, "getattr" | "setattr" | "delattr") {
        return;
    }
    let [owner, name, ..] = &*call.arguments.args else { return };
    let text = constant::text(name, symbols);
    let is_written_out = matches!(name, Expr::StringLiteral(_));
    let is_telling = text.as_deref().is_some_and(|text| {
        text.starts_with("__") || matches!(text, "eval" | "exec" | "compile" | "system" | "popen" | "import_module")
    });
    let message = "which attribute this is does not stand in the code as such";
    let hint = "Write value.name, or use a dict.";
    if is_telling || (!is_written_out && symbols.is_rooted_in_import(owner)) {
        report.danger("computed_attribute", call, message, hint);
    } else if !is_written_out {
        report.warning("computed_attribute", call, message, hint);
    }
}
