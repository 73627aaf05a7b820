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
    /// Whether LLMs may run scripts that call live tools (`mcpbox_run_code`).
    pub code_mode: bool,
    /// Days that call records are kept (1 to 3650).
    pub log_retention_days: u32,
    /// Reviews that one client may have open at the same time (1 to 10000).
    pub open_requests_per_client: u32,
    /// Limits given to new servers.
    pub default_limits: crate::server::Limits,
    /// What may be approved without a human.
    pub auto_approval: AutoApproval,
    /// Backups that are made by themselves.
    pub backup: BackupSchedule,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            draft_testing: DraftTesting::Quarantine,
            remote_delete: false,
            code_mode: true,
            log_retention_days: 30,
            open_requests_per_client: 20,
            default_limits: crate::server::Limits::default(),
            auto_approval: AutoApproval::default(),
            backup: BackupSchedule::default(),
        }
    }
}

/// Backups that are made by themselves, in the folder `backups` of the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BackupSchedule {
    /// Whether any are made.
    pub is_on: bool,
    /// Hours from one to the next (1 to 8760).
    pub every_hours: u32,
    /// How many are kept (1 to 1000).
    pub keep: u32,
}

impl Default for BackupSchedule {
    fn default() -> Self {
        Self { is_on: false, every_hours: 24, keep: 7 }
    }
}

/// Rules that may approve without a human. All are off unless an admin switches them on; whatever no rule covers waits for a
/// human. None of them grants anything new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AutoApproval {
    /// Pure computing: no host, secret or package within reach, no finding above a notice, a passing test of exactly this
    /// version without mocks, every regression example as before.
    pub pure_compute: bool,
    /// Only reads hosts already granted for GET, and everything else as for pure computing.
    pub granted_get: bool,
    /// The same content as a version of this tool that a human approved, and nothing newly granted.
    pub identical: bool,
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
