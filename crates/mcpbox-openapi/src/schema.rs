//! Schemas to Python annotations. What Python cannot say stays `Any`: the API checks it anyway.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    SpecError,
    document::{Document, field},
    python,
};

/// How deep a schema is followed; what is deeper is `Any`.
const DEPTH_MAX: usize = 5;
/// Most choices of a `Literal`, and their longest text.
const CHOICES_MAX: (usize, usize) = (60, 100);
/// Most members of a union.
const UNION_MAX: usize = 4;
/// Most parts of an `allOf` that are followed.
const PARTS_MAX: usize = 50;

/// A Python type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Any,
    Str,
    Int,
    Float,
    Bool,
    /// Literals as source.
    Literal(Vec<String>),
    List(Box<Type>),
    Dict(Box<Type>),
    Union(Vec<Type>),
    None,
}

impl Type {
    /// As source.
    pub(crate) fn source(&self) -> String {
        match self {
            Self::Any => "Any".to_owned(),
            Self::Str => "str".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Float => "float".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::None => "None".to_owned(),
            Self::Literal(choices) => format!("Literal[{}]", choices.join(", ")),
            Self::List(item) => format!("list[{}]", item.source()),
            Self::Dict(value) => format!("dict[str, {}]", value.source()),
            Self::Union(members) => members.iter().map(Self::source).collect::<Vec<_>>().join(" | "),
        }
    }

    /// Whether a value of it is one word in an address or a header.
    pub(crate) fn is_scalar(&self) -> bool {
        match self {
            Self::Str | Self::Int | Self::Float | Self::Bool | Self::Literal(_) => true,
            Self::Union(members) => members.iter().all(Self::is_scalar),
            Self::Any | Self::List(_) | Self::Dict(_) | Self::None => false,
        }
    }

    /// Whether `None` is a value of it.
    pub(crate) fn takes_none(&self) -> bool {
        match self {
            Self::Any | Self::None => true,
            Self::Union(members) => members.iter().any(Self::takes_none),
            _ => false,
        }
    }

    /// Without `None`.
    pub(crate) fn without_none(self) -> Self {
        match self {
            Self::Union(members) => union(members.into_iter().filter(|member| *member != Self::None).collect()),
            other => other,
        }
    }

    /// With `None`.
    pub(crate) fn or_none(self) -> Self {
        if self.takes_none() { self } else { union(vec![self, Self::None]) }
    }

    /// A default as source, when it is a value of this type.
    pub(crate) fn default(&self, value: &Value) -> Option<String> {
        let source = python::scalar(value)?;
        let fits = match self {
            Self::Str => value.is_string(),
            Self::Int => value.is_i64() || value.is_u64(),
            Self::Float => value.is_number(),
            Self::Bool => value.is_boolean(),
            Self::Literal(choices) => choices.contains(&source),
            Self::Union(members) => members.iter().any(|member| member.default(value).is_some()),
            Self::Any | Self::List(_) | Self::Dict(_) | Self::None => false,
        };
        fits.then_some(source)
    }
}

/// One type of several, each once.
fn union(members: Vec<Type>) -> Type {
    let mut flat: Vec<Type> = Vec::new();
    for member in members {
        let inner = if let Type::Union(inner) = member { inner } else { vec![member] };
        for one in inner {
            if !flat.contains(&one) {
                flat.push(one);
            }
        }
    }
    // `None` stands last, as people write it.
    flat.sort_by_key(|member| *member == Type::None);
    let mut members = flat.into_iter();
    match (members.next(), members.len()) {
        (None, _) => Type::Any,
        (Some(only), 0) => only,
        (Some(first), rest) if rest <= UNION_MAX && first != Type::Any => {
            let all: Vec<Type> = std::iter::once(first).chain(members).collect();
            if all.contains(&Type::Any) { Type::Any } else { Type::Union(all) }
        }
        _ => Type::Any,
    }
}

/// A field of an object.
#[derive(Debug, Clone)]
pub(crate) struct Field<'a> {
    pub(crate) schema: &'a Value,
    pub(crate) is_required: bool,
}

impl Document {
    /// The type that a schema describes.
    ///
    /// # Errors
    /// For a reference that cannot be followed.
    pub(crate) fn type_of(&self, schema: &Value) -> Result<Type, SpecError> {
        self.type_at(schema, 0)
    }

    fn type_at(&self, schema: &Value, depth: usize) -> Result<Type, SpecError> {
        let schema = self.resolve(schema)?;
        if depth > DEPTH_MAX || !schema.is_object() {
            return Ok(Type::Any);
        }
        let found = match (choices(schema), combined(schema)) {
            (Some(choices), _) => choices,
            (None, Some(Combined::One(members))) => {
                let types = members.iter().take(UNION_MAX + 2).map(|member| self.type_at(member, depth + 1));
                union(types.collect::<Result<_, _>>()?)
            }
            (None, Some(Combined::All(parts))) => self.merged(schema, parts, depth)?,
            (None, None) => self.by_keyword(schema, depth)?,
        };
        let is_nullable = schema.get("nullable").and_then(Value::as_bool) == Some(true);
        Ok(if is_nullable { found.or_none() } else { found })
    }

    fn merged(&self, schema: &Value, parts: &[Value], depth: usize) -> Result<Type, SpecError> {
        let mut found = self.by_keyword(schema, depth)?;
        for part in parts.iter().take(PARTS_MAX) {
            let part = self.type_at(part, depth + 1)?;
            if found == Type::Any || matches!((&found, &part), (Type::Str, Type::Literal(_))) {
                found = part;
            }
        }
        Ok(found)
    }

