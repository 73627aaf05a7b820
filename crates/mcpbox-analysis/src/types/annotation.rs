//! Annotation expressions to schemas.

use ruff_python_ast::{Expr, ExprBinOp, ExprSubscript, Operator};
use ruff_python_parser::parse_expression;
use ruff_text_size::{Ranged, TextRange};
use serde_json::{Map, Value, json};

use super::{
    Direction, MAX_DEPTH, MAX_NODES, Schemas, any_of, describe,
    known::{self, Known},
    object,
};
use crate::{literal, parse};

/// Longest string annotation, bytes.
const MAX_FORWARD: usize = 500;

impl Schemas<'_, '_, '_> {
    pub(super) fn schema(&mut self, expr: &Expr) -> Map<String, Value> {
        self.nodes += 1;
        if self.nodes > MAX_NODES || self.depth >= MAX_DEPTH {
            return self.too_large(self.place_of(expr));
        }
        self.depth += 1;
        let schema = self.schema_of(expr);
        self.depth -= 1;
        schema
    }

    fn schema_of(&mut self, expr: &Expr) -> Map<String, Value> {
        match expr {
            Expr::NoneLiteral(_) => object(json!({"type": "null"})),
            Expr::StringLiteral(forward) => self.forward(forward.value.to_str(), forward.range()),
            Expr::BinOp(or) if or.op == Operator::BitOr => self.alternatives(&flatten(or)),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Name(_) | Expr::Attribute(_) => self.named(expr, None),
            Expr::Starred(starred) => self.schema(&starred.value),
            _ => {
                let at = self.place_of(expr);
                self.unknown(
                    at,
                    "this annotation is not a type".to_owned(),
                    "Use a type such as str, int, list[str] or a dataclass.",
                )
            }
        }
    }

    /// An annotation in quotes.
    fn forward(&mut self, text: &str, at: TextRange) -> Map<String, Value> {
        let text = text.trim();
        let parsed = (text.len() <= MAX_FORWARD && parse::is_flat(text)).then(|| parse_expression(text).ok()).flatten();
        let Some(parsed) = parsed else {
            return self.unknown(
                at,
                "this string annotation is not a type".to_owned(),
                "Write the type without quotes.",
            );
        };
        let outer = self.anchor;
        self.anchor = Some(outer.unwrap_or(at));
        let schema = self.schema(parsed.expr());
        self.anchor = outer;
        schema
    }

    fn alternatives(&mut self, members: &[&Expr]) -> Map<String, Value> {
        let schemas = members.iter().map(|member| self.schema(member)).collect();
        any_of(schemas)
    }

    fn subscript(&mut self, subscript: &ExprSubscript) -> Map<String, Value> {
        let arguments: Vec<&Expr> = match &*subscript.slice {
            Expr::Tuple(tuple) => tuple.elts.iter().collect(),
            single => vec![single],
        };
        self.named(&subscript.value, Some(&arguments))
    }

    /// A type by name, with its type arguments if it has any.
    fn named(&mut self, expr: &Expr, arguments: Option<&[&Expr]>) -> Map<String, Value> {
        let at = self.place_of(expr);
        if let Expr::Name(name) = expr {
            let name = name.id.as_str();
            if self.symbols.classes.contains_key(name) || self.symbols.values.contains_key(name) {
                return self.reference(name, at);
            }
        }
        let path = self.symbols.path(expr).unwrap_or_default();
        let Some((known, must_import)) = known::known(&path) else {
            let message = format!("the type `{path}` is not known here; any value will be accepted");
            return self.unknown(
                at,
                message,
                "Use builtin types, typing, Enum, TypedDict or a dataclass of this file.",
            );
        };
        if must_import {
            let hint = format!("Add `from {} import {path}`.", known::home(&path));
            self.report.warning("not_imported", at, format!("`{path}` is not imported"), &hint);
        }
        self.known_type(known, &path, arguments, at)
    }

    fn known_type(
        &mut self,
        known: Known,
        path: &str,
        arguments: Option<&[&Expr]>,
        at: TextRange,
    ) -> Map<String, Value> {
        let list = arguments.unwrap_or_default();
        match known {
            Known::Scalar(name) => object(known::scalar(name)),
            Known::Any => Map::new(),
            Known::List => self.array(list.first().copied(), false),
            Known::Set => self.array(list.first().copied(), true),
            Known::Tuple => self.tuple(arguments),
            Known::Dict => self.dict(list, at),
            Known::Optional => {
                let inner = list.first().map(|inner| self.schema(inner)).unwrap_or_default();
                any_of(vec![inner, object(json!({"type": "null"}))])
            }
            Known::Union => self.alternatives(list),
            Known::Literal => self.literal(list, at),
            Known::Annotated => self.annotated(list),
            Known::Transparent => list.first().map(|inner| self.schema(inner)).unwrap_or_default(),
            Known::Bytes => self.unsupported(
                at,
                format!("`{path}` has no JSON form"),
                "Use str with base64 text, and base64.b64decode or b64encode in the code.",
            ),
            Known::Unsupported => self.unsupported(
                at,
                format!("`{path}` has no JSON form"),
                "Use builtin types, typing, Enum, TypedDict or a dataclass.",
            ),
        }
    }

    fn array(&mut self, item: Option<&Expr>, is_set: bool) -> Map<String, Value> {
        let mut schema = object(json!({"type": "array"}));
        if let Some(item) = item {
            schema.insert("items".to_owned(), Value::Object(self.schema(item)));
        }
        if is_set {
            schema.insert("uniqueItems".to_owned(), true.into());
        }
        schema
    }

    fn tuple(&mut self, arguments: Option<&[&Expr]>) -> Map<String, Value> {
        match arguments {
            None => object(json!({"type": "array"})),
            Some([item, Expr::EllipsisLiteral(_)]) => self.array(Some(item), false),
            Some([Expr::Tuple(empty)]) if empty.elts.is_empty() => object(json!({"type": "array", "maxItems": 0})),
            Some([]) => object(json!({"type": "array", "maxItems": 0})),
            Some(items) => {
                let prefix: Vec<Value> = items.iter().map(|item| Value::Object(self.schema(item))).collect();
                let count = prefix.len();
                object(
                    json!({"type": "array", "prefixItems": prefix, "items": false, "minItems": count, "maxItems": count}),
                )
            }
        }
    }

    fn dict(&mut self, arguments: &[&Expr], at: TextRange) -> Map<String, Value> {
        let mut schema = object(json!({"type": "object"}));
        if let [key, value] = arguments {
            let keys = self.schema(key);
            let is_text =
                keys.is_empty() || keys.get("type").is_some_and(|kind| kind == "string") || keys.contains_key("$ref");
            if !is_text && self.direction == Direction::Input {
                self.report.warning(
                    "non_text_keys",
                    at,
                    "keys of JSON objects are always text",
                    "Use dict[str, …] and convert the keys in the code.",
                );
            }
            let values = self.schema(value);
            if !values.is_empty() {
                schema.insert("additionalProperties".to_owned(), Value::Object(values));
            }
        }
        schema
    }

    fn annotated(&mut self, arguments: &[&Expr]) -> Map<String, Value> {
        let Some((inner, metadata)) = arguments.split_first() else { return Map::new() };
        let mut schema = self.schema(inner);
        let description = metadata.iter().find_map(|item| match item {
            // `Doc("…")` and `Field(description="…")` are the other two customs.
            Expr::Call(call) => {
                let named = call
                    .arguments
                    .keywords
                    .iter()
                    .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg == "description"));
                let is_doc = self.symbols.path(&call.func).is_some_and(|path| path.ends_with("Doc"));
                let first = call.arguments.args.first().filter(|_| is_doc);
                literal::text(named.map(|keyword| &keyword.value).or(first)?, self.symbols)
            }
            other => literal::text(other, self.symbols),
        });
        if description.is_some() {
            schema.remove("description");
        }
        describe(&mut schema, description.as_deref());
        schema
    }

    fn literal(&mut self, arguments: &[&Expr], at: TextRange) -> Map<String, Value> {
        let mut values = Vec::new();
        for argument in arguments {
            if let Expr::Subscript(nested) = argument
                && let Some(Value::Array(more)) = self.schema(argument).remove("enum")
                && self.symbols.path(&nested.value).is_some_and(|path| path.ends_with("Literal"))
            {
                values.extend(more);
            } else if let Some(value) =
                literal::to_json(argument, self.symbols).filter(|value| !value.is_array() && !value.is_object())
            {
                values.push(value);
            } else {
                return self.unsupported(
                    at,
                    "Literal holds something else than text, numbers, booleans or None".to_owned(),
                    "Write the values themselves: Literal[\"a\", \"b\"].",
                );
            }
        }
        one_of(values)
    }
}

/// The schema of one of some values.
pub(super) fn one_of(values: Vec<Value>) -> Map<String, Value> {
    let kinds: Vec<&str> = values.iter().map(kind).collect();
    let mut schema = Map::new();
    if let Some(first) = kinds.first().filter(|first| kinds.iter().all(|kind| kind == *first)) {
        schema.insert("type".to_owned(), (*first).into());
    }
    schema.insert("enum".to_owned(), Value::Array(values));
    schema
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The members of `A | B | C`, in order.
fn flatten(or: &ExprBinOp) -> Vec<&Expr> {
    let mut members = vec![&*or.right];
    let mut left = &*or.left;
    while let Expr::BinOp(inner) = left {
        if inner.op != Operator::BitOr {
            break;
        }
        members.push(&inner.right);
        left = &inner.left;
    }
    members.push(left);
    members.reverse();
    members
}
