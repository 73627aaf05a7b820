//! Who acts. A [`Principal`] speaks MCP and can never decide a review; an [`Actor`] is how anybody stands in a record.

use serde::{Deserialize, Serialize};

use crate::name::ServerName;

/// Who speaks over MCP.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A client on this machine's own listener or stdio. `client` is what it calls itself (unverified).
    Local {
        /// Name the client gave itself, for records only.
        client: Option<String>,
    },
    /// A remote client that proved who it is.
    Remote {
        /// Stable subject: token name or account.
        subject: String,
        /// The client that acts for them, by the name a human saw when they authorised it; none for a token without a client.
        client: Option<String>,
        /// What it may do.
        scopes: Vec<Scope>,
    },
}

/// What a remote principal may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Call published tools.
    Tools,
    /// Use the management tools.
    Author,
    /// Only the tools of this server.
    Server(String),
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is mcp:tools, mcp:author or server:NAME")]
pub struct ScopeError;

impl std::fmt::Display for Scope {
    /// As OAuth spells it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tools => f.write_str("mcp:tools"),
            Self::Author => f.write_str("mcp:author"),
            Self::Server(name) => write!(f, "server:{name}"),
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        match text {
            "mcp:tools" => Ok(Self::Tools),
            "mcp:author" => Ok(Self::Author),
            _ => {
                let name = text.strip_prefix("server:").ok_or(ScopeError)?;
                ServerName::parse(name).map(|name| Self::Server(name.as_str().to_owned())).map_err(|_| ScopeError)
            }
        }
    }
}

impl Principal {
    /// Whether this principal speaks over this machine's own listener.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Local { .. })
    }

    /// Whether it may use the management tools.
    pub fn may_author(&self) -> bool {
        match self {
            Self::Local { .. } => true,
            Self::Remote { scopes, .. } => scopes.contains(&Scope::Author),
        }
    }

    /// Whether it may call published tools of `server`.
    pub fn may_call(&self, server: &str) -> bool {
        match self {
            Self::Local { .. } => true,
            Self::Remote { scopes, .. } => scopes.iter().any(|scope| match scope {
                Scope::Tools => true,
                Scope::Server(name) => name == server,
                Scope::Author => false,
            }),
        }
    }

    /// How it stands in records. A key of rate limits too.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Local { client } => {
                Actor { kind: ActorKind::Llm, name: client.clone().unwrap_or_else(|| "local client".to_owned()) }
            }
            Self::Remote { subject, .. } => Actor { kind: ActorKind::Llm, name: subject.clone() },
        }
    }
}

/// Who did something, as records show it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Actor {
    /// Which sort.
    pub kind: ActorKind,
    /// Client, user or task name.
    pub name: String,
}

/// Sorts of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// An MCP client.
    Llm,
    /// A human admin.
    Admin,
    /// MCPbox itself.
    System,
}

impl Actor {
    /// MCPbox itself, doing `task`.
    pub fn system(task: &str) -> Self {
        Self { kind: ActorKind::System, name: task.to_owned() }
    }

    /// A human admin.
    pub fn admin(username: &str) -> Self {
        Self { kind: ActorKind::Admin, name: username.to_owned() }
    }
}
