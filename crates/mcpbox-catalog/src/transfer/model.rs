//! What a file says, whatever its format.

use mcpbox_core::{
    capability::{Capability, HostRule},
    server::Limits,
};

/// A file.
#[derive(Debug)]
pub(super) struct Document {
    /// What it is, for people.
    pub(super) source: String,
    /// Whether this box wrote exactly this.
    pub(super) is_own: bool,
    pub(super) servers: Vec<InServer>,
    /// What of it is not taken over.
    pub(super) notes: Vec<String>,
}

/// A server in a file. Names and texts are not checked yet.
#[derive(Debug)]
pub(super) struct InServer {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) limits: Option<Limits>,
    pub(super) timeout_ms: Option<u64>,
    pub(super) secrets: Vec<InSecret>,
    pub(super) tools: Vec<InTool>,
    pub(super) notes: Vec<String>,
}

/// A placeholder of a secret.
#[derive(Debug)]
pub(super) struct InSecret {
    pub(super) key: String,
    pub(super) description: String,
    pub(super) hosts: Vec<HostRule>,
}

/// A tool in a file.
#[derive(Debug)]
pub(super) struct InTool {
    pub(super) name: String,
    pub(super) enabled: bool,
    /// Oldest first; the last one becomes the draft.
    pub(super) versions: Vec<InVersion>,
    pub(super) requests: Vec<InRequest>,
    pub(super) notes: Vec<String>,
}

/// What becomes a version. Schemas and needs are worked out again from the code.
#[derive(Debug)]
pub(super) struct InVersion {
    pub(super) description: String,
    pub(super) code: String,
}

/// What a tool was granted or asked for.
#[derive(Debug)]
pub(super) struct InRequest {
    pub(super) what: Asked,
    pub(super) justification: String,
}

/// A module as its code imports it, or a capability as it stands.
#[derive(Debug)]
pub(super) enum Asked {
    Module(String),
    Capability(Capability),
}
