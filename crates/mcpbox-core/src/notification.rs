//! Notifications: where humans are told that something waits for them. A message holds numbers and a link; never code, and no
//! name that an LLM chose.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::ids::{ReviewId, TargetId};

/// Where messages go. Its address and its key are credentials: they are written once and never read back by anybody but the
/// sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Target {
    /// Its id.
    pub id: TargetId,
    /// What people call it.
    pub name: String,
    /// Which service.
    pub kind: TargetKind,
    /// `host` or `host:port` of its address; all that is shown of it.
    pub host: String,
    /// Whether it has a key: a token for ntfy, a signing secret for a webhook.
    pub has_key: bool,
    /// Whether messages are sent.
    pub is_on: bool,
    /// What it is told.
    pub events: BTreeSet<NoticeEvent>,
    /// How the last attempt went; none before the first.
    pub last: Option<DeliveryReport>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// The sealed part of a target.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Absolute `http` or `https` URL.
    pub url: SecretString,
    /// Token or signing secret.
    pub key: Option<SecretString>,
}

/// The services that are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// JSON to any address, signed as [Standard Webhooks](https://www.standardwebhooks.com) say when there is a secret.
    Webhook,
    /// An incoming webhook of a Discord channel.
    Discord,
    /// An incoming webhook of Slack, or of what speaks like it.
    Slack,
    /// A topic of an ntfy server.
    Ntfy,
}

/// What a target can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeEvent {
    /// A review waits for a human.
    ReviewWaiting,
    /// The rule for reading granted hosts approved something.
    GrantedGet,
    /// Another rule approved something.
    RuleApproved,
    /// Tools cannot run: the sandbox's processes crash over and over, or no worker can be reached.
    SandboxFailure,
    /// Fewer layers of the sandbox hold than did before.
    TierDrop,
    /// Many calls failed within the last minutes.
    ErrorRate,
    /// The disk is almost full.
    DiskFull,
    /// The last backup of the schedule could not be made.
    BackupFailed,
    /// A source of tools does not answer.
    SourceDown,
    /// A tool is withheld: its source offers another one than was approved.
    ToolQuarantined,
}

impl NoticeEvent {
    /// What a new target is told unless somebody says otherwise.
    pub fn usual() -> BTreeSet<Self> {
        [Self::ReviewWaiting, Self::GrantedGet].into_iter().chain(Self::ALERTS).collect()
    }

    /// Those that begin and end by themselves, and are told both times.
    pub const ALERTS: [Self; 7] = [
        Self::SandboxFailure,
        Self::TierDrop,
        Self::ErrorRate,
        Self::DiskFull,
        Self::BackupFailed,
        Self::SourceDown,
        Self::ToolQuarantined,
    ];
}

/// Something to tell. Kept until it is told, so that neither a crash nor an unreachable service loses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Grows in the order in which notices were committed.
    pub sequence: i64,
    /// What happened.
    pub event: NoticeEvent,
    /// With which review; none for an alert.
    pub review_id: Option<ReviewId>,
    /// Whether it tells that an alert is over.
    pub is_over: bool,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// How an attempt to deliver went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryReport {
    /// When.
    pub at: DateTime<Utc>,
    /// What came of it.
    pub outcome: DeliveryOutcome,
    /// How many attempts this message took so far.
    pub attempts: u32,
    /// What the other end said, or why there was no answer.
    pub said: String,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// The other end took it.
    Delivered,
    /// It is tried again.
    Retrying,
    /// It is not tried again.
    GaveUp,
}
