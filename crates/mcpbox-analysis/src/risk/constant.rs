//! Values that are known without running anything: literals, their sums, formats and slices, and names that are bound to
//! one of them exactly once.

use ruff_python_ast::{Expr, FStringPart, InterpolatedStringElement, Number, Operator, UnaryOp};

use crate::symbols::Symbols;

/// Steps into an expression.
const DEPTH: usize = 8;
/// Longest text, bytes.
const MAX_TEXT: usize = 8_192;

/// The expression that a name stands for when only one can; any other expression itself.
pub(super) fn behind<'a>(expr: &'a Expr, symbols: &Symbols<'a>) -> &'a Expr {
    let mut current = expr;
    for _ in 0..DEPTH {
        let Expr::Name(name) = current else { break };
        match symbols.only_value(name.id.as_str()) {
            Some(value) => current = value,
            None => break,
        }
    }
    current
}

/// The text of an expression, when it is known; bytes count as Latin-1.
pub(super) fn text(expr: &Expr, symbols: &Symbols<'_>) -> Option<String> {
    text_within(expr, symbols, DEPTH)
}

fn text_within(expr: &Expr, symbols: &Symbols<'_>, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let known = match expr {
        Expr::StringLiteral(literal) => literal.value.to_str().to_owned(),
        Expr::BytesLiteral(literal) => literal.value.bytes().map(char::from).take(MAX_TEXT).collect(),
        Expr::FString(string) => {
            let mut text = String::new();
            for part in &string.value {
                match part {
                    FStringPart::Literal(literal) => text.push_str(literal),
                    FStringPart::FString(inner) => {
                        for element in &inner.elements {
                            match element {
                                InterpolatedStringElement::Literal(literal) => text.push_str(literal),
                                InterpolatedStringElement::Interpolation(value) => {
                                    text.push_str(&text_within(&value.expression, symbols, depth)?);
                                }
                            }
                        }
                    }
                }
            }
            text
        }
        Expr::BinOp(sum) if sum.op == Operator::Add => {
            let mut text = text_within(&sum.left, symbols, depth)?;
            text.push_str(&text_within(&sum.right, symbols, depth)?);
            text
        }
        Expr::Subscript(subscript) if is_reversal(&subscript.slice) => {
            text_within(&subscript.value, symbols, depth)?.chars().rev().collect()
        }
        Expr::Name(name) => text_within(symbols.only_value(name.id.as_str())?, symbols, depth)?,
        _ => return None,
    };
    (known.len() <= MAX_TEXT).then_some(known)
}

/// `[::-1]`
pub(super) fn is_reversal(slice: &Expr) -> bool {
    let Expr::Slice(slice) = slice else { return false };
    let step = slice.step.as_deref();
    slice.lower.is_none()
        && slice.upper.is_none()
        && matches!(step, Some(Expr::UnaryOp(minus)) if minus.op == UnaryOp::USub && is_one(&minus.operand))
}

fn is_one(expr: &Expr) -> bool {
    matches!(expr, Expr::NumberLiteral(literal) if matches!(&literal.value, Number::Int(int) if int.as_u8() == Some(1)))
}

/// The number that an expression is; infinite when it is beyond all use.
pub(super) fn number(expr: &Expr, symbols: &Symbols<'_>) -> Option<f64> {
    number_within(expr, symbols, DEPTH)
}

fn number_within(expr: &Expr, symbols: &Symbols<'_>, depth: usize) -> Option<f64> {
    let depth = depth.checked_sub(1)?;
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) => Some(int.as_i64().map_or(f64::INFINITY, |whole| whole as f64)),
            Number::Float(float) => Some(*float),
            Number::Complex { .. } => None,
        },
        Expr::BinOp(operation) => {
            let left = number_within(&operation.left, symbols, depth)?;
            let right = number_within(&operation.right, symbols, depth)?;
            match operation.op {
                Operator::Add => Some(left + right),
                Operator::Sub => Some(left - right),
                Operator::Mult => Some(left * right),
                Operator::Pow => Some(left.powf(right)),
                Operator::LShift => Some(left * right.exp2()),
                _ => None,
            }
        }
        Expr::Name(name) => number_within(symbols.only_value(name.id.as_str())?, symbols, depth),
        _ => None,
    }
}

/// Numbers of a list, tuple or bytes that are all literals.
pub(super) fn numbers<'a>(expr: &'a Expr, symbols: &Symbols<'a>) -> Option<usize> {
    let elements = match behind(expr, symbols) {
        Expr::List(list) => list.elts.as_slice(),
        Expr::Tuple(tuple) => tuple.elts.as_slice(),
        Expr::BytesLiteral(bytes) => return Some(bytes.value.len()),
        _ => return None,
    };
    let is_number = |element: &Expr| matches!(element, Expr::NumberLiteral(_));
    (!elements.is_empty() && elements.iter().all(is_number)).then_some(elements.len())
}
