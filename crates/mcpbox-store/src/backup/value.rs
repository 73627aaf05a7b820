//! One column of one row as JSON, and back. The kind stands in the backup, so that it can be read by a program whose schema
//! has moved on.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ColumnType, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Uuid,
    Text,
    Integer,
    BigInteger,
    Boolean,
    Time,
    Json,
    Bytes,
}

impl Kind {
    /// The kind of a column; none for types that no table of ours has.
    pub(super) fn of(column: &ColumnType) -> Option<Self> {
        Some(match column {
            ColumnType::Uuid => Self::Uuid,
            ColumnType::String(_) | ColumnType::Text => Self::Text,
            ColumnType::Integer => Self::Integer,
            ColumnType::BigInteger => Self::BigInteger,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::TimestampWithTimeZone => Self::Time,
            ColumnType::Json | ColumnType::JsonBinary => Self::Json,
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => Self::Bytes,
            _ => return None,
        })
    }

    /// The value that a backup holds as `json`; none when it is not of this kind.
    pub(super) fn parse(self, json: Json) -> Option<Value> {
        Some(match (self, json) {
            (_, Json::Null) => self.absent(),
            (Self::Uuid, Json::String(text)) => Value::Uuid(Some(Uuid::parse_str(&text).ok()?)),
            (Self::Text, Json::String(text)) => Value::String(Some(text)),
            (Self::Integer, json) => Value::Int(Some(i32::try_from(json.as_i64()?).ok()?)),
            (Self::BigInteger, json) => Value::BigInt(Some(json.as_i64()?)),
            (Self::Boolean, json) => Value::Bool(Some(json.as_bool()?)),
            (Self::Time, Json::String(text)) => {
                Value::ChronoDateTimeUtc(Some(DateTime::parse_from_rfc3339(&text).ok()?.with_timezone(&Utc)))
            }
            (Self::Json, json) => Value::Json(Some(Box::new(json))),
            (Self::Bytes, Json::String(text)) => Value::Bytes(Some(hex::decode(text).ok()?)),
            _ => return None,
        })
    }

    fn absent(self) -> Value {
        match self {
            Self::Uuid => Value::Uuid(None),
            Self::Text => Value::String(None),
            Self::Integer => Value::Int(None),
            Self::BigInteger => Value::BigInt(None),
            Self::Boolean => Value::Bool(None),
            Self::Time => Value::ChronoDateTimeUtc(None),
            Self::Json => Value::Json(None),
            Self::Bytes => Value::Bytes(None),
        }
    }
}

/// What a backup holds of a value; none for types that no table of ours has.
pub(super) fn to_json(value: Value) -> Option<Json> {
    Some(match value {
        Value::Uuid(value) => value.map_or(Json::Null, |id| Json::String(id.to_string())),
        Value::String(value) => value.map_or(Json::Null, Json::String),
        Value::Int(value) => value.into(),
        Value::BigInt(value) => value.into(),
        Value::Bool(value) => value.into(),
        Value::ChronoDateTimeUtc(value) => {
            value.map_or(Json::Null, |at| Json::String(at.to_rfc3339_opts(SecondsFormat::Micros, true)))
        }
        Value::Json(value) => value.map_or(Json::Null, |json| *json),
        Value::Bytes(value) => value.map_or(Json::Null, |bytes| Json::String(hex::encode(bytes))),
        _ => return None,
    })
}
