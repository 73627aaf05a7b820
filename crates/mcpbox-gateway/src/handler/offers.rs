//! Prompts and resources of published tools: listed from the snapshot, run like a call, completed without running anything.

use std::sync::Arc;

use mcpbox_catalog::{
    call::{self, CallReply},
    offers::Offer,
};
use mcpbox_core::{
    execute::ToolOutput,
    failure::{Failure, FailureKind},
    principal::Principal,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CompleteRequestParams, CompletionInfo, GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument,
        PromptMessage, ReadResourceRequestParams, ReadResourceResult, Reference, Resource, ResourceContents,
        ResourceTemplate,
    },
    service::RequestContext,
};
use serde_json::{Map, Value, json};
use tracing::{Instrument, Span};

use super::{
    ask::Ask,
    call::unless_stopped,
    progress::{Wanted, with_notices},
};
use crate::{exchange::Facts, gateway::Gateway};

/// The prompts of a toolset that `who` may use, by name.
pub(super) fn prompts(gateway: &Gateway, facts: &Facts, who: &Principal) -> Vec<Prompt> {
    let snapshot = gateway.catalog.snapshot();
    let is_seen = |server: &str| facts.toolset.has_server(server) && who.may_call(server);
    let listed = snapshot.prompts(is_seen).map(|published| {
        let offer = &published.prompt.offer;
        let arguments = offer.parameters.iter().map(|parameter| {
            let argument = PromptArgument::new(&parameter.name).with_required(parameter.required);
            match &parameter.description {
                Some(text) => argument.with_description(text),
                None => argument,
            }
        });
        let arguments: Vec<_> = arguments.collect();
        let prompt = Prompt::new(
            published.name.clone(),
            offer.description.clone(),
            Some(arguments).filter(|all| !all.is_empty()),
        );
        prompt.with_title(titled(offer.title.as_deref(), &offer.name))
    });
    let mut listed: Vec<_> = listed.collect();
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    listed
}

/// The resources, or the templates, of a toolset that `who` may use, by URI.
pub(super) fn resources(gateway: &Gateway, facts: &Facts, who: &Principal) -> (Vec<Resource>, Vec<ResourceTemplate>) {
    let snapshot = gateway.catalog.snapshot();
    let is_seen = |server: &str| facts.toolset.has_server(server) && who.may_call(server);
    let (mut fixed, mut templates) = (Vec::new(), Vec::new());
    for published in snapshot.resources(is_seen) {
        let offer = &published.resource.offer;
        let name = format!("{}__{}", published.tool.server, offer.name);
        let title = Some(titled(offer.title.as_deref(), &offer.name));
        let (description, mime_type) = (offer.description.clone(), offer.mime_type.clone());
        if offer.is_template {
            let mut one = ResourceTemplate::new(&offer.uri, name);
            (one.title, one.description, one.mime_type) = (title, description, mime_type);
            templates.push(one);
        } else {
            let mut one = Resource::new(&offer.uri, name);
            (one.title, one.description, one.mime_type) = (title, description, mime_type);
            fixed.push(one);
        }
    }
    fixed.sort_by(|a, b| a.uri.cmp(&b.uri));
    templates.sort_by(|a, b| a.uri_template.cmp(&b.uri_template));
    (fixed, templates)
}

/// A name for people: the author's, or the words of the name.
fn titled(said: Option<&str>, name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    said.map_or(words, str::to_owned)
}

