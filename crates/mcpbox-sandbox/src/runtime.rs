//! The runtime directory: everything a jail mounts, built from the host's interpreter and from files inside this program. Blocking.
//!
//! ```text
//! runtime/python-<hash>/   private copy of the interpreter: bin, standard library, shared libraries
//! runtime/runner-<hash>/   the Python files of the runner, compiled
//! runtime/base-<hash>/     the base packages (see `base`)
//! runtime/authorities-<hash>/  certificate authorities, for packages that speak TLS themselves
//! runtime/root/            empty; where each jail mounts its root
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use mcpbox_jail::{CallLimits, JailSpec, Layers, Mount};
use sha2::{Digest, Sha256};

use crate::{error::SandboxError, python::Python};

mod copy;
mod interpreter;

pub(crate) use copy::open_up;
pub(crate) use interpreter::Interpreter;

/// The files of the runner, and `requirements.lock` beside them.
const RUNNER: [(&str, &str); 17] = [
    ("zygote.py", include_str!("../../../runner/zygote.py")),
    ("lockdown.py", include_str!("../../../runner/lockdown.py")),
    ("preload.py", include_str!("../../../runner/preload.py")),
    ("channel.py", include_str!("../../../runner/channel.py")),
    ("tool_runtime.py", include_str!("../../../runner/tool_runtime.py")),
    ("language.py", include_str!("../../../runner/language.py")),
    ("failures.py", include_str!("../../../runner/failures.py")),
    ("parameters.py", include_str!("../../../runner/parameters.py")),
    ("conversion.py", include_str!("../../../runner/conversion.py")),
    ("annotations.py", include_str!("../../../runner/annotations.py")),
    ("objects.py", include_str!("../../../runner/objects.py")),
    ("results.py", include_str!("../../../runner/results.py")),
    ("content.py", include_str!("../../../runner/content.py")),
    ("offers.py", include_str!("../../../runner/offers.py")),
    ("toolcalls.py", include_str!("../../../runner/toolcalls.py")),
    ("asking.py", include_str!("../../../runner/asking.py")),
    ("egress.py", include_str!("../../../runner/egress.py")),
];

/// The environment variables of every jail, besides those that name places.
const ENVIRONMENT: [(&str, &str); 8] = [
    // Functions of libraries are looked up once in the zygote, not in each of its children.
    ("LD_BIND_NOW", "1"),
    ("LANG", "C.UTF-8"),
    ("TZ", "UTC"),
    // Native maths libraries must not start threads in the zygote: it forks.
    ("OPENBLAS_NUM_THREADS", "1"),
    ("OMP_NUM_THREADS", "1"),
    ("MKL_NUM_THREADS", "1"),
    ("BLIS_NUM_THREADS", "1"),
    ("NUMEXPR_NUM_THREADS", "1"),
];

/// What a zygote loads before it forks, by the kind of tools it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Computing on JSON, nothing else: no `/tmp` either.
    Bare,
    /// The modules that tools like most.
    Lean,
    /// With asyncio and httpx.
    Full,
}

impl Profile {
    /// Its name in the runner and in the metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Lean => "lean",
            Self::Full => "full",
        }
    }
}

/// The prepared runtime.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    pub(crate) directory: PathBuf,
    pub(crate) interpreter: Interpreter,
    runner: PathBuf,
    root: PathBuf,
}

impl Runtime {
    /// Builds what is missing.
    pub(crate) fn prepare(data_dir: &Path, python: &Python, progress: &dyn Fn(&str)) -> Result<Self, SandboxError> {
        let directory = data_dir.join("runtime");
        let root = directory.join("root");
        fs::create_dir_all(&root).map_err(SandboxError::runtime(&root))?;
        let directory = directory.canonicalize().map_err(SandboxError::runtime(&directory))?;
        let interpreter = Interpreter::prepare(&directory, python, progress)?;
        let runner = write_runner(&directory, python)?;
        Ok(Self { root: directory.join("root"), directory, interpreter, runner })
    }

