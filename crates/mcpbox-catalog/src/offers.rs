//! Prompts and resources of a version, made ready: definitions from its analysis, validators of their parameters.

mod function;

use std::sync::Arc;

use jsonschema::Validator;
use mcpbox_analysis::{About, Analysis, Finding, PromptOffer, ResourceOffer, Severity};
use mcpbox_core::{
    execute::Entry,
    failure::{Failure, FailureKind},
    ids::ToolId,
    uri::UriTemplate,
};
use serde::Serialize;
use serde_json::{Map, Value};

pub use self::function::Function;
pub(crate) use self::function::check;
use crate::{Snapshot, validate};

/// A prompt of a version.
pub struct Prompt {
    /// Its definition.
    pub offer: PromptOffer,
    validator: Validator,
}

/// A resource of a version.
pub struct Resource {
    /// Its definition.
    pub offer: ResourceOffer,
    /// Its URI, read.
    pub uri: UriTemplate,
    validator: Validator,
}

/// A function beside `main`, as pages offer to run it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offered {
    /// The function.
    pub entry: Entry,
    /// The prompt's name, or the resource's URI or template.
    pub name: String,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
}

impl Offered {
    /// Those that an analysis found, prompts first.
    pub(crate) fn of(analysis: &Analysis) -> Vec<Self> {
        let prompts = analysis.prompts.iter().map(|prompt| Self {
            entry: Entry::Prompt(prompt.function.clone()),
            name: prompt.name.clone(),
            input_schema: prompt.schema.clone(),
        });
        let resources = analysis.resources.iter().map(|resource| Self {
            entry: Entry::Resource(resource.function.clone()),
            name: resource.uri.clone(),
            input_schema: resource.schema.clone(),
        });
        prompts.chain(resources).collect()
    }
}

/// What a run is for, when it is not for `main`.
#[derive(Clone)]
pub enum Offer {
    /// The messages of a prompt.
    Prompt(Arc<Prompt>),
    /// The contents of a resource.
    Resource(Arc<Resource>),
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Offer").field(&self.entry()).finish()
    }
}

/// What a version offers beside `main`.
#[derive(Default)]
pub(crate) struct Offers {
    pub(crate) prompts: Vec<Arc<Prompt>>,
    pub(crate) resources: Vec<Arc<Resource>>,
}

impl Offers {
    pub(crate) fn is_empty(&self) -> bool {
        self.prompts.is_empty() && self.resources.is_empty()
    }

    /// Those that an analysis found.
    ///
    /// # Errors
    /// A schema or URI that cannot be used.
    pub(crate) fn of(analysis: &Analysis) -> Result<Self, String> {
        let prompt = |offer: &PromptOffer| {
            let validator = validate::compile(&offer.schema)?;
            Ok(Arc::new(Prompt { offer: offer.clone(), validator }))
        };
        let resource = |offer: &ResourceOffer| {
            let validator = validate::compile(&offer.schema)?;
            let uri = UriTemplate::parse(&offer.uri).map_err(|error| error.to_string())?;
            Ok(Arc::new(Resource { offer: offer.clone(), uri, validator }))
        };
        Ok(Self {
            prompts: analysis.prompts.iter().map(prompt).collect::<Result<_, String>>()?,
            resources: analysis.resources.iter().map(resource).collect::<Result<_, String>>()?,
        })
    }
}

impl Offer {
    /// The function that runs.
    pub(crate) fn entry(&self) -> Entry {
        match self {
            Self::Prompt(prompt) => Entry::Prompt(prompt.offer.function.clone()),
            Self::Resource(resource) => Entry::Resource(resource.offer.function.clone()),
        }
    }

    /// The arguments in the types that the function takes: clients send each as text.
    ///
    /// # Errors
    /// `invalid_arguments` with each problem.
    pub(crate) fn arguments(&self, given: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
        let (what, schema, validator) = match self {
            Self::Prompt(prompt) => (format!("prompt {}", prompt.offer.name), &prompt.offer.schema, &prompt.validator),
            Self::Resource(resource) => {
                (format!("resource {}", resource.offer.uri), &resource.offer.schema, &resource.validator)
            }
        };
        let arguments = Value::Object(typed(given, schema));
        let problems = validate::problems(validator, &arguments, "arguments");
        match arguments {
            Value::Object(arguments) if problems.is_empty() => Ok(arguments),
            _ => {
                let message = format!("the arguments of the {what} do not fit: {}", problems.join("; "));
                Err(Failure::new(FailureKind::InvalidArguments, message).hint("correct these and ask again"))
            }
        }
    }
}

