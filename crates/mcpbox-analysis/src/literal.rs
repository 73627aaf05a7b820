//! Python literals as JSON: default values, `Literal[…]`, enum values.

use ruff_python_ast::{Expr, Number, Operator, UnaryOp};
use serde_json::{Map, Value};

use crate::symbols::Symbols;

/// Literals within literals.
const MAX_DEPTH: usize = 24;

/// The JSON value of a literal; names of module constants and enum members are followed. None when it is no literal.
pub(crate) fn to_json(expr: &Expr, symbols: &Symbols<'_>) -> Option<Value> {
    value(expr, symbols, 0)
}

/// The text of a string literal, of literals joined by `+`, or of a module constant that is one.
pub(crate) fn text(expr: &Expr, symbols: &Symbols<'_>) -> Option<String> {
    text_within(expr, symbols, 8)
}

fn text_within(expr: &Expr, symbols: &Symbols<'_>, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match expr {
        Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
        Expr::BinOp(sum) if sum.op == Operator::Add => {
            let mut text = text_within(&sum.left, symbols, depth)?;
            text.push_str(&text_within(&sum.right, symbols, depth)?);
            (text.len() <= 4_096).then_some(text)
        }
        Expr::Name(name) => {
            let value = symbols.values.get(name.id.as_str())?;
            symbols.burn()?;
            text_within(value, symbols, depth)
        }
        _ => None,
    }
}

fn value(expr: &Expr, symbols: &Symbols<'_>, depth: usize) -> Option<Value> {
    symbols.burn()?;
    if depth > MAX_DEPTH {
        return None;
    }
    let list = |items: &[Expr]| items.iter().map(|item| value(item, symbols, depth + 1)).collect::<Option<Vec<_>>>();
    match expr {
        Expr::StringLiteral(literal) => Some(literal.value.to_str().into()),
        Expr::BooleanLiteral(literal) => Some(literal.value.into()),
        Expr::NoneLiteral(_) => Some(Value::Null),
        Expr::NumberLiteral(literal) => number(&literal.value),
        Expr::UnaryOp(minus) if minus.op == UnaryOp::USub => match value(&minus.operand, symbols, depth + 1)? {
            Value::Number(number) => number.as_i64().map(|n| (-n).into()).or_else(|| Some((-number.as_f64()?).into())),
            _ => None,
        },
        Expr::List(items) => list(&items.elts).map(Value::Array),
        Expr::Tuple(items) => list(&items.elts).map(Value::Array),
        Expr::Dict(dict) => {
            let mut map = Map::new();
            for item in &dict.items {
                let Some(Expr::StringLiteral(key)) = &item.key else { return None };
                map.insert(key.value.to_str().to_owned(), value(&item.value, symbols, depth + 1)?);
            }
            Some(Value::Object(map))
        }
        Expr::Name(name) => value(symbols.values.get(name.id.as_str())?, symbols, depth + 4),
        Expr::Attribute(attribute) => {
            let Expr::Name(class) = &*attribute.value else { return None };
            let class = symbols.classes.get(class.id.as_str())?;
            let members = crate::types::enum_members(class, symbols)?;
            members.into_iter().find(|(name, _)| *name == attribute.attr.as_str()).map(|(_, value)| value)
        }
        _ => None,
    }
}

fn number(number: &Number) -> Option<Value> {
    match number {
        Number::Int(int) => int.as_i64().map(Value::from).or_else(|| int.as_u64().map(Value::from)),
        Number::Float(float) => serde_json::Number::from_f64(*float).map(Value::Number),
        Number::Complex { .. } => None,
    }
}
