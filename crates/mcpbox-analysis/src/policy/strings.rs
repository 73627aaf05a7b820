//! Texts that name attributes: format templates, `attrgetter("__class__")`, and dunder names handed to calls.

use ruff_python_ast::{Arguments, Expr, ExprAttribute, ExprCall, ExprName};
use ruff_text_size::{Ranged, TextRange};

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
    if let Expr::Attribute(method) = &*call.func
        && is_text_type(&method.value)
        && matches!(method.attr.as_str(), "format" | "format_map")
        && let Some(template) = call.arguments.args.first()
    {
        check_format(template, symbols, report);
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
    for value in values {
        if !matches!(value, Expr::StringLiteral(_) | Expr::BinOp(_)) {
            continue;
        }
        let Some(text) = literal::text(value, symbols) else { continue };
        if is_named_dunder(&text) || (attributes::is_telling(&text) && !is_dunder(&text)) {
            let message = format!("the text {text:?} names an attribute that reaches into the interpreter");
            broken(report, Weight::Ordinary, "dunder_text", value, message, "Do without it.");
        }
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

/// `"{0.__class__}".format`, called or handed on.
pub(crate) fn check_attribute(attribute: &ExprAttribute, symbols: &Symbols<'_>, report: &mut Report) {
    let is_format = matches!(attribute.attr.as_str(), "format" | "format_map");
    if is_format && !is_text_type(&attribute.value) && may_be_text(&attribute.value) {
        check_format(&attribute.value, symbols, report);
    }
}

fn is_text_type(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if name.id.as_str() == "str")
}

fn check_format(template: &Expr, symbols: &Symbols<'_>, report: &mut Report) {
    if let Some(text) = literal::text(template, symbols) {
        check_template(&text, template.range(), report);
    } else if report.is_strict() {
        let message = "this format template is computed; it can read attributes of its arguments";
        report.warning("computed_template", template, message, "Use an f-string or a literal template.");
    }
}

/// `date.format()` of something that is visibly no text is none of our business.
fn may_be_text(expr: &Expr) -> bool {
    !matches!(expr, Expr::NumberLiteral(_) | Expr::Dict(_) | Expr::List(_))
}

/// The attribute names in the fields of a template, nested ones included.
fn check_template(text: &str, at: TextRange, report: &mut Report) {
    let mut depth = 0_usize;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'.' if depth > 0 => {
                let rest = text.get(index + 1..).unwrap_or_default();
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                if end > 0 {
                    attributes::check_name(rest.get(..end).unwrap_or_default(), at, report);
                }
            }
            _ => {}
        }
    }
}
