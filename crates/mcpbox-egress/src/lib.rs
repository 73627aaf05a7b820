//! Zone 3: the only outbound HTTP of tools. A [`Broker`] lives as long as the process; a [`Session`] is one call with
//! its grants and secrets. Per request: check the URL, the grant and every resolved address, connect to exactly that
//! address, put sealed secrets in, and clean them out of what comes back.
//! Must never trust a name after it decided on an address, read a proxy from the environment, or log a secret.

mod address;
mod attempts;
mod authorities;
mod broker;
mod budget;
mod config;
mod destination;
mod endpoint;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gate;
mod headers;
mod hop;
mod message;
mod mock;
mod nat64;
mod proxy;
mod redirect;
mod reply;
mod resolve;
mod secrets;
mod session;
mod stream;
mod traffic;
mod transport;
mod unpack;
mod upload;

pub use broker::Broker;
pub use config::{BrokerConfig, ExtraRoots, NameResolution};
pub use endpoint::{Endpoint, endpoint};
pub use error::{EgressError, FetchError, FetchErrorKind};
pub use message::{FetchRequest, FetchResponse};
pub use proxy::{Admission, ProxyGate};
pub use resolve::{Resolve, ResolveError};
pub use session::{Session, SessionGrants};
pub use stream::{FetchStream, Part};
pub use traffic::Traffic;
pub use upload::{Upload, Uploader, upload};
