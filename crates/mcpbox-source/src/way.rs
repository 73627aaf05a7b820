//! The way out of a program that was granted hosts: its proxy, served here by egress, for as long as the program runs.

use std::{os::fd::OwnedFd, sync::Arc};

use mcpbox_egress::{Admission, ProxyGate, Session};
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinSet};

/// See the module. Dropping it ends every connection that the program has.
pub(crate) struct Way {
    gate: Arc<ProxyGate>,
    admission: Admission,
    serving: JoinSet<()>,
}

impl Way {
    /// A way to what `session` lets through; nobody walks it yet.
    pub(crate) fn new(session: Arc<Session>) -> Self {
        let gate = Arc::<ProxyGate>::default();
        let admission = gate.admit(session);
        Self { gate, admission, serving: JoinSet::new() }
    }

    /// What the program shows its proxy.
    pub(crate) fn credentials(&self) -> SecretString {
        self.admission.credentials().into()
    }

    /// Serves the proxy in the program's network.
    ///
    /// # Errors
    /// A sentence: there is none, or it cannot be served.
    pub(crate) fn open(mut self, socket: Option<OwnedFd>) -> Result<Self, String> {
        let fail = |error: std::io::Error| format!("its proxy cannot be served: {error}");
        let socket = socket.ok_or("it was granted hosts, and its jail has no proxy")?;
        let listener = std::net::TcpListener::from(socket);
        listener.set_nonblocking(true).map_err(fail)?;
        let listener = TcpListener::from_std(listener).map_err(fail)?;
        self.serving.spawn(Arc::clone(&self.gate).serve(listener));
        Ok(self)
    }
}
