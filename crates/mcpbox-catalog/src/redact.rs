//! What a call record must not keep: arguments whose name or form says secret, and values unsealed for the call.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

/// Stands where something was.
const REDACTED: &str = "[redacted]";
/// Shorter values are not searched for in texts: they would hit by chance.
const SCRUB_MIN_BYTES: usize = 6;

/// Arguments as a record may keep them.
pub(crate) fn arguments(arguments: &Map<String, Value>) -> Value {
    Value::Object(redact_map(arguments))
}

/// Any value as a record may keep it.
pub(crate) fn value(value: &Value) -> Value {
    redact(value)
}

fn redact_map(map: &Map<String, Value>) -> Map<String, Value> {
    map.iter()
        .map(|(key, value)| {
            let kept = if says_secret(key, value) { Value::from(REDACTED) } else { redact(value) };
            (key.clone(), kept)
        })
        .collect()
}

fn redact(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(redact_map(map)),
        Value::Array(items) => items.iter().map(redact).collect(),
        Value::String(text) if looks_secret(text) => Value::from(REDACTED),
        scalar => scalar.clone(),
    }
}

/// Takes an unsealed value out of every text within `value`, names of fields included.
pub(crate) fn scrub(value: &mut Value, secret: &SecretString) {
    if secret.expose_secret().len() >= SCRUB_MIN_BYTES {
        scrub_text(value, secret.expose_secret());
    }
}

fn scrub_text(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) if text.contains(secret) => *text = text.replace(secret, REDACTED),
        Value::Array(items) => items.iter_mut().for_each(|item| scrub_text(item, secret)),
        Value::Object(map) => {
            let fields = std::mem::take(map).into_iter().map(|(key, mut item)| {
                scrub_text(&mut item, secret);
                (key.replace(secret, REDACTED), item)
            });
            *map = fields.collect();
        }
        _ => {}
    }
}

/// Whether the name of an argument says that its value is secret. A number of tokens is none.
fn says_secret(key: &str, value: &Value) -> bool {
    let name: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let always = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "apikey",
        "authorization",
        "credential",
        "privatekey",
        "accesskey",
    ];
    let unless_number = ["token", "cookie", "bearer", "otp"];
    always.iter().any(|word| name.contains(word))
        || matches!(name.as_str(), "auth" | "pwd" | "pin" | "jwt")
        || (!value.is_number() && !value.is_boolean() && unless_number.iter().any(|word| name.contains(word)))
}

/// Whether a text has the form of well-known keys and tokens.
fn looks_secret(text: &str) -> bool {
    let prefixes = [
        "sk-",
        "ghp_",
        "gho_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "AKIA",
        "Bearer ",
        "Basic ",
        "mcpb_",
        "-----BEGIN ",
    ];
    let is_jwt = text.starts_with("eyJ") && text.matches('.').count() == 2;
    text.len() >= 16 && (is_jwt || prefixes.iter().any(|prefix| text.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn redacted(value: Value) -> Value {
        arguments(value.as_object().unwrap())
    }

    #[test]
    fn secret_looking_arguments_are_redacted_at_any_depth() {
        let kept = redacted(
            json!({"city": "Bern", "api_key": "x", "Authorization": "y", "nested": [{"user_password": 1234}], "max_tokens": 7,
                   "access-token": "z", "note": "Bearer abcdefghijklmnop", "auth": {"a": 1}}),
        );
        assert_eq!(
            kept,
            json!({"city": "Bern", "api_key": REDACTED, "Authorization": REDACTED, "nested": [{"user_password": REDACTED}],
                   "max_tokens": 7, "access-token": REDACTED, "note": REDACTED, "auth": REDACTED})
        );
    }

    proptest! {
        #[test]
        fn an_unsealed_value_never_stays(before in ".{0,20}", value in "[a-zA-Z0-9+/=]{6,40}", after in ".{0,20}") {
            prop_assume!(!REDACTED.contains(&value));
            let mut kept = json!({"q": format!("{before}{value}{after}"), "l": [&value], (&value): 1});
            scrub(&mut kept, &SecretString::from(value.clone()));
            prop_assert!(!kept.to_string().contains(&value));
        }
    }
}
