//! What a run says while it runs, told to the client when it asked for it: progress by a token, log lines by a level (of the
//! session in the older era, of the request in the newer). The run never waits for the client: what the client is too slow
//! for is dropped, and progress that does not grow is left out, as MCP demands.
#![expect(deprecated, reason = "MCP is about to drop its logging; clients of both eras still ask for it")]

use std::sync::Arc;

use mcpbox_core::execute::{Observer, Unobserved};
use rmcp::{
    RoleServer,
    model::{LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam, ProgressToken},
    service::{RequestContext, ServiceError},
};
use tokio::sync::mpsc;

/// Notices kept for a slow client.
const BACKLOG: usize = 64;

enum Notice {
    Progress { done: f64, total: Option<f64>, message: Option<String> },
    Log(String),
}

/// What the client wants to hear.
pub(super) struct Wanted {
    token: Option<ProgressToken>,
    logs: bool,
}

impl Wanted {
    /// Of a request: `level` is the least severe level of log lines that it wants; none wants none.
    pub(super) fn of(context: &RequestContext<RoleServer>, level: Option<LoggingLevel>) -> Self {
        let logs = matches!(level, Some(LoggingLevel::Debug | LoggingLevel::Info));
        Self { token: context.meta.get_progress_token(), logs }
    }
}

struct Listener {
    notices: mpsc::Sender<Notice>,
    progress: bool,
    logs: bool,
}

impl Listener {
    fn send(&self, notice: Notice) {
        if self.notices.try_send(notice).is_err() {
            tracing::trace!("a notice was dropped: the client is slower than the tool");
        }
    }
}

impl Observer for Listener {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        if self.progress {
            self.send(Notice::Progress { done, total, message });
        }
    }

    fn log(&self, message: String) {
        if self.logs {
            self.send(Notice::Log(message));
        }
    }
}

/// Runs `work` with an observer, and passes on what the client wants to hear while it runs. `name` names the logger.
pub(super) async fn with_notices<W: Future>(
    context: &RequestContext<RoleServer>,
    wanted: Wanted,
    name: &str,
    work: impl FnOnce(Arc<dyn Observer>) -> W,
) -> W::Output {
    if wanted.token.is_none() && !wanted.logs {
        return work(Arc::new(Unobserved)).await;
    }
    let (sender, mut notices) = mpsc::channel(BACKLOG);
    let listener = Listener { notices: sender, progress: wanted.token.is_some(), logs: wanted.logs };
    let mut told = Told { context, name, token: wanted.token, last: f64::NEG_INFINITY };
    let mut work = std::pin::pin!(work(Arc::new(listener)));
    let output = loop {
        tokio::select! {
            output = &mut work => break output,
            Some(notice) = notices.recv() => told.tell(notice).await,
        }
    };
    while let Ok(notice) = notices.try_recv() {
        told.tell(notice).await;
    }
    output
}

struct Told<'a> {
    context: &'a RequestContext<RoleServer>,
    name: &'a str,
    token: Option<ProgressToken>,
    last: f64,
}

impl Told<'_> {
    async fn tell(&mut self, notice: Notice) {
        let told = match notice {
            Notice::Progress { done, total, message } => self.progress(done, total, message).await,
            Notice::Log(line) => self.log(line).await,
        };
        if let Err(error) = told {
            tracing::debug!(%error, "what a run says could not be told");
        }
    }

    async fn progress(&mut self, done: f64, total: Option<f64>, message: Option<String>) -> Result<(), ServiceError> {
        let Some(token) = self.token.clone().filter(|_| done.is_finite() && done > self.last) else { return Ok(()) };
        self.last = done;
        let mut param = ProgressNotificationParam::new(token, done);
        param.total = total.filter(|total| total.is_finite());
        param.message = message;
        self.context.peer.notify_progress(param).await
    }

    async fn log(&self, line: String) -> Result<(), ServiceError> {
        let param = LoggingMessageNotificationParam::new(LoggingLevel::Info, line.into()).with_logger(self.name);
        self.context.peer.notify_logging_message(param).await
    }
}
