//! Which function of a version is asked for, and what is found.

use mcpbox_core::{
    execute::Entry,
    failure::{Failure, FailureKind},
};
use serde_json::{Map, Value, json};

use super::{Offer, Offers};
use crate::{nearest, validate};

/// Which function of a version runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Function {
    /// `main`.
    #[default]
    Main,
    /// That of a prompt, by its name, with or without its server.
    Prompt(String),
    /// That of a resource, by a URI, or by its template when the arguments hold the values.
    Resource(String),
    /// By its own name, as records have it.
    Entry(Entry),
}

impl Function {
    /// That of a prompt or of a resource, whose function's name is taken too; `main` when neither is named.
    ///
    /// # Errors
    /// `invalid_arguments` when both are.
    pub fn named(prompt: Option<String>, resource: Option<String>) -> Result<Self, Failure> {
        match (prompt, resource) {
            (None, None) => Ok(Self::Main),
            (Some(prompt), None) => Ok(Self::Prompt(prompt)),
            (None, Some(resource)) => Ok(Self::Resource(resource)),
            (Some(_), Some(_)) => {
                let message = "a prompt and a resource are named; one function runs at a time";
                Err(Failure::new(FailureKind::InvalidArguments, message).argument("resource").hint("leave one out"))
            }
        }
    }

    /// The arguments of `mcpbox_test_code` that ask for it of a tool.
    pub(crate) fn of_tool(&self, tool: &str) -> Value {
        match self {
            Self::Main | Self::Entry(Entry::Main) => json!({"tool_id": tool}),
            Self::Prompt(name) | Self::Entry(Entry::Prompt(name)) => json!({"tool_id": tool, "prompt": name}),
            Self::Resource(name) | Self::Entry(Entry::Resource(name)) => json!({"tool_id": tool, "resource": name}),
        }
    }
}

impl Offers {
    /// What is asked for of the tool of this name; no offer for `main`. With it the arguments that stand in a URI.
    ///
    /// # Errors
    /// `not_found` with the nearest names.
    pub(crate) fn find(&self, tool: &str, wanted: &Function) -> Result<(Option<Offer>, Map<String, Value>), Failure> {
        let found = match wanted {
            Function::Main => return Ok((None, Map::new())),
            Function::Prompt(name) => self.prompt(tool, name).map(|offer| (offer, Map::new())),
            Function::Resource(uri) => self.resource(uri),
            Function::Entry(entry) if entry.is_main() => return Ok((None, Map::new())),
            Function::Entry(entry) => self.all().find(|offer| offer.entry() == *entry).map(|offer| (offer, Map::new())),
        };
        found.map(|(offer, values)| (Some(offer), values)).ok_or_else(|| self.missing(tool, wanted))
    }

    /// The first one.
    pub(crate) fn first(&self) -> Option<Function> {
        let prompt = self.prompts.first().map(|prompt| Function::Prompt(prompt.offer.name.clone()));
        prompt.or_else(|| Some(Function::Resource(self.resources.first()?.offer.uri.clone())))
    }

    fn all(&self) -> impl Iterator<Item = Offer> {
        let prompts = self.prompts.iter().cloned().map(Offer::Prompt);
        prompts.chain(self.resources.iter().cloned().map(Offer::Resource))
    }

    fn prompt(&self, tool: &str, name: &str) -> Option<Offer> {
        let server = tool.split_once("__").map_or("", |(server, _)| server);
        let bare = name.strip_prefix(server).and_then(|rest| rest.strip_prefix("__")).unwrap_or(name);
        let by_name = self.prompts.iter().find(|prompt| prompt.offer.name == bare);
        by_name.or_else(|| self.prompts.iter().find(|prompt| prompt.offer.function == name)).cloned().map(Offer::Prompt)
    }

    /// A URI as it stands goes before a template; no function's name is a URI.
    fn resource(&self, uri: &str) -> Option<(Offer, Map<String, Value>)> {
        let itself = self.resources.iter().find(|one| one.offer.uri == uri || one.offer.function == uri);
        if let Some(found) = itself {
            return Some((Offer::Resource(found.clone()), Map::new()));
        }
        let (found, values) = self.resources.iter().find_map(|one| Some((one, one.uri.values(uri)?)))?;
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Some((Offer::Resource(found.clone()), values))
    }

