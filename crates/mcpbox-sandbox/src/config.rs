//! How the sandbox is set up.

use std::{path::PathBuf, time::Duration};

use mcpbox_jail::{CallLimits, Layers};

/// The public database.
const OSV_URL: &str = "https://api.osv.dev";

/// How a [`crate::Sandbox`] is set up. `..SandboxConfig::default()` for what you do not set.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// The data directory; the runtime is built in `runtime/` under it.
    pub data_dir: PathBuf,
    /// The interpreter; none looks for `python3` in the path.
    pub python: Option<PathBuf>,
    /// A program that calls [`mcpbox_jail::main_jail`] when its first argument is [`mcpbox_jail::JAIL_ARGUMENT`].
    pub jail_program: PathBuf,
    /// Whether the base packages (httpx …) are installed from the package index when missing.
    pub install_base: bool,
    /// Most processes that wait for a call, per environment.
    pub max_parked_per_environment: usize,
    /// Calls that may wait for a process; further ones are refused.
    pub queue_limit: usize,
    /// Calls that run at once.
    pub max_concurrent: usize,
    /// Memory that the calls running at once may use together, by their limits; three quarters of the machine's by default.
    pub memory_bytes: u64,
    /// After this many calls an environment's zygote is replaced.
    pub recycle_after_calls: u64,
    /// After this time an environment's zygote is replaced: siblings share its hash seed and address layout.
    pub recycle_after: Duration,
    /// Upper limits of any call.
    pub limits: CallLimits,
    /// What the directory of its own may hold that a program of others keeps, bytes. One that exceeds it is stopped.
    pub program_kept_bytes: u64,
    /// Start also where layers of the jail are missing (`--insecure-no-sandbox`). Those that there are still stand.
    pub insecure_no_sandbox: bool,
    /// What the jail is made of at most. Only tests take something out, to show what each layer stops; the probes at start
    /// then ask for no more than the rest can give.
    #[doc(hidden)]
    pub layers_for_tests: Layers,
    /// Packages that take the place of the base ones for tools that use HTTP, in a jail with a proxy.
    #[doc(hidden)]
    pub proxied_site_for_tests: Option<PathBuf>,
    /// Environments of granted packages whose processes are kept ready at once; the one unused longest makes room.
    pub max_environments: usize,
    /// After this time without a call an environment's processes end; the next call starts them again.
    pub environment_idle: Duration,
    /// Base URL of the database of known vulnerabilities (the OSV API).
    pub osv_url: String,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("."),
            python: None,
            jail_program: std::env::current_exe().unwrap_or_default(),
            install_base: true,
            max_parked_per_environment: 16,
            queue_limit: 512,
            max_concurrent: 64,
            memory_bytes: machine_memory() / 4 * 3,
            recycle_after_calls: 50_000,
            recycle_after: Duration::from_secs(3600),
            limits: CallLimits::default(),
            program_kept_bytes: 1 << 30,
            insecure_no_sandbox: false,
            layers_for_tests: Layers::ALL,
            proxied_site_for_tests: None,
            max_environments: 8,
            environment_idle: Duration::from_secs(900),
            osv_url: OSV_URL.to_owned(),
        }
    }
}

/// The memory of this machine, bytes; what a control group leaves of it is for the kernel to tell when it runs out.
fn machine_memory() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram.saturating_mul(u64::from(info.mem_unit).max(1))
}
