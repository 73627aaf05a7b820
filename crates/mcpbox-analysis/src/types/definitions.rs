//! Sets definitions in place where that is short, and leaves the others as `$defs`. Most clients read a schema without
//! references better; recursive types need them.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// Definitions of up to this many nodes are repeated where they are used.
const SMALL: usize = 24;
/// A definition this deep stays a reference, so that no schema gets too deep for JSON readers.
const DEEP: usize = 12;
const PREFIX: &str = "#/$defs/";

/// The root with short definitions in place and the remaining ones under `$defs`.
pub(super) fn place(root: Map<String, Value>, definitions: Map<String, Value>) -> Map<String, Value> {
    let root = Value::Object(root);
    let mut placer = Placer::new(&root, &definitions);
    for name in definitions.keys() {
        placer.visit(name);
    }
    let mut placed = placer.set(&root);
    let remaining = placer.remaining(&placed);
    if let (Value::Object(placed), false) = (&mut placed, remaining.is_empty()) {
        placed.insert("$defs".to_owned(), Value::Object(remaining));
    }
    match placed {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The definition that a schema consists of, when it is nothing but a reference.
pub(crate) fn target(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

struct Placer<'d> {
    definitions: &'d Map<String, Value>,
    uses: HashMap<String, usize>,
    /// Definitions that lead back to themselves.
    recursive: HashSet<String>,
    open: HashSet<String>,
    done: HashMap<String, Value>,
}

impl<'d> Placer<'d> {
    fn new(root: &Value, definitions: &'d Map<String, Value>) -> Self {
        let mut uses = HashMap::new();
        for schema in std::iter::once(root).chain(definitions.values()) {
            for_each_reference(schema, &mut |name| *uses.entry(name.to_owned()).or_insert(0) += 1);
        }
        Self { definitions, uses, recursive: HashSet::new(), open: HashSet::new(), done: HashMap::new() }
    }

    /// Completes a definition after those that it uses. Recursion is bounded by the number of definitions.
    fn visit(&mut self, name: &str) {
        if self.done.contains_key(name) {
            return;
        }
        if !self.open.insert(name.to_owned()) {
            self.recursive.insert(name.to_owned());
            return;
        }
        let Some(schema) = self.definitions.get(name) else { return };
        let mut names = Vec::new();
        for_each_reference(schema, &mut |used| names.push(used.to_owned()));
        for used in names {
            self.visit(&used);
        }
        let placed = self.set(schema);
        self.open.remove(name);
        self.done.insert(name.to_owned(), placed);
    }

    fn is_set_in_place(&self, name: &str) -> bool {
        let is_short = |schema: &Value| {
            let (nodes, depth) = measure(schema);
            depth <= DEEP && (nodes <= SMALL || self.uses.get(name) == Some(&1))
        };
        !self.recursive.contains(name) && self.done.get(name).is_some_and(is_short)
    }

    fn set(&self, schema: &Value) -> Value {
        match schema {
            Value::Array(items) => items.iter().map(|item| self.set(item)).collect(),
            Value::Object(map) => match target(map) {
                Some(name) if self.is_set_in_place(name) => self.merge(name, map),
                _ => Value::Object(map.iter().map(|(key, value)| (key.clone(), self.set_member(key, value))).collect()),
            },
            scalar => scalar.clone(),
        }
    }

    fn set_member(&self, key: &str, value: &Value) -> Value {
        match value {
            _ if is_data(key) => value.clone(),
            // Here keys are names of the author's choice, not keywords.
            Value::Object(named) if key == "properties" => {
                Value::Object(named.iter().map(|(name, schema)| (name.clone(), self.set(schema))).collect())
            }
            _ => self.set(value),
        }
    }

    fn merge(&self, name: &str, site: &Map<String, Value>) -> Value {
        let mut merged = match self.done.get(name) {
            Some(Value::Object(map)) => map.clone(),
            _ => Map::new(),
        };
        merged.extend(site.iter().filter(|(key, _)| *key != "$ref").map(|(key, value)| (key.clone(), value.clone())));
        Value::Object(merged)
    }

    /// The definitions that the placed root still refers to.
    fn remaining(&self, root: &Value) -> Map<String, Value> {
        let mut remaining = Map::new();
        let mut queue = Vec::new();
        for_each_reference(root, &mut |name| queue.push(name.to_owned()));
        while let Some(name) = queue.pop() {
            if remaining.contains_key(&name) {
                continue;
            }
            let Some(schema) = self.done.get(&name) else { continue };
            for_each_reference(schema, &mut |used| queue.push(used.to_owned()));
            remaining.insert(name, schema.clone());
        }
        remaining.sort_keys();
        remaining
    }
}

fn for_each_reference(schema: &Value, visit: &mut dyn FnMut(&str)) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| for_each_reference(item, visit)),
        Value::Object(map) => {
            if let Some(name) = target(map) {
                visit(name);
            }
            for (key, value) in map.iter().filter(|(key, _)| !is_data(key)) {
                match value {
                    Value::Object(named) if key == "properties" => {
                        named.values().for_each(|schema| for_each_reference(schema, visit))
                    }
                    _ => for_each_reference(value, visit),
                }
            }
        }
        _ => {}
    }
}

/// Whether the values of a keyword are data, not schemas.
fn is_data(keyword: &str) -> bool {
    matches!(keyword, "default" | "enum" | "required")
}

/// Number of nodes and depth.
fn measure(schema: &Value) -> (usize, usize) {
    let children: Vec<(usize, usize)> = match schema {
        Value::Array(items) => items.iter().map(measure).collect(),
        Value::Object(map) => map.values().map(measure).collect(),
        _ => return (1, 0),
    };
    let nodes = children.iter().map(|(nodes, _)| nodes).sum::<usize>() + 1;
    (nodes, children.iter().map(|(_, depth)| depth + 1).max().unwrap_or(0))
}
