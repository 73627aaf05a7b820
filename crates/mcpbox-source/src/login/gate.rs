//! HTTP of logins: the source's own origin and those that a human allowed for it, through egress, and nothing else. Redirects are
//! not followed. What the other side says went wrong is remembered, for the sentence that a human reads.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Response;
use mcpbox_egress::{Broker, FetchRequest, FetchStream, SessionGrants};
use rmcp::transport::auth::{OAuthHttpClient, OAuthHttpClientError, OAuthHttpClientFuture, OAuthHttpRequest};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use crate::{
    http::{Unreachable, host_rule},
    reply::whole,
};

/// Time for one request, milliseconds.
const TIMEOUT_MS: u64 = 15_000;
/// Largest answer, bytes.
const ANSWER_MAX: usize = 256 << 10;
/// Most that is shown of the other side's words, characters.
const SHOWN_MAX: usize = 300;

/// Why an address is not contacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Shut {
    /// A human has to allow this origin first.
    #[error("{0} must be allowed by a human first")]
    NotAllowed(String),
    /// Nobody can allow it.
    #[error("{0}")]
    Never(String),
    /// It was contacted, in vain.
    #[error("{0}")]
    Silent(String),
}

/// What went wrong last.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// The code of OAuth, such as `invalid_grant`.
    pub(super) code: Option<String>,
    /// A sentence.
    pub(super) words: String,
}

/// See the module.
pub(super) struct Gate {
    broker: Arc<Broker>,
    own: Url,
    allowed: Vec<String>,
    resource: String,
    told: Mutex<Option<Told>>,
}

/// An error as OAuth words it.
#[derive(Deserialize)]
struct OauthError {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Gate {
    /// A gate to the origin of the source at `own` and to `allowed`. `resource` is what tokens are asked for.
    pub(super) fn new(broker: &Arc<Broker>, own: &Url, allowed: &[String], resource: &str) -> Self {
        let (allowed, resource) = (allowed.to_vec(), resource.to_owned());
        Self { broker: Arc::clone(broker), own: own.clone(), allowed, resource, told: Mutex::default() }
    }

    /// What went wrong last.
    pub(super) fn told(&self) -> Option<Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, told: Told) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    /// Whether this address may be contacted, or a human be sent there.
    pub(super) fn check(&self, url: &Url) -> Result<(), Shut> {
        let origin = url.origin().ascii_serialization();
        if url.scheme() != "https" && (url.scheme() != "http" || self.own.scheme() != "http") {
            return Err(Shut::Never(format!("{} is not https, so nobody logs in there", shown(&origin))));
        }
        host_rule(url.as_str()).map_err(|error| Shut::Never(error.0))?;
        let is_open = url.origin() == self.own.origin() || self.allowed.contains(&origin);
        if is_open { Ok(()) } else { Err(Shut::NotAllowed(origin)) }
    }

    /// One request, until its answer begins.
    pub(super) async fn open(
        &self,
        method: &str,
        url: &Url,
        headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<FetchStream, Shut> {
        self.check(url)?;
        let rule = host_rule(url.as_str()).map_err(|error| Shut::Never(error.0))?;
        let session = self.broker.session(SessionGrants { hosts: Arc::new([rule]), ..SessionGrants::default() });
        let request = FetchRequest {
            method: method.to_owned(),
            url: url.to_string(),
            headers,
            body,
            follow_redirects: false,
            timeout_ms: Some(TIMEOUT_MS),
        };
        let answer = session.open(request, None).await;
        answer.map_err(|error| {
            let words = format!("{} cannot be reached: {}", shown(&url.origin().ascii_serialization()), error.message);
            self.note(Told { code: None, words: words.clone() });
            Shut::Silent(words)
        })
    }

    /// A JSON document; none where there is no such one.
    pub(super) async fn document<T: for<'de> Deserialize<'de>>(&self, url: &Url) -> Result<Option<T>, Shut> {
        let headers = vec![("accept".to_owned(), "application/json".to_owned())];
        let mut answer = self.open("GET", url, headers, Bytes::new()).await?;
        if answer.status != 200 {
            return Ok(None);
        }
        let body = whole(&mut answer, ANSWER_MAX).await.map_err(|error| Shut::Silent(Unreachable::from(error).0))?;
        Ok(serde_json::from_slice(&body).ok())
    }

    async fn send(&self, request: OAuthHttpRequest) -> Result<Response<Vec<u8>>, OAuthHttpClientError> {
        let (parts, body) = request.request.into_parts();
        let url = Url::parse(&parts.uri.to_string())?;
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let headers: Vec<_> = parts.headers.iter().filter_map(header).collect();
        let is_form = headers.iter().any(|(name, value)| name == "content-type" && value.contains("form-urlencoded"));
        let body = if is_form { self.with_resource(&body) } else { body };
        let mut answer = self.open(parts.method.as_str(), &url, headers, body.into()).await?;
        let body = whole(&mut answer, ANSWER_MAX).await.map_err(Unreachable::from)?;
        if answer.status >= 400 {
            let origin = shown(&url.origin().ascii_serialization());
            self.note(match serde_json::from_slice::<OauthError>(&body) {
                Ok(OauthError { error, error_description }) => {
                    let words = [shown(&error), shown(&error_description)].join(" ");
                    Told { code: Some(error), words: format!("{origin} answered: {}", words.trim_end()) }
                }
                Err(_) => Told { code: None, words: format!("{origin} answered with HTTP {}", answer.status) },
            });
        }
        let mut built = Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            built = built.header(name, value);
        }
        Ok(built.body(body)?)
    }

    /// The form with the resource as it was published: the library spells an address its own way, and issuers compare letters.
    fn with_resource(&self, form: &[u8]) -> Vec<u8> {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(form) {
            let value = if name == "resource" { self.resource.as_str() } else { &*value };
            out.append_pair(&name, value);
        }
        out.finish().into_bytes()
    }
}

impl OAuthHttpClient for Gate {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(self.send(request))
    }
}

/// Words of the other side, fit to be shown.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(own: &str, allowed: &[&str]) -> Gate {
        let allowed: Vec<_> = allowed.iter().map(|origin| (*origin).to_owned()).collect();
        let broker = Broker::new(Default::default()).unwrap();
        Gate::new(&broker, &Url::parse(own).unwrap(), &allowed, "https://mcp.example.com")
    }

    #[test]
    fn only_what_a_human_allowed_is_open_and_nobody_can_allow_this_machine() {
        let gate = gate("https://mcp.example.com/mcp", &["https://login.example.com"]);
        let check = |url: &str| gate.check(&Url::parse(url).unwrap());
        assert_eq!(check("https://mcp.example.com/.well-known/x"), Ok(()));
        assert_eq!(check("https://login.example.com/token"), Ok(()));
        assert_eq!(check("https://other.example/"), Err(Shut::NotAllowed("https://other.example".into())));
        let port = check("https://login.example.com:8443/token");
        assert_eq!(
            port,
            Err(Shut::NotAllowed("https://login.example.com:8443".into())),
            "another port is another origin"
        );
        for never in
            ["http://login.example.com/token", "javascript:alert(1)", "https://127.0.0.1/", "https://169.254.169.254/"]
        {
            assert!(matches!(check(never), Err(Shut::Never(_))), "{never}");
        }
    }

    #[test]
    fn the_resource_is_told_letter_by_letter() {
        let form =
            gate("https://mcp.example.com/mcp", &[]).with_resource(b"a=1&resource=https%3A%2F%2Fmcp.example.com%2F");
        assert_eq!(form, b"a=1&resource=https%3A%2F%2Fmcp.example.com");
    }
}
