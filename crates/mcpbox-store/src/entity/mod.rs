//! Rows, one file a table. They never leave this crate; the table families turn them into domain values.
#![expect(unreachable_pub, reason = "the derive macros make public types of public models only")]

pub(crate) mod access_tokens;
pub(crate) mod alerts;
pub(crate) mod audit_events;
pub(crate) mod audit_head;
pub(crate) mod calls;
pub(crate) mod ceremonies;
pub(crate) mod cloudflare;
pub(crate) mod code_apps;
pub(crate) mod data_keys;
pub(crate) mod grants;
pub(crate) mod identities;
pub(crate) mod invitations;
pub(crate) mod key_check;
pub(crate) mod notices;
pub(crate) mod notification_targets;
pub(crate) mod oidc_provider;
pub(crate) mod outbox;
pub(crate) mod passkeys;
pub(crate) mod recovery_codes;
pub(crate) mod regressions;
pub(crate) mod resolutions;
pub(crate) mod review_revisions;
pub(crate) mod review_views;
pub(crate) mod reviews;
pub(crate) mod sandbox_tiers;
pub(crate) mod secrets;
pub(crate) mod servers;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod setup_tokens;
pub(crate) mod sources;
pub(crate) mod tools;
pub(crate) mod users;
pub(crate) mod versions;
