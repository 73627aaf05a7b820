//! Sessions of clients of the `initialize` era. The SDK keeps them; this binds each to whoever opened it, so that a
//! known session id is no key, and bounds their number.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::Stream;
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        ServerSseMessage, SessionId, SessionManager,
        local::{LocalSessionManager, LocalSessionManagerError, SessionConfig},
    },
};

/// How long an idle session lives. Clients keep a conversation open for hours, and a silent long call is idle too.
const KEEP_ALIVE: Duration = Duration::from_secs(12 * 60 * 60);

tokio::task_local! {
    /// Whose request is being handled.
    static OWNER: String;
}

/// Runs `work` as a request of `owner`.
pub(crate) async fn as_owner<W: Future>(owner: &str, work: W) -> W::Output {
    OWNER.scope(owner.to_owned(), work).await
}

/// Sessions, each bound to its owner.
pub(crate) struct BoundSessions {
    inner: LocalSessionManager,
    bounds: Mutex<HashMap<SessionId, Bound>>,
    max: usize,
}

struct Bound {
    owner: String,
    last_used: Instant,
}

impl BoundSessions {
    pub(crate) fn new(max: usize) -> Self {
        let mut inner = LocalSessionManager::default();
        let mut config = SessionConfig::default();
        config.keep_alive = Some(KEEP_ALIVE);
        // A dropped answer is a cancelled call, so there is nothing to resume and nothing to prime for it.
        config.sse_retry = None;
        inner.session_config = config;
        Self { inner, bounds: Mutex::default(), max }
    }

    fn bounds(&self) -> MutexGuard<'_, HashMap<SessionId, Bound>> {
        self.bounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the request being handled may use the session; marks it as used. Work without a request (the session's
    /// own end) may.
    fn may_use(&self, id: &SessionId) -> bool {
        let Ok(owner) = OWNER.try_with(Clone::clone) else { return true };
        match self.bounds().get_mut(id) {
            Some(bound) if bound.owner == owner => {
                bound.last_used = Instant::now();
                true
            }
            _ => false,
        }
    }

    /// The session that makes room for another, when there are too many.
    fn idle_longest(&self) -> Option<SessionId> {
        let bounds = self.bounds();
        if bounds.len() < self.max {
            return None;
        }
        bounds.iter().min_by_key(|(_, bound)| bound.last_used).map(|(id, _)| id.clone())
    }
}

impl SessionManager for BoundSessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        if let Some(idle) = self.idle_longest() {
            self.bounds().remove(&idle);
            self.inner.close_session(&idle).await?;
        }
        let (id, transport) = self.inner.create_session().await?;
        let owner = OWNER.try_with(Clone::clone).unwrap_or_default();
        self.bounds().insert(id.clone(), Bound { owner, last_used: Instant::now() });
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.inner.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        Ok(self.may_use(id) && self.inner.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        if !self.may_use(id) {
            return Ok(());
        }
        self.bounds().remove(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.create_stream(id, message).await
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.resume(id, last_event_id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_answers_and_ends_only_for_its_owner() {
        let sessions = BoundSessions::new(8);
        let (id, _transport) = as_owner("alice", sessions.create_session()).await.unwrap();
        assert!(!as_owner("bob", sessions.has_session(&id)).await.unwrap());
        as_owner("bob", sessions.close_session(&id)).await.unwrap();
        assert!(as_owner("alice", sessions.has_session(&id)).await.unwrap());
        as_owner("alice", sessions.close_session(&id)).await.unwrap();
        assert!(!as_owner("alice", sessions.has_session(&id)).await.unwrap());
        assert!(sessions.bounds().is_empty());
    }

    #[tokio::test]
    async fn a_session_that_ends_by_itself_is_forgotten() {
        let sessions = BoundSessions::new(8);
        let (id, _transport) = as_owner("alice", sessions.create_session()).await.unwrap();
        sessions.close_session(&id).await.unwrap();
        assert!(sessions.bounds().is_empty());
    }
}
