//! The forms of questions: one level of fields, each a text, a number, yes or no, one choice or several. Keywords that MCP does not
//! have for them are refused, so that an author learns that a client would ignore them.

use serde_json::{Map, Value, json};

/// Fields of one form.
const FIELDS_MAX: usize = 20;
/// Choices of one field.
const CHOICES_MAX: usize = 100;
/// Longest name of a field, title, description or choice, characters.
const TEXT_MAX: usize = 500;
/// Words in the names of fields that ask for what no tool may ask for.
const SECRETS: [&str; 8] = ["password", "passwd", "passphrase", "secret", "token", "api_key", "apikey", "credential"];
/// Formats of texts.
const FORMATS: [&str; 4] = ["email", "uri", "date", "date-time"];

/// A form without fields: only yes or no.
pub(super) fn empty() -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), json!("object")), ("properties".to_owned(), json!({}))])
}

/// A form that every client can show.
///
/// # Errors
/// What is wrong with it, a sentence.
pub(super) fn checked(schema: &Value) -> Result<Map<String, Value>, String> {
    let form = schema.as_object().ok_or("the schema of a question is a JSON object")?;
    only(
        form,
        "the form",
        &["$schema", "type", "title", "description", "properties", "required", "additionalProperties"],
    )?;
    if form.get("type").is_some_and(|kind| kind != "object") {
        return Err("the schema of a question has the type \"object\"".to_owned());
    }
    let fields =
        form.get("properties").and_then(Value::as_object).ok_or("the schema of a question has \"properties\"")?;
    if fields.len() > FIELDS_MAX {
        return Err(format!("the form has {} fields; at most {FIELDS_MAX} are allowed", fields.len()));
    }
    for (name, field) in fields {
        self::field(name, field)?;
    }
    let mut made = empty();
    for text in ["title", "description"] {
        if let Some(value) = form.get(text) {
            made.insert(text.to_owned(), short(value, text)?.into());
        }
    }
    made.insert("properties".to_owned(), Value::Object(fields.clone()));
    if let Some(required) = form.get("required") {
        let names = required.as_array().ok_or("\"required\" is a list of names of fields")?;
        if let Some(stray) = names.iter().find(|name| !name.as_str().is_some_and(|name| fields.contains_key(name))) {
            return Err(format!("\"required\" names {stray}, which is no field"));
        }
        if !names.is_empty() {
            made.insert("required".to_owned(), required.clone());
        }
    }
    Ok(made)
}

fn field(name: &str, field: &Value) -> Result<(), String> {
    if name.is_empty() || name.chars().count() > TEXT_MAX || name.chars().any(char::is_control) {
        return Err("the name of a field is empty, too long, or has control characters".to_owned());
    }
    let plain = name.to_lowercase().replace(['-', ' '], "_");
    if let Some(word) = SECRETS.iter().find(|word| plain.contains(*word)) {
        return Err(format!(
            "the field '{name}' asks for a {word}: never ask for secrets; make one with mcpbox_create_server_secret, and a human \
             sets its value"
        ));
    }
    let at = format!("the field '{name}'");
    let field = field.as_object().ok_or_else(|| format!("{at} is no JSON object"))?;
    for text in ["title", "description"] {
        field.get(text).map(|value| short(value, text).map_err(|why| format!("{at}: {why}"))).transpose()?;
    }
    let kind = field.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "string" if field.contains_key("enum") || field.contains_key("oneOf") => choice(&at, field),
        "string" => text(&at, field),
        "integer" | "number" => number(&at, field, kind),
        "boolean" => {
            only(field, &at, &["type", "title", "description", "default"])?;
            default_is(&at, field, Value::is_boolean)
        }
        "array" => choices(&at, field),
        "object" => Err(format!("{at} is an object; a form has one level: give it several fields")),
        _ => Err(format!("{at} needs the type string, integer, number, boolean, or array (of choices)")),
    }
}

