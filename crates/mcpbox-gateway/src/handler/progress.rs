//! Progress of a run, told to the client when it asked for it. The run never waits for the client: what the client is
//! too slow for is dropped, and values that do not grow are left out, as MCP demands.

use std::sync::Arc;

use mcpbox_core::execute::{Observer, Unobserved};
use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::RequestContext,
};
use tokio::sync::mpsc;

/// Notices kept for a slow client.
const BACKLOG: usize = 64;

struct Notice {
    done: f64,
    total: Option<f64>,
    message: Option<String>,
}

struct ProgressObserver(mpsc::Sender<Notice>);

impl Observer for ProgressObserver {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        if self.0.try_send(Notice { done, total, message }).is_err() {
            tracing::trace!("a progress notice was dropped: the client is slower than the tool");
        }
    }

    fn log(&self, _: String) {}
}

/// Runs `work` with an observer, and passes its progress on while it runs.
pub(super) async fn with_progress<W: Future>(
    context: &RequestContext<RoleServer>,
    work: impl FnOnce(Arc<dyn Observer>) -> W,
) -> W::Output {
    let Some(token) = context.meta.get_progress_token() else {
        return work(Arc::new(Unobserved)).await;
    };
    let (sender, mut notices) = mpsc::channel(BACKLOG);
    let mut told = Told { context, token, last: f64::NEG_INFINITY };
    let mut work = std::pin::pin!(work(Arc::new(ProgressObserver(sender))));
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
    token: ProgressToken,
    last: f64,
}

impl Told<'_> {
    async fn tell(&mut self, notice: Notice) {
        if !notice.done.is_finite() || notice.done <= self.last {
            return;
        }
        self.last = notice.done;
        let mut param = ProgressNotificationParam::new(self.token.clone(), notice.done);
        param.total = notice.total.filter(|total| total.is_finite());
        param.message = notice.message;
        if let Err(error) = self.context.peer.notify_progress(param).await {
            tracing::debug!(%error, "progress could not be told");
        }
    }
}
