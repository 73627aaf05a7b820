//! What an operation takes: its parameters, and the fields of its JSON body, each as a parameter of `main`.

mod body;

use serde_json::Value;

use self::body::is_json;
use crate::{
    SpecError,
    document::{Document, Operation, field},
    names::Taken,
    path::{self, Part},
    python,
    schema::Type,
    security::{Credential, CredentialKind, is_header_name},
};

/// Most parameters of an operation.
const INPUTS_MAX: usize = 80;
/// Headers that are set by whoever sends the request, not by who writes it.
const OWN_HEADERS: &[&str] =
    &["accept", "authorization", "connection", "content-length", "content-type", "cookie", "host", "transfer-encoding"];

/// A parameter of `main`.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// In Python.
    pub(crate) name: String,
    /// In the request.
    pub(crate) wire: String,
    pub(crate) place: Place,
    pub(crate) written: Written,
    pub(crate) kind: Type,
    pub(crate) is_required: bool,
    /// As source.
    pub(crate) default: Option<String>,
    pub(crate) about: String,
}

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    /// A field of the JSON body.
    Field,
    /// The JSON body.
    Body,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Plain,
    /// The items of a list with this between them.
    Joined(&'static str),
    Json,
}

/// All that an operation takes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inputs {
    pub(crate) list: Vec<Input>,
    /// The media type of the body when it is not `application/json`.
    pub(crate) media_type: Option<String>,
    /// Whether a body is sent also when it is empty.
    pub(crate) is_body_required: bool,
    /// What is left out, and why.
    pub(crate) notes: Vec<String>,
}

impl Inputs {
    pub(crate) fn at(&self, place: Place) -> impl Iterator<Item = &Input> {
        self.list.iter().filter(move |input| input.place == place)
    }
}

impl Document {
    /// What an operation takes.
    ///
    /// # Errors
    /// When something that it needs cannot be given.
    pub(crate) fn inputs(&self, operation: &Operation, credentials: &[Credential]) -> Result<Inputs, SpecError> {
        let mut inputs = Inputs::default();
        let mut taken = Taken::default();
        for parameter in self.parameters(operation)? {
            match self.parameter(parameter, credentials, &mut taken) {
                Ok(Some(input)) => inputs.list.push(input),
                Ok(None) => {}
                Err(why) if is_required(parameter) => return Err(why),
                Err(why) => inputs.notes.push(format!("left out: {}", why.message)),
            }
        }
        check_path(operation, &mut inputs)?;
        if let Some(body) = operation.body.get("requestBody") {
            self.body(self.resolve(body)?, &mut inputs, &mut taken)?;
        }
        if inputs.list.len() > INPUTS_MAX {
            let message = format!("it has {} parameters; at most {INPUTS_MAX} are taken", inputs.list.len());
            return Err(SpecError::new(message, "write this tool by hand"));
        }
        Ok(inputs)
    }

    /// The parameters of the path that the operation does not describe itself, and its own.
    fn parameters<'a>(&'a self, operation: &'a Operation) -> Result<Vec<&'a Value>, SpecError> {
        let own = operation.body.get("parameters").and_then(Value::as_array);
        let of_path = operation.item.as_array();
        let mut found: Vec<&Value> = Vec::new();
        for parameter in own.into_iter().flatten().chain(of_path.into_iter().flatten()) {
            let parameter = self.resolve(parameter)?;
            let is_same =
                |other: &&Value| other.get("name") == parameter.get("name") && other.get("in") == parameter.get("in");
            if !found.iter().any(is_same) {
                found.push(parameter);
            }
        }
        Ok(found)
    }

