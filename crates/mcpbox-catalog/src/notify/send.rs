//! One attempt: the request, and what the other end made of it. What comes back is cut short and cleaned of the address.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    execute::UnsealedSecret,
    name::SecretKey,
    notification::{Endpoint, TargetKind},
    secret::SecretMode,
};
use mcpbox_egress::{
    Broker, FetchError, FetchErrorKind, FetchRequest, FetchStream, Session, SessionGrants, endpoint as read_url,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{format, message::Message};

/// Time until the answer begins.
const TIMEOUT_MS: u64 = 15_000;
/// Most of an answer that is read, bytes.
const READ_MAX: usize = 2_048;
/// Most of an answer that is shown, characters.
const SHOWN_MAX: usize = 300;
/// A part of an address that is this long may be its secret.
const SECRET_PART_MIN: usize = 8;

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) verdict: Verdict,
    /// HTTP status, when there was an answer.
    pub(super) status: Option<u16>,
    /// What the other end said, or why it did not.
    pub(super) said: String,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was taken.
    Delivered,
    /// It may work later; not before this time, if the other end asked for that.
    Later(Option<TimeDelta>),
    /// The same again would be refused again.
    Never,
}

/// Sends a message once.
pub(super) async fn send(
    broker: &Arc<Broker>,
    (kind, endpoint): (TargetKind, &Endpoint),
    message: &Message,
    now: DateTime<Utc>,
) -> Sent {
    let refused = |said: String| Sent { verdict: Verdict::Never, status: None, said };
    let request = match format::request(kind, endpoint, message, now) {
        Ok(request) => request,
        Err(why) => return refused(why),
    };
    let rule = match read_url(&request.url, &request.method) {
        Ok(read) => read.rule,
        Err(error) => return refused(error.message),
    };
    let secrets = credentials(endpoint);
    let session = broker.session(SessionGrants { hosts: Arc::new([rule]), secrets, http_mocks: None });
    exchange(&session, request, now).await
}

async fn exchange(session: &Session, request: FetchRequest, now: DateTime<Utc>) -> Sent {
    let request = FetchRequest { timeout_ms: Some(TIMEOUT_MS), ..request };
    // Redirects are not followed: the admin named this address and no other.
    let mut answer = match session.open(request, None).await {
        Ok(answer) => answer,
        Err(error) => return unanswered(error),
    };
    let (status, body) = (answer.status, session.scrub_text(&beginning(&mut answer).await));
    let said = if body.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {body}") };
    let verdict = match status {
        200..=299 => Verdict::Delivered,
        408 | 425 | 429 | 500..=599 => Verdict::Later(retry_after(&answer, now)),
        _ => Verdict::Never,
    };
    let said = match status {
        300..=399 => format!("HTTP {status}: it redirects elsewhere, which is not followed; enter the final address"),
        _ => said,
    };
    Sent { verdict, status: Some(status), said }
}

/// What an admin must mend is not tried again by itself.
fn unanswered(error: FetchError) -> Sent {
    use FetchErrorKind as K;
    let verdict = match error.kind {
        K::Denied { .. } | K::InvalidUrl | K::InvalidRequest => Verdict::Never,
        _ => Verdict::Later(None),
    };
    Sent { verdict, status: None, said: error.message }
}

/// The beginning of the body in one line. A body that breaks off changes nothing: the status has been said.
async fn beginning(answer: &mut FetchStream) -> String {
    let mut read = Vec::new();
    while read.len() < READ_MAX {
        let Ok(part) = answer.part(READ_MAX).await else { break };
        read.extend_from_slice(&part.bytes);
        if part.is_last {
            break;
        }
    }
    read.truncate(READ_MAX);
    let text = String::from_utf8_lossy(&read);
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(SHOWN_MAX).collect()
}

/// [`Retry-After`](https://www.rfc-editor.org/rfc/rfc9110#field.retry-after): seconds (Discord adds a fraction) or a date.
fn retry_after(answer: &FetchStream, now: DateTime<Utc>) -> Option<TimeDelta> {
    let value = answer.headers.iter().find(|(name, _)| name == "retry-after")?.1.trim();
    match value.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => Some(TimeDelta::seconds(seconds.clamp(0.0, 86_400.0).ceil() as i64)),
        _ => DateTime::parse_from_rfc2822(value).ok().map(|at| at.to_utc() - now),
    }
}

/// Everything in an address that may be a secret, so that an answer which repeats it is cleaned.
fn credentials(endpoint: &Endpoint) -> Vec<UnsealedSecret> {
    let text = endpoint.url.expose_secret();
    let mut parts = vec![text.to_owned()];
    if let Ok(url) = Url::parse(text) {
        let segments = url.path().split('/').map(str::to_owned);
        let values = url.query_pairs().map(|(_, value)| value.into_owned());
        parts.extend(segments.chain(values).filter(|part| part.len() >= SECRET_PART_MIN));
    }
    parts.extend(endpoint.key.as_ref().map(|key| key.expose_secret().to_owned()));
    let named = |(number, value): (usize, String)| {
        let key = SecretKey::parse(&format!("ADDRESS_{number}")).ok()?;
        let value = SecretString::from(value);
        Some(UnsealedSecret { key, value, mode: SecretMode::Revealed, hosts: Vec::new() })
    };
    parts.into_iter().enumerate().filter_map(named).collect()
}
