//! A document as it was read: its version, its references, its operations.

use serde_json::Value;

use crate::{OPERATIONS_MAX, SpecError, names, parse};

/// Longest chain of references.
const REFERENCES_MAX: usize = 32;
/// Methods that become tools.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// An OpenAPI 3.0 or 3.1 document.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) root: Value,
    pub(crate) operations: Vec<Operation>,
}

/// One operation, before anything of it is resolved.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// Names it in this document: its `operationId`, or `GET /path` where that is missing or taken.
    pub(crate) id: String,
    /// Upper case.
    pub(crate) method: String,
    pub(crate) path: String,
    /// The name of its tool.
    pub(crate) tool: String,
    /// JSON pointer of the path item that holds it, resolved.
    pub(crate) item: Value,
    pub(crate) body: Value,
    /// Whether another operation has its `operationId`.
    pub(crate) is_id_taken: bool,
}

impl Document {
    /// Reads a document, JSON or YAML.
    ///
    /// # Errors
    /// When it cannot be read or is no OpenAPI 3.0 or 3.1 document, with what to do.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let root = parse::value(text)?;
        check_version(&root)?;
        let mut document = Self { root, operations: Vec::new() };
        document.operations = document.collect()?;
        Ok(document)
    }

    /// The title, or what stands for it.
    pub(crate) fn title(&self) -> String {
        self.root.pointer("/info/title").and_then(Value::as_str).unwrap_or("an API without a title").to_owned()
    }

    /// The version of the API as the document says it.
    pub(crate) fn version(&self) -> String {
        self.root.pointer("/info/version").map(plain).unwrap_or_default()
    }

    pub(crate) fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// What a value is, behind its references. A reference beside other fields hides them, as OpenAPI 3.0 says.
    ///
    /// # Errors
    /// For a reference that leaves the document, leads nowhere or goes round in a circle.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> Result<&'a Value, SpecError> {
        let mut value = value;
        for _ in 0..REFERENCES_MAX {
            let Some(reference) = value.get("$ref") else { return Ok(value) };
            let shown = || plain(reference).chars().take(120).collect::<String>();
            let Some(pointer) = reference.as_str().and_then(|text| text.strip_prefix('#')) else {
                return Err(SpecError::new(
                    format!("the reference {} leaves the document, and nothing is fetched", shown()),
                    "bundle the document into one file first (most OpenAPI tools can)",
                ));
            };
            value = self.root.pointer(&decoded(pointer)).ok_or_else(|| {
                SpecError::new(format!("the reference {} leads nowhere", shown()), "correct it, or add what it names")
            })?;
        }
        Err(SpecError::new(
            format!("a chain of more than {REFERENCES_MAX} references, or one that goes round in a circle"),
            "let it end in something that is no reference",
        ))
    }

    fn collect(&self) -> Result<Vec<Operation>, SpecError> {
        let Some(paths) = self.root.get("paths").and_then(Value::as_object) else {
            return Err(SpecError::new(
                "the document has no paths, so there is nothing to call",
                "use a document whose `paths` is an object; one with webhooks alone describes no server",
            ));
        };
        let mut found: Vec<Operation> = Vec::new();
        let mut names = names::Taken::default();
        for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
            // A path whose reference is broken has no operations to list; `problems` tells.
            let Ok(item) = self.resolve(item) else { continue };
            for method in METHODS {
                let Some(body) = item.get(method).filter(|body| body.is_object()) else { continue };
                if found.len() >= OPERATIONS_MAX {
                    let message = format!("the document has more than {OPERATIONS_MAX} operations");
                    return Err(SpecError::new(message, "split it, and import the parts that are needed"));
                }
                let upper = method.to_uppercase();
                let said = body.get("operationId").and_then(Value::as_str).filter(|id| !id.is_empty());
                let is_id_taken = said.is_some_and(|id| found.iter().any(|other| other.id == id));
                let id = said.filter(|_| !is_id_taken).map_or_else(|| format!("{upper} {path}"), ToOwned::to_owned);
                let tool = names.tool(said, method, path);
                let (item, body) = (item.clone(), body.clone());
                found.push(Operation {
                    id,
                    method: upper,
                    path: path.clone(),
                    tool,
                    item: parameters_of(&item),
                    body,
                    is_id_taken,
                });
            }
        }
        Ok(found)
    }
}

/// What an operation takes over from its path.
fn parameters_of(item: &Value) -> Value {
    item.get("parameters").cloned().unwrap_or_default()
}

/// A scalar as text, without quotes.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The text of a field, or nothing.
pub(crate) fn field<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn check_version(root: &Value) -> Result<(), SpecError> {
    if root.get("swagger").is_some() {
        return Err(SpecError::new(
            "this is a Swagger 2.0 document; OpenAPI 3.0 and 3.1 are read",
            "convert it to OpenAPI 3 first (most API editors export it)",
        ));
    }
    let Some(version) = root.get("openapi").map(plain) else {
        return Err(SpecError::new(
            "this is no OpenAPI document: the field `openapi` with its version is missing at the top",
            "paste the whole document, beginning with `openapi: 3.…`",
        ));
    };
    if ["3.0", "3.1"].iter().any(|known| version == *known || version.starts_with(&format!("{known}."))) {
        return Ok(());
    }
    let shown: String = version.chars().take(20).collect();
    let message = format!("OpenAPI {shown} is not known here; 3.0 and 3.1 are read");
    Err(SpecError::new(message, "export the document as OpenAPI 3.1 or 3.0"))
}

/// A fragment without its percent escapes.
fn decoded(pointer: &str) -> String {
    let bytes = pointer.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = (*byte == b'%')
            .then(|| pointer.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok()))
            .flatten();
        out.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
