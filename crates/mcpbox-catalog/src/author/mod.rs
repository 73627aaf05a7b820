//! What an LLM may do: make servers and drafts, test them, ask for what they need. Every function authorises, acts
//! and audits in one transaction. Nothing here can approve: that takes a [`crate::Reviewer`] and [`crate::review`].
//!
//! The answers are what the LLM reads as JSON; `next` names what to do now. A server or tool is given by id or by
//! name (`weather_api`, `weather_api__get_weather`).

pub(crate) mod code;
mod draft;
mod draft_next;
mod logs;
mod module;
mod need;
mod pending;
mod publish;
mod request;
mod sample;
mod script;
mod secret;
mod server;
mod status;
mod test;
mod tool;
mod version;
mod wanted;

pub(crate) use code::findings;
pub use code::{CodeReport, Finding, FindingAbout, Severity, validate_code};
pub use draft::{CreateTool, DraftReport, UpdateTool, create_tool, rollback_tool, update_tool};
pub use logs::{LogEntry, ToolLogs, get_tool_logs};
pub use module::{GrantedModule, ModuleReport, get_server_modules};
pub use need::{Need, NeedState};
pub use pending::{PendingBundle, PendingRequests, ServerRequests, list_pending_requests};
pub use publish::{PublishReport, request_publish};
pub(crate) use request::add_request;
pub use request::{ModuleRequest, RequestReport, request_module, request_network_access};
pub use sample::make_sample;
pub use script::{RunCode, run_code};
pub use secret::{SecretList, SecretReport, SecretSummary, create_server_secret, list_server_secrets};
pub use server::{
    CreateServer, DeleteReport, ServerDetail, ServerReport, ServerSummary, create_server, delete_server, get_server,
    list_servers, start_server, stop_server,
};
pub use status::{TestSummary, ToolStatus, get_tool_status};
pub(crate) use test::try_version;
pub use test::{TestCode, TestReport, test_code};
pub use tool::{
    ToolDetail, ToolSummary, ToolVersions, VersionSummary, delete_tool, get_tool, list_all_tools, list_tool_versions,
    list_tools,
};
pub(crate) use version::{add_version, content, set_enabled, tool_name, version};
pub(crate) use wanted::{Wanted, module_or_refusal};
