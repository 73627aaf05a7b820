//! The outermost guard: names the request, survives panics, makes every error under `/api` a problem, logs one line.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::HeaderValue;
use mcpbox_core::ids::RequestId;
use mcpbox_listen::RequestName;

use crate::{is_api, problem::Problem};

/// Runs the request, and says how it was answered.
pub(crate) async fn run(req: Request, next: Next) -> Response {
    // Given by the front of the listener; a router that is served without one names it itself.
    let name = req.extensions().get::<RequestName>().map(|name| name.0.to_string());
    let id = name.unwrap_or_else(|| RequestId::generate().to_string());
    let api = is_api(req.uri().path());
    let started = Instant::now();
    let response = AssertUnwindSafe(next.run(req)).catch_unwind().await;
    let response = response.unwrap_or_else(|_| {
        tracing::error!("a handler of the admin API panicked; this is a defect, please report it");
        Problem::internal().into_response()
    });
    let response = name_problem(response, &id, api);
    tracing::debug!(status = response.status().as_u16(), duration_us = started.elapsed().as_micros(), "answered");
    response
}

/// Puts the request id into the answer, and gives errors that came without a problem one.
fn name_problem(mut response: Response, id: &str, api: bool) -> Response {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = problem.or_else(|| (api && failed).then(|| Problem::of_status(status))) {
        let (mut kept, _) = response.into_parts();
        let (named, body) = problem.with_request_id(id.to_owned()).into_response().into_parts();
        kept.headers.remove(http::header::CONTENT_LENGTH);
        kept.headers.extend(named.headers);
        response = Response::from_parts(kept, body);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
