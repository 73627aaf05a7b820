//! What the supervisor tells the jail: paths, program, limits. Handed over as JSON in one argument; holds no secret.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::layers::Layers;

/// One jail: one zygote and the calls it forks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JailSpec {
    /// An existing empty directory of the host, used as the mount point of the new root.
    pub root: PathBuf,
    /// What is visible inside besides `/dev/null`, `/dev/urandom` and the call's `/tmp`: read-only.
    pub mounts: Vec<Mount>,
    /// Symbolic links to make inside: (link, its text).
    pub links: Vec<(PathBuf, PathBuf)>,
    /// The program to become, as seen inside, and its arguments. The policy is appended as last argument.
    pub command: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// Limits of each call that hold from parking on; a call may only get less.
    pub limits: CallLimits,
    /// Whether each call gets a `/tmp`. Without one nothing can be written at all.
    pub scratch: bool,
    /// What is set up.
    #[serde(default)]
    pub layers: Layers,
    /// Whether calls may connect to the supervisor's proxy ([`crate::PROXY_PORT`] of the jail's loopback device), for packages
    /// that speak HTTP by themselves. Needs namespaces.
    #[serde(default)]
    pub proxy: bool,
}

/// A read-only view of a host directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// On the host.
    pub source: PathBuf,
    /// Inside; absolute.
    pub target: PathBuf,
}

/// Hard limits of every call of a zygote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallLimits {
    /// Private writable memory, bytes.
    pub memory_bytes: u64,
    /// CPU seconds.
    pub cpu_s: u64,
    /// Open files.
    pub open_files: u64,
    /// Largest file, bytes.
    pub file_bytes: u64,
    /// Size of the call's `/tmp`, bytes.
    pub tmp_bytes: u64,
    /// Processes and threads of the whole jail.
    pub tasks: u64,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 4 << 30,
            cpu_s: 600,
            open_files: 256,
            file_bytes: 16 << 20,
            tmp_bytes: 16 << 20,
            tasks: 4096,
        }
    }
}
