//! Which tools a path shows. Clients cap the number of tools, so each path is a part of the whole; access rights are
//! the catalog's business, not the path's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use mcpbox_catalog::{PublishedTool, Snapshot, nearest};
use mcpbox_core::principal::Principal;
use rmcp::model::{MetaObject, Tool, ToolAnnotations};
use serde_json::json;

use crate::{
    nearest::likeness,
    tools::{self, Definition},
};

/// Which tools a path shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) enum Toolset {
    /// `/mcp`: everything.
    #[default]
    All,
    /// `/mcp/tools`: published tools only.
    Published,
    /// `/mcp/author`: management tools only.
    Author,
    /// `/mcp/compact`: search, call and the authoring core.
    Compact,
    /// `/mcp/servers/<name>`: the published tools of one server.
    Server(String),
}

/// What a name stands for.
pub(crate) enum Found {
    /// A management tool.
    Management(&'static Definition),
    /// Something for the catalog to call, under this name.
    Published(String),
}

impl Toolset {
    fn has_management(&self, definition: &Definition) -> bool {
        match self {
            Self::All | Self::Author => true,
            Self::Compact => definition.is_core,
            Self::Published | Self::Server(_) => false,
        }
    }

    fn has_published(&self, tool: &PublishedTool) -> bool {
        self.has_server(tool.server.as_str())
    }

    /// Whether it shows what `server` publishes.
    pub(crate) fn has_server(&self, server: &str) -> bool {
        match self {
            Self::All | Self::Published => true,
            Self::Author | Self::Compact => false,
            Self::Server(only) => server == only,
        }
    }

    /// The only server it shows, when it shows one.
    pub(crate) fn server(&self) -> Option<&str> {
        match self {
            Self::Server(server) => Some(server),
            _ => None,
        }
    }

    /// The full name of what a published tool offers under `name`; none when it is nothing of this toolset.
    pub(crate) fn published_name(&self, name: &str) -> Option<String> {
        match self {
            Self::All | Self::Published => Some(name.to_owned()),
            Self::Author | Self::Compact => None,
            Self::Server(server) => match name.split_once("__") {
                None => Some(format!("{server}__{name}")),
                Some((of, _)) => (of == server).then(|| name.to_owned()),
            },
        }
    }

    /// What `name` stands for in this toolset; none when it cannot be a tool here.
    pub(crate) fn find(&self, name: &str) -> Option<Found> {
        if let Some(definition) = tools::find(name) {
            return self.has_management(definition).then_some(Found::Management(definition));
        }
        self.published_name(name).map(Found::Published)
    }

    /// The names in this toolset that are most alike to `name`, of what `who` may use.
    pub(crate) fn nearest(&self, name: &str, snapshot: &Snapshot, who: &Principal) -> Vec<String> {
        let is_offered = |one: &&Definition| self.has_management(one) && one.is_for(who, snapshot.settings());
        let management = tools::all().filter(is_offered);
        let management = management.map(|one| (likeness(name, one.name), one.name));
        let published = snapshot.published().iter().filter(|tool| self.has_published(tool));
        let published = published.filter(|tool| who.may_call(tool.server.as_str()));
        let published = published.map(|tool| (nearest::likeness(name, &tool.name), tool.name.as_str()));
        nearest::best(management.chain(published)).into_iter().map(str::to_owned).collect()
    }

    fn list(&self, snapshot: &Snapshot) -> Vec<Tool> {
        let management = tools::all().filter(|one| self.has_management(one)).map(Definition::listed);
        let published = snapshot.published().iter().filter(|tool| self.has_published(tool));
        let published = published.map(|tool| listed(tool, snapshot));
        management.chain(published).collect()
    }
}

/// A published tool as MCP lists it, with the page that clients may show beside it (the extension MCP Apps).
pub(crate) fn listed(tool: &PublishedTool, snapshot: &Snapshot) -> Tool {
    let hints = ToolAnnotations::new().read_only(tool.read_only_hint).open_world(tool.open_world_hint);
    let listed = Tool::new(tool.name.clone(), tool.description.clone(), tool.input_schema.clone())
        .with_title(tool.title.clone())
        .with_annotations(hints);
    let listed = match snapshot.page_of(tool) {
        Some(uri) => {
            let mut meta = MetaObject::new();
            meta.insert("ui".to_owned(), json!({ "resourceUri": uri }));
            listed.with_meta(meta)
        }
        None => listed,
    };
    match &tool.output_schema {
        Some(schema) => listed.with_raw_output_schema(schema.clone()),
        None => listed,
    }
}

/// Lists that were made already, kept until the catalog changes.
#[derive(Default)]
pub(crate) struct Lists(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    generation: u64,
    lists: HashMap<Toolset, Arc<Vec<Tool>>>,
}

impl Lists {
    /// The tools of `toolset` that `who` may use.
    pub(crate) fn of(&self, toolset: &Toolset, snapshot: &Snapshot, who: &Principal) -> Vec<Tool> {
        let all = self.whole(toolset, snapshot);
        let may_use = |tool: &&Tool| match tools::find(&tool.name) {
            Some(definition) => definition.is_for(who, snapshot.settings()),
            None => tool.name.split_once("__").is_some_and(|(server, _)| who.may_call(server)),
        };
        all.iter().filter(may_use).cloned().collect()
    }

    fn whole(&self, toolset: &Toolset, snapshot: &Snapshot) -> Arc<Vec<Tool>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.generation != snapshot.generation() {
            kept.lists.clear();
            kept.generation = snapshot.generation();
        }
        kept.lists.entry(toolset.clone()).or_insert_with(|| Arc::new(toolset.list(snapshot))).clone()
    }
}
