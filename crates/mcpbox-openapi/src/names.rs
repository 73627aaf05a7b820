//! Names from a document: whatever it says, a name here is made of small letters, digits and `_`.

use std::collections::HashSet;

use mcpbox_core::name::{NAME_MAX, RESERVED_PREFIX, ToolName, nearest_key, nearest_name};

/// Longest name of a parameter.
const PARAMETER_MAX: usize = 48;
/// Longest key of a secret.
const KEY_MAX: usize = 64;

/// Names that no parameter may have: keywords, what the runtime gives, and what the generated code uses.
const RESERVED: &[&str] = &[
    "and",
    "annotated",
    "any",
    "arguments",
    "as",
    "as_text",
    "assert",
    "async",
    "await",
    "break",
    "case",
    "class",
    "content",
    "continue",
    "ctx",
    "datetime",
    "def",
    "del",
    "dict",
    "elif",
    "else",
    "except",
    "false",
    "finally",
    "for",
    "from",
    "given",
    "global",
    "http",
    "if",
    "import",
    "in",
    "is",
    "isinstance",
    "json",
    "lambda",
    "list",
    "literal",
    "main",
    "match",
    "none",
    "nonlocal",
    "not",
    "or",
    "pass",
    "path_part",
    "print",
    "quote",
    "raise",
    "response",
    "return",
    "secrets",
    "self",
    "str",
    "tools",
    "true",
    "try",
    "type",
    "while",
    "with",
    "yield",
];

/// Names that are given out already.
#[derive(Debug, Default)]
pub(crate) struct Taken(HashSet<String>);

impl Taken {
    /// The name of an operation's tool.
    pub(crate) fn tool(&mut self, operation_id: Option<&str>, method: &str, path: &str) -> String {
        let from_path = || nearest_name(&format!("{method} {path}"));
        let base = operation_id.and_then(nearest_name).or_else(from_path).unwrap_or_else(|| "operation".to_owned());
        let base = if base.starts_with(RESERVED_PREFIX) { "operation".to_owned() } else { base };
        self.free(&base, NAME_MAX, |name| ToolName::parse(name).is_ok())
    }

    /// The name of a parameter.
    pub(crate) fn parameter(&mut self, wire: &str) -> String {
        let mut base = snake(wire);
        base.truncate(PARAMETER_MAX);
        let base = base.trim_end_matches('_');
        let base = match base.chars().next() {
            None => "value".to_owned(),
            Some(first) if first.is_ascii_digit() => format!("p_{base}"),
            Some(_) if RESERVED.contains(&base) => format!("{base}_"),
            Some(_) => base.to_owned(),
        };
        self.free(&base, PARAMETER_MAX + 3, |_| true)
    }

    /// The key of a secret.
    pub(crate) fn key(&mut self, server: &str, scheme: &str) -> String {
        let of = |text: &str| nearest_key(&text.chars().take(KEY_MAX - 12).collect::<String>());
        let own = of(scheme).filter(|key| key.starts_with(&format!("{}_", server.to_ascii_uppercase())));
        let base = own.or_else(|| of(&format!("{server}_{scheme}"))).or_else(|| of(&format!("{server}_secret")));
        let base = base.unwrap_or_else(|| "API_SECRET".to_owned());
        self.free(&base, KEY_MAX - 10, |_| true)
    }

    fn free(&mut self, base: &str, max: usize, is_name: impl Fn(&str) -> bool) -> String {
        let mut number = 1_u32;
        loop {
            let ending = if number == 1 { String::new() } else { format!("_{number}") };
            let mut name = base.to_owned();
            name.truncate(max.saturating_sub(ending.len()));
            let name =
                format!("{}{ending}", if ending.is_empty() { name.as_str() } else { name.trim_end_matches('_') });
            if is_name(&name) && self.0.insert(name.clone()) {
                return name;
            }
            number += 1;
        }
    }
}

/// Words in small letters with `_` between them: `petId` → `pet_id`.
fn snake(text: &str) -> String {
    let mut name = String::new();
    let mut after_small = false;
    for character in text.chars().take(200) {
        let is_word = character.is_ascii_alphanumeric();
        if (!is_word || (after_small && character.is_ascii_uppercase())) && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        if is_word {
            name.push(character.to_ascii_lowercase());
        }
        after_small = character.is_ascii_lowercase() || character.is_ascii_digit();
    }
    name.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_document_says_a_parameter_is_a_python_name() {
        let mut taken = Taken::default();
        for (wire, name) in [
            ("petId", "pet_id"),
            ("pet-id", "pet_id_2"),
            ("X-Request-ID", "x_request_id"),
            ("filter[status]", "filter_status"),
            ("class", "class_"),
            ("type", "type_"),
            ("None", "none_"),
            ("response", "response_"),
            ("2fa", "p_2fa"),
            ("__class__", "class_2"),
            ("", "value"),
            ("名前", "value_2"),
            ("a\"\"\"\nimport os", "a_import_os"),
        ] {
            let made = taken.parameter(wire);
            assert_eq!(made, name, "{wire:?}");
        }
    }

    #[test]
    fn tools_of_a_document_have_names_of_their_own() {
        let mut taken = Taken::default();
        for (id, name) in [
            (Some("getPetById"), "get_pet_by_id"),
            (Some("get_pet_by_id"), "get_pet_by_id_2"),
            (None, "get_pets_pet_id"),
            (Some("mcpbox_approve"), "approve"),
            (Some("mcpbox"), "get_pets_pet_id_2"),
            (Some("日本"), "get_pets_pet_id_3"),
            (Some("aVeryLongOperationIdThatNoNameHasRoomFor"), "a_very_long_operation_id_that_n"),
            (Some("aVeryLongOperationIdThatNoNameHasRoomForEither"), "a_very_long_operation_id_that_2"),
        ] {
            let made = taken.tool(id, "get", "/pets/{petId}");
            assert_eq!(made, name);
            assert!(ToolName::parse(&made).is_ok());
        }
    }
}
