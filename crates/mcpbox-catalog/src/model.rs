//! What the snapshot is made from: servers, tools, compiled live versions and grants in force, kept up to date by
//! reading again exactly what a change touched.

mod locks;
mod publish;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    grant::{Grant, GrantScope, GrantState},
    ids::{ServerId, ToolId, VersionId},
    name::published_name,
    server::{Server, ServerStatus},
    settings::Settings,
    tool::Tool,
    version::Version,
};
use mcpbox_store::{Store, StoreError, catalog, grants, resolutions, servers, settings, tokens, tools, versions};

use crate::{
    access::Tokens,
    allowed::lapsed,
    change::Touched,
    compile::{Compiled, Unsound},
    packages::Resolutions,
    snapshot::{PublishedTool, Snapshot},
    withheld::{KnownTool, Lapsed, Withheld},
};

/// Everything in memory.
#[derive(Default)]
pub(crate) struct Model {
    servers: BTreeMap<ServerId, Server>,
    tools: BTreeMap<ToolId, Tool>,
    compiled: HashMap<VersionId, Result<Arc<Compiled>, Unsound>>,
    /// In force, or over.
    grants: HashMap<GrantScope, Vec<Grant>>,
    settings: Settings,
    resolutions: Resolutions,
    tokens: Tokens,
    /// Entries of the last snapshot that still hold.
    published: HashMap<ToolId, Arc<PublishedTool>>,
    generation: u64,
}

impl Model {
    /// Reads everything again; what was compiled stays.
    pub(crate) async fn reload(&mut self, store: &Store) -> Result<(), StoreError> {
        let reader = store.reader();
        let settings = settings::load(&reader).await?;
        let all = catalog::load_snapshot(&reader).await?;
        self.resolutions = Resolutions::new(resolutions::all(&reader).await?);
        self.tokens = Tokens::new(tokens::all(&reader).await?);
        self.settings = settings;
        self.servers = all.servers.into_iter().map(|server| (server.id, server)).collect();
        self.tools = all.tools.into_iter().map(|tool| (tool.id, tool)).collect();
        self.grants = HashMap::new();
        for grant in all.approved_grants {
            self.grants.entry(grant.scope).or_default().push(grant);
        }
        let mut compiled = std::mem::take(&mut self.compiled);
        for version in all.live_versions {
            let kept = compiled.remove(&version.id);
            self.compiled.insert(version.id, kept.unwrap_or_else(|| compile(version)));
        }
        self.published.clear();
        Ok(())
    }

    /// Reads again what a change touched.
    pub(crate) async fn patch(&mut self, store: &Store, touched: &Touched) -> Result<(), StoreError> {
        for id in &touched.servers {
            self.patch_server(store, *id).await?;
        }
        for id in &touched.tools {
            self.patch_tool(store, *id).await?;
        }
        if !touched.grants.is_empty() {
            self.patch_grants(store, &touched.grants).await?;
        }
        if touched.resolutions {
            self.resolutions = Resolutions::new(resolutions::all(&store.reader()).await?);
            self.published.retain(|_, entry| entry.set.is_none());
        }
        if touched.tokens {
            self.tokens = Tokens::new(tokens::all(&store.reader()).await?);
        }
        if touched.settings {
            self.settings = settings::load(&store.reader()).await?;
        }
        Ok(())
    }

    async fn patch_server(&mut self, store: &Store, id: ServerId) -> Result<(), StoreError> {
        let tools = &self.tools;
        self.published.retain(|_, entry| entry.server_id != id);
        match servers::by_id(&store.reader(), id).await? {
            Some(server) => {
                self.servers.insert(id, server);
            }
            None => {
                let gone: Vec<ToolId> =
                    tools.values().filter(|tool| tool.server_id == id).map(|tool| tool.id).collect();
                gone.into_iter().for_each(|tool| self.forget_tool(tool));
                self.servers.remove(&id);
                self.grants.remove(&GrantScope::Server(id));
            }
        }
        Ok(())
    }

    async fn patch_tool(&mut self, store: &Store, id: ToolId) -> Result<(), StoreError> {
        let reader = store.reader();
        let found = tools::by_id(&reader, id).await?;
        let live = found.as_ref().and_then(|tool| tool.live_version);
        let version = match live {
            Some(version) if !self.compiled.contains_key(&version) => versions::by_id(&reader, version).await?,
            _ => None,
        };
        // Only now, when all is read, does anything change.
        let before = self.tools.get(&id).and_then(|tool| tool.live_version).filter(|before| Some(*before) != live);
        before.map(|before| self.compiled.remove(&before));
        self.published.remove(&id);
        if let Some(version) = version {
            self.compiled.insert(version.id, compile(version));
        }
        match found {
            Some(tool) => {
                self.tools.insert(id, tool);
            }
            None => self.forget_tool(id),
        }
        Ok(())
    }

