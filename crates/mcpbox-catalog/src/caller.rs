//! Who uses the catalog: an MCP principal, a human with a live session, or the command line of the same user.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind, NextCall},
    principal::{Actor, ActorKind, Principal},
    server::Server,
    user::Role,
};
use mcpbox_store::calls::CallFilter;
use serde_json::json;

use crate::{
    Catalog, CatalogError, Snapshot,
    session::{Admin, Reviewer, SignedIn},
    withheld::KnownTool,
};

/// Who asks. Being a caller never allows to decide a review: that takes a [`Reviewer`] itself.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// A client that speaks MCP.
    Principal(&'a Principal),
    /// A human who proved who they are. What they may do is their role's.
    Human(&'a SignedIn),
    /// The command line of the user MCPbox runs as; may read and call like a local principal.
    Cli,
}

impl<'a> From<&'a Principal> for Caller<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self::Principal(principal)
    }
}

impl<'a> From<&'a SignedIn> for Caller<'a> {
    fn from(human: &'a SignedIn) -> Self {
        Self::Human(human)
    }
}

impl<'a> From<&'a Reviewer> for Caller<'a> {
    fn from(reviewer: &'a Reviewer) -> Self {
        Self::Human(reviewer)
    }
}

impl<'a> From<&'a Admin> for Caller<'a> {
    fn from(admin: &'a Admin) -> Self {
        Self::Human(admin)
    }
}

impl Caller<'_> {
    /// How the caller stands in records.
    pub fn actor(self) -> Actor {
        match self {
            Self::Principal(principal) => principal.actor(),
            Self::Human(human) => human.actor(),
            Self::Cli => Actor { kind: ActorKind::Llm, name: "command line".to_owned(), on_behalf_of: None },
        }
    }

    /// Whether the management tools may be used, on the servers that are seen.
    pub fn may_author(self) -> bool {
        match self {
            Self::Principal(principal) => principal.may_author(),
            Self::Human(_) | Self::Cli => true,
        }
    }

    /// Whether the published tools of some server may be called.
    pub fn may_call_any(self) -> bool {
        match self {
            Self::Principal(principal) => principal.may_call_any(),
            Self::Human(_) | Self::Cli => true,
        }
    }

    /// Whether `server` is there for the caller. Another is answered like one that does not exist.
    pub fn may_see(self, server: &str) -> bool {
        match self {
            Self::Principal(principal) => principal.may_see(server),
            Self::Human(_) | Self::Cli => true,
        }
    }

    /// Whether the published tools of `server` may be seen, and called by [`Caller::check_acts`].
    pub fn may_call(self, server: &str) -> bool {
        match self {
            Self::Principal(principal) => principal.may_call(server),
            Self::Human(_) | Self::Cli => true,
        }
    }

    /// Refuses a human who may only read.
    pub(crate) fn check_acts(self) -> Result<(), Failure> {
        match self {
            Self::Human(human) if human.role() < Role::Reviewer => {
                Err(Failure::new(FailureKind::Forbidden, "viewers only read")
                    .hint("ask an admin to do it, or to change your role on the page Users"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a caller that may not change things with the management tools.
    pub(crate) fn check_author(self) -> Result<(), CatalogError> {
        self.check_reads()?;
        Ok(self.check_acts()?)
    }

    /// Refuses a caller that may not look at things with the management tools.
    pub(crate) fn check_reads(self) -> Result<(), CatalogError> {
        if self.may_author() {
            return Ok(());
        }
        let failure = Failure::new(FailureKind::Forbidden, "this access does not include the management tools");
        let hint = "connect again and ask for the scope mcp:author; until then use the tools that are published";
        Err(failure.hint(hint).next("mcpbox_search_tools", json!({"query": ""})).into())
    }

    /// Refuses a caller that may call no tool at all. Which tools there are does not show in it.
    pub(crate) fn check_call(self) -> Result<(), Failure> {
        if self.may_call_any() {
            return Ok(());
        }
        let failure = Failure::new(FailureKind::Forbidden, "this access does not include calling published tools");
        let hint = "connect again and ask for the scope mcp:tools; mcpbox_test_code tries what you wrote without it";
        Err(failure.hint(hint).next("mcpbox_list_servers", json!({})))
    }

    /// Refuses a caller that may use the management tools on certain servers only.
    pub(crate) fn check_author_of_all(self) -> Result<(), CatalogError> {
        self.check_author()?;
        match self {
            Self::Principal(principal) if !principal.sees_everything() => {
                let failure = Failure::new(FailureKind::Forbidden, "this access is for certain servers only");
                let hint = "write the tool on one of them, or ask the human for an access without server: scopes";
                Err(failure.hint(hint).next("mcpbox_list_servers", json!({})).into())
            }
            _ => Ok(()),
        }
    }

    /// The server (id or name) that the caller may look at.
    pub(crate) fn seen_server<'s>(self, snapshot: &'s Snapshot, text: &str) -> Result<&'s Server, CatalogError> {
        self.check_reads()?;
        Ok(snapshot.find_server_among(text, |server| self.may_see(server))?)
    }

    /// The tool (id or name) that the caller may look at.
    pub(crate) fn seen_tool<'s>(self, snapshot: &'s Snapshot, text: &str) -> Result<&'s Arc<KnownTool>, CatalogError> {
        self.check_reads()?;
        Ok(snapshot.find_tool_among(text, |server| self.may_see(server))?)
    }

    /// The server (id or name) on which the caller may use the management tools.
    pub(crate) fn server<'s>(self, snapshot: &'s Snapshot, text: &str) -> Result<&'s Server, CatalogError> {
        self.check_acts()?;
        self.seen_server(snapshot, text)
    }

    /// The tool (id or name) on which the caller may use the management tools.
    pub(crate) fn tool<'s>(self, snapshot: &'s Snapshot, text: &str) -> Result<&'s Arc<KnownTool>, CatalogError> {
        self.check_acts()?;
        self.seen_tool(snapshot, text)
    }

    /// The records of runs that the caller may read: a remote client only those of its human.
    pub(crate) fn own_calls(self) -> CallFilter {
        let Self::Principal(principal) = self else { return CallFilter::default() };
        if principal.is_local() {
            return CallFilter::default();
        }
        let Actor { name, on_behalf_of, .. } = principal.actor();
        let principal = on_behalf_of.is_none().then_some(name);
        CallFilter { principal, human: on_behalf_of, ..CallFilter::default() }
    }

    /// Refuses a remote principal that deletes, unless an admin allows it. `instead` withdraws without deleting.
    pub(crate) fn check_delete(self, cat: &Catalog, instead: NextCall) -> Result<(), CatalogError> {
        self.check_author()?;
        match self {
            Self::Human(human) => human.clone().admin().map(drop),
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
