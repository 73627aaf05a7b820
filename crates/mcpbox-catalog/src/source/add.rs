//! Adding a source: it is written down, and a human is asked whether it may be reached. Nothing is contacted.

use std::sync::Arc;

use mcpbox_core::{
    capability::HostRule,
    failure::{Failure, FailureKind},
    ids::SourceId,
    name::{SecretKey, ToolName, nearest_key, nearest_name},
    program::ProgramRule,
    secret::Secret,
    server::Server,
    source::{ExternalSource, SourceAuth, SourceTransport, TransportKind},
};
use mcpbox_egress::endpoint;
use mcpbox_store::{secrets, sources};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{
    ask::{ask, has_value},
    find::{self, SOURCES_MAX},
    program,
    report::{SourceReport, report},
};
use crate::{Caller, Catalog, CatalogError, change::Change, quota};

/// Longest address, bytes.
const URL_MAX: usize = 2_000;
/// Headers that are not ours to set.
const TAKEN: [&str; 9] =
    ["accept", "connection", "cookie", "host", "last-event-id", "te", "trailer", "transfer-encoding", "upgrade"];

/// How we show who we are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    /// Not at all.
    #[default]
    None,
    /// With `Authorization: Bearer`.
    Bearer,
    /// With a header of its own.
    Header,
    /// With an account there that a human logs in with (OAuth).
    Oauth,
}

/// A source that is to be added.
#[derive(Debug, Clone)]
pub struct AddSource {
    /// The server, by id or name.
    pub server: String,
    /// What it is called, `^[a-z][a-z0-9_]*$`.
    pub name: String,
    /// The endpoint, `http` or `https`; empty for a program.
    pub url: String,
    /// How it is spoken to.
    pub transport: TransportKind,
    /// How we show who we are.
    pub auth: AuthKind,
    /// Key of the server's secret that holds the value.
    pub secret: Option<String>,
    /// The header that the value goes in.
    pub header: Option<String>,
    /// The program that it is, with the transport `stdio`.
    pub program: Option<ProgramRule>,
}

/// Adds a source and asks a human to let it be reached. The same again is the same source.
///
/// # Errors
/// `invalid_arguments`; `host_denied` for an address that is never reached; `conflict` when the name is taken; `limit_reached`.
pub async fn add_source(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    request: AddSource,
) -> Result<SourceReport, CatalogError> {
    let who = who.into();
    who.check_author()?;
    let server = who.server(&cat.snapshot(), &request.server)?.clone();
    let (transport, host) = transport(&request)?;
    let name = name(&request.name)?;
    let mut change = Change::begin(cat, who.actor()).await?;
    let known = find::all(&change.tx).await?;
    let same = known.iter().find(|source| source.server_id == server.id && source.name == name).cloned();
    let source = match same {
        Some(same) if same.transport == transport => same,
        Some(same) => return Err(taken(&server, &same.name).into()),
        None if known.len() as u64 >= SOURCES_MAX => {
            let message = format!("there are {SOURCES_MAX} sources, as many as there may be");
            let failure = Failure::new(FailureKind::LimitReached, message).hint("ask the human to delete one");
            return Err(failure.next("mcpbox_list_external_sources", json!({"server_id": server.name})).into());
        }
        None => insert(&mut change, &server, name, transport).await?,
    };
    if let (Some(key), Some(host)) = (source.rule().auth.secret(), host) {
        ensure_secret(&mut change, &server, &source, key, host).await?;
    }
    program::ensure_secrets(&mut change, &server, &source).await?;
    let access = ask(&mut change, &source).await?;
    let has_value = has_value(&change, &server, &source).await?;
    if change.has_done_something() {
        change.commit().await?;
    }
    Ok(report(cat, &server, source, access, has_value))
}

fn name(text: &str) -> Result<String, Failure> {
    ToolName::parse(text).map(|name| name.as_str().to_owned()).map_err(|error| {
        let nearest = nearest_name(text);
        Failure::new(FailureKind::InvalidArguments, error.to_string())
            .argument("name")
            .hint("such as github")
            .nearest(nearest)
    })
}

pub(super) fn invalid(argument: &str, message: impl Into<String>, hint: &str) -> Failure {
    Failure::new(FailureKind::InvalidArguments, message).argument(argument).hint(hint)
}

