//! A message in the form of each service, as its documentation says.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use mcpbox_core::{
    notification::{Endpoint, TargetKind},
    review::Risk,
};
use mcpbox_egress::FetchRequest;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::message::{Message, word};

/// Prefix of a signing secret ([Standard Webhooks](https://www.standardwebhooks.com)).
const SECRET_PREFIX: &str = "whsec_";
/// Most characters of a message on Discord.
const DISCORD_MAX_CHARS: usize = 2_000;
/// Discord: show no preview of the link.
const SUPPRESS_EMBEDS: u32 = 1 << 2;

/// The request that delivers `message`. Errors are sentences for the admin.
pub(super) fn request(
    kind: TargetKind,
    endpoint: &Endpoint,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<FetchRequest, String> {
    let url = endpoint.url.expose_secret();
    let (url, body) = match kind {
        TargetKind::Webhook => (url.to_owned(), webhook(message)),
        TargetKind::Discord => (confirmed(url)?, discord(message)),
        TargetKind::Slack => (url.to_owned(), slack(message)),
        TargetKind::Ntfy => {
            let (server, topic) = ntfy_address(url)?;
            (server, ntfy(message, &topic))
        }
    };
    let body = Bytes::from(body.to_string());
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    match (kind, &endpoint.key) {
        (TargetKind::Webhook, key) => headers.extend(signature(key.as_ref(), message, &body, now)?),
        (TargetKind::Ntfy, Some(token)) => {
            headers.push(("authorization".to_owned(), format!("Bearer {}", token.expose_secret())));
        }
        _ => {}
    }
    Ok(FetchRequest { method: "POST".to_owned(), url, headers, body, ..FetchRequest::default() })
}

/// Why a key does not fit the service; nothing when it does.
pub(super) fn complaint(kind: TargetKind, key: &SecretString) -> Option<&'static str> {
    let text = key.expose_secret();
    match kind {
        TargetKind::Webhook if signing_key(key).is_none() => Some(
            "the signing secret must be 'whsec_' and 24 to 64 bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)",
        ),
        TargetKind::Ntfy
            if text.is_empty() || text.len() > 512 || !text.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Some(
                "the access token of ntfy is one word of letters and digits, such as tk_…; copy it from your account there",
            )
        }
        TargetKind::Discord | TargetKind::Slack => {
            Some("the address of this service is its own secret; leave the key out")
        }
        _ => None,
    }
}

/// Why an address does not fit the service; nothing when it does.
pub(super) fn address_complaint(kind: TargetKind, url: &str) -> Option<String> {
    match kind {
        TargetKind::Ntfy => ntfy_address(url).err(),
        _ => None,
    }
}

fn webhook(message: &Message) -> Value {
    json!({
        "type": message.kind(),
        "timestamp": message.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "data": {
            "waiting": message.waiting(),
            "highest_risk": message.risk(),
            "approved_by_rules": message.approved(),
            "alerts": message.alerts().changes()
                .map(|(event, is_over)| json!({"event": event, "is_over": is_over})).collect::<Vec<_>>(),
            "url": message.link,
        },
    })
}

/// The headers of Standard Webhooks; the signature only when there is a secret.
fn signature(
    key: Option<&SecretString>,
    message: &Message,
    body: &Bytes,
    now: DateTime<Utc>,
) -> Result<Vec<(String, String)>, String> {
    let (id, timestamp) = (format!("msg_{}", message.id.0.simple()), now.timestamp().to_string());
    let mut headers = vec![("webhook-id".to_owned(), id.clone()), ("webhook-timestamp".to_owned(), timestamp.clone())];
    if let Some(key) = key {
        let unusable = || "the signing secret cannot be used; set another one".to_owned();
        let key = signing_key(key).ok_or_else(unusable)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| unusable())?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        let signed = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        headers.push(("webhook-signature".to_owned(), format!("v1,{signed}")));
    }
    Ok(headers)
}

fn signing_key(key: &SecretString) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let encoded = key.expose_secret().strip_prefix(SECRET_PREFIX)?;
    let bytes = zeroize::Zeroizing::new(BASE64_STANDARD.decode(encoded).ok()?);
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

/// [Execute Webhook](https://docs.discord.com/developers/resources/webhook#execute-webhook).
fn discord(message: &Message) -> Value {
    let content = format!("{}\n{}", message.text(), message.link);
    let content: String = content.chars().take(DISCORD_MAX_CHARS).collect();
    json!({"content": content, "allowed_mentions": {"parse": []}, "flags": SUPPRESS_EMBEDS})
}

/// Discord says whether it kept the message only when it is asked to wait for that.
fn confirmed(url: &str) -> Result<String, String> {
    let mut url = Url::parse(url).map_err(|error| error.to_string())?;
    if !url.query_pairs().any(|(name, _)| name == "wait") {
        url.query_pairs_mut().append_pair("wait", "true");
    }
    Ok(url.into())
}

/// [Incoming webhooks](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): in `text`, three
/// characters have a meaning.
fn slack(message: &Message) -> Value {
    let text = format!("{}\n{}", message.text(), message.link);
    json!({"text": text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")})
}

/// [Publish as JSON](https://docs.ntfy.sh/publish/#publish-as-json): nothing of it stands in a header.
fn ntfy(message: &Message, topic: &str) -> Value {
    let priority = match message.risk() {
        _ if message.is_urgent() => 5,
        Some(Risk::Critical) => 5,
        Some(Risk::High) => 4,
        _ => 3,
    };
    let tags: Vec<&str> = std::iter::once("mcpbox").chain(message.risk().map(word)).collect();
    json!({"topic": topic, "title": message.title(), "message": message.text(), "priority": priority, "tags": tags,
           "click": message.link})
}

/// `https://ntfy.sh/topic` → server and topic.
fn ntfy_address(url: &str) -> Result<(String, String), String> {
    let wrong = || {
        "the address of ntfy ends with the topic, letters, digits, - and _, at most 64 of them: https://ntfy.sh/my-topic".to_owned()
    };
    let mut url = Url::parse(url).map_err(|_| wrong())?;
    let topic = url.path().trim_matches('/').to_owned();
    let is_topic = (1..=64).contains(&topic.len())
        && topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_topic || url.query().is_some() {
        return Err(wrong());
    }
    url.set_path("/");
    url.set_fragment(None);
    Ok((url.into(), topic))
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
