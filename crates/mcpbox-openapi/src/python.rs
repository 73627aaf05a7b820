//! Text as Python source. Everything a document says goes through one of these functions, so that nothing of it is ever code.

use serde_json::Value;

/// Width to which docstrings are wrapped, characters.
const WIDTH: usize = 100;

/// A string literal in double quotes. What is not plainly visible is escaped.
pub(crate) fn text(value: &str) -> String {
    format!("\"{}\"", escaped(value))
}

/// The inside of a literal that stands between double quotes.
pub(crate) fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    for character in value.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(character),
            _ if character.is_alphanumeric() && !is_hidden(character) => out.push(character),
            _ => match u32::from(character) {
                code @ ..=0xff => out.push_str(&format!("\\x{code:02x}")),
                code @ 0x100..=0xffff => out.push_str(&format!("\\u{code:04x}")),
                code => out.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    out
}

/// Literal text inside an f-string.
pub(crate) fn in_f_string(value: &str) -> String {
    escaped(value).replace('{', "{{").replace('}', "}}")
}

/// A scalar as a literal; none for lists and objects.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("None".to_owned()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(string) => Some(text(string)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// A docstring at an indentation: one line, or lines with the quotes on their own.
pub(crate) fn docstring(text: &str, indent: &str) -> String {
    let lines: Vec<String> = text.lines().map(quoted).collect();
    match lines.as_slice() {
        [line] => format!("{indent}\"\"\"{line}\"\"\"\n"),
        _ => {
            let body: Vec<String> = lines
                .iter()
                .skip(1)
                .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
                .collect();
            let first = lines.first().map_or("", String::as_str);
            format!("{indent}\"\"\"{first}\n{}\n{indent}\"\"\"\n", body.join("\n"))
        }
    }
}

/// A line of a docstring: no backslash and no run of quotes can end it.
fn quoted(line: &str) -> String {
    let characters: Vec<char> = line.chars().collect();
    let mut out = String::with_capacity(line.len());
    for (at, character) in characters.iter().enumerate() {
        let touches = |other: Option<&char>| other.is_none_or(|other| *other == '"');
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        if *character == '\\' || (*character == '"' && (touches(before) || touches(characters.get(at + 1)))) {
            out.push('\\');
        }
        out.push(*character);
    }
    out
}

/// Text for people: no control or hidden characters, wrapped, at most `max` characters.
pub(crate) fn prose(text: &str, max: usize) -> String {
    let mut out = String::new();
    for line in text.chars().filter(|character| !is_hidden(*character)).collect::<String>().lines() {
        let line: String = line.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
        wrap(line.trim_end(), &mut out);
    }
    clipped(out.trim(), max)
}

/// [`prose`] on one line.
pub(crate) fn line(text: &str, max: usize) -> String {
    let words: String = text.chars().filter(|character| !is_hidden(*character)).map(spaced).collect();
    clipped(&words.split_whitespace().collect::<Vec<_>>().join(" "), max)
}

/// Whether a text in an annotation would be taken for a way into the interpreter: a word that begins with `__`.
pub(crate) fn has_dunder(text: &str) -> bool {
    words(text).any(|word| word.starts_with("__"))
}

/// A text for an annotation: words that begin with `__` begin with one `_`.
pub(crate) fn without_dunders(text: &str) -> String {
    let mut out = text.to_owned();
    while has_dunder(&out) {
        out = out.replace("__", "_");
    }
    out
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
}

fn spaced(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

fn wrap(line: &str, out: &mut String) {
    let mut width = 0;
    for word in line.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out.push('\n');
}

fn clipped(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Characters that show nothing or change the direction of what follows: control characters but line breaks and tabs, format
/// characters, fillers, variation selectors, tags, private use.
fn is_hidden(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\n' | '\t' | '\r');
    is_control
        || matches!(u32::from(character),
            0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
            | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
            | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0x10ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_cannot_be_left() {
        for (value, literal) in [
            ("plain", r#""plain""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\"\"\"\nimport os", r#""\"\"\"\nimport os""#),
            ("größe 数", "\"größe 数\""),
            ("a\0b\u{202e}c\u{200b}\u{1f600}\u{2028}", r#""a\x00b\u202ec\u200b\U0001f600\u2028""#),
            ("\u{85}\r", r#""\x85\x0d""#),
        ] {
            assert_eq!(text(value), literal, "{value:?}");
        }
        assert_eq!(in_f_string("/a/{secrets}\""), r#"/a/{{secrets}}\""#);
    }

    #[test]
    fn docstrings_cannot_be_left() {
        assert_eq!(docstring("Say \"hi\"", ""), "\"\"\"Say \"hi\\\"\"\"\"\n");
        assert_eq!(docstring("a \"\"\" b \\", ""), "\"\"\"a \\\"\\\"\\\" b \\\\\"\"\"\n");
        assert_eq!(docstring("a\n\nb\"\"", "  "), "  \"\"\"a\n\n  b\\\"\\\"\n  \"\"\"\n");
    }

    #[test]
    fn annotations_name_nothing_internal() {
        assert_eq!(without_dunders("the ____class__ of a__b, __typename"), "the _class_ of a_b, _typename");
        assert_eq!(without_dunders("a__b _c"), "a__b _c");
    }

    #[test]
    fn prose_shows_all_that_it_says() {
        assert_eq!(prose("a\u{202e}b\0\tc\r\n\n\nd  ", 100), "ab c\n\n\nd");
        assert_eq!(line(" a\n b\u{200b}\x1b ", 100), "a b");
        assert_eq!(line("abcdef", 4), "abc…");
        assert!(prose(&"word ".repeat(100), 1_000).lines().all(|line| line.len() <= WIDTH));
    }
}
