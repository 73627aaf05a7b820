//! Servers and tools as a file: what is exported, and what is made of a file that comes from this box, from another one or
//! from the original MCPbox.
//!
//! Whatever is imported is unapproved, also when this box signed it: content that was approved once may have been revoked
//! since, and the file would bring it back. Values of secrets are never exported.

mod apply;
mod export;
mod model;
pub mod openapi;
mod original;
mod own;

pub use apply::{Conflict, Fate, ImportOptions, ImportReport, ImportedServer, ImportedTool, import};
pub use export::export;
pub use own::ExportedBox;

use mcpbox_core::failure::{Failure, FailureKind};
use mcpbox_store::Reader;
use serde_json::Value;

use model::Document;

/// Largest file that is read, bytes.
pub const FILE_MAX_BYTES: usize = 8 << 20;
/// Most servers of a file.
const SERVERS_MAX: usize = 500;
/// Most tools of a file.
const TOOLS_MAX: usize = 5_000;

/// Reads a file of any format that is known.
fn read(text: &str, reader: &Reader) -> Result<Document, Failure> {
    if text.len() > FILE_MAX_BYTES {
        return Err(refused(format!("the file has {} bytes; at most {FILE_MAX_BYTES} are read", text.len())));
    }
    let json: Value = serde_json::from_str(text)
        .map_err(|error| refused(format!("the file is not JSON ({error}); it is damaged or was cut off")))?;
    let document = match (json.get("format").and_then(Value::as_str), json.get("version").and_then(Value::as_str)) {
        (Some(own::FORMAT), _) => own::read(json, reader)?,
        (None, Some(version)) => original::read(&json, version)?,
        _ => {
            return Err(refused(
                "the file has neither the mark of an export of this MCPbox (format) nor the version of one of the original \
                 (1.0, 1.1, 1.2)",
            ));
        }
    };
    let tools: usize = document.servers.iter().map(|server| server.tools.len()).sum();
    if document.servers.len() > SERVERS_MAX || tools > TOOLS_MAX {
        return Err(refused(format!(
            "the file has too much in it; at most {SERVERS_MAX} servers and {TOOLS_MAX} tools are read"
        )));
    }
    Ok(document)
}

/// The refusal of a whole file.
fn refused(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidArguments, message).hint("nothing was imported; export it again and try that file")
}
