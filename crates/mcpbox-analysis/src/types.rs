//! Annotations to JSON Schema 2020-12. Classes and aliases are collected as definitions while annotations are read, and
//! set in place at the end where that is short, so that most tools get a schema without references.

mod annotation;
mod class;
mod definitions;
mod enumeration;
mod fields;
mod known;

use std::collections::VecDeque;

use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};
use serde_json::{Map, Value, json};

use crate::{docstring, finding::Report, symbols::Symbols};

pub(crate) use class::accepts_null;
pub(crate) use enumeration::members as enum_members;

/// Schemas in one analysis; more than that no client shows.
const MAX_NODES: usize = 4_000;
/// Types within types.
const MAX_DEPTH: usize = 24;
/// Classes and aliases in one analysis.
const MAX_DEFINITIONS: usize = 200;

/// Which way the values go; some types work in one direction only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Arguments: JSON to Python.
    Input,
    /// Results: Python to JSON.
    Output,
}

/// Reads annotations into schemas.
pub(crate) struct Schemas<'s, 'a, 'r> {
    symbols: &'s Symbols<'a>,
    report: &'r mut Report,
    direction: Direction,
    definitions: Map<String, Value>,
    queue: VecDeque<String>,
    nodes: usize,
    depth: usize,
    /// Where to report what is found inside a string annotation.
    anchor: Option<TextRange>,
    /// Whether some type was not known, so that the schema says less than the annotation.
    has_unknown: bool,
}

impl<'s, 'a, 'r> Schemas<'s, 'a, 'r> {
    pub(crate) fn new(symbols: &'s Symbols<'a>, report: &'r mut Report, direction: Direction) -> Self {
        Self {
            symbols,
            report,
            direction,
            definitions: Map::new(),
            queue: VecDeque::new(),
            nodes: 0,
            depth: 0,
            anchor: None,
            has_unknown: false,
        }
    }

    /// The schema of an annotation and, for `Annotated`, its description. May refer to definitions.
    pub(crate) fn read(&mut self, annotation: &Expr) -> Map<String, Value> {
        self.schema(annotation)
    }

    /// The schema for a default value that the annotation forgot: `name: str = None`.
    pub(crate) fn or_null(schema: Map<String, Value>) -> Map<String, Value> {
        let (outer, inner): (Map<_, _>, Map<_, _>) = schema.into_iter().partition(|(key, _)| key == "description");
        let mut result = any_of(vec![inner, object(json!({"type": "null"}))]);
        result.extend(outer);
        result
    }

    /// Completes the definitions, sets short ones in place and adds the others as `$defs`.
    pub(crate) fn finish(mut self, root: Map<String, Value>) -> Map<String, Value> {
        self.complete();
        definitions::place(root, self.definitions)
    }

    /// The same for a schema that may be a reference itself: the root is never one. Also whether the schema says which
    /// kinds of values there are.
    pub(crate) fn finish_root(mut self, root: Map<String, Value>) -> (Map<String, Value>, bool) {
        self.complete();
        let mut root = root;
        for _ in 0..MAX_DEPTH {
            let Some(Value::Object(target)) = definitions::target(&root).and_then(|name| self.definitions.get(name))
            else {
                break;
            };
            let mut merged = target.clone();
            merged.extend(root.into_iter().filter(|(key, _)| key != "$ref"));
            root = merged;
        }
        let placed = definitions::place(root, self.definitions);
        let is_known = placed.keys().any(|key| matches!(key.as_str(), "type" | "enum" | "anyOf"));
        (placed, is_known && !self.has_unknown)
    }

    fn complete(&mut self) {
        while let Some(name) = self.queue.pop_front() {
            let schema = self.define(&name);
            self.definitions.insert(name, Value::Object(schema));
        }
    }

    fn define(&mut self, name: &str) -> Map<String, Value> {
        if let Some(class) = self.symbols.classes.get(name).copied() {
            return self.class_schema(class);
        }
        match self.symbols.values.get(name).copied() {
            Some(value) => self.alias_schema(name, value),
            None => Map::new(),
        }
    }

    /// A reference to a class or alias of the module, whose definition is read later.
    fn reference(&mut self, name: &str, at: TextRange) -> Map<String, Value> {
        if !self.definitions.contains_key(name) {
            if self.definitions.len() >= MAX_DEFINITIONS {
                return self.too_large(at);
            }
            self.definitions.insert(name.to_owned(), Value::Null);
            self.queue.push_back(name.to_owned());
        }
        object(json!({"$ref": format!("#/$defs/{name}")}))
    }

    fn place_of(&self, expr: &Expr) -> TextRange {
        self.anchor.unwrap_or_else(|| expr.range())
    }

    fn too_large(&mut self, at: TextRange) -> Map<String, Value> {
        self.has_unknown = true;
        self.report.error(
            "schema_too_large",
            at,
            "the types of main are too large for a schema",
            "Use fewer or simpler types, or dict[str, Any].",
        );
        Map::new()
    }

    fn unknown(&mut self, at: TextRange, message: String, hint: &str) -> Map<String, Value> {
        self.has_unknown = true;
        self.report.warning("unknown_type", at, message, hint);
        Map::new()
    }

    fn unsupported(&mut self, at: TextRange, message: String, hint: &str) -> Map<String, Value> {
        self.has_unknown = true;
        self.report.error("unsupported_type", at, message, hint);
        Map::new()
    }
}

/// A JSON object as a map; empty for anything else.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// `anyOf` without doubles; a single member stands for itself, and one that accepts anything swallows the others.
fn any_of(members: Vec<Map<String, Value>>) -> Map<String, Value> {
    let mut distinct: Vec<Map<String, Value>> = Vec::new();
    for member in members {
        if member.is_empty() {
            return Map::new();
        }
        let nested = match member.get("anyOf") {
            Some(Value::Array(nested)) if member.len() == 1 => nested.iter().cloned().map(object).collect(),
            _ => vec![member],
        };
        for schema in nested {
            if distinct.len() > 64 || !distinct.contains(&schema) {
                distinct.push(schema);
            }
        }
    }
    match distinct.len() {
        1 => distinct.pop().unwrap_or_default(),
        _ => object(json!({"anyOf": distinct})),
    }
}

/// Adds a description unless there is one.
fn describe(schema: &mut Map<String, Value>, description: Option<&str>) {
    if let Some(text) = description.filter(|text| !text.is_empty() && !schema.contains_key("description")) {
        schema.insert("description".to_owned(), docstring::clip(text).into());
    }
}
