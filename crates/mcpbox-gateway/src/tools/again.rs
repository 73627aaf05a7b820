//! The call as it was probably meant: for a management tool that was called with a wrong argument or a name that does
//! not exist. What is long is not repeated: `…` stands for what the caller sent.

use mcpbox_core::failure::{Failure, FailureKind, NextCall};
use serde_json::{Map, Value, json};

use super::argument::{Argument, Kind};
use crate::nearest::nearest;

/// Stands for what the caller sent, or still has to write.
const YOURS: &str = "…";
/// Longest value that is repeated, bytes of JSON.
const REPEATED_MAX_BYTES: usize = 200;

/// The same call with the arguments brought into the declared form, as far as they can be.
pub(super) fn mended(tool: &str, declared: &[Argument], given: &Map<String, Value>) -> NextCall {
    let mut arguments = Map::new();
    for (name, value) in given {
        let meant = declared.iter().find(|one| one.name == name).or_else(|| meant(name, declared, given));
        if let Some(one) = meant
            && let Some(value) = one.kind.retyped(value)
        {
            arguments.insert(one.name.to_owned(), shortened(value));
        }
    }
    for one in declared.iter().filter(|one| one.is_required()) {
        arguments.entry(one.name).or_insert_with(|| one.kind.example());
    }
    NextCall { tool: tool.to_owned(), arguments }
}

/// The argument that a name which is none stands for.
fn meant<'a>(name: &str, declared: &'a [Argument], given: &Map<String, Value>) -> Option<&'a Argument> {
    let free = || declared.iter().filter(|one| !given.contains_key(one.name));
    let near = nearest(name, free().map(|one| one.name), 1).into_iter().next();
    free().find(|one| Some(one.name) == near)
}

/// The call that a failure asks to be made again, with the name that was probably meant. Only where the failure does not
/// say something better itself.
pub(super) fn with_nearest(failure: &Failure, tool: &str, given: &Map<String, Value>) -> Option<NextCall> {
    let meant = failure.nearest.first()?;
    let places: &[&str] = match failure.kind {
        FailureKind::NotFound | FailureKind::Conflict => &["server_id", "tool_id", "name"],
        FailureKind::InvalidArguments => &["name", "key"],
        _ => return None,
    };
    let place = places.iter().find(|place| given.contains_key(**place))?;
    let mut arguments: Map<String, Value> =
        given.iter().map(|(name, value)| (name.clone(), shortened(value.clone()))).collect();
    arguments.insert((*place).to_owned(), json!(meant));
    Some(NextCall { tool: tool.to_owned(), arguments })
}

fn shortened(value: Value) -> Value {
    if value.to_string().len() <= REPEATED_MAX_BYTES { value } else { json!(YOURS) }
}

impl Kind {
    /// The value in this kind, where it says the same; none when it cannot.
    fn retyped(self, value: &Value) -> Option<Value> {
        if self.complaint(value).is_none() {
            return Some(value.clone());
        }
        let parsed: Option<Value> = value.as_str().and_then(|text| serde_json::from_str(text.trim()).ok());
        let as_text = matches!(self, Self::Text).then(|| json!(value.to_string()));
        let alone = matches!(self, Self::TextList).then(|| json!([value]));
        [parsed, as_text, alone].into_iter().flatten().find(|one| self.complaint(one).is_none())
    }

    /// Something to begin with.
    fn example(self) -> Value {
        match self {
            Self::Text => json!(YOURS),
            Self::Integer { minimum, .. } => json!(minimum),
            Self::Flag => json!(true),
            Self::Object => json!({}),
            Self::TextList | Self::Mocks => json!([]),
            Self::Choice(words) => json!(words.first()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &[Argument] = &[
        Argument::required("server_id", Kind::Text, ""),
        Argument::required("python_code", Kind::Text, ""),
        Argument::optional("limit", Kind::Integer { minimum: 1, maximum: 9 }, ""),
        Argument::optional("hosts", Kind::TextList, ""),
        Argument::optional("arguments", Kind::Object, ""),
    ];

    #[test]
    fn a_call_is_repeated_as_it_was_meant() {
        let long = "x".repeat(500);
        let cases = [
            (
                json!({"server": "a", "code": long, "limit": "5", "hosts": "x.de", "arguments": "{\"a\": 1}", "zzz": 1}),
                json!({"server_id": "a", "python_code": "…", "limit": 5, "hosts": ["x.de"], "arguments": {"a": 1}}),
            ),
            (json!({}), json!({"server_id": "…", "python_code": "…"})),
            (json!({"server_id": 7, "limit": 99}), json!({"server_id": "7", "python_code": "…"})),
        ];
        for (given, expected) in cases {
            let next = mended("t", DECLARED, given.as_object().unwrap());
            assert_eq!(Value::Object(next.arguments), expected, "{given}");
        }
    }

    #[test]
    fn a_name_that_does_not_exist_gives_way_to_the_nearest() {
        let given = json!({"server_id": "wether", "name": "x"});
        let failure = Failure::new(FailureKind::NotFound, "").nearest(["weather"]);
        let next = with_nearest(&failure, "t", given.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(next.arguments), json!({"server_id": "weather", "name": "x"}));
        let failure = Failure::new(FailureKind::InvalidArguments, "").nearest(["y"]);
        let next = with_nearest(&failure, "t", given.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(next.arguments), json!({"server_id": "wether", "name": "y"}));
        assert!(with_nearest(&Failure::new(FailureKind::NotFound, ""), "t", &Map::new()).is_none());
    }
}
