//! Text to a value: JSON, or YAML with a bound on everything that aliases and nesting can multiply.

use serde_json::Value;

use crate::{DOCUMENT_MAX_BYTES, SpecError};

/// Most values of a YAML document, with all that its aliases stand for.
const NODES_MAX: usize = 1_000_000;
/// Deepest nesting of a YAML document.
const DEPTH_MAX: usize = 120;
/// Most aliases of a YAML document.
const ALIASES_MAX: usize = 10_000;

/// Reads a document that begins like JSON as JSON, and every other one as YAML.
///
/// # Errors
/// With the line, where the text tells one.
pub(crate) fn value(text: &str) -> Result<Value, SpecError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > DOCUMENT_MAX_BYTES {
        let message = format!("the document has {} bytes; at most {DOCUMENT_MAX_BYTES} are read", text.len());
        return Err(SpecError::new(message, "split it, or remove what is not needed, such as examples"));
    }
    let start = text.trim_start();
    if start.is_empty() {
        return Err(SpecError::new("the document is empty", "paste the whole OpenAPI document, as JSON or YAML"));
    }
    if start.starts_with(['{', '[']) { json(text) } else { yaml(text) }
}

fn json(text: &str) -> Result<Value, SpecError> {
    serde_json::from_str(text).map_err(|error| {
        let line = error.line() as u64;
        SpecError::new(format!("the document is not JSON: {error}"), "correct that line, or save it again in full")
            .at_line(line)
    })
}

fn yaml(text: &str) -> Result<Value, SpecError> {
    let options = serde_saphyr::options! {
        // YAML 1.2: only true and false are booleans, so that the country code NO stays a text.
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_nodes: NODES_MAX,
            max_events: NODES_MAX * 2,
            max_depth: DEPTH_MAX,
            max_aliases: ALIASES_MAX,
        },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        let message: String = error.to_string().lines().next().unwrap_or_default().chars().take(300).collect();
        SpecError::new(
            format!("the document is not YAML that can be read: {message}"),
            "correct that line; indentation counts, and texts with ': ' or '#' want quotes",
        )
        .at_line(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_say_the_same() {
        let yaml = "openapi: 3.1.0\nresponses:\n  200:\n    description: no\n  default: {x: [NO, on, 1.5, true, null, 2020-01-01]}\nbase: &b {a: 1}\ncopy: *b\n";
        let json = r#"{"openapi": "3.1.0", "responses": {"200": {"description": "no"},
            "default": {"x": ["NO", "on", 1.5, true, null, "2020-01-01"]}}, "base": {"a": 1}, "copy": {"a": 1}}"#;
        assert_eq!(value(yaml).unwrap(), value(json).unwrap());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        for (text, line) in [
            ("{\n\"a\": 1,\n\"b\": }\n", Some(3)),
            ("a: 1\nb: [1, 2\nc: 3\n", None),
            ("a: 1\nc:\n\tb: 2\n", None),
            ("a: 1\na: 2\n", Some(2)),
            ("a: *missing\n", Some(1)),
            ("", None),
            (" \n", None),
        ] {
            let error = value(text).unwrap_err();
            assert!(!error.hint.is_empty(), "{text:?}");
            if line.is_some() {
                assert_eq!(error.line, line, "{text:?}: {error}");
            }
        }
    }

    #[test]
    fn nothing_grows_without_bound() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", "));
        }
        assert!(value(&bomb).is_err(), "aliases of aliases");
        assert!(value(&format!("a: {}", "[".repeat(100_000))).is_err(), "nesting in YAML");
        assert!(value(&"[".repeat(100_000)).is_err(), "nesting in JSON");
        assert!(value(&" ".repeat(DOCUMENT_MAX_BYTES + 1)).unwrap_err().message.contains("bytes"));
    }
}