    fn by_keyword(&self, schema: &Value, depth: usize) -> Result<Type, SpecError> {
        match schema.get("type") {
            Some(Value::String(name)) => self.named(name, schema, depth),
            Some(Value::Array(names)) => {
                let named = names.iter().filter_map(Value::as_str).map(|name| self.named(name, schema, depth));
                Ok(union(named.collect::<Result<_, _>>()?))
            }
            _ if schema.get("properties").is_some() => self.named("object", schema, depth),
            _ if schema.get("items").is_some() => self.named("array", schema, depth),
            _ => Ok(Type::Any),
        }
    }

    fn named(&self, name: &str, schema: &Value, depth: usize) -> Result<Type, SpecError> {
        Ok(match name {
            "string" => Type::Str,
            "integer" => Type::Int,
            "number" => Type::Float,
            "boolean" => Type::Bool,
            "null" => Type::None,
            "array" => {
                let item = schema.get("items").map_or(Ok(Type::Any), |items| self.type_at(items, depth + 1))?;
                Type::List(Box::new(item))
            }
            "object" => {
                let others = schema.get("additionalProperties").filter(|_| schema.get("properties").is_none());
                Type::Dict(Box::new(others.map_or(Ok(Type::Any), |others| self.type_at(others, depth + 1))?))
            }
            _ => Type::Any,
        })
    }

    /// The fields of an object that stand in its schema, also in the parts of an `allOf`; none when it is no such object.
    ///
    /// # Errors
    /// For a reference that cannot be followed.
    pub(crate) fn fields<'a>(&'a self, schema: &'a Value) -> Result<Option<Vec<(String, Field<'a>)>>, SpecError> {
        let (mut fields, mut required) = (BTreeMap::new(), Vec::new());
        let mut waiting = vec![schema];
        let mut seen = 0;
        while let Some(part) = waiting.pop() {
            let part = self.resolve(part)?;
            seen += 1;
            let is_object = part.get("type").is_none_or(|kind| kind == "object");
            let is_nullable = part.get("nullable").and_then(Value::as_bool) == Some(true);
            let is_choice = ["oneOf", "anyOf", "enum", "const"].iter().any(|keyword| part.get(keyword).is_some());
            if seen > PARTS_MAX || !is_object || is_choice || is_nullable {
                return Ok(None);
            }
            let names = part.get("required").and_then(Value::as_array);
            required.extend(names.into_iter().flatten().filter_map(Value::as_str));
            for (name, property) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let order = fields.len();
                fields.entry(name.as_str()).or_insert((order, property));
            }
            waiting.extend(part.get("allOf").and_then(Value::as_array).into_iter().flatten().rev());
        }
        let mut fields: Vec<_> = fields.into_iter().collect();
        fields.sort_by_key(|(_, (order, _))| *order);
        let mut found = Vec::new();
        for (name, (_, schema)) in fields {
            let resolved = self.resolve(schema)?;
            if resolved.get("readOnly").and_then(Value::as_bool) != Some(true) {
                found.push((name.to_owned(), Field { schema, is_required: required.contains(&name) }));
            }
        }
        Ok((!found.is_empty()).then_some(found))
    }

    /// What a schema says about itself for people: its description, and the format of a text.
    pub(crate) fn describe(&self, schema: &Value) -> String {
        let Ok(resolved) = self.resolve(schema) else { return String::new() };
        let said = [schema, resolved].map(|from| field(from, "description")).into_iter().find(|said| !said.is_empty());
        let format = field(resolved, "format");
        let is_telling =
            matches!(format, "date" | "date-time" | "time" | "email" | "uri" | "uuid" | "byte" | "ipv4" | "ipv6");
        match (said.unwrap_or_default(), is_telling) {
            ("", true) => format!("as {format}"),
            (said, true) if !said.contains(format) => format!("{said} (as {format})"),
            (said, _) => said.to_owned(),
        }
    }
}

enum Combined<'a> {
    One(&'a [Value]),
    All(&'a [Value]),
}

fn combined(schema: &Value) -> Option<Combined<'_>> {
    let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array).map(Vec::as_slice);
    list("oneOf").or_else(|| list("anyOf")).map(Combined::One).or_else(|| list("allOf").map(Combined::All))
}

/// The analysis refuses annotations with `__words`.
fn can_be_choice(text: &str) -> bool {
    text.len() <= CHOICES_MAX.1 && !python::has_dunder(text)
}

/// The type of an `enum` or `const`, when Python can say it.
fn choices(schema: &Value) -> Option<Type> {
    let single = schema.get("const").map(std::slice::from_ref);
    let values = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice).or(single)?;
    let has_null = values.iter().any(Value::is_null);
    let mut literals: Vec<String> = Vec::new();
    for value in values.iter().filter(|value| !value.is_null()) {
        let fits = value.is_i64() || value.is_u64() || value.as_str().is_some_and(can_be_choice);
        let source = python::scalar(value).filter(|_| fits)?;
        if !literals.contains(&source) {
            literals.push(source);
        }
    }
    if literals.is_empty() || literals.len() > CHOICES_MAX.0 {
        return None;
    }
    let found = Type::Literal(literals);
    Some(if has_null { found.or_none() } else { found })
}
