//! Records of runs: opened in memory before a run, closed whatever happens (also when the caller goes away), written
//! in batches. A full queue makes callers wait while others are written; only a database that takes nothing loses records, which is counted.

mod said;
mod used;
mod writing;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::{CallRecord, Profile, Trial},
    execute::{Entry, Observed, Observer, Outcome, ToolOutput},
    failure::{Failure, FailureKind},
    ids::{CallId, ServerId, ToolId, VersionId},
    principal::Actor,
    task::Begun,
};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, error::SendTimeoutError},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{follow::News, observe::CallMeters, redact, room::Room};
use said::{Listening, Said};
use writing::{Writer, keep_evidence, write_all};

/// Records that may wait to be written.
const QUEUE: usize = 2_048;
/// Longest wait for room in the queue while nothing is written.
const PATIENCE: Duration = Duration::from_millis(500);
/// Longest wait for room in the queue while others are written.
const LONGEST: Duration = Duration::from_secs(10);
/// Longest result and stdout kept in a record, bytes.
const KEPT_BYTES: usize = 64 << 10;
/// Ends a result that was cut.
const CUT: &str = "… (cut)";

/// Takes records to the writer.
#[derive(Clone)]
pub(crate) struct Records {
    queue: mpsc::Sender<CallRecord>,
    tasks: TaskTracker,
    news: News,
    room: Arc<Room>,
    meters: Arc<CallMeters>,
}

impl Records {
    /// Starts the writer on `writers`; it ends after `stop`, when everything that was sent is written.
    pub(crate) fn start(
        news: News,
        room: Arc<Room>,
        meters: Arc<CallMeters>,
        tasks: TaskTracker,
        writers: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        writers.spawn(write_all(Writer::new(news.clone(), room.clone()), waiting, stop));
        Self { queue, tasks, news, room, meters }
    }

    /// Records that wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// What tells that runs ended.
    pub(crate) fn news(&self) -> &News {
        &self.news
    }

    /// Opens the record of a run.
    pub(crate) fn open(&self, run: Run<'_>, arguments: &Map<String, Value>) -> OpenRecord {
        let record = CallRecord {
            id: CallId::generate(),
            server_id: run.server_id,
            server_name: run.server_name.to_owned(),
            tool_id: run.tool_id,
            tool_name: run.tool_name.to_owned(),
            version_id: run.version_id,
            profile: run.profile,
            actor: run.actor,
            arguments: redact::arguments(arguments),
            result: Value::Null,
            stdout: String::new(),
            logs: Vec::new(),
            failure: Some(Failure::new(
                FailureKind::Cancelled,
                "the caller went away, or MCPbox stopped, before the run ended",
            )),
            observed: Observed { entry: run.entry, ..Observed::default() },
            started_at: run.started_at,
            trial: run.trial,
            parent_id: run.parent,
        };
        OpenRecord { record: Some(record), said: Arc::default(), started: Instant::now(), records: self.clone() }
    }

    /// Hands over a record from where nothing can wait.
    fn send_later(&self, record: CallRecord) {
        if let Err(mpsc::error::TrySendError::Full(record)) = self.queue.try_send(record) {
            let records = self.clone();
            // Without a runtime everything is ending, and nothing can wait for room any more.
            if let Ok(runtime) = Handle::try_current() {
                self.tasks.spawn_on(async move { records.send_soon(record).await }, &runtime);
            }
        }
    }

    /// Waits for room in the queue while there is progress. A database that takes nothing costs records, never calls.
    async fn send_soon(&self, mut record: CallRecord) {
        let give_up = Instant::now() + LONGEST;
        loop {
            let written = self.room.written();
            match self.queue.send_timeout(record, PATIENCE).await {
                Ok(()) => return,
                Err(SendTimeoutError::Timeout(back)) if self.room.written() > written && Instant::now() < give_up => {
                    record = back;
                }
                Err(_) => return self.room.lost(1),
            }
        }
    }
}

/// Which run a record is about.
pub(crate) struct Run<'a> {
    pub(crate) server_id: ServerId,
    pub(crate) server_name: &'a str,
    pub(crate) tool_id: ToolId,
    pub(crate) tool_name: &'a str,
    pub(crate) version_id: VersionId,
    pub(crate) profile: Profile,
    /// Which function runs.
    pub(crate) entry: Entry,
    pub(crate) actor: Actor,
    pub(crate) started_at: DateTime<Utc>,
    /// For a test run: what makes it evidence.
    pub(crate) trial: Option<Trial>,
    /// The script that made the call.
    pub(crate) parent: Option<CallId>,
}

