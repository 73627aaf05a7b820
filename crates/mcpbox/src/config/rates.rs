//! How often one may ask, in one setting: `logins=5, tools=60`. What is not named keeps its default.

use std::num::NonZeroU32;

use super::{
    parse::{choice, wrong},
    source::{Settings, SettingsError},
};

/// Limits by what they count; none is without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Requests to the admin API a minute, of one address.
    pub requests: Option<NonZeroU32>,
    /// Attempts to log in a minute, of one address.
    pub logins: Option<NonZeroU32>,
    /// Calls of one published tool a minute.
    pub tools: Option<NonZeroU32>,
    /// Tool calls of one client a minute.
    pub calls: Option<NonZeroU32>,
    /// Requests for tokens a minute, of one OAuth client at one address.
    pub tokens: Option<NonZeroU32>,
    /// Registrations of OAuth clients an hour, of one address.
    pub registrations: Option<NonZeroU32>,
    /// Logins of OAuth clients that begin a minute, of one address.
    pub authorizations: Option<NonZeroU32>,
    /// Looks of pages that wait for such a login a minute, of one address.
    pub looks: Option<NonZeroU32>,
}

impl Rates {
    const DEFAULT: Self = Self {
        requests: NonZeroU32::new(600),
        logins: NonZeroU32::new(5),
        tools: NonZeroU32::new(60),
        calls: NonZeroU32::new(600),
        tokens: NonZeroU32::new(60),
        registrations: NonZeroU32::new(5),
        authorizations: NonZeroU32::new(20),
        looks: NonZeroU32::new(120),
    };

    /// Nothing is limited.
    pub(crate) const OFF: Self = Self {
        requests: None,
        logins: None,
        tools: None,
        calls: None,
        tokens: None,
        registrations: None,
        authorizations: None,
        looks: None,
    };

    /// As set.
    ///
    /// # Errors
    /// A word is none of the limits, or its number none.
    pub(super) fn parse(settings: &Settings) -> Result<Self, SettingsError> {
        let is_on = choice(settings, "rate_limit", &["on", "off"])? == "on";
        let words = settings.get("rate_limits").0.split(',').map(str::trim).filter(|word| !word.is_empty());
        let mut rates = Self::DEFAULT;
        for word in words {
            rates.set(word).ok_or_else(|| wrong(settings, "rate_limits", &rule(word)))?;
        }
        Ok(if is_on { rates } else { Self::OFF })
    }

    fn set(&mut self, word: &str) -> Option<()> {
        let (name, number) = word.split_once('=')?;
        let limit = match name.trim() {
            "requests" => &mut self.requests,
            "logins" => &mut self.logins,
            "tools" => &mut self.tools,
            "calls" => &mut self.calls,
            "tokens" => &mut self.tokens,
            "registrations" => &mut self.registrations,
            "authorizations" => &mut self.authorizations,
            "looks" => &mut self.looks,
            _ => return None,
        };
        *limit = Some(number.trim().parse().ok()?);
        Some(())
    }
}

fn rule(word: &str) -> String {
    format!(
        "'{word}' is none of requests, logins, tools, calls, tokens, registrations, authorizations and looks with a number of 1 or more, such as logins=5"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    fn rates(pairs: &[(&'static str, &str)]) -> Result<Rates, String> {
        let flags: Flags = pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let env = Environment::from([("HOME".to_owned(), "/home/ada".to_owned())]);
        Rates::parse(&Settings::collect(flags, None, None, &env).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_limit_that_is_named_changes_and_the_others_stay() {
        assert_eq!(rates(&[]).unwrap(), Rates::DEFAULT);
        let some = rates(&[("rate_limits", "logins=7, tools = 9,")]).unwrap();
        let expected = Rates { logins: NonZeroU32::new(7), tools: NonZeroU32::new(9), ..Rates::DEFAULT };
        assert_eq!(some, expected);
        assert_eq!(rates(&[("rate_limit", "off"), ("rate_limits", "logins=7")]).unwrap(), Rates::OFF);
        for bad in ["logins", "logins=0", "logins=-1", "logins=many", "login=5", "=5"] {
            let refusal = rates(&[("rate_limits", bad)]).unwrap_err();
            assert!(refusal.contains(&format!("'{bad}' is none of")), "{refusal}");
        }
    }
}
