//! What is published, in memory: one immutable value, swapped as a whole after every change, so that a reader sees one
//! state. It also knows what is not published, to say why.

mod lookup;
mod offers;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, OnceLock},
};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::HostRule,
    execute::{Environment, Program},
    failure::Failure,
    hash::ContentHash,
    ids::{ServerId, ToolId, VersionId},
    name::{SecretKey, ServerName, ToolName},
    server::{Limits, Server},
    settings::Settings,
};
use serde_json::{Map, Value};

pub use self::offers::{PublishedPrompt, PublishedResource};
use crate::{
    access::Tokens,
    compile::Compiled,
    packages::{Resolutions, Set},
    search::{Document, SearchIndex},
    withheld::KnownTool,
};

/// A tool that clients see and may call.
pub struct PublishedTool {
    /// `server__tool`, as clients see it.
    pub name: String,
    /// Its server.
    pub server: ServerName,
    /// Its name within the server.
    pub tool: ToolName,
    /// Its server's id.
    pub server_id: ServerId,
    /// Its id.
    pub tool_id: ToolId,
    /// The live version.
    pub version_id: VersionId,
    /// The live version's number.
    pub version: u32,
    /// The live version's hash, as approved.
    pub content_hash: ContentHash,
    /// A name for people.
    pub title: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Arc<Map<String, Value>>,
    /// JSON Schema of the structured result.
    pub output_schema: Option<Arc<Map<String, Value>>>,
    /// Whether the result goes out as `{"result": …}`, as the output schema then says.
    pub wraps_result: bool,
    /// It changes nothing outside the box: no host granted, or only reading methods.
    pub read_only_hint: bool,
    /// It talks to something outside the box.
    pub open_world_hint: bool,
    /// When a grant that it relies on ends.
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) program: Arc<Program>,
    /// The packages it runs with.
    pub(crate) set: Option<Set>,
    /// Why no call of it runs, although it is published.
    pub(crate) refused: Option<Failure>,
    pub(crate) hosts: Arc<[HostRule]>,
    pub(crate) secrets: Vec<SecretKey>,
    pub(crate) limits: Limits,
    pub(crate) compiled: Arc<Compiled>,
}

impl std::fmt::Debug for PublishedTool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublishedTool")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// All published tools at one moment.
#[derive(Default)]
pub struct Snapshot {
    published: Vec<Arc<PublishedTool>>,
    by_name: HashMap<String, Arc<PublishedTool>>,
    by_bare_name: HashMap<String, Vec<Arc<PublishedTool>>>,
    known: BTreeMap<String, Arc<KnownTool>>,
    known_by_id: HashMap<ToolId, Arc<KnownTool>>,
    servers: BTreeMap<String, Server>,
    settings: Settings,
    resolutions: Resolutions,
    tokens: Tokens,
    next_expiry: Option<DateTime<Utc>>,
    generation: u64,
    search: OnceLock<SearchIndex>,
    offers: offers::Published,
}

impl Snapshot {
    pub(crate) fn new(
        mut published: Vec<Arc<PublishedTool>>,
        known: Vec<Arc<KnownTool>>,
        servers: impl Iterator<Item = Server>,
        settings: Settings,
        generation: u64,
    ) -> Self {
        published.sort_by(|a, b| a.name.cmp(&b.name));
        let mut by_bare_name: HashMap<String, Vec<_>> = HashMap::new();
        for tool in &published {
            by_bare_name.entry(tool.tool.as_str().to_owned()).or_default().push(tool.clone());
        }
        Self {
            by_name: published.iter().map(|tool| (tool.name.clone(), tool.clone())).collect(),
            by_bare_name,
            known_by_id: known.iter().map(|tool| (tool.tool.id, tool.clone())).collect(),
            known: known.into_iter().map(|tool| (tool.name.clone(), tool)).collect(),
            servers: servers.map(|server| (server.name.as_str().to_owned(), server)).collect(),
            offers: offers::Published::of(&published),
            published,
            settings,
            resolutions: Resolutions::default(),
            tokens: Tokens::default(),
            next_expiry: None,
            generation,
            search: OnceLock::new(),
        }
    }

