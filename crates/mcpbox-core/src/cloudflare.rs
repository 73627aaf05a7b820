//! Connecting over Cloudflare: what an admin decides, the steps it takes, and how far each is.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What an admin decides once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Name of everything that is made: 1 to 40 of `a-z 0-9 -`. The Worker answers at `https://NAME.SUBDOMAIN.workers.dev`.
    pub name: String,
    /// Account to use, 32 hex digits; the only one that the token sees unless given.
    #[serde(default)]
    pub account_id: Option<String>,
    /// Who may sign in.
    pub emails: BTreeSet<String>,
    /// Where `cloudflared` reaches the remote gateway: an IPv4 address, or a name it can resolve (`mcpbox` with compose).
    pub gateway_host: String,
    /// Port of the remote gateway there.
    pub gateway_port: u16,
}

/// A step. Their order is the order of the work; it is undone backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Is the token good, and for which account.
    Verify,
    /// The tunnel from this box to Cloudflare.
    Tunnel,
    /// The gateway as a service that the Worker may call through the tunnel.
    VpcService,
    /// Where the Worker keeps clients and tokens.
    KvNamespace,
    /// The list of people.
    AccessPolicy,
    /// The sign-in for the Worker.
    AccessApp,
    /// This box trusts the Worker.
    Front,
    /// The Worker itself.
    Worker,
    /// Does it answer from outside.
    Check,
}

impl StepName {
    /// All, in order.
    pub const ALL: [Self; 9] = [
        Self::Verify,
        Self::Tunnel,
        Self::VpcService,
        Self::KvNamespace,
        Self::AccessPolicy,
        Self::AccessApp,
        Self::Front,
        Self::Worker,
        Self::Check,
    ];

    /// As it is stored and written in audit rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Tunnel => "tunnel",
            Self::VpcService => "vpc_service",
            Self::KvNamespace => "kv_namespace",
            Self::AccessPolicy => "access_policy",
            Self::AccessApp => "access_app",
            Self::Front => "front",
            Self::Worker => "worker",
            Self::Check => "check",
        }
    }
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Nothing was sent.
    Open,
    /// Something was sent, and what came of it is not known; doing it again finds out.
    Begun,
    /// Done.
    Done,
    /// The last try did not work.
    Failed,
}

/// A request, as it is sent or would be. What is not known yet stands as `‹…›`, secrets as `[secret]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownRequest {
    /// HTTP method.
    pub method: String,
    /// Address.
    pub url: String,
    /// JSON body, or the metadata of an upload.
    pub body: Option<serde_json::Value>,
    /// What it is for.
    pub purpose: String,
}

/// A step as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// How far.
    pub progress: Progress,
    /// What it made, or what went wrong and what to do; a sentence.
    pub message: Option<String>,
    /// When that was.
    pub at: Option<DateTime<Utc>>,
    /// Every request of it that changes something.
    pub requests: Vec<ShownRequest>,
    /// What undoing it sends.
    pub undo: Vec<ShownRequest>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setup {
    /// What was decided; none before.
    pub plan: Option<Plan>,
    /// Whether the API token of Cloudflare is kept.
    pub has_token: bool,
    /// What MCP clients connect to, once known.
    pub mcp_url: Option<String>,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// What `cloudflared` does, when this process runs it.
    pub tunnel: Option<TunnelStatus>,
}

/// What `cloudflared` does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TunnelStatus {
    /// Whether it runs.
    pub is_running: bool,
    /// In a sentence.
    pub message: String,
    /// How often it was started again after it ended by itself.
    pub restarts: u32,
}