    fn missing(&self, tool: &str, wanted: &Function) -> Failure {
        let (argument, name) = match wanted {
            Function::Prompt(name) | Function::Entry(Entry::Prompt(name)) => ("prompt", name.as_str()),
            Function::Resource(name) | Function::Entry(Entry::Resource(name)) => ("resource", name.as_str()),
            Function::Main | Function::Entry(Entry::Main) => ("tool_id", "main"),
        };
        let names: Vec<&str> = match argument {
            "prompt" => self.prompts.iter().map(|prompt| prompt.offer.name.as_str()).collect(),
            _ => self.resources.iter().map(|resource| resource.offer.uri.as_str()).collect(),
        };
        let near = nearest::names(name, names.iter().copied());
        let has = match names.as_slice() {
            [] => "it has none; decorate a function to make one".to_owned(),
            some => format!("it has {}", some.join(", ")),
        };
        Failure::new(FailureKind::NotFound, format!("{tool} has no {argument} '{}'", nearest::shown(name)))
            .argument(argument)
            .hint(nearest::hint(&near, &has))
            .nearest(near)
            .next("mcpbox_get_tool", json!({"tool_id": tool}))
    }
}

/// The arguments of what runs, checked: those of `main`, or of a prompt or resource, which also come as text.
///
/// # Errors
/// `invalid_arguments` with each problem.
pub(crate) fn check(
    compiled: &crate::compile::Compiled,
    offer: Option<&Offer>,
    (tool, again): (&str, validate::Again),
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    match offer {
        Some(offer) => offer.arguments(arguments),
        None => validate::check_arguments(&compiled.arguments, &compiled.input_schema, (tool, again), arguments),
    }
}

#[cfg(test)]
mod tests {
    use mcpbox_core::server::CodePolicy;

    use super::*;

    const CODE: &str = r#"
@prompt(name="plan")
def make_plan(city: str):
    return city

@prompt(name="make_plan")
def other():
    return ""

@resource("notes://all")
def everything():
    return {}

@resource("notes://{shelf}/{id}")
def note(shelf: str, id: int):
    return shelf

def main():
    return 1
"#;

    fn offers() -> Offers {
        Offers::of(&mcpbox_analysis::analyze(CODE, CodePolicy::Strict)).unwrap()
    }

    fn function(wanted: &Function) -> (String, Value) {
        let (offer, values) = offers().find("desk__count", wanted).unwrap();
        (offer.map_or("main".to_owned(), |offer| offer.entry().function().to_owned()), Value::Object(values))
    }

    #[test]
    fn what_is_asked_for_is_found_by_name_uri_template_or_function() {
        let prompt = |name: &str| function(&Function::Prompt(name.to_owned())).0;
        assert_eq!([prompt("plan"), prompt("desk__plan"), prompt("other")], ["make_plan", "make_plan", "other"]);
        assert_eq!(prompt("make_plan"), "other", "a prompt's name goes before a function's");
        let resource = |uri: &str| function(&Function::Resource(uri.to_owned()));
        assert_eq!(resource("notes://all"), ("everything".to_owned(), json!({})));
        assert_eq!(resource("notes://red/7"), ("note".to_owned(), json!({"shelf": "red", "id": "7"})));
        assert_eq!(resource("notes://{shelf}/{id}"), ("note".to_owned(), json!({})));
        assert_eq!(resource("note").0, "note");
        let entry = |entry| function(&Function::Entry(entry)).0;
        assert_eq!(entry(Entry::Prompt("make_plan".into())), "make_plan");
        assert_eq!((entry(Entry::Main), function(&Function::Main).0), ("main".to_owned(), "main".to_owned()));
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let refused = |wanted: Function| offers().find("desk__count", &wanted).map(|_| ()).unwrap_err();
        let near = refused(Function::Prompt("plann".into()));
        assert_eq!((near.kind, near.argument.as_deref()), (FailureKind::NotFound, Some("prompt")));
        assert!(near.hint.unwrap().contains("plan") && near.next.is_some());
        let none = refused(Function::Resource("music://1".into()));
        assert!(none.hint.unwrap().contains("notes://{shelf}/{id}"));
        let gone = refused(Function::Entry(Entry::Prompt("note".into())));
        assert!(gone.message.contains("no prompt 'note'"), "{}", gone.message);
        let both = Function::named(Some("plan".into()), Some("notes://all".into())).unwrap_err();
        assert_eq!(both.kind, FailureKind::InvalidArguments);
        let empty = Offers::default().find("s__t", &Function::Prompt("p".into())).map(|_| ()).unwrap_err();
        assert!(empty.hint.unwrap().contains("decorate"));
    }
}
