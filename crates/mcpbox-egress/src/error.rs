//! What can go wrong: building a broker, and one request.

use std::path::PathBuf;

use mcpbox_core::capability::HostRule;

/// Why a broker could not be built.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// A file of extra roots cannot be read.
    #[error("cannot read the CA file {path}; check MCPBOX_EXTRA_CA", path = path.display())]
    ReadRoots {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of extra roots holds no usable certificate.
    #[error("{origin} holds no usable PEM certificate; check MCPBOX_EXTRA_CA")]
    NoRoots {
        /// The file, or where the bytes came from.
        origin: String,
    },
    /// The TLS library refuses the configuration.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
}

/// Why a request got no answer. Both parts may be shown to the tool: no internals, no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FetchError {
    /// Which sort.
    pub kind: FetchErrorKind,
    /// What happened and what to do next, in a sentence.
    pub message: String,
}

/// Sorts of failed requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchErrorKind {
    /// Not granted, an address that is never allowed, or a secret that is not bound to the host.
    Denied {
        /// Host as checked.
        host: String,
        /// Port as checked.
        port: u16,
        /// What a human could grant so that it goes out; none when nothing would help.
        needs: Option<HostRule>,
    },
    /// The URL is not one that can be fetched.
    InvalidUrl,
    /// The method, a header or a secret's place in the request is not acceptable.
    InvalidRequest,
    /// The name has no address.
    Unresolvable,
    /// No address of the host takes the connection.
    ConnectFailed,
    /// The host's certificate or TLS version is not acceptable.
    Tls,
    /// The time is used up.
    Timeout,
    /// Request or answer is larger than the cap.
    TooLarge,
    /// The host does not speak HTTP as it should, or redirects where it must not.
    Protocol,
}

impl FetchErrorKind {
    /// The snake-case word used on the wire to the runner.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "denied",
            Self::InvalidUrl => "invalid_url",
            Self::InvalidRequest => "invalid_request",
            Self::Unresolvable => "unresolvable",
            Self::ConnectFailed => "connect_failed",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Protocol => "protocol",
        }
    }
}

impl FetchError {
    /// An error of this sort with this sentence.
    pub(crate) fn new(kind: FetchErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Refused before anything was sent; no grant would help.
    pub(crate) fn denied(host: &str, port: u16, message: impl Into<String>) -> Self {
        Self::new(FetchErrorKind::Denied { host: host.to_owned(), port, needs: None }, message)
    }

    /// Refused before anything was sent; this grant would help.
    pub(crate) fn needs(rule: HostRule, port: u16, message: impl Into<String>) -> Self {
        Self::new(FetchErrorKind::Denied { host: rule.host.clone(), port, needs: Some(rule) }, message)
    }

    /// Whether it was this side that refused, before anything was sent.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.kind, FetchErrorKind::Denied { .. } | FetchErrorKind::InvalidUrl | FetchErrorKind::InvalidRequest)
    }
}
