//! The Python source of one operation, written to be read by whoever reviews it.

mod parts;

use std::fmt::Write as _;

use serde_json::Value;

use self::parts::{ANSWER, AS_TEXT, GIVEN, PATH_PART, dictionary, imports, parameter, value};
use crate::{
    BaseUrl, SpecError,
    document::{Document, Operation, field},
    inputs::{Input, Inputs, Place, Written},
    path::{self, Part},
    python,
    security::{Credential, CredentialKind},
};

/// Longest description of a tool, characters.
const ABOUT_MAX: usize = 1_200;

/// A tool that was written from an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedTool {
    /// The operation, as [`crate::LookOperation::id`] names it.
    pub operation: String,
    /// The name of the tool.
    pub name: String,
    /// Its Python source.
    pub code: String,
    /// The secrets that it reads.
    pub secrets: Vec<NeededSecret>,
    /// What is left out or should be known.
    pub notes: Vec<String>,
}

/// A secret that a tool reads. It goes to the base address's host alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededSecret {
    /// UPPER_SNAKE_CASE.
    pub key: String,
    /// For the human who sets the value.
    pub description: String,
}

impl Document {
    /// Writes the tool of one operation. The name of the server begins the keys of its secrets.
    ///
    /// # Errors
    /// When there is no such operation, or it cannot be a tool, with the reason.
    pub fn generate(&self, base: &BaseUrl, server: &str, id: &str) -> Result<GeneratedTool, SpecError> {
        let operation = self.operation(id).ok_or_else(|| {
            let shown = python::line(id, 80);
            SpecError::new(format!("the document has no operation '{shown}'"), "choose from those that it lists")
        })?;
        let credentials = self.credentials(operation)?;
        let inputs = self.inputs(operation, &credentials)?;
        let sent: Vec<Sent> = credentials.iter().map(|credential| self.sent(server, credential)).collect();
        let code = Writer { document: self, base, operation, inputs: &inputs, sent: &sent }.source()?;
        let secrets = sent.into_iter().flat_map(|sent| sent.secrets).collect();
        Ok(GeneratedTool {
            operation: operation.id.clone(),
            name: operation.tool.clone(),
            code,
            secrets,
            notes: inputs.notes,
        })
    }

    fn sent(&self, server: &str, credential: &Credential) -> Sent {
        let key = self.secret_key(server, &credential.scheme);
        let needed = |key: String, description: String| NeededSecret { key, description };
        let secrets = match &credential.kind {
            CredentialKind::Basic => vec![
                needed(format!("{key}_USERNAME"), format!("user name {}", credential.about)),
                needed(format!("{key}_PASSWORD"), format!("password {}", credential.about)),
            ],
            _ => vec![needed(key, credential.about.clone())],
        };
        Sent { kind: credential.kind.clone(), secrets }
    }
}

struct Sent {
    kind: CredentialKind,
    secrets: Vec<NeededSecret>,
}

impl Sent {
    /// `secrets["KEY"]` of its first, or of its second secret.
    fn read(&self, index: usize) -> String {
        let key = self.secrets.get(index).map_or("", |secret| secret.key.as_str());
        format!("secrets[{}]", python::text(key))
    }
}

struct Writer<'a> {
    document: &'a Document,
    base: &'a BaseUrl,
    operation: &'a Operation,
    inputs: &'a Inputs,
    sent: &'a [Sent],
}

