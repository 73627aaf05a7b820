//! One call on one worker: the request, the lines of its answer, and what it means when they stop.

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, Limited};
use hyper::{Method, Response, StatusCode, body::Incoming};
use mcpbox_core::{
    execute::{Observer, Outcome},
    failure::{Failure, FailureKind},
    server::Limits,
};

use super::{
    super::wire::{EXECUTE, Refusal, RefusalCode, Told, line_max},
    connection::SendError,
    worker::Worker,
};

/// Largest refusal.
const REFUSAL_MAX: usize = 64 << 10;

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
pub(super) async fn exchange(worker: &Worker, body: Bytes, limits: &Limits, observer: &dyn Observer) -> Attempt {
    let response = match worker.connections.send(Method::POST, &worker.door(EXECUTE), body).await {
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
        return match lines(response.into_body(), line_max(limits), observer).await {
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

/// Reads lines until the last.
async fn lines(mut body: Incoming, line_max: usize, observer: &dyn Observer) -> Result<Outcome, String> {
    let mut waiting = BytesMut::new();
    let mut searched = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("the connection broke: {error}"))?;
        let Ok(data) = frame.into_data() else { continue };
        waiting.extend_from_slice(&data);
        while let Some(end) = waiting.get(searched..).and_then(|new| new.iter().position(|byte| *byte == b'\n')) {
            let line = waiting.split_to(searched + end);
            waiting.advance(1);
            searched = 0;
            if let Some(outcome) = told(&line, observer)? {
                return Ok(outcome);
            }
        }
        searched = waiting.len();
        if searched > line_max {
            return Err(format!("it sent a line of more than {line_max} bytes"));
        }
    }
    Err("its answer ended without an outcome".into())
}

fn told(line: &[u8], observer: &dyn Observer) -> Result<Option<Outcome>, String> {
    let unreadable = |error: serde_json::Error| {
        format!(
            "it sent a line that cannot be read at column {}; run the same version of MCPbox on both",
            error.column()
        )
    };
    match serde_json::from_slice(line).map_err(unreadable)? {
        Told::Progress { done, total, message } => observer.progress(done, total, message),
        Told::Log { message } => observer.log(message),
        Told::Ended(ended) => return ended.outcome().map(Some).map_err(unreadable),
    }
    Ok(None)
}
