//! What a name or id stands for. A name that does not exist is answered with the nearest that do.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{ServerId, ToolId},
    server::Server,
};
use serde_json::json;

use super::{PublishedTool, Snapshot};
use crate::{
    nearest,
    withheld::{KnownTool, ambiguous, not_live},
};

impl Snapshot {
    /// Finds a tool by `server__tool`, or by its bare name when only one published tool has it.
    ///
    /// # Errors
    /// `not_found` with the nearest names, `not_live` with what to do, or `conflict` for an ambiguous bare name.
    pub fn resolve(&self, name: &str) -> Result<Arc<PublishedTool>, Failure> {
        self.resolve_among(name, |_| true)
    }

    /// The same among the servers that a caller may call; the others do not exist for them.
    ///
    /// # Errors
    /// Those of [`Snapshot::resolve`].
    pub fn resolve_among(&self, name: &str, may_call: impl Fn(&str) -> bool) -> Result<Arc<PublishedTool>, Failure> {
        if let Some(tool) = self.by_name.get(name).filter(|tool| may_call(tool.server.as_str())) {
            return Ok(tool.clone());
        }
        let same_name = self.by_bare_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut reachable = same_name.iter().filter(|tool| may_call(tool.server.as_str()));
        match (reachable.next(), reachable.next()) {
            (Some(tool), None) => Ok(tool.clone()),
            (Some(first), Some(second)) => {
                Err(ambiguous(name, [&first.name, &second.name].into_iter().chain(reachable.map(|t| &t.name))))
            }
            (None, _) => Err(self.unresolved(name, may_call)),
        }
    }

    fn unresolved(&self, name: &str, may_call: impl Fn(&str) -> bool) -> Failure {
        let known = self.known.get(name).filter(|tool| may_call(tool.server.as_str()));
        let known = known.or_else(|| self.only_known(name, &may_call));
        if let Some((tool, withheld)) = known.and_then(|tool| tool.withheld.map(|withheld| (tool, withheld))) {
            return not_live(tool, withheld);
        }
        let candidates = self.published.iter().filter(|tool| may_call(tool.server.as_str()));
        let near = nearest::names(name, candidates.map(|tool| tool.name.as_str()));
        Failure::new(FailureKind::NotFound, format!("there is no tool '{}'", nearest::shown(name)))
            .hint(nearest::hint(&near, "search for it by what it does"))
            .nearest(near)
            .next("mcpbox_search_tools", json!({"query": nearest::shown(name)}))
    }

    /// The only tool of this bare name on the servers that are seen, published or not.
    fn only_known(&self, name: &str, is_seen: impl Fn(&str) -> bool) -> Option<&Arc<KnownTool>> {
        let same = self.known.values().filter(|tool| tool.tool.name.as_str() == name);
        let mut same = same.filter(|tool| is_seen(tool.server.as_str()));
        same.next().filter(|_| same.next().is_none())
    }

    /// A server by id or name.
    pub(crate) fn find_server(&self, text: &str) -> Result<&Server, Failure> {
        self.find_server_among(text, |_| true)
    }

    /// The same among the servers that a caller sees; the others do not exist for them.
    pub(crate) fn find_server_among(&self, text: &str, is_seen: impl Fn(&str) -> bool) -> Result<&Server, Failure> {
        let by_id = text.parse::<ServerId>().ok().and_then(|id| self.server_by_id(id));
        let found = by_id.or_else(|| self.servers.get(text)).filter(|server| is_seen(server.name.as_str()));
        found.ok_or_else(|| {
            let seen = self.servers.keys().map(|name| name.as_str()).filter(|name| is_seen(name));
            let near = nearest::names(text, seen);
            Failure::new(FailureKind::NotFound, format!("there is no server '{}'", nearest::shown(text)))
                .hint(nearest::hint(&near, "list the servers, or make one with mcpbox_create_server"))
                .nearest(near)
                .next("mcpbox_list_servers", json!({}))
        })
    }

    /// A tool by id, `server__tool`, or a bare name that only one tool has; published or not.
    pub(crate) fn find_tool(&self, text: &str) -> Result<&Arc<KnownTool>, Failure> {
        self.find_tool_among(text, |_| true)
    }

    /// The same on the servers that a caller sees; what is on others does not exist for them.
    pub(crate) fn find_tool_among(
        &self,
        text: &str,
        is_seen: impl Fn(&str) -> bool,
    ) -> Result<&Arc<KnownTool>, Failure> {
        let by_id = text.parse::<ToolId>().ok().and_then(|id| self.known_by_id.get(&id));
        let by_name = by_id.or_else(|| self.known.get(text)).filter(|tool| is_seen(tool.server.as_str()));
        if let Some(found) = by_name.or_else(|| self.only_known(text, &is_seen)) {
            return Ok(found);
        }
        let seen = || self.known.values().filter(|tool| is_seen(tool.server.as_str()));
        let same: Vec<&String> = seen().filter(|tool| tool.tool.name.as_str() == text).map(|tool| &tool.name).collect();
        if !same.is_empty() {
            return Err(ambiguous(text, same.into_iter()));
        }
        let near = nearest::names(text, seen().map(|tool| tool.name.as_str()));
        Err(Failure::new(FailureKind::NotFound, format!("there is no tool '{}'", nearest::shown(text)))
            .hint(nearest::hint(&near, "list the tools of its server with mcpbox_list_tools"))
            .nearest(near)
            .next("mcpbox_list_servers", json!({})))
    }
}
