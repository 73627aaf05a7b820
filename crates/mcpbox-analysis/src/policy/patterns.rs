//! `match` patterns read attributes without a dot: `case object(__class__=c)`.

use ruff_python_ast::{Pattern, PatternKeyword};
use ruff_text_size::Ranged;

use super::{attributes, names::Scopes};
use crate::finding::Report;

/// A keyword of a class pattern reads the attribute of that name.
pub(crate) fn check_keyword(keyword: &PatternKeyword, report: &mut Report) {
    attributes::check_name(keyword.attr.as_str(), keyword.attr.range(), report);
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
