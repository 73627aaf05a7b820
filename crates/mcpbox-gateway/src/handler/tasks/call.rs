//! One `tools/call` whose client need not wait: the run begins like any other; when it takes long, a task takes the place of the request
//! that waits for it, and the run goes on.

use std::{sync::Arc, time::Duration};

use mcpbox_catalog::{
    access::may_go_on,
    task::{Handover, Stop, drive},
};
use mcpbox_core::{
    execute::{BoxFuture, Observer},
    principal::Principal,
    task::{Ending, Task},
};
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, CreateTaskResult, JsonObject},
    service::RequestContext,
};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use tracing::{Instrument, Span};

use super::{described, open};
use crate::{
    access::{self, Shown},
    exchange::Facts,
    gateway::Gateway,
    handler::{
        ask::{Ask, Ended},
        call::{dispatch, stopped, unless_stopped},
        era::{is_modern, server_meta},
        progress::{Wanted, with_notices},
    },
};

/// What the call is answered with, one day.
pub(super) type Work = BoxFuture<'static, Result<CallToolResult, ErrorData>>;

/// A call whose client need not wait.
pub(super) struct LongCall {
    pub(super) gateway: Arc<Gateway>,
    pub(super) facts: Facts,
    pub(super) who: Principal,
    pub(super) name: String,
    pub(super) arguments: JsonObject,
    pub(super) modern: bool,
}

impl LongCall {
    /// The call of a request.
    pub(super) fn of(
        gateway: &Arc<Gateway>,
        context: &RequestContext<RoleServer>,
        name: String,
        arguments: JsonObject,
    ) -> Self {
        let facts = Facts::of(context);
        let (who, modern) = (facts.principal(context), is_modern(context));
        Self { gateway: Arc::clone(gateway), facts, who, name, arguments, modern }
    }

    /// Its run, not begun yet. It holds what shutdown waits for, until it ends.
    pub(super) fn begin(self, observer: Arc<dyn Observer>) -> Work {
        let span = self.facts.span.clone().unwrap_or_else(Span::current);
        Box::pin(
            async move {
                let Self { gateway, facts, who, name, arguments, modern } = self;
                dispatch(&gateway, &facts, who, &name, arguments, observer, modern).await
            }
            .instrument(span),
        )
    }
}

/// How long a call may take before its client gets a task for it; none when this client gets none.
pub(in crate::handler) fn after(gateway: &Gateway, context: &RequestContext<RoleServer>) -> Option<Duration> {
    let is_declared = || context.client_capabilities().is_some_and(|client| client.supports_tasks());
    gateway.config.task_after.filter(|_| is_modern(context) && is_declared())
}

enum Came {
    Ended(Result<CallToolResult, ErrorData>),
    Long(Box<(Work, Arc<Handover>, Task)>),
}

/// Answers one `tools/call`: with its result, or when it takes longer than `after` with the task that it became.
///
/// # Errors
/// −32602 for a name that is no tool here.
pub(in crate::handler) async fn call_tool(
    gateway: &Arc<Gateway>,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
    (wanted, ask): (Wanted, &Ask),
    after: Duration,
) -> Result<CallToolResponse, ErrorData> {
    let facts = Facts::of(&context);
    let name = request.name.into_owned();
    let call = LongCall::of(gateway, &context, name.clone(), request.arguments.unwrap_or_default());
    let who = call.who.clone();
    let waiting = with_notices(&context, wanted, &name, |client| {
        let heard = Handover::from(ask.observer(client));
        let mut work = call.begin(heard.clone());
        let (catalog, name) = (Arc::clone(&gateway.catalog), name.clone());
        async move {
            if let Ok(ended) = tokio::time::timeout(after, &mut work).await {
                return Came::Ended(ended);
            }
            match open(&catalog, &who, &name, None).await {
                Ok(task) => Came::Long(Box::new((work, heard, task))),
                Err(refusal) => {
                    tracing::debug!(%refusal, "a long call goes on without a task");
                    Came::Ended(work.await)
                }
            }
        }
    });
    let came = unless_stopped(gateway, &facts, &context, waiting, |told| Came::Ended(Ok(stopped(told)))).await;
    match came {
        Came::Ended(result) => {
            let told = |mut result: CallToolResult| {
                result.meta.get_or_insert_default().extend(server_meta());
                result
            };
            Ok(match ask.ended(result.map(told))? {
                Ended::Complete(result) => result.into(),
                Ended::InputRequired(asked) => asked.into(),
            })
        }
        Came::Long(long) => {
            let (work, heard, task) = *long;
            let created = CreateTaskResult::new(described(&task)).with_meta(server_meta());
            go_on(gateway, &context, task, heard, work);
            Ok(created.into())
        }
    }
}

/// Lets a run go on as a task.
pub(super) fn go_on(
    gateway: &Arc<Gateway>,
    context: &RequestContext<RoleServer>,
    task: Task,
    heard: Arc<Handover>,
    work: Work,
) {
    let shown = Shown::of(context);
    let work = async move { ending(work.await) };
    let stop = stop(Arc::clone(gateway), shown);
    gateway.tasks.spawn(drive(Arc::clone(&gateway.catalog), task, heard, work, stop));
}

/// Until the run must not go on: this process stops, or the token that it was begun with is revoked.
async fn stop(gateway: Arc<Gateway>, shown: Option<Shown>) -> Stop {
    let interrupt = gateway.interrupt.clone();
    let revoked = async {
        let Some(Shown(token)) = shown else { return std::future::pending().await };
        // Heard from now on, and looked at once: nothing falls in between.
        let changes = gateway.access_changes.listener();
        if may_go_on(&gateway.catalog, token.expose_secret()).await {
            access::over(Arc::clone(&gateway), token, changes).await;
        }
    };
    tokio::select! {
        () = interrupt.cancelled() => Stop::Shutdown,
        () = revoked => Stop::Access,
    }
}

fn ending(result: Result<CallToolResult, ErrorData>) -> Ending {
    match result {
        Ok(result) => Ending::Result(object(&result)),
        Err(error) => Ending::Error(object(&error)),
    }
}

fn object(value: &impl Serialize) -> JsonObject {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _ => JsonObject::new(),
    }
}
