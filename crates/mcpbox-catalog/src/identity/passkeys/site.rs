//! The page that passkeys are bound to.

use url::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::CatalogError;

/// The page's own origin, as the listener checked it. Passkeys work on host names only, not on addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    origin: Url,
    pub(super) host: String,
}

impl Site {
    /// The site of an origin such as `https://box.lan`; none when passkeys cannot work there.
    pub fn parse(origin: &str) -> Option<Self> {
        let origin = Url::parse(origin).ok()?;
        let host = origin.domain()?.to_owned();
        let is_secure = origin.scheme() == "https" || host == "localhost" || host.ends_with(".localhost");
        is_secure.then_some(Self { origin, host })
    }

    pub(super) fn webauthn(&self) -> Result<Webauthn, CatalogError> {
        let builder = WebauthnBuilder::new(&self.host, &self.origin).map_err(CatalogError::internal)?;
        builder.rp_name("MCPbox").build().map_err(CatalogError::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_work_on_names_that_browsers_trust() {
        for (origin, works) in [
            ("https://box.lan:8443", true),
            ("http://localhost:3000", true),
            ("http://box.localhost:3000", true),
            ("http://box.lan:3000", false),
            ("http://127.0.0.1:3000", false),
            ("https://192.0.2.1", false),
            ("null", false),
        ] {
            assert_eq!(Site::parse(origin).is_some(), works, "{origin}");
        }
    }
}
