//! Checked names. Inside the product a `ServerName` or `ToolName` is known to be well-formed; text is parsed at the edge.

use serde::{Deserialize, Serialize};

/// Longest published name (`server__tool`); clients cut or refuse longer ones.
pub const PUBLISHED_NAME_MAX: usize = 64;
/// Longest server or tool name on its own, so that `server__tool` fits [`PUBLISHED_NAME_MAX`].
pub const NAME_MAX: usize = 31;
/// Prefix of the management tools; no server may be called so.
pub const RESERVED_PREFIX: &str = "mcpbox";

/// Why a text is not a name. The sentence is fit for an LLM or a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a valid {what}: {rule}")]
pub struct NameError {
    what: &'static str,
    text: String,
    rule: &'static str,
}

macro_rules! name_types {
    ($($(#[$doc:meta])* $name:ident: $what:literal, $check:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses and checks `text`.
            ///
            /// # Errors
            /// [`NameError`] names the rule that is broken.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                match $check(text) {
                    Ok(()) => Ok(Self(text.to_owned())),
                    Err(rule) => Err(NameError { what: $what, text: text.chars().take(80).collect(), rule }),
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

name_types! {
    /// Name of a server: `^[a-z][a-z0-9_]*$`, at most [`NAME_MAX`] characters, no `__`, not `mcpbox…`.
    ServerName: "server name", check_server_name;
    /// Name of a tool within its server: same alphabet and length.
    ToolName: "tool name", check_identifier;
    /// Name of a prompt or resource of a tool: same alphabet, at most 64 characters (no list of functions for a model holds it).
    OfferName: "name of a prompt or resource", check_offer_name;
    /// Name of a secret: `UPPER_SNAKE_CASE`, at most 64 characters.
    SecretKey: "secret key", check_secret_key;
}

fn check_identifier(text: &str) -> Result<(), &'static str> {
    check_words(text)?;
    if text.len() > NAME_MAX {
        return Err("it may have at most 31 characters");
    }
    Ok(())
}

fn check_offer_name(text: &str) -> Result<(), &'static str> {
    check_words(text)?;
    if text.len() > 64 {
        return Err("it may have at most 64 characters");
    }
    Ok(())
}

fn check_words(text: &str) -> Result<(), &'static str> {
    let mut bytes = text.bytes();
    if !bytes.next().is_some_and(|first| first.is_ascii_lowercase()) {
        return Err("it must start with a lower-case letter a-z");
    }
    if !bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err("only a-z, 0-9 and _ are allowed");
    }
    if text.contains("__") || text.ends_with('_') {
        return Err("it may not contain '__' or end with '_' (both separate server and tool)");
    }
    Ok(())
}

fn check_server_name(text: &str) -> Result<(), &'static str> {
    check_identifier(text)?;
    if text.starts_with(RESERVED_PREFIX) {
        return Err("names starting with 'mcpbox' are reserved");
    }
    Ok(())
}

fn check_secret_key(text: &str) -> Result<(), &'static str> {
    let mut bytes = text.bytes();
    if !bytes.next().is_some_and(|first| first.is_ascii_uppercase()) {
        return Err("it must start with an upper-case letter A-Z");
    }
    if !bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
        return Err("only A-Z, 0-9 and _ are allowed (UPPER_SNAKE_CASE)");
    }
    if text.len() > 64 {
        return Err("it may have at most 64 characters");
    }
    Ok(())
}

/// The server or tool name nearest to a text that is none: `Get Weather!` → `get_weather`. None when nothing is left of it.
pub fn nearest_name(text: &str) -> Option<String> {
    let words = words(text);
    let from = words.iter().position(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))?;
    let mut name = words.get(from..)?.join("_");
    name.truncate(NAME_MAX);
    let name = name.trim_end_matches('_').trim_start_matches(RESERVED_PREFIX).trim_start_matches('_');
    check_server_name(name).is_ok().then(|| name.to_owned())
}

/// The secret key nearest to a text that is none: `api-key` → `API_KEY`.
pub fn nearest_key(text: &str) -> Option<String> {
    let key = words(text).join("_").to_ascii_uppercase();
    check_secret_key(&key).is_ok().then_some(key)
}

/// Runs of letters and digits, in lower case; a capital after a small letter begins a new one.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in text.chars().take(200) {
        if !character.is_ascii_alphanumeric() || (after_lower && character.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_ascii_alphanumeric()) {
            word.push(character.to_ascii_lowercase());
        }
        after_lower = character.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The name under which clients see a tool: `server__tool`.
pub fn published_name(server: &ServerName, tool: &ToolName) -> String {
    format!("{server}__{tool}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_at_the_edge() {
        for good in ["a", "weather_api", "x9", &"a".repeat(31)] {
            assert!(ServerName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "1a", "a-b", "a b", "mcpbox_x", "a__b", "a_", "ä", "a\u{200b}", &"a".repeat(32)] {
            assert!(ServerName::parse(bad).is_err(), "{bad}");
        }
        assert!(ToolName::parse("mcpbox_x").is_ok());
        assert!(SecretKey::parse("API_KEY").is_ok());
        assert!(SecretKey::parse("api_key").is_err());
    }

    #[test]
    fn what_is_no_name_has_a_nearest_one() {
        let cases = [
            ("Weather API", Some("weather_api")),
            ("getWeather", Some("get_weather")),
            ("Add Numbers!", Some("add_numbers")),
            ("2nd_try", Some("try")),
            ("a__b_", Some("a_b")),
            ("mcpbox_tools", Some("tools")),
            ("天気", None),
            ("", None),
        ];
        for (text, name) in cases {
            assert_eq!(nearest_name(text).as_deref(), name, "{text}");
        }
        assert_eq!(nearest_name(&"long name ".repeat(9)).map(|name| name.len() <= NAME_MAX), Some(true));
        assert_eq!(nearest_key("api-key").as_deref(), Some("API_KEY"));
        assert_eq!(nearest_key("1"), None);
    }

    #[test]
    fn the_longest_published_name_fits() {
        let name = "a".repeat(NAME_MAX);
        let published = published_name(&ServerName::parse(&name).unwrap(), &ToolName::parse(&name).unwrap());
        assert!(published.len() <= PUBLISHED_NAME_MAX);
    }
}
