//! `mcpbox config`: what is in force, and where it comes from. Secrets are never shown.

use serde_json::{Map, Value, json};

use super::{SETTINGS, Setting, Settings};

/// What stands in place of a secret.
const HIDDEN: &str = "(hidden)";

/// One line per setting, in the shape of a settings file with the origin as comment.
pub(crate) fn print_table(settings: &Settings) -> String {
    let shown: Vec<_> = SETTINGS.iter().map(|setting| (setting, shown_value(setting, settings))).collect();
    let width = shown.iter().map(|(setting, value)| setting.key.len() + value.len()).max().unwrap_or(0) + 5;
    let mut text = String::new();
    for (setting, value) in shown {
        let line = format!("{} = {value:?}", setting.key);
        let (_, origin) = settings.get(setting.key);
        text.push_str(&format!("{line:width$}  # {origin}; {}\n", setting.about));
    }
    text
}

/// The same as JSON: `{key: {value, origin}}`; an unset value is null.
pub(crate) fn print_json(settings: &Settings) -> Value {
    let mut all = Map::new();
    for setting in SETTINGS {
        let value = shown_value(setting, settings);
        let value = if value.is_empty() { Value::Null } else { Value::String(value) };
        all.insert(setting.key.to_owned(), json!({"value": value, "origin": settings.get(setting.key).1.to_string()}));
    }
    Value::Object(all)
}

fn shown_value(setting: &Setting, settings: &Settings) -> String {
    match settings.get(setting.key).0 {
        "" => String::new(),
        _ if setting.is_secret => HIDDEN.to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, source::Environment};

    #[test]
    fn secrets_are_never_printed() {
        let env: Environment = [
            ("HOME", "/home/ada"),
            ("DATABASE_URL", "postgres://u:topsecret@h/d"),
            ("MCPBOX_ENCRYPTION_KEY", "deadbeef"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
        let settings = Settings::collect(Flags::new(), None, None, &env).unwrap();
        for text in [print_table(&settings), print_json(&settings).to_string()] {
            assert!(!text.contains("topsecret") && !text.contains("deadbeef"), "{text}");
            assert!(text.contains("DATABASE_URL") && text.contains(HIDDEN), "{text}");
        }
    }
}
