//! What differs between the two protocol eras, and what stands in every answer of the newer one.

use mcpbox_core::uri::PAGE_MIME_TYPE;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CacheScope, ExtensionCapabilities, Implementation, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion, ServerCapabilities,
    },
    service::RequestContext,
};

/// How long a client of the newer era may use a list without asking again, milliseconds.
pub(super) const LIST_TTL_MS: u64 = 5_000;

/// A list as the era of the client has it.
pub(super) trait ForEra: Sized {
    /// The newer era may keep it for a moment, for itself alone.
    fn for_era(self, context: &RequestContext<RoleServer>) -> Self;
}

macro_rules! lists {
    ($($list:ty),+) => {$(
        impl ForEra for $list {
            fn for_era(self, context: &RequestContext<RoleServer>) -> Self {
                if !is_modern(context) {
                    return self;
                }
                let mut list = self.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Private);
                list.meta = Some(server_meta());
                list
            }
        }
    )+};
}

lists!(ListToolsResult, ListPromptsResult, ListResourcesResult, ListResourceTemplatesResult);

/// Lists have one page.
pub(super) fn check_page(request: Option<PaginatedRequestParams>, what: &str) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(_) => {
            let message = format!("there is no such page: all {what} are on the first, without cursor");
            Err(ErrorData::invalid_params(message, None))
        }
    }
}

/// What is here, the extensions MCP Apps (pages that clients show beside tools) and tasks among it.
#[expect(deprecated, reason = "MCP is about to drop its logging; clients of both eras still ask for it")]
pub(super) fn capabilities() -> ServerCapabilities {
    let ui = serde_json::Map::from_iter([("mimeTypes".to_owned(), serde_json::json!([PAGE_MIME_TYPE]))]);
    ServerCapabilities::builder()
        .enable_logging()
        .enable_completions()
        .enable_prompts()
        .enable_prompts_list_changed()
        .enable_resources()
        .enable_resources_list_changed()
        .enable_tools()
        .enable_tool_list_changed()
        .enable_extensions_with(ExtensionCapabilities::from_iter([("io.modelcontextprotocol/ui".to_owned(), ui)]))
        .enable_tasks()
        .build()
}

/// Who answers.
pub(super) fn server_info() -> Implementation {
    Implementation::new("mcpbox", env!("CARGO_PKG_VERSION")).with_title("MCPbox")
}

/// Whether the request is of the sessionless era (2026-07-28 and later).
pub(super) fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// `_meta` of results in the sessionless era: there is no handshake that tells who answers.
pub(super) fn server_meta() -> MetaObject {
    let mut meta = MetaObject::new();
    meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), serde_json::json!(server_info()));
    meta
}