    /// The same with what is known of packages.
    pub(crate) fn with_resolutions(self, resolutions: Resolutions) -> Self {
        Self { resolutions, ..self }
    }

    /// The same with the personal access tokens.
    pub(crate) fn with_tokens(self, tokens: Tokens) -> Self {
        Self { tokens, ..self }
    }

    /// The personal access tokens.
    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The same with the moment at which the next grant ends.
    pub(crate) fn with_next_expiry(self, next_expiry: Option<DateTime<Utc>>) -> Self {
        Self { next_expiry, ..self }
    }

    /// When the next grant ends.
    pub(crate) fn next_expiry(&self) -> Option<DateTime<Utc>> {
        self.next_expiry
    }

    /// Where resolutions of packages stand.
    pub(crate) fn resolutions(&self) -> &Resolutions {
        &self.resolutions
    }

    /// The sets of packages that published tools run with.
    pub(crate) fn package_sets(&self) -> impl Iterator<Item = &Set> {
        self.published.iter().filter_map(|tool| tool.set.as_ref())
    }

    /// The environments of published tools that may run, once each.
    pub(crate) fn environments(&self) -> impl Iterator<Item = &Environment> {
        let runnable = self.published.iter().filter(|tool| tool.refused.is_none());
        runnable.map(|tool| &tool.program.environment).collect::<BTreeSet<_>>().into_iter()
    }

    /// All published tools, sorted by name.
    pub fn published(&self) -> &[Arc<PublishedTool>] {
        &self.published
    }

    /// The published tools of one server, sorted by name; empty when it is not running or not there.
    pub fn of_server(&self, server: &str) -> Vec<Arc<PublishedTool>> {
        self.published.iter().filter(|tool| tool.server.as_str() == server).cloned().collect()
    }

    /// Grows with every change.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// All servers, sorted by name.
    pub fn servers(&self) -> impl ExactSizeIterator<Item = &Server> {
        self.servers.values()
    }

    /// All tools of a server, published or not, sorted by name.
    pub(crate) fn known_of(&self, server: &Server) -> impl Iterator<Item = &Arc<KnownTool>> {
        let prefix = format!("{}__", server.name);
        let from = self.known.range(prefix.clone()..);
        from.take_while(move |(name, _)| name.starts_with(&prefix)).map(|(_, known)| known)
    }

    /// All tools, published or not, sorted by name.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Arc<KnownTool>> {
        self.known.values()
    }

    pub(crate) fn known_by_id(&self, id: ToolId) -> Option<&Arc<KnownTool>> {
        self.known_by_id.get(&id)
    }

    pub(crate) fn server_by_id(&self, id: ServerId) -> Option<&Server> {
        self.servers.values().find(|server| server.id == id)
    }

    /// Published tools that match, with their scores.
    pub(crate) fn search(&self, query: &str) -> impl Iterator<Item = (&Arc<PublishedTool>, f64)> {
        let index = self.search.get_or_init(|| {
            SearchIndex::build(self.published.iter().map(|tool| Document {
                name: &tool.name,
                description: &tool.description,
                input_schema: &tool.input_schema,
            }))
        });
        index.search(query).into_iter().filter_map(|(place, score)| self.published.get(place).map(|tool| (tool, score)))
    }

    /// Whether clients see the same list in both.
    pub(crate) fn lists_the_same(&self, other: &Self) -> bool {
        let seen =
            |tool: &Arc<PublishedTool>| (tool.tool_id, tool.version_id, tool.read_only_hint, tool.open_world_hint);
        let offers = |settings: &Settings| (settings.code_mode, settings.remote_delete);
        offers(&self.settings) == offers(&other.settings)
            && self.published.len() == other.published.len()
            && self.published.iter().zip(&other.published).all(|(a, b)| a.name == b.name && seen(a) == seen(b))
    }
}
