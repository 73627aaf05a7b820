//! Who uses the catalog: an MCP principal, a human with a live session, or the command line of the same user.

use mcpbox_core::{
    failure::{Failure, FailureKind, NextCall},
    principal::{Actor, ActorKind, Principal},
};

use serde_json::json;

use crate::{Catalog, CatalogError, session::Reviewer};

/// Who asks. Being a caller never allows to decide a review: that takes a [`Reviewer`] itself.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// A client that speaks MCP.
    Principal(&'a Principal),
    /// A human with a live admin session.
    Reviewer(&'a Reviewer),
    /// The command line of the user MCPbox runs as; may read and call like a local principal.
    Cli,
}

impl<'a> From<&'a Principal> for Caller<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self::Principal(principal)
    }
}

impl<'a> From<&'a Reviewer> for Caller<'a> {
    fn from(reviewer: &'a Reviewer) -> Self {
        Self::Reviewer(reviewer)
    }
}

impl Caller<'_> {
    /// How the caller stands in records.
    pub fn actor(self) -> Actor {
        match self {
            Self::Principal(principal) => principal.actor(),
            Self::Reviewer(reviewer) => reviewer.actor(),
            Self::Cli => Actor { kind: ActorKind::Llm, name: "command line".to_owned() },
        }
    }

    /// Whether the published tools of `server` may be called.
    pub fn may_call(self, server: &str) -> bool {
        match self {
            Self::Principal(principal) => principal.may_call(server),
            Self::Reviewer(_) | Self::Cli => true,
        }
    }

    /// Refuses a caller that may not use the management tools.
    pub(crate) fn check_author(self) -> Result<(), CatalogError> {
        match self {
            Self::Principal(principal) if !principal.may_author() => Err(CatalogError::Refused(
                Failure::new(FailureKind::Forbidden, "this access does not include the management tools")
                    .hint("connect again and ask for the scope mcp:author; until then use the tools that are published")
                    .next("mcpbox_search_tools", json!({"query": ""})),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a remote principal that deletes, unless an admin allows it. `instead` withdraws without deleting.
    pub(crate) fn check_delete(self, cat: &Catalog, instead: NextCall) -> Result<(), CatalogError> {
        self.check_author()?;
        match self {
            Self::Principal(principal) if !principal.is_local() && !cat.snapshot().settings().remote_delete => {
                let message = "remote clients may not delete servers or tools on this MCPbox";
                let hint = "withdraw it, as under next, or ask the human to delete it, or to allow remote deletion under Settings";
                let failure = Failure::new(FailureKind::Forbidden, message).hint(hint).human(cat.admin_page("servers"));
                Err(Failure { next: Some(instead), ..failure }.into())
            }
            _ => Ok(()),
        }
    }
}
