//! The body of a request: its fields as parameters of their own, or the whole as one.

use serde_json::Value;

use super::{Input, Inputs, Place, Written, is_required};
use crate::{
    SpecError,
    document::{Document, field},
    names::Taken,
    python,
};

/// Most fields of a body that become parameters of their own.
const FIELDS_MAX: usize = 40;

impl Document {
    pub(super) fn body(&self, body: &Value, inputs: &mut Inputs, taken: &mut Taken) -> Result<(), SpecError> {
        let content = body.get("content").and_then(Value::as_object);
        let Some((media_type, content)) =
            content.and_then(|all| all.iter().find(|(media_type, _)| is_json(media_type)))
        else {
            return self.no_json(body, content, inputs);
        };
        inputs.is_body_required = is_required(body);
        let media_type = essence(media_type);
        inputs.media_type =
            (!matches!(media_type, "application/json" | "*/*" | "application/*")).then(|| media_type.to_owned());
        let schema = content.get("schema").unwrap_or(&Value::Null);
        let fields = self.fields(schema)?.filter(|fields| {
            let needs_some = fields.iter().any(|(_, field)| field.is_required);
            fields.len() <= FIELDS_MAX && (inputs.is_body_required || !needs_some)
        });
        let Some(fields) = fields else {
            let kind = self.type_of(schema)?;
            let about = [field(body, "description"), &self.describe(schema)]
                .iter()
                .find(|said| !said.is_empty())
                .map_or_else(|| "The body of the request".to_owned(), |said| (*said).to_owned());
            let (is_required, default) = (inputs.is_body_required, None);
            let (name, wire) = (taken.parameter("body"), String::new());
            inputs.list.push(Input {
                name,
                wire,
                place: Place::Body,
                written: Written::Json,
                kind,
                is_required,
                default,
                about,
            });
            return Ok(());
        };
        for (wire, field) in fields {
            let kind = self.type_of(field.schema)?;
            let default = self.default_of(field.schema, &kind);
            let (name, about) = (taken.parameter(&wire), self.describe(field.schema));
            let is_required = field.is_required;
            inputs.list.push(Input {
                name,
                wire,
                place: Place::Field,
                written: Written::Json,
                kind,
                is_required,
                default,
                about,
            });
        }
        Ok(())
    }

    /// A body that is no JSON: refused when it is needed.
    fn no_json(
        &self,
        body: &Value,
        content: Option<&serde_json::Map<String, Value>>,
        inputs: &mut Inputs,
    ) -> Result<(), SpecError> {
        let offered: Vec<String> =
            content.into_iter().flatten().map(|(name, _)| python::line(name, 60)).take(5).collect();
        let offered = if offered.is_empty() { "nothing".to_owned() } else { offered.join(", ") };
        let message = format!("its body is {offered}; only JSON bodies are written");
        if is_required(body) {
            return Err(SpecError::new(message, "write this tool by hand (forms: data=, files=)"));
        }
        inputs.notes.push(format!("left out: {message}"));
        Ok(())
    }
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Whether a media type is JSON, or may be.
pub(super) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type).to_lowercase();
    if matches!(essence.as_str(), "application/json" | "*/*" | "application/*") {
        return true;
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'/' | b'_');
    essence.len() <= 100
        && essence.starts_with("application/")
        && essence.matches('/').count() == 1
        && essence.ends_with("+json")
        && essence.bytes().all(is_plain)
}
