//! Format templates: a field such as `{0.__class__}` reads attributes of the arguments. A template that is computed could say
//! anything, so it may only be filled with constants.

use ruff_python_ast::{Expr, ExprAttribute, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::{Weight, attributes, broken};
use crate::{finding::Report, literal, symbols::Symbols};

const HINT: &str = "Use an f-string or a literal template; for templates that arrive as data use string.Template, which reads no attributes.";

/// Whether an attribute is one of the methods that fill a template.
pub(crate) fn is_format(expr: &Expr) -> bool {
    matches!(expr, Expr::Attribute(attribute) if matches!(attribute.attr.as_str(), "format" | "format_map") && may_be_text(&attribute.value))
}

/// Checks a call of one of them.
pub(crate) fn check_call(call: &ExprCall, symbols: &Symbols<'_>, report: &mut Report) {
    let Expr::Attribute(method) = &*call.func else { return };
    let of_type = is_text_type(&method.value);
    let template = if of_type { call.arguments.args.first() } else { Some(&*method.value) };
    let Some(template) = template else { return };
    let values = call.arguments.args.iter().skip(usize::from(of_type));
    let mut values = values.chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
    match known(template, symbols) {
        Some(text) => check_template(&text, template.range(), report),
        None if values.all(is_constant) => {}
        None => computed(template, report),
    }
}

/// Checks one that is not called here: handed on or kept under another name, it will be filled where nobody looks.
pub(crate) fn check_reference(
    attribute: &ExprAttribute,
    is_handed_on: bool,
    symbols: &Symbols<'_>,
    report: &mut Report,
) {
    if is_text_type(&attribute.value) {
        return computed(attribute, report);
    }
    match known(&attribute.value, symbols) {
        Some(text) => check_template(&text, attribute.value.range(), report),
        None if is_handed_on => computed(attribute, report),
        None => {}
    }
}

fn computed(at: impl Ranged, report: &mut Report) {
    let message = "this format template is computed; it can read attributes of its arguments".to_owned();
    broken(report, Weight::Ordinary, "computed_template", at, message, HINT);
}

/// The text of a template. A name counts only when nothing else in the source binds it.
fn known(template: &Expr, symbols: &Symbols<'_>) -> Option<String> {
    if let Expr::Name(name) = template
        && !symbols.is_bound_once(name.id.as_str())
    {
        return None;
    }
    literal::text(template, symbols)
}

fn is_text_type(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if name.id.as_str() == "str")
}

/// `date.format()` of something that is visibly no text is none of our business.
fn may_be_text(expr: &Expr) -> bool {
    !matches!(expr, Expr::NumberLiteral(_) | Expr::Dict(_) | Expr::List(_))
}

/// A value whose attributes are of no use to anybody.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Dict(dict) => dict.items.iter().all(|item| item.key.is_some() && is_constant(&item.value)),
        Expr::List(list) => list.elts.iter().all(is_constant),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_constant),
        Expr::UnaryOp(operation) => is_constant(&operation.operand),
        other => other.is_literal_expr(),
    }
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
