//! What a document offers, for whoever chooses.

use serde::Serialize;
use serde_json::Value;

use crate::{
    SpecError,
    document::{Document, Operation, field},
    inputs::Place,
    python,
    security::CredentialKind,
};

/// Most problems that are told.
const PROBLEMS_MAX: usize = 50;
/// Most servers that are told.
const SERVERS_MAX: usize = 20;

/// A document at a glance. All texts are cleaned of what cannot be seen.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Look {
    /// The title of the API.
    pub title: String,
    /// The version of the API.
    pub version: String,
    /// The first lines of its description.
    pub description: String,
    /// Where it can be reached, as the document says; may be empty.
    pub servers: Vec<LookServer>,
    /// Its operations in the document's order, at most 2,000.
    pub operations: Vec<LookOperation>,
    /// What is wrong with the document outside of its operations.
    pub problems: Vec<LookProblem>,
}

/// An address of the API.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookServer {
    /// With the defaults of its variables filled in; may be relative.
    pub url: String,
    /// What it is.
    pub description: String,
    /// Whether it can be the base address as it is.
    pub is_usable: bool,
}

/// An operation.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookOperation {
    /// Names it when it is chosen: its `operationId`, or `GET /path`.
    pub id: String,
    /// Upper case.
    pub method: String,
    /// The template.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// The groups that the document puts it into.
    pub tags: Vec<String>,
    /// Whether the API advises against it.
    pub is_deprecated: bool,
    /// The name of its tool.
    pub tool: String,
    /// What it takes.
    pub parameters: Vec<LookParameter>,
    /// What it authenticates with: `bearer`, `basic`, `header X-Key`, `query key`.
    pub credentials: Vec<String>,
    /// Why no tool can be made of it.
    pub refused: Option<String>,
    /// What is left out, or should be known.
    pub notes: Vec<String>,
}

/// A parameter of a tool.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookParameter {
    /// In Python.
    pub name: String,
    /// `path`, `query`, `header` or `body`.
    pub place: &'static str,
    /// In Python.
    pub kind: String,
    /// Whether it has to be given.
    pub is_required: bool,
}

/// Something that is wrong.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookProblem {
    /// JSON pointer.
    pub at: String,
    /// What it is.
    pub message: String,
}

impl Document {
    /// What the document offers.
    pub fn look(&self) -> Look {
        Look {
            title: python::line(&self.title(), 200),
            version: python::line(&self.version(), 50),
            description: python::prose(
                self.root.pointer("/info/description").and_then(Value::as_str).unwrap_or_default(),
                500,
            ),
            servers: self.servers(),
            operations: self.operations.iter().map(|operation| self.look_at(operation)).collect(),
            problems: self.problems(),
        }
    }

    fn look_at(&self, operation: &Operation) -> LookOperation {
        let read = self.credentials(operation).and_then(|credentials| {
            let inputs = self.inputs(operation, &credentials)?;
            Ok((credentials, inputs))
        });
        let mut look = LookOperation {
            id: operation.id.clone(),
            method: operation.method.clone(),
            path: python::line(&operation.path, 300),
            summary: summary(operation),
            tags: tags(operation),
            is_deprecated: operation.body.get("deprecated").and_then(Value::as_bool) == Some(true),
            tool: operation.tool.clone(),
            parameters: Vec::new(),
            credentials: Vec::new(),
            refused: None,
            notes: notes(operation),
        };
        match read {
            Ok((credentials, inputs)) => {
                look.credentials = credentials.iter().map(|credential| shown(&credential.kind)).collect();
                look.parameters = inputs.list.iter().map(look_parameter).collect();
                look.notes.extend(inputs.notes);
            }
            Err(SpecError { message, .. }) => look.refused = Some(message),
        }
        look
    }

    fn servers(&self) -> Vec<LookServer> {
        let servers = self.root.get("servers").and_then(Value::as_array).into_iter().flatten().take(SERVERS_MAX);
        servers
            .map(|server| {
                let mut url = field(server, "url").to_owned();
                for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
                    url = url.replace(&format!("{{{name}}}"), field(variable, "default"));
                }
                let url = python::line(&url, 500);
                let is_usable = crate::BaseUrl::parse(&url).is_ok();
                LookServer { url, description: python::line(field(server, "description"), 200), is_usable }
            })
            .collect()
    }

    fn problems(&self) -> Vec<LookProblem> {
        let mut problems = Vec::new();
        let mut add = |at: String, message: String| problems.push(LookProblem { at, message });
        if !self.root.pointer("/info/title").is_some_and(Value::is_string) {
            add("/info/title".to_owned(), "the API has no title".to_owned());
        }
        let paths = self.root.get("paths").and_then(Value::as_object).into_iter().flatten();
        for (path, item) in paths.filter(|(path, _)| !path.starts_with("x-")) {
            let at = format!("/paths/{}", python::line(&path.replace('~', "~0").replace('/', "~1"), 200));
            match self.resolve(item) {
                Err(error) => add(at, error.message),
                Ok(item) if !item.is_object() => add(at, "a path must be an object with methods".to_owned()),
                Ok(item) if item.get("trace").is_some() => {
                    add(format!("{at}/trace"), "the method TRACE is left out".to_owned());
                }
                Ok(_) => {}
            }
        }
        for operation in self.operations.iter().filter(|operation| operation.is_id_taken) {
            let id = python::line(field(&operation.body, "operationId"), 80);
            add(
                format!("{} {}", operation.method, python::line(&operation.path, 200)),
                format!("its operationId '{id}' names another operation, too; choose it by method and path"),
            );
        }
        problems.truncate(PROBLEMS_MAX);
        problems
    }
}

fn summary(operation: &Operation) -> String {
    let body = &operation.body;
    let said = [field(body, "summary"), field(body, "description")].into_iter().find(|said| !said.is_empty());
    python::line(said.unwrap_or_default(), 200)
}

fn tags(operation: &Operation) -> Vec<String> {
    let tags = operation.body.get("tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(Value::as_str).map(|tag| python::line(tag, 60)).take(10).collect()
}

fn notes(operation: &Operation) -> Vec<String> {
    let mut notes = Vec::new();
    if operation.body.get("servers").is_some() {
        notes.push("the document names another address for it; the chosen base address is called".to_owned());
    }
    notes
}

fn shown(kind: &CredentialKind) -> String {
    match kind {
        CredentialKind::Bearer => "bearer".to_owned(),
        CredentialKind::Basic => "basic".to_owned(),
        CredentialKind::Header(name) => format!("header {name}"),
        CredentialKind::Query(name) => format!("query {}", python::line(name, 60)),
    }
}

fn look_parameter(input: &crate::inputs::Input) -> LookParameter {
    let place = match input.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
        Place::Field | Place::Body => "body",
    };
    let is_required = input.is_required && input.default.is_none();
    LookParameter { name: input.name.clone(), place, kind: input.kind.source(), is_required }
}