/// Where the source is, and the host that its secret may go to.
fn transport(request: &AddSource) -> Result<(SourceTransport, Option<HostRule>), Failure> {
    if request.transport == TransportKind::Stdio {
        return Ok((program::transport(request)?, None));
    }
    if request.program.is_some() {
        return Err(invalid("command", "only a source over stdio is a program", "leave it out, or the address"));
    }
    let url = request.url.trim();
    let parsed = Url::parse(url).ok().filter(|_| url.len() <= URL_MAX);
    let hint = "give its whole address, such as https://mcp.example.com/mcp, without name, password or token in it";
    let parsed = parsed.ok_or_else(|| invalid("url", "this is no address", hint))?;
    if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() {
        return Err(invalid("url", "the address holds more than a place: name, password or query", hint));
    }
    let read = endpoint(parsed.as_str(), "POST").map_err(|error| {
        let failure = Failure::new(FailureKind::HostDenied, error.message).argument("url");
        failure.hint("use an address on the LAN or on the internet; loopback and link-local ones are never reached")
    })?;
    let auth = auth(request)?;
    let host = HostRule { method: None, ..read.rule };
    let url = parsed.to_string();
    let transport = match request.transport {
        TransportKind::Sse => SourceTransport::Sse { url, auth },
        TransportKind::StreamableHttp | TransportKind::Stdio => SourceTransport::StreamableHttp { url, auth },
    };
    Ok((transport, Some(host)))
}

fn auth(request: &AddSource) -> Result<SourceAuth, Failure> {
    let key = || {
        let text = request.secret.as_deref().unwrap_or_default();
        let hint = "name a secret of the server, such as GITHUB_TOKEN; a human sets its value, never put one here";
        SecretKey::parse(text)
            .map_err(|error| invalid("auth_secret_name", error.to_string(), hint).nearest(nearest_key(text)))
    };
    match request.auth {
        AuthKind::None => Ok(SourceAuth::None),
        AuthKind::Oauth => Ok(SourceAuth::Oauth),
        AuthKind::Bearer => Ok(SourceAuth::Bearer { secret: key()? }),
        AuthKind::Header => {
            let header = request.header.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
            let is_token = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
            let is_ours =
                TAKEN.contains(&header.as_str()) || header.starts_with("mcp-") || header.starts_with("content-");
            if header.is_empty() || header.len() > 100 || !header.bytes().all(is_token) || is_ours {
                return Err(invalid("auth_header_name", format!("'{header}' cannot be set"), "such as X-API-Key"));
            }
            Ok(SourceAuth::Header { header, secret: key()? })
        }
    }
}

async fn insert(
    change: &mut Change,
    server: &Server,
    name: String,
    transport: SourceTransport,
) -> Result<ExternalSource, CatalogError> {
    let source = ExternalSource {
        id: SourceId::generate(),
        server_id: server.id,
        name,
        transport,
        last_synced_at: None,
        created_at: change.now,
        updated_at: change.now,
    };
    sources::insert(&change.tx, &source).await?;
    let detail = json!({"server": server.name, "rule": source.rule()});
    change.audit("source.add", format!("source:{}", source.id), detail).await?;
    Ok(source)
}

/// A name stands for one address or program, transport and secret: what was granted for it must stay what is reached.
fn taken(server: &Server, name: &str) -> Failure {
    let message = format!(
        "server '{}' has a source '{name}' that is another: another address, program, secret or transport",
        server.name
    );
    let failure = Failure::new(FailureKind::Conflict, message).argument("name");
    failure.hint("choose another name; a human can delete the one that is there")
}

/// A placeholder for the value, bound to the source's host, where there is none yet.
async fn ensure_secret(
    change: &mut Change,
    server: &Server,
    source: &ExternalSource,
    key: &SecretKey,
    host: HostRule,
) -> Result<(), CatalogError> {
    if secrets::by_key(&change.tx, server.id, key).await?.is_some() {
        return Ok(());
    }
    quota::check_secrets(change, server.id, server.name.as_str()).await?;
    let description = format!("shows the source {} who we are", source.name);
    let secret = Secret { description, hosts: vec![host], ..Secret::waiting(server.id, key.clone(), change.now) };
    secrets::insert(&change.tx, &secret).await?;
    let detail = json!({"server": server.name, "key": secret.key, "hosts": secret.hosts});
    change.audit("secret.create", format!("secret:{}", secret.id), detail).await?;
    Ok(())
}
