//! From the first refusal to the documents that say where everything is (RFC 9728, RFC 8414).

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Address, Caller, Found, Trouble, protocol};

/// Where clients look for the document about the endpoint.
const RESOURCE_PATHS: [&str; 2] =
    ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"];
/// Where clients look for the document about the authorization server, the usual one first.
const ISSUER_PATHS: [&str; 5] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/openid-configuration",
];

/// The refusal of a request without a token.
pub(super) async fn challenge(caller: &Caller, address: &Address) -> Found {
    let answer = caller.send(protocol::legacy(caller)).await?;
    let shown = answer.header(header::WWW_AUTHENTICATE);
    if answer.status != StatusCode::UNAUTHORIZED {
        return Err(answer.stray());
    }
    let told = parameter(shown, "resource_metadata").unwrap_or_default();
    if !shown.to_ascii_lowercase().starts_with("bearer ") || told.is_empty() {
        let fix = "The proxy takes WWW-Authenticate away or logs in by itself: have it pass the header on, and add no login of its own";
        return Err(Trouble::new(format!("401 with '{shown}'"), fix));
    }
    if !told.starts_with(&address.url("/")) {
        return Err(Trouble::new(format!("it points to {told}"), other_address(address)));
    }
    Ok(format!("it points to {told}"))
}

/// The documents about the endpoint.
pub(super) async fn resource(caller: &Caller, address: &Address) -> Found {
    let wanted = [("resource", json!(address.url("/mcp"))), ("authorization_servers", json!([address.origin]))];
    for path in RESOURCE_PATHS {
        compare(&document(caller, path).await?, path, &wanted, address)?;
    }
    Ok(format!("{} paths", RESOURCE_PATHS.len()))
}

/// The documents about the authorization server.
pub(super) async fn issuer(caller: &Caller, address: &Address) -> Found {
    let wanted = [
        ("issuer", json!(address.origin)),
        ("authorization_endpoint", json!(address.url("/oauth/authorize"))),
        ("token_endpoint", json!(address.url("/oauth/token"))),
        ("registration_endpoint", json!(address.url("/oauth/register"))),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("client_id_metadata_document_supported", json!(true)),
        ("authorization_response_iss_parameter_supported", json!(true)),
    ];
    for path in ISSUER_PATHS {
        compare(&document(caller, path).await?, path, &wanted, address)?;
    }
    Ok(format!("{} paths", ISSUER_PATHS.len()))
}

async fn document(caller: &Caller, path: &str) -> Result<Value, Trouble> {
    let answer = caller.send(caller.request(Method::GET, path).header(header::ACCEPT, "application/json")).await?;
    let found = answer.json().filter(|_| answer.status == StatusCode::OK);
    found.ok_or_else(|| {
        let stray = answer.stray();
        Trouble::new(format!("{path}: {}", stray.got), stray.fix)
    })
}

fn compare(document: &Value, path: &str, wanted: &[(&str, Value)], address: &Address) -> Result<(), Trouble> {
    match wanted.iter().find(|(name, value)| document.get(*name) != Some(value)) {
        None => Ok(()),
        Some((name, _)) => {
            let got = document.get(*name).cloned().unwrap_or_default();
            Err(Trouble::new(format!("{path}: {name} is {got}"), other_address(address)))
        }
    }
}

fn other_address(address: &Address) -> String {
    format!("Set MCPBOX_PUBLIC_URL to exactly {} and start MCPbox again", address.origin)
}

/// A parameter of a challenge (RFC 9110, section 11.2).
pub(super) fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_of_a_challenge_is_found() {
        let challenge = r#"Bearer error="invalid_token", resource_metadata="https://b/x", scope="a b""#;
        assert_eq!(parameter(challenge, "resource_metadata"), Some("https://b/x"));
        assert_eq!(parameter(challenge, "scope"), Some("a b"));
        assert_eq!(parameter(challenge, "realm"), None);
    }
}