    fn forget_tool(&mut self, id: ToolId) {
        let live = self.tools.remove(&id).and_then(|tool| tool.live_version);
        live.map(|version| self.compiled.remove(&version));
        self.grants.remove(&GrantScope::Tool(id));
        self.published.remove(&id);
    }

    async fn patch_grants(&mut self, store: &Store, scopes: &[GrantScope]) -> Result<(), StoreError> {
        let reader = store.reader();
        let mut wide = false;
        for scope in scopes {
            match scope {
                GrantScope::Tool(id) => {
                    let Some(tool) = self.tools.get(id) else { continue };
                    let all = grants::for_tool(&reader, tool.server_id, *id).await?;
                    let counts = |grant: &Grant| matches!(grant.state, GrantState::Approved | GrantState::Expired);
                    let own = all.into_iter().filter(|grant| grant.scope == *scope && counts(grant));
                    self.grants.insert(*scope, own.collect());
                    self.published.remove(id);
                }
                GrantScope::Server(_) | GrantScope::Everywhere => wide = true,
            }
        }
        if wide {
            let approved = grants::approved_or_expired(&reader).await?;
            self.grants.clear();
            for grant in approved {
                self.grants.entry(grant.scope).or_default().push(grant);
            }
            self.published.clear();
        }
        Ok(())
    }

    /// The snapshot of what is known now.
    pub(crate) fn snapshot(&mut self) -> Snapshot {
        self.generation += 1;
        let mut known = Vec::with_capacity(self.tools.len());
        let mut published = HashMap::with_capacity(self.tools.len());
        for tool in self.tools.values() {
            let Some(server) = self.servers.get(&tool.server_id) else { continue };
            let entry = self.entry(server, tool);
            let withheld = entry.as_ref().err().copied();
            if let Ok(entry) = entry {
                published.insert(tool.id, entry);
            }
            let name = published_name(&server.name, &tool.name);
            let live_version =
                tool.live_version.and_then(|id| self.compiled.get(&id)?.as_ref().ok()).map(|live| live.version.number);
            let lapsed = match withheld {
                Some(Withheld::GrantExpired) => self.lapsed(server, tool),
                _ => Vec::new(),
            };
            known.push(Arc::new(KnownTool {
                lapsed,
                tool: tool.clone(),
                server: server.name.clone(),
                name,
                live_version,
                withheld,
            }));
        }
        self.published = published;
        let entries = self.published.values().cloned().collect();
        Snapshot::new(entries, known, self.servers.values().cloned(), self.settings.clone(), self.generation)
            .with_resolutions(self.resolutions.clone())
            .with_tokens(self.tokens.clone())
            .with_next_expiry(self.next_expiry())
    }

    /// When the next grant in force ends.
    fn next_expiry(&self) -> Option<DateTime<Utc>> {
        let in_force = self.grants.values().flatten().filter(|grant| grant.state == GrantState::Approved);
        in_force.filter_map(|grant| grant.expires_at).min()
    }

    /// What a tool relied on and has no more.
    fn lapsed(&self, server: &Server, tool: &Tool) -> Vec<Lapsed> {
        let compiled = tool.live_version.and_then(|live| self.compiled.get(&live)?.as_ref().ok());
        compiled.map(|compiled| lapsed(self.grants_for(server.id, tool.id), compiled)).unwrap_or_default()
    }

    fn entry(&self, server: &Server, tool: &Tool) -> Result<Arc<PublishedTool>, Withheld> {
        let live = tool.live_version.ok_or(Withheld::NotApproved)?;
        let compiled = match self.compiled.get(&live) {
            Some(Ok(compiled)) => compiled,
            Some(Err(_)) | None => return Err(Withheld::Unsound),
        };
        if !tool.enabled {
            return Err(Withheld::Disabled);
        }
        if server.status == ServerStatus::Stopped {
            return Err(Withheld::ServerStopped);
        }
        if tool.quarantine.is_some() {
            return Err(Withheld::Quarantined);
        }
        if let Some(entry) = self.published.get(&tool.id) {
            return Ok(entry.clone());
        }
        if !lapsed(self.grants_for(server.id, tool.id), compiled).is_empty() {
            return Err(Withheld::GrantExpired);
        }
        Ok(Arc::new(self.publish(server, tool, compiled)))
    }

    fn grants_for(&self, server: ServerId, tool: ToolId) -> impl Iterator<Item = &Grant> {
        let scopes = [GrantScope::Tool(tool), GrantScope::Server(server), GrantScope::Everywhere];
        scopes.into_iter().filter_map(|scope| self.grants.get(&scope)).flatten()
    }
}

/// Fails closed: a version that is not what was approved is withheld, and an operator must look.
fn compile(version: Version) -> Result<Arc<Compiled>, Unsound> {
    let id = version.id;
    Compiled::live(version).map(Arc::new).inspect_err(|unsound| {
        tracing::error!(version.id = %id, error = %unsound, "a live tool is withheld: check the database, or restore a backup");
    })
}
