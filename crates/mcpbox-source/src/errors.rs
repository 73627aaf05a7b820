//! What a program wrote to its standard error last: read all the time, so that it never waits, and kept a little.

use std::{
    collections::VecDeque,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tokio::{io::AsyncReadExt, net::unix::pipe};

use crate::pace::Pace;

/// Lines that are kept, and how much of each, bytes.
const LINES: usize = 20;
const LINE_MAX: usize = 500;
/// Bytes that are taken at once.
const PART: usize = 16 << 10;

/// See the module. One for each source; it outlives the program.
#[derive(Debug, Default)]
pub(crate) struct Errors(Mutex<VecDeque<String>>);

impl Errors {
    /// The lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
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

    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    let shown: String = scrub(&text).chars().filter(|c| !c.is_control()).take(LINE_MAX).collect();
    if !shown.trim().is_empty() {
        errors.add(shown);
    }
}
