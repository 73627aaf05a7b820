//! The entrance of a trusted front on the remote listener. A request that carries its service token is judged here and nowhere else;
//! one that carries other headers of a front without the token is refused, because only an attempt to pass for one sends them.

use http::{HeaderMap, HeaderName};
use mcpbox_core::{
    front::{EMAIL_HEADER, HEADER_PREFIX, SCOPE_HEADER, Said, TOKEN_HEADER, TrustedFront, Visitor, admit},
    principal::{Principal, Scope},
};

use serde::Deserialize;

use crate::http::Refusal;

/// What may be asked without a person: what there is, never what it does.
const DISCOVERY: [&str; 9] = [
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "prompts/list",
    "subscriptions/listen",
    "logging/setLevel",
];

/// Who comes in through a front; none when the request does not come from one.
///
/// # Errors
/// 403, whatever is wrong: a 401 would send the client to sign in again, which mends nothing.
pub(crate) fn visitor<'a>(
    fronts: impl IntoIterator<Item = &'a TrustedFront>,
    headers: &HeaderMap,
) -> Result<Option<Visitor>, Refusal> {
    if !headers.keys().any(|name| name.as_str().starts_with(HEADER_PREFIX)) {
        return Ok(None);
    }
    let said = Said {
        token: single(headers, TOKEN_HEADER)?,
        email: single(headers, EMAIL_HEADER)?,
        scope: single(headers, SCOPE_HEADER)?,
    };
    match admit(fronts, said) {
        Ok(visitor) => Ok(Some(visitor)),
        Err(refusal) => Err(Refusal::forbidden(refusal.to_string())),
    }
}

/// Who a front speaks as when it names no person: may see what is published, and is let call nothing.
pub(crate) fn nobody() -> Principal {
    Principal::Remote { subject: "discovery".to_owned(), client: None, scopes: vec![Scope::Tools] }
}

/// The value of a header that may be there once. Twice is an attempt to be two people.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(HeaderName::from_static(name)).iter();
    let odd = || Refusal::forbidden(format!("The header '{name}' is there twice, or is no plain text."));
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| odd()),
        (Some(_), Some(_)) => Err(odd()),
    }
}

#[derive(Deserialize)]
struct Message {
    method: Option<String>,
}

/// Whether this message may be sent without a person.
///
/// # Errors
/// 403 for what does something.
pub(crate) fn check_discovery(message: &[u8]) -> Result<(), Refusal> {
    let method = serde_json::from_slice::<Message>(message).ok().and_then(|message| message.method);
    match method.as_deref() {
        Some(method) if DISCOVERY.contains(&method) || method.starts_with("notifications/") => Ok(()),
        _ => Err(Refusal::forbidden(
            "The front named no person (X-MCPbox-User-Email), so only what there is may be asked. Sign in through it first.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn look(pairs: &[(&'static str, &str)]) -> Result<Option<Visitor>, Refusal> {
        let front = TrustedFront::new("the-token", ["ada@example.com"]).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        visitor([&front], &headers)
    }

    #[test]
    fn only_the_token_makes_a_front_and_everything_else_is_refused() {
        let token = ("x-mcpbox-service-token", "the-token");
        assert!(matches!(look(&[("accept", "*/*")]), Ok(None)));
        assert!(matches!(look(&[token]), Ok(Some(Visitor::Discovery))));
        assert!(matches!(look(&[token, ("x-mcpbox-user-email", "ada@example.com")]), Ok(Some(Visitor::Person(_)))));
        for wrong in [
            vec![("x-mcpbox-user-email", "ada@example.com")],
            vec![("x-mcpbox-anything", "1")],
            vec![("x-mcpbox-service-token", "another")],
            vec![token, token],
            vec![token, ("x-mcpbox-user-email", "ada@example.com"), ("x-mcpbox-user-email", "eve@example.com")],
            vec![token, ("x-mcpbox-user-email", "eve@example.com")],
            vec![token, ("x-mcpbox-user-email", "ad\u{e4}@example.com")],
        ] {
            assert_eq!(look(&wrong).unwrap_err().status(), 403, "{wrong:?}");
        }
    }

    #[test]
    fn without_a_person_nothing_is_done() {
        let message = |method: &str| format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\"}}").into_bytes();
        for method in ["initialize", "tools/list", "server/discover", "notifications/initialized"] {
            assert!(check_discovery(&message(method)).is_ok(), "{method}");
        }
        for method in ["tools/call", "resources/read", "completion/complete", "tools/listen", "", "Tools/List"] {
            assert_eq!(check_discovery(&message(method)).unwrap_err().status(), 403, "{method}");
        }
        assert_eq!(check_discovery(b"{\"result\":{}}").unwrap_err().status(), 403);
    }
}
