//! Which package index this machine uses. `uv` reads its own settings; where there are none, those of `pip` count, so that
//! an operator says it once.

use std::{collections::BTreeMap, ffi::OsString, path::Path, process::Stdio};

use tokio::process::Command;

/// Variables of this process that an installer gets to see. Nothing else: no keys, no database.
const PASSED: [&str; 9] =
    ["PATH", "HOME", "LANG", "TMPDIR", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR", "USER", "LOGNAME"];
const PASSED_PREFIXES: [&str; 3] = ["UV_", "PIP_", "XDG_"];
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
/// pip's word for a setting and uv's variable.
const TRANSLATED: [(&str, &str); 5] = [
    ("no-index", NO_INDEX),
    ("index-url", "UV_DEFAULT_INDEX"),
    ("extra-index-url", "UV_INDEX"),
    ("find-links", "UV_FIND_LINKS"),
    ("cert", "SSL_CERT_FILE"),
];

/// Only the places of `UV_FIND_LINKS`. uv has a flag for it, but no variable.
const NO_INDEX: &str = "UV_NO_INDEX";

/// The environment of an installer process.
pub(super) type Environment = BTreeMap<OsString, OsString>;

/// The whole environment with which `uv` runs.
pub(super) async fn environment(python: &Path) -> Environment {
    let mut environment: Environment = std::env::vars_os().filter(|(name, _)| is_passed(name)).collect();
    if !has_settings_of_uv(&environment) {
        for (name, value) in translate(&pip_settings(python, &environment).await) {
            environment.entry(name.into()).or_insert_with(|| value.into());
        }
    }
    environment
}

/// Whether no index may be asked.
pub(super) fn is_without_index(environment: &Environment) -> bool {
    let value = environment.get(&OsString::from(NO_INDEX)).map(|value| value.to_string_lossy().to_ascii_lowercase());
    value.is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false" | "no" | "off"))
}

fn is_passed(name: &OsString) -> bool {
    name.to_str().is_some_and(|name| {
        PASSED.contains(&name)
            || PASSED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || PROXIES.contains(&name.to_ascii_lowercase().as_str())
    })
}

/// Whether somebody configured an index for uv itself.
fn has_settings_of_uv(environment: &Environment) -> bool {
    let is_index = |name: &OsString| {
        let name = name.to_string_lossy();
        name.starts_with("UV_INDEX")
            || name == "UV_DEFAULT_INDEX"
            || name == NO_INDEX
            || name == "UV_FIND_LINKS"
            || name == "UV_CONFIG_FILE"
    };
    let home = environment.get(&OsString::from("HOME")).map(|home| Path::new(home).join(".config"));
    let config = environment.get(&OsString::from("XDG_CONFIG_HOME")).map(|path| Path::new(path).to_owned()).or(home);
    environment.keys().any(is_index)
        || Path::new("/etc/uv/uv.toml").is_file()
        || config.is_some_and(|config| config.join("uv/uv.toml").is_file())
}

/// What `pip config list` says; nothing when there is no pip.
#[expect(clippy::disallowed_methods, reason = "the sandbox is where processes are started")]
async fn pip_settings(python: &Path, environment: &Environment) -> String {
    let output = Command::new(python)
        .args(["-m", "pip", "config", "list"])
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(std::time::Duration::from_secs(20), output).await {
        Ok(Ok(output)) => String::from_utf8_lossy(&output.stdout).into_owned(),
        _ => String::new(),
    }
}

/// `global.index-url='https://…'` → `UV_DEFAULT_INDEX`. Later lines count more, as in pip.
fn translate(settings: &str) -> BTreeMap<&'static str, String> {
    let setting = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let word = name.rsplit_once('.')?.1;
        let variable = TRANSLATED.iter().find(|(pip, _)| *pip == word)?.1;
        let value = value.trim().trim_matches(['\'', '"']);
        // Lists stand on lines of their own, which pip prints as \n.
        let items: Vec<&str> = value.split("\\n").flat_map(str::split_whitespace).collect();
        let joined = items.join(if variable == "UV_FIND_LINKS" { "," } else { " " });
        (!joined.is_empty()).then_some((variable, joined))
    };
    // pip lists the environment's first, and they win.
    let lines: Vec<&str> = settings.lines().collect();
    lines.into_iter().rev().filter_map(setting).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_pip_is_that_of_uv() {
        let settings = ":env:.index-url='https://env.example/simple'\n:env:.find-links='/a /b'\nglobal.cert='/ca.pem'\n\
                        global.extra-index-url='\\nhttps://one.example/\\nhttps://two.example/'\nglobal.index-url='https://file.example/simple'\n\
                        global.timeout='60'\n";
        let expected = [
            ("UV_DEFAULT_INDEX", "https://env.example/simple"),
            ("UV_INDEX", "https://one.example/ https://two.example/"),
            ("UV_FIND_LINKS", "/a,/b"),
            ("SSL_CERT_FILE", "/ca.pem"),
        ];
        assert_eq!(translate(settings), expected.map(|(name, value)| (name, value.to_owned())).into());
    }

    #[test]
    fn a_machine_without_an_index_asks_none() {
        for (value, without) in [("1", true), ("true", true), ("0", false), ("off", false), ("", false)] {
            let environment = Environment::from([(NO_INDEX.into(), value.into())]);
            assert_eq!(is_without_index(&environment), without, "{value}");
        }
        assert!(!is_without_index(&Environment::new()));
        assert_eq!(translate("global.no-index='true'"), [(NO_INDEX, "true".to_owned())].into());
    }

    #[test]
    fn an_installer_sees_no_keys() {
        for (name, passed) in [
            ("PATH", true),
            ("UV_DEFAULT_INDEX", true),
            ("HTTPS_PROXY", true),
            ("MCPBOX_ENCRYPTION_KEY", false),
            ("DATABASE_URL", false),
            ("AWS_SECRET_ACCESS_KEY", false),
        ] {
            assert_eq!(is_passed(&OsString::from(name)), passed, "{name}");
        }
    }
}