impl Writer<'_> {
    fn source(&self) -> Result<String, SpecError> {
        let signature = self.signature();
        let request = self.request()?;
        let mut helpers = String::new();
        for (name, helper) in [("given", GIVEN), ("as_text", AS_TEXT), ("path_part", PATH_PART)] {
            let is_used = |source: &str| source.contains(&format!("{name}("));
            // A part of the path is written as text, too.
            if is_used(&request) || (name == "as_text" && is_used_by_path(&request)) {
                helpers.push_str(helper);
            }
        }
        let mut source = python::docstring(&self.headline(), "");
        source.push('\n');
        source.push_str(&imports(&format!("{helpers}{signature}")));
        source.push_str(&helpers);
        source.push_str("\n\n");
        source.push_str(&signature);
        source.push_str(&python::docstring(&self.about(), "    "));
        source.push_str(&request);
        source.push_str(ANSWER);
        Ok(source)
    }

    fn headline(&self) -> String {
        let version = python::line(&self.document.version(), 30);
        let version = if version.is_empty() { version } else { format!(" {version}") };
        let path = python::line(&self.operation.path, 200);
        let title = python::line(&self.document.title(), 100);
        format!("{} {path} of {title}{version}, written from its OpenAPI document.", self.operation.method)
    }

    /// The docstring of `main`, which clients see as the description.
    fn about(&self) -> String {
        let body = &self.operation.body;
        let summary = python::line(field(body, "summary"), 200);
        let description = python::prose(field(body, "description"), ABOUT_MAX);
        let mut about = match (summary.as_str(), description.as_str()) {
            ("", "") => {
                let title = python::line(&self.document.title(), 100);
                format!("{} {} of {title}.", self.operation.method, python::line(&self.operation.path, 200))
            }
            (summary, "") => summary.to_owned(),
            ("", description) => description.to_owned(),
            (summary, description) if description.starts_with(summary) => description.to_owned(),
            (summary, description) => format!("{summary}\n\n{description}"),
        };
        if body.get("deprecated").and_then(Value::as_bool) == Some(true) {
            about.push_str("\n\nDeprecated by the API.");
        }
        about
    }

    fn signature(&self) -> String {
        let (needed, optional): (Vec<&Input>, Vec<&Input>) =
            self.inputs.list.iter().partition(|input| input.is_required && input.default.is_none());
        let parameters: Vec<String> = needed.into_iter().chain(optional).map(parameter).collect();
        if parameters.is_empty() {
            return "async def main() -> Any:\n".to_owned();
        }
        format!("async def main(\n    {},\n) -> Any:\n", parameters.join(",\n    "))
    }

    fn request(&self) -> Result<String, SpecError> {
        let method = self.operation.method.to_lowercase();
        let has_body = self.inputs.list.iter().any(|input| matches!(input.place, Place::Field | Place::Body));
        // httpx has a shorthand with a body for these alone.
        let call = if has_body && !matches!(method.as_str(), "post" | "put" | "patch") {
            format!("http.request(\n        {},\n", python::text(&self.operation.method))
        } else {
            format!("http.{method}(\n")
        };
        let mut out = format!("    response = await {call}        {},\n", self.url()?);
        for (name, value) in [
            ("params", self.mapping(Place::Query)),
            ("headers", self.mapping(Place::Header)),
            ("auth", self.basic()),
            ("json", self.body()),
        ] {
            if let Some(value) = value {
                let _ = writeln!(out, "        {name}={value},");
            }
        }
        out.push_str("    )\n");
        Ok(out)
    }

    fn url(&self) -> Result<String, SpecError> {
        let mut text = python::in_f_string(self.base.as_str());
        let mut is_formatted = false;
        for part in path::parts(&self.operation.path)? {
            match part {
                Part::Text(part) => text.push_str(&python::in_f_string(&part)),
                Part::Parameter(wire) => {
                    let input = self.inputs.at(Place::Path).find(|input| input.wire == wire);
                    let name = input.map_or("", |input| input.name.as_str());
                    let value = match input.map(|input| input.written) {
                        Some(Written::Joined(_)) => format!("','.join(as_text(item) for item in {name})"),
                        Some(Written::Json) => format!("json.dumps({name})"),
                        _ => name.to_owned(),
                    };
                    let _ = write!(text, "{{path_part({value})}}");
                    is_formatted = true;
                }
            }
        }
        if is_formatted {
            return Ok(format!("f\"{text}\""));
        }
        Ok(format!("\"{}\"", text.replace("{{", "{").replace("}}", "}")))
    }

    /// The dictionary of the query or of the headers, with the credentials that go there.
    fn mapping(&self, place: Place) -> Option<String> {
        let mut needed: Vec<String> = Vec::new();
        let mut optional: Vec<String> = Vec::new();
        for input in self.inputs.at(place) {
            let is_given = input.is_required || input.default.is_some();
            let entry = format!("{}: {}", python::text(&input.wire), value(input, is_given));
            if is_given { needed.push(entry) } else { optional.push(entry) }
        }
        if let (Place::Header, Some(media_type)) = (place, &self.inputs.media_type) {
            needed.push(format!("\"Content-Type\": {}", python::text(media_type)));
        }
        for sent in self.sent {
            match (&sent.kind, place) {
                (CredentialKind::Bearer, Place::Header) => {
                    needed.push(format!("\"Authorization\": \"Bearer \" + {}", sent.read(0)));
                }
                (CredentialKind::Header(name), Place::Header) | (CredentialKind::Query(name), Place::Query) => {
                    needed.push(format!("{}: {}", python::text(name), sent.read(0)));
                }
                _ => {}
            }
        }
        dictionary(&needed, &optional)
    }

    fn basic(&self) -> Option<String> {
        let sent = self.sent.iter().find(|sent| sent.kind == CredentialKind::Basic)?;
        Some(format!("({}, {})", sent.read(0), sent.read(1)))
    }

    fn body(&self) -> Option<String> {
        if let Some(whole) = self.inputs.at(Place::Body).next() {
            return Some(whole.name.clone());
        }
        let mut needed: Vec<String> = Vec::new();
        let mut optional: Vec<String> = Vec::new();
        for input in self.inputs.at(Place::Field) {
            let entry = format!("{}: {}", python::text(&input.wire), input.name);
            if input.is_required || input.default.is_some() { needed.push(entry) } else { optional.push(entry) }
        }
        let body = dictionary(&needed, &optional)?;
        let is_always = self.inputs.is_body_required || !needed.is_empty();
        Some(if is_always { body } else { format!("{body} or None") })
    }
}

fn is_used_by_path(request: &str) -> bool {
    request.contains("path_part(")
}
