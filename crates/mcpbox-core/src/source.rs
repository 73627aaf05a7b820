//! An external source is another MCP server whose tools are imported as pinned versions of one of our servers. What may be
//! reached, and as whom, is a [`SourceRule`]: a human grants it as a whole, and a version that was imported names it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    execute::{BoxFuture, Observer, Outcome, UnsealedSecret},
    failure::Failure,
    ids::{ServerId, SourceId},
    name::SecretKey,
    program::ProgramRule,
    server::Limits,
    source_login::{AccessTokens, SourceLogins},
};

/// Another MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExternalSource {
    /// Its id.
    pub id: SourceId,
    /// The server its tools belong to.
    pub server_id: ServerId,
    /// What it is called, unique within the server.
    pub name: String,
    /// How it is reached.
    pub transport: SourceTransport,
    /// When tools of it were last imported.
    pub last_synced_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// How an external source is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "transport", rename_all = "snake_case")]
pub enum SourceTransport {
    /// Streamable HTTP.
    StreamableHttp {
        /// The endpoint.
        url: String,
        /// Who we are there.
        #[serde(default)]
        auth: SourceAuth,
    },
    /// HTTP with server-sent events, as in protocol 2024-11-05.
    Sse {
        /// Where the stream is opened.
        url: String,
        /// Who we are there.
        #[serde(default)]
        auth: SourceAuth,
    },
    /// Lines on the standard input and output of a program that runs in the jail.
    Stdio {
        /// The program, and what it gets.
        program: Box<ProgramRule>,
    },
}

/// How messages go to a source and come from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransportKind {
    /// Streamable HTTP; where that is refused, what came before it.
    #[default]
    StreamableHttp,
    /// HTTP with server-sent events, as in protocol 2024-11-05.
    Sse,
    /// Lines on the standard input and output of a program that runs in the jail.
    Stdio,
}

impl TransportKind {
    /// Whether it need not be said.
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Who we are to a source. A value is a secret of the server that the source belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "auth", rename_all = "snake_case")]
pub enum SourceAuth {
    /// Nobody.
    #[default]
    None,
    /// `Authorization: Bearer` and a secret.
    Bearer {
        /// The secret's key.
        secret: SecretKey,
    },
    /// A header of its own with a secret.
    Header {
        /// The header's name, lower case.
        header: String,
        /// The secret's key.
        secret: SecretKey,
    },
    /// An account there that a human logs in with (OAuth). The tokens are no secret of the server: tools never have them.
    Oauth,
}

impl SourceAuth {
    /// The secret it takes.
    pub fn secret(&self) -> Option<&SecretKey> {
        match self {
            Self::None | Self::Oauth => None,
            Self::Bearer { secret } | Self::Header { secret, .. } => Some(secret),
        }
    }
}

/// Which source may be reached, and as whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceRule {
    /// The source's name within its server.
    pub name: String,
    /// How it is spoken to; streamable HTTP when nothing is said.
    #[serde(default, skip_serializing_if = "TransportKind::is_usual")]
    pub transport: TransportKind,
    /// The endpoint; empty for a program.
    pub url: String,
    /// Who we are there.
    #[serde(flatten)]
    pub auth: SourceAuth,
    /// The program that it is, and all it gets; with the transport `stdio` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Box<ProgramRule>>,
}

impl SourceRule {
    /// Every secret that it takes.
    pub fn secrets(&self) -> Vec<&SecretKey> {
        let mut keys: Vec<_> =
            self.auth.secret().into_iter().chain(self.program.iter().flat_map(|program| program.secrets())).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

impl std::fmt::Display for SourceRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(program) = &self.program {
            return write!(f, "source {}, a program in the jail: {program}", self.name);
        }
        write!(f, "source {} at {}", self.name, self.url)?;
        if self.transport == TransportKind::Sse {
            f.write_str(" over HTTP+SSE")?;
        }
        match self.auth.secret() {
            Some(secret) => write!(f, " with secret {secret}"),
            None if self.auth == SourceAuth::Oauth => f.write_str(" with a login of a human"),
            None => Ok(()),
        }
    }
}

