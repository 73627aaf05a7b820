//! Arguments of management tools: one declaration gives the JSON Schema that clients see and the check that calls
//! pass, so the two cannot differ. Messages are written for an LLM that will mend its call.

use mcpbox_catalog::nearest;
use mcpbox_core::failure::{Failure, FailureKind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::again;

/// One argument of a management tool.
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(super) kind: Kind,
    need: Need,
    description: &'static str,
}

/// What an argument may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Integer { minimum: i64, maximum: i64 },
    Flag,
    Object,
    TextList,
    Choice(&'static [&'static str]),
    Mocks,
    Objects,
}

/// Whether an argument must be given.
#[derive(Debug, Clone, Copy)]
enum Need {
    Required,
    Optional,
    DefaultInteger(i64),
    DefaultText(&'static str),
}

impl Argument {
    pub(crate) const fn required(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self { name, kind, need: Need::Required, description }
    }

    pub(crate) const fn optional(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self { name, kind, need: Need::Optional, description }
    }

    pub(crate) const fn or_integer(mut self, default: i64) -> Self {
        self.need = Need::DefaultInteger(default);
        self
    }

    pub(crate) const fn or_text(mut self, default: &'static str) -> Self {
        self.need = Need::DefaultText(default);
        self
    }

    pub(super) fn is_required(&self) -> bool {
        matches!(self.need, Need::Required)
    }

    fn default_value(&self) -> Option<Value> {
        match self.need {
            Need::DefaultInteger(number) => Some(json!(number)),
            Need::DefaultText(text) => Some(json!(text)),
            Need::Required | Need::Optional => None,
        }
    }

    fn schema(&self) -> Value {
        let mut schema = self.kind.schema();
        if let Some(object) = schema.as_object_mut() {
            if !self.description.is_empty() {
                object.insert("description".to_owned(), json!(self.description));
            }
            if let Some(default) = self.default_value() {
                object.insert("default".to_owned(), default);
            }
        }
        schema
    }
}

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Integer { minimum, maximum } => json!({"type": "integer", "minimum": minimum, "maximum": maximum}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Object => json!({"type": "object"}),
            Self::TextList => json!({"type": "array", "items": {"type": "string"}}),
            Self::Choice(words) => json!({"type": "string", "enum": words}),
            Self::Mocks | Self::Objects => json!({"type": "array", "items": {"type": "object"}}),
        }
    }

    /// What is wrong with `value`, as the end of "'name' …".
    pub(super) fn complaint(self, value: &Value) -> Option<String> {
        match self {
            Self::Text => (!value.is_string()).then(|| wrong_type("text", value)),
            Self::Flag => (!value.is_boolean()).then(|| wrong_type("true or false", value)),
            Self::Object if value.is_string() => Some("must be an object itself, not its JSON as text".to_owned()),
            Self::Object => (!value.is_object()).then(|| wrong_type("an object", value)),
            Self::Integer { minimum, maximum } => match whole_number(value) {
                Some(number) if (minimum..=maximum).contains(&number) => None,
                Some(number) => Some(format!("is {number}; it must be from {minimum} to {maximum}")),
                None => Some(wrong_type("a whole number", value)),
            },
            Self::TextList => {
                let is_list = value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
                (!is_list).then(|| wrong_type("a list of texts", value))
            }
            Self::Choice(words) => {
                let is_known = value.as_str().is_some_and(|word| words.contains(&word));
                (!is_known).then(|| format!("is {value}; it must be one of: {}", words.join(", ")))
            }
            Self::Objects => {
                let is_list = value.as_array().is_some_and(|all| all.iter().all(Value::is_object));
                (!is_list).then(|| "must be a list of objects".to_owned())
            }
            Self::Mocks => serde_json::from_value::<Vec<mcpbox_core::execute::HttpMock>>(value.clone())
                .err()
                .map(|error| format!("must be a list of {{method?, url, status?, headers?, body?}}: {error}")),
        }
    }
}

fn whole_number(value: &Value) -> Option<i64> {
    let from_float = || {
        let number = value.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "only whole numbers within 2^53 get here")]
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    };
    value.as_i64().or_else(from_float)
}

fn wrong_type(wanted: &str, value: &Value) -> String {
    let given = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    format!("must be {wanted}, not {given}")
}

/// JSON Schema 2020-12 of a set of arguments.
pub(crate) fn schema(arguments: &[Argument]) -> Map<String, Value> {
    let properties: Map<_, _> = arguments.iter().map(|one| (one.name.to_owned(), one.schema())).collect();
    let required: Vec<_> =
        arguments.iter().filter(|one| matches!(one.need, Need::Required)).map(|one| one.name).collect();
    // Clients pay for each byte in every conversation: what is the default of JSON Schema or MCP is left out.
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

/// Arguments that passed [`check`]: every required one is there, every one has its kind, defaults are filled in.
#[derive(Debug, Default)]
pub(crate) struct Arguments(Map<String, Value>);

impl Arguments {
    /// All of them, by name.
    pub(crate) fn given(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A text that is required or has a default; empty when it is neither.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.maybe_text(name).unwrap_or_default()
    }

    pub(crate) fn maybe_text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(crate) fn integer<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        self.0.get(name).and_then(whole_number).and_then(|number| T::try_from(number).ok())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    pub(crate) fn object(&self, name: &str) -> Map<String, Value> {
        self.0.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    pub(crate) fn parsed<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.0.get(name).and_then(|value| serde_json::from_value(value.clone()).ok())
    }
}

/// Checks the arguments of a call of `tool`. A null for an argument that need not be given counts as absent.
pub(crate) fn check(tool: &str, declared: &[Argument], mut given: Map<String, Value>) -> Result<Arguments, Failure> {
    let next = |given: &Map<String, Value>| Some(again::mended(tool, declared, given));
    let refuse = |message: String, given: &Map<String, Value>| {
        let failure = Failure::new(FailureKind::InvalidArguments, format!("{tool}: {message}"));
        Err(Failure { next: next(given), ..failure.hint(usage(tool, declared)) })
    };
    given.retain(|name, value| {
        let is_needed = declared.iter().any(|one| one.name == name && matches!(one.need, Need::Required));
        is_needed || !value.is_null()
    });
    for name in given.keys() {
        if !declared.iter().any(|one| one.name == name) {
            let meant = nearest::names(name, declared.iter().map(|one| one.name));
            let meant = meant.first().map(|meant| format!("; did you mean '{meant}'?")).unwrap_or_default();
            return refuse(format!("there is no argument '{name}'{meant}"), &given);
        }
    }
    for one in declared {
        match given.get(one.name) {
            Some(value) => {
                if let Some(complaint) = one.kind.complaint(value) {
                    return refuse(format!("'{}' {complaint}", one.name), &given);
                }
            }
            None if matches!(one.need, Need::Required) => {
                let what = if one.description.is_empty() { String::new() } else { format!(": {}", one.description) };
                return refuse(format!("'{}' is missing{what}", one.name), &given);
            }
            None => {
                if let Some(default) = one.default_value() {
                    given.insert(one.name.to_owned(), default);
                }
            }
        }
    }
    Ok(Arguments(given))
}

fn usage(tool: &str, declared: &[Argument]) -> String {
    if declared.is_empty() {
        return format!("{tool} takes no arguments");
    }
    let names: Vec<_> = declared
        .iter()
        .map(|one| if matches!(one.need, Need::Required) { one.name.to_owned() } else { format!("{}?", one.name) })
        .collect();
    format!("{tool} takes: {}", names.join(", "))
}
