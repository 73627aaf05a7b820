//! Prompts and resources of the published tools. Where two tools offer the same, the one that was made first keeps it: nobody can
//! take over what others rely on.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use mcpbox_core::{
    failure::{Failure, FailureKind},
    uri::PAGE_MIME_TYPE,
};
use serde_json::{Map, Value};

use super::{PublishedTool, Snapshot};
use crate::{
    nearest,
    offers::{Prompt, Resource},
};

/// A prompt that clients see.
#[derive(Clone)]
pub struct PublishedPrompt {
    /// `server__prompt`, as clients see it.
    pub name: String,
    /// The tool whose version it belongs to.
    pub tool: Arc<PublishedTool>,
    /// It.
    pub prompt: Arc<Prompt>,
}

/// A resource or template that clients see.
#[derive(Clone)]
pub struct PublishedResource {
    /// The tool whose version it belongs to.
    pub tool: Arc<PublishedTool>,
    /// It.
    pub resource: Arc<Resource>,
}

/// All that published tools offer beside themselves, of the oldest tool first.
#[derive(Default)]
pub(super) struct Published {
    prompts: Vec<PublishedPrompt>,
    resources: Vec<PublishedResource>,
    marks: (u64, u64),
}

impl Published {
    pub(super) fn of(tools: &[Arc<PublishedTool>]) -> Self {
        let mut tools: Vec<_> = tools.iter().filter(|tool| !tool.compiled.offers.is_empty()).collect();
        // Ids grow with time.
        tools.sort_by_key(|tool| tool.tool_id);
        let mut seen = HashSet::new();
        let prompts = tools.iter().flat_map(|tool| {
            tool.compiled.offers.prompts.iter().map(|prompt| {
                let name = format!("{}__{}", tool.server, prompt.offer.name);
                PublishedPrompt { name, tool: Arc::clone(tool), prompt: prompt.clone() }
            })
        });
        let prompts: Vec<_> = prompts.filter(|prompt| seen.insert(prompt.name.clone())).collect();
        let resources = tools.iter().flat_map(|tool| {
            let all = tool.compiled.offers.resources.iter();
            all.map(|resource| PublishedResource { tool: Arc::clone(tool), resource: resource.clone() })
        });
        let resources: Vec<_> = resources.collect();
        let marks = (
            mark(prompts.iter().map(|prompt| (&prompt.name, &prompt.tool))),
            mark(resources.iter().map(|resource| (&resource.resource.offer.uri, &resource.tool))),
        );
        Self { prompts, resources, marks }
    }
}

fn mark<'a>(all: impl Iterator<Item = (&'a String, &'a Arc<PublishedTool>)>) -> u64 {
    let mut hasher = DefaultHasher::new();
    all.for_each(|(name, tool)| (name, tool.version_id, tool.server.as_str()).hash(&mut hasher));
    hasher.finish()
}

impl Snapshot {
    /// Two numbers, of the prompts and of the resources: each changes when the list that clients see does.
    pub fn offer_marks(&self) -> (u64, u64) {
        self.offers.marks
    }

    /// The prompts on the servers that are seen.
    pub fn prompts(&self, is_seen: impl Fn(&str) -> bool) -> impl Iterator<Item = &PublishedPrompt> {
        self.offers.prompts.iter().filter(move |prompt| is_seen(prompt.tool.server.as_str()))
    }

    /// The resources and templates on the servers that are seen, each URI once.
    pub fn resources(&self, is_seen: impl Fn(&str) -> bool) -> impl Iterator<Item = &PublishedResource> {
        let mut uris = HashSet::new();
        let seen = self.offers.resources.iter().filter(move |one| is_seen(one.tool.server.as_str()));
        seen.filter(move |one| uris.insert(one.resource.offer.uri.as_str()))
    }

    /// The URI of the page that clients may show beside a tool: the first of its own pages that no older tool offers under the same URI.
    pub fn page_of(&self, tool: &PublishedTool) -> Option<&str> {
        let is_page = |one: &Resource| one.offer.mime_type.as_deref() == Some(PAGE_MIME_TYPE);
        // Nearly all have none, and lists ask for each.
        if !tool.compiled.offers.resources.iter().any(|one| is_page(one)) {
            return None;
        }
        let mut all = self.resources(|_| true);
        let found = all.find(|one| one.tool.tool_id == tool.tool_id && is_page(&one.resource))?;
        Some(found.resource.offer.uri.as_str())
    }

    /// Finds a prompt by `server__prompt`, or by its bare name when only one has it, on the servers that are seen.
    ///
    /// # Errors
    /// `not_found` with the nearest names, or `conflict` for an ambiguous bare name.
    pub fn find_prompt(&self, name: &str, is_seen: impl Fn(&str) -> bool) -> Result<&PublishedPrompt, Failure> {
        if let Some(prompt) = self.prompts(&is_seen).find(|prompt| prompt.name == name) {
            return Ok(prompt);
        }
        let same: Vec<_> = self.prompts(&is_seen).filter(|prompt| prompt.prompt.offer.name == name).collect();
        match same.as_slice() {
            [only] => Ok(only),
            [] => {
                let near = nearest::names(name, self.prompts(&is_seen).map(|prompt| prompt.name.as_str()));
                let failure =
                    Failure::new(FailureKind::NotFound, format!("there is no prompt '{}'", nearest::shown(name)));
                Err(failure.hint(nearest::hint(&near, "list the prompts")).nearest(near))
            }
            several => {
                let message = format!("several servers have a prompt '{}'", nearest::shown(name));
                let names = several.iter().map(|prompt| prompt.name.as_str());
                Err(Failure::new(FailureKind::Conflict, message).hint("name its server: server__prompt").nearest(names))
            }
        }
    }

    /// Finds the resource that a URI names, with the values of its parameters, on the servers that are seen. A URI as it stands
    /// goes before a template.
    ///
    /// # Errors
    /// `not_found` with the nearest URIs.
    pub fn find_resource(
        &self,
        uri: &str,
        is_seen: impl Fn(&str) -> bool,
    ) -> Result<(&PublishedResource, Map<String, Value>), Failure> {
        let fixed = self.resources(&is_seen).find(|one| one.resource.uri.is_fixed() && one.resource.offer.uri == uri);
        if let Some(found) = fixed {
            return Ok((found, Map::new()));
        }
        let by_template = self.resources(&is_seen).find_map(|one| Some((one, one.resource.uri.values(uri)?)));
        if let Some((found, values)) = by_template {
            return Ok((found, values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()));
        }
        let near = nearest::names(uri, self.resources(&is_seen).map(|one| one.resource.offer.uri.as_str()));
        let failure = Failure::new(FailureKind::NotFound, format!("there is no resource '{}'", nearest::shown(uri)));
        Err(failure.hint(nearest::hint(&near, "list the resources and their templates")).nearest(near))
    }
}
