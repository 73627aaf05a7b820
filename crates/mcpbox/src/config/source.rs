//! Where each value comes from. Pure but for reading the settings file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{CONFIG_FILE, FLAG_OR_VARIABLE_ONLY, SETTINGS, Setting};

/// Given flags by key.
pub(crate) type Flags = BTreeMap<&'static str, String>;
/// Environment variables, secrets included.
pub(crate) type Environment = BTreeMap<String, String>;

/// A setting that cannot be used. The sentence names it, where it stands, and what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SettingsError(pub String);

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag.
    Flag(String),
    /// An environment variable.
    Variable(&'static str),
    /// A key of the settings file.
    File(PathBuf),
    /// Nothing set it.
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Every setting's text and origin.
#[derive(Debug)]
pub(crate) struct Settings {
    values: BTreeMap<&'static str, (String, Origin)>,
}

impl Settings {
    /// Collects all values. `data_dir` and `config` are the two flags that every subcommand takes.
    ///
    /// # Errors
    /// [`SettingsError`] for a settings file that cannot be read or holds unknown keys.
    pub(crate) fn collect(
        mut flags: Flags,
        data_dir: Option<String>,
        config: Option<String>,
        env: &Environment,
    ) -> Result<Self, SettingsError> {
        if let Some(dir) = data_dir {
            flags.insert("data_dir", dir);
        }
        let named = config.or_else(|| env.get("MCPBOX_CONFIG").cloned());
        let file = match &named {
            Some(path) => SettingsFile::read(Path::new(path), true)?,
            None => {
                let dir = flags.get("data_dir").or_else(|| env.get("MCPBOX_DATA_DIR")).map(PathBuf::from);
                let dir = dir.or_else(|| default_data_dir(env)).unwrap_or_default();
                SettingsFile::read(&dir.join(CONFIG_FILE), false)?
            }
        };
        Ok(Self::of(&flags, env, &file))
    }

    fn of(flags: &Flags, env: &Environment, file: &SettingsFile) -> Self {
        Self { values: SETTINGS.iter().map(|setting| (setting.key, value_of(setting, flags, env, file))).collect() }
    }

    /// All values from an environment and the text of a settings file.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn from_texts(env: &Environment, file: &str) -> Result<Self, SettingsError> {
        Ok(Self::of(&Flags::new(), env, &SettingsFile::parse(Path::new(CONFIG_FILE), file)?))
    }

    /// Text and origin of `key`; empty text means unset.
    pub(crate) fn get(&self, key: &str) -> (&str, &Origin) {
        self.values.get(key).map_or(("", &Origin::Default), |(text, origin)| (text.as_str(), origin))
    }
}

fn value_of(setting: &Setting, flags: &Flags, env: &Environment, file: &SettingsFile) -> (String, Origin) {
    if let Some(text) = flags.get(setting.key) {
        return (text.clone(), Origin::Flag(format!("--{}", setting.key.replace('_', "-"))));
    }
    let set = |name: &&&'static str| env.get(**name).is_some_and(|text| !text.is_empty());
    if let Some(name) = setting.env.iter().find(set) {
        return (env.get(*name).cloned().unwrap_or_default(), Origin::Variable(name));
    }
    if let Some(text) = file.values.get(setting.key) {
        return (text.clone(), Origin::File(file.path.clone()));
    }
    if setting.key == "data_dir"
        && let Some(dir) = default_data_dir(env)
    {
        return (dir.display().to_string(), Origin::Default);
    }
    (setting.default.to_owned(), Origin::Default)
}

/// `$XDG_DATA_HOME/mcpbox`, else `~/.local/share/mcpbox`.
fn default_data_dir(env: &Environment) -> Option<PathBuf> {
    let absolute = |name: &str| env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))?;
    Some(base.join("mcpbox"))
}

struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

impl SettingsFile {
    fn read(path: &Path, must_exist: bool) -> Result<Self, SettingsError> {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            // Without a file there are only defaults; a directory that cannot be read is told later, with its fix.
            Err(_) if !must_exist => String::new(),
            Err(error) => {
                return Err(SettingsError(format!("cannot read the settings file {shown} ({error}); check --config")));
            }
        };
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let shown = path.display();
        let table: toml::Table = toml::from_str(text)
            .map_err(|error| SettingsError(format!("{shown} is not valid TOML: {}", error.message().trim())))?;
        let mut values = BTreeMap::new();
        for (key, value) in table {
            values.insert(key.clone(), Self::text_of(&key, value, path)?);
        }
        Ok(Self { path: path.to_owned(), values })
    }

    fn text_of(key: &str, value: toml::Value, path: &Path) -> Result<String, SettingsError> {
        let shown = path.display();
        if !SETTINGS.iter().any(|setting| setting.key == key) {
            let known = SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>().join(", ");
            return Err(SettingsError(format!("{shown} has the unknown key '{key}'; known are {known}")));
        }
        if key == FLAG_OR_VARIABLE_ONLY {
            return Err(SettingsError(format!(
                "{shown} may not say '{key}'; use the flag --insecure-no-sandbox or MCPBOX_INSECURE_NO_SANDBOX=1"
            )));
        }
        match value {
            toml::Value::String(text) => Ok(text),
            toml::Value::Boolean(true) => Ok("on".to_owned()),
            toml::Value::Boolean(false) => Ok("off".to_owned()),
            _ => Err(SettingsError(format!("'{key}' in {shown} must be a text in quotes"))),
        }
    }
}
