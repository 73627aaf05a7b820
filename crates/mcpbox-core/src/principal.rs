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
        /// For whom it acts: an account.
        subject: String,
        /// The client that acts for them, by the name a human saw when they authorised it; none for a token without a client.
        client: Option<String>,
        /// What it may do.
        scopes: Vec<Scope>,
    },
}

/// What a remote principal may do. Spelled as OAuth spells it wherever it is written: `mcp:tools`, `mcp:author`, `server:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Scope {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "What a remote principal may do, as OAuth spells it: `mcp:tools` (call published tools), `mcp:author` (use the management \
                 tools), `server:NAME` (only the tools of this server).",
            ))
            .pattern(Some("^(mcp:tools|mcp:author|server:[a-z][a-z0-9_]*)$"))
            .examples(["mcp:tools", "server:weather"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Scope {}

impl Principal {
    /// Whether this principal speaks over this machine's own listener.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Local { .. })
    }

    /// Whether it may use the management tools, on the servers that it sees.
    pub fn may_author(&self) -> bool {
        self.has(|scope| *scope == Scope::Author)
    }

    /// Whether it may call published tools of some server.
    pub fn may_call_any(&self) -> bool {
        self.has(|scope| *scope != Scope::Author)
    }

    /// Whether it may call published tools of `server`.
    pub fn may_call(&self, server: &str) -> bool {
        self.has(|scope| matches!(scope, Scope::Tools) || scope.is_of(server))
    }

    /// Whether no server is hidden from it. One that has only named servers sees only those, also when it may author.
    pub fn sees_everything(&self) -> bool {
        self.has(|scope| *scope == Scope::Tools) || self.may_author() && !self.has(|scope| scope.server().is_some())
    }

    /// Whether `server` is there for it; what is not there is answered like what does not exist.
    pub fn may_see(&self, server: &str) -> bool {
        self.sees_everything() || self.has(|scope| scope.is_of(server))
    }

    /// Whether a scope allows it; a local client has all of them.
    fn has(&self, allows: impl Fn(&Scope) -> bool) -> bool {
        match self {
            Self::Local { .. } => true,
            Self::Remote { scopes, .. } => scopes.iter().any(allows),
        }
    }

    /// How it stands in records. A key of quotas too.
    pub fn actor(&self) -> Actor {
        let (name, on_behalf_of) = match self {
            Self::Local { client } => (client.as_deref().unwrap_or("local client"), None),
            Self::Remote { subject, client: None, .. } => (subject.as_str(), None),
            Self::Remote { subject, client: Some(client), .. } => (client.as_str(), Some(subject.clone())),
        };
        Actor { kind: ActorKind::Llm, name: name.to_owned(), on_behalf_of }
    }
}

impl Scope {
    /// The server that it names.
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::Server(name) => Some(name),
            Self::Tools | Self::Author => None,
        }
    }

    fn is_of(&self, server: &str) -> bool {
        self.server() == Some(server)
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
    /// The human for whom a remote client acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
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
        Self { kind: ActorKind::System, name: task.to_owned(), on_behalf_of: None }
    }

    /// A client, and the human for whom it acts once there is one.
    pub fn client(name: &str, on_behalf_of: Option<&str>) -> Self {
        Self { kind: ActorKind::Llm, name: name.to_owned(), on_behalf_of: on_behalf_of.map(str::to_owned) }
    }

    /// A human admin.
    pub fn admin(username: &str) -> Self {
        Self { kind: ActorKind::Admin, name: username.to_owned(), on_behalf_of: None }
    }

    /// Client and human in one text, where a record has room for one name only.
    pub fn full_name(&self) -> String {
        match &self.on_behalf_of {
            Some(human) => format!("{} for {human}", self.name),
            None => self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(scopes: &[&str]) -> Principal {
        let scopes = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
        Principal::Remote { subject: "ada".into(), client: Some("laptop".into()), scopes }
    }

    #[test]
    fn what_is_seen_called_and_written_follows_from_the_scopes() {
        /// Scopes; may author; sees and calls the server a; sees and calls the server b.
        type Case = (&'static [&'static str], bool, [bool; 2], [bool; 2]);
        let cases: [Case; 7] = [
            (&[], false, [false, false], [false, false]),
            (&["mcp:tools"], false, [true, true], [true, true]),
            (&["mcp:author"], true, [true, false], [true, false]),
            (&["server:a"], false, [true, true], [false, false]),
            (&["mcp:tools", "server:a"], false, [true, true], [true, true]),
            (&["mcp:author", "server:a"], true, [true, true], [false, false]),
            (&["mcp:author", "mcp:tools", "server:a"], true, [true, true], [true, true]),
        ];
        for (scopes, may_author, a, b) in cases {
            let who = remote(scopes);
            assert_eq!(who.may_author(), may_author, "{scopes:?}");
            assert_eq!([who.may_see("a"), who.may_call("a")], a, "{scopes:?}");
            assert_eq!([who.may_see("b"), who.may_call("b")], b, "{scopes:?}");
            assert_eq!(who.may_call_any(), a[1], "{scopes:?}");
            assert_eq!(who.sees_everything(), b[0], "{scopes:?}");
        }
        let local = Principal::Local { client: None };
        assert!(local.may_author() && local.sees_everything() && local.may_call_any() && local.may_call("a"));
    }

    #[test]
    fn a_scope_is_written_and_read_in_one_spelling() {
        let scopes = vec![Scope::Tools, Scope::Author, Scope::Server("weather".into())];
        let json = serde_json::json!(["mcp:tools", "mcp:author", "server:weather"]);
        assert_eq!(serde_json::to_value(&scopes).unwrap(), json);
        assert_eq!(serde_json::from_value::<Vec<Scope>>(json).unwrap(), scopes);
        for wrong in
            [serde_json::json!("tools"), serde_json::json!({"server": "weather"}), serde_json::json!("server:A b")]
        {
            assert!(serde_json::from_value::<Scope>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_record_names_the_client_and_the_human() {
        let actor = remote(&[]).actor();
        assert_eq!((actor.name.as_str(), actor.on_behalf_of.as_deref()), ("laptop", Some("ada")));
        assert_eq!(actor.full_name(), "laptop for ada");
        let alone = Principal::Remote { subject: "static token".into(), client: None, scopes: Vec::new() }.actor();
        assert_eq!((alone.full_name().as_str(), alone.on_behalf_of), ("static token", None));
    }
}
