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
    /// How much may be kept.
    pub storage: Storage,
    /// Backups that are made by themselves.
    pub backup: BackupSchedule,
    /// How clients elsewhere get in.
    pub remote: RemoteAccess,
    /// What signs people in before the remote gateway, such as the Cloudflare Worker; none otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub front: Option<crate::front::TrustedFront>,
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
            storage: Storage::default(),
            backup: BackupSchedule::default(),
            remote: RemoteAccess::default(),
            front: None,
        }
    }
}

/// How clients elsewhere get in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RemoteAccess {
    /// Whether a name and password of this server may be entered in the browser that brings a client, from anywhere. Without it a login
    /// is allowed on the admin page alone, and no password crosses the tunnel.
    pub password_login: bool,
}

/// How much may be kept, so that clients cannot fill the disk. What is over is refused, or the oldest of it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Servers (1 to 10000).
    pub servers: u32,
    /// Tools of a server (1 to 10000).
    pub tools_per_server: u32,
    /// New versions of a tool in 24 hours (1 to 10000).
    pub versions_per_day: u32,
    /// Newest versions of a tool that are kept (5 to 10000). Older ones go, unless something still depends on them.
    pub versions_kept: u32,
    /// All versions together: code, descriptions and schemas, MB (1 to 100000).
    pub code_mb: u32,
    /// Records of the runs of a tool, MB (1 to 100000). The oldest go first.
    pub runs_mb_per_tool: u32,
    /// Free space in the data directory below which clients can write no more, MB (0 to 1000000; 0 switches it off).
    pub reserve_mb: u32,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            servers: 200,
            tools_per_server: 1_000,
            versions_per_day: 200,
            versions_kept: 50,
            code_mb: 500,
            runs_mb_per_tool: 100,
            reserve_mb: 200,
        }
    }
}

impl Storage {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the value out of range.
    pub fn check(&self) -> Result<(), String> {
        let ranges = [
            ("servers", self.servers, 1, 10_000),
            ("tools_per_server", self.tools_per_server, 1, 10_000),
            ("versions_per_day", self.versions_per_day, 1, 10_000),
            ("versions_kept", self.versions_kept, 5, 10_000),
            ("code_mb", self.code_mb, 1, 100_000),
            ("runs_mb_per_tool", self.runs_mb_per_tool, 1, 100_000),
            ("reserve_mb", self.reserve_mb, 0, 1_000_000),
        ];
        let wrong = ranges.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value));
        wrong.map_or(Ok(()), |(name, value, least, most)| {
            Err(format!("storage.{name} is {value}; it must be between {least} and {most}"))
        })
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
