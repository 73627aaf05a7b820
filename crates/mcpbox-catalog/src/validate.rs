//! JSON Schema validation of arguments and results: compiled once a version, Draft 2020-12, no reference leaves the
//! schema, linear-time patterns, and errors an LLM can act on.

use jsonschema::{
    Draft, PatternOptions, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
};
use mcpbox_core::failure::{Failure, FailureKind, NextCall};
use serde_json::{Map, Value, json};

use crate::{listing::parameters, mend, next::next_call};

/// Longest arguments that an answer repeats, bytes of JSON.
const REPEATED_MAX_BYTES: usize = 2_000;
/// Problems told at once.
const PROBLEMS_MAX: usize = 5;
/// Longest sentence about one problem, characters.
const PROBLEM_MAX_CHARS: usize = 300;

/// Compiles a schema.
///
/// # Errors
/// The schema is not valid, or refers to something outside itself.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    Validator::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| cut(&error.to_string()))
}

/// The call that is made again with other arguments, by the tool's name and those.
pub(crate) type Again = fn(&str, Value) -> NextCall;

/// A call of a published tool.
pub(crate) fn call_again(tool: &str, arguments: Value) -> NextCall {
    next_call("mcpbox_call_tool", json!({"name": tool, "arguments": arguments}))
}

/// A test of a tool's newest version.
pub(crate) fn test_again(tool: &str, arguments: Value) -> NextCall {
    next_call("mcpbox_test_code", json!({"tool_id": tool, "arguments": arguments}))
}

/// Gives the arguments back when they fit; the failure names each path and what is expected there, and the call as it was
/// probably meant.
pub(crate) fn check_arguments(
    validator: &Validator,
    schema: &Map<String, Value>,
    (tool, again): (&str, Again),
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    // The validator wants a `Value`: wrapped and unwrapped rather than cloned.
    let arguments = Value::Object(arguments);
    let problems = problems(validator, &arguments, "arguments");
    let Value::Object(arguments) = arguments else { return Ok(Map::new()) };
    if problems.is_empty() {
        return Ok(arguments);
    }
    let message = format!("the arguments of {tool} do not fit its input schema: {}", problems.join("; "));
    let takes = match parameters(schema) {
        names if names.is_empty() => "it takes none".to_owned(),
        names => format!("it takes {}", cut(&names.join(", "))),
    };
    let meant = mend::mended(validator, schema, &arguments).map(Value::Object);
    // What was sent may be long; the caller has it.
    let next = match meant.filter(|meant| meant.to_string().len() <= REPEATED_MAX_BYTES) {
        Some(meant) => again(tool, meant),
        None => again(tool, mend::example(&Value::Object(schema.clone()))),
    };
    let failure = Failure::new(FailureKind::InvalidArguments, message);
    Err(Failure { next: Some(next), ..failure.hint(format!("correct these and call again; {takes}")) })
}

/// Stands in the failure of a run whose result breaks its annotation.
pub(crate) const BROKEN_PROMISE: &str = "returned what its return annotation does not promise";

/// Checks a result against the output schema that clients were promised.
pub(crate) fn check_result(validator: &Validator, tool: &str, structured: &Value) -> Result<(), Failure> {
    let problems = problems(validator, structured, "result");
    if problems.is_empty() {
        return Ok(());
    }
    let message = format!("{tool} {BROKEN_PROMISE}: {}", problems.join("; "));
    Err(Failure::new(FailureKind::Exception, message)
        .hint("correct the return annotation of main (or what it returns) with mcpbox_update_tool, test it, and ask for publication again"))
}

/// What does not fit, each in a sentence; nothing when all fits.
pub(crate) fn problems(validator: &Validator, value: &Value, root: &str) -> Vec<String> {
    if validator.is_valid(value) {
        return Vec::new();
    }
    validator.iter_errors(value).take(PROBLEMS_MAX).map(|error| problem(&error, root)).collect()
}

