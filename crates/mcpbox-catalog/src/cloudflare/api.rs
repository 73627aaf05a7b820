//! One request to Cloudflare's API and what it said. Whatever is shown of it holds no secret.

use std::sync::Arc;

use bytes::Bytes;
use mcpbox_core::{
    cloudflare::{ShownRequest, StepName},
    execute::UnsealedSecret,
    name::SecretKey,
    secret::SecretMode,
};
use mcpbox_egress::{Broker, FetchErrorKind, FetchRequest, SessionGrants, endpoint};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::requests::permission;

const TIMEOUT_MS: u64 = 30_000;
const SAID_MAX: usize = 400;
const BOUNDARY: &str = "mcpbox-7d1f0c9e5b2a4c38";

/// A request before it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub(super) method: &'static str,
    /// After the API's address; begins with a slash.
    pub(super) path: String,
    pub(super) body: Body,
    pub(super) purpose: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    None,
    Json(Value),
    /// The Worker, with this metadata.
    Worker(Value),
}

impl Request {
    pub(super) fn new(method: &'static str, path: String, body: Body, purpose: &'static str) -> Self {
        Self { method, path, body, purpose }
    }

    /// As people may see it.
    pub(super) fn shown(&self, api: &str) -> ShownRequest {
        let body = match &self.body {
            Body::None => None,
            Body::Json(body) | Body::Worker(body) => Some(masked(body)),
        };
        let url = format!("{api}{}", self.path);
        ShownRequest { method: self.method.to_owned(), url, body, purpose: self.purpose.to_owned() }
    }

    fn content(&self, worker: &str) -> (Option<String>, Bytes) {
        match &self.body {
            Body::None => (None, Bytes::new()),
            Body::Json(body) => (Some("application/json".to_owned()), body.to_string().into()),
            Body::Worker(metadata) => {
                let text = format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"metadata\"\r\nContent-Type: application/json\r\n\r\n{metadata}\r\n\
                     --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"worker.js\"; filename=\"worker.js\"\r\n\
                     Content-Type: application/javascript+module\r\n\r\n{worker}\r\n--{BOUNDARY}--\r\n"
                );
                (Some(format!("multipart/form-data; boundary={BOUNDARY}")), text.into())
            }
        }
    }
}

/// The same body without the values of secret bindings.
fn masked(body: &Value) -> Value {
    let mut body = body.clone();
    for binding in body.get_mut("bindings").and_then(Value::as_array_mut).into_iter().flatten() {
        if binding.get("type").and_then(Value::as_str) == Some("secret_text")
            && let Some(text) = binding.get_mut("text")
        {
            *text = Value::from("[secret]");
        }
    }
    body
}

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) message: String,
    /// Whether Cloudflare said no, so that nothing was made.
    pub(super) is_refusal: bool,
    /// Whether there is nothing of that name.
    pub(super) is_absent: bool,
}

impl Trouble {
    pub(super) fn refusal(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_refusal: true, is_absent: false }
    }

    pub(super) fn unknown(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_refusal: false, is_absent: false }
    }
}

/// The API, as somebody with a token.
pub(super) struct Api {
    pub(super) broker: Arc<Broker>,
    pub(super) base: String,
    /// The program of the Worker.
    pub(super) worker: &'static str,
    pub(super) token: SecretString,
}

impl Api {
    /// Sends a request of `step` and gives its `result`; null when the answer is empty.
    pub(super) async fn send(&self, step: StepName, request: &Request) -> Result<Value, Trouble> {
        if matches!(request.body, Body::Worker(_)) && self.worker.is_empty() {
            let message = "this MCPbox was built without its Worker; build it again without MCPBOX_UI=skip";
            return Err(Trouble::unknown(message));
        }
        let (kind, body) = request.content(self.worker);
        let mut headers = vec![("Authorization".to_owned(), format!("Bearer {}", self.token.expose_secret()))];
        headers.extend(kind.map(|kind| ("Content-Type".to_owned(), kind)));
        let url = format!("{}{}", self.base, request.path);
        let (status, body) = fetch(&self.broker, &self.token, (request.method, &url), headers, body).await?;
        read(step, request, status, &body)
    }

