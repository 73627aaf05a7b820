//! One call on one worker: the request, the lines of its answer, and what it means when they stop.

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{Method, Response, StatusCode, body::Incoming};
use mcpbox_core::{
    execute::{Observer, Outcome},
    failure::{Failure, FailureKind},
    ids::CallId,
    server::Limits,
};

use super::{
    super::wire::{EXECUTE, Refusal, RefusalCode},
    connection::SendError,
    listen::Listening,
    worker::Worker,
};

/// Largest refusal.
const REFUSAL_MAX: usize = 64 << 10;

/// A call for whichever worker takes it.
pub(super) struct Ordered<'a> {
    pub(super) call_id: CallId,
    /// As it is sent.
    pub(super) body: Bytes,
    pub(super) limits: Limits,
    pub(super) observer: &'a dyn Observer,
}

/// What came of giving a worker a call.
pub(super) enum Attempt {
    /// It ran, or was refused by the worker's sandbox itself.
    Ended(Box<Outcome>),
    /// It certainly did not run, and no worker would run it.
    Refused(Box<Failure>),
    /// It certainly did not run; another worker may.
    NotStarted,
    /// It may have run.
    Lost(String),
}

impl Attempt {
    /// The word, for the metrics.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Ended(_) => "ended",
            Self::Refused(_) => "refused",
            Self::NotStarted => "not_started",
            Self::Lost(_) => "lost",
        }
    }
}

/// Runs it.
pub(super) async fn exchange(worker: &Worker, call: &Ordered<'_>) -> Attempt {
    let response = match worker.connections.send(Method::POST, &worker.door(EXECUTE), call.body.clone()).await {
        Ok(response) => response,
        Err(SendError::NotSent(reason)) => {
            worker.failed(&reason);
            return Attempt::NotStarted;
        }
        Err(SendError::Broken(reason)) => {
            worker.failed(&reason);
            return Attempt::Lost(reason);
        }
    };
    if response.status() == StatusCode::OK {
        return match Listening::to(worker, call).until_outcome(response.into_body()).await {
            Ok(outcome) => Attempt::Ended(Box::new(outcome)),
            Err(reason) => {
                worker.failed(&reason);
                Attempt::Lost(reason)
            }
        };
    }
    match refusal(response).await {
        Ok(refusal) => refused(worker, refusal),
        // Something between us and the worker answered.
        Err(reason) => {
            worker.failed(&reason);
            Attempt::Lost(reason)
        }
    }
}

fn refused(worker: &Worker, Refusal { code, message }: Refusal) -> Attempt {
    match code {
        RefusalCode::TooLarge => {
            let failure = Failure::new(FailureKind::InvalidArguments, message);
            Attempt::Refused(Box::new(
                failure.hint("Pass less at once: arguments and source travel to the sandbox together"),
            ))
        }
        RefusalCode::Malformed => {
            tracing::error!(
                worker.url = worker.name(),
                reason = message,
                "a worker cannot read what this server sends"
            );
            worker.failed(&message);
            Attempt::NotStarted
        }
        RefusalCode::Key | RefusalCode::Protocol | RefusalCode::Ending | RefusalCode::NotFound => {
            worker.failed(&message);
            Attempt::NotStarted
        }
    }
}

/// A refusal in a worker's own words.
///
/// # Errors
/// It is none: who answered, and with which status.
pub(super) async fn refusal(response: Response<Incoming>) -> Result<Refusal, String> {
    let status = response.status();
    let body = Limited::new(response.into_body(), REFUSAL_MAX).collect().await;
    let bytes = body.map_err(|error| format!("its answer broke off: {error}"))?.to_bytes();
    serde_json::from_slice(&bytes).map_err(|_| format!("it answered {status}, which is not what a sandbox worker says"))
}
