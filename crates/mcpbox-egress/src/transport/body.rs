//! An answer's body as it comes from the host, cut off at the cap.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::{connection::Connection, pool::Pool};
use crate::{
    error::{FetchError, FetchErrorKind},
    reply::too_large,
    traffic::Carried,
    upload::UploadState,
};

/// See the module. Dropped before its end, it closes the connection (HTTP/1) or the stream (HTTP/2).
pub(crate) struct LiveBody {
    incoming: Incoming,
    connection: Option<Connection>,
    /// Where the connection goes when all is read; none for one that must not serve another call.
    pool: Option<Arc<Pool>>,
    upload: Option<Arc<UploadState>>,
    host: String,
    max_bytes: usize,
    received: usize,
    carried: Arc<Carried>,
}

impl LiveBody {
    /// The body of an answer that has begun.
    pub(super) fn new(
        incoming: Incoming,
        connection: Connection,
        pool: Option<Arc<Pool>>,
        upload: Option<Arc<UploadState>>,
        host: String,
        max_bytes: usize,
    ) -> Self {
        Self {
            incoming,
            connection: Some(connection),
            pool,
            upload,
            host,
            max_bytes,
            received: 0,
            carried: Arc::default(),
        }
    }

    /// The same, counted here.
    pub(super) fn counted(self, carried: Arc<Carried>) -> Self {
        Self { carried, ..self }
    }

    /// From now on it may be as long as the host likes.
    pub(crate) fn lift_cap(&mut self) {
        self.max_bytes = usize::MAX;
    }

    /// The next bytes; none at the end. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        while let Some(frame) = self.incoming.frame().await {
            let Ok(data) = frame.map_err(|_| self.broken_off())?.into_data() else { continue };
            self.carried.received(data.len());
            self.received = self.received.saturating_add(data.len());
            if self.received > self.max_bytes {
                return Err(too_large(self.max_bytes));
            }
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
        self.put_back();
        Ok(None)
    }

    /// Keeps the connection for later calls, unless a request body is still on its way.
    fn put_back(&mut self) {
        let is_sent = self.upload.as_ref().is_none_or(|upload| upload.is_finished());
        if let (Some(connection), Some(pool), true) = (self.connection.take(), &self.pool, is_sent) {
            pool.put_back(connection);
        }
    }

    fn broken_off(&self) -> FetchError {
        let trouble = self.upload.as_ref().and_then(|upload| upload.trouble());
        trouble.unwrap_or_else(|| {
            let message = format!("{} broke off its answer; try again", self.host);
            FetchError::new(FetchErrorKind::Protocol, message)
        })
    }
}
