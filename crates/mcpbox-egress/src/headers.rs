//! Headers: which a tool may set, and which of an answer it sees. The broker alone frames messages, so nothing a tool
//! sets can smuggle a second request or change where a request goes.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
};

const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Checks the headers of a request and leaves out those that the broker sets itself (HTTP libraries always send them).
pub(crate) fn accept(headers: Vec<(String, String)>, to: &Destination) -> Result<Vec<(String, String)>, FetchError> {
    let size: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers.len() > MAX_HEADERS || size > MAX_HEADER_BYTES {
        return Err(invalid("it has more than 100 headers or 64 KiB of them; send less"));
    }
    let mut accepted = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let checked = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| invalid("a header's name is not one; use letters, digits and '-'"))?;
        if HeaderValue::from_str(&value).is_err() && HeaderValue::from_bytes(value.as_bytes()).is_err() {
            return Err(invalid(&format!(
                "the value of header '{checked}' holds a line break or control character; remove it"
            )));
        }
        if is_kept(&checked, &value, to)? {
            accepted.push((checked.as_str().to_owned(), value));
        }
    }
    Ok(accepted)
}

/// Whether a header of the tool is sent on. Refuses those that would change who is spoken to and how.
fn is_kept(name: &HeaderName, value: &str, to: &Destination) -> Result<bool, FetchError> {
    match name.as_str() {
        "host" if is_same_authority(value, to) => Ok(false),
        "host" => Err(invalid("the Host header must be the URL's host; leave it out")),
        "proxy-connection" | "connection" | "keep-alive" | "transfer-encoding" | "content-length" | "te"
        | "trailer" | "expect" => Ok(false),
        "upgrade" | "http2-settings" => {
            Err(invalid("other protocols than HTTP are not spoken; leave the Upgrade header out"))
        }
        other if other.starts_with("proxy-") => Err(invalid("there is no proxy; leave Proxy- headers out")),
        _ => Ok(true),
    }
}

fn is_same_authority(value: &str, to: &Destination) -> bool {
    let scheme = if to.is_tls { "https" } else { "http" };
    Destination::parse(&format!("{scheme}://{}/", value.trim())).is_ok_and(|host| host.is_same_origin(to))
}

/// The headers as they go out, the broker's own added.
pub(crate) fn outgoing(headers: Vec<(String, String)>, wants_plain: bool) -> Result<HeaderMap, FetchError> {
    let mut map = HeaderMap::with_capacity(headers.len() + 3);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("a header's name is not one"))?;
        let mut value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| invalid("a header's value holds a line break or control character"))?;
        value.set_sensitive(true); // never in a debug print
        map.append(name, value);
    }
    if wants_plain {
        map.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    map.entry(header::USER_AGENT).or_insert(HeaderValue::from_static("mcpbox"));
    map.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Ok(map)
}

/// The headers of an answer without those that belong to the connection.
pub(crate) fn incoming(map: &HeaderMap) -> Vec<(String, String)> {
    let named: Vec<String> = map
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    map.iter()
        .filter(|(name, _)| !is_hop_by_hop(name.as_str()) && !named.iter().any(|other| other == name.as_str()))
        .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
        .collect()
}

fn is_hop_by_hop(name: &str) -> bool {
    matches!(name, "connection" | "keep-alive" | "te" | "trailer" | "transfer-encoding" | "upgrade" | "alt-svc")
        || name.starts_with("proxy-")
}

/// UTF-8, or Latin-1 as old hosts send it (RFC 9110, 5.5).
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn invalid(why: &str) -> FetchError {
    FetchError::new(FetchErrorKind::InvalidRequest, format!("the request cannot be sent: {why}"))
}
