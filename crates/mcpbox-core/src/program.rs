//! A program that is another MCP server: started in the jail, spoken to over its standard input and output. What it is and what
//! it sees of the machine is a [`ProgramRule`], part of the [`SourceRule`](crate::source::SourceRule) that a human grants.

use std::{
    collections::BTreeMap,
    os::fd::OwnedFd,
    sync::{Arc, OnceLock},
};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{capability::HostRule, execute::BoxFuture, ids::SourceId, name::SecretKey};

/// What stands for the private directory in arguments and values of the environment.
pub const PRIVATE: &str = "{private}";

/// Longest word of a command, value of the environment or path, bytes.
const WORD_MAX: usize = 4_000;
/// Most words, variables, or directories of a kind.
const WORDS_MAX: usize = 64;
/// Directories that no program is let into: the kernel's own, and those where other programs listen.
const NEVER: [&str; 6] = ["/proc", "/sys", "/dev", "/run", "/var/run", "/boot"];

/// A program and all it gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProgramRule {
    /// An absolute path, or a name that is looked up in the `PATH` of the sandbox's machine.
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Its environment: these variables and no others of ours.
    #[serde(default)]
    pub env: BTreeMap<String, ProgramValue>,
    /// Files and directories that it may read, and whose programs it may be; absolute paths.
    #[serde(default)]
    pub read: Vec<String>,
    /// Directories that it may read and change; absolute paths.
    #[serde(default)]
    pub write: Vec<String>,
    /// Whether it has a directory of its own that stays when it ends; `{private}` in `args` and `env` is its path.
    #[serde(default)]
    pub private: bool,
    /// The only hosts that it may reach, by HTTP through the proxy of its jail; without any it has no network. No methods: what goes
    /// through TLS cannot be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostRule>,
}

/// A variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProgramValue {
    /// This text.
    Value(String),
    /// The value of this secret of the server.
    Secret(SecretKey),
}

impl ProgramRule {
    /// The secrets that it gets.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretKey> {
        self.env.values().filter_map(|value| match value {
            ProgramValue::Secret(key) => Some(key),
            ProgramValue::Value(_) => None,
        })
    }

    /// Refuses what can never be started. Whether it is there is for the sandbox's machine to say.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub fn check(&self) -> Result<(), String> {
        if self.command.is_empty() || (self.command.contains('/') && !self.command.starts_with('/')) {
            return Err("the command must be an absolute path or the name of a program, such as node".into());
        }
        let values = self.env.values().filter_map(|value| match value {
            ProgramValue::Value(text) => Some(text),
            ProgramValue::Secret(_) => None,
        });
        let paths = || self.read.iter().chain(&self.write);
        let texts = [&self.command].into_iter().chain(&self.args).chain(values).chain(paths());
        // What is shown to a human must be what is started: nothing that hides, breaks or turns a line.
        if let Some(odd) = texts.into_iter().find(|text| text.len() > WORD_MAX || text.chars().any(is_unseen)) {
            return Err(format!("{odd:?} is too long or holds characters that cannot be seen"));
        }
        if [self.args.len(), self.env.len(), self.read.len(), self.write.len(), self.hosts.len()]
            .iter()
            .any(|count| *count > WORDS_MAX)
        {
            return Err(format!("at most {WORDS_MAX} arguments, variables, hosts and directories of a kind"));
        }
        if let Some(name) = self.env.keys().find(|name| !is_variable(name)) {
            return Err(format!("{name:?} is no name of a variable, such as API_KEY"));
        }
        self.hosts.iter().try_for_each(check_host)?;
        paths().try_for_each(|path| check_path(path))
    }

    /// The command with its arguments, as a shell would want it typed.
    pub fn line(&self) -> String {
        [&self.command].into_iter().chain(&self.args).map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

fn is_variable(name: &str) -> bool {
    let is_first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_first && name.len() <= 100 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Control characters, and those that change the direction of text or take no room.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What is shown to a human must be what egress compares: the one way to write it.
fn check_host(rule: &HostRule) -> Result<(), String> {
    if rule.method.is_some() {
        return Err(format!("{rule}: a program's host has no method, because what goes through TLS cannot be seen"));
    }
    match HostRule::parse(&rule.to_string()) {
        Ok(read) if read == *rule => Ok(()),
        Ok(read) => Err(format!("{rule} is no way to write a host; write {read}")),
        Err(error) => Err(error.to_string()),
    }
}

fn check_path(path: &str) -> Result<(), String> {
    let has_odd_part = path.split('/').skip(1).any(|part| part.is_empty() || part == "." || part == "..");
    if !path.starts_with('/') || has_odd_part {
        return Err(format!("{path:?} must be an absolute path without '.', '..', '//' or a '/' at the end"));
    }
    let is_in = |never: &str| path.strip_prefix(never).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match NEVER.iter().find(|never| is_in(never)) {
        Some(never) => Err(format!("{path}: nothing in {never} is ever let into the jail")),
        None => Ok(()),
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+{}".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

impl std::fmt::Display for ProgramRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line())?;
        for (word, paths) in [("reading", &self.read), ("writing", &self.write)] {
            if !paths.is_empty() {
                let paths: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
                write!(f, ", {word} {}", paths.join(" "))?;
            }
        }
        if self.private {
            f.write_str(", with a directory of its own")?;
        }
        for (index, host) in self.hosts.iter().enumerate() {
            write!(f, "{}{host}", if index == 0 { ", reaching " } else { " " })?;
        }
        for (index, (name, value)) in self.env.iter().enumerate() {
            f.write_str(if index == 0 { ", with " } else { " " })?;
            match value {
                ProgramValue::Value(text) => write!(f, "{name}={}", quoted(text))?,
                ProgramValue::Secret(key) => write!(f, "{name}=(secret {key})")?,
            }
        }
        Ok(())
    }
}

/// A program that is to be started.
#[derive(Debug, Clone)]
pub struct ProgramStart {
    /// The source it is: names its private directory.
    pub id: SourceId,
    /// What a human granted.
    pub rule: ProgramRule,
    /// The variables that are secrets, with their values.
    pub environment: Vec<(String, SecretString)>,
    /// With hosts: the user and password part of its proxy's URL. Who starts it serves [`RunningProgram::proxy`] to whoever shows them.
    pub credentials: Option<SecretString>,
}

/// A program that was started. It ends when `input` is closed, or a moment after `hold` was dropped.
pub struct RunningProgram {
    /// Its standard input: the end to write to.
    pub input: OwnedFd,
    /// Its standard output: the end to read from.
    pub output: OwnedFd,
    /// Its standard error: the end to read from.
    pub errors: OwnedFd,
    /// With hosts: the listening socket of its proxy, the one thing in its network. It leads nowhere until somebody serves it.
    pub proxy: Option<OwnedFd>,
    /// Why it was stopped, when it did not end by itself: set before its streams end.
    pub stopped: Arc<OnceLock<String>>,
    /// Keeps it running.
    pub hold: Box<dyn Send + Sync>,
}

impl std::fmt::Debug for RunningProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningProgram").finish_non_exhaustive()
    }
}

