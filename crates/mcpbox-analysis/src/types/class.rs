//! Classes and aliases of a module to schemas.

use ruff_python_ast::{Expr, ExprCall, StmtClassDef};
use ruff_text_size::Ranged;
use serde_json::{Map, Value, json};

use super::{
    Schemas,
    annotation::one_of,
    describe, enumeration,
    fields::{self, Field},
    object,
};
use crate::{docstring, literal};

impl Schemas<'_, '_, '_> {
    pub(super) fn class_schema(&mut self, class: &StmtClassDef) -> Map<String, Value> {
        let docs = docstring::of_body(&class.body).unwrap_or_default();
        let mut schema = if enumeration::is_enum(class, self.symbols) {
            self.enum_schema(class)
        } else if let Some(fields) = fields::of_class(class, self.symbols) {
            self.fields_schema(&fields, &docs)
        } else {
            let message = format!(
                "the class `{}` has no fields that a schema could show; any value will be accepted",
                class.name
            );
            self.unknown(class.name.range(), message, "Make it a dataclass, TypedDict, NamedTuple or Enum.")
        };
        if !schema.is_empty() {
            describe(&mut schema, Some(&docs.summary));
        }
        schema
    }

    fn enum_schema(&mut self, class: &StmtClassDef) -> Map<String, Value> {
        match enumeration::members(class, self.symbols) {
            Some(members) => one_of(distinct(members.into_iter().map(|(_, value)| value).collect())),
            None => {
                let message = format!("the values of the enum `{}` are not plain text or numbers", class.name);
                self.unsupported(class.name.range(), message, "Give each member a literal value: RED = \"red\".")
            }
        }
    }

    fn fields_schema(&mut self, fields: &[Field<'_>], docs: &docstring::Docstring) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut required: Vec<Value> = Vec::new();
        for field in fields {
            let mut schema = field.annotation.map(|annotation| self.schema(annotation)).unwrap_or_default();
            if field.default == Some(Value::Null) && !accepts_null(&schema) && !schema.is_empty() {
                schema = Self::or_null(schema);
            }
            describe(&mut schema, docs.parameters.get(field.name).map(String::as_str));
            if let Some(default) = &field.default {
                schema.insert("default".to_owned(), default.clone());
            }
            required.retain(|name| name != field.name);
            if field.is_required {
                required.push(field.name.into());
            }
            properties.insert(field.name.to_owned(), Value::Object(schema));
        }
        object(json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false}))
    }

    /// `X = …` or `type X = …`, used as a type.
    pub(super) fn alias_schema(&mut self, name: &str, value: &Expr) -> Map<String, Value> {
        match value {
            Expr::Call(call) => self.call_schema(name, call),
            Expr::Name(_)
            | Expr::Attribute(_)
            | Expr::Subscript(_)
            | Expr::BinOp(_)
            | Expr::StringLiteral(_)
            | Expr::NoneLiteral(_) => self.schema(value),
            _ => {
                let message = format!("`{name}` is not a type; any value will be accepted");
                self.unknown(value.range(), message, "Annotate with a type such as str, int, list[str] or a dataclass.")
            }
        }
    }

    /// `NewType("X", str)`, `TypedDict("X", {…})`, `NamedTuple("X", […])`, `TypeVar("T")`.
    fn call_schema(&mut self, name: &str, call: &ExprCall) -> Map<String, Value> {
        let path = self.symbols.path(&call.func).unwrap_or_default();
        let second = call.arguments.args.get(1);
        match (path.rsplit('.').next().unwrap_or_default(), second) {
            ("NewType", Some(inner)) => self.schema(inner),
            ("TypeVar", _) => Map::new(),
            ("TypedDict" | "NamedTuple", Some(list)) => {
                let is_total = !call.arguments.keywords.iter().any(|keyword| {
                    keyword.arg.as_ref().is_some_and(|arg| arg == "total")
                        && matches!(&keyword.value, Expr::BooleanLiteral(total) if !total.value)
                });
                let fields = fields::of_call(list, is_total, self.symbols);
                self.fields_schema(&fields, &docstring::Docstring::default())
            }
            ("Enum" | "StrEnum", Some(Expr::Dict(dict))) => {
                let values = dict.items.iter().filter_map(|item| literal::to_json(&item.value, self.symbols)).collect();
                one_of(distinct(values))
            }
            _ => {
                let message = format!(
                    "`{name}` is made by a call that says nothing about its fields; any value will be accepted"
                );
                self.unknown(call.range(), message, "Write a class: a dataclass, TypedDict, NamedTuple or Enum.")
            }
        }
    }
}

/// Whether null fits a schema.
pub(crate) fn accepts_null(schema: &Map<String, Value>) -> bool {
    let is_null = |value: &Value| value.get("type").is_some_and(|kind| kind == "null");
    schema.is_empty()
        || schema.keys().all(|key| key == "description")
        || schema.get("type").is_some_and(|kind| kind == "null")
        || schema.get("enum").and_then(Value::as_array).is_some_and(|values| values.contains(&Value::Null))
        || schema.get("anyOf").and_then(Value::as_array).is_some_and(|members| members.iter().any(is_null))
}

fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    values.into_iter().filter(|value| seen.insert(value.to_string())).collect()
}
