//! OpenAPI documents to tools: a document is read, its operations are listed, and chosen ones become Python source that a
//! human reviews like any other. Pure: no I/O, no network (remote references are refused), never panics.
//!
//! Whatever stands in a document is data: it reaches the source only as a name made of letters, digits and `_`, as an escaped
//! literal, or as the cleaned text of a docstring.

mod base_url;
mod code;
mod document;
mod error;
mod inputs;
mod look;
mod names;
mod parse;
mod path;
mod python;
mod schema;
mod security;

pub use base_url::BaseUrl;
pub use code::{GeneratedTool, NeededSecret};
pub use document::Document;
pub use error::SpecError;
pub use look::{Look, LookOperation, LookParameter, LookProblem, LookServer};

/// Largest document that is read, bytes.
pub const DOCUMENT_MAX_BYTES: usize = 4 << 20;
/// Most operations of a document.
pub const OPERATIONS_MAX: usize = 2_000;
/// Most operations that are made into tools at once.
pub const CHOSEN_MAX: usize = 200;
