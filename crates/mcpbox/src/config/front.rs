//! The trusted front before the remote gateway, and the tunnel to it. What the page sets up needs none of these.

use std::path::PathBuf;

use mcpbox_core::front::TrustedFront;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    parse::{path, wrong},
    source::{Settings, SettingsError},
};

/// A token that can be guessed would be none.
const TOKEN_MIN: usize = 32;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct FrontSettings {
    /// A front that somebody set up by hand; the page's own is kept in the database.
    pub front: Option<TrustedFront>,
    /// `cloudflared` to keep running.
    pub cloudflared: Option<PathBuf>,
    /// Token of its tunnel; the page's own unless given.
    pub tunnel_token: Option<SecretString>,
    /// Where Cloudflare's API is.
    pub cloudflare_api: String,
}

/// Checks these settings.
///
/// # Errors
/// A value that cannot be used, or a pair of which one half is missing.
pub(super) fn parse(settings: &Settings) -> Result<FrontSettings, SettingsError> {
    let cloudflared = path(settings, "cloudflared");
    if let Some(program) = &cloudflared
        && !program.is_absolute()
    {
        return Err(wrong(
            settings,
            "cloudflared",
            "it must be the whole path of the program, such as /usr/bin/cloudflared",
        ));
    }
    let api = settings.get("cloudflare_api").0.trim_end_matches('/');
    if !api.starts_with("https://") && !api.starts_with("http://") {
        return Err(wrong(settings, "cloudflare_api", "it must start with https://"));
    }
    let tunnel_token = secret(settings, ["tunnel_token", "tunnel_token_file"])?;
    Ok(FrontSettings { front: front(settings)?, cloudflared, tunnel_token, cloudflare_api: api.to_owned() })
}

fn front(settings: &Settings) -> Result<Option<TrustedFront>, SettingsError> {
    let emails: Vec<&str> =
        settings.get("front_emails").0.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    let Some(token) = secret(settings, ["front_token", "front_token_file"])? else {
        return match emails.is_empty() {
            true => Ok(None),
            false => {
                Err(wrong(settings, "front_emails", "a trusted front needs its token too: set MCPBOX_FRONT_TOKEN_FILE"))
            }
        };
    };
    if token.expose_secret().len() < TOKEN_MIN {
        return Err(SettingsError(format!(
            "front_token has less than {TOKEN_MIN} characters; make one with `mcpbox key`"
        )));
    }
    let front = TrustedFront::new(token.expose_secret(), emails);
    front.map(Some).map_err(|why| wrong(settings, "front_emails", &why))
}

/// A secret that stands in a setting or in a file, never in both. It is not repeated.
fn secret(settings: &Settings, [key, file_key]: [&str; 2]) -> Result<Option<SecretString>, SettingsError> {
    let given = Some(settings.get(key).0.trim()).filter(|text| !text.is_empty());
    match (given, path(settings, file_key)) {
        (given, None) => Ok(given.map(SecretString::from)),
        (Some(_), Some(_)) => Err(wrong(settings, file_key, &format!("{key} is set too; use one of them"))),
        (None, Some(file)) => match std::fs::read_to_string(&file) {
            Ok(text) if text.trim().is_empty() => Err(wrong(settings, file_key, "the file is empty")),
            Ok(text) => Ok(Some(SecretString::from(text.trim()))),
            Err(error) => Err(wrong(settings, file_key, &format!("it cannot be read ({error})"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    fn found(pairs: &[(&'static str, &str)]) -> Result<FrontSettings, String> {
        let flags: Flags = pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let env = Environment::from([("HOME".to_owned(), "/home/ada".to_owned())]);
        let settings = Settings::collect(flags, None, None, &env).unwrap();
        parse(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_front_needs_a_long_token_and_people() {
        let token = "0123456789abcdef0123456789abcdef";
        assert!(found(&[]).unwrap().front.is_none());
        let front = found(&[("front_token", token), ("front_emails", "Ada@example.com, bob@example.com")]).unwrap();
        assert_eq!(front.front, Some(TrustedFront::new(token, ["ada@example.com", "bob@example.com"]).unwrap()));
        for (pairs, why) in [
            (vec![("front_token", token)], "let nobody in"),
            (vec![("front_emails", "ada@example.com")], "needs its token"),
            (vec![("front_token", "short"), ("front_emails", "ada@example.com")], "less than 32"),
            (vec![("front_token", token), ("front_token_file", "/x")], "use one of them"),
            (vec![("cloudflared", "cloudflared")], "whole path"),
        ] {
            let said = found(&pairs).unwrap_err();
            assert!(said.contains(why) && !said.contains(token), "{said}");
        }
    }
}