/// Starts programs in the jail. Nothing that is started here may see more than its rule says.
pub trait ProgramHost: Send + Sync + 'static {
    /// Starts one. The walls stand before its first instruction; that it came up shows in what it says.
    ///
    /// # Errors
    /// A sentence: this machine cannot give the walls, or something that the rule names is not there or may not be given.
    fn start(&self, start: ProgramStart) -> BoxFuture<'_, Result<RunningProgram, String>>;

    /// Deletes the private directory of a source that was deleted, soon: a program of it may still be about to end.
    fn remove(&self, source: SourceId);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(command: &str) -> ProgramRule {
        ProgramRule { command: command.into(), ..ProgramRule::default() }
    }

    #[test]
    fn what_can_never_be_started_or_hides_something_is_refused() {
        assert_eq!(rule("node").check(), Ok(()));
        assert_eq!(rule("/usr/bin/node").check(), Ok(()));
        for command in ["", "./server", "bin/server", "no\u{202e}de", "a\nb"] {
            assert!(rule(command).check().is_err(), "{command:?}");
        }
        for host in ["*.example.com", "https://example.com", "API.example.com", "", "a b"] {
            let hosts = vec![HostRule { host: host.into(), port: None, method: None }];
            assert!(ProgramRule { hosts, ..rule("node") }.check().is_err(), "{host:?}");
        }
        let hosts = vec![HostRule { method: Some("GET".into()), ..HostRule::parse("example.com").unwrap() }];
        assert!(ProgramRule { hosts, ..rule("node") }.check().is_err(), "methods cannot be seen");
        let hosts =
            ["api.example.com", "10.0.0.5:8080", "[2001:db8::1]:443"].map(|host| HostRule::parse(host).unwrap());
        assert_eq!(ProgramRule { hosts: hosts.into(), ..rule("node") }.check(), Ok(()));
        for path in ["/proc/1", "/sys", "/run/docker.sock", "relative", "/a/../b", "/a//b", "/a/", "/", "/a\0b"] {
            assert!(ProgramRule { read: vec![path.into()], ..rule("node") }.check().is_err(), "{path:?}");
            assert!(ProgramRule { write: vec![path.into()], ..rule("node") }.check().is_err(), "{path:?}");
        }
        let named = |name: &str| BTreeMap::from([(name.to_owned(), ProgramValue::Value(String::new()))]);
        assert!(ProgramRule { env: named("A=B"), ..rule("node") }.check().is_err());
        assert!(
            ProgramRule { env: named("NODE_ENV"), read: vec!["/procedures".into()], ..rule("node") }.check().is_ok()
        );
    }

    #[test]
    fn a_human_reads_all_that_it_gets() {
        let env = [
            ("MODE", ProgramValue::Value("a b".into())),
            ("TOKEN", ProgramValue::Secret(SecretKey::parse("TOKEN").unwrap())),
        ];
        let rule = ProgramRule {
            args: vec!["--dir".into(), "it's".into()],
            env: env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            read: vec!["/opt/server".into()],
            write: vec!["/srv/my notes".into()],
            private: true,
            hosts: vec![HostRule::parse("api.example.com").unwrap(), HostRule::parse("nas.lan:8080").unwrap()],
            ..rule("node")
        };
        let offline = ProgramRule { hosts: Vec::new(), ..rule.clone() };
        assert!(!serde_json::to_string(&offline).unwrap().contains("hosts"), "what was allowed before stays the same");
        let told = "node --dir 'it'\\''s', reading /opt/server, writing '/srv/my notes', with a directory of its own, \
                    reaching api.example.com nas.lan:8080, with MODE='a b' TOKEN=(secret TOKEN)";
        assert_eq!(rule.to_string(), told);
    }
}
