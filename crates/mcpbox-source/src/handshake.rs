//! How a connection begins: over streamable HTTP in the newer way first, then in the older one; over HTTP+SSE where that was
//! asked for, or where a server refuses the other as those do that do not know it. To a program in lines, in either way.

use std::{sync::Arc, time::Duration};

use mcpbox_core::{
    program::ProgramHost,
    source::{SourceTarget, TransportKind},
};
use mcpbox_egress::Broker;
use rmcp::{
    RoleClient,
    model::ProtocolVersion,
    service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt, RunningService},
    transport::streamable_http_client::{StreamableHttpClientTransport, StreamableHttpClientTransportConfig},
};
use tokio::time::timeout;

use crate::{end::End, errors::Errors, handler::Handler, http::Http, http_sse::HttpSse, reason::chain, stdio::Stdio};

/// Time to connect and agree, for each of both transports.
const CONNECT: Duration = Duration::from_secs(20);
/// The same for a program, which has to start first.
const START: Duration = Duration::from_secs(60);
/// Largest event or line, bytes.
pub(crate) const EVENT_MAX: usize = 17 << 20;
/// Requests over one connection that wait for their answer to begin.
const AT_ONCE: usize = 64;

/// The SDK's side of a connection.
pub(crate) type Service = RunningService<RoleClient, Handler>;

/// What was agreed upon.
pub(crate) struct Agreed {
    pub(crate) service: Service,
    /// How its stream ended, where it has one.
    pub(crate) end: Arc<End>,
    /// The HTTP below it, where each message is a request of its own.
    pub(crate) http: Option<Http>,
}

/// Connects and says hello. What is heard goes to `handler`.
///
/// # Errors
/// A sentence: it cannot be reached, or speaks something else.
pub(crate) async fn agree(
    broker: &Arc<Broker>,
    (host, errors): (Option<&Arc<dyn ProgramHost>>, &Arc<Errors>),
    target: &SourceTarget,
    handler: &Handler,
) -> Result<Agreed, String> {
    if target.rule.transport == TransportKind::Stdio {
        let end = Arc::<End>::default();
        let program = Stdio::start(host, broker, target, errors, &end).await?;
        return over_stdio(program, end, handler.clone()).await;
    }
    let http = Http::new(broker, target).map_err(|error| error.to_string())?;
    let url = target.rule.url.as_str();
    if target.rule.transport == TransportKind::Sse {
        return over_sse(&http, url, handler.clone()).await;
    }
    match over_streamable(&http, url, handler.clone()).await {
        Ok(service) => Ok(Agreed { service, end: Arc::default(), http: Some(http) }),
        Err(error) if http.is_unfit() => {
            let older = over_sse(&http, url, handler.clone()).await;
            older.map_err(|older| format!("{error}; nor does it speak HTTP+SSE there: {older}"))
        }
        Err(error) => Err(error),
    }
}

async fn over_streamable(http: &Http, url: &str, handler: Handler) -> Result<Service, String> {
    let config = StreamableHttpClientTransportConfig::with_uri(url)
        .max_concurrent_requests(AT_ONCE)
        .max_sse_event_size(EVENT_MAX);
    let transport = StreamableHttpClientTransport::with_client(http.clone(), config);
    let service = timeout(CONNECT, handler.serve_with_lifecycle(transport, either())).await;
    service.map_err(|_| too_slow(CONNECT))?.map_err(|error| refusal(&error))
}

/// The newer way, then the older one.
fn either() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    }
}

async fn over_stdio(program: Stdio, end: Arc<End>, handler: Handler) -> Result<Agreed, String> {
    let agreed = timeout(START, handler.serve_with_lifecycle(program, either())).await;
    let agreed = agreed.map_err(|_| too_slow(START))?;
    let service = agreed.map_err(|error| end.why().unwrap_or_else(|| refusal(&error)))?;
    Ok(Agreed { service, end, http: None })
}

/// The newer protocol was never spoken this way, so nobody is asked for it.
async fn over_sse(http: &Http, url: &str, handler: Handler) -> Result<Agreed, String> {
    let end = Arc::<End>::default();
    let agreed = async {
        let transport = HttpSse::open(http, url, Arc::clone(&end)).await.map_err(|error| chain(&error))?;
        let agreed = handler.serve_with_lifecycle(transport, ClientLifecycleMode::Initialize).await;
        agreed.map_err(|error| end.why().unwrap_or_else(|| refusal(&error)))
    };
    let service = timeout(CONNECT, agreed).await.map_err(|_| too_slow(CONNECT))??;
    Ok(Agreed { service, end, http: None })
}

fn too_slow(limit: Duration) -> String {
    format!("it did not answer within {} s", limit.as_secs())
}

/// Why a connection was not made.
fn refusal(error: &ClientInitializeError) -> String {
    match error {
        ClientInitializeError::TransportError { error, .. } => chain(&*error.error),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => refusal(fallback),
        other => chain(other),
    }
}
