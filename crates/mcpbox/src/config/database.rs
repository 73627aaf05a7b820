//! Where the database is: in a setting, or in a file that a service manager or a container engine hands over.

use secrecy::{ExposeSecret, SecretString};

use super::{
    parse::{path, wrong},
    source::{Settings, SettingsError},
};

/// The URL of PostgreSQL; none means SQLite. The text may hold a password and is never repeated.
///
/// # Errors
/// Both settings are there, the file cannot be read, or the URL is for another database.
pub(super) fn url(settings: &Settings) -> Result<Option<SecretString>, SettingsError> {
    let given = settings.get("database_url").0;
    let (key, text) = match path(settings, "database_url_file") {
        None if given.is_empty() => return Ok(None),
        None => ("database_url", SecretString::from(given)),
        Some(_) if !given.is_empty() => {
            return Err(wrong(settings, "database_url_file", "database_url is set too; use one of them"));
        }
        Some(file) => match std::fs::read_to_string(&file) {
            Ok(text) => ("database_url_file", SecretString::from(text.trim())),
            Err(error) => {
                return Err(wrong(settings, "database_url_file", &format!("it cannot be read ({error})")));
            }
        },
    };
    if ["postgres://", "postgresql://"].iter().any(|scheme| text.expose_secret().starts_with(scheme)) {
        return Ok(Some(text));
    }
    let (_, origin) = settings.get(key);
    Err(SettingsError(format!(
        "{key} ({origin}) must start with postgres://; unset it to use SQLite in the data directory"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    fn found(pairs: &[(&'static str, &str)]) -> Result<Option<String>, String> {
        let flags: Flags = pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let env = Environment::from([("HOME".to_owned(), "/home/ada".to_owned())]);
        let settings = Settings::collect(flags, None, None, &env).unwrap();
        let shown = |url: SecretString| url.expose_secret().to_owned();
        url(&settings).map(|url| url.map(shown)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_url_stands_in_a_setting_or_a_file_never_in_both() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("url");
        let name = file.display().to_string();
        assert!(found(&[("database_url_file", &name)]).unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "postgres://u:pw@h/d\n").unwrap();
        assert_eq!(found(&[("database_url_file", &name)]).unwrap().unwrap(), "postgres://u:pw@h/d");
        assert_eq!(found(&[]).unwrap(), None);
        let both = found(&[("database_url_file", &name), ("database_url", "postgres://h/d")]).unwrap_err();
        assert!(both.contains("use one of them"), "{both}");
        std::fs::write(&file, "mysql://u:pw@h/d").unwrap();
        let other = found(&[("database_url_file", &name)]).unwrap_err();
        assert!(other.contains("must start with postgres://") && !other.contains("pw"), "{other}");
    }
}
