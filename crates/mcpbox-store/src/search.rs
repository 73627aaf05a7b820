//! Finding text in columns: the same on both databases, without regard to the case of ASCII letters.

use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};

use crate::convert::text;

/// Rows whose column holds this text anywhere.
pub(crate) fn holds(column: impl ColumnTrait, wanted: &str) -> Condition {
    let wanted = text(wanted);
    let lowered =
        Expr::expr(Func::lower(Expr::col(column.as_column_ref()))).like(anywhere(&wanted.to_ascii_lowercase()));
    let found = Condition::any().add(lowered);
    // What a database makes of other letters differs; as it was typed, it is always found.
    if wanted.is_ascii() { found } else { found.add(column.like(anywhere(&wanted))) }
}

/// Rows whose column of JSON text holds this text, as it stands there or in a string.
pub(crate) fn holds_json(column: impl ColumnTrait, wanted: &str) -> Condition {
    let quoted = serde_json::Value::from(wanted).to_string();
    let escaped = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let found = holds(column, wanted);
    if escaped == wanted { found } else { found.add(holds(column, escaped)) }
}

/// A pattern for what starts so, whatever signs it has.
pub(crate) fn starts_with(prefix: &str) -> LikeExpr {
    LikeExpr::new(format!("{}%", literal(&text(prefix)))).escape('\\')
}

fn anywhere(wanted: &str) -> LikeExpr {
    LikeExpr::new(format!("%{}%", literal(wanted))).escape('\\')
}

fn literal(wanted: &str) -> String {
    wanted.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}
