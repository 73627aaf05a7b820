//! The way to a token, as far as one can go without a human: every endpoint is asked something that leads to nothing.

use http::{Method, StatusCode, header};
use serde_json::json;
use url::Url;

use super::{Address, Caller, Found, Trouble, caller::Answer};

/// A client that MCPbox knows without asking anybody: claude.ai's document, and where its logins end.
const CLIENT: &str = "https://claude.ai/oauth/mcp-oauth-client-metadata";
const CALLBACK: &str = "https://claude.ai/api/mcp/auth_callback";
/// Where no login may end.
const FOREIGN: &str = "https://mcpbox-doctor.invalid/callback";
/// What the client wants to see again.
const STATE: &str = "mcpbox-doctor";
/// A challenge whose verifier nobody has.
const PKCE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registration that cannot succeed: nothing is stored, no allowance for a real one is used up.
pub(super) async fn registration(caller: &Caller) -> Found {
    let nothing = json!({"client_name": "mcpbox doctor", "redirect_uris": []}).to_string();
    let request =
        caller.request(Method::POST, "/oauth/register").header(header::CONTENT_TYPE, "application/json").body(nothing);
    let answer = caller.send(request).await?;
    let told = answer.json().and_then(|json| json.get("error").cloned());
    if answer.status == StatusCode::TOO_MANY_REQUESTS && told == Some(json!("temporarily_unavailable")) {
        return Ok("too many registrations from here for now, says MCPbox".to_owned());
    }
    oauth_error(&answer, &["invalid_redirect_uri", "invalid_client_metadata"])
}

/// The way back to the client. A request for something that is not given out is answered at once, and no human is asked.
pub(super) async fn authorize(caller: &Caller, address: &Address) -> Found {
    let answer = caller.send(asking(caller, address, ("none", CALLBACK))).await?;
    let target = answer.header(header::LOCATION);
    let told = Url::parse(target).ok().filter(|_| matches!(answer.status.as_u16(), 302 | 303));
    let Some(told) = told.filter(|_| target.starts_with(CALLBACK)) else { return Err(answer.stray()) };
    let said = |name: &str| told.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    match (said("error").as_deref(), said("iss"), said("state").as_deref()) {
        (Some("unsupported_response_type"), Some(issuer), Some(STATE)) if issuer == address.origin => {
            Ok("it comes back, and says from where".to_owned())
        }
        (_, Some(issuer), _) if issuer != address.origin => {
            let fix = format!("Set MCPBOX_PUBLIC_URL to exactly {} and start MCPbox again", address.origin);
            Err(Trouble::new(format!("iss is {issuer}"), fix))
        }
        _ => Err(Trouble::new(
            target,
            "The proxy changes Location: have it pass the header on (nginx: proxy_redirect off)",
        )),
    }
}

/// A login that would end at somebody else: a page says so, which nobody may frame.
pub(super) async fn foreign_redirect(caller: &Caller, address: &Address) -> Found {
    let answer = caller.send(asking(caller, address, ("code", FOREIGN))).await?;
    let target = answer.header(header::LOCATION);
    if !target.is_empty() {
        let got = format!("a redirect to {target}");
        return Err(Trouble::new(got, "This is no MCPbox, or a broken one: do not publish it"));
    }
    if answer.status != StatusCode::BAD_REQUEST || !answer.header(header::CONTENT_TYPE).starts_with("text/html") {
        return Err(answer.stray());
    }
    if answer.header(header::CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'") {
        return Ok("refused".to_owned());
    }
    let fix = "The proxy takes Content-Security-Policy away, so that another site could put the page into a frame: have it pass it on";
    Err(Trouble::new("a page that others may frame", fix))
}

fn asking(caller: &Caller, address: &Address, (kind, callback): (&str, &str)) -> reqwest::RequestBuilder {
    let resource = address.url("/mcp");
    let pairs = [
        ("response_type", kind),
        ("client_id", CLIENT),
        ("redirect_uri", callback),
        ("code_challenge", PKCE),
        ("code_challenge_method", "S256"),
        ("scope", "mcp:tools"),
        ("state", STATE),
        ("resource", &resource),
    ];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    caller.request(Method::GET, &format!("/oauth/authorize?{query}")).header(header::ACCEPT, "text/html")
}

/// A code that there never was.
pub(super) async fn token(caller: &Caller, address: &Address) -> Found {
    let resource = address.url("/mcp");
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", "mcpbox-doctor"),
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("code_verifier", "mcpbox-doctor-mcpbox-doctor-mcpbox-doctor-0"),
        ("resource", &resource),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = caller
        .request(Method::POST, "/oauth/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    let answer = caller.send(request).await?;
    let found = oauth_error(&answer, &["invalid_grant"])?;
    if answer.header(header::CACHE_CONTROL).contains("no-store") {
        return Ok(found);
    }
    let got = format!("{found}, with Cache-Control '{}'", answer.header(header::CACHE_CONTROL));
    Err(Trouble::new(
        got,
        "The proxy changes Cache-Control: have it pass the header on, and cache nothing of this host",
    ))
}

/// An error as RFC 6749, section 5.2, writes it.
fn oauth_error(answer: &Answer, wanted: &[&str]) -> Found {
    let error = answer.json().and_then(|json| json.get("error")?.as_str().map(str::to_owned));
    match error {
        Some(error) if answer.status == StatusCode::BAD_REQUEST && wanted.contains(&error.as_str()) => Ok(error),
        _ => Err(answer.stray()),
    }
}
