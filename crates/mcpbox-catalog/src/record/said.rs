//! What a run says with `ctx.log`, kept with its record and passed on to whoever listens.

use std::sync::{Arc, Mutex, PoisonError};

use mcpbox_core::{
    execute::{Observer, ToolCalls},
    task::Begun,
};

/// Lines of `ctx.log` kept in a record.
const LOG_LINES: usize = 100;
/// Bytes of all of them.
const LOG_BYTES: usize = 16 << 10;

/// What a run says with `ctx.log`, as much of it as a record keeps.
#[derive(Default)]
pub(super) struct Said(Mutex<Vec<String>>);

impl Said {
    pub(super) fn add(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = lines.iter().map(String::len).sum();
        if lines.len() < LOG_LINES && held < LOG_BYTES {
            let end = line.floor_char_boundary(LOG_BYTES - held);
            lines.push(line.get(..end).unwrap_or_default().to_owned());
        }
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps what a run says, and passes everything on.
pub(super) struct Listening {
    said: Arc<Said>,
    listener: Arc<dyn Observer>,
}

impl Listening {
    pub(super) fn new(said: Arc<Said>, listener: Arc<dyn Observer>) -> Self {
        Self { said, listener }
    }
}

impl Observer for Listening {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.listener.progress(done, total, message);
    }

    fn log(&self, message: String) {
        self.said.add(&message);
        self.listener.log(message);
    }

    fn begins(&self, run: Begun) {
        self.listener.begins(run);
    }

    fn tools(&self) -> Option<&dyn ToolCalls> {
        self.listener.tools()
    }
}