/// A record that will be written, whatever happens to the run: dropped unclosed it says `cancelled`.
pub(crate) struct OpenRecord {
    record: Option<CallRecord>,
    said: Arc<Said>,
    started: Instant,
    records: Records,
}

impl OpenRecord {
    /// Names the run.
    pub(crate) fn id(&self) -> CallId {
        self.record.as_ref().map_or_else(CallId::generate, |record| record.id)
    }

    /// An observer that keeps what the run says with the record, and passes everything on. It is told which run it hears.
    pub(crate) fn observer(&self, listener: Arc<dyn Observer>) -> Arc<dyn Observer> {
        if let Some(record) = &self.record {
            let CallRecord { id: call_id, tool_id, version_id, .. } = *record;
            listener.begins(Begun { call_id, tool_id, version_id });
        }
        Arc::new(Listening::new(self.said.clone(), listener))
    }

    /// Keeps these lines with the record.
    pub(crate) fn note(&self, lines: Vec<String>) {
        lines.iter().for_each(|line| self.said.add(line));
    }

    /// Takes a value unsealed for the run out of what the record keeps.
    pub(crate) fn scrub(&mut self, secret: &SecretString) {
        if let Some(record) = &mut self.record {
            redact::scrub(&mut record.arguments, secret);
        }
    }

    /// Closes the record; it is written within a moment.
    pub(crate) async fn close(mut self, outcome: &Outcome) {
        if let Some(record) = self.closed(outcome) {
            self.send(record).await;
        }
    }

    /// Closes the record of a test and waits until it is written: evidence must be there for what follows. Gives it.
    pub(crate) async fn close_durably(mut self, outcome: &Outcome) -> Option<CallRecord> {
        let record = self.closed(outcome)?;
        let records = self.records.clone();
        let written =
            self.records.tasks.spawn(async move { keep_evidence(&records.news, &records.room, record).await });
        written.await.inspect_err(|lost| tracing::error!(error = %lost, "a test's record was lost")).ok()
    }

    fn closed(&mut self, outcome: &Outcome) -> Option<CallRecord> {
        let mut record = self.record.take()?;
        match &outcome.result {
            Ok(output) => (record.result, record.failure) = (kept_output(output), None),
            Err(failure) => record.failure = Some(failure.clone()),
        }
        record.stdout = kept_text(&outcome.stdout).to_owned();
        record.logs = self.said.take();
        let entry = std::mem::take(&mut record.observed.entry);
        record.observed = Observed { entry, ..outcome.observed.clone() };
        self.records.meters.ended(&record, self.started.elapsed());
        Some(record)
    }

    async fn send(&self, record: CallRecord) {
        // Waiting here is what slows callers down when the database cannot keep up. The send is a task of its own, so
        // that a caller who goes away while waiting takes nothing with it.
        match self.records.queue.try_send(record) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(record)) => Box::pin(self.send_when_room(record)).await,
            Err(mpsc::error::TrySendError::Closed(_)) => self.records.room.lost(1),
        }
    }

    async fn send_when_room(&self, record: CallRecord) {
        let records = self.records.clone();
        let _sent = self.records.tasks.spawn(async move { records.send_soon(record).await }).await;
    }
}

impl Drop for OpenRecord {
    fn drop(&mut self) {
        if let Some(mut record) = self.record.take() {
            record.logs = self.said.take();
            record.observed.duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.records.meters.ended(&record, self.started.elapsed());
            self.records.send_later(record);
        }
    }
}

/// A result as a record keeps it: whole, or the beginning of its JSON. Content blocks stand for a value that is null.
fn kept_output(output: &ToolOutput) -> Value {
    let value = if output.value.is_null() && !output.content.is_empty() {
        Value::from(output.content.clone())
    } else {
        output.value.clone()
    };
    let json = value.to_string();
    if json.len() <= KEPT_BYTES { value } else { Value::from(format!("{}{CUT}", kept_text(&json))) }
}

/// Whether a kept result is only the beginning of what was returned.
pub(crate) fn is_cut(kept: &Value) -> bool {
    kept.as_str().is_some_and(|text| text.len() >= KEPT_BYTES && text.ends_with(CUT))
}

fn kept_text(text: &str) -> &str {
    let end = text.floor_char_boundary(KEPT_BYTES);
    text.get(..end).unwrap_or_default()
}
