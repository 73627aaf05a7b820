//! Between domain values and columns, the same on both databases: words for enums, microseconds for times, JSON.
//!
//! PostgreSQL's `jsonb` sorts keys and refuses `\u0000`, so JSON whose exact form counts (schemas, arguments, results,
//! audit details) is kept as text; the rest is native JSON.

use chrono::{DateTime, SubsecRound, Utc};
use mcpbox_core::principal::{Actor, ActorKind, Scope};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::error::StoreError;

const NUL: &str = "a NUL character; remove it";
const LONG_NUMBER: &str = "a number with more digits than are kept exactly; round it";

/// The time as both databases keep it: whole microseconds.
pub(crate) fn time(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

/// Free text: PostgreSQL cannot keep NUL, and what a tool prints may contain it.
pub(crate) fn text(value: &str) -> String {
    value.replace('\0', "\u{FFFD}")
}

/// Text that must be kept exactly, because a hash covers it.
pub(crate) fn exact(what: &'static str, value: &str) -> Result<String, StoreError> {
    if value.contains('\0') { Err(StoreError::Unstorable { what, problem: NUL }) } else { Ok(value.to_owned()) }
}

/// The actor with a storable name, for tables that have one column for it: client and human in one text.
pub(crate) fn actor(actor: &Actor) -> Actor {
    Actor { kind: actor.kind, name: text(&actor.full_name()), on_behalf_of: None }
}

/// The actor with storable names, for tables that have a column for each.
pub(crate) fn actor_in_full(actor: &Actor) -> Actor {
    Actor { kind: actor.kind, name: text(&actor.name), on_behalf_of: actor.on_behalf_of.as_deref().map(text) }
}

/// A scope in a row.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredScope {
    Spelled(Scope),
    Early(EarlyScope),
}

/// How scopes were spelled at first.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum EarlyScope {
    Tools,
    Author,
    Server(String),
}

impl From<StoredScope> for Scope {
    fn from(stored: StoredScope) -> Self {
        match stored {
            StoredScope::Spelled(scope) => scope,
            StoredScope::Early(EarlyScope::Tools) => Self::Tools,
            StoredScope::Early(EarlyScope::Author) => Self::Author,
            StoredScope::Early(EarlyScope::Server(name)) => Self::Server(name),
        }
    }
}

/// A column, for the messages about it.
#[derive(Clone, Copy)]
pub(crate) struct Place(pub(crate) &'static str, pub(crate) &'static str);

impl Place {
    /// An error about this column.
    pub(crate) fn corrupt(self, reason: impl std::fmt::Display) -> StoreError {
        StoreError::Corrupt { table: self.0, column: self.1, reason: reason.to_string() }
    }

    /// The word of a unit enum.
    pub(crate) fn word<T: Serialize>(self, value: &T) -> Result<String, StoreError> {
        match serde_json::to_value(value) {
            Ok(Value::String(word)) => Ok(word),
            Ok(other) => Err(self.corrupt(format!("{other} is not a word"))),
            Err(error) => Err(self.corrupt(error)),
        }
    }

    /// The unit enum of a word.
    pub(crate) fn parse_word<T: DeserializeOwned>(self, word: String) -> Result<T, StoreError> {
        serde_json::from_value(Value::String(word)).map_err(|error| self.corrupt(error))
    }

    /// Native JSON.
    pub(crate) fn json<T: Serialize>(self, value: &T) -> Result<Value, StoreError> {
        let json = serde_json::to_value(value).map_err(|error| self.corrupt(error))?;
        if holds_nul(&json) { Err(StoreError::Unstorable { what: self.1, problem: NUL }) } else { Ok(json) }
    }

    /// The value of native JSON.
    pub(crate) fn parse_json<T: DeserializeOwned>(self, json: Value) -> Result<T, StoreError> {
        serde_json::from_value(json).map_err(|error| self.corrupt(error))
    }

    /// Scopes, also in the spelling of the first rows: `"tools"`, `{"server": "weather"}`.
    pub(crate) fn parse_scopes(self, json: Value) -> Result<Vec<Scope>, StoreError> {
        Ok(self.parse_json::<Vec<StoredScope>>(json)?.into_iter().map(Scope::from).collect())
    }

    /// JSON as text, in exactly this form.
    pub(crate) fn json_text<T: Serialize + ?Sized>(self, value: &T) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|error| self.corrupt(error))
    }

    /// JSON as text that is read back as exactly this value, because a hash covers it. A reader of JSON may miss the last
    /// bit of a number with 17 digits; such a value is refused here rather than found changed later.
    pub(crate) fn exact_json_text(self, what: &'static str, value: &Value) -> Result<String, StoreError> {
        let text = self.json_text(value)?;
        if self.parse_json_text::<Value>(&text)? == *value {
            Ok(text)
        } else {
            Err(StoreError::Unstorable { what, problem: LONG_NUMBER })
        }
    }

    /// The value of JSON text.
    pub(crate) fn parse_json_text<T: DeserializeOwned>(self, json: &str) -> Result<T, StoreError> {
        serde_json::from_str(json).map_err(|error| self.corrupt(error))
    }

    /// The actor of a kind and a name column.
    pub(crate) fn parse_actor(self, kind: String, name: String) -> Result<Actor, StoreError> {
        Ok(Actor { kind: self.parse_word(kind)?, name, on_behalf_of: None })
    }

    /// The actor of a kind and a name column that are set together or not at all.
    pub(crate) fn parse_actor_option(
        self,
        kind: Option<String>,
        name: Option<String>,
    ) -> Result<Option<Actor>, StoreError> {
        kind.zip(name).map(|(kind, name)| self.parse_actor(kind, name)).transpose()
    }
}

/// The word of an actor's kind.
pub(crate) fn actor_kind(kind: ActorKind) -> String {
    match kind {
        ActorKind::Llm => "llm",
        ActorKind::Admin => "admin",
        ActorKind::System => "system",
    }
    .to_owned()
}

fn holds_nul(json: &Value) -> bool {
    match json {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}
