//! The headers of MCP over HTTP. See the streamable HTTP transport of 2025-11-25 and 2026-07-28.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

use super::message::Message;

pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// The session of the `initialize` era, once there is one.
#[derive(Debug, Clone, Default)]
pub(super) struct Session {
    pub(super) id: Option<HeaderValue>,
    pub(super) version: Option<String>,
}

/// Headers of every request.
pub(super) fn common(token: Option<&SecretString>, session: &Session) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(token) = token
        && let Ok(mut value) = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
    {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    if let Some(id) = &session.id {
        headers.insert(SESSION, id.clone());
    }
    if let Some(Ok(version)) = session.version.as_deref().map(HeaderValue::try_from) {
        headers.insert(VERSION, version);
    }
    headers
}

/// Headers of a POST that carries `message`.
pub(super) fn of_message(token: Option<&SecretString>, session: &Session, message: &Message) -> HeaderMap {
    let is_sessionless = message.is_modern() || message.is_initialize();
    let mut headers = if is_sessionless { common(token, &Session::default()) } else { common(token, session) };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    if let Some(version) = message.own_version() {
        let about = [(VERSION, Some(version)), (METHOD, message.method()), (NAME, message.subject())];
        for (name, text) in about {
            if let Some(Ok(value)) = text.map(value) {
                headers.insert(name, value);
            }
        }
    }
    headers
}

/// Text as a header value; what a header cannot carry is wrapped in Base64, as the protocol says.
fn value(text: &str) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let is_plain = text.bytes().all(|b| (0x20..0x7f).contains(&b)) && text.trim() == text;
    let looks_wrapped = text.starts_with("=?base64?") && text.ends_with("?=");
    if is_plain && !looks_wrapped {
        HeaderValue::try_from(text)
    } else {
        HeaderValue::try_from(format!("=?base64?{}?=", STANDARD.encode(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_the_newer_era_names_itself_in_headers() {
        let text = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wetter__höhe","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        let message = Message::parse(text.to_owned()).unwrap();
        let session = Session { id: Some(HeaderValue::from_static("s")), version: Some("2025-11-25".into()) };
        let headers = of_message(Some(&"t".into()), &session, &message);
        assert_eq!(headers["mcp-protocol-version"], "2026-07-28");
        assert_eq!(headers["mcp-method"], "tools/call");
        assert_eq!(headers["mcp-name"], "=?base64?d2V0dGVyX19ow7ZoZQ==?=");
        assert_eq!(headers["authorization"], "Bearer t");
        assert!(!headers.contains_key("mcp-session-id"));
    }
}
