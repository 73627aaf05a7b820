//! One request: who asks, in which protocol, for what. Everything but an answer of 200 means that nothing was run.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use mcpbox_core::execute::Executor;
use mcpbox_listen::Body;
use serde::Serialize;

use super::{
    super::wire::{
        Asked, EXECUTE, HEALTH, INSTALL, METRICS, PROTOCOL, PROTOCOL_HEADER, REMOVE_UNUSED, REQUEST_MAX, RESOLVE,
        Refusal, RefusalCode, STATUS, Said, TOOL_RESULT, WorkerStatus,
    },
    Open, packages,
    run::{RunBody, run},
};
use crate::METRICS_CONTENT_TYPE;

/// How long a client may take to send a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// The content type of a run's answer: one JSON value per line.
const LINES: &str = "application/x-ndjson";

type Answer = Response<Either<Full<Bytes>, RunBody>>;

/// Answers.
pub(super) async fn answer(open: &Arc<Open>, request: Request<Body>) -> Answer {
    match route(open, request).await {
        Ok(answer) => answer,
        Err(refusal) => {
            open.door.sandbox.counters().refused(refusal.code.as_str());
            let status = match refusal.code {
                RefusalCode::Key => StatusCode::UNAUTHORIZED,
                RefusalCode::Protocol => StatusCode::CONFLICT,
                RefusalCode::Ending => StatusCode::SERVICE_UNAVAILABLE,
                RefusalCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                RefusalCode::Malformed => StatusCode::BAD_REQUEST,
                RefusalCode::NotFound => StatusCode::NOT_FOUND,
            };
            json(status, &refusal)
        }
    }
}

async fn route(open: &Arc<Open>, request: Request<Body>) -> Result<Answer, Refusal> {
    let path = request.uri().path();
    if (request.method(), path) == (&Method::GET, HEALTH) {
        // That it lives is no secret.
        return Ok(json(StatusCode::OK, &serde_json::json!({"status": "ok"})));
    }
    authorise(open, &request, path == METRICS)?;
    match (request.method(), path) {
        (&Method::POST, EXECUTE) => execute(open, request).await,
        (&Method::POST, TOOL_RESULT) => {
            let request = receive(request).await?;
            let result = serde_json::from_slice(&request).map_err(|error| malformed(&describe(&error)))?;
            open.scripts.bring(result);
            Ok(json(StatusCode::OK, &()))
        }
        (&Method::POST, RESOLVE) => {
            let request = begin(open, request).await?;
            said(packages::resolve(&open.door.sandbox, &request).await)
        }
        (&Method::POST, INSTALL) => {
            let request = begin(open, request).await?;
            said(packages::install(&open.door.sandbox, &request).await)
        }
        (&Method::POST, REMOVE_UNUSED) => {
            let request = begin(open, request).await?;
            said(packages::remove_unused(&open.door.sandbox, &request).await)
        }
        (&Method::GET, STATUS) => Ok(json(StatusCode::OK, &status(open))),
        (&Method::GET, METRICS) => {
            Ok(with_body(StatusCode::OK, METRICS_CONTENT_TYPE, open.door.sandbox.metrics().into()))
        }
        _ => Err(refusal(
            RefusalCode::NotFound,
            "There are POST /execute, /tool_result, /resolve, /install and /remove_unused, GET /status, /metrics and /health",
        )),
    }
}

/// The key opens everything; the metrics token only the metrics.
fn authorise(open: &Open, request: &Request<Body>, is_metrics: bool) -> Result<(), Refusal> {
    let shown = request.headers().get(AUTHORIZATION).map_or(&[][..], HeaderValue::as_bytes);
    let may_read = is_metrics && open.door.metrics_token.as_ref().is_some_and(|token| token.accepts(shown));
    if may_read || open.door.key.accepts(shown) {
        return Ok(());
    }
    Err(refusal(
        RefusalCode::Key,
        "This worker wants its key: set MCPBOX_SANDBOX_KEY to the same value here and on the server",
    ))
}

async fn execute(open: &Arc<Open>, request: Request<Body>) -> Result<Answer, Refusal> {
    let bytes = receive(request).await?;
    // First in, then looked: whoever ends the worker waits for all that saw it open.
    let place = open.calls.token();
    check_open(open)?;
    // The error names a field or a place, and may quote a short value: secrets come last and have names of their own.
    let (execution, tools) = Asked::decode(&bytes).map_err(|error| malformed(&describe(&error)))?;
    let mut answer = Response::new(Either::Right(run(open, execution, tools, place)));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(LINES));
    Ok(answer)
}

/// What a client of the same protocol sent, while the worker takes work.
async fn begin(open: &Open, request: Request<Body>) -> Result<Bytes, Refusal> {
    let bytes = receive(request).await?;
    check_open(open)?;
    Ok(bytes)
}

fn check_open(open: &Open) -> Result<(), Refusal> {
    if open.ending.is_cancelled() {
        return Err(refusal(RefusalCode::Ending, "this worker is ending; send the call to another"));
    }
    Ok(())
}

/// What a client of the same protocol sent.
async fn receive(request: Request<Body>) -> Result<Bytes, Refusal> {
    let theirs = request.headers().get(PROTOCOL_HEADER).and_then(|value| value.to_str().ok()).unwrap_or("none");
    if theirs != PROTOCOL {
        let message = format!(
            "this worker (MCPbox {}) speaks protocol {PROTOCOL}, the server {theirs}; run the same version of MCPbox on both",
            env!("CARGO_PKG_VERSION")
        );
        return Err(refusal(RefusalCode::Protocol, message));
    }
    read(request.into_body()).await
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let whole = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, REQUEST_MAX).collect()).await;
    match whole {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("the call is larger than {} MiB", REQUEST_MAX >> 20);
            Err(refusal(RefusalCode::TooLarge, message))
        }
        Ok(Err(_)) => Err(malformed("it broke off")),
        Err(_) => Err(malformed("it did not arrive in time")),
    }
}

fn malformed(what: &str) -> Refusal {
    refusal(RefusalCode::Malformed, format!("the request cannot be read: {what}"))
}

/// The answer about packages.
fn said<T: Serialize>(said: Result<Said<T>, serde_json::Error>) -> Result<Answer, Refusal> {
    said.map(|said| json(StatusCode::OK, &said)).map_err(|error| malformed(&describe(&error)))
}

/// Where it went wrong. The message itself is left out where it could quote a value.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = if text.starts_with("unknown field") || text.starts_with("missing field") {
        text
    } else {
        format!("line {} column {}", error.line(), error.column())
    };
    format!("{what}; run the same version of MCPbox on server and worker")
}

fn status(open: &Open) -> WorkerStatus {
    WorkerStatus {
        protocol: PROTOCOL.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        is_ending: open.ending.is_cancelled(),
        sandbox: open.door.sandbox.status(),
    }
}

fn refusal(code: RefusalCode, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    with_body(status, "application/json", serde_json::to_vec(value).unwrap_or_default().into())
}

fn with_body(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
