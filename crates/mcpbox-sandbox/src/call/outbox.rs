//! The frames that wait to be sent to a child.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use mcpbox_core::failure::Failure;
use mcpbox_egress::{FetchError, Part};
use serde_json::Value;
use tokio::net::UnixStream;

use super::fetches::Head;
use crate::wire::{Say, SayError, frame};

/// Frames that may wait for a child that does not read; far more than anybody asks for at once.
const UNREAD_MAX: usize = 65_536;

/// Bytes that may wait before results of tools are left where they are.
const FULL: usize = 4 << 20;

/// See the module.
#[derive(Default)]
pub(super) struct Outbox(VecDeque<Bytes>);

impl Outbox {
    pub(super) fn push(&mut self, frame: Bytes) {
        self.0.push_back(frame);
    }

    /// The beginning of an answer.
    pub(super) fn head(&mut self, id: u64, head: &Head) {
        match head {
            Ok((answer, part)) => {
                let (headers, http_version) = (&answer.headers[..], answer.http_version);
                let say = Say::HttpResult { id, status: answer.status, headers, http_version, more: !part.is_last };
                self.push(frame(&say, &[&part.bytes]));
            }
            Err(error) => self.fail(id, error),
        }
    }

    /// The next part of an answer.
    pub(super) fn part(&mut self, id: u64, part: &Result<Part, FetchError>) {
        match part {
            Ok(part) => self.push(frame(&Say::HttpData { id, more: !part.is_last }, &[&part.bytes])),
            Err(error) => self.fail(id, error),
        }
    }

    /// The next part of a request's body is wanted.
    pub(super) fn want(&mut self, id: u64) {
        self.push(frame(&Say::HttpWants { id, wants: true }, &[]));
    }

    fn fail(&mut self, id: u64, error: &FetchError) {
        self.refuse(id, error.kind.as_str(), &error.message);
    }

    /// There is no answer.
    pub(super) fn refuse(&mut self, id: u64, kind: &str, message: &str) {
        self.push(frame(&Say::HttpError { id, error: SayError { kind, message } }, &[]));
    }

    /// What a tool returned that the child called.
    pub(super) fn tool(&mut self, id: u64, ended: &Result<Value, Failure>) {
        let frame = match ended {
            Ok(value) => frame(&Say::ToolResult { id }, &[value.to_string().as_bytes()]),
            Err(failure) => frame(&Say::ToolError { id, failure }, &[]),
        };
        self.push(frame);
    }

    /// Whether so much waits that nothing more should be fetched for now.
    pub(super) fn is_full(&self) -> bool {
        self.0.iter().map(Bytes::len).sum::<usize>() > FULL
    }

    /// Whether so much waits that the child cannot be meaning well.
    pub(super) fn is_flooded(&self) -> bool {
        self.0.len() > UNREAD_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sends as much as the socket takes, or waits for room. A closed socket is noticed by the reader.
    pub(super) async fn send(&mut self, stream: &UnixStream) {
        let Some(bytes) = self.0.front_mut() else { return };
        match stream.try_write(bytes) {
            Ok(count) => bytes.advance(count),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                let _ = stream.writable().await;
                return;
            }
            Err(_) => bytes.clear(),
        }
        if bytes.is_empty() {
            self.0.pop_front();
        }
    }
}
