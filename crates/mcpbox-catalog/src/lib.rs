//! The use cases of MCPbox: what an LLM may do ([`author`]), what a human may do ([`review`]), how a call runs
//! ([`call`]). Every write authorises, acts and audits in one transaction, then swaps the in-memory [`Snapshot`].
//!
//! Must not: speak HTTP or MCP, contain SQL, or let anything but [`review`] move a version to approved.

#![expect(
    clippy::result_large_err,
    reason = "a failure is an answer; it is made on cold paths and moved once or twice"
)]

pub mod access;
mod allowed;
mod ask;
mod assessment;
mod audited;
pub mod author;
mod background;
pub mod backup;
mod bundle;
pub mod call;
mod caller;
mod catalog;
mod change;
mod clients;
pub mod cloudflare;
mod compile;
pub mod decisions;
mod error;
mod evidence;
mod expiry;
mod findings;
mod follow;
pub mod identity;
mod lines;
pub mod listing;
mod load;
mod mend;
mod model;
mod narrow;
pub mod nearest;
mod needs;
mod next;
pub mod notify;
pub mod oauth;
pub mod observe;
pub mod offers;
pub mod packages;
pub mod policy;
mod quota;
mod rating;
mod record;
mod redact;
pub mod retention;
pub mod review;
mod room;
mod run;
mod script;
mod search;
pub mod session;
mod snapshot;
pub mod source;
pub mod task;
mod text;
pub mod transfer;
mod trial;
mod validate;
pub mod verify;
mod withheld;

pub use caller::Caller;
pub use catalog::{Catalog, CatalogConfig};
pub use clients::Client;
pub use error::{CatalogError, Decided};
pub use next::NextStep;
pub use room::StorageStatus;
pub use script::CountCall;
pub use session::{Admin, Reviewer, SignedIn};
pub use snapshot::{PublishedPrompt, PublishedResource, PublishedTool, Snapshot};
