//! Attributes that lead from a value to the interpreter: dunders, frames, code objects, modules within modules.

use ruff_python_ast::{Arguments, Expr, ExprAttribute, ExprContext};
use ruff_text_size::{Ranged, TextRange};

use super::{Weight, broken, classes, names::is_dunder};
use crate::{finding::Report, modules, symbols::Symbols};

/// Attributes of frames, generators, coroutines, functions, code objects and tracebacks.
const INTERNAL: &[&str] = &[
    "ag_await",
    "ag_code",
    "ag_frame",
    "ag_running",
    "co_code",
    "co_consts",
    "co_filename",
    "co_names",
    "co_varnames",
    "cr_await",
    "cr_code",
    "cr_frame",
    "cr_origin",
    "f_back",
    "f_builtins",
    "f_code",
    "f_generator",
    "f_globals",
    "f_locals",
    "f_trace",
    "func_closure",
    "func_code",
    "func_defaults",
    "func_globals",
    "gi_code",
    "gi_frame",
    "gi_running",
    "gi_yieldfrom",
    "im_class",
    "im_func",
    "im_self",
    "mro",
    "tb_frame",
    "tb_lasti",
    "tb_lineno",
    "tb_next",
    "with_traceback",
];

/// Functions of allowed modules that evaluate text, or read attributes by computed names.
const EVALUATORS: &[(&str, &str)] = &[
    ("asyncio", "create_subprocess_exec"),
    ("asyncio", "create_subprocess_shell"),
    ("asyncio", "open_connection"),
    ("asyncio", "open_unix_connection"),
    ("asyncio", "start_server"),
    ("asyncio", "start_unix_server"),
    ("contextlib", "redirect_stderr"),
    ("contextlib", "redirect_stdout"),
    ("dataclasses", "make_dataclass"),
    ("functools", "update_wrapper"),
    ("string", "Formatter"),
    ("typing", "ForwardRef"),
    ("typing", "evaluate_forward_ref"),
    ("typing", "get_type_hints"),
    ("typing_extensions", "evaluate_forward_ref"),
    ("typing_extensions", "get_type_hints"),
];

/// What of `types` may be used: names for annotations, and two plain containers.
const TYPES: &[&str] = &[
    "AsyncGeneratorType",
    "BuiltinFunctionType",
    "CoroutineType",
    "EllipsisType",
    "GeneratorType",
    "GenericAlias",
    "MappingProxyType",
    "NoneType",
    "NotImplementedType",
    "SimpleNamespace",
    "TracebackType",
    "UnionType",
];

/// Attributes that hide a module on any value; data rarely uses these names.
const MODULE_NAMES: &[&str] = &["_os", "_sys", "bltns", "builtins", "ctypes", "importlib", "os", "subprocess", "sys"];

/// Methods of event loops that leave the process, on any value.
const OF_LOOPS: &[&str] = &[
    "connect_read_pipe",
    "connect_write_pipe",
    "create_datagram_endpoint",
    "create_unix_connection",
    "create_unix_server",
    "subprocess_exec",
    "subprocess_shell",
];

/// Private functions of the library that run text or programs, on any value.
const PRIVATE: &[&str] = &["_create_fn", "_eval_type", "_evaluate", "_get_command_stdout"];

/// Private names that are documented.
const DOCUMENTED: &[&str] = &["_asdict", "_field_defaults", "_fields", "_make", "_replace"];

/// Classes that make classes when they are called.
const FACTORIES: &[&str] = &["abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"];

const DUNDER_HINT: &str =
    "Do without attributes of the form __x__; use isinstance for classes and str(error) for errors.";

/// Checks one attribute access.
pub(crate) fn check(attribute: &ExprAttribute, symbols: &Symbols<'_>, report: &mut Report) {
    let name = attribute.attr.as_str();
    let at = attribute.attr.range();
    if !(is_dunder(name) && is_super_call(&attribute.value) && classes::is_allowed_method(name)) {
        check_name(name, at, report);
    }
    if symbols.is_rooted_in_import(attribute.value.as_ref()) {
        if let Some(module) = symbols.path(&attribute.value) {
            check_member(&module, name, at, report);
        }
    } else if MODULE_NAMES.contains(&name) && !is_self(&attribute.value) && attribute.ctx == ExprContext::Load {
        let message = format!("`.{name}` may be a module that code may not reach");
        broken(
            report,
            Weight::Telling,
            "module_leak",
            at,
            message,
            "Keep data in dicts, or name the attribute differently.",
        );
    }
    if name == "obj" && !is_self(&attribute.value) && attribute.ctx == ExprContext::Load {
        let message = "`.obj` of an error gives the value that a failed attribute access was about".to_owned();
        broken(report, Weight::Ordinary, "error_object", at, message, "Name the attribute differently.");
    }
    check_method(name, at, report);
}

fn check_method(name: &str, at: TextRange, report: &mut Report) {
    if PRIVATE.contains(&name) {
        private(name, at, report);
    }
    if OF_LOOPS.contains(&name) {
        let message = format!("`.{name}` leaves the process");
        let hint = "Use the global `http` for requests; a call is one process.";
        broken(report, Weight::Telling, "forbidden_function", at, message, hint);
    }
}