fn problem(error: &ValidationError<'_>, root: &str) -> String {
    let path = error.instance_path().as_str().replace('/', ".");
    cut(&format!("{root}{path}: {}", expectation(error)))
}

/// What is wrong, without repeating the value: it may be large, or secret.
fn expectation(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as K;
    match error.kind() {
        K::Type { kind } => format!("expected {}, got {}", type_names(kind), type_of(error.instance())),
        K::Required { property } => format!("{property} is required and missing"),
        K::AdditionalProperties { unexpected } | K::UnevaluatedProperties { unexpected } => {
            format!("there is no parameter {}", quoted(unexpected))
        }
        K::Enum { options } => format!("expected one of {options}"),
        K::AnyOf { context } | K::OneOfNotValid { context } => {
            let mut expected: Vec<String> =
                context.iter().filter_map(|branch| branch.first()).map(expectation).collect();
            expected.dedup();
            expected.truncate(PROBLEMS_MAX);
            expected.join(", or ")
        }
        _ => error.masked_with("the value").to_string(),
    }
}

fn type_names(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(set) => set.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

fn type_of(value: &Value) -> &'static str {
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

fn quoted(names: &[String]) -> String {
    names.iter().take(PROBLEMS_MAX).map(|name| format!("'{}'", cut(name))).collect::<Vec<_>>().join(", ")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(PROBLEM_MAX_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(validator: &Validator, schema: &Value, arguments: Value) -> Result<Map<String, Value>, Failure> {
        let arguments = arguments.as_object().unwrap().clone();
        check_arguments(validator, schema.as_object().unwrap(), ("s__t", call_again), arguments)
    }

    #[test]
    fn a_refusal_names_the_path_and_what_is_expected() {
        let schema = json!({"type": "object", "additionalProperties": false, "required": ["city"], "properties": {
            "city": {"type": "string", "pattern": "^[A-Z]"}, "days": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "unit": {"enum": ["c", "f"]}, "points": {"type": "array", "items": {"$ref": "#/$defs/P"}}},
            "$defs": {"P": {"type": "object", "properties": {"x": {"type": "number"}}}}});
        let validator = compile(&schema).unwrap();
        let cases = [
            (json!({}), "\"city\" is required and missing"),
            (json!({"city": 7}), "arguments.city: expected string, got integer"),
            (json!({"city": "bern"}), "arguments.city: the value does not match \"^[A-Z]\""),
            (json!({"city": "B", "town": 1}), "there is no parameter 'town'"),
            (json!({"city": "B", "days": "x"}), "expected integer, got string, or expected null, got string"),
            (json!({"city": "B", "unit": "k"}), "expected one of [\"c\",\"f\"]"),
            (
                json!({"city": "B", "points": [{"x": 1}, {"x": "1"}]}),
                "arguments.points.1.x: expected number, got string",
            ),
        ];
        for (arguments, expected) in cases {
            let failure = checked(&validator, &schema, arguments).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidArguments);
            assert!(failure.message.contains(expected), "{} does not say {expected}", failure.message);
        }
        let good = json!({"city": "B", "days": null, "points": [{"x": 1.5}]});
        assert!(checked(&validator, &schema, good).is_ok());
    }

    #[test]
    fn a_schema_cannot_reach_outside_itself() {
        for outside in ["https://example.org/s.json", "file:///etc/passwd"] {
            assert!(compile(&json!({"$ref": outside})).is_err(), "{outside}");
        }
    }

    #[test]
    fn a_refusal_stays_short_whatever_is_sent() {
        let schema = json!({"type": "object", "additionalProperties": {"type": "integer"}});
        let validator = compile(&schema).unwrap();
        let huge: Map<String, Value> =
            (0..5_000).map(|i| (format!("{i}{}", "k".repeat(1_000)), json!("v".repeat(50)))).collect();
        assert!(checked(&validator, &schema, Value::Object(huge)).unwrap_err().message.len() < 4_000);
    }
}
