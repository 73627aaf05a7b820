//! Canned answers for tests of drafts: nothing goes to the network, whatever matches or not.

use bytes::Bytes;
use mcpbox_core::execute::HttpMock;
use serde_json::Value;
use url::Url;

use crate::{
    error::FetchError,
    hop::Hop,
    reply::{Reply, Source},
};

/// The answer of the first mock that matches.
pub(crate) fn answer(mocks: &[HttpMock], hop: &Hop) -> Result<Reply, FetchError> {
    let matching = mocks.iter().find(|mock| matches(mock, hop));
    matching.map(reply).ok_or_else(|| unmatched(hop))
}

fn matches(mock: &HttpMock, hop: &Hop) -> bool {
    let is_method =
        mock.method.as_deref().is_none_or(|method| method == "*" || method.eq_ignore_ascii_case(&hop.method));
    let url = hop.destination.url.as_str();
    is_method
        && match mock.url.strip_suffix('*') {
            Some(prefix) => url.starts_with(prefix) || url.starts_with(&canonical(prefix)),
            None => url == mock.url || url == canonical(&mock.url),
        }
}

/// The form in which URLs are compared: lower-case host, default port and fragment left out.
fn canonical(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) => {
            url.set_fragment(None);
            url.into()
        }
        Err(_) => text.to_owned(),
    }
}

fn reply(mock: &HttpMock) -> Reply {
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in &mock.headers {
        let name = name.to_ascii_lowercase();
        match value {
            Value::Array(values) => headers.extend(values.iter().map(|value| (name.clone(), plain(value)))),
            value => headers.push((name, plain(value))),
        }
    }
    let (body, kind) = match &mock.body {
        Value::Null => (Bytes::new(), None),
        Value::String(text) => (Bytes::from(text.clone()), Some("text/plain; charset=utf-8")),
        json => (Bytes::from(json.to_string()), Some("application/json")),
    };
    if let Some(kind) = kind.filter(|_| !headers.iter().any(|(name, _)| name == "content-type")) {
        headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    Reply::new(mock.status, headers, "HTTP/1.1", Source::Whole(Some(body)))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unmatched(hop: &Hop) -> FetchError {
    let to = &hop.destination;
    let message = format!(
        "no http_mocks entry matches {} {}: in a run with mocks only mocked URLs answer. Add one to http_mocks (a URL \
         that ends in * matches all that start so)",
        hop.method, to.url
    );
    FetchError::denied(&to.host, to.port, message)
}
