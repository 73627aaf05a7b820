//! What a program sees of this machine: the system's programs and libraries, what it was granted, and a directory of its own.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{DirBuilderExt, chown},
    path::{Path, PathBuf},
};

use mcpbox_core::{
    ids::SourceId,
    program::{PRIVATE, ProgramRule, ProgramStart, ProgramValue},
};
use mcpbox_jail::{Layers, PRIVATE_TARGET, PROXY_PORT, ProgramLimits, ProgramSpec, View};
use secrecy::ExposeSecret;

use super::find;

/// Shown to every program, read-only: programs, libraries, and what the loader and JavaScript engines need. No other configuration
/// of the machine.
const SYSTEM: [&str; 10] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/ssl/openssl.cnf",
];
/// Shown to those that may reach hosts: whom TLS trusts. What Debian's links lead to lies in `/usr`.
const TRUST: [&str; 4] = ["/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/pki/tls", "/etc/pki/ca-trust/extracted"];
/// What HTTP libraries read the proxy's address from.
const PROXY: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
/// Below the data directory: what programs keep, by the source's id.
const KEPT: &str = "sources";

/// The directory that is a program's own, by the source's id.
pub(super) fn kept(data_dir: &Path, id: SourceId) -> PathBuf {
    data_dir.join(KEPT).join(id.to_string())
}

/// This machine, as far as it matters.
pub(super) struct Machine {
    /// Never let in, nor what holds it.
    pub(super) data_dir: PathBuf,
    /// An empty directory.
    pub(super) mount_point: PathBuf,
    pub(super) layers: Layers,
}

impl Machine {
    /// What the jail is told. Blocking.
    ///
    /// # Errors
    /// A sentence: something is not there, or may not be given.
    pub(super) fn spec(&self, start: &ProgramStart) -> Result<ProgramSpec, String> {
        let rule = &start.rule;
        rule.check()?;
        self.check_network(rule)?;
        let (mut views, links) = self.system(rule);
        for (paths, may_write) in [(&rule.read, false), (&rule.write, true)] {
            for path in paths {
                views.push(self.granted(Path::new(path), may_write)?);
            }
        }
        let private = if rule.private { Some(self.private(start, &mut views)?) } else { None };
        // What lies in something else is shown after it.
        views.sort_by(|a, b| a.target.cmp(&b.target));
        self.check_overlaps(&views)?;
        let is_shown = |path: &Path| {
            let views = views.iter().filter(|view| !view.may_write).map(|view| &view.target);
            views.chain(links.iter().map(|(link, _)| link)).any(|shown| path.starts_with(shown))
        };
        let program = find::program(&rule.command, is_shown)?;
        let place =
            |text: &str| private.as_ref().map_or_else(|| text.to_owned(), |private| text.replace(PRIVATE, private));
        let words = rule.args.iter().map(|word| place(word));
        let scratch = if self.layers.root { "/tmp" } else { "/" };
        let home = private.clone().unwrap_or_else(|| scratch.to_owned());
        Ok(ProgramSpec {
            root: self.mount_point.clone(),
            directory: PathBuf::from(&home),
            command: [program.display().to_string()].into_iter().chain(words).collect(),
            environment: environment(rule, start, &home, scratch, place)?,
            limits: ProgramLimits::default(),
            layers: self.layers,
            proxy: !rule.hosts.is_empty(),
            views,
            links,
        })
    }

    /// A proxy in the network of the host would be everybody's.
    fn check_network(&self, rule: &ProgramRule) -> Result<(), String> {
        if rule.hosts.is_empty() || self.layers.namespaces {
            return Ok(());
        }
        Err("it was granted hosts, and this machine gives it no network of its own in which nothing but the proxy is (tier 2, no \
             namespaces); 'mcpbox doctor' says what is missing for tier 1. Without that, run it elsewhere and add it by its address"
            .to_owned())
    }

    /// The program's own directory, as it is shown to it.
    ///
    /// # Errors
    /// The data directory is gone.
    pub(super) fn kept(&self, id: SourceId) -> Result<PathBuf, String> {
        let data_dir = self.data_dir.canonicalize().map_err(|error| error.to_string())?;
        Ok(kept(&data_dir, id))
    }

