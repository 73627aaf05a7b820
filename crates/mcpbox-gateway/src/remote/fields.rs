//! What comes in: small, in time, and nothing twice (RFC 6749, section 3.1).

use std::{collections::HashMap, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use mcpbox_catalog::oauth::ErrorCode;

use super::answer::Trouble;

/// Largest body, bytes.
const BODY_MAX: usize = 16 << 10;
/// Time for a body.
const TIME: Duration = Duration::from_secs(10);

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Fields(HashMap<String, String>);

impl Fields {
    /// Of a query or a form. Empty ones count as absent.
    ///
    /// # Errors
    /// One that is there twice: which of them counts must not be a matter of taste. `resource` alone may be repeated (RFC 8707).
    pub(super) fn parse(text: &[u8]) -> Result<Self, Trouble> {
        let mut fields = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(text).filter(|(_, value)| !value.is_empty()) {
            if fields.insert(name.to_string(), value.into_owned()).is_some() && name != "resource" {
                let name: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
                return Err(Trouble::bad(ErrorCode::InvalidRequest, format!("{name} is there twice")));
            }
        }
        Ok(Self(fields))
    }

    /// Takes a parameter.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Whether a parameter is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes a parameter; empty when it is absent.
    pub(super) fn text(&mut self, name: &str) -> String {
        self.take(name).unwrap_or_default()
    }
}

/// The fields of a form.
///
/// # Errors
/// It is no form, too large, too slow, or has a field twice.
pub(super) async fn form(headers: &HeaderMap, body: Body) -> Result<Fields, Trouble> {
    expect_type(headers, "application/x-www-form-urlencoded")?;
    Fields::parse(&read(body).await?)
}

/// A JSON object.
///
/// # Errors
/// It is no JSON of that shape, too large or too slow.
pub(super) async fn json<T: serde::de::DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Trouble> {
    expect_type(headers, "application/json")?;
    let bytes = read(body).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Trouble::bad(ErrorCode::InvalidClientMetadata, format!("the body cannot be read as client metadata: {error}"))
    })
}

async fn read(body: Body) -> Result<Bytes, Trouble> {
    let whole = tokio::time::timeout(TIME, axum::body::to_bytes(body, BODY_MAX)).await;
    let late = || Trouble::status(StatusCode::REQUEST_TIMEOUT, "the body did not come within 10 s");
    let large = |_| Trouble::status(StatusCode::PAYLOAD_TOO_LARGE, "the body broke off, or is larger than 16 KiB");
    whole.map_err(|_| late())?.map_err(large)
}

fn expect_type(headers: &HeaderMap, wanted: &str) -> Result<(), Trouble> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Trouble::status(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("the Content-Type must be {wanted}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_may_be_there_twice_but_the_resource() {
        let mut fields = Fields::parse(b"a=1&b=x%20y&c=&resource=p&resource=q").unwrap();
        assert_eq!((fields.text("a").as_str(), fields.text("b").as_str()), ("1", "x y"));
        assert_eq!((fields.take("c"), fields.take("resource")), (None, Some("q".to_owned())));
        assert!(Fields::parse(b"redirect_uri=a&redirect_uri=b").is_err());
    }
}
