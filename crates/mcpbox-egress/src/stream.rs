//! An answer that is read part by part while it comes.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::FutureExt as _;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    attempts::OpenAttempt,
    error::{FetchError, FetchErrorKind},
    reply::ReplyBody,
    secrets::Vault,
};

/// An answer whose head is there. Dropping it closes the connection, or gives it back when all was read.
pub struct FetchStream {
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case, clean of secrets.
    pub headers: Vec<(String, String)>,
    /// The URL that answered.
    pub url: String,
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
    pub http_version: &'static str,
    pub(crate) body: ReplyBody,
    pub(crate) guard: StreamGuard,
}

/// What holds for the whole life of an answer.
pub(crate) struct StreamGuard {
    pub(crate) attempt: OpenAttempt,
    pub(crate) vault: Arc<Vault>,
    /// For each part.
    pub(crate) limit: Duration,
    /// For all of it; none for one that lasts.
    pub(crate) deadline: Option<Instant>,
    /// Its place among the open requests of the session.
    pub(crate) _slot: OwnedSemaphorePermit,
}

/// Some bytes of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Clean of secrets.
    pub bytes: Bytes,
    /// Whether nothing follows.
    pub is_last: bool,
}

impl FetchStream {
    /// The same answer without limits for the whole of it, neither of time nor of size: for a stream of events, each of which
    /// its reader bounds. Silence stays limited.
    #[must_use]
    pub fn lasting(mut self) -> Self {
        self.guard.deadline = None;
        self.body.lift_cap();
        self
    }

    /// What comes within this short time, perhaps nothing.
    ///
    /// # Errors
    /// [`FetchError`] when the host breaks off or sends too much.
    pub async fn early(&mut self, max_bytes: usize, patience: Duration) -> Result<Part, FetchError> {
        let mut bytes = BytesMut::new();
        let gathered = timeout(patience, gather(&mut self.body, &mut bytes, max_bytes)).await;
        let is_last = gathered.unwrap_or(Ok(false)).map_err(|error| self.failed(error))?;
        Ok(Part { bytes: bytes.freeze(), is_last })
    }

    /// The next bytes: waits for the first ones, then takes what is there.
    ///
    /// # Errors
    /// [`FetchError`] when the host breaks off, sends too much, or is silent for too long.
    pub async fn part(&mut self, max_bytes: usize) -> Result<Part, FetchError> {
        let patience = Instant::now() + self.guard.limit;
        let until = self.guard.deadline.map_or(patience, |deadline| deadline.min(patience));
        let first = timeout_at(until, self.body.next()).await.unwrap_or_else(|_| Err(self.too_slow()));
        let Some(first) = first.map_err(|error| self.failed(error))? else {
            return Ok(Part { bytes: Bytes::new(), is_last: true });
        };
        let mut bytes = BytesMut::from(first);
        let more = gather(&mut self.body, &mut bytes, max_bytes).now_or_never();
        let is_last = more.unwrap_or(Ok(false)).map_err(|error| self.failed(error))?;
        Ok(Part { bytes: bytes.freeze(), is_last })
    }

    fn too_slow(&self) -> FetchError {
        let limit_ms = self.guard.limit.as_millis();
        let message = if self.guard.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            "the answer takes too long as a whole; ask for it in pieces".to_owned()
        } else {
            format!("the host sent nothing for {limit_ms} ms; ask for less, or raise the request's timeout")
        };
        FetchError::new(FetchErrorKind::Timeout, message)
    }

    /// Writes the failure down and cleans it.
    fn failed(&self, error: FetchError) -> FetchError {
        self.guard.attempt.close_with(&error);
        FetchError { message: self.guard.vault.scrub_all().clean_text(&error.message), ..error }
    }
}

/// Reads on until there are `max_bytes` or nothing follows; the latter is told.
async fn gather(body: &mut ReplyBody, bytes: &mut BytesMut, max_bytes: usize) -> Result<bool, FetchError> {
    while bytes.len() < max_bytes {
        match body.next().await? {
            Some(more) => bytes.extend_from_slice(&more),
            None => return Ok(true),
        }
    }
    Ok(false)
}
