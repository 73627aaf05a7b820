//! `POST /api/grants`: a human grants without having been asked.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use mcpbox_catalog::{
    author,
    review::{self, NewGrantTerms},
};
use mcpbox_core::{
    capability::{Capability, HostRule},
    grant::{Grant, GrantScope},
    name::SecretKey,
    package::PackageRule,
    source::SourceRule,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{auth::Administrator, extract::Json, problem::Problem, state::AdminState};

/// A new grant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantRequest {
    /// For whom.
    scope: ScopeRequest,
    /// What.
    capability: CapabilityRequest,
    /// Why.
    #[serde(default)]
    comment: String,
    /// Until when; without end when absent. Tools that need it are withheld from then on, until it is granted again.
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

/// For whom a grant counts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "level", content = "id", rename_all = "snake_case")]
pub(crate) enum ScopeRequest {
    /// One tool: id or `server__tool`.
    Tool(String),
    /// All tools of a server: id or name.
    Server(String),
    /// Every tool.
    Everywhere,
}

/// What is granted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CapabilityRequest {
    /// Import of a module.
    Module {
        /// Dotted name.
        name: String,
    },
    /// A third-party package.
    Package {
        /// Distribution name, optionally with a version requirement: `pandas>=2,<3`.
        name: String,
        /// Whether it may speak HTTP by itself, to granted hosts.
        #[serde(default)]
        network: bool,
    },
    /// HTTP to a host.
    Host {
        /// `host`, `host:port`, `[v6]` or `[v6]:port`.
        host: String,
        /// The one port, when `host` does not name it; without any, 80 and 443.
        port: Option<u16>,
        /// The one method; all without it.
        method: Option<String>,
    },
    /// Use of a secret of the tool's server.
    Secret {
        /// Its key.
        key: SecretKey,
    },
    /// Calls to an external source, exactly as it was added.
    Source(SourceRule),
}

/// Grants a capability to a tool, a server or everywhere, at once.
#[utoipa::path(post, path = "/grants", tag = "grants", request_body = GrantRequest, responses((status = CREATED, body = Grant)))]
pub(crate) async fn add(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Json(request): Json<GrantRequest>,
) -> Result<(StatusCode, axum::Json<Grant>), Problem> {
    let capability = request.capability.check()?;
    let scope = match request.scope {
        ScopeRequest::Tool(tool) => GrantScope::Tool(author::get_tool(&state.catalog, &admin, &tool).await?.tool.id),
        ScopeRequest::Server(server) => {
            GrantScope::Server(author::get_server(&state.catalog, &admin, &server).await?.server.id)
        }
        ScopeRequest::Everywhere => GrantScope::Everywhere,
    };
    let terms = NewGrantTerms { comment: request.comment, expires_at: request.expires_at };
    let grant = review::add_grant(&state.catalog, &admin, scope, capability, terms).await?;
    Ok((StatusCode::CREATED, axum::Json(grant)))
}

impl CapabilityRequest {
    fn check(self) -> Result<Capability, Problem> {
        Ok(match self {
            Self::Module { name } => Capability::Module { name },
            Self::Package { name, network } => {
                let rule = PackageRule::parse(&name).map_err(|error| Problem::invalid(format!("{error}.")))?;
                Capability::Package(PackageRule { network, ..rule })
            }
            Self::Secret { key } => Capability::Secret { key },
            Self::Source(rule) => Capability::Source(rule),
            Self::Host { host, port, method } => {
                let mut rule = HostRule::parse(&host).map_err(|error| Problem::invalid(format!("{error}.")))?;
                rule.port = match (rule.port, port) {
                    (Some(named), Some(given)) if named != given => {
                        return Err(Problem::invalid(format!(
                            "The host names port {named}, the field port {given}: give one."
                        )));
                    }
                    (named, given) => named.or(given),
                };
                rule.method = method.map(|method| check_method(&method)).transpose()?;
                Capability::Host(rule)
            }
        })
    }
}

fn check_method(method: &str) -> Result<String, Problem> {
    let fits = (1..=16).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_alphabetic());
    if fits {
        Ok(method.to_ascii_uppercase())
    } else {
        Err(Problem::invalid("The method must be one word, such as GET."))
    }
}
