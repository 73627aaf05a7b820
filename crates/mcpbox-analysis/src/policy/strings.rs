//! Texts that name attributes: `attrgetter("__class__")`, dunder names handed to calls, annotations written as text.

use ruff_python_ast::{Arguments, Expr, ExprCall, ExprName};
use ruff_text_size::Ranged;

use super::{Weight, attributes, broken, names::is_dunder};
use crate::{finding::Report, literal, symbols::Symbols};

const GETTER_HINT: &str = "Use a lambda or a comprehension: lambda value: value.name.";

/// Checks the texts of one call.
pub(crate) fn check_call(call: &ExprCall, symbols: &Symbols<'_>, report: &mut Report) {
    if is_getter(&call.func, symbols) {
        check_getter(call, symbols, report);
    } else {
        check_arguments(&call.arguments, symbols, report);
    }
}

/// `operator.attrgetter` other than called at once: handed on, it would read any attribute.
pub(crate) fn check_getter_reference(expr: &Expr, symbols: &Symbols<'_>, report: &mut Report) {
    if is_getter(expr, symbols) {
        let message = "attrgetter and methodcaller read attributes by name".to_owned();
        broken(report, Weight::Ordinary, "attribute_getter", expr, message, GETTER_HINT);
    }
}

/// Whether a name is one of the getters under its own name or another.
pub(crate) fn is_getter(expr: &Expr, symbols: &Symbols<'_>) -> bool {
    let is_getter_name = |name: &str| matches!(name, "attrgetter" | "methodcaller");
    match expr {
        Expr::Attribute(attribute) => is_getter_name(attribute.attr.as_str()),
        Expr::Name(ExprName { id, .. }) => {
            is_getter_name(id.as_str())
                || symbols.import(id.as_str()).is_some_and(|path| path.rsplit('.').next().is_some_and(is_getter_name))
        }
        _ => false,
    }
}

fn check_getter(call: &ExprCall, symbols: &Symbols<'_>, report: &mut Report) {
    let is_method = match &*call.func {
        Expr::Attribute(attribute) => attribute.attr.as_str() == "methodcaller",
        other => symbols.path(other).is_some_and(|path| path.ends_with("methodcaller")),
    };
    let names = call.arguments.args.iter().take(if is_method { 1 } else { usize::MAX });
    for argument in names {
        match literal::text(argument, symbols) {
            Some(path) => path.split('.').for_each(|name| attributes::check_name(name, argument.range(), report)),
            None => {
                let message = "attrgetter and methodcaller with a computed name read any attribute".to_owned();
                broken(report, Weight::Ordinary, "attribute_getter", argument, message, GETTER_HINT);
            }
        }
    }
    if !call.arguments.keywords.iter().all(|keyword| keyword.arg.is_some()) {
        let message = "attrgetter and methodcaller with computed arguments read any attribute".to_owned();
        broken(report, Weight::Ordinary, "attribute_getter", call, message, GETTER_HINT);
    }
}

/// A dunder's name as an argument is of use only to read that attribute.
fn check_arguments(arguments: &Arguments, symbols: &Symbols<'_>, report: &mut Report) {
    let values = arguments.args.iter().chain(arguments.keywords.iter().map(|keyword| &keyword.value));
    values.for_each(|value| check_value(value, symbols, report));
}

/// One argument, or one within a list of them.
fn check_value(value: &Expr, symbols: &Symbols<'_>, report: &mut Report) {
    match value {
        Expr::Tuple(tuple) => return tuple.elts.iter().for_each(|value| check_value(value, symbols, report)),
        Expr::List(list) => return list.elts.iter().for_each(|value| check_value(value, symbols, report)),
        Expr::StringLiteral(_) | Expr::BinOp(_) => {}
        _ => return,
    }
    let Some(text) = literal::text(value, symbols) else { return };
    if is_named_dunder(&text) || (attributes::is_telling(&text) && !is_dunder(&text)) {
        let message = format!("the text {text:?} names an attribute that reaches into the interpreter");
        broken(report, Weight::Ordinary, "dunder_text", value, message, "Do without it.");
    }
}

/// Checks an annotation that is written as text: Python evaluates it like code that stands there.
pub(crate) fn check_annotation_text(expr: &Expr, report: &mut Report) {
    let Expr::StringLiteral(literal) = expr else { return };
    let words = literal.value.to_str().split(|c: char| !c.is_alphanumeric() && c != '_');
    if words.into_iter().any(|word| word.starts_with("__") || attributes::is_internal(word)) {
        let message = "this annotation is evaluated as code and reaches into the interpreter".to_owned();
        broken(report, Weight::Telling, "annotation_text", expr, message, "Name the type.");
    }
}

fn is_named_dunder(text: &str) -> bool {
    attributes::is_telling(text) && is_dunder(text)
        || matches!(
            text,
            "__annotations__"
                | "__call__"
                | "__cause__"
                | "__class__"
                | "__context__"
                | "__defaults__"
                | "__delattr__"
                | "__dict__"
                | "__doc__"
                | "__getattr__"
                | "__init__"
                | "__init_subclass__"
                | "__kwdefaults__"
                | "__module__"
                | "__new__"
                | "__qualname__"
                | "__set_name__"
                | "__setattr__"
                | "__wrapped__"
        )
}
