//! Security policy: settings an admin changes at run time, stored with the rest.

use serde::{Deserialize, Serialize};

/// What an admin may change at run time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether drafts may be tested before approval.
    pub draft_testing: DraftTesting,
    /// Whether remote principals may delete servers and tools.
    pub remote_delete: bool,
    /// Days that call records are kept (1 to 3650).
    pub log_retention_days: u32,
    /// Reviews that one client may have open at the same time (1 to 10000).
    pub open_requests_per_client: u32,
    /// Limits given to new servers.
    pub default_limits: crate::server::Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            draft_testing: DraftTesting::Quarantine,
            remote_delete: false,
            log_retention_days: 30,
            open_requests_per_client: 20,
            default_limits: crate::server::Limits::default(),
        }
    }
}

/// Whether drafts may be tested before approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DraftTesting {
    /// Yes, in quarantine.
    Quarantine,
    /// Only once approved.
    AfterApproval,
}
