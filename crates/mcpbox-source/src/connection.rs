//! One connection to a source: how it is made, what is asked over it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    execute::Observer,
    ids::SourceId,
    program::ProgramHost,
    source::{OfferedTool, SourceCall, SourceTarget},
};
use mcpbox_egress::Broker;
use rmcp::{
    ClientHandler, RoleClient,
    model::{
        CallToolRequest, CallToolRequestParams, ClientRequest, PaginatedRequestParams, PingRequest, ProtocolVersion,
        RequestMetaObject, ServerResult, SubscriptionFilter, Tool,
    },
    service::{ClientCacheConfig, Peer, PeerRequestOptions, ServiceError},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::{
    end::End,
    errors::Errors,
    handler::{Handler, Listeners},
    handshake::{self, Agreed, Service},
    pool::Changes,
    post::{self, Poster},
    reason::{ended, reason},
    running::Running,
};

/// Time to list tools, all pages.
const LIST: Duration = Duration::from_secs(30);
/// Pages of tools.
const PAGES_MAX: usize = 50;
/// Tools of one source.
const TOOLS_MAX: usize = 1_000;
/// Time to say that one is there.
const CHECK: Duration = Duration::from_secs(10);

/// A tool as the source offered it last.
struct Offered {
    tool: OfferedTool,
    /// See [`post::is_plain`].
    is_plain: bool,
}

/// A connection that was agreed upon.
pub(crate) struct Connection {
    service: Service,
    /// Sends calls without it, where that can be done.
    poster: Option<Poster>,
    /// How its stream ended, where it has one.
    end: Arc<End>,
    target: SourceTarget,
    listeners: Listeners,
    /// What it offered when it was asked last.
    offered: RwLock<HashMap<String, Offered>>,
    is_modern: bool,
    /// Since when it is there, and when it was used last.
    since: Instant,
    used: Mutex<Instant>,
    /// The protocol's version.
    pub(crate) protocol: String,
}

impl Connection {
    /// Connects and says hello.
    ///
    /// # Errors
    /// A sentence: it cannot be reached, or speaks something else.
    pub(crate) async fn open(
        broker: Arc<Broker>,
        (host, errors): (Option<Arc<dyn ProgramHost>>, Arc<Errors>),
        target: SourceTarget,
        changed: Arc<Changes>,
    ) -> Result<Self, String> {
        let listeners = Listeners::default();
        let handler = Handler { source: target.id, listeners: Arc::clone(&listeners), changed: Arc::clone(&changed) };
        let Agreed { service, end, http } =
            handshake::agree(&broker, (host.as_ref(), &errors), &target, &handler).await?;
        // What is listed is compared with what was approved: it must be what is there now.
        service.peer().set_response_cache_config(ClientCacheConfig::disabled()).await;
        let info = service.peer().peer_info();
        let version = info.map(|info| info.protocol_version.clone()).unwrap_or_default();
        let is_modern = version >= ProtocolVersion::V_2026_07_28;
        if is_modern {
            tokio::spawn(listen(service.peer().clone(), target.id, changed));
        }
        let http = http.filter(|_| is_modern);
        let poster = http.and_then(|http| Poster::new(http, &target.rule.url, &version, handler.get_info()));
        let offered = RwLock::default();
        let (since, used) = (Instant::now(), Mutex::new(Instant::now()));
        let protocol = version.to_string();
        let connection = Self { service, poster, end, target, listeners, offered, is_modern, since, used, protocol };
        connection.list().await?;
        Ok(connection)
    }

    /// Whether it is a program of ours, which is there for us alone.
    pub(crate) fn is_program(&self) -> bool {
        self.target.rule.program.is_some()
    }

    /// How long it is there.
    pub(crate) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// How long it was not used.
    pub(crate) fn idle(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    fn note_use(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Why nothing can be asked over it any more; none while it is open.
    pub(crate) fn ended(&self) -> Option<String> {
        let is_closed = self.service.is_closed() || self.service.peer().is_transport_closed();
        self.end.why().or_else(|| is_closed.then(|| "the connection was closed".to_owned()))
    }

    /// Whether anybody is there.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) async fn check(&self) -> Result<(), String> {
        let peer = self.service.peer();
        let asked = async {
            match self.is_modern {
                true => peer.discover(RequestMetaObject::new()).await.map(drop),
                false => peer.send_request(ClientRequest::PingRequest(PingRequest::default())).await.map(drop),
            }
        };
        match timeout(CHECK, asked).await {
            // An error is an answer too.
            Ok(Ok(()) | Err(ServiceError::McpError(_))) => Ok(()),
            Ok(Err(error)) => Err(self.ended().unwrap_or_else(|| reason(&error))),
            Err(_) => Err(format!("it did not say within {} s that it is there", CHECK.as_secs())),
        }
    }

    /// Whether it can still be used for `target`.
    pub(crate) fn serves(&self, target: &SourceTarget) -> bool {
        let same = |(a, b): (&mcpbox_core::execute::UnsealedSecret, &mcpbox_core::execute::UnsealedSecret)| {
            a.key == b.key && a.hosts == b.hosts && a.value.expose_secret() == b.value.expose_secret()
        };
        let secrets = (&self.target.secrets, &target.secrets);
        self.ended().is_none()
            && self.target.rule == target.rule
            && since(&self.target) == since(target)
            && secrets.0.len() == secrets.1.len()
            && secrets.0.iter().zip(secrets.1).all(same)
    }

    /// All tools it offers. No use: whoever says again and again that they changed would never be idle.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) async fn list(&self) -> Result<Vec<OfferedTool>, String> {
        let listed = timeout(LIST, self.list_pages()).await;
        let listed = listed.map_err(|_| format!("it did not list its tools within {} s", LIST.as_secs()))??;
        let offered = |tool: &OfferedTool| Offered { tool: tool.clone(), is_plain: post::is_plain(tool) };
        let by_name = listed.iter().map(|tool| (tool.name.clone(), offered(tool))).collect();
        *self.offered.write().unwrap_or_else(PoisonError::into_inner) = by_name;
        Ok(listed)
    }

    /// Whether it offers exactly this tool, as far as it said.
    pub(crate) fn offers(&self, tool: &OfferedTool) -> bool {
        self.offered
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&tool.name)
            .is_some_and(|offered| offered.tool == *tool)
    }

    /// What sends calls of a tool without the SDK, where that can be done.
    fn poster(&self, tool: &str) -> Option<&Poster> {
        let offered = self.offered.read().unwrap_or_else(PoisonError::into_inner);
        self.poster.as_ref().filter(|_| offered.get(tool).is_some_and(|offered| offered.is_plain))
    }

    async fn list_pages(&self) -> Result<Vec<OfferedTool>, String> {
        let mut tools = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let mut params = PaginatedRequestParams::default();
            params.cursor = cursor;
            let page = self.service.peer().list_tools(Some(params)).await.map_err(|error| reason(&error))?;
            tools.extend(page.tools.into_iter().map(offered));
            if tools.len() > TOOLS_MAX {
                return Err(format!("it offers more than {TOOLS_MAX} tools"));
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(tools);
            }
        }
        Err(format!("its list of tools has more than {PAGES_MAX} pages"))
    }

    /// Calls a tool. Dropping the future tells the source so.
    ///
    /// # Errors
    /// What the protocol or the connection says.
    pub(crate) async fn call(
        &self,
        call: SourceCall,
        observer: Arc<dyn Observer>,
    ) -> Result<ServerResult, ServiceError> {
        self.note_use();
        if let Some(poster) = self.poster(&call.tool.name) {
            return poster.call(call, &*observer).await;
        }
        Box::pin(self.call_in_session(call, observer)).await
    }

    async fn call_in_session(
        &self,
        call: SourceCall,
        observer: Arc<dyn Observer>,
    ) -> Result<ServerResult, ServiceError> {
        let params = CallToolRequestParams::new(call.tool.name.clone()).with_arguments(call.arguments);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let mut running = {
            // Held until the listener is there: progress that comes at once waits for it.
            let mut listeners = self.listeners.lock().await;
            let handle =
                self.service.peer().send_request_with_option(request, PeerRequestOptions::no_options()).await?;
            listeners.insert(handle.progress_token.clone(), observer);
            Running { listeners: Arc::clone(&self.listeners), handle: Some(handle) }
        };
        let Some(handle) = &mut running.handle else { return Err(ServiceError::TransportClosed) };
        let answer = (&mut handle.rx).await.unwrap_or(Err(ServiceError::TransportClosed));
        running.end(false).await;
        self.note_use();
        match (answer, self.end.why()) {
            (Err(ServiceError::TransportClosed), Some(why)) => Err(ended(why)),
            (answer, _) => answer,
        }
    }
}

/// When somebody logged in, where that is needed.
fn since(target: &SourceTarget) -> Option<DateTime<Utc>> {
    target.login.as_ref().map(|login| login.since())
}

/// Passes on that tools changed, where the source must be asked to say so.
async fn listen(peer: Peer<RoleClient>, source: SourceId, changed: Arc<Changes>) {
    let filter = SubscriptionFilter::builder().tools_list_changed().build();
    // A source that does not offer it is looked at when it is connected to and listed.
    let Ok(mut subscription) = peer.listen(filter).await else { return };
    while let Ok(Some(_)) = subscription.next().await {
        changed.note(source);
    }
}

fn offered(tool: Tool) -> OfferedTool {
    OfferedTool {
        name: tool.name.into_owned(),
        title: tool.title,
        description: tool.description.map(|text| text.into_owned()).unwrap_or_default(),
        input_schema: Value::Object((*tool.input_schema).clone()),
        output_schema: tool.output_schema.map(|schema| Value::Object((*schema).clone())),
        annotations: tool.annotations.and_then(|annotations| serde_json::to_value(annotations).ok()),
    }
}