    fn system(&self, rule: &ProgramRule) -> (Vec<View>, Vec<(PathBuf, PathBuf)>) {
        let (mut views, mut links) = (Vec::new(), Vec::new());
        let trust = TRUST.iter().filter(|_| !rule.hosts.is_empty());
        for path in SYSTEM.iter().chain(trust).map(PathBuf::from) {
            match fs::read_link(&path) {
                Ok(text) => links.push((path, text)),
                Err(_) if path.canonicalize().is_ok_and(|real| real == path) => {
                    views.push(View { source: path.clone(), target: path, may_write: false })
                }
                Err(_) => {}
            }
        }
        (views, links)
    }

    fn granted(&self, path: &Path, may_write: bool) -> Result<View, String> {
        let shown = path.display();
        let real = path.canonicalize().map_err(|error| format!("{shown} cannot be shown to it: {error}"))?;
        if real != path {
            let real = real.display();
            return Err(format!(
                "{shown} leads by a symbolic link to {real}: what was granted must be the place itself"
            ));
        }
        if may_write && !real.is_dir() {
            return Err(format!("{shown} is no directory, so nothing can be written there"));
        }
        let data_dir = self.data_dir.canonicalize().map_err(|error| error.to_string())?;
        if real.starts_with(&data_dir) || data_dir.starts_with(&real) {
            return Err(format!("{shown} is or holds the data directory of this MCPbox, which no program ever sees"));
        }
        Ok(View { source: real.clone(), target: real, may_write })
    }

    /// Its own directory, made when it is not there yet, and how it is called inside.
    fn private(&self, start: &ProgramStart, views: &mut Vec<View>) -> Result<String, String> {
        let source = self.kept(start.id)?;
        let fail = |error: std::io::Error| format!("its private directory cannot be made: {error}");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&source).map_err(fail)?;
        if let Some(owner) = mcpbox_jail::program_owner() {
            chown(&source, Some(owner), Some(owner)).map_err(fail)?;
        }
        let target = if self.layers.root { PathBuf::from(PRIVATE_TARGET) } else { source.clone() };
        let name = target.display().to_string();
        views.push(View { source, target, may_write: true });
        Ok(name)
    }

    fn check_overlaps(&self, views: &[View]) -> Result<(), String> {
        for (index, view) in views.iter().enumerate() {
            let around = views.iter().take(index).find(|other| view.target.starts_with(&other.target));
            let Some(around) = around else { continue };
            let (inner, outer) = (view.target.display(), around.target.display());
            if view.target == around.target && view.may_write != around.may_write {
                return Err(format!("{inner} is asked for both to read and to write; to write is enough"));
            }
            // Without mounts there is no other way to keep it from executing what it wrote.
            if view.may_write != around.may_write && !self.layers.root {
                return Err(format!(
                    "{inner} lies in {outer}: in tier 2 what may be written and what may be read are kept apart"
                ));
            }
        }
        Ok(())
    }
}

