//! Arguments that were probably meant: misspelt names and values in the wrong JSON type are mended where only one
//! reading fits the schema; and example arguments to begin with.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::{nearest, next::YOURS};

/// The arguments as they were probably meant; none when no small change makes them fit.
pub(crate) fn mended(
    validator: &Validator,
    schema: &Map<String, Value>,
    given: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let properties = schema.get("properties").and_then(Value::as_object)?;
    let mut mended = Map::new();
    for (name, value) in given {
        let name = if properties.contains_key(name) { name } else { meant(name, schema, properties, given)? };
        let value = properties.get(name).map_or_else(|| value.clone(), |expected| retyped(value, expected));
        if mended.insert(name.clone(), value).is_some() {
            return None;
        }
    }
    let mended = Value::Object(mended);
    match mended {
        Value::Object(map) if validator.is_valid(&Value::Object(map.clone())) => Some(map),
        _ => None,
    }
}

/// The parameter that a name which is none stands for.
fn meant<'s>(
    name: &str,
    schema: &'s Map<String, Value>,
    properties: &'s Map<String, Value>,
    given: &Map<String, Value>,
) -> Option<&'s String> {
    let free = || properties.keys().filter(|key| !given.contains_key(*key));
    let near = nearest::names(name, free().map(String::as_str)).into_iter().next();
    let unknown = given.keys().filter(|key| !properties.contains_key(*key)).count();
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array)?.iter().filter_map(Value::as_str).collect();
    let mut missing = free().filter(|key| required.contains(&key.as_str()));
    let only_missing = missing.next().filter(|_| missing.next().is_none() && unknown == 1);
    near.and_then(|near| properties.keys().find(|key| *key == near)).or(only_missing)
}

/// The value in the type that is expected, where it says the same.
fn retyped(value: &Value, expected: &Value) -> Value {
    let wanted = expected.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_wanted = |value: &Value| match wanted {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match value {
        Value::String(text) if wanted != "string" => {
            serde_json::from_str(text.trim()).ok().filter(is_wanted).unwrap_or_else(|| value.clone())
        }
        Value::Number(_) | Value::Bool(_) if wanted == "string" => json!(value.to_string()),
        _ => value.clone(),
    }
}

/// Arguments to begin with: one for each required parameter, of its type.
pub(crate) fn example(input_schema: &Value) -> Value {
    let required = input_schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let value = |name: &str| example_value(input_schema.get("properties").and_then(|all| all.get(name)));
    required.filter_map(Value::as_str).map(|name| (name.to_owned(), value(name))).collect::<Map<_, _>>().into()
}

fn example_value(schema: Option<&Value>) -> Value {
    let first = |of: &str| schema.and_then(|schema| schema.get(of)).and_then(|all| all.get(0)).cloned();
    if let Some(one) = first("examples").or_else(|| first("enum")) {
        return one;
    }
    match schema.and_then(|schema| schema.get("type")).and_then(Value::as_str) {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!(YOURS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_one_reading_is_mended() {
        let schema = json!({"type": "object", "additionalProperties": false, "required": ["city", "days"], "properties": {
            "city": {"type": "string"}, "days": {"type": "integer"}, "metric": {"type": "boolean"},
            "tags": {"type": "array"}}});
        let validator = crate::validate::compile(&schema).unwrap();
        let cases = [
            (json!({"city": "Oslo", "days": "3"}), Some(json!({"city": "Oslo", "days": 3}))),
            (json!({"town": "Oslo", "days": 3}), Some(json!({"city": "Oslo", "days": 3}))),
            (json!({"citty": 7, "dayss": 3}), Some(json!({"city": "7", "days": 3}))),
            (
                json!({"city": "Oslo", "days": 3, "metric": "true", "tags": "[1]"}),
                Some(json!({"city": "Oslo", "days": 3, "metric": true, "tags": [1]})),
            ),
            (json!({"city": "Oslo"}), None),
            (json!({"city": "Oslo", "days": "three"}), None),
            (json!({"x": "Oslo", "y": 3}), None),
            (json!({"city": "Oslo", "days": 3, "color": 1}), None),
            (json!({"city": "Oslo", "citty": "Rom", "days": 3}), None),
        ];
        for (given, expected) in cases {
            let found = mended(&validator, schema.as_object().unwrap(), given.as_object().unwrap());
            assert_eq!(found.map(Value::Object), expected, "{given}");
        }
    }

    #[test]
    fn an_example_has_every_required_parameter() {
        let schema = json!({"required": ["a", "b", "c", "d"], "properties": {
            "a": {"type": "integer"}, "b": {"enum": ["x", "y"]}, "c": {"type": "string"}, "d": {"$ref": "#/$defs/D"}, "e": {}}});
        assert_eq!(example(&schema), json!({"a": 1, "b": "x", "c": "…", "d": "…"}));
    }
}
