//! Hears a run whose client may stop waiting: first for the client, later for the task that takes its place.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use mcpbox_core::{
    ask::Asking,
    execute::{Observer, Questions, ToolCalls},
    task::Begun,
};

/// Longest message of a task, bytes.
const MESSAGE_MAX: usize = 500;

/// Hears a run for its client until [`Handover::detach`], and keeps what a task has to tell of it.
pub struct Handover {
    client: Arc<dyn Observer>,
    is_detached: AtomicBool,
    news: Mutex<News>,
}

/// What was said since it was last asked for.
#[derive(Default)]
pub(super) struct News {
    pub(super) run: Option<Begun>,
    pub(super) said: Option<String>,
}

impl Handover {
    /// Hears for `client`.
    pub fn from(client: Arc<dyn Observer>) -> Arc<Self> {
        Arc::new(Self { client, is_detached: AtomicBool::new(false), news: Mutex::default() })
    }

    /// The client hears no more, and is asked no more: it has a task to ask for.
    pub fn detach(&self) {
        self.is_detached.store(true, Ordering::Relaxed);
        if let Asking::Again(rounds) = self.client.asking() {
            rounds.leave();
        }
    }

    /// What is new.
    pub(super) fn news(&self) -> News {
        std::mem::take(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, note: impl FnOnce(&mut News)) {
        note(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn client(&self) -> Option<&Arc<dyn Observer>> {
        (!self.is_detached.load(Ordering::Relaxed)).then_some(&self.client)
    }
}

impl std::fmt::Debug for Handover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handover").field("is_detached", &self.is_detached).finish_non_exhaustive()
    }
}

impl Observer for Handover {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.note(|news| news.said = Some(told(done, total, message.as_deref())));
        if let Some(client) = self.client() {
            client.progress(done, total, message);
        }
    }

    fn log(&self, message: String) {
        if let Some(client) = self.client() {
            client.log(message);
        }
    }

    fn begins(&self, run: Begun) {
        // A script's own run begins first; the calls it makes are heard by nobody.
        self.note(|news| news.run = Some(run));
        self.client.begins(run);
    }

    fn tools(&self) -> Option<&dyn ToolCalls> {
        self.client.tools()
    }

    fn questions(&self) -> Option<&dyn Questions> {
        self.client.questions()
    }

    fn asking(&self) -> Asking {
        self.client.asking()
    }
}

/// Progress in words: `3/10: reading page 3`.
fn told(done: f64, total: Option<f64>, message: Option<&str>) -> String {
    let mut text = match total {
        Some(total) => format!("{done}/{total}"),
        None => done.to_string(),
    };
    if let Some(message) = message {
        text.push_str(": ");
        text.push_str(message);
    }
    text.truncate(text.floor_char_boundary(MESSAGE_MAX));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_words_and_cut() {
        assert_eq!(told(3.0, Some(10.0), Some("page 3")), "3/10: page 3");
        assert_eq!(told(0.5, None, None), "0.5");
        assert_eq!(told(1.0, None, Some(&"ä".repeat(400))).len(), MESSAGE_MAX - 1);
    }
}
