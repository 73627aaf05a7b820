//! Files: a tool has `/tmp` and nothing else. Whoever reaches for other paths meets the jail; a reviewer should know.

use ruff_python_ast::{Expr, ExprCall, Operator};
use ruff_text_size::{Ranged, TextRange};

use super::constant;
use crate::{finding::Report, symbols::Symbols};

const HINT: &str = "Use /tmp/<name> only, take contents as parameters, and return what is to be kept.";

/// Functions that change what their first argument names.
const CHANGERS: &[&str] = &[
    "os.chmod",
    "os.link",
    "os.makedirs",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.replace",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "os.unlink",
    "shutil.copy",
    "shutil.copyfile",
    "shutil.copytree",
    "shutil.move",
    "shutil.rmtree",
    "sqlite3.connect",
];

/// Methods of paths that change what they name.
const CHANGING: &[&str] = &[
    "chmod",
    "hardlink_to",
    "mkdir",
    "rename",
    "replace",
    "rmdir",
    "symlink_to",
    "touch",
    "unlink",
    "write_bytes",
    "write_text",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Checks one call.
pub(super) fn check_call<'a>(call: &'a ExprCall, path: &str, symbols: &Symbols<'a>, report: &mut Report) {
    let first = call.arguments.args.first();
    match path {
        "open" | "io.open" | "codecs.open" | "builtins.open" | "tarfile.open" | "zipfile.ZipFile" | "gzip.open" => {
            let access = access(call, symbols);
            first.into_iter().for_each(|file| check_path(file, access, call.range(), symbols, report));
        }
        _ if CHANGERS.contains(&path) => {
            let targets = call.arguments.args.iter().take(if path.starts_with("shutil.") { 2 } else { 1 });
            targets.for_each(|file| check_path(file, Access::Write, call.range(), symbols, report));
        }
        "os.listdir" | "os.scandir" | "os.walk" | "glob.glob" => {
            first.into_iter().for_each(|file| check_path(file, Access::Read, call.range(), symbols, report));
        }
        _ => check_method(call, symbols, report),
    }
}

fn check_method<'a>(call: &'a ExprCall, symbols: &Symbols<'a>, report: &mut Report) {
    let Expr::Attribute(method) = &*call.func else { return };
    let name = method.attr.as_str();
    if matches!(name, "extractall" | "extract") {
        let folder = call.arguments.find_argument_value("path", usize::from(name == "extract"));
        match folder {
            Some(folder) => check_path(folder, Access::Write, call.range(), symbols, report),
            None => outside(Access::Write, call.range(), "the working directory", report),
        }
        return;
    }
    let access = match name {
        "open" => access_of_method(call, symbols),
        "read_text" | "read_bytes" | "iterdir" | "glob" => Access::Read,
        _ if CHANGING.contains(&name) => Access::Write,
        _ => return,
    };
    if is_path(&method.value, symbols) {
        check_path(&method.value, access, call.range(), symbols, report);
    }
}

fn access(call: &ExprCall, symbols: &Symbols<'_>) -> Access {
    mode(call.arguments.find_argument_value("mode", 1), symbols)
}

fn access_of_method(call: &ExprCall, symbols: &Symbols<'_>) -> Access {
    mode(call.arguments.find_argument_value("mode", 0), symbols)
}

fn mode(mode: Option<&Expr>, symbols: &Symbols<'_>) -> Access {
    let text = mode.and_then(|mode| constant::text(mode, symbols)).unwrap_or_default();
    if text.contains(['w', 'a', 'x', '+']) { Access::Write } else { Access::Read }
}

fn check_path<'a>(file: &'a Expr, access: Access, at: TextRange, symbols: &Symbols<'a>, report: &mut Report) {
    match path_text(file, symbols, 8) {
        Some(text) if text == ":memory:" || is_within_tmp(&text) => {}
        Some(text) => outside(access, at, &format!("`{}`", text.chars().take(80).collect::<String>()), report),
        None if is_computed(constant::behind(file, symbols)) => {
            let message = "which file this is depends on values that the code does not fix; `..` leads anywhere";
            report.warning("computed_path", at, message, "Use a fixed name below /tmp.");
        }
        None => {}
    }
}

fn outside(access: Access, at: TextRange, what: &str, report: &mut Report) {
    match access {
        Access::Write => report.danger("write_outside_tmp", at, format!("this writes to {what}, outside /tmp"), HINT),
        Access::Read => {
            report.danger("host_file", at, format!("this reads {what}, which is no file of the tool"), HINT)
        }
    }
}

/// The text of a path: a literal, `Path("a", "b")`, `Path("a") / "b"`.
fn path_text<'a>(expr: &'a Expr, symbols: &Symbols<'a>, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match constant::behind(expr, symbols) {
        Expr::Call(call) if is_path_class(&call.func, symbols) => {
            let parts = call.arguments.args.iter().map(|part| constant::text(part, symbols));
            parts.collect::<Option<Vec<String>>>().map(|parts| parts.join("/"))
        }
        Expr::BinOp(join) if join.op == Operator::Div => {
            let (left, right) = (path_text(&join.left, symbols, depth)?, constant::text(&join.right, symbols)?);
            Some(if right.starts_with('/') { right } else { format!("{left}/{right}") })
        }
        other => constant::text(other, symbols),
    }
}

fn is_path<'a>(expr: &'a Expr, symbols: &Symbols<'a>) -> bool {
    match constant::behind(expr, symbols) {
        Expr::Call(call) => is_path_class(&call.func, symbols),
        Expr::BinOp(join) if join.op == Operator::Div => {
            matches!(constant::behind(&join.left, symbols), Expr::Call(call) if is_path_class(&call.func, symbols))
        }
        _ => false,
    }
}

fn is_path_class(function: &Expr, symbols: &Symbols<'_>) -> bool {
    symbols
        .path(function)
        .is_some_and(|path| matches!(path.as_str(), "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath"))
}

fn is_computed(expr: &Expr) -> bool {
    match expr {
        Expr::FString(_) => true,
        Expr::BinOp(join) => matches!(join.op, Operator::Add | Operator::Div | Operator::Mod),
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Attribute(method) if matches!(method.attr.as_str(), "format" | "join"))
                || matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "Path")
        }
        Expr::Name(_) => true,
        _ => false,
    }
}

/// Whether a path stays below `/tmp` whatever `..` it has.
fn is_within_tmp(text: &str) -> bool {
    let mut parts = Vec::new();
    for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    text.starts_with('/') && parts.first() == Some(&"tmp")
}