fn text(at: &str, field: &Map<String, Value>) -> Result<(), String> {
    only(field, at, &["type", "title", "description", "default", "minLength", "maxLength", "format"])?;
    if let Some(format) = field.get("format")
        && !format.as_str().is_some_and(|format| FORMATS.contains(&format))
    {
        return Err(format!("{at} has the format {format}; there are {}", FORMATS.join(", ")));
    }
    for length in ["minLength", "maxLength"] {
        if field.get(length).is_some_and(|value| value.as_u64().is_none_or(|value| value > u64::from(u32::MAX))) {
            return Err(format!("{at}: {length} is a whole number"));
        }
    }
    default_is(at, field, Value::is_string)
}

fn number(at: &str, field: &Map<String, Value>, kind: &str) -> Result<(), String> {
    only(field, at, &["type", "title", "description", "default", "minimum", "maximum"])?;
    let fits = |value: &Value| if kind == "integer" { value.is_i64() } else { value.is_number() };
    for bound in ["minimum", "maximum"] {
        if field.get(bound).is_some_and(|value| !fits(value)) {
            return Err(format!("{at}: {bound} is no {kind}"));
        }
    }
    default_is(at, field, fits)
}

fn choice(at: &str, field: &Map<String, Value>) -> Result<(), String> {
    only(field, at, &["type", "title", "description", "default", "enum", "enumNames", "oneOf"])?;
    let values = match field.get("oneOf") {
        Some(titled) if !field.contains_key("enum") => titled_values(at, titled)?,
        Some(_) => return Err(format!("{at} has both \"enum\" and \"oneOf\"")),
        None => plain_values(at, field.get("enum"))?,
    };
    if let Some(names) = field.get("enumNames")
        && !names.as_array().is_some_and(|all| all.len() == values.len() && all.iter().all(Value::is_string))
    {
        return Err(format!("{at}: \"enumNames\" is a list with a text for each choice"));
    }
    default_is(at, field, |value| value.as_str().is_some_and(|value| values.contains(&value)))
}

fn choices(at: &str, field: &Map<String, Value>) -> Result<(), String> {
    only(field, at, &["type", "title", "description", "default", "minItems", "maxItems", "items"])?;
    let none =
        || format!("{at} is a list: its \"items\" are choices, {{\"type\": \"string\", \"enum\": [\"a\", \"b\"]}}");
    let items = field.get("items").and_then(Value::as_object).ok_or_else(none)?;
    only(items, at, &["type", "enum", "anyOf"])?;
    if items.get("type").is_some_and(|kind| kind != "string") {
        return Err(none());
    }
    let values = match (items.get("anyOf"), items.get("enum")) {
        (Some(titled), None) => titled_values(at, titled)?,
        (None, Some(plain)) if items.contains_key("type") => plain_values(at, Some(plain))?,
        _ => return Err(none()),
    };
    for count in ["minItems", "maxItems"] {
        if field.get(count).is_some_and(|value| value.as_u64().is_none()) {
            return Err(format!("{at}: {count} is a whole number"));
        }
    }
    default_is(at, field, |value| {
        let all = value.as_array().map(|all| all.iter().map(|one| one.as_str().unwrap_or("\0")));
        all.is_some_and(|mut all| all.all(|one| values.contains(&one)))
    })
}

fn plain_values<'v>(at: &str, listed: Option<&'v Value>) -> Result<Vec<&'v str>, String> {
    let listed = listed.and_then(Value::as_array).filter(|all| (1..=CHOICES_MAX).contains(&all.len()));
    let texts: Option<Vec<&str>> = listed.and_then(|all| all.iter().map(choice_text).collect());
    texts.ok_or_else(|| format!("{at} needs 1 to {CHOICES_MAX} choices, each a text"))
}

fn titled_values<'v>(at: &str, listed: &'v Value) -> Result<Vec<&'v str>, String> {
    let read = |one: &'v Value| {
        let one = one.as_object().filter(|one| one.len() == 2)?;
        one.get("title").and_then(choice_text)?;
        one.get("const").and_then(choice_text)
    };
    let listed = listed.as_array().filter(|all| (1..=CHOICES_MAX).contains(&all.len()));
    let texts: Option<Vec<&str>> = listed.and_then(|all| all.iter().map(read).collect());
    texts.ok_or_else(|| {
        format!("{at} needs 1 to {CHOICES_MAX} choices, each {{\"const\": \"a\", \"title\": \"First\"}}")
    })
}

