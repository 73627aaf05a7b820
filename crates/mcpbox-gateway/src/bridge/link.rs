//! The HTTP end of the bridge: posts messages, passes answers and notifications on, keeps the session, and opens it
//! again when the server was restarted.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use http::{HeaderMap, StatusCode, header};
use reqwest::{Client, Response, Url};
use secrecy::SecretString;
use serde_json::Value;
use sse_stream::SseStream;
use tokio::{sync::mpsc, task::AbortHandle};

use super::{
    headers::{self, SESSION, Session},
    message::{Message, SERVER_AWAY, answers, as_line, error_line},
};
use crate::error::GatewayError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server may take to take note of the end.
const GOODBYE: Duration = Duration::from_secs(2);
/// First and longest pause before a broken notification stream is opened again.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// Ends the handshake of the `initialize` era.
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// The HTTP end of the bridge.
pub(super) struct Link {
    client: Client,
    url: Url,
    token: Option<SecretString>,
    lines: mpsc::Sender<String>,
    state: Mutex<State>,
    /// Held while a lost session is opened again, so that it happens once.
    reopening: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    session: Session,
    /// The handshake, to be repeated when the session is lost.
    initialize: Option<String>,
    listener: Option<AbortHandle>,
}

impl Link {
    pub(super) fn new(
        address: &str,
        token: Option<SecretString>,
        lines: mpsc::Sender<String>,
    ) -> Result<Self, GatewayError> {
        let refuse = |reason: &str| GatewayError::Address { url: address.to_owned(), reason: reason.to_owned() };
        let url = Url::parse(address).map_err(|error| refuse(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refuse("give it as http://127.0.0.1:8000/mcp or https://…/mcp"));
        }
        // Not through the egress broker: that is for tools; this is the one address that the operator named.
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(GatewayError::Client)?;
        Ok(Self { client, url, token, lines, state: Mutex::default(), reopening: tokio::sync::Mutex::new(()) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Session {
        self.state().session.clone()
    }

    pub(super) fn has_session(&self) -> bool {
        self.state().session.id.is_some()
    }

    /// Writes a line to the client.
    pub(super) async fn tell(&self, line: String) {
        if self.lines.send(line).await.is_err() {
            tracing::debug!("the client reads no more");
        }
    }

    /// Posts a message and passes on what comes back.
    pub(super) async fn forward(self: &std::sync::Arc<Self>, message: Message) {
        if message.is_initialize() {
            self.state().initialize = Some(message.text.clone());
        }
        let session = self.session();
        let outcome = match self.post(&message).await {
            Ok(response) if self.is_lost(&message, &response) => self.post_in_new_session(&message, &session).await,
            outcome => outcome,
        };
        match outcome {
            Ok(response) => self.pass_on(&message, response).await,
            Err(error) => self.complain(&message, &self.away(&error)).await,
        }
        if message.method() == Some("notifications/initialized") {
            self.listen();
        }
    }

    async fn post(&self, message: &Message) -> Result<Response, reqwest::Error> {
        let headers = headers::of_message(self.token.as_ref(), &self.session(), message);
        self.client.post(self.url.clone()).headers(headers).body(message.text.clone()).send().await
    }

    fn is_lost(&self, message: &Message, response: &Response) -> bool {
        response.status() == StatusCode::NOT_FOUND
            && !message.is_modern()
            && !message.is_initialize()
            && self.has_session()
    }

    /// The server forgot the session (it was restarted): opens a new one behind the client's back and posts again.
    async fn post_in_new_session(
        self: &std::sync::Arc<Self>,
        message: &Message,
        lost: &Session,
    ) -> Result<Response, reqwest::Error> {
        let _one_at_a_time = self.reopening.lock().await;
        let was_reopened = lost.id != self.session().id;
        let initialize = self.state().initialize.clone();
        if let (false, Some(initialize)) = (was_reopened, initialize)
            && let Ok(initialize) = Message::parse(initialize)
        {
            let answer = self.post(&initialize).await?;
            self.take_session(answer.headers(), None);
            let _ = answer.bytes().await;
            if let Ok(initialized) = Message::parse(INITIALIZED.to_owned()) {
                self.post(&initialized).await?;
            }
            self.listen();
        }
        self.post(message).await
    }

    fn take_session(&self, headers: &HeaderMap, answer: Option<&str>) {
        let mut state = self.state();
        if let Some(id) = headers.get(SESSION) {
            state.session.id = Some(id.clone());
        }
        let version = answer
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .and_then(|value| value.pointer("/result/protocolVersion").and_then(Value::as_str).map(str::to_owned));
        if version.is_some() {
            state.session.version = version;
        }
    }

    async fn pass_on(&self, message: &Message, response: Response) {
        let status = response.status();
        let headers = response.headers().clone();
        let is_stream = content_type(&headers).starts_with("text/event-stream");
        if is_stream && status.is_success() {
            return self.pass_stream_on(message, response).await;
        }
        let text = response.text().await.unwrap_or_default();
        if message.is_initialize() {
            self.take_session(&headers, Some(&text));
        }
        match as_line(&text, message.request_id()) {
            Some(line) if message.request_id().is_some() => self.tell(line).await,
            Some(_) | None if status.is_success() && message.request_id().is_none() => {}
            _ => {
                let shown: String = text.chars().take(300).collect();
                self.complain(message, &format!("{} answered {status}: {shown}", self.url)).await;
            }
        }
    }

    async fn pass_stream_on(&self, message: &Message, response: Response) {
        let headers = response.headers().clone();
        let mut events = SseStream::from_bytes_stream(response.bytes_stream());
        while let Some(Ok(event)) = events.next().await {
            let Some(line) = event.data.as_deref().and_then(|data| as_line(data, None)) else { continue };
            let is_last = message.request_id().is_some_and(|id| answers(&line, id));
            if message.is_initialize() {
                self.take_session(&headers, Some(&line));
            }
            self.tell(line).await;
            if is_last {
                return;
            }
        }
        self.complain(message, &format!("the connection to {} broke before the answer came", self.url)).await;
    }

    /// Tells what went wrong: as the answer, when one is waited for, and to whoever reads standard error.
    async fn complain(&self, message: &Message, text: &str) {
        eprintln!("mcpbox connect: {text}");
        if message.request_id().is_some() {
            self.tell(error_line(message.request_id(), SERVER_AWAY, text)).await;
        }
    }

    fn away(&self, error: &reqwest::Error) -> String {
        if error.is_connect() || error.is_timeout() {
            return format!(
                "no MCP server answers at {}. Start it with 'mcpbox serve', or check the address.",
                self.url
            );
        }
        format!("the connection to {} failed: {error}", self.url)
    }

    /// Opens the stream of notifications of the `initialize` era, and keeps it open.
    fn listen(self: &std::sync::Arc<Self>) {
        if !self.has_session() {
            return;
        }
        let link = std::sync::Arc::downgrade(self);
        let task = tokio::spawn(async move {
            let mut pause = RECONNECT.0;
            while let Some(link) = link.upgrade() {
                match link.listen_once().await {
                    Heard::Something => pause = RECONNECT.0,
                    Heard::Nothing => pause = (pause * 2).min(RECONNECT.1),
                    Heard::Refusal => return,
                }
                drop(link);
                tokio::time::sleep(pause).await;
            }
        });
        if let Some(before) = self.state().listener.replace(task.abort_handle()) {
            before.abort();
        }
    }

    async fn listen_once(&self) -> Heard {
        let mut headers = headers::common(self.token.as_ref(), &self.session());
        headers.insert(header::ACCEPT, header::HeaderValue::from_static("text/event-stream"));
        let Ok(response) = self.client.get(self.url.clone()).headers(headers).send().await else {
            return Heard::Nothing;
        };
        if !response.status().is_success() {
            return if response.status().is_client_error() { Heard::Refusal } else { Heard::Nothing };
        }
        let mut events = SseStream::from_bytes_stream(response.bytes_stream());
        while let Some(Ok(event)) = events.next().await {
            if let Some(line) = event.data.as_deref().and_then(|data| as_line(data, None)) {
                self.tell(line).await;
            }
        }
        Heard::Something
    }

    /// Ends the session.
    pub(super) async fn close(&self) {
        if let Some(listener) = self.state().listener.take() {
            listener.abort();
        }
        if self.has_session() {
            let headers = headers::common(self.token.as_ref(), &self.session());
            let goodbye = self.client.delete(self.url.clone()).headers(headers).send();
            if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
                tracing::debug!("the server did not take note of the end");
            }
        }
    }
}

/// What came of a notification stream.
enum Heard {
    Something,
    Nothing,
    /// The server offers no such stream, or knows the session no more.
    Refusal,
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
