//! Why the gateway or the bridge stopped. Failures of single calls are not errors here: they are answers.

/// Why the gateway or the bridge stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The listening socket failed.
    #[error("the MCP listener failed")]
    Listener(#[source] std::io::Error),
    /// Standard input or output failed.
    #[error("standard input or output failed")]
    Stdio(#[source] std::io::Error),
    /// The client on standard input did not speak MCP.
    #[error("the client on standard input did not speak MCP: {0}")]
    Handshake(String),
    /// The URL handed to the bridge is not usable.
    #[error("'{url}' is not a usable MCP address: {reason}")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client of the bridge could not be made.
    #[error("the HTTP client could not be set up")]
    Client(#[source] reqwest::Error),
}
