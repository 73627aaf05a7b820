//! Security schemes: which secret an operation sends, and where.

use serde_json::Value;

use crate::{
    SpecError,
    document::{Document, Operation, field, plain},
    names::Taken,
    python,
};

/// Something that is sent with a request and comes from a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    /// What the document calls it.
    pub(crate) scheme: String,
    pub(crate) kind: CredentialKind,
    /// For the human who sets the value.
    pub(crate) about: String,
}

/// Where a credential goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    Bearer,
    Basic,
    Header(String),
    Query(String),
}

impl Document {
    /// What an operation sends: the first of its alternatives that can be sent from secrets; nothing where none is asked for.
    ///
    /// # Errors
    /// When there are alternatives and none of them can be sent, with the reasons.
    pub(crate) fn credentials(&self, operation: &Operation) -> Result<Vec<Credential>, SpecError> {
        let security = operation.body.get("security").or_else(|| self.root.get("security"));
        let alternatives = security.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut reasons = Vec::new();
        for alternative in alternatives {
            let schemes = alternative.as_object().into_iter().flatten();
            match schemes.map(|(name, scopes)| self.credential(name, scopes)).collect::<Result<Vec<_>, _>>() {
                Ok(credentials) => match check_together(&credentials) {
                    Ok(()) => return Ok(credentials),
                    Err(why) => reasons.push(why),
                },
                Err(why) => reasons.push(why),
            }
        }
        if reasons.is_empty() {
            return Ok(Vec::new());
        }
        Err(SpecError::new(
            format!("none of its ways to authenticate can be used: {}", reasons.join("; ")),
            "add a scheme of type http (bearer, basic) or apiKey (header, query) to the document",
        ))
    }

    fn credential(&self, name: &str, scopes: &Value) -> Result<Credential, String> {
        let shown = python::line(name, 60);
        let schemes = self.root.pointer("/components/securitySchemes");
        let scheme =
            schemes.and_then(|schemes| schemes.get(name)).ok_or_else(|| format!("{shown} is not described"))?;
        let scheme = self.resolve(scheme).map_err(|error| error.message)?;
        let title = python::line(&self.title(), 60);
        let (kind, about) = match (field(scheme, "type"), field(scheme, "scheme").to_lowercase().as_str()) {
            ("http", "bearer") => (CredentialKind::Bearer, format!("bearer token of {title}")),
            ("http", "basic") => (CredentialKind::Basic, format!("of {title}")),
            ("http", other) => return Err(format!("{shown} is HTTP {}", python::line(other, 30))),
            ("oauth2" | "openIdConnect", _) => (CredentialKind::Bearer, token(&title, scopes)),
            ("apiKey", _) => (api_key(scheme, &shown)?, format!("API key of {title}")),
            (other, _) => return Err(format!("{shown} is of type {}", python::line(other, 30))),
        };
        Ok(Credential { scheme: name.to_owned(), kind, about })
    }

    /// The key of the secret of every scheme, the same for all operations.
    pub(crate) fn secret_key(&self, server: &str, scheme: &str) -> String {
        let mut taken = Taken::default();
        let schemes = self.root.pointer("/components/securitySchemes").and_then(Value::as_object);
        for name in schemes.into_iter().flatten().map(|(name, _)| name) {
            let key = taken.key(server, name);
            if name == scheme {
                return key;
            }
        }
        taken.key(server, scheme)
    }
}

fn token(title: &str, scopes: &Value) -> String {
    let scopes: Vec<String> = scopes.as_array().into_iter().flatten().map(plain).collect();
    let scopes = python::line(&scopes.join(" "), 200);
    let wanted = if scopes.is_empty() { String::new() } else { format!(" with the scopes {scopes}") };
    format!("access token of {title}{wanted}; MCPbox does not renew it")
}

fn api_key(scheme: &Value, shown: &str) -> Result<CredentialKind, String> {
    let name = field(scheme, "name");
    match field(scheme, "in") {
        "header" if is_header_name(name) => Ok(CredentialKind::Header(name.to_owned())),
        "header" => Err(format!("{shown} is in a header whose name is none")),
        "query" if !name.is_empty() => Ok(CredentialKind::Query(name.to_owned())),
        place => Err(format!("{shown} is an API key in a {}", python::line(place, 30))),
    }
}

/// Two credentials cannot have one place.
fn check_together(credentials: &[Credential]) -> Result<(), String> {
    let place = |credential: &Credential| match &credential.kind {
        CredentialKind::Bearer | CredentialKind::Basic => "header authorization".to_owned(),
        CredentialKind::Header(name) => format!("header {}", name.to_lowercase()),
        CredentialKind::Query(name) => format!("query {name}"),
    };
    let mut places: Vec<String> = credentials.iter().map(place).collect();
    places.sort();
    let count = places.len();
    places.dedup();
    if places.len() == count { Ok(()) } else { Err("two of its schemes stand in one place".to_owned()) }
}

/// Whether a text is the name of a header (RFC 9110, token).
pub(crate) fn is_header_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
