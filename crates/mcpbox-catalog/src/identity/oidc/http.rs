//! How the provider is reached: through egress. The issuer's own host and port may be on the LAN, since an admin typed them;
//! what the issuer names elsewhere must be public and speak TLS. Redirects are not followed.

use std::{pin::Pin, sync::Arc};

use mcpbox_core::capability::HostRule;
use mcpbox_egress::{Broker, FetchRequest, SessionGrants, endpoint};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// Time for one request, milliseconds.
const TIMEOUT_MS: u64 = 10_000;
/// Largest answer, bytes.
const ANSWER_MAX: usize = 1 << 20;

/// Why the provider could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreachable(String);

/// The client that the library sends through.
pub(super) struct Http {
    pub(super) broker: Arc<Broker>,
    /// `host:port` of the issuer.
    pub(super) issuer: String,
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Unreachable;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unreachable>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Http {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
        let (parts, body) = request.into_parts();
        let (url, method) = (parts.uri.to_string(), parts.method.to_string());
        let rule = self.rule(&url, &method)?;
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let headers = parts.headers.iter().filter_map(header).collect();
        let session = self.broker.session(SessionGrants { hosts: Arc::new([rule]), ..SessionGrants::default() });
        let (timeout_ms, follow_redirects) = (Some(TIMEOUT_MS), false);
        let request = FetchRequest { method, url, headers, body: body.into(), follow_redirects, timeout_ms };
        let mut answer = session.open(request, None).await.map_err(|error| Unreachable(error.message))?;
        let mut body = Vec::new();
        loop {
            let part = answer.part(ANSWER_MAX).await.map_err(|error| Unreachable(error.message))?;
            body.extend_from_slice(&part.bytes);
            if body.len() > ANSWER_MAX {
                return Err(Unreachable("the provider's answer is larger than 1 MiB".to_owned()));
            }
            if part.is_last {
                break;
            }
        }
        let mut built = http::Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            built = built.header(name, value);
        }
        built.body(body).map_err(|error| Unreachable(error.to_string()))
    }

    /// What this one request may reach.
    fn rule(&self, url: &str, method: &str) -> Result<HostRule, Unreachable> {
        let to = endpoint(url, method).map_err(|error| Unreachable(error.message))?;
        if to.authority == self.issuer {
            return Ok(to.rule);
        }
        if !to.is_tls || to.rule.port != Some(443) {
            let host = to.authority;
            return Err(Unreachable(format!(
                "the provider names {host}, which is neither its own host nor public https"
            )));
        }
        // Without its port a rule does not cover private addresses.
        Ok(HostRule { port: None, ..to.rule })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_issuers_own_host_may_be_private() {
        let http = Http { broker: Broker::new(Default::default()).unwrap(), issuer: "192.168.1.5:9000".into() };
        assert_eq!(http.rule("http://192.168.1.5:9000/token", "POST").unwrap().port, Some(9000));
        assert_eq!(http.rule("https://www.example.com/keys", "GET").unwrap().port, None, "public addresses alone");
        for elsewhere in ["http://192.168.1.5/token", "http://192.168.1.6:9000/token", "https://example.com:8443/"] {
            assert!(http.rule(elsewhere, "POST").is_err(), "{elsewhere}");
        }
        assert!(http.rule("http://127.0.0.1:9000/token", "POST").is_err());
    }
}
