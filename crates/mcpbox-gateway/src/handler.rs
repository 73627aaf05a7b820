//! The MCP server as rmcp drives it, in both protocol eras. Tools come from the catalog's snapshot at the moment of
//! the request; nothing is registered ahead.
#![expect(deprecated, reason = "MCP is about to drop its logging; clients of both eras still ask for it")]

mod ask;
mod call;
mod era;
mod instructions;
mod listening;
mod offers;
mod progress;
mod tasks;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use mcpbox_core::principal::Principal;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult,
        CustomRequest, CustomResult, DiscoverResult, GetPromptRequestParams, GetPromptResponse, GetTaskParams,
        GetTaskResult, InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, LoggingLevel, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ServerConfig, SetLevelRequestMethod, SetLevelRequestParams, SubscriptionFilter,
        TASKS_EXTENSION_ID, Tool, UpdateTaskParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use self::{
    ask::{Ask, Ended},
    era::{ForEra, LIST_TTL_MS, check_page, is_modern, server_info, server_meta},
    progress::Wanted,
};
use crate::{exchange::Facts, gateway::Gateway, tools, toolset, toolset::Toolset};

/// Serves one session, or one request of the sessionless era. What its methods do is on the heap: the SDK moves the future of a request
/// about, which is as large as that of its largest method.
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

    /// What a run may say to the client while it runs.
    fn wanted(&self, context: &RequestContext<RoleServer>) -> Wanted {
        let level = if is_modern(context) { context.meta.log_level() } else { self.session_log_level() };
        Wanted::of(context, level)
    }

    /// Who asks, and where, of a catalog that knows what was done elsewhere.
    async fn asked(&self, context: &RequestContext<RoleServer>) -> (Facts, Principal) {
        let facts = Facts::of(context);
        let who = facts.principal(context);
        self.gateway.catalog.meet(&who);
        self.gateway.catalog.catch_up().await;
        (facts, who)
    }

    fn config(toolset: &Toolset, who: &Principal) -> ServerConfig {
        ServerConfig::new(era::capabilities())
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
        // This extension is of the newer era; what the older one has instead is added to the answer.
        if let Some(extensions) = &mut result.capabilities.extensions {
            extensions.remove(TASKS_EXTENSION_ID);
        }
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
        check_page(request, "tools")?;
        let (facts, who) = self.asked(&context).await;
        let snapshot = self.gateway.catalog.snapshot();
        let result = ListToolsResult::with_all_items(self.gateway.lists.of(&facts.toolset, &snapshot, &who));
        Ok(result.for_era(&context))
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let wanted = self.wanted(&context);
        let ask = Ask::of(&self.gateway, &context, (request.request_state.take(), request.input_responses.take()));
        if let Some(after) = tasks::after(&self.gateway, &context) {
            return Box::pin(tasks::call_tool(&self.gateway, request, context, (wanted, &ask), after)).await;
        }
        let result = Box::pin(call::call_tool(&self.gateway, request, context, (wanted, &ask))).await;
        Ok(match ask.ended(result)? {
            Ended::Complete(result) => result.into(),
            Ended::InputRequired(asked) => asked.into(),
        })
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        Box::pin(tasks::get(&self.gateway, &context, &request.task_id)).await
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Box::pin(tasks::update(&self.gateway, &context, &request.task_id)).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Box::pin(tasks::cancel(&self.gateway, &context, &request.task_id)).await
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Box::pin(tasks::answer(&self.gateway, request, context)).await
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
            None => {
                let snapshot = self.gateway.catalog.snapshot();
                snapshot.resolve(name).ok().map(|tool| toolset::listed(&tool, &snapshot))
            }
        }
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.listens.swap(true, Ordering::Relaxed) {
            return;
        }
        self.gateway.tasks.spawn(listening::tell_session(&self.gateway, context));
    }

    fn accepted_subscription_filter(&self, _: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let all = SubscriptionFilter::builder().tools_list_changed().prompts_list_changed().resources_list_changed();
        Some(all.build())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        Box::pin(listening::tell(&self.gateway, context)).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let (facts, who) = self.asked(&context).await;
        let mut result = CompleteResult::new(offers::complete(&self.gateway, &facts, &who, &request)?);
        result.meta = is_modern(&context).then(server_meta);
        Ok(result)
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        check_page(request, "prompts")?;
        let (facts, who) = self.asked(&context).await;
        let result = ListPromptsResult::with_all_items(offers::prompts(&self.gateway, &facts, &who));
        Ok(result.for_era(&context))
    }

    async fn get_prompt(
        &self,
        mut request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let is_modern = is_modern(&context);
        let wanted = self.wanted(&context);
        let ask = Ask::of(&self.gateway, &context, (request.request_state.take(), request.input_responses.take()));
        let result = Box::pin(offers::get_prompt(&self.gateway, request, context, (wanted, &ask))).await;
        let mut result = match ask.ended(result)? {
            Ended::Complete(result) => result,
            Ended::InputRequired(asked) => return Ok(asked.into()),
        };
        result.meta = is_modern.then(server_meta);
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        check_page(request, "resources")?;
        let (facts, who) = self.asked(&context).await;
        let result = ListResourcesResult::with_all_items(offers::resources(&self.gateway, &facts, &who).0);
        Ok(result.for_era(&context))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        check_page(request, "templates")?;
        let (facts, who) = self.asked(&context).await;
        let result = ListResourceTemplatesResult::with_all_items(offers::resources(&self.gateway, &facts, &who).1);
        Ok(result.for_era(&context))
    }

    async fn read_resource(
        &self,
        mut request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let is_modern = is_modern(&context);
        let wanted = self.wanted(&context);
        let ask = Ask::of(&self.gateway, &context, (request.request_state.take(), request.input_responses.take()));
        let result = Box::pin(offers::read_resource(&self.gateway, request, context, (wanted, &ask))).await;
        let mut result = match ask.ended(result)? {
            Ended::Complete(result) => result,
            Ended::InputRequired(asked) => return Ok(asked.into()),
        };
        if is_modern {
            // What a function returns may be another thing a moment later.
            result = result.with_ttl_ms(0).with_cache_scope(CacheScope::Private);
            result.meta = Some(server_meta());
        }
        Ok(result.into())
    }
}
