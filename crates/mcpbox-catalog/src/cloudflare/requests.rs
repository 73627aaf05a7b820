//! Every request that makes or deletes something, from the plan and what is known so far. Pure; what is not known yet stands as `‹…›`.

use mcpbox_core::{
    cloudflare::{Plan, StepName},
    front::is_email,
};
use serde_json::{Value, json};

use super::{
    api::{Body, Request},
    state::Known,
};

/// What the Worker was tested with.
const COMPATIBILITY_DATE: &str = "2026-07-01";
const NAME_MAX: usize = 40;
const EMAILS_MAX: usize = 200;

/// Checks what an admin planned.
pub(super) fn check(plan: &Plan) -> Result<(), String> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name = plan.name.as_str();
    if name.is_empty()
        || name.len() > NAME_MAX
        || !name.chars().all(is_name)
        || name.starts_with('-')
        || name.ends_with('-')
    {
        return Err(format!("the name must have 1 to {NAME_MAX} of a-z, 0-9 and -, and neither begin nor end with -"));
    }
    if let Some(id) = &plan.account_id
        && (id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err("the account id must be 32 hex digits, as the dashboard's address shows it".to_owned());
    }
    if plan.emails.is_empty() || plan.emails.len() > EMAILS_MAX {
        return Err(format!("name 1 to {EMAILS_MAX} e-mail addresses that may sign in"));
    }
    if let Some(wrong) = plan.emails.iter().find(|email| !is_email(email)) {
        return Err(format!("'{wrong}' is not an e-mail address in lower case"));
    }
    let host = &plan.gateway_host;
    let is_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if host.is_empty() || host.len() > 253 || !host.chars().all(is_host) {
        return Err("the gateway's host must be an IPv4 address or a name that cloudflared can resolve".to_owned());
    }
    if plan.gateway_port == 0 {
        return Err("the gateway's port must be between 1 and 65535".to_owned());
    }
    Ok(())
}

/// The permission that a step's requests need, in the words of Cloudflare's dashboard.
pub(super) fn permission(step: StepName) -> &'static str {
    match step {
        StepName::Verify => "Access: Organizations, Identity Providers, and Groups – Read",
        StepName::Tunnel | StepName::Check => "Cloudflare Tunnel – Edit",
        StepName::VpcService => "Connectivity Directory – Admin",
        StepName::KvNamespace => "Workers KV Storage – Edit",
        StepName::AccessPolicy | StepName::AccessApp => "Access: Apps and Policies – Edit",
        StepName::Worker | StepName::Front => "Workers Scripts – Edit",
    }
}

/// A known value, or its name in brackets.
pub(super) fn value(known: &Known, key: &str) -> String {
    known.get(key).cloned().unwrap_or_else(|| format!("‹{key}›"))
}

pub(super) fn account(known: &Known) -> String {
    format!("/accounts/{}", value(known, "account_id"))
}

/// Where the Worker is.
pub(super) fn public_url(plan: &Plan, known: &Known) -> String {
    format!("https://{}.{}.workers.dev", plan.name, value(known, "subdomain"))
}

/// What MCP clients connect to.
pub(super) fn mcp_url(plan: &Plan, known: &Known) -> String {
    format!("{}/mcp", public_url(plan, known))
}

/// The requests of a step that make something, in order.
pub(super) fn of(step: StepName, plan: &Plan, known: &Known) -> Vec<Request> {
    let account = account(known);
    let post =
        |path: &str, body: Value, purpose| Request::new("POST", format!("{account}{path}"), Body::Json(body), purpose);
    match step {
        StepName::Verify | StepName::Check | StepName::Front => vec![],
        StepName::Tunnel => {
            let body = json!({"name": plan.name, "config_src": "cloudflare"});
            vec![post("/cfd_tunnel", body, "Make the tunnel; it carries nothing until cloudflared runs")]
        }
        StepName::VpcService => {
            let body = service(plan, known);
            vec![post(
                "/connectivity/directory/services",
                body,
                "Let Workers of this account call the gateway through the tunnel",
            )]
        }
        StepName::KvNamespace => {
            let body = json!({"title": plan.name});
            vec![post("/storage/kv/namespaces", body, "Make the store for clients and tokens, the latter as hashes")]
        }
        StepName::AccessPolicy => {
            let include: Vec<Value> = plan.emails.iter().map(|email| json!({"email": {"email": email}})).collect();
            let body = json!({"name": plan.name, "decision": "allow", "include": include});
            vec![post("/access/policies", body, "Say who may sign in: these addresses and nobody else")]
        }
        StepName::AccessApp => {
            vec![post("/access/apps", application(plan, known), "Make the sign-in that the Worker sends people to")]
        }
        StepName::Worker => worker(plan, known),
    }
}

