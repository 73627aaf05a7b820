//! Limits and trust of a broker.

use std::{path::PathBuf, sync::Arc};

use crate::resolve::Resolve;

const MIB: usize = 1024 * 1024;

/// How a [`crate::Broker`] behaves. `..BrokerConfig::default()` for what you do not set.
#[derive(Clone)]
pub struct BrokerConfig {
    /// Time for TCP and TLS to one host.
    pub connect_timeout_ms: u64,
    /// Time for a fetch, redirects and body included; for one in parts the time until its answer begins, and again for
    /// each part. A request may ask for less.
    pub request_timeout_ms: u64,
    /// Time for a whole exchange in parts.
    pub exchange_timeout_ms: u64,
    /// Largest answer body, as sent by the host and, where it is unpacked here, also unpacked.
    pub max_response_bytes: usize,
    /// Bytes of answers that are read as a whole, of all sessions together; protects this process's memory.
    pub max_buffered_bytes: usize,
    /// Largest request body.
    pub max_request_bytes: usize,
    /// Redirects that are followed for one fetch.
    pub max_redirects: usize,
    /// Requests of one session that run at once; further ones wait within their timeout.
    pub max_concurrent_per_session: usize,
    /// Idle connections that are kept in all.
    pub max_idle_connections: usize,
    /// How long an idle connection is kept.
    pub idle_timeout_ms: u64,
    /// Certificate authorities trusted beside the public and the system's ones (`MCPBOX_EXTRA_CA`, for LAN hosts).
    pub extra_roots: Vec<ExtraRoots>,
    /// How names become addresses.
    pub names: NameResolution,
}

/// Where extra certificate authorities come from.
#[derive(Debug, Clone)]
pub enum ExtraRoots {
    /// A PEM file.
    File(PathBuf),
    /// PEM text.
    Pem(Vec<u8>),
}

/// How names become addresses.
#[derive(Clone, Default)]
pub enum NameResolution {
    /// `/etc/hosts` and the servers of `/etc/resolv.conf`; both are read again when they change.
    #[default]
    System,
    /// Something else.
    Custom(Arc<dyn Resolve>),
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 10_000,
            request_timeout_ms: 120_000,
            exchange_timeout_ms: 600_000,
            max_response_bytes: 100 * MIB,
            max_buffered_bytes: 256 * MIB,
            max_request_bytes: 100 * MIB,
            max_redirects: 10,
            max_concurrent_per_session: 16,
            max_idle_connections: 64,
            idle_timeout_ms: 30_000,
            extra_roots: Vec::new(),
            names: NameResolution::System,
        }
    }
}
