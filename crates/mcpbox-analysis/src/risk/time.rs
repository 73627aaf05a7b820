//! Behaviour that changes on a day written into the code: what a test shows today may not be what runs tomorrow.

use ruff_python_ast::{Expr, ExprCompare};
use ruff_text_size::Ranged;

use super::constant;
use crate::{finding::Report, symbols::Symbols};

/// Seconds since 1970 that mean a day of this century.
const EPOCH: std::ops::Range<f64> = 1.0e9..1.0e10;

/// Checks a comparison.
pub(super) fn check<'a>(compare: &'a ExprCompare, symbols: &Symbols<'a>, report: &mut Report) {
    let sides = || std::iter::once(&*compare.left).chain(&compare.comparators);
    let is_now = sides().any(|side| is_now(constant::behind(side, symbols), symbols));
    let is_day = sides().any(|side| is_fixed_day(constant::behind(side, symbols), symbols));
    if is_now && is_day {
        report.warning(
            "date_condition",
            compare.range(),
            "what the tool does depends on whether a certain day has passed",
            "Take the date as a parameter, or do without the condition: tests must show what will run.",
        );
    }
}

fn is_now(expr: &Expr, symbols: &Symbols<'_>) -> bool {
    let Expr::Call(call) = expr else { return false };
    let path = symbols.path(&call.func).unwrap_or_default();
    let last = path.rsplit('.').next().unwrap_or_default();
    match last {
        "now" | "utcnow" | "today" => true,
        "time" | "time_ns" => path.starts_with("time."),
        "date" | "timestamp" | "isoformat" | "strftime" | "replace" | "astimezone" => {
            matches!(&*call.func, Expr::Attribute(method) if is_now(&method.value, symbols))
        }
        _ => false,
    }
}

fn is_fixed_day(expr: &Expr, symbols: &Symbols<'_>) -> bool {
    match expr {
        Expr::Call(call) => {
            let path = symbols.path(&call.func).unwrap_or_default();
            let arguments = &call.arguments.args;
            let is_date = matches!(path.rsplit('.').next(), Some("date" | "datetime" | "dt"));
            let parses = matches!(path.rsplit('.').next(), Some("fromisoformat" | "strptime" | "fromtimestamp"));
            (is_date && arguments.len() >= 3 && arguments.iter().all(|part| constant::number(part, symbols).is_some()))
                || (parses && arguments.first().is_some_and(|text| text.is_literal_expr()))
        }
        Expr::StringLiteral(literal) => {
            let text = literal.value.to_str();
            text.len() >= 10 && text.starts_with("20") && text.get(4..5) == Some("-") && text.get(7..8) == Some("-")
        }
        Expr::NumberLiteral(_) => constant::number(expr, symbols).is_some_and(|seconds| EPOCH.contains(&seconds)),
        _ => false,
    }
}
