//! The settings of sandbox workers, on both sides. A worker that is given a database or an encryption key does not start: whoever
//! breaks out of a sandbox there must find nothing, and a setting that is silently unused would stay unnoticed.

use std::path::Path;

use mcpbox_core::bearer::BearerKey;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    Doors, Role, WorkerSettings,
    parse::{address, choice, path, wrong},
    source::{Environment, Settings, SettingsError},
};

/// Settings that only a server may have.
const SERVER_ONLY: [&str; 5] =
    ["database_url", "database_url_file", "encryption_key", "encryption_key_file", "sandbox_url"];
/// Files that only a server's data directory holds.
const SERVER_FILES: [&str; 2] = ["encryption.key", "mcpbox.db"];
/// The encryption key as the service manager hands it over.
const CREDENTIAL: &str = "mcpbox.key";

/// What this process is.
///
/// # Errors
/// A value that cannot be used, a missing key, or something a worker must not have.
pub(super) fn role(settings: &Settings, env: &Environment, data_dir: &Path) -> Result<Role, SettingsError> {
    let key = key(settings)?;
    let doors = match choice(settings, "role", &["all", "admin", "gateway", "sandbox"])? {
        "admin" => Doors::Admin,
        "gateway" => Doors::Gateway,
        "sandbox" => return worker(settings, env, data_dir, key),
        _ => Doors::All,
    };
    if doors != Doors::All && ["database_url", "database_url_file"].iter().all(|key| settings.get(key).0.is_empty()) {
        return Err(wrong(settings, "role", "parts of a server share a PostgreSQL database: set DATABASE_URL"));
    }
    let urls = urls(settings)?;
    match (urls.is_empty(), key) {
        (true, _) => Ok(Role::Server { doors, workers: None }),
        (false, Some(key)) => Ok(Role::Server { doors, workers: Some(WorkerSettings { urls, key }) }),
        (false, None) => Err(wrong(
            settings,
            "sandbox_url",
            "its workers need their key; set MCPBOX_SANDBOX_KEY to the same value as there",
        )),
    }
}

fn worker(
    settings: &Settings,
    env: &Environment,
    data_dir: &Path,
    key: Option<BearerKey>,
) -> Result<Role, SettingsError> {
    holds_nothing(settings, env, data_dir)?;
    let addr = address(settings, "sandbox_addr")?;
    match key {
        Some(key) => Ok(Role::Sandbox { addr, key }),
        None => Err(SettingsError(
            "role is 'sandbox', which needs a key: make one with `mcpbox key`, and set MCPBOX_SANDBOX_KEY to it here and on the server"
                .to_owned(),
        )),
    }
}

/// Who may read the metrics.
///
/// # Errors
/// It is too short.
pub(super) fn metrics_token(settings: &Settings) -> Result<Option<BearerKey>, SettingsError> {
    bearer(settings, "metrics_token", settings.get("metrics_token").0)
}

fn holds_nothing(settings: &Settings, env: &Environment, data_dir: &Path) -> Result<(), SettingsError> {
    let refuse = |what: String| {
        Err(SettingsError(format!(
            "a sandbox worker must have neither database nor encryption key, so that whoever breaks out of a sandbox finds nothing; {what}"
        )))
    };
    for key in SERVER_ONLY {
        let (text, origin) = settings.get(key);
        if !text.is_empty() {
            return refuse(format!("unset {key} ({origin})"));
        }
    }
    let credential = env.get("CREDENTIALS_DIRECTORY").map(|dir| Path::new(dir).join(CREDENTIAL));
    if let Some(file) = credential.filter(|file| file.exists()) {
        return refuse(format!("do not hand it {}", file.display()));
    }
    match SERVER_FILES.iter().map(|name| data_dir.join(name)).find(|file| file.exists()) {
        Some(file) => {
            refuse(format!("{} belongs to a server; name a directory of its own with --data-dir DIR", file.display()))
        }
        None => Ok(()),
    }
}

fn urls(settings: &Settings) -> Result<Vec<Url>, SettingsError> {
    let texts = settings.get("sandbox_url").0.split(',').map(str::trim).filter(|text| !text.is_empty());
    let mut urls = Vec::new();
    for text in texts {
        let url = Url::parse(text).ok().filter(is_worker).ok_or_else(|| {
            // The text may hold a password: never repeat it.
            let (_, origin) = settings.get("sandbox_url");
            SettingsError(format!(
                "sandbox_url ({origin}) must be http://HOST:8001 or https://HOST, several separated by commas, without user, query or fragment"
            ))
        })?;
        if urls.contains(&url) {
            return Err(wrong(settings, "sandbox_url", "it names the same worker twice"));
        }
        urls.push(url);
    }
    Ok(urls)
}

fn is_worker(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

fn key(settings: &Settings) -> Result<Option<BearerKey>, SettingsError> {
    let given = settings.get("sandbox_key").0;
    let Some(file) = path(settings, "sandbox_key_file") else {
        return bearer(settings, "sandbox_key", given);
    };
    if !given.is_empty() {
        return Err(wrong(settings, "sandbox_key_file", "sandbox_key is set too; use one of them"));
    }
    match std::fs::read_to_string(&file).map(SecretString::from) {
        Ok(text) => bearer(settings, "sandbox_key_file", text.expose_secret()),
        Err(error) => Err(wrong(settings, "sandbox_key_file", &format!("it cannot be read ({error})"))),
    }
}

/// A key. The text is never repeated.
fn bearer(settings: &Settings, key: &str, text: &str) -> Result<Option<BearerKey>, SettingsError> {
    if text.trim().is_empty() && key != "sandbox_key_file" {
        return Ok(None);
    }
    let (_, origin) = settings.get(key);
    BearerKey::parse(text).map(Some).map_err(|error| SettingsError(format!("{key} ({origin}) cannot be used: {error}")))
}
