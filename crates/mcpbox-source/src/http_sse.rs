//! HTTP+SSE, the transport before streamable HTTP (protocol 2024-11-05): what the source says comes over one lasting stream;
//! what we say is posted to the endpoint that the stream names first, which must be of the stream's own origin.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt as _, stream::BoxStream};
use rmcp::{
    RoleClient,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::{Transport, streamable_http_client::SseError},
};
use sse_stream::Sse;
use tokio::time::timeout;
use url::Url;

use crate::{
    end::End,
    handshake::EVENT_MAX,
    http::{EVENTS, Error, Http, JSON, Unreachable},
    reason::chain,
    reply::{header, is_type, refusal},
    sse,
};

/// Time to take a message; its answer comes over the stream.
const TAKEN: Duration = Duration::from_secs(30);
/// Most that is read of what a source says to a message that it took, bytes, and how long that is waited for. It means nothing.
const TAKEN_MAX: usize = 64 << 10;
const AFTERWARDS: Duration = Duration::from_millis(200);
/// Longest address of the endpoint, bytes.
const ENDPOINT_MAX: usize = 4_000;
/// Most that is shown of the origin of one that is refused, characters.
const ORIGIN_SHOWN: usize = 200;

/// An open stream, and where to post.
pub(crate) struct HttpSse {
    http: Http,
    endpoint: Arc<str>,
    events: BoxStream<'static, Result<Sse, SseError>>,
    end: Arc<End>,
}

impl HttpSse {
    /// Opens the stream at `url` and waits for its endpoint. Why it ends later is told to `end`.
    ///
    /// # Errors
    /// It is refused, is no stream of events, or does not begin with an endpoint of its own origin.
    pub(crate) async fn open(http: &Http, url: &str, end: Arc<End>) -> Result<Self, Unreachable> {
        let answer = http.send("GET", url, vec![("accept".to_owned(), EVENTS.to_owned())], Bytes::new()).await?;
        if !(200..300).contains(&answer.status) {
            return Err(refused(refusal(answer, None, false).await, "the stream"));
        }
        if !is_type(&answer, EVENTS) {
            let kind = header(&answer, "content-type").unwrap_or("nothing");
            return Err(Unreachable(format!("it answers with {kind} instead of a stream of events")));
        }
        let mut events = sse::events(answer.lasting(), EVENT_MAX);
        let first = match events.next().await {
            Some(first) => first.map_err(|error| Unreachable(chain(&error)))?,
            None => return Err(Unreachable("it ended the stream before it said anything".to_owned())),
        };
        let told = first.data.as_deref().filter(|_| first.event.as_deref() == Some("endpoint"));
        let told = told.ok_or_else(|| Unreachable("its stream does not begin with an endpoint".to_owned()))?;
        Ok(Self { http: http.clone(), endpoint: endpoint(url, told)?, events, end })
    }

    /// The next message; none when there is none left.
    async fn next(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let event = tokio::select! {
                event = self.events.next() => event,
                () = self.end.reached() => return None,
            };
            let why = match event {
                Some(Ok(event)) if event.event.as_deref().is_none_or(|kind| kind == "message") => {
                    match serde_json::from_str(&event.data.unwrap_or_default()) {
                        Ok(message) => return Some(message),
                        Err(error) => {
                            tracing::debug!(%error, "a source sent an event that is no message");
                            continue;
                        }
                    }
                }
                Some(Ok(_)) => continue,
                Some(Err(error)) => chain(&error),
                None => "it ended the stream".to_owned(),
            };
            self.end.note(why);
            return None;
        }
    }
}

impl Transport<RoleClient> for HttpSse {
    type Error = Unreachable;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Unreachable>> + Send + 'static {
        let (http, endpoint, end) = (self.http.clone(), Arc::clone(&self.endpoint), Arc::clone(&self.end));
        async move {
            let posted = timeout(TAKEN, post(&http, &endpoint, &message, &end)).await;
            let too_slow = || Unreachable(format!("it did not take a message within {} s", TAKEN.as_secs()));
            posted.unwrap_or_else(|_| Err(too_slow()))
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        self.next().await
    }

    async fn close(&mut self) -> Result<(), Unreachable> {
        self.end.note("the connection was closed");
        self.events = futures::stream::empty().boxed();
        Ok(())
    }
}

async fn post(http: &Http, endpoint: &str, message: &ClientJsonRpcMessage, end: &End) -> Result<(), Unreachable> {
    let body = Bytes::from(serde_json::to_vec(message).map_err(|error| Unreachable(error.to_string()))?);
    let mut answer = http.send("POST", endpoint, vec![("content-type".to_owned(), JSON.to_owned())], body).await?;
    if (200..300).contains(&answer.status) {
        // It is taken, whatever follows; read to its end, the connection serves the next message.
        let _ = answer.early(TAKEN_MAX, AFTERWARDS).await;
        return Ok(());
    }
    if matches!(answer.status, 404 | 410) {
        end.note(format!("HTTP {}: it does not know the session any more", answer.status));
    }
    Err(refused(refusal(answer, None, false).await, "a message"))
}

/// The error of an answer that is no success.
fn refused<T>(answer: Result<T, Error>, what: &str) -> Unreachable {
    answer.err().map_or_else(|| Unreachable(format!("it refused {what}")), Unreachable::from)
}

/// Where to post, as the stream at `url` says.
fn endpoint(url: &str, told: &str) -> Result<Arc<str>, Unreachable> {
    let stream = Url::parse(url).map_err(|error| Unreachable(error.to_string()))?;
    let endpoint = stream.join(told).ok().filter(|endpoint| endpoint.as_str().len() <= ENDPOINT_MAX);
    let mut endpoint = endpoint.ok_or_else(|| Unreachable("its endpoint is no address".to_owned()))?;
    let is_bare = endpoint.username().is_empty() && endpoint.password().is_none();
    if endpoint.origin() != stream.origin() || !is_bare {
        let origin: String = endpoint.origin().ascii_serialization().chars().take(ORIGIN_SHOWN).collect();
        return Err(Unreachable(format!("it names an endpoint elsewhere ({origin}), where nothing is sent")));
    }
    endpoint.set_fragment(None);
    Ok(endpoint.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_is_of_the_streams_own_origin() {
        let at = |told| endpoint("https://mcp.example.com/a/sse", told).map(|url| url.to_string());
        assert_eq!(at("/messages?sessionId=1").unwrap(), "https://mcp.example.com/messages?sessionId=1");
        assert_eq!(at("messages#x").unwrap(), "https://mcp.example.com/a/messages");
        assert_eq!(at("https://MCP.example.com:443/m").unwrap(), "https://mcp.example.com/m");
        for elsewhere in [
            "https://evil.example/m",
            "//evil.example/m",
            "\\\\evil.example/m",
            "http://mcp.example.com/m",
            "https://mcp.example.com:8443/m",
            "https://mcp.example.com@evil.example/m",
            "https://me:pw@mcp.example.com/m",
            "file:///etc/passwd",
            "data:text/plain,x",
        ] {
            assert!(at(elsewhere).is_err(), "{elsewhere}");
        }
        assert!(at(&format!("/{}", "x".repeat(ENDPOINT_MAX))).is_err(), "long ones");
    }
}
