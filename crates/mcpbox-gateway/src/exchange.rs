//! One HTTP request and its answer, seen from both ends: the handler learns that the client went away, the HTTP side
//! learns that no answer will come, and shutdown learns which requests still run.

use std::sync::{Arc, Mutex, PoisonError};

use mcpbox_core::principal::{Principal, Scope};
use rmcp::{RoleServer, service::RequestContext};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use crate::toolset::Toolset;

/// Longest client name kept, characters.
const CLIENT_NAME_MAX: usize = 80;

/// One HTTP request and its answer.
#[derive(Clone, Default)]
pub(crate) struct Exchange {
    /// Cancelled when the client went away.
    pub(crate) gone: CancellationToken,
    /// Cancelled when no answer will come, because the client cancelled the request.
    pub(crate) unanswered: CancellationToken,
    /// Keeps shutdown waiting: for the answer of a request, or for the last word to a listener.
    token: Arc<Mutex<Option<TaskTrackerToken>>>,
}

impl Exchange {
    /// An exchange that shutdown waits for.
    pub(crate) fn tracked(requests: &TaskTracker) -> Self {
        Self { token: Arc::new(Mutex::new(Some(requests.token()))), ..Self::default() }
    }

    /// Counts this one among the listeners, which end when shutdown begins, and no longer among the requests.
    pub(crate) fn listens(&self, listeners: &TaskTracker) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(listeners.token());
    }
}

/// How a client got in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// Through the open listener of this machine, or stdio.
    #[default]
    Local,
    /// With the operator's token.
    Bearer,
    /// With a token of remote access.
    Remote(Arc<Principal>),
}

impl Entrance {
    /// Under which account it is counted, wherever it comes from; none when only its address is known.
    pub(crate) fn account(&self) -> Option<String> {
        match self {
            Self::Local | Self::Bearer => None,
            Self::Remote(principal) => Some(account(principal)),
        }
    }
}

/// Whose a session is: this human's, by this client.
fn account(principal: &Principal) -> String {
    match principal {
        Principal::Local { .. } => "local".to_owned(),
        Principal::Remote { subject, client, .. } => format!("{subject}\n{}", client.as_deref().unwrap_or_default()),
    }
}

/// What the HTTP side knows about a request; travels with it to the handler.
#[derive(Clone, Default)]
pub(crate) struct Facts {
    pub(crate) toolset: Toolset,
    pub(crate) entrance: Entrance,
    /// Under which the client is counted.
    pub(crate) client_key: String,
    pub(crate) exchange: Exchange,
    /// Whether it asks about tasks in the words of 2025-11-25.
    pub(crate) speaks_older_tasks: bool,
    /// What is logged about it, also where a session's own task works on it.
    pub(crate) span: Option<tracing::Span>,
}

impl Facts {
    /// The facts of a request; those of stdio when it did not come over HTTP.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Self {
        let parts = context.extensions.get::<http::request::Parts>();
        parts.and_then(|parts| parts.extensions.get::<Self>()).cloned().unwrap_or_default()
    }

    /// Whose the session is that this request opens or uses. Nobody else may use it.
    pub(crate) fn owner(&self) -> String {
        match &self.entrance {
            Entrance::Local => "local".to_owned(),
            Entrance::Bearer => "bearer".to_owned(),
            Entrance::Remote(principal) => format!("remote\n{}", account(principal)),
        }
    }

    /// Who speaks. What a client calls itself is for records only.
    pub(crate) fn principal(&self, context: &RequestContext<RoleServer>) -> Principal {
        match &self.entrance {
            Entrance::Remote(principal) => principal.as_ref().clone(),
            Entrance::Local => Principal::Local { client: context.client_info().and_then(|info| clean(&info.name)) },
            Entrance::Bearer => {
                let scopes = vec![Scope::Tools, Scope::Author];
                Principal::Remote { subject: "static token".to_owned(), client: None, scopes }
            }
        }
    }
}

fn clean(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).take(CLIENT_NAME_MAX).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
