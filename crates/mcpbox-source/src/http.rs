//! HTTP as `rmcp` wants it, sent through egress: each request in a session of its own that may reach this one endpoint and
//! fill in this one secret. Redirects are not followed, and nothing is read beyond a cap.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderName, HeaderValue};
use mcpbox_core::{
    capability::HostRule,
    execute::UnsealedSecret,
    failure::Failure,
    name::SecretKey,
    secret::SecretMode,
    source::{SourceAuth, SourceTarget},
    source_login::AccessTokens,
};
use mcpbox_egress::{Broker, FetchRequest, FetchStream, SessionGrants, endpoint};
use rmcp::{
    model::ClientJsonRpcMessage,
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    },
};
use sse_stream::Sse;
use url::{Host, Url};

use crate::{
    reason::chain,
    reply::{header, is_type, refusal, whole},
    sse,
};

/// Largest JSON answer, bytes: the largest result that a server's limits allow, and what is around it.
pub(crate) const ANSWER_MAX: usize = 17 << 20;

/// The media types that an answer may have.
pub(crate) const ACCEPT: &str = "text/event-stream, application/json";
/// What stands for an access token where a source repeats it.
const TOKEN: &str = "LOGIN_TOKEN";
const SESSION_ID: &str = "mcp-session-id";
/// The media type of a stream of events.
pub(crate) const EVENTS: &str = "text/event-stream";
/// The media type of a message.
pub(crate) const JSON: &str = "application/json";

/// Why a request got no answer that could be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreachable(pub(crate) String);

/// Why a request failed.
pub(crate) type Error = StreamableHttpError<Unreachable>;

impl From<Error> for Unreachable {
    fn from(error: Error) -> Self {
        match error {
            Error::Client(error) => error,
            other => Self(chain(&other)),
        }
    }
}

/// The HTTP side of one connection.
#[derive(Clone)]
pub(crate) struct Http(Arc<Endpoint>);

struct Endpoint {
    broker: Arc<Broker>,
    hosts: Arc<[HostRule]>,
    auth: SourceAuth,
    secrets: Vec<UnsealedSecret>,
    login: Option<Arc<dyn AccessTokens>>,
    /// See [`Http::is_unfit`].
    is_unfit: AtomicBool,
}

impl Http {
    /// HTTP to this target and nowhere else.
    ///
    /// # Errors
    /// Its URL is none that may be reached.
    pub(crate) fn new(broker: &Arc<Broker>, target: &SourceTarget) -> Result<Self, Unreachable> {
        let hosts = Arc::new([host_rule(&target.rule.url)?]);
        let (auth, secrets) = (target.rule.auth.clone(), target.secrets.clone());
        let (login, is_unfit) = (target.login.clone(), AtomicBool::new(false));
        Ok(Self(Arc::new(Endpoint { broker: Arc::clone(broker), hosts, auth, secrets, login, is_unfit })))
    }

    /// Whether the last message, sent outside a session, was refused as by servers that know no streamable HTTP.
    pub(crate) fn is_unfit(&self) -> bool {
        self.0.is_unfit.load(Ordering::Relaxed)
    }

    /// One request, until its answer begins. Where a login shows who we are, a token that is not taken is renewed once.
    ///
    /// # Errors
    /// It may not be sent, or nobody answers; the login has ended.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<FetchStream, Error> {
        let Endpoint { auth, secrets, login, .. } = &*self.0;
        let Some(login) = login else {
            return self.send_as((auth.secret(), secrets.clone()), (method, url), headers, body).await;
        };
        let ended = |failure: Failure| Error::Client(Unreachable(failure.message));
        let key = SecretKey::parse(TOKEN).map_err(|error| Error::Client(Unreachable(error.to_string())))?;
        let hosts = self.0.hosts.to_vec();
        let shown = |value| UnsealedSecret { key: key.clone(), value, mode: SecretMode::Sealed, hosts: hosts.clone() };
        let token = login.current().await.map_err(ended)?;
        let who = (Some(&key), vec![shown(token.clone())]);
        let answer = self.send_as(who, (method, url), headers.clone(), body.clone()).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let other = login.instead_of(&token).await.map_err(ended)?;
        self.send_as((Some(&key), vec![shown(other)]), (method, url), headers, body).await
    }

    async fn send_as(
        &self,
        (key, secrets): (Option<&SecretKey>, Vec<UnsealedSecret>),
        (method, url): (&str, &str),
        mut headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<FetchStream, Error> {
        let Endpoint { broker, hosts, auth, .. } = &*self.0;
        let session = broker.session(SessionGrants { hosts: Arc::clone(hosts), secrets, http_mocks: None });
        if let Some(key) = key {
            let value = session.placeholder(key);
            let value = value.ok_or_else(|| Error::Client(Unreachable(format!("the secret {key} has no value"))))?;
            headers.push(match auth {
                SourceAuth::Header { header, .. } => (header.clone(), value),
                _ => ("authorization".to_owned(), format!("Bearer {value}")),
            });
        }
        let request =
            FetchRequest { method: method.to_owned(), url: url.to_owned(), headers, body, ..Default::default() };
        session.open(request, None).await.map_err(|error| Error::Client(Unreachable(error.message)))
    }
}