fn service(plan: &Plan, known: &Known) -> Value {
    let tunnel = value(known, "tunnel_id");
    let host = if plan.gateway_host.parse::<std::net::Ipv4Addr>().is_ok() {
        json!({"ipv4": plan.gateway_host, "network": {"tunnel_id": tunnel}})
    } else {
        json!({"hostname": plan.gateway_host, "resolver_network": {"tunnel_id": tunnel}})
    };
    json!({"name": plan.name, "type": "http", "http_port": plan.gateway_port, "host": host})
}

fn application(plan: &Plan, known: &Known) -> Value {
    json!({
        "type": "saas",
        "name": plan.name,
        "saas_app": {
            "auth_type": "oidc",
            "redirect_uris": [format!("{}/oauth/callback", public_url(plan, known))],
            "grant_types": ["authorization_code", "authorization_code_with_pkce"],
            "scopes": ["openid", "email"],
        },
        "policies": [{"id": value(known, "policy_id"), "precedence": 1}],
        "app_launcher_visible": false,
    })
}

fn worker(plan: &Plan, known: &Known) -> Vec<Request> {
    let script = format!("{}/workers/scripts/{}", account(known), plan.name);
    let public = public_url(plan, known);
    let text = |name: &str, text: String| json!({"type": "plain_text", "name": name, "text": text});
    let secret = |name: &str, key: &str| json!({"type": "secret_text", "name": name, "text": value(known, key)});
    let metadata = json!({
        "main_module": "worker.js",
        "compatibility_date": COMPATIBILITY_DATE,
        "compatibility_flags": ["global_fetch_strictly_public"],
        "bindings": [
            {"type": "vpc_service", "name": "GATEWAY", "service_id": value(known, "service_id")},
            {"type": "kv_namespace", "name": "OAUTH_KV", "namespace_id": value(known, "namespace_id")},
            text("PUBLIC_URL", public.clone()),
            text("GATEWAY_URL", public.replacen("https://", "http://", 1)),
            text("OIDC_DISCOVERY", value(known, "discovery")),
            text("OIDC_CLIENT_ID", value(known, "client_id")),
            secret("OIDC_CLIENT_SECRET", "client_secret"),
            secret("SERVICE_TOKEN", "service_token"),
        ],
    });
    let address = json!({"enabled": true, "previews_enabled": false});
    let nightly = json!([{"cron": "17 3 * * *"}]);
    vec![
        Request::new("PUT", script.clone(), Body::Worker(metadata), "Upload the Worker with what it is bound to"),
        Request::new("POST", format!("{script}/subdomain"), Body::Json(address), "Give it its address"),
        Request::new(
            "PUT",
            format!("{script}/schedules"),
            Body::Json(nightly),
            "Sweep up what is left of deleted clients, once a night",
        ),
    ]
}

/// The requests that undo a step, in order.
pub(super) fn undo(step: StepName, plan: &Plan, known: &Known) -> Vec<Request> {
    let account = account(known);
    let delete = |path: String, purpose| Request::new("DELETE", format!("{account}{path}"), Body::None, purpose);
    let id = |key: &str| value(known, key);
    match step {
        StepName::Verify | StepName::Check | StepName::Front => vec![],
        StepName::Tunnel => vec![
            delete(
                format!("/cfd_tunnel/{}/connections", id("tunnel_id")),
                "Close what is left of the tunnel's connections",
            ),
            delete(format!("/cfd_tunnel/{}", id("tunnel_id")), "Delete the tunnel"),
        ],
        StepName::VpcService => {
            vec![delete(format!("/connectivity/directory/services/{}", id("service_id")), "Delete the service")]
        }
        StepName::KvNamespace => {
            vec![delete(
                format!("/storage/kv/namespaces/{}", id("namespace_id")),
                "Delete the store: every client must sign in again",
            )]
        }
        StepName::AccessPolicy => {
            vec![delete(format!("/access/policies/{}", id("policy_id")), "Delete the list of people")]
        }
        StepName::AccessApp => vec![delete(format!("/access/apps/{}", id("app_id")), "Delete the sign-in")],
        StepName::Worker => {
            vec![delete(format!("/workers/scripts/{}", plan.name), "Delete the Worker and its address")]
        }
    }
}
