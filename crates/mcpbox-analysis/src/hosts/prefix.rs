//! The literal starts that a text expression may have, followed through constants, sums, formats and choices.

use std::{cell::Cell, collections::HashMap};

use ruff_python_ast::{Expr, ExprFString, FStringPart, InterpolatedStringElement, Operator, Parameters};

/// Values that are kept per name.
const MAX_VALUES: usize = 8;
/// Starts that are kept per expression.
const MAX_PREFIXES: usize = 16;
/// Longest start, bytes.
const MAX_TEXT: usize = 512;
/// Steps over all expressions of a source.
const FUEL: usize = 50_000;

/// The start of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) text: String,
    /// Whether something unknown follows.
    pub(super) is_open: bool,
    /// The first literal character after what is unknown, if that is known.
    pub(super) next: Option<char>,
}

/// Names and what they may stand for, wherever in the source they are bound.
#[derive(Default)]
pub(crate) struct Constants<'a> {
    values: HashMap<&'a str, Vec<&'a Expr>>,
    spent: Cell<usize>,
}

impl<'a> Constants<'a> {
    /// `name = value`, `self.name = value`.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: &'a Expr) {
        match target {
            Expr::Name(name) => self.add(name.id.as_str(), value),
            Expr::Attribute(attribute) => self.add(attribute.attr.as_str(), value),
            _ => {}
        }
    }

    /// `for name in […]`: each element.
    pub(crate) fn iterate(&mut self, target: &'a Expr, items: &'a Expr) {
        let elements = match items {
            Expr::List(list) => list.elts.as_slice(),
            Expr::Tuple(tuple) => tuple.elts.as_slice(),
            Expr::Set(set) => set.elts.as_slice(),
            single => std::slice::from_ref(single),
        };
        elements.iter().take(MAX_VALUES).for_each(|element| self.assign(target, element));
    }

    /// Default values of parameters, when they are URLs; other defaults are no constants.
    pub(crate) fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = parameter.default.as_deref()
                && matches!(default, Expr::StringLiteral(text) if text.value.to_str().contains("://"))
            {
                self.add(parameter.name().as_str(), default);
            }
        }
    }

    /// A value that is passed as a parameter.
    pub(super) fn pass(&mut self, parameter: &'a str, value: &'a Expr) {
        let is_itself = matches!(value, Expr::Name(name) if name.id.as_str() == parameter);
        if !is_itself && !matches!(value, Expr::Starred(_)) {
            self.add(parameter, value);
        }
    }

    /// The starts that an expression may have; empty when nothing is known.
    pub(super) fn prefixes(&self, expr: &Expr) -> Vec<Prefix> {
        let mut prefixes = self.starts(expr, 12);
        prefixes.truncate(MAX_PREFIXES);
        prefixes
    }

    /// Whether a URL is known to be relative to a base.
    pub(super) fn is_relative(&self, expr: &Expr) -> bool {
        let prefixes = self.prefixes(expr);
        let is_path = |prefix: &Prefix| !prefix.text.is_empty() && !prefix.text.contains("://");
        !prefixes.is_empty() && prefixes.iter().all(is_path)
    }

    fn add(&mut self, name: &'a str, value: &'a Expr) {
        let values = self.values.entry(name).or_default();
        if values.len() < MAX_VALUES {
            values.push(value);
        }
    }

    fn starts(&self, expr: &Expr, depth: usize) -> Vec<Prefix> {
        self.spent.set(self.spent.get() + 1);
        let Some(depth) = depth.checked_sub(1).filter(|_| self.spent.get() <= FUEL) else { return Vec::new() };
        match expr {
            Expr::StringLiteral(literal) => vec![closed(literal.value.to_str())],
            Expr::FString(string) => self.format_string(string, depth),
            Expr::BinOp(sum) if sum.op == Operator::Add => {
                let right = |this: &Self| this.starts(&sum.right, depth);
                self.join(self.starts(&sum.left, depth), right)
            }
            Expr::BinOp(format) if format.op == Operator::Mod => cut(self.starts(&format.left, depth), '%'),
            Expr::If(choice) => self.either([&*choice.body, &*choice.orelse], depth),
            Expr::BoolOp(choice) => self.either(choice.values.iter().take(MAX_VALUES), depth),
            Expr::Named(named) => self.starts(&named.value, depth),
            Expr::Name(name) => self.named(name.id.as_str(), depth),
            Expr::Attribute(attribute) => self.named(attribute.attr.as_str(), depth),
            Expr::Dict(dict) => self.either(dict.items.iter().take(MAX_VALUES).map(|item| &item.value), depth),
            Expr::List(list) => self.either(list.elts.iter().take(MAX_VALUES), depth),
            Expr::Tuple(tuple) => self.either(tuple.elts.iter().take(MAX_VALUES), depth),
            Expr::Subscript(subscript) => self.starts(&subscript.value, depth),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) => match method.attr.as_str() {
                    "format" | "format_map" => cut(self.starts(&method.value, depth), '{'),
                    "rstrip" | "strip" | "lower" | "get" | "removesuffix" | "replace" | "copy" | "values" => {
                        self.starts(&method.value, depth)
                    }
                    "urljoin" | "URL" => self.first_argument(call, depth).into_iter().map(open).collect(),
                    "join" => self.joined_path(call, depth),
                    _ => Vec::new(),
                },
                Expr::Name(function) => match function.id.as_str() {
                    "str" | "URL" => self.first_argument(call, depth),
                    "urljoin" => self.first_argument(call, depth).into_iter().map(open).collect(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn first_argument(&self, call: &ruff_python_ast::ExprCall, depth: usize) -> Vec<Prefix> {
        call.arguments.args.first().map(|first| self.starts(first, depth)).unwrap_or_default()
    }

    /// `"/".join([base, …])`
    fn joined_path(&self, call: &ruff_python_ast::ExprCall, depth: usize) -> Vec<Prefix> {
        let first = match call.arguments.args.first() {
            Some(Expr::List(list)) => list.elts.first(),
            Some(Expr::Tuple(tuple)) => tuple.elts.first(),
            _ => None,
        };
        first.map(|first| self.starts(first, depth)).unwrap_or_default().into_iter().map(open).collect()
    }

    fn named(&self, name: &str, depth: usize) -> Vec<Prefix> {
        let values = self.values.get(name).map(Vec::as_slice).unwrap_or_default();
        self.either(values.iter().copied(), depth.saturating_sub(2))
    }

    fn either<'e>(&self, choices: impl IntoIterator<Item = &'e Expr>, depth: usize) -> Vec<Prefix> {
        let mut prefixes: Vec<Prefix> = choices.into_iter().flat_map(|choice| self.starts(choice, depth)).collect();
        prefixes.truncate(MAX_PREFIXES);
        prefixes
    }

    fn join(&self, left: Vec<Prefix>, right: impl Fn(&Self) -> Vec<Prefix>) -> Vec<Prefix> {
        if left.iter().all(|prefix| prefix.is_open) {
            return left;
        }
        let right = right(self);
        let mut joined = Vec::new();
        for prefix in left {
            if prefix.is_open {
                joined.push(prefix);
            } else if right.is_empty() {
                joined.push(open(prefix));
            } else {
                joined.extend(right.iter().map(|next| append(&prefix, next)));
            }
        }
        joined.truncate(MAX_PREFIXES);
        joined
    }

    fn format_string(&self, string: &ExprFString, depth: usize) -> Vec<Prefix> {
        let elements: Vec<Piece<'_>> = pieces(string).take(32).collect();
        let mut prefixes = vec![closed("")];
        for (index, piece) in elements.iter().enumerate() {
            let known = match piece {
                Piece::Text(text) => vec![closed(text)],
                Piece::Value(value) => self.starts(value, depth),
            };
            if known.is_empty() {
                let next = match elements.get(index + 1) {
                    Some(Piece::Text(text)) => text.chars().next(),
                    _ => None,
                };
                prefixes
                    .iter_mut()
                    .filter(|prefix| !prefix.is_open)
                    .for_each(|prefix| (prefix.is_open, prefix.next) = (true, next));
            }
            prefixes = self.join(prefixes, |_| known.clone());
            if prefixes.iter().all(|prefix| prefix.is_open || prefix.text.len() >= MAX_TEXT) {
                break;
            }
        }
        prefixes
    }
}

enum Piece<'e> {
    Text(&'e str),
    Value(&'e Expr),
}

fn pieces(string: &ExprFString) -> impl Iterator<Item = Piece<'_>> {
    string.value.iter().flat_map(|part| -> Box<dyn Iterator<Item = Piece<'_>> + '_> {
        match part {
            FStringPart::Literal(literal) => Box::new(std::iter::once(Piece::Text(&literal.value))),
            FStringPart::FString(inner) => Box::new(inner.elements.iter().map(|element| match element {
                InterpolatedStringElement::Literal(literal) => Piece::Text(&literal.value),
                InterpolatedStringElement::Interpolation(value) => Piece::Value(&value.expression),
            })),
        }
    })
}

/// The text at the start of a formatted string.
pub(super) fn first_literal(string: &ExprFString) -> Option<&str> {
    match pieces(string).next()? {
        Piece::Text(text) => Some(text),
        Piece::Value(_) => None,
    }
}

fn closed(text: &str) -> Prefix {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Prefix { text: text.get(..end).unwrap_or_default().to_owned(), is_open: end < text.len(), next: None }
}

fn open(prefix: Prefix) -> Prefix {
    Prefix { is_open: true, ..prefix }
}

fn append(prefix: &Prefix, next: &Prefix) -> Prefix {
    let joined = closed(&format!("{}{}", prefix.text, next.text));
    Prefix { is_open: joined.is_open || next.is_open, next: next.next, ..joined }
}

/// Cuts each text where a placeholder starts.
fn cut(prefixes: Vec<Prefix>, mark: char) -> Vec<Prefix> {
    let cut_one = |prefix: Prefix| match prefix.text.split_once(mark) {
        Some((before, after)) => {
            let tail = after.trim_start_matches(|c: char| c != '}').chars().nth(1).filter(|_| mark == '{');
            Prefix { text: before.to_owned(), is_open: true, next: tail }
        }
        None => prefix,
    };
    prefixes.into_iter().map(cut_one).collect()
}