impl ExternalSource {
    /// What a human must grant before it is reached.
    pub fn rule(&self) -> SourceRule {
        let (transport, url, auth) = match &self.transport {
            SourceTransport::StreamableHttp { url, auth } => (TransportKind::StreamableHttp, url, auth),
            SourceTransport::Sse { url, auth } => (TransportKind::Sse, url, auth),
            SourceTransport::Stdio { program } => {
                return SourceRule {
                    name: self.name.clone(),
                    transport: TransportKind::Stdio,
                    url: String::new(),
                    auth: SourceAuth::None,
                    program: Some(program.clone()),
                };
            }
        };
        SourceRule { name: self.name.clone(), transport, url: url.clone(), auth: auth.clone(), program: None }
    }
}

/// A tool as a source offers it: what a version of ours pins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedTool {
    /// Its name there.
    pub name: String,
    /// Its title for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it does, in its own words.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
    /// JSON Schema of its structured result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// What it claims about itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Value>,
}

/// A source that was granted, with what it takes to be somebody there.
#[derive(Debug, Clone)]
pub struct SourceTarget {
    /// The source.
    pub id: SourceId,
    /// Where, and as whom.
    pub rule: SourceRule,
    /// The secrets that `rule` names.
    pub secrets: Vec<UnsealedSecret>,
    /// The access token of the login that `rule` wants.
    pub login: Option<Arc<dyn AccessTokens>>,
}

/// A call of a tool of a source.
#[derive(Debug, Clone)]
pub struct SourceCall {
    /// The tool as it was approved: when the source offers another one by now, nothing is called.
    pub tool: Arc<OfferedTool>,
    /// Checked arguments.
    pub arguments: Map<String, Value>,
    /// Time and size.
    pub limits: Limits,
}

/// How a source is, as far as this process knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "health", rename_all = "snake_case")]
pub enum SourceHealth {
    /// It was not asked yet.
    Unknown,
    /// It answered last time.
    Connected {
        /// The protocol's version that was agreed upon.
        protocol: String,
    },
    /// It did not answer; the next attempt waits a little longer each time.
    Failing {
        /// Why.
        error: String,
        /// Attempts in a row.
        attempts: u32,
    },
}

/// Speaks to external sources; keeps one connection to each. A source that hangs keeps only those waiting who called it.
pub trait SourceClient: Send + Sync + 'static {
    /// What it offers now.
    fn list_tools(&self, target: SourceTarget) -> BoxFuture<'_, Result<Vec<OfferedTool>, Failure>>;

    /// Calls one of its tools. Dropping the future tells the source that nobody waits any more.
    fn call(&self, target: SourceTarget, call: SourceCall, observer: Arc<dyn Observer>) -> BoxFuture<'_, Outcome>;

    /// How it is.
    fn health(&self, source: SourceId) -> SourceHealth;

    /// What it wrote to its standard error last, secrets taken out, oldest line first; only a program has one.
    fn errors(&self, _source: SourceId) -> Vec<String> {
        Vec::new()
    }

    /// The next source whose tools may have changed: it was connected to anew, or said so.
    fn changed(&self) -> BoxFuture<'_, SourceId>;

    /// Every source that it was asked to reach and has not forgotten.
    fn known(&self) -> Vec<SourceId>;

    /// Asks one that is connected and has nothing to do whether it is still there; one that is not is connected to anew when
    /// it is needed next.
    fn check(&self, source: SourceId) -> BoxFuture<'_, ()>;

    /// Forgets a source and closes its connection when the last call over it is over.
    fn forget(&self, source: SourceId);

    /// Forgets a source that was deleted, with all that its program kept.
    fn remove(&self, source: SourceId) {
        self.forget(source);
    }

    /// What logs in to sources; none where nothing does.
    fn logins(&self) -> Option<&dyn SourceLogins> {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::capability::Capability;

    #[test]
    fn a_grant_says_the_transport_where_it_is_not_the_usual_one() {
        let usual = json!({"kind": "source", "name": "there", "url": "https://mcp.example.com/mcp", "auth": "none"});
        let granted: Capability = serde_json::from_value(usual.clone()).unwrap();
        assert_eq!(serde_json::to_value(&granted).unwrap(), usual, "as it was before there was another");
        let Capability::Source(rule) = granted.clone() else { panic!("{granted:?}") };
        let old = Capability::Source(SourceRule { transport: TransportKind::Sse, ..rule });
        let told = serde_json::to_value(&old).unwrap();
        assert_eq!(told["transport"], "sse");
        assert_eq!(serde_json::from_value::<Capability>(told).unwrap(), old);
        assert!(!granted.covers(&old) && !old.covers(&granted));
        assert_eq!(old.to_string(), "source there at https://mcp.example.com/mcp over HTTP+SSE");
    }
}
