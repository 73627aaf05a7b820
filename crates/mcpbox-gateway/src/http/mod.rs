//! The HTTP side of the MCP endpoint: who may knock ([`guard`]), what is read ([`body`]), how it is answered
//! ([`answer`]). What comes in between is the SDK's.

mod answer;
mod body;
mod guard;
mod older_tasks;
mod refusal;
mod router;

pub(crate) use older_tasks::OLDER_TASKS;
pub(crate) use refusal::{REFUSED, Refusal};
pub use router::ROUTES;
pub(crate) use router::router;
