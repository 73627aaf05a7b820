//! The MCP server as rmcp drives it, in both protocol eras. Tools come from the catalog's snapshot at the moment of
//! the request; nothing is registered ahead.
#![expect(deprecated, reason = "MCP is about to drop its logging; clients of both eras still ask for it")]

mod call;
mod instructions;
mod progress;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use mcpbox_core::principal::Principal;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestMethod, CompleteRequestParams,
        CompleteResult, DiscoverResult, Implementation, InitializeRequestParams, InitializeResult,
        ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod, ListResourceTemplatesResult,
        ListResourcesRequestMethod, ListResourcesResult, ListToolsResult, LoggingLevel, MetaObject,
        PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, ServerNotification,
        SetLevelRequestMethod, SetLevelRequestParams, SubscriptionFilter, Tool, ToolListChangedNotification,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use self::progress::Wanted;
use crate::{exchange::Facts, gateway::Gateway, tools, toolset, toolset::Toolset};

/// How long a client of the newer era may use a list without asking again, milliseconds.
const LIST_TTL_MS: u64 = 5_000;
/// Subscriptions at one time: they hold connections that calls need too.
const LISTENERS_MAX: usize = 256;
/// How often a listening task looks whether its session is still there.
const SESSION_CHECK: std::time::Duration = std::time::Duration::from_secs(60);

/// Serves one session, or one request of the sessionless era.
pub(crate) struct Handler {
    gateway: Arc<Gateway>,
    listens: AtomicBool,
    /// What a client of the older era set for its session.
    log_level: Mutex<Option<LoggingLevel>>,
}

impl Handler {
    pub(crate) fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway, listens: AtomicBool::new(false), log_level: Mutex::default() }
    }

    fn session_log_level(&self) -> Option<LoggingLevel> {
        *self.log_level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn config(toolset: &Toolset, who: &Principal) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_logging().enable_tools().enable_tool_list_changed().build();
        ServerConfig::new(capabilities)
            .with_server_info(server_info())
            .with_instructions(instructions::of(toolset, who))
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        Self::config(&Toolset::All, &Principal::Local { client: None })
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let mut result = self.negotiate_initialize(&request)?;
        let facts = Facts::of(&context);
        result.instructions = Self::config(&facts.toolset, &facts.principal(&context)).instructions;
        context.peer.set_peer_info(request);
        Ok(result)
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let facts = Facts::of(&context);
        let config = Self::config(&facts.toolset, &facts.principal(&context));
        Ok(DiscoverResult::from_server_info(self.supported_protocol_versions().into_owned(), config)
            .with_ttl_ms(LIST_TTL_MS))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.is_some_and(|request| request.cursor.is_some()) {
            return Err(ErrorData::invalid_params(
                "there is no such page: all tools are on the first, without cursor",
                None,
            ));
        }
        let facts = Facts::of(&context);
        let who = facts.principal(&context);
        self.gateway.catalog.meet(&who);
        self.gateway.catalog.catch_up().await;
        let snapshot = self.gateway.catalog.snapshot();
        let mut result = ListToolsResult::with_all_items(self.gateway.lists.of(&facts.toolset, &snapshot, &who));
        if is_modern(&context) {
            result = result.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Private);
            result.meta = Some(server_meta());
        }
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let level = if is_modern(&context) { context.meta.log_level() } else { self.session_log_level() };
        let wanted = Wanted::of(&context, level);
        call::call_tool(&self.gateway, request, context, wanted).await.map(Into::into)
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if is_modern(&context) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        *self.log_level.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.level);
        Ok(())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        match tools::find(name) {
            Some(definition) => Some(definition.listed()),
            None => self.gateway.catalog.snapshot().resolve(name).ok().map(|tool| toolset::listed(&tool)),
        }
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.listens.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut changes = self.gateway.changes.listener();
        let closing = self.gateway.closing.clone();
        self.gateway.tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = closing.cancelled() => return,
                    changed = changes.next() => {
                        if !changed || context.peer.notify_tool_list_changed().await.is_err() {
                            return;
                        }
                    }
                    () = tokio::time::sleep(SESSION_CHECK) => {
                        if context.peer.is_transport_closed() {
                            return;
                        }
                    }
                }
            }
        });
    }

    fn accepted_subscription_filter(&self, _: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(SubscriptionFilter::builder().tools_list_changed().build())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let exchange = Facts::of(context.request_context()).exchange;
        if self.gateway.listeners.len() >= LISTENERS_MAX {
            let message =
                format!("{LISTENERS_MAX} clients listen already; list the tools again from time to time instead");
            return Err(ErrorData::internal_error(message, None));
        }
        exchange.listens(&self.gateway.listeners);
        let mut changes = self.gateway.changes.listener();
        loop {
            tokio::select! {
                () = context.cancelled() => return Ok(()),
                () = exchange.gone.cancelled() => return Ok(()),
                () = self.gateway.closing.cancelled() => return Ok(()),
                changed = changes.next() => {
                    let changed_list = ServerNotification::ToolListChangedNotification(ToolListChangedNotification::default());
                    if !changed || context.sink().send(changed_list).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }
}

fn server_info() -> Implementation {
    Implementation::new("mcpbox", env!("CARGO_PKG_VERSION")).with_title("MCPbox")
}

/// Whether the request is of the sessionless era (2026-07-28 and later).
fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// `_meta` of results in the sessionless era: there is no handshake that tells who answers.
fn server_meta() -> MetaObject {
    let mut meta = MetaObject::new();
    meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), serde_json::json!(server_info()));
    meta
}