fn private(name: &str, at: TextRange, report: &mut Report) {
    let message = format!("`{name}` is an internal of the library");
    broken(report, Weight::Telling, "private_member", at, message, "Use what the module documents.");
}

/// Checks the name of something that a module's metaclass is: called, it makes classes out of names and texts.
pub(crate) fn check_factory(expr: &Expr, symbols: &Symbols<'_>, report: &mut Report) {
    if symbols.path(expr).is_some_and(|path| FACTORIES.contains(&path.as_str())) {
        let message = "this class makes classes".to_owned();
        broken(
            report,
            Weight::Telling,
            "class_factory",
            expr,
            message,
            "Write the class out, or inherit from abc.ABC.",
        );
    }
}

/// Checks `functools.wraps`, which may only be called with the function: its other arguments copy any attribute.
pub(crate) fn check_wraps(expr: &Expr, arguments: Option<&Arguments>, symbols: &Symbols<'_>, report: &mut Report) {
    let is_plain = arguments.is_some_and(|given| {
        given.keywords.is_empty() && matches!(&*given.args, [only] if !matches!(only, Expr::Starred(_)))
    });
    if !is_plain && symbols.path(expr).is_some_and(|path| path == "functools.wraps") {
        let message = "`functools.wraps` with more than the function copies attributes by name".to_owned();
        broken(report, Weight::Telling, "forbidden_function", expr, message, "Use `@functools.wraps(function)`.");
    }
}

/// Whether a name is one of frames, generators, code and the like.
pub(crate) fn is_internal(name: &str) -> bool {
    INTERNAL.binary_search(&name).is_ok()
}

/// Checks the name of an attribute, however it is reached: by a dot, a pattern, a format or a text.
pub(crate) fn check_name(name: &str, at: TextRange, report: &mut Report) {
    if is_dunder(name) {
        let weight = if is_telling(name) { Weight::Telling } else { Weight::Ordinary };
        broken(
            report,
            weight,
            "dunder_attribute",
            at,
            format!("the attribute `{name}` reaches into the interpreter"),
            DUNDER_HINT,
        );
    } else if INTERNAL.binary_search(&name).is_ok() {
        let message = format!("the attribute `{name}` reaches frames, code or classes");
        broken(
            report,
            Weight::Telling,
            "internal_attribute",
            at,
            message,
            "Do without it; errors that are raised are reported with their line.",
        );
    }
}

/// Checks a member of an imported module, reached by a dot or by `from module import name`.
pub(crate) fn check_member(module: &str, name: &str, at: TextRange, report: &mut Report) {
    if modules::is_leaked_module(name) && !modules::is_submodule(module, name) {
        let message = format!("`{name}` in `{module}` is a module that code may not reach this way");
        broken(report, Weight::Telling, "module_leak", at, message, "Import what is needed by itself.");
    }
    let is_private = name.starts_with('_') && !is_dunder(name);
    if is_private && !DOCUMENTED.contains(&name) {
        private(name, at, report);
    }
    if modules::is_submodule(module, name) && modules::is_never(&format!("{module}.{name}")) {
        let message = format!("`{module}.{name}` starts processes");
        broken(report, Weight::Telling, "module_leak", at, message, "Do without it; a call is one process.");
    }
    if EVALUATORS.contains(&(module, name)) {
        let (what, hint) = match module {
            "asyncio" => ("leaves the process", "Use the global `http` for requests; a call is one process."),
            "contextlib" => ("reaches attributes of sys", "Return what you would print."),
            "dataclasses" => ("makes classes out of texts", "Write the class out."),
            "functools" => ("copies attributes by name", "Use `@functools.wraps(function)`."),
            _ => ("evaluates text or reads attributes by name", "Do without it."),
        };
        broken(report, Weight::Telling, "forbidden_function", at, format!("`{module}.{name}` {what}"), hint);
    }
    if module == "types" && !TYPES.contains(&name) {
        let message = format!("`types.{name}` makes functions, code or classes");
        broken(report, Weight::Telling, "forbidden_function", at, message, "`types` is for annotations only.");
    }
}

/// Whether an attribute name is one that escapes are made of.
pub(crate) fn is_telling(name: &str) -> bool {
    matches!(
        name,
        "__base__"
            | "__bases__"
            | "__builtins__"
            | "__closure__"
            | "__code__"
            | "__func__"
            | "__getattribute__"
            | "__globals__"
            | "__import__"
            | "__loader__"
            | "__mro__"
            | "__reduce__"
            | "__reduce_ex__"
            | "__self__"
            | "__spec__"
            | "__subclasses__"
            | "__traceback__"
    ) || INTERNAL.binary_search(&name).is_ok_and(|_| name != "mro")
}

/// `super()` without arguments.
pub(crate) fn is_super_call(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "super")
                && call.arguments.args.is_empty()
                && call.arguments.keywords.is_empty()
        }
        _ => false,
    }
}

fn is_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if name.id.as_str() == "self")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_the_search() {
        assert!(INTERNAL.is_sorted());
    }
}
