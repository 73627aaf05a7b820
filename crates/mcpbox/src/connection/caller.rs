//! Sends one request after the other as a client in the cloud would: no redirects, bounded times and sizes. What comes back from
//! something else than MCPbox is recognised here.

use std::{error::Error, io, time::Duration};

use futures::StreamExt;
use http::{HeaderMap, StatusCode, header};
use reqwest::{Certificate, Client, RequestBuilder, Response};
use serde_json::Value;

use super::{Address, Asked, Found, Trouble};

/// Clients in the cloud give up after as long.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const BODY_MAX: usize = 64 << 10;
/// How much of an answer is shown.
const SHOWN_MAX: usize = 120;

/// See the module.
pub(super) struct Caller {
    http: Client,
    origin: String,
}

/// An answer, read.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Caller {
    pub(super) fn new(asked: &Asked, address: &Address) -> Result<Self, Trouble> {
        let mut builder = Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("mcpbox-doctor/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = &asked.extra_ca {
            let told = |error: &dyn std::fmt::Display| {
                Trouble::new(format!("{}: {error}", file.display()), "Name a PEM file with --extra-ca, or none")
            };
            let pem = std::fs::read(file).map_err(|error| told(&error))?;
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(&pem).map_err(|error| told(&error))?);
        }
        // Not through the egress broker: that is for tools; this is the one address that the operator named.
        let http = builder
            .build()
            .map_err(|error| Trouble::new(error.to_string(), "Check the certificate authorities of this machine"))?;
        Ok(Self { http, origin: address.origin.clone() })
    }

    pub(super) fn request(&self, method: http::Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.origin))
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer, Trouble> {
        self.send(self.request(http::Method::GET, path)).await
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, Trouble> {
        let response = self.open(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let mut parts = response.bytes_stream();
        while let Some(part) = parts.next().await {
            body.extend_from_slice(&part.map_err(|error| why(&error))?);
            if body.len() > BODY_MAX {
                return Err(Trouble::new("an answer that does not end", "Look whether the address is that of MCPbox"));
            }
        }
        Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// The answer, its body not yet read.
    pub(super) async fn open(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        request.send().await.map_err(|error| why(&error))
    }
}

impl Answer {
    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body, when it is a JSON object.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok().filter(Value::is_object)
    }

    /// Status and beginning, for a person.
    pub(super) fn shown(&self) -> String {
        let text: String = self.body.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect();
        format!("{} {text}", self.status.as_u16()).trim().to_owned()
    }

    /// What is wrong, when this does not come from MCPbox as it should.
    pub(super) fn stray(&self) -> Trouble {
        let said = |text: &str| self.body.contains(text);
        let fix = match self.status.as_u16() {
            300..=399 => format!(
                "The proxy redirects to '{}'; clients do not follow. Have it hand requests on instead",
                self.header(header::LOCATION)
            ),
            400 if said("MCPBOX_TRUSTED_PROXIES") => {
                "Have the proxy set X-Forwarded-For and X-Forwarded-Proto itself".to_owned()
            }
            403 if said("is not allowed here") => "The proxy sends another Host than its clients: have it pass theirs on (nginx: \
                 proxy_set_header Host $host), and set MCPBOX_PUBLIC_URL to this address"
                .to_owned(),
            403 if said("proxy or tunnel") => "The proxy leads to the local endpoint, which has no login. Point it at the remote one \
                 (MCPBOX_REMOTE_ADDR, 127.0.0.1:8002 unless set)"
                .to_owned(),
            403 | 404 => "Something else answers, or the proxy changes paths. Have it hand on all paths of this host, unchanged, to the remote \
                    endpoint (MCPBOX_REMOTE_ADDR)"
                .to_owned(),
            421 => "The proxy leads to the admin page; never publish that. Point it at MCPBOX_REMOTE_ADDR".to_owned(),
            429 => "Too many requests from here: wait a minute, then try again".to_owned(),
            502..=504 => "The proxy does not reach MCPbox: check that MCPbox runs with MCPBOX_PUBLIC_URL, and that the proxy leads to \
                          MCPBOX_REMOTE_ADDR over http"
                .to_owned(),
            _ => "Check that the proxy leads to the remote endpoint of MCPbox (MCPBOX_REMOTE_ADDR)".to_owned(),
        };
        Trouble::new(self.shown(), fix)
    }
}

/// Whether this is MCPbox's sign of life.
pub(super) fn is_alive(answer: &Answer) -> Found {
    match answer.json().and_then(|json| json.get("status").cloned()) {
        Some(Value::String(status)) if status == "ok" && answer.status.is_success() => Ok("it answers".to_owned()),
        _ => Err(answer.stray()),
    }
}

/// Why nothing came back.
fn why(error: &reqwest::Error) -> Trouble {
    let causes = || causes(error);
    let tls = causes().find_map(tls_of);
    let last = causes().last().map_or_else(String::new, ToString::to_string);
    if let Some(tls) = tls {
        return Trouble::new(last, certificate(tls));
    }
    let refused = causes()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable));
    let fix = match (error.is_timeout(), refused) {
        (true, _) => "Nothing came back within 10 s: check firewall and port forwarding, or that the tunnel runs",
        (_, true) => "Nobody listens there: start the proxy or tunnel, or check the port",
        _ => "The connection broke: look into the log of the proxy or tunnel",
    };
    Trouble::new(last, fix)
}

/// The error of TLS in an error, which input and output wrap more than once without naming it as a source.
fn tls_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = |error: &'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
        Some(inner)
    };
    std::iter::successors(Some(error), |error| inner(*error)).find_map(|error| error.downcast_ref())
}

/// An error and what is behind it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn certificate(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer};
    match error {
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            "The certificate has ended: renew it (or check the clock of this machine)"
        }
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "The certificate is for another name: make one for this host"
        }
        rustls::Error::InvalidCertificate(UnknownIssuer) => {
            "Nobody that clients trust made the certificate: use one of a public authority (Let's Encrypt), with its whole chain. \
             One of your own can be checked with --extra-ca, but clients in the cloud refuse it"
        }
        rustls::Error::InvalidCertificate(_) => "Make a new certificate",
        rustls::Error::InvalidMessage(_) => {
            "The other end speaks http there, not https: give the proxy a certificate, or use the port on which it has one"
        }
        _ => "Check the TLS settings of the proxy: TLS 1.2 or 1.3 with a usual certificate",
    }
}