/// Its variables: what it was granted, and where things are.
fn environment(
    rule: &ProgramRule,
    start: &ProgramStart,
    home: &str,
    scratch: &str,
    place: impl Fn(&str) -> String,
) -> Result<Vec<(String, String)>, String> {
    let usual = [("PATH", find::PATH), ("HOME", home), ("TMPDIR", scratch), ("LANG", "C.UTF-8")];
    let mut all: BTreeMap<String, String> =
        usual.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if !rule.hosts.is_empty() {
        let credentials = start.credentials.as_ref().ok_or("it was granted hosts, and nobody serves its proxy")?;
        let proxy = format!("http://{}@127.0.0.1:{PROXY_PORT}", credentials.expose_secret());
        all.extend(PROXY.map(|name| (name.to_owned(), proxy.clone())));
        // Node.js looks at them only then.
        all.insert("NODE_USE_ENV_PROXY".to_owned(), "1".to_owned());
    }
    for (name, value) in &rule.env {
        let value = match value {
            ProgramValue::Value(text) => place(text),
            ProgramValue::Secret(key) => {
                let value = start.environment.iter().find(|(known, _)| known == name);
                value.ok_or_else(|| format!("the secret {key} has no value"))?.1.expose_secret().to_owned()
            }
        };
        all.insert(name.clone(), value);
    }
    Ok(all.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use mcpbox_core::{capability::HostRule, ids::SourceId};

    use super::*;

    fn spec(data: &Path, layers: Layers, rule: ProgramRule) -> Result<ProgramSpec, String> {
        let machine = Machine { data_dir: data.to_owned(), mount_point: data.to_owned(), layers };
        machine.spec(&ProgramStart { id: SourceId::generate(), rule, environment: Vec::new(), credentials: None })
    }

    fn rule(command: &str) -> ProgramRule {
        ProgramRule { command: command.into(), ..ProgramRule::default() }
    }

    #[test]
    fn only_what_is_shown_is_started_and_names_mean_the_systems_programs() {
        let data = tempfile::tempdir().unwrap();
        let made = spec(data.path(), Layers::ALL, rule("env")).unwrap();
        assert!(made.command[0].ends_with("/bin/env"), "{:?}", made.command);
        assert!(
            spec(data.path(), Layers::ALL, rule("no-such-program-4711")).unwrap_err().contains("there is no program")
        );
        let here = tempfile::tempdir().unwrap();
        let program = here.path().canonicalize().unwrap().join("program");
        fs::copy("/bin/true", &program).unwrap();
        let text = program.display().to_string();
        assert!(spec(data.path(), Layers::ALL, rule(&text)).unwrap_err().contains("does not show"));
        let read = vec![program.parent().unwrap().display().to_string()];
        assert_eq!(
            spec(data.path(), Layers::ALL, ProgramRule { read: read.clone(), ..rule(&text) }).unwrap().command.concat(),
            text
        );
        // What it may write to, it does not run.
        assert!(spec(data.path(), Layers::ALL, ProgramRule { write: read, ..rule(&text) }).is_err());
    }

    #[test]
    fn neither_the_data_directory_nor_a_link_is_let_in() {
        let data = tempfile::tempdir().unwrap();
        let real = data.path().canonicalize().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().canonicalize().unwrap().join("link");
        std::os::unix::fs::symlink("/usr", &link).unwrap();
        let inside = real.join("sources");
        fs::create_dir(&inside).unwrap();
        for path in [&real, &inside, &real.parent().unwrap().to_owned(), &link, &real.join("gone")] {
            let read = vec![path.display().to_string()];
            assert!(spec(data.path(), Layers::ALL, ProgramRule { read, ..rule("env") }).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn the_private_directory_is_named_where_it_is_asked_for() {
        let data = tempfile::tempdir().unwrap();
        let env = BTreeMap::from([("FILE".to_owned(), ProgramValue::Value("{private}/a.json".into()))]);
        let asked = ProgramRule { private: true, args: vec!["--at={private}".into()], env, ..rule("env") };
        let made = spec(data.path(), Layers::ALL, asked.clone()).unwrap();
        assert_eq!(made.command[1], "--at=/private");
        assert!(made.environment.contains(&("FILE".into(), "/private/a.json".into())));
        let weaker = spec(data.path(), Layers::NO_NAMESPACES, asked).unwrap();
        let real = data.path().canonicalize().unwrap().join(KEPT);
        assert!(weaker.command[1].starts_with(&format!("--at={}", real.display())), "{:?}", weaker.command);
    }

    #[test]
    fn without_a_network_of_its_own_or_a_proxy_one_with_hosts_is_not_started() {
        let data = tempfile::tempdir().unwrap();
        let asked = ProgramRule { hosts: vec![HostRule::parse("api.test").unwrap()], ..rule("env") };
        let refused = spec(data.path(), Layers::NO_NAMESPACES, asked.clone()).unwrap_err();
        assert!(refused.contains("tier 2") && refused.contains("mcpbox doctor"), "{refused}");
        assert!(spec(data.path(), Layers::ALL, asked).unwrap_err().contains("nobody serves its proxy"));
    }
}
