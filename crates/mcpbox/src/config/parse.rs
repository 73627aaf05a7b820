//! From texts to a checked [`Config`].

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{
    Config,
    source::{Environment, Settings, SettingsError},
};

/// Key file that is made in the data directory.
const KEY_FILE: &str = "encryption.key";

impl Config {
    /// Checks every value.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting that cannot be used, where it stands, and what it should be.
    pub(crate) fn parse(settings: &Settings, env: &Environment) -> Result<Self, SettingsError> {
        let data_dir = match settings.get("data_dir").0 {
            "" => {
                return Err(SettingsError(
                    "there is no home directory to store data in; name one with --data-dir DIR".to_owned(),
                ));
            }
            dir => absolute(PathBuf::from(dir))?,
        };
        let role = super::workers::role(settings, env, &data_dir)?;
        let config = Self {
            admin_addr: address(settings, "admin_addr")?,
            mcp_addr: super::clients::mcp_address(settings)?,
            admin_clients: super::clients::of_listener(settings, "admin_clients")?,
            mcp_clients: super::clients::mcp(settings)?,
            trusted_proxies: super::proxies::trusted(settings)?,
            mcp_allowed_origins: super::proxies::origins(settings)?,
            hsts: choice(settings, "hsts", &["on", "off"])? == "on",
            admin_url: base_url(settings, "admin_url")?,
            mcp_url: base_url(settings, "mcp_url")?,
            remote: super::remote::remote(settings)?,
            database_url: super::database::url(settings)?,
            python: path(settings, "python"),
            credentials_directory: env.get("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            key_file: path(settings, "encryption_key_file").unwrap_or_else(|| data_dir.join(KEY_FILE)),
            key: Some(settings.get("encryption_key").0).filter(|hex| !hex.is_empty()).map(Into::into),
            extra_ca: path(settings, "extra_ca"),
            insecure_no_sandbox: match settings.get("insecure_no_sandbox").0 {
                "1" | "true" => true,
                _ => choice(settings, "insecure_no_sandbox", &["on", "off"])? == "on",
            },
            rates: super::rates::Rates::parse(settings)?,
            task_after: task_after(settings)?,
            role,
            metrics_addr: metrics_address(settings)?,
            metrics_token: super::workers::metrics_token(settings)?,
            front: super::front::parse(settings)?,
            log: settings.get("log").0.to_owned(),
            logs_json: choice(settings, "log_format", &["text", "json"])? == "json",
            data_dir,
        };
        super::danger::refuse(&config, settings)?;
        Ok(config)
    }
}

pub(super) fn wrong(settings: &Settings, key: &str, rule: &str) -> SettingsError {
    let (text, origin) = settings.get(key);
    SettingsError(format!("{key} is '{text}' ({origin}); {rule}"))
}

fn absolute(dir: PathBuf) -> Result<PathBuf, SettingsError> {
    std::path::absolute(&dir)
        .map_err(|error| SettingsError(format!("data_dir {} cannot be used: {error}", dir.display())))
}

pub(super) fn path(settings: &Settings, key: &str) -> Option<PathBuf> {
    Some(settings.get(key).0).filter(|text| !text.is_empty()).map(PathBuf::from)
}

pub(super) fn address(settings: &Settings, key: &str) -> Result<SocketAddr, SettingsError> {
    let text = settings.get(key).0;
    let numeric = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    numeric.parse().map_err(|_| {
        wrong(settings, key, "it must be ADDRESS:PORT, for instance 127.0.0.1:3000 (port 0 takes a free one)")
    })
}

/// Where metrics are served alone. What is not loopback can be reached by others, who must show something.
fn metrics_address(settings: &Settings) -> Result<Option<SocketAddr>, SettingsError> {
    if settings.get("metrics_addr").0.is_empty() {
        return Ok(None);
    }
    let address = address(settings, "metrics_addr")?;
    if !address.ip().is_loopback() && settings.get("metrics_token").0.is_empty() {
        let rule = "others can reach that address: set MCPBOX_METRICS_TOKEN too (make one with `mcpbox key`), or use 127.0.0.1:9090";
        return Err(wrong(settings, "metrics_addr", rule));
    }
    Ok(Some(address))
}

/// How long a call may take before it becomes a task.
fn task_after(settings: &Settings) -> Result<Option<Duration>, SettingsError> {
    let text = settings.get("task_after").0;
    if text == "never" {
        return Ok(None);
    }
    let seconds = text.parse().ok().filter(|seconds| (0.1..=600.0).contains(seconds));
    let rule = || wrong(settings, "task_after", "it must be seconds between 0.1 and 600, or never");
    seconds.map(|seconds| Some(Duration::from_secs_f64(seconds))).ok_or_else(rule)
}

fn base_url(settings: &Settings, key: &str) -> Result<Option<String>, SettingsError> {
    match settings.get(key).0.trim_end_matches('/') {
        "" => Ok(None),
        url if url.starts_with("http://") || url.starts_with("https://") => Ok(Some(url.to_owned())),
        _ => Err(wrong(settings, key, "it must start with http:// or https://")),
    }
}

pub(super) fn choice<'a>(settings: &'a Settings, key: &str, allowed: &[&str]) -> Result<&'a str, SettingsError> {
    let text = settings.get(key).0;
    if allowed.contains(&text) {
        return Ok(text);
    }
    let (last, others) = allowed.split_last().unwrap_or((&"", &[]));
    Err(wrong(settings, key, &format!("it must be {} or {last}", others.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    fn env(pairs: &[(&str, &str)]) -> Environment {
        [("HOME", "/home/ada")].iter().chain(pairs).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn parse(flags: &[(&'static str, &str)], pairs: &[(&str, &str)], file: &str) -> Result<Config, SettingsError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mcpbox.toml");
        std::fs::write(&path, file).unwrap();
        let flags: Flags = flags.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        let settings = Settings::collect(flags, None, Some(path.display().to_string()), &env(pairs))?;
        Config::parse(&settings, &env(pairs))
    }

    #[test]
    fn calls_become_tasks_after_seconds_or_never() {
        let after = |text: &str| parse(&[("task_after", text)], &[], "").map(|config| config.task_after);
        assert_eq!(parse(&[], &[], "").unwrap().task_after, Some(Duration::from_secs(5)));
        assert_eq!(after("0.5").unwrap(), Some(Duration::from_millis(500)));
        assert_eq!(after("never").unwrap(), None);
        for wrong in ["0", "-1", "601", "NaN", "soon", ""] {
            let refusal = after(wrong).unwrap_err().to_string();
            assert!(refusal.contains("between 0.1 and 600, or never"), "{wrong}: {refusal}");
        }
    }

    #[test]
    fn flag_beats_variable_beats_file_beats_default() {
        let port = |config: Config| config.mcp_addr.port();
        let file = "mcp_addr = '127.0.0.1:3'";
        let variable = [("MCPBOX_MCP_ADDR", "127.0.0.1:2")];
        assert_eq!(port(parse(&[("mcp_addr", "127.0.0.1:1")], &variable, file).unwrap()), 1);
        assert_eq!(port(parse(&[], &variable, file).unwrap()), 2);
        assert_eq!(port(parse(&[], &[], file).unwrap()), 3);
        assert_eq!(port(parse(&[], &[], "").unwrap()), 8000);
    }

    #[test]
    fn defaults_are_those_of_the_guide() {
        let config = parse(&[], &[], "").unwrap();
        assert_eq!(config.data_dir, PathBuf::from("/home/ada/.local/share/mcpbox"));
        assert_eq!(config.admin_addr.to_string(), "127.0.0.1:3000");
        assert!(config.rates.logins.is_some() && config.database_url.is_none() && config.python.is_none());
        assert!(config.key.is_none() && config.key_file == config.data_dir.join("encryption.key"));
        let xdg = parse(&[], &[("XDG_DATA_HOME", "/x")], "").unwrap();
        assert_eq!(xdg.data_dir, PathBuf::from("/x/mcpbox"));
    }

    #[test]
    fn only_a_flag_or_a_variable_weakens_the_sandbox() {
        assert!(!parse(&[], &[], "").unwrap().insecure_no_sandbox);
        assert!(parse(&[("insecure_no_sandbox", "on")], &[], "").unwrap().insecure_no_sandbox);
        assert!(parse(&[], &[("MCPBOX_INSECURE_NO_SANDBOX", "1")], "").unwrap().insecure_no_sandbox);
        assert!(!parse(&[], &[("MCPBOX_INSECURE_NO_SANDBOX", "off")], "").unwrap().insecure_no_sandbox);
        let wrong = parse(&[], &[("MCPBOX_INSECURE_NO_SANDBOX", "maybe")], "").unwrap_err().to_string();
        assert!(wrong.contains("must be on or off"), "{wrong}");
        for value in ["true", "'on'", "'off'"] {
            let refusal = parse(&[], &[], &format!("insecure_no_sandbox = {value}")).unwrap_err().to_string();
            assert!(refusal.contains("--insecure-no-sandbox"), "{refusal}");
        }
    }

    #[test]
    fn a_wrong_value_is_told_with_its_origin_and_the_rule() {
        type Pairs = &'static [(&'static str, &'static str)];
        let cases: [(Pairs, Pairs, &str, &str); 7] = [
            (&[("admin_addr", "x")], &[], "", "admin_addr is 'x' (flag --admin-addr); it must be ADDRESS:PORT"),
            (
                &[],
                &[("MCPBOX_RATE_LIMIT", "no")],
                "",
                "rate_limit is 'no' (environment MCPBOX_RATE_LIMIT); it must be on or off",
            ),
            (&[], &[("MCPBOX_MCP_ADDR", "0.0.0.0:8000")], "", "it asks for no login, so keep it on a loopback address"),
            (
                &[],
                &[("DATABASE_URL", "mysql://u:pw@h/d")],
                "",
                "database_url (environment DATABASE_URL) must start with postgres://",
            ),
            (&[], &[], "adminaddr = 'x'", "unknown key 'adminaddr'; known are data_dir, admin_addr"),
            (&[], &[], "admin_addr = 3", "'admin_addr' in"),
            (&[], &[], "= 3", "is not valid TOML"),
        ];
        for (flags, variables, file, expected) in cases {
            let message = parse(flags, variables, file).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains("u:pw"), "{message}");
        }
    }
}
