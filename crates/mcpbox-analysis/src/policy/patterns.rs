//! `match` patterns read attributes without a dot: `case object(__class__=c)`, or by the names in `__match_args__`.

use ruff_python_ast::{Expr, Pattern, PatternKeyword};
use ruff_text_size::{Ranged, TextRange};

use super::{
    Weight, attributes, broken,
    names::{Scopes, is_dunder},
};
use crate::finding::Report;

/// A keyword of a class pattern reads the attribute of that name.
pub(crate) fn check_keyword(keyword: &PatternKeyword, report: &mut Report) {
    let (name, at) = (keyword.attr.as_str(), keyword.attr.range());
    attributes::check_name(name, at, report);
    if name == "obj" {
        let message = "`obj` of an error gives the value that a failed attribute access was about".to_owned();
        broken(report, Weight::Ordinary, "error_object", at, message, "Name the attribute differently.");
    }
}

/// Checks what a class body says about itself: a name that patterns will read by position.
pub(crate) fn check_class_name(name: &str, at: TextRange, report: &mut Report) {
    if attributes::is_internal(name) {
        attributes::check_name(name, at, report);
    }
}

/// Checks `__match_args__ = …`.
pub(crate) fn check_positions(target: &Expr, value: &Expr, report: &mut Report) {
    if !matches!(target, Expr::Name(name) if name.id.as_str() == "__match_args__") {
        return;
    }
    let names = match value {
        Expr::Tuple(tuple) => Some(&tuple.elts),
        Expr::List(list) => Some(&list.elts),
        _ => None,
    };
    let is_plain = |expr: &Expr| matches!(expr, Expr::StringLiteral(text) if !is_dunder(text.value.to_str()) && !attributes::is_internal(text.value.to_str()));
    if !names.is_some_and(|names| names.iter().all(is_plain)) {
        let message = "patterns read the attributes that `__match_args__` names".to_owned();
        broken(report, Weight::Telling, "pattern_names", value, message, "Name ordinary attributes, as literal texts.");
    }
}

/// The names that a pattern binds itself; patterns within it are visited by themselves.
pub(crate) fn bind<'a>(pattern: &'a Pattern, scopes: &mut Scopes<'a>) {
    let name = match pattern {
        Pattern::MatchAs(capture) => capture.name.as_ref(),
        Pattern::MatchStar(capture) => capture.name.as_ref(),
        Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
        _ => None,
    };
    if let Some(name) = name {
        scopes.bind(name.as_str());
    }
}