/// Findings about what a tool wants to offer and an older one offers already, on the servers that are seen: clients get the
/// older one's.
pub(crate) fn taken(
    snapshot: &Snapshot,
    (server, id): (&str, ToolId),
    analysis: &Analysis,
    is_seen: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    let prompts = analysis.prompts.iter().filter_map(|prompt| {
        let name = format!("{server}__{}", prompt.name);
        let holder = &snapshot.prompts(&is_seen).find(|one| one.name == name && one.tool.tool_id < id)?.tool;
        Some((prompt.line, format!("the prompt `{name}` is offered by {} already", holder.name)))
    });
    let resources = analysis.resources.iter().filter_map(|resource| {
        let is_it = |uri: &str, holder: ToolId| uri == resource.uri && holder < id;
        let mut others = snapshot.resources(&is_seen);
        let holder = &others.find(|one| is_it(&one.resource.offer.uri, one.tool.tool_id))?.tool;
        Some((resource.line, format!("the resource `{}` is offered by {} already", resource.uri, holder.name)))
    });
    let finding = |(line, message)| Finding {
        severity: Severity::Warning,
        rule: "taken_offer",
        about: About::Code,
        line,
        column: 1,
        snippet: String::new(),
        message,
        hint: Some("Clients get the one that was there first: give this one another name or URI.".to_owned()),
    };
    prompts.chain(resources).map(finding).collect()
}

/// The published names and URIs of what an analysis found.
pub(crate) fn names(server: &str, analysis: &Analysis) -> (Vec<String>, Vec<String>) {
    let prompts = analysis.prompts.iter().map(|prompt| format!("{server}__{}", prompt.name));
    (prompts.collect(), analysis.resources.iter().map(|resource| resource.uri.clone()).collect())
}

/// Text in the type that the schema wants. What is left empty and has a default is left out: clients with forms send it so.
fn typed(given: Map<String, Value>, schema: &Value) -> Map<String, Value> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut typed = Map::new();
    for (name, value) in given {
        let property = properties.and_then(|all| all.get(&name)).filter(|one| !takes_text(one, schema, 4));
        let value = match (value, property) {
            (Value::String(text), Some(_)) if text.is_empty() && !is_required(&name) => continue,
            (Value::String(text), Some(property)) => listed(property, schema, &text, 4)
                .unwrap_or_else(|| serde_json::from_str(text.trim()).unwrap_or(Value::String(text))),
            (other, _) => other,
        };
        typed.insert(name, value);
    }
    typed
}

/// Whether any text fits, as far as its type goes.
fn takes_text(schema: &Value, root: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    if let Some(target) = target(schema, root) {
        return takes_text(target, root, depth);
    }
    match (schema.get("anyOf").and_then(Value::as_array), schema.get("type"), schema.get("enum")) {
        (Some(branches), ..) => branches.iter().any(|branch| takes_text(branch, root, depth)),
        (None, _, Some(_)) => false,
        (None, Some(kind), None) => kind == "string",
        (None, None, None) => schema.get("const").is_none(),
    }
}

/// The listed value that a text stands for.
fn listed(schema: &Value, root: &Value, text: &str, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    if let Some(target) = target(schema, root) {
        return listed(target, root, text, depth);
    }
    let branches = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let mut own = schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const"));
    own.find(|value| reads_as(value, text))
        .cloned()
        .or_else(|| branches.filter_map(|branch| listed(branch, root, text, depth)).next())
}

fn reads_as(value: &Value, text: &str) -> bool {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    shown == text
}

fn target<'v>(schema: &Value, root: &'v Value) -> Option<&'v Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use mcpbox_core::server::CodePolicy;
    use serde_json::json;

    use super::*;

    const CODE: &str = r#"
from typing import Literal
from dataclasses import dataclass

@dataclass
class Place:
    town: str

@prompt
def ask(n: int, tone: Literal["kind", "1"] = "kind", place: Place | None = None, days: list[int] = [], any_: object = 1):
    return ""

def main():
    return 1
"#;

    #[test]
    fn text_becomes_what_the_function_takes() {
        let analysis = mcpbox_analysis::analyze(CODE, CodePolicy::Strict);
        let offers = Offers::of(&analysis).unwrap();
        let ask = Offer::Prompt(offers.prompts[0].clone());
        assert_eq!(ask.entry(), Entry::Prompt("ask".into()));
        let fits = [
            (json!({"n": "3"}), json!({"n": 3})),
            (json!({"n": 3, "tone": "1"}), json!({"n": 3, "tone": "1"})),
            (json!({"n": "3", "tone": "", "days": ""}), json!({"n": 3})),
            (json!({"n": "3", "days": "[1,2]", "any_": "7"}), json!({"n": 3, "days": [1, 2], "any_": "7"})),
            (json!({"n": "3", "place": "{\"town\":\"Bern\"}"}), json!({"n": 3, "place": {"town": "Bern"}})),
        ];
        for (given, expected) in fits {
            let found = ask.arguments(given.as_object().unwrap().clone());
            assert_eq!(found.map(Value::Object).map_err(|failure| failure.message), Ok(expected), "{given}");
        }
        for wrong in
            [json!({}), json!({"n": ""}), json!({"n": "x"}), json!({"n": "1", "tone": "rude"}), json!({"n": 1, "m": 1})]
        {
            let failure = ask.arguments(wrong.as_object().unwrap().clone()).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidArguments, "{wrong}");
        }
    }
}
