//! What a worker says while a call runs: lines until the outcome. A script asks for tools in some of them; those are called here, by
//! whoever decides about calls, and what they return is brought to the worker.

use std::{future::Future, pin::Pin};

use bytes::{Buf, Bytes, BytesMut};
use futures::{StreamExt, stream::FuturesUnordered};
use http_body_util::BodyExt;
use hyper::{Method, StatusCode, body::Incoming};
use mcpbox_core::{
    ask::cannot_ask,
    execute::{BoxFuture, Outcome},
    failure::Failure,
};
use serde_json::Value;

use super::{
    super::wire::{TOOL_RESULT, Told, ToolResult, line_max},
    connection::SendError,
    exchange::{Ordered, refusal},
    worker::Worker,
};

/// Tools that one call may have asked for at once; an honest worker stops before.
const TOOLS_MAX: usize = 256;

type Work<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// See the module. Dropping it ends the tools that were asked for.
pub(super) struct Listening<'a> {
    worker: &'a Worker,
    call: &'a Ordered<'a>,
    tools: FuturesUnordered<Work<'a>>,
}

impl<'a> Listening<'a> {
    pub(super) fn to(worker: &'a Worker, call: &'a Ordered<'a>) -> Self {
        Self { worker, call, tools: FuturesUnordered::new() }
    }

    /// Reads lines until the last.
    ///
    /// # Errors
    /// What ended the conversation before.
    pub(super) async fn until_outcome(mut self, mut body: Incoming) -> Result<Outcome, String> {
        let line_max = line_max(&self.call.limits);
        let mut waiting = BytesMut::new();
        let mut searched = 0;
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                Some(brought) = self.tools.next(), if !self.tools.is_empty() => {
                    brought?;
                    continue;
                }
            };
            let Some(frame) = frame else { return Err("its answer ended without an outcome".into()) };
            let frame = frame.map_err(|error| format!("the connection broke: {error}"))?;
            let Ok(data) = frame.into_data() else { continue };
            waiting.extend_from_slice(&data);
            while let Some(end) = waiting.get(searched..).and_then(|new| new.iter().position(|byte| *byte == b'\n')) {
                let line = waiting.split_to(searched + end);
                waiting.advance(1);
                searched = 0;
                if let Some(outcome) = self.told(&line)? {
                    return Ok(outcome);
                }
            }
            searched = waiting.len();
            if searched > line_max {
                return Err(format!("it sent a line of more than {line_max} bytes"));
            }
        }
    }

    fn told(&mut self, line: &[u8]) -> Result<Option<Outcome>, String> {
        let unreadable = |error: serde_json::Error| {
            format!(
                "it sent a line that cannot be read at column {}; run the same version of MCPbox on both",
                error.column()
            )
        };
        match serde_json::from_slice(line).map_err(unreadable)? {
            Told::Progress { done, total, message } => self.call.observer.progress(done, total, message),
            Told::Log { message } => self.call.observer.log(message),
            Told::Tool { id, name, arguments } => {
                let tools = self.call.observer.tools().filter(|_| self.tools.len() < TOOLS_MAX);
                let tools = tools.ok_or("it asked for tools that its call may not have")?;
                let result = tools.call_tool(name, arguments);
                self.tools.push(Box::pin(bring(self.worker, self.call, id, result)));
            }
            Told::Ask { id, question } => {
                let questions = self.call.observer.questions().filter(|_| self.tools.len() < TOOLS_MAX);
                let result: BoxFuture<'_, _> = match questions {
                    Some(questions) => questions.ask(question),
                    None => Box::pin(async { Err(cannot_ask("nobody is there who could be asked")) }),
                };
                self.tools.push(Box::pin(bring(self.worker, self.call, id, result)));
            }
            Told::Ended(ended) => return ended.outcome().map(Some).map_err(unreadable),
        }
        Ok(None)
    }
}

/// Brings the worker what came of a tool or a question.
async fn bring(
    worker: &Worker,
    call: &Ordered<'_>,
    id: u64,
    result: BoxFuture<'_, Result<Value, Failure>>,
) -> Result<(), String> {
    let result = ToolResult { call_id: call.call_id, id, result: result.await };
    let body = Bytes::from(serde_json::to_vec(&result).map_err(|error| error.to_string())?);
    let sent = worker.connections.send(Method::POST, &worker.door(TOOL_RESULT), body).await;
    let response = sent.map_err(|error| match error {
        SendError::NotSent(reason) | SendError::Broken(reason) => reason,
    })?;
    if response.status() == StatusCode::OK {
        return Ok(());
    }
    Err(refusal(response).await.map_or_else(|reason| reason, |refusal| refusal.message))
}