/// Answers one `prompts/get`.
///
/// # Errors
/// −32602 for a name that is no prompt here and for arguments that do not fit, −32603 for a run that failed.
pub(super) async fn get_prompt(
    gateway: &Arc<Gateway>,
    request: GetPromptRequestParams,
    context: RequestContext<RoleServer>,
    (wanted, ask): (Wanted, &Ask),
) -> Result<GetPromptResult, ErrorData> {
    let facts = Facts::of(&context);
    let who = facts.principal(&context);
    let Some(name) = facts.toolset.published_name(&request.name) else {
        return Err(refused(&no_prompt(&request.name)));
    };
    gateway.limiter.count_client(&facts.client_key).map_err(|failure| refused(&failure))?;
    if gateway.catalog.snapshot().find_prompt(&name, |server| who.may_call(server)).is_err() {
        gateway.catalog.catch_up().await;
    }
    if let Ok(found) = gateway.catalog.snapshot().find_prompt(&name, |server| who.may_call(server)) {
        gateway.limiter.count_tool(&found.tool.name).map_err(|failure| refused(&failure))?;
    }
    let arguments = request.arguments.unwrap_or_default();
    let work = with_notices(&context, wanted, &request.name, |observer| {
        call::get_prompt(&gateway.catalog, &who, &name, arguments, ask.observer(observer))
    });
    let work = work.instrument(facts.span.clone().unwrap_or_else(Span::current));
    let reply = unless_stopped(gateway, &facts, &context, async { Ok(work.await) }, |told| Err(stopped(told))).await?;
    let (output, offer) = answered(reply)?;
    let messages: Vec<PromptMessage> = serde_json::from_value(output.value).map_err(|error| no_content(&error))?;
    let result = GetPromptResult::new(messages);
    Ok(match offer {
        Some(Offer::Prompt(prompt)) if prompt.offer.description.is_some() => {
            result.with_description(prompt.offer.description.clone().unwrap_or_default())
        }
        _ => result,
    })
}

/// Answers one `resources/read`.
///
/// # Errors
/// −32002 (the SDK makes it −32602 for the newer era) for a URI that names nothing here, −32602 for a parameter that does not
/// fit, −32603 for a run that failed.
pub(super) async fn read_resource(
    gateway: &Arc<Gateway>,
    request: ReadResourceRequestParams,
    context: RequestContext<RoleServer>,
    (wanted, ask): (Wanted, &Ask),
) -> Result<ReadResourceResult, ErrorData> {
    let facts = Facts::of(&context);
    let who = facts.principal(&context);
    let uri = request.uri;
    gateway.limiter.count_client(&facts.client_key).map_err(|failure| refused(&failure))?;
    let is_seen = |server: &str| facts.toolset.has_server(server) && who.may_call(server);
    if gateway.catalog.snapshot().find_resource(&uri, is_seen).is_err() {
        gateway.catalog.catch_up().await;
    }
    match gateway.catalog.snapshot().find_resource(&uri, is_seen) {
        Ok((found, _)) => gateway.limiter.count_tool(&found.tool.name).map_err(|failure| refused(&failure))?,
        Err(failure) => return Err(unknown_resource(&failure, &uri)),
    }
    let work = with_notices(&context, wanted, &uri, |observer| {
        call::read_resource(&gateway.catalog, &who, (&uri, facts.toolset.server()), ask.observer(observer))
    });
    let work = work.instrument(facts.span.clone().unwrap_or_else(Span::current));
    let reply = unless_stopped(gateway, &facts, &context, async { Ok(work.await) }, |told| Err(stopped(told))).await?;
    let (output, offer) = match reply {
        CallReply { result: Err(failure), tool: None, .. } if failure.kind == FailureKind::NotFound => {
            return Err(unknown_resource(&failure, &uri));
        }
        reply => answered(reply)?,
    };
    let mut contents = match output.value {
        Value::Object(contents) => contents,
        _ => Map::new(),
    };
    contents.insert("uri".to_owned(), uri.into());
    if let Some(Offer::Resource(resource)) = offer
        && let Some(mime_type) = &resource.offer.mime_type
    {
        contents.insert("mimeType".to_owned(), mime_type.as_str().into());
    }
    let contents: ResourceContents =
        serde_json::from_value(Value::Object(contents)).map_err(|error| no_content(&error))?;
    Ok(ReadResourceResult::new(vec![contents]))
}

