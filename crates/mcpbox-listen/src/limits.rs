//! The bounds, and how many files the process may have open at all.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// As many open files are asked for as the system allows, up to this.
const OPEN_FILES_MAX: u64 = 65_536;

/// What a listener's clients may do. Times are for slow clients, sizes for greedy ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// Of these, connections of one address (IPv6: one /64). Loopback is not counted: proxies and all programs of this machine come
    /// from there.
    pub per_address: usize,
    /// Time for the head of a request, and for a connection to idle.
    pub head: Duration,
    /// Time for the body of a request.
    pub body: Duration,
    /// A client that takes nothing of an answer, or vanished, is let go after this.
    pub silence: Duration,
    /// Largest body that is read, bytes; enforced by whoever reads it, and known here for counting.
    pub body_bytes: usize,
    /// Bytes of all large bodies (the first 64 KiB of each are free) that are held at one time.
    pub bodies_bytes: usize,
}

impl Limits {
    /// The same with no more connections than a quarter of the files that this process may open, so that databases and sandboxes find
    /// some whatever clients do.
    pub fn fitting(self) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(OPEN_FILES_MAX);
        let most = usize::try_from(files / 4).unwrap_or(usize::MAX).max(16);
        Self { connections: self.connections.min(most), per_address: self.per_address.min(most), ..self }
    }
}

/// Raises the soft limit of open files as far as it goes; gives what holds now.
pub fn raise_open_files() -> u64 {
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.map_or(OPEN_FILES_MAX, |most| most.min(OPEN_FILES_MAX));
    let current = now.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum }) {
        Ok(()) => wanted,
        Err(_) => current,
    }
}
