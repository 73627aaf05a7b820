//! What a program wrote to its standard error last: read all the time, so that it never waits, and kept a little.

use std::{
    collections::VecDeque,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError},
};

use mcpbox_core::execute::HostAttempt;
use serde_json::Value;
use tokio::{io::AsyncReadExt, net::unix::pipe, time::Instant};

use crate::pace::Pace;

/// Lines that are kept, and how much of each, bytes.
const LINES: usize = 20;
const LINE_MAX: usize = 500;
/// Refusals that are kept.
const REFUSED: usize = 100;
/// Bytes that are taken at once.
const PART: usize = 16 << 10;

/// See the module. One for each source; it outlives the program.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    lines: Mutex<VecDeque<String>>,
    /// Where it was not let, and when.
    refused: Mutex<VecDeque<(Instant, HostAttempt)>>,
}

impl Errors {
    /// The lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The last line, as the end of a sentence; why the jail could not be made, when it is that.
    pub(crate) fn last_words(&self) -> String {
        let Some(last) = self.lines().pop() else { return String::new() };
        let told: Value = serde_json::from_str(&last).unwrap_or_default();
        let part = |name: &str| told.get(name).and_then(Value::as_str);
        match (part("layer"), part("step"), part("reason"), part("fix")) {
            (Some(layer), Some(step), Some(reason), Some(fix)) => {
                format!("; its jail cannot be made ({layer}): {step} failed: {reason}. {fix}")
            }
            _ => format!("; the last it wrote to its standard error: {last}"),
        }
    }

    /// Adds a line of ours.
    pub(crate) fn note(&self, line: &str) {
        self.add(shown(line));
    }

    /// Keeps a refusal for the records of the calls that run.
    pub(crate) fn refused(&self, attempt: HostAttempt) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() == REFUSED {
            refused.pop_front();
        }
        refused.push_back((Instant::now(), attempt));
    }

    /// The refusals since then. Which of several calls at once a program wanted something for, nobody can tell: each is told of it.
    pub(crate) fn refused_since(&self, since: Instant) -> Vec<HostAttempt> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.iter().filter(|(at, _)| *at >= since).map(|(_, attempt)| attempt.clone()).collect()
    }

    fn add(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Reads until the program ends. Secrets are taken out by `scrub`.
pub(crate) async fn read(stream: OwnedFd, errors: Arc<Errors>, scrub: impl Fn(&str) -> String) {
    let Ok(mut stream) = pipe::Receiver::from_owned_fd(stream) else { return };
    let mut pace = Pace::default();
    let (mut part, mut line) = (vec![0; PART], Vec::new());
    while let Ok(count @ 1..) = stream.read(&mut part).await {
        for byte in part.iter().take(count) {
            match byte {
                b'\n' => keep(&errors, &mut line, &scrub),
                // Room for a secret that begins before what is shown ends.
                _ if line.len() < LINE_MAX * 4 => line.push(*byte),
                _ => {}
            }
        }
        pace.count(count);
        pace.turn().await;
    }
    keep(&errors, &mut line, &scrub);
}

fn keep(errors: &Errors, line: &mut Vec<u8>, scrub: impl Fn(&str) -> String) {
    let text = String::from_utf8_lossy(line).into_owned();
    line.clear();
    let shown = shown(&scrub(&text));
    if !shown.trim().is_empty() {
        errors.add(shown);
    }
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LINE_MAX).collect()
}