    /// The jail of a zygote with this profile.
    pub(crate) fn jail(&self, profile: Profile, site: Option<&Path>, limits: CallLimits, layers: Layers) -> JailSpec {
        // Without a root of its own everything stays where it lies, and only the ruleset hides the rest.
        let mount = |source: &Path, target: &str| Mount {
            source: source.to_owned(),
            target: if layers.root { target.into() } else { source.to_owned() },
        };
        let (python, runner) = (mount(&self.interpreter.directory, "/python"), mount(&self.runner, "/runner"));
        let site = site.map(|site| mount(site, "/site"));
        let inside = |mount: &Mount, rest: &str| mount.target.join(rest).display().to_string();
        let words =
            [inside(&python, "bin/python3"), "-I".into(), "-S".into(), "-B".into(), inside(&runner, "zygote.py")];
        let mut environment = vec![("LD_LIBRARY_PATH", inside(&python, "libs"))];
        environment.extend(site.as_ref().map(|site| ("MCPBOX_SITE", site.target.display().to_string())));
        environment.extend(ENVIRONMENT.map(|(name, value)| (name, value.to_owned())));
        if layers.root {
            environment.extend(["HOME", "TMPDIR"].map(|name| (name, "/tmp".to_owned())));
        }
        let links = self.interpreter.loader.as_ref().map(|loader| {
            let file = loader.file_name().unwrap_or_default();
            (loader.clone(), python.target.join("libs").join(file))
        });
        let zoneinfo = Path::new("/usr/share/zoneinfo");
        let zoneinfo = zoneinfo.is_dir().then(|| mount(zoneinfo, "/usr/share/zoneinfo"));
        JailSpec {
            root: self.root.clone(),
            mounts: [python, runner].into_iter().chain(zoneinfo).chain(site).collect(),
            links: links.into_iter().collect(),
            command: words.into_iter().chain([profile.word().to_owned()]).collect(),
            environment: environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            limits,
            scratch: profile != Profile::Bare,
            layers,
            proxy: false,
        }
    }
}

/// Where packages that speak TLS themselves find the authorities.
const AUTHORITIES: &str = "/authorities";

impl Runtime {
    /// The jail of a zygote with the packages at `site`, of which it loads these modules.
    pub(crate) fn jail_with_packages(
        &self,
        site: &Path,
        modules: &[String],
        limits: CallLimits,
        layers: Layers,
    ) -> JailSpec {
        let mut spec = self.jail(Profile::Full, Some(site), limits, layers);
        if let Some(profile) = spec.command.last_mut() {
            profile.push(':');
            profile.push_str(&modules.join(","));
        }
        spec
    }

    /// The same jail with a proxy, for packages that speak HTTP by themselves. `authorities` is PEM text.
    pub(crate) fn with_proxy(&self, mut spec: JailSpec, authorities: &str) -> Result<JailSpec, SandboxError> {
        spec.proxy = true;
        if authorities.is_empty() {
            return Ok(spec); // they have their own, or none
        }
        let mut hash = Sha256::new();
        hash.update(authorities);
        let source = self.directory.join(format!("authorities-{}", short(hash)));
        let fail = || SandboxError::runtime(&source);
        if !source.is_dir() {
            let building =
                tempfile::Builder::new().prefix(".authorities-").tempdir_in(&self.directory).map_err(fail())?;
            fs::write(building.path().join("all.pem"), authorities).map_err(fail())?;
            open_up(building.path()).map_err(fail())?;
            publish(building, &source).map_err(fail())?;
        }
        spec.mounts.push(Mount { source, target: AUTHORITIES.into() });
        let file = format!("{AUTHORITIES}/all.pem");
        spec.environment.extend(["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"].map(|name| (name.to_owned(), file.clone())));
        Ok(spec)
    }
}

fn write_runner(directory: &Path, python: &Python) -> Result<PathBuf, SandboxError> {
    let mut hash = Sha256::new();
    hash.update(&python.version);
    for (name, text) in RUNNER {
        hash.update(name);
        hash.update(text);
    }
    let target = directory.join(format!("runner-{}", short(hash)));
    if target.is_dir() {
        return Ok(target);
    }
    let fail = || SandboxError::runtime(&target);
    let building = tempfile::Builder::new().prefix(".runner-").tempdir_in(directory).map_err(fail())?;
    for (name, text) in RUNNER {
        fs::write(building.path().join(name), text).map_err(fail())?;
    }
    interpreter::compile_all(&python.path, building.path())?;
    open_up(building.path()).map_err(fail())?;
    publish(building, &target).map_err(fail())?;
    Ok(target)
}

/// Moves a finished directory to its name in one step; somebody else having done so first is as good.
pub(crate) fn publish(building: tempfile::TempDir, target: &Path) -> std::io::Result<()> {
    match fs::rename(building.path(), target) {
        Ok(()) => {
            let _ = building.keep(); // it is no longer there
            Ok(())
        }
        Err(_) if target.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// The first 16 hex digits of a hash.
pub(crate) fn short(hash: Sha256) -> String {
    let mut text = hex::encode(hash.finalize());
    text.truncate(16);
    text
}
