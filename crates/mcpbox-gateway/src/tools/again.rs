//! The call as it was probably meant: for a management tool that was called with a wrong argument or a name that does
//! not exist. What is long is not repeated: `…` stands for what the caller sent.

use mcpbox_catalog::nearest;
use mcpbox_core::failure::{Failure, FailureKind, NextCall};
use serde_json::{Map, Value, json};

use super::argument::{Argument, Kind};

/// Stands for what the caller sent, or still has to write.
const YOURS: &str = "…";
/// Arguments that name what is there.
const NAMES: [&str; 3] = ["server_id", "tool_id", "name"];
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
    let near = nearest::names(name, free().map(|one| one.name)).into_iter().next();
    free().find(|one| Some(one.name) == near)
}

/// The call that leads on from a failure: with the name that was probably meant, or the one that the failure itself
/// names, or the same one with what is at fault left open.
pub(super) fn lead_on(failure: &Failure, tool: &str, declared: &[Argument], given: &Map<String, Value>) -> NextCall {
    let is_given = |name: &&str| given.contains_key(*name);
    let at_fault: Vec<&str> = match (failure.argument.as_deref(), failure.kind) {
        (Some(argument), _) => vec![argument],
        (None, FailureKind::NotFound | FailureKind::Conflict) => NAMES.into_iter().filter(is_given).take(1).collect(),
        (None, FailureKind::Syntax) => vec!["python_code", "code"],
        (None, FailureKind::InvalidArguments) => {
            declared.iter().map(|one| one.name).filter(|name| !NAMES.contains(name)).collect()
        }
        _ => Vec::new(),
    };
    if let (&[place], Some(meant)) = (at_fault.as_slice(), failure.nearest.first()) {
        return with(same_call(tool, given), place, json!(meant));
    }
    if let Some(next) = &failure.next {
        return next.clone();
    }
    let open = declared.iter().filter(|one| at_fault.contains(&one.name) && given.contains_key(one.name));
    open.fold(same_call(tool, given), |call, one| with(call, one.name, one.kind.example()))
}

fn with(mut call: NextCall, argument: &str, value: Value) -> NextCall {
    call.arguments.insert(argument.to_owned(), value);
    call
}

/// The same call again, without repeating what is long.
pub(crate) fn same_call(tool: &str, given: &Map<String, Value>) -> NextCall {
    let arguments = given.iter().map(|(name, value)| (name.clone(), shortened(value.clone()))).collect();
    NextCall { tool: tool.to_owned(), arguments }
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
            Self::TextList | Self::Mocks | Self::Objects => json!([]),
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
    fn a_failure_leads_on_to_what_was_meant_or_leaves_open_what_is_at_fault() {
        let given = json!({"server_id": "wether", "python_code": "x".repeat(500), "limit": 3});
        let of = |kind| Failure::new(kind, "");
        let cases = [
            (
                of(FailureKind::NotFound).nearest(["weather"]).next("other", json!({})),
                json!({"server_id": "weather", "python_code": "…", "limit": 3}),
            ),
            (
                of(FailureKind::InvalidArguments).argument("limit"),
                json!({"server_id": "wether", "python_code": "…", "limit": 1}),
            ),
            (of(FailureKind::Syntax), json!({"server_id": "wether", "python_code": "…", "limit": 3})),
            (of(FailureKind::Unavailable), json!({"server_id": "wether", "python_code": "…", "limit": 3})),
            (of(FailureKind::NotFound).next("t", json!({"page": 1})), json!({"page": 1})),
        ];
        for (failure, expected) in cases {
            let next = lead_on(&failure, "t", DECLARED, given.as_object().unwrap());
            assert_eq!(Value::Object(next.arguments), expected, "{failure:?}");
        }
    }
}
