//! What is looked at from outside: how Access describes its sign-in, whether the tunnel is up, and what the Worker answers a stranger.

use bytes::Bytes;
use mcpbox_core::cloudflare::StepName;
use serde_json::{Value, json};

use super::{
    api::{Trouble, fetch},
    requests,
    state::Known,
    steps::{Work, text},
};

/// The address of the discovery document of the application, once it says what the Worker needs.
pub(super) async fn discovery(work: &Work<'_>) -> Result<String, Trouble> {
    let team = requests::value(&work.known, "team_domain");
    let scheme = if work.api.base.starts_with("http://") { "http" } else { "https" };
    let client = requests::value(&work.known, "client_id");
    let url = format!("{scheme}://{team}/cdn-cgi/access/sso/oidc/{client}/.well-known/openid-configuration");
    let (status, document) = look(work, "GET", &url, None).await?;
    let complete = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"];
    let missing = complete.into_iter().find(|key| text(&document, key).is_err());
    match (status, missing) {
        (200, None) => Ok(url),
        (200, Some(key)) => Err(Trouble::unknown(format!("{url} names no {key}; go on to look again."))),
        (status, _) => {
            Err(Trouble::unknown(format!("{url} answers HTTP {status}; it may take a minute, go on to look again.")))
        }
    }
}

/// Whether the whole way stands, as far as a stranger can tell.
pub(super) async fn run(work: &Work<'_>) -> Result<(Known, String), Trouble> {
    let tunnel =
        work.api.get(StepName::Check, work.path(&format!("/cfd_tunnel/{}", requests::value(&work.known, "tunnel_id"))));
    let status = text(&tunnel.await?, "status")?;
    if status != "healthy" && status != "degraded" {
        let message = format!(
            "The tunnel is {status}: cloudflared does not run here, or cannot reach Cloudflare. Start it (--cloudflared, or the service of the compose file), then go on."
        );
        return Err(Trouble::refusal(message));
    }
    let public = requests::public_url(&work.plan, &work.known);
    let mcp = requests::mcp_url(&work.plan, &work.known);
    let metadata = format!("{public}/.well-known/oauth-protected-resource/mcp");
    let (status, document) = look(work, "GET", &metadata, None).await?;
    if status != 200 || text(&document, "resource").ok().as_deref() != Some(mcp.as_str()) {
        let message = format!(
            "{metadata} answers HTTP {status} and does not describe {mcp}. A new Worker needs a minute; go on to look again."
        );
        return Err(Trouble::refusal(message));
    }
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let (status, _) = look(work, "POST", &mcp, Some(&ping)).await?;
    if status != 401 {
        let message = format!(
            "{mcp} answers a stranger with HTTP {status} instead of 401. Undo the Worker's step and do it again."
        );
        return Err(Trouble::refusal(message));
    }
    Ok((Known::new(), format!("It answers from outside, and asks strangers to sign in. Connect your client to {mcp}.")))
}

/// A request without credentials, and its answer as JSON where it is that.
async fn look(work: &Work<'_>, method: &str, url: &str, body: Option<&Value>) -> Result<(u16, Value), Trouble> {
    let headers = vec![
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("Accept".to_owned(), "application/json".to_owned()),
    ];
    let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
    let (status, body) = fetch(&work.api.broker, &work.api.token, (method, url), headers, body).await?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}
