//! The pieces of a source: parameters, values, dictionaries, imports, and the text that is the same in all of them.

use crate::{
    inputs::{Input, Place, Written},
    python,
};

/// Longest description of a parameter, characters.
const ABOUT_MAX: usize = 300;
/// Widest line that is not broken, characters.
const WIDTH: usize = 110;

/// A parameter of `main` with its type, description and default.
pub(super) fn parameter(input: &Input) -> String {
    let is_optional = !input.is_required && input.default.is_none();
    let kind = if is_optional { input.kind.clone().or_none() } else { input.kind.clone() };
    let about = python::without_dunders(&python::line(&input.about, ABOUT_MAX));
    let kind = match about.as_str() {
        "" => kind.source(),
        about => format!("Annotated[{}, {}]", kind.source(), python::text(about)),
    };
    match (&input.default, is_optional) {
        (Some(default), _) => format!("{}: {kind} = {default}", input.name),
        (None, true) => format!("{}: {kind} = None", input.name),
        (None, false) => format!("{}: {kind}", input.name),
    }
}

/// The value of a parameter in a query or a header.
pub(super) fn value(input: &Input, is_given: bool) -> String {
    let name = &input.name;
    let written = match (input.written, input.place) {
        (Written::Plain, Place::Query) => return name.clone(),
        (Written::Plain, _) => format!("as_text({name})"),
        (Written::Joined(between), _) => format!("{}.join(as_text(item) for item in {name})", python::text(between)),
        (Written::Json, _) => format!("json.dumps({name})"),
    };
    if is_given { written } else { format!("None if {name} is None else {written}") }
}

/// `{needed, **given({optional})}`, on one line where it is short.
pub(super) fn dictionary(needed: &[String], optional: &[String]) -> Option<String> {
    let flat = |entries: &[String]| format!("{{{}}}", entries.join(", "));
    let lines = |entries: &[String], indent: &str| {
        entries.iter().map(|entry| format!("{indent}{entry},\n")).collect::<String>()
    };
    let (deep, deeper) = ("            ", "                ");
    let short = match (needed, optional) {
        ([], []) => return None,
        (needed, []) => flat(needed),
        ([], optional) => format!("given({})", flat(optional)),
        (needed, optional) => format!("{{{}, **given({})}}", needed.join(", "), flat(optional)),
    };
    if short.chars().count() + 16 <= WIDTH {
        return Some(short);
    }
    Some(match (needed, optional) {
        (needed, []) => format!("{{\n{}        }}", lines(needed, deep)),
        ([], optional) => format!("given({{\n{}        }})", lines(optional, deep)),
        (needed, optional) => {
            format!("{{\n{}{deep}**given({{\n{}{deep}}}),\n        }}", lines(needed, deep), lines(optional, deeper))
        }
    })
}

/// The imports of what a source uses.
pub(super) fn imports(source: &str) -> String {
    let typing: Vec<&str> = [("Annotated", "Annotated["), ("Any", "Any"), ("Literal", "Literal[")]
        .into_iter()
        .filter(|(_, used)| source.contains(used))
        .map(|(name, _)| name)
        .collect();
    let mut imports = format!("from typing import {}\n", typing.join(", "));
    if source.contains("quote(") {
        imports.push_str("from urllib.parse import quote\n");
    }
    imports
}

pub(super) const GIVEN: &str = r#"

def given(values: dict[str, Any]) -> dict[str, Any]:
    """Without what was not given."""
    return {name: value for name, value in values.items() if value is not None}
"#;

pub(super) const AS_TEXT: &str = r#"

def as_text(value: Any) -> str:
    """A value as an address or a header has it."""
    return value if isinstance(value, str) else json.dumps(value)
"#;

pub(super) const PATH_PART: &str = r#"

def path_part(value: Any) -> str:
    """A value as one part of the path; none leads to another path."""
    part = quote(as_text(value), safe="")
    if part in ("", ".", ".."):
        raise ValueError(f"'{part}' cannot stand in the path of the address")
    return part
"#;

pub(super) const ANSWER: &str = r#"    if not response.is_success:
        raise RuntimeError(f"the API answered {response.status_code}: {response.text[:500]}")
    if "json" in response.headers.get("content-type", "") and response.content:
        return response.json()
    return response.text
"#;