    pub(super) async fn get(&self, step: StepName, path: String) -> Result<Value, Trouble> {
        self.send(step, &Request::new("GET", path, Body::None, "")).await
    }
}

/// One request anywhere; the host is what its URL names and nothing else.
pub(super) async fn fetch(
    broker: &Arc<Broker>,
    token: &SecretString,
    (method, url): (&str, &str),
    headers: Vec<(String, String)>,
    body: Bytes,
) -> Result<(u16, Bytes), Trouble> {
    let rule = endpoint(url, method).map_err(|error| Trouble::refusal(error.message))?.rule;
    let key = SecretKey::parse("CLOUDFLARE_TOKEN").map_err(|error| Trouble::refusal(error.to_string()))?;
    let secret = UnsealedSecret { key, value: token.clone(), mode: SecretMode::Revealed, hosts: Vec::new() };
    let session = broker.session(SessionGrants { hosts: Arc::new([rule]), secrets: vec![secret], http_mocks: None });
    let request = FetchRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        headers,
        body,
        follow_redirects: false,
        timeout_ms: Some(TIMEOUT_MS),
    };
    match session.fetch(request).await {
        Ok(answer) => Ok((answer.status, answer.body)),
        Err(error) => {
            use FetchErrorKind as K;
            // What never left cannot have made anything.
            let is_refusal = matches!(
                error.kind,
                K::Denied { .. } | K::InvalidUrl | K::InvalidRequest | K::Unresolvable | K::ConnectFailed | K::Tls
            );
            Err(Trouble { message: error.message, is_refusal, is_absent: false })
        }
    }
}

/// What an answer means. An error names what the token may lack.
fn read(step: StepName, request: &Request, status: u16, body: &[u8]) -> Result<Value, Trouble> {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let is_success = answer.get("success").is_none_or(|success| success == true);
    if (200..300).contains(&status) && is_success {
        // A deletion may be answered by 202 and nothing. Everything else is JSON, or not from Cloudflare.
        return match answer {
            Value::Object(mut answer) => Ok(answer.remove("result").unwrap_or(Value::Null)),
            _ if body.is_empty() && request.method == "DELETE" => Ok(Value::Null),
            _ => Err(Trouble::unknown(format!(
                "The answer to {} {} is not JSON (HTTP {status}); is the address Cloudflare's?",
                request.method, request.path
            ))),
        };
    }
    let said = said(&answer);
    let advice = match status {
        401 => " The token is wrong, ended or was revoked: enter another one.".to_owned(),
        403 => format!(" Give the token the permission '{}', or enter another one.", permission(step)),
        400 if said.contains("10000") || said.contains("Authentication") => {
            format!(" Give the token the permission '{}', or enter another one.", permission(step))
        }
        409 => " Something of that name is there already: choose another name, or delete it in Cloudflare's dashboard."
            .to_owned(),
        429 => " Wait five minutes, then go on.".to_owned(),
        500..=599 => " That is Cloudflare's fault: go on later.".to_owned(),
        _ => String::new(),
    };
    let message = format!("Cloudflare refused {} {} (HTTP {status}): {said}.{advice}", request.method, request.path);
    Err(Trouble { message, is_refusal: (400..500).contains(&status), is_absent: status == 404 })
}

/// The errors of an answer, in one line.
fn said(answer: &Value) -> String {
    let errors = answer.get("errors").and_then(Value::as_array).into_iter().flatten();
    let texts = errors.filter_map(|error| {
        let message = error.get("message")?.as_str()?.trim().trim_end_matches('.');
        Some(match error.get("code") {
            Some(code) => format!("{message} (code {code})"),
            None => message.to_owned(),
        })
    });
    let text = texts.collect::<Vec<_>>().join("; ");
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID_MAX).collect();
    if plain.is_empty() { "it gave no reason".to_owned() } else { plain }
}