/// What this endpoint needs to be reached. A private address only counts when the URL names it, or names its port.
pub(crate) fn host_rule(url: &str) -> Result<HostRule, Unreachable> {
    let read = endpoint(url, "POST").map_err(|error| Unreachable(error.message))?;
    let parsed = Url::parse(url).map_err(|error| Unreachable(error.to_string()))?;
    let is_named = parsed.port().is_none() && matches!(parsed.host(), Some(Host::Domain(_)));
    Ok(HostRule { port: if is_named { None } else { read.rule.port }, method: None, ..read.rule })
}

fn headers(
    session_id: Option<Arc<str>>,
    custom: HashMap<HeaderName, HeaderValue>,
    more: &[(&str, &str)],
) -> Vec<(String, String)> {
    let custom = custom.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let session = session_id.map(|id| (SESSION_ID.to_owned(), id.to_string()));
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    more.chain(custom).chain(session).collect()
}

impl StreamableHttpClient for Http {
    type Error = Unreachable;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Error> {
        self.post_message_with_max_sse_event_size(uri, message, session_id, None, custom, ANSWER_MAX).await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
        event_max: usize,
    ) -> Result<StreamableHttpPostResponse, Error> {
        let in_session = session_id.is_some();
        let headers = headers(session_id, custom, &[("accept", ACCEPT), ("content-type", JSON)]);
        let body = Bytes::from(serde_json::to_vec(&message)?);
        let mut answer = self.send("POST", &uri, headers, body).await?;
        let is_unfit =
            !in_session && matches!(answer.status, 400..=499) && !matches!(answer.status, 401 | 403 | 408 | 429);
        self.0.is_unfit.store(is_unfit, Ordering::Relaxed);
        if !(200..300).contains(&answer.status) {
            return refusal(answer, Some(&message), in_session).await;
        }
        if matches!(answer.status, 202 | 204) {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        let session = header(&answer, SESSION_ID).map(str::to_owned);
        if is_type(&answer, EVENTS) {
            return Ok(StreamableHttpPostResponse::Sse(sse::events(answer, event_max), session));
        }
        let wants_answer = matches!(message, ClientJsonRpcMessage::Request(_));
        if !is_type(&answer, JSON) && wants_answer {
            return Err(Error::UnexpectedContentType(header(&answer, "content-type").map(str::to_owned)));
        }
        let body = whole(&mut answer, ANSWER_MAX).await?;
        match serde_json::from_slice(&body) {
            Ok(parsed) => Ok(StreamableHttpPostResponse::Json(parsed, session)),
            Err(_) if !wants_answer => Ok(StreamableHttpPostResponse::Accepted),
            Err(error) => {
                Err(Error::UnexpectedServerResponse(Cow::Owned(format!("its answer is no JSON-RPC: {error}"))))
            }
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _auth: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Error> {
        self.send("DELETE", &uri, headers(Some(session_id), custom, &[]), Bytes::new()).await.map(|_| ())
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _auth: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Error> {
        self.get_stream_with_max_sse_event_size(uri, session_id, last_event_id, None, custom, ANSWER_MAX).await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _auth: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
        event_max: usize,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Error> {
        let in_session = session_id.is_some();
        let mut headers = headers(session_id, custom, &[("accept", ACCEPT)]);
        headers.extend(last_event_id.map(|id| ("last-event-id".to_owned(), id)));
        let answer = self.send("GET", &uri, headers, Bytes::new()).await?;
        match answer.status {
            405 => Err(Error::ServerDoesNotSupportSse),
            200..=299 if is_type(&answer, EVENTS) => Ok(sse::events(answer, event_max)),
            200..=299 => Err(Error::UnexpectedContentType(header(&answer, "content-type").map(str::to_owned))),
            _ => match refusal(answer, None, in_session).await {
                Err(error) => Err(error),
                Ok(_) => Err(Error::UnexpectedServerResponse("it refused the stream".into())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_address_is_reached_only_when_the_url_names_it_or_its_port() {
        assert_eq!(host_rule("https://mcp.example.com/mcp").unwrap().port, None, "public addresses alone");
        assert_eq!(host_rule("http://nas.lan:8123/mcp").unwrap().port, Some(8123));
        assert_eq!(host_rule("http://192.168.1.5/mcp").unwrap().port, Some(80));
        for never in ["http://127.0.0.1:1/mcp", "http://169.254.169.254/mcp", "file:///etc/passwd", "https://u:p@x.de/"]
        {
            assert!(host_rule(never).is_err(), "{never}");
        }
    }
}
