//! The address that the tools of a document call.

use mcpbox_core::capability::HostRule;
use url::Url;

use crate::SpecError;

/// Longest address, bytes.
const MAX_BYTES: usize = 2_000;

/// An absolute `http` or `https` address without user, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: HostRule,
}

impl BaseUrl {
    /// Parses and checks an address.
    ///
    /// # Errors
    /// With what is wrong about it and what to write.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let refused = |why: &str| {
            let shown: String = text.chars().take(100).collect();
            let message = format!("'{shown}' cannot be the base address: {why}");
            SpecError::new(message, "give an absolute address, such as https://api.example.com/v1")
        };
        if text.len() > MAX_BYTES {
            return Err(refused("it is too long"));
        }
        let url = Url::parse(text.trim()).map_err(|error| refused(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("only http and https are spoken"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("credentials do not belong into it; they become a secret"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it may have neither a query nor a fragment"));
        }
        if url.path().contains(['{', '}']) || url.path().contains("%7B") {
            return Err(refused("its variables must be filled in"));
        }
        let host = url.host_str().ok_or_else(|| refused("it names no host"))?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let host = HostRule::parse(&authority).map_err(|error| refused(&error.to_string()))?;
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), host })
    }

    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host that the tools reach, with the port when it is not that of the scheme.
    pub fn host(&self) -> &HostRule {
        &self.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_absolute_address_is_taken() {
        for (text, as_str, host) in [
            ("https://api.example.com/v1/", "https://api.example.com/v1", "api.example.com"),
            ("HTTP://Example.com:8080", "http://example.com:8080", "example.com:8080"),
            ("https://example.com:443", "https://example.com", "example.com"),
            ("http://[fd00::1]:81/x", "http://[fd00::1]:81/x", "[fd00::1]:81"),
        ] {
            let base = BaseUrl::parse(text).unwrap();
            assert_eq!((base.as_str(), base.host().to_string().as_str()), (as_str, host), "{text}");
        }
        for text in [
            "/v1",
            "",
            "ftp://x",
            "https://u:p@x.org",
            "https://x.org/?a=1",
            "https://x.org/#a",
            "https://{region}.x.org",
            "https://x.org/{version}",
            "javascript:alert(1)",
            "https://",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
