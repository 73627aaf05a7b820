//! What can go wrong on the way into the jail, by layer, each with its fix. The jail process prints it as one JSON line
//! on standard error; the supervisor reads it from there.

use serde::{Deserialize, Serialize};

/// A layer of the jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// User, mount, pid, net, ipc, uts and cgroup namespaces.
    Namespaces,
    /// The root file system of its own.
    Root,
    /// The Landlock domain of each call.
    Landlock,
    /// The system call filter of each call.
    Seccomp,
    /// Resource limits.
    Limits,
    /// Dropped capabilities and identity.
    Capabilities,
    /// The control group of each call.
    Cgroup,
    /// The Python interpreter inside.
    Interpreter,
}

impl Layer {
    /// Those that a jail can be made without.
    pub const OPTIONAL: [Self; 7] =
        [Self::Namespaces, Self::Root, Self::Landlock, Self::Seccomp, Self::Limits, Self::Capabilities, Self::Cgroup];
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Namespaces => "namespaces",
            Self::Root => "root",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::Limits => "limits",
            Self::Capabilities => "capabilities",
            Self::Cgroup => "cgroup",
            Self::Interpreter => "interpreter",
        })
    }
}

/// A step that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{layer}: {step} failed: {reason}. {fix}")]
pub struct JailError {
    /// The layer it belongs to.
    pub layer: Layer,
    /// What was tried.
    pub step: String,
    /// What the kernel said.
    pub reason: String,
    /// What to do about it.
    pub fix: String,
}

impl JailError {
    /// An error of `layer` while trying `step`, with the fix that fits the reason.
    pub(crate) fn new(layer: Layer, step: impl Into<String>, reason: std::io::Error) -> Self {
        let fix = fix(layer, &reason);
        Self { layer, step: step.into(), reason: reason.to_string(), fix }
    }
}

/// The kernel's answers are obscure; this is what they mean.
fn fix(layer: Layer, reason: &std::io::Error) -> String {
    let code = reason.raw_os_error().unwrap_or_default();
    let text = match (layer, code) {
        (Layer::Namespaces | Layer::Root, libc::ENOSPC | libc::EUSERS) => {
            "User namespaces are switched off or used up: set sysctl user.max_user_namespaces (and max_mnt_namespaces, \
             max_pid_namespaces, max_net_namespaces beside it) to 10000, or run as root"
        }
        (Layer::Capabilities, _) => "Run mcpbox as a user other than root, or as root with all its capabilities",
        (Layer::Namespaces | Layer::Root, libc::EPERM | libc::EACCES | libc::ENOSYS) => who_forbids(),
        (Layer::Namespaces, _) => "The kernel must be built with user, pid, net, ipc, uts and cgroup namespaces",
        (Layer::Landlock, _) => {
            "Linux 6.12 or newer with Landlock is needed; check that 'landlock' stands in the kernel's lsm= parameter, and in a \
             container that its seccomp profile allows the landlock_ calls"
        }
        (Layer::Seccomp, _) => "The kernel must be built with CONFIG_SECCOMP_FILTER",
        (Layer::Interpreter, _) => "Check the Python interpreter with 'mcpbox doctor'",
        (Layer::Root, libc::ENOENT) => {
            "A path of the runtime is missing; delete the 'runtime' folder of the data directory and start again"
        }
        _ => "Run 'mcpbox doctor' for the whole picture",
    };
    text.to_owned()
}

/// Who says no to namespaces or to a mount in them, judged by the traces that each leaves. Also where a user namespace can be made
/// but gives no rights, which only shows at the first mount.
fn who_forbids() -> &'static str {
    let says = |path: &str, value: &str| std::fs::read_to_string(path).is_ok_and(|text| text.trim() == value);
    if says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        return "AppArmor gives this program user namespaces without rights: set sysctl \
                kernel.apparmor_restrict_unprivileged_userns to 0, or load an AppArmor profile for it that says 'userns,'";
    }
    if says("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        return "User namespaces are for root only here: set sysctl kernel.unprivileged_userns_clone to 1, or run as root";
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if status.lines().any(|line| line.starts_with("Seccomp:") && line.ends_with('2')) {
        return "A seccomp profile forbids it, as container engines set by default: give the container one that also allows unshare, \
                mount and pivot_root (Docker: --security-opt seccomp=FILE); its capabilities may stay dropped";
    }
    "User namespaces are restricted here, or the kernel is built without: allow them for this program (a container's security profile, SELinux or \
     AppArmor), or run as root"
}