fn choice_text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| text.chars().count() <= TEXT_MAX)
}

fn default_is(at: &str, field: &Map<String, Value>, fits: impl Fn(&Value) -> bool) -> Result<(), String> {
    match field.get("default") {
        Some(default) if !fits(default) => Err(format!("{at}: its default does not fit it")),
        _ => Ok(()),
    }
}

fn only(object: &Map<String, Value>, at: &str, known: &[&str]) -> Result<(), String> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(stray) => {
            let shown: String = stray.chars().take(40).collect();
            Err(format!("{at} has '{shown}', which forms do not have; there are {}", known.join(", ")))
        }
        None => Ok(()),
    }
}

fn short(value: &Value, what: &str) -> Result<String, String> {
    let text = value.as_str().filter(|text| text.chars().count() <= TEXT_MAX);
    text.map(str::to_owned).ok_or_else(|| format!("the {what} is a text of at most {TEXT_MAX} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(field: Value) -> Value {
        json!({"type": "object", "properties": {"a": field}})
    }

    #[test]
    fn all_that_the_protocol_has_may_be_asked() {
        for field in [
            json!({"type": "string", "title": "A", "minLength": 1, "maxLength": 9, "format": "email", "default": "a@b"}),
            json!({"type": "integer", "minimum": 0, "maximum": 9, "default": 3}),
            json!({"type": "number", "minimum": 0.5, "default": 1}),
            json!({"type": "boolean", "default": true}),
            json!({"type": "string", "enum": ["x", "y"], "default": "y"}),
            json!({"type": "string", "enum": ["x", "y"], "enumNames": ["X", "Y"]}),
            json!({"type": "string", "oneOf": [{"const": "x", "title": "X"}]}),
            json!({"type": "array", "items": {"type": "string", "enum": ["x", "y"]}, "minItems": 1, "default": ["x"]}),
            json!({"type": "array", "items": {"anyOf": [{"const": "x", "title": "X"}]}}),
        ] {
            assert!(checked(&form(field.clone())).is_ok(), "{field}: {:?}", checked(&form(field.clone())));
        }
        let made = checked(
            &json!({"properties": {"a": {"type": "boolean"}}, "required": ["a"], "additionalProperties": false}),
        );
        assert_eq!(
            json!(made.unwrap()),
            json!({"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]})
        );
    }

    #[test]
    fn what_a_client_cannot_show_is_refused_with_the_reason() {
        for (field, why) in [
            (json!({"type": "object", "properties": {}}), "one level"),
            (json!({"type": "array", "items": {"type": "integer"}}), "choices"),
            (json!({"type": "null"}), "needs the type"),
            (json!({"type": "string", "pattern": "a"}), "pattern"),
            (json!({"type": "string", "format": "ipv4"}), "date-time"),
            (json!({"type": "string", "enum": []}), "1 to 100"),
            (json!({"type": "string", "enum": ["x"], "default": "z"}), "default"),
            (json!({"type": "string", "enum": ["x", "y"], "enumNames": ["X"]}), "enumNames"),
            (json!({"type": "integer", "default": 1.5}), "default"),
            (json!({"type": "boolean", "default": "yes"}), "default"),
            (json!({"$ref": "#/x"}), "needs the type"),
            (json!(5), "no JSON object"),
        ] {
            let told = checked(&form(field.clone())).unwrap_err();
            assert!(told.contains(why), "{field}: {told}");
        }
        assert!(checked(&json!({"properties": {}, "required": ["a"]})).unwrap_err().contains("no field"));
        let many: Map<String, Value> = (0..21).map(|n| (format!("f{n}"), json!({"type": "boolean"}))).collect();
        assert!(checked(&json!({"properties": many})).unwrap_err().contains("at most 20"));
    }

    #[test]
    fn no_form_asks_for_secrets() {
        for name in ["password", "API key", "my-secret", "github_token"] {
            let told = checked(&json!({"properties": {name: {"type": "string"}}})).unwrap_err();
            assert!(told.contains("never ask for secrets"), "{name}: {told}");
        }
    }
}
