//! One request of a fetch: the first one, or one that a redirect led to. Holds placeholders, never values; values are
//! put in anew for each hop, and only on the way out.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
    headers,
    message::FetchRequest,
    secrets::{Place, Vault},
    transport::Payload,
};

/// A body that is held as a whole, secrets put in, is not longer.
pub(crate) const MAX_WHOLE_BYTES: usize = 10 * 1024 * 1024;

/// A request as the tool means it.
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    pub(crate) method: String,
    pub(crate) destination: Destination,
    pub(crate) headers: Vec<(String, String)>,
    /// All of it, or how it begins.
    pub(crate) body: Bytes,
}

/// A request as it is sent: values are in.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    /// Absolute; its host is the checked one.
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Payload,
}

impl Hop {
    /// Checks everything about a request that can be checked without asking anybody.
    pub(crate) fn first(request: FetchRequest, max_body_bytes: usize) -> Result<Self, FetchError> {
        let max_body_bytes = max_body_bytes.min(MAX_WHOLE_BYTES);
        let destination = Destination::parse(&request.url)?;
        let method = check_method(&request.method)?;
        if request.body.len() > max_body_bytes {
            return Err(too_large(max_body_bytes));
        }
        let headers = headers::accept(request.headers, &destination)?;
        Ok(Self { method, destination, headers, body: request.body })
    }

    /// Puts the secrets in.
    pub(crate) fn fill(&self, vault: &Vault, max_body_bytes: usize) -> Result<Outgoing, FetchError> {
        let max_body_bytes = max_body_bytes.min(MAX_WHOLE_BYTES);
        let (to, method) = (&self.destination, self.method.as_str());
        let body = vault.fill(&self.body, self.body_place(), to, method, max_body_bytes)?;
        self.fill_head(vault, Payload::Whole(body.map_or_else(|| self.body.clone(), Bytes::from)))
    }

    /// Puts the secrets into everything but the body.
    pub(crate) fn fill_head(&self, vault: &Vault, body: Payload) -> Result<Outgoing, FetchError> {
        let (to, method) = (&self.destination, self.method.as_str());
        let mut filled = Vec::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            filled.push((name.clone(), vault.fill_header(value, to, method)?));
        }
        Ok(Outgoing {
            method: Method::from_bytes(method.as_bytes()).map_err(|_| bad_method())?,
            uri: self.fill_uri(vault)?,
            headers: headers::outgoing(filled, vault.has_sealed())?,
            body,
        })
    }

    fn fill_uri(&self, vault: &Vault) -> Result<Uri, FetchError> {
        let (to, method) = (&self.destination, self.method.as_str());
        let mut target = vault.fill_text(to.url.path(), Place::Path, to, method)?;
        if let Some(query) = to.url.query() {
            target.push('?');
            target.push_str(&vault.fill_text(query, Place::Query, to, method)?);
        }
        let scheme = if to.is_tls { "https" } else { "http" };
        Uri::builder().scheme(scheme).authority(to.authority()).path_and_query(target).build().map_err(|_| {
            FetchError::new(
                FetchErrorKind::InvalidUrl,
                "the URL's path or query holds characters that HTTP does not take; percent-encode them",
            )
        })
    }

    /// How values are written in the body.
    pub(crate) fn body_place(&self) -> Place {
        let kind = self.headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value);
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => Place::FormBody,
            json if json.ends_with("/json") || json.ends_with("+json") => Place::JsonBody,
            _ => Place::PlainBody,
        }
    }
}

/// The error for a body over the cap.
pub(crate) fn too_large(max_bytes: usize) -> FetchError {
    let message = format!("the request body is larger than {} KiB; send less at once", max_bytes / 1024);
    FetchError::new(FetchErrorKind::TooLarge, message)
}

/// A method in upper case. Tunnels and echo methods are refused.
fn check_method(method: &str) -> Result<String, FetchError> {
    let method = method.to_ascii_uppercase();
    let is_known_bad = matches!(method.as_str(), "CONNECT" | "TRACE" | "TRACK");
    if is_known_bad || method.len() > 32 || Method::from_bytes(method.as_bytes()).is_err() {
        return Err(bad_method());
    }
    Ok(method)
}

fn bad_method() -> FetchError {
    FetchError::new(
        FetchErrorKind::InvalidRequest,
        "the method is not one that is sent; use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS",
    )
}
