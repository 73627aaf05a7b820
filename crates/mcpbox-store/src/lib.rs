//! All SQL of MCPbox: the schema, its migrations, and one file of functions a table family, the same on SQLite and
//! PostgreSQL; plus the encryption of what must not be read from a stolen database.
//!
//! Functions take and return the types of `mcpbox-core`; rows never leave this crate. It decides nothing: who may do
//! what is the catalog's business, and it must never learn of HTTP or MCP.

pub mod alerts;
pub mod audit;
pub mod backup;
pub mod calls;
pub mod catalog;
pub mod ceremonies;
pub mod cloudflare;
pub mod code_apps;
mod convert;
pub mod disk;
mod entity;
mod error;
pub mod grants;
pub mod identities;
pub mod invitations;
mod keyring;
mod keys;
pub mod listen;
mod meter;
mod migration;
pub mod notifications;
pub mod oauth;
pub mod oidc_provider;
mod open;
pub mod outbox;
mod paging;
pub mod passkeys;
pub mod regressions;
mod reseal;
pub mod resolutions;
pub mod reviews;
pub mod revisions;
mod seal;
mod search;
pub mod secrets;
pub mod servers;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod signature;
pub mod source_logins;
pub mod sources;
mod store;
pub mod tasks;
pub mod tokens;
pub mod tools;
pub mod users;
pub mod versions;

pub use error::StoreError;
pub use keyring::{KeyError, KeyOrigin, KeySource, Keyring};
pub use keys::{rotate_data_keys, rotate_kek};
pub use open::{Location, has_pending, others_connected};
pub use seal::SealError;
pub use store::{Connection, Moment, Reader, Store, Tx};