/// Answers one `completion/complete`: the values that the annotation of a parameter lists, by how they begin.
///
/// # Errors
/// −32602 for a prompt, template or argument that is none here.
pub(super) fn complete(
    gateway: &Gateway,
    facts: &Facts,
    who: &Principal,
    request: &CompleteRequestParams,
) -> Result<CompletionInfo, ErrorData> {
    let snapshot = gateway.catalog.snapshot();
    let is_seen = |server: &str| facts.toolset.has_server(server) && who.may_call(server);
    let parameters = match &request.r#ref {
        Reference::Prompt(prompt) => {
            let name = facts.toolset.published_name(&prompt.name).ok_or_else(|| refused(&no_prompt(&prompt.name)))?;
            let found = snapshot.find_prompt(&name, is_seen).map_err(|failure| refused(&failure))?;
            &found.prompt.offer.parameters
        }
        Reference::Resource(resource) => {
            let found = snapshot.resources(is_seen).find(|one| one.resource.offer.uri == resource.uri);
            let found = found.ok_or_else(|| {
                let message = "there is no such template; resources/templates/list has those there are";
                refused(&Failure::new(FailureKind::NotFound, message))
            })?;
            &found.resource.offer.parameters
        }
        _ => {
            let failure = Failure::new(FailureKind::InvalidArguments, "only prompts and templates are completed");
            return Err(refused(&failure));
        }
    };
    let Some(parameter) = parameters.iter().find(|parameter| parameter.name == request.argument.name) else {
        let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let message = format!("there is no such argument; it takes {}", names.join(", "));
        return Err(refused(&Failure::new(FailureKind::InvalidArguments, message)));
    };
    let typed = request.argument.value.to_lowercase();
    let fits: Vec<&String> = parameter.values.iter().filter(|value| value.to_lowercase().starts_with(&typed)).collect();
    let shown = fits.iter().take(CompletionInfo::MAX_VALUES).map(|value| (*value).clone()).collect();
    let total = u32::try_from(fits.len()).ok();
    CompletionInfo::with_pagination(shown, total, fits.len() > CompletionInfo::MAX_VALUES)
        .map_err(|error| ErrorData::internal_error(error, None))
}

fn answered(reply: CallReply) -> Result<(ToolOutput, Option<Offer>), ErrorData> {
    match reply.result {
        Ok(output) => Ok((output, reply.offer)),
        Err(failure) => Err(refused(&failure)),
    }
}

fn no_prompt(name: &str) -> Failure {
    let shown: String = name.chars().take(100).collect();
    Failure::new(FailureKind::NotFound, format!("there is no prompt '{shown}'")).hint("list the prompts")
}

/// A failure as a protocol error: what the client sent is at fault, or what came of it.
fn refused(failure: &Failure) -> ErrorData {
    let message = match &failure.hint {
        Some(hint) => format!("{failure}; {hint}"),
        None => failure.to_string(),
    };
    let data = Some(json!(failure));
    match failure.kind {
        FailureKind::NotFound | FailureKind::Conflict | FailureKind::InvalidArguments => {
            ErrorData::invalid_params(message, data)
        }
        _ => ErrorData::internal_error(message, data),
    }
}

fn unknown_resource(failure: &Failure, uri: &str) -> ErrorData {
    let mut data = json!(failure);
    if let Some(data) = data.as_object_mut() {
        data.insert("uri".to_owned(), uri.into());
    }
    ErrorData::resource_not_found(failure.to_string(), Some(data))
}

fn stopped(message: &str) -> ErrorData {
    refused(&Failure::new(FailureKind::Cancelled, message))
}

/// What the function returned looks like content, but MCP has none of that sort.
fn no_content(error: &serde_json::Error) -> ErrorData {
    let failure =
        Failure::new(FailureKind::Exception, format!("the function returned content that MCP does not have: {error}"));
    refused(&failure.hint("make it with content.text, content.image, content.audio or content.resource"))
}

/// Whether two notes of what is offered differ, for prompts and for resources.
pub(super) fn changed(before: (u64, u64), now: (u64, u64)) -> (bool, bool) {
    (before.0 != now.0, before.1 != now.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_authors_or_made_of_the_name() {
        assert_eq!(titled(None, "plan_my_day"), "Plan my day");
        assert_eq!(titled(Some("Tag"), "plan"), "Tag");
    }

    #[test]
    fn each_sort_of_failure_has_its_code() {
        let code = |kind| refused(&Failure::new(kind, "x")).code.0;
        assert_eq!(code(FailureKind::InvalidArguments), -32602);
        assert_eq!(code(FailureKind::NotFound), -32602);
        assert_eq!(code(FailureKind::Exception), -32603);
        let unknown = unknown_resource(&Failure::new(FailureKind::NotFound, "x"), "n://a");
        assert_eq!((unknown.code.0, &unknown.data.unwrap_or(Value::Null)["uri"]), (-32002, &json!("n://a")));
    }
}