    fn parameter(
        &self,
        parameter: &Value,
        credentials: &[Credential],
        taken: &mut Taken,
    ) -> Result<Option<Input>, SpecError> {
        let (wire, place) = (field(parameter, "name"), field(parameter, "in"));
        let shown = format!("{} parameter '{}'", python::line(place, 20), python::line(wire, 60));
        let refused = |why: &str| SpecError::new(format!("{shown} {why}"), "write this tool by hand");
        if wire.is_empty() {
            return Err(refused("has no name"));
        }
        let place = match place {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" if !is_header_name(wire) => return Err(refused("is no name of a header")),
            "header" if OWN_HEADERS.contains(&wire.to_lowercase().as_str()) => return Ok(None),
            "header" => Place::Header,
            "cookie" => return Err(refused("is a cookie, and tools send none")),
            _ => return Err(refused("stands in no place that is known (path, query, header)")),
        };
        if credentials.iter().any(|credential| is_credential(&credential.kind, place, wire)) {
            return Ok(None);
        }
        let (schema, written, kind) = self.written(parameter, place).map_err(|why| refused(&why.message))?;
        let is_required = place == Place::Path || is_required(parameter);
        let default = self.default_of(schema, &kind);
        let about = Some(field(parameter, "description")).filter(|said| !said.is_empty()).map(ToOwned::to_owned);
        let about = about.unwrap_or_else(|| self.describe(schema));
        let name = taken.parameter(wire);
        Ok(Some(Input { name, wire: wire.to_owned(), place, written, kind, is_required, default, about }))
    }

    /// The schema of a parameter, how its value is written, and its type.
    fn written<'a>(&self, parameter: &'a Value, place: Place) -> Result<(&'a Value, Written, Type), SpecError> {
        let content = parameter.get("content").and_then(Value::as_object);
        if let Some((media_type, content)) = content.and_then(|content| content.iter().next()) {
            let schema = content.get("schema").unwrap_or(&Value::Null);
            if !is_json(media_type) {
                return Err(SpecError::new("is written in a media type other than JSON", ""));
            }
            return Ok((schema, Written::Json, self.type_of(schema)?));
        }
        let schema = parameter.get("schema").unwrap_or(&Value::Null);
        let kind = match self.type_of(schema)?.without_none() {
            Type::Any => Type::Str,
            kind => kind,
        };
        if kind.is_scalar() {
            return Ok((schema, Written::Plain, kind));
        }
        let Type::List(item) = kind else {
            return Err(SpecError::new("is an object, which has no one way to be written there", ""));
        };
        let item = if *item == Type::Any { Type::Str } else { *item };
        if !item.is_scalar() {
            return Err(SpecError::new("is a list of more than words", ""));
        }
        let explodes = parameter.get("explode").and_then(Value::as_bool);
        let written = match (place, field(parameter, "style"), explodes) {
            (Place::Query, "" | "form", None | Some(true)) => Written::Plain,
            (Place::Query, "spaceDelimited", _) => Written::Joined(" "),
            (Place::Query, "pipeDelimited", _) => Written::Joined("|"),
            (Place::Query, "" | "form", _) | (Place::Path | Place::Header, "" | "simple", _) => Written::Joined(","),
            _ => return Err(SpecError::new("is a list in a style that is not known here", "")),
        };
        Ok((schema, written, Type::List(Box::new(item))))
    }

    fn default_of(&self, schema: &Value, kind: &Type) -> Option<String> {
        let default = self.resolve(schema).ok()?.get("default")?;
        kind.default(default)
    }
}

/// Every parameter of the path's template is described, and what is described stands in it.
fn check_path(operation: &Operation, inputs: &mut Inputs) -> Result<(), SpecError> {
    let parts = path::parts(&operation.path)?;
    let is_in_path = |wire: &str| parts.contains(&Part::Parameter(wire.to_owned()));
    for part in &parts {
        if let Part::Parameter(wire) = part
            && !inputs.at(Place::Path).any(|input| input.wire == *wire)
        {
            let message = format!("its path names {{{}}}, but no path parameter describes it", python::line(wire, 60));
            return Err(SpecError::new(message, "describe it under `parameters` with `in: path`"));
        }
    }
    let (kept, strays): (Vec<Input>, Vec<Input>) = std::mem::take(&mut inputs.list)
        .into_iter()
        .partition(|input| input.place != Place::Path || is_in_path(&input.wire));
    inputs.list = kept;
    for stray in strays {
        inputs
            .notes
            .push(format!("left out: path parameter '{}' does not stand in the path", python::line(&stray.wire, 60)));
    }
    Ok(())
}

fn is_credential(kind: &CredentialKind, place: Place, wire: &str) -> bool {
    match kind {
        CredentialKind::Header(name) => place == Place::Header && name.eq_ignore_ascii_case(wire),
        CredentialKind::Query(name) => place == Place::Query && name == wire,
        CredentialKind::Bearer | CredentialKind::Basic => false,
    }
}

fn is_required(of: &Value) -> bool {
    of.get("required").and_then(Value::as_bool) == Some(true) || field(of, "in") == "path"
}
