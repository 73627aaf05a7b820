//! Clients whose id is the address of a document about them (OAuth Client ID Metadata Document). Fetched through egress, which reaches
//! public addresses only; without redirects, 5 KB and 5 s at most.

use std::{sync::Arc, time::Duration};

use mcpbox_core::capability::HostRule;
use mcpbox_egress::{FetchRequest, SessionGrants};
use serde::Deserialize;
use url::{Host, Url};

use super::{
    error::{ErrorCode, OAuthError},
    redirect,
    register::{REDIRECTS_MAX, clean_name},
};
use crate::Catalog;

/// Longest address, bytes.
const URL_MAX: usize = 300;
/// Largest document, bytes.
const DOCUMENT_MAX: usize = 5 << 10;
/// Time for all of it.
const TIME: Duration = Duration::from_secs(5);

/// What a document says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) redirect_uris: Vec<String>,
}

#[derive(Deserialize)]
struct Written {
    client_id: String,
    #[serde(default)]
    client_name: Option<String>,
    redirect_uris: Vec<String>,
    #[serde(default)]
    client_secret: Option<serde_json::Value>,
}

/// Whether this id is the address of a document: https on its own port, a name rather than an address, a path, and nothing else.
pub(super) fn is_document(client_id: &str) -> bool {
    let Ok(url) = Url::parse(client_id) else { return false };
    let has_name = matches!(url.host(), Some(Host::Domain(name)) if name.contains('.'));
    let is_bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let is_whole = url.fragment().is_none() && url.query().is_none() && url.path() != "/";
    // What is compared later is the text, so it must be the one text of this address.
    has_name
        && is_bare
        && is_whole
        && url.scheme() == "https"
        && client_id.len() <= URL_MAX
        && url.as_str() == client_id
}

/// Host of the document, which is all that is sure about such a client.
pub(super) fn host(client_id: &str) -> Option<String> {
    Url::parse(client_id).ok().and_then(|url| Some(url.host_str()?.to_owned()))
}

/// Fetches the document.
///
/// # Errors
/// `invalid_client` when it cannot be had or does not speak of this client.
pub(super) async fn fetch(cat: &Catalog, client_id: &str) -> Result<Document, OAuthError> {
    let wrong = |why: String| OAuthError::new(ErrorCode::InvalidClient, format!("the document {client_id} {why}"));
    let broker = cat.broker.get().ok_or_else(|| wrong("cannot be fetched by this process".to_owned()))?;
    // Without a port in it, a grant covers public addresses alone: a stranger chose this one.
    let rule = HostRule { host: host(client_id).unwrap_or_default(), port: None, method: Some("GET".to_owned()) };
    let session = broker.session(SessionGrants { hosts: Arc::new([rule]), secrets: Vec::new(), http_mocks: None });
    let request = FetchRequest {
        method: "GET".to_owned(),
        url: client_id.to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        timeout_ms: Some(u64::try_from(TIME.as_millis()).unwrap_or(5_000)),
        ..FetchRequest::default()
    };
    let read = async {
        let mut answer = session.open(request, None).await.map_err(|error| {
            // Where names lead inside a network is nothing to tell a stranger.
            tracing::info!(client = client_id, error = %error.message, "the document of a client cannot be fetched");
            wrong("cannot be fetched from a public address".to_owned())
        })?;
        if answer.status != 200 {
            return Err(wrong(format!("answers with status {}", answer.status)));
        }
        let mut bytes = Vec::new();
        loop {
            let part = answer.part(DOCUMENT_MAX).await.map_err(|_| wrong("broke off".to_owned()))?;
            bytes.extend_from_slice(&part.bytes);
            if bytes.len() > DOCUMENT_MAX {
                return Err(wrong("is larger than 5 KB".to_owned()));
            }
            if part.is_last {
                return Ok(bytes);
            }
        }
    };
    let bytes = tokio::time::timeout(TIME, read).await.map_err(|_| wrong("did not come within 5 s".to_owned()))??;
    parse(client_id, &bytes).map_err(wrong)
}

/// Reads a document that was found at `client_id`.
fn parse(client_id: &str, bytes: &[u8]) -> Result<Document, String> {
    let written: Written =
        serde_json::from_slice(bytes).map_err(|_| "is no JSON with client_id and redirect_uris".to_owned())?;
    if written.client_id != client_id {
        return Err("speaks of another client".to_owned());
    }
    if written.client_secret.is_some() {
        return Err("holds a secret, which everybody can read".to_owned());
    }
    let name = clean_name(written.client_name.as_deref().unwrap_or_default());
    let name = if name.is_empty() { host(client_id).unwrap_or_default() } else { name };
    let usable = |uri: &String| redirect::may_register(uri);
    let redirect_uris: Vec<String> = written.redirect_uris.into_iter().filter(usable).take(REDIRECTS_MAX).collect();
    if redirect_uris.is_empty() {
        return Err("names no redirect address that can be used".to_owned());
    }
    Ok(Document { name, redirect_uris })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_address_of_a_named_host_is_a_document() {
        assert!(is_document("https://claude.ai/oauth/mcp-oauth-client-metadata"));
        for bad in [
            "http://claude.ai/oauth/x",
            "https://claude.ai",
            "https://claude.ai/",
            "https://claude.ai/a?b",
            "https://claude.ai/a#b",
            "https://u@claude.ai/a",
            "https://claude.ai:8443/a",
            "https://claude.ai:443/a",
            "https://CLAUDE.ai/a",
            "https://claude.ai/b/../a",
            "https://127.0.0.1/a",
            "https://[::1]/a",
            "https://2130706433/a",
            "https://localhost/a",
            "mcpb_client_1",
            "",
        ] {
            assert!(!is_document(bad), "{bad}");
        }
    }

    #[test]
    fn a_document_must_speak_of_the_client_and_name_where_to_go() {
        let id = "https://a.example/client.json";
        let read = |text: &str| parse(id, text.as_bytes());
        let good = r#"{"client_id": "https://a.example/client.json", "client_name": "A\u202e", "redirect_uris": ["https://a.example/cb", "javascript:x"], "token_endpoint_auth_method": "private_key_jwt"}"#;
        let expected = Document { name: "A".into(), redirect_uris: vec!["https://a.example/cb".into()] };
        assert_eq!(read(good).unwrap(), expected);
        for (bad, why) in [
            (
                r#"{"client_id": "https://b.example/client.json", "redirect_uris": ["https://a.example/cb"]}"#,
                "another client",
            ),
            (
                r#"{"client_id": "https://a.example/client.json", "redirect_uris": ["javascript:x"]}"#,
                "no redirect address",
            ),
            (
                r#"{"client_id": "https://a.example/client.json", "redirect_uris": ["https://a.example/cb"], "client_secret": "s"}"#,
                "secret",
            ),
            ("<html>", "no JSON"),
        ] {
            assert!(read(bad).unwrap_err().contains(why), "{bad}");
        }
    }
}
