//! Writing records: calls in batches, tests one by one because evidence must be there for what follows.

use std::{collections::HashMap, sync::Arc, time::Duration};

use mcpbox_core::{call::CallRecord, event::LiveEvent, ids::ToolId};
use mcpbox_store::{Store, StoreError, calls, secrets};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::used;
use crate::{evidence, follow::News, room::Room};

/// Most records of one transaction.
const BATCH: usize = 256;
/// Longest time a record waits for others.
const LATENESS: Duration = Duration::from_millis(50);
/// Tries to write a batch before each record is tried alone.
const TRIES: u32 = 3;

/// Records of a tool are counted after so many parts of their room were written.
const PARTS: u64 = 8;
/// Tools whose new records are counted together; with more, all are forgotten and the hourly round counts.
const COUNTED_MAX: usize = 4_096;

/// What writes, and what it wrote of each tool since the last count.
pub(super) struct Writer {
    news: News,
    room: Arc<Room>,
    written: HashMap<ToolId, u64>,
}

impl Writer {
    pub(super) fn new(news: News, room: Arc<Room>) -> Self {
        Self { news, room, written: HashMap::new() }
    }

    /// Writes a batch; when that fails again and again, one by one, so that one bad record cannot take others with it.
    async fn write_batch(&mut self, batch: Vec<CallRecord>) {
        let lost = match self.room.is_used_up() {
            true => batch.len(),
            false => write_or_retry(&self.news.store, &batch).await,
        };
        self.room.wrote(batch.len().saturating_sub(lost));
        if lost > 0 {
            self.room.lost(lost);
        }
        self.news.tell(batch.iter().map(finished).collect()).await;
        self.trim(&batch).await;
    }

    /// Drops the oldest records of tools that fill more than their room.
    async fn trim(&mut self, batch: &[CallRecord]) {
        let most = self.room.runs_per_tool();
        if self.written.len() > COUNTED_MAX {
            self.written.clear();
        }
        for record in batch {
            let written = self.written.entry(record.tool_id).or_default();
            *written += calls::size(record);
            if *written > most / PARTS {
                *written = 0;
                if let Err(error) = calls::trim(&self.news.store, record.tool_id, most).await {
                    tracing::warn!(error = %error, "the oldest records of a tool could not be removed; tried again within the hour");
                }
            }
        }
    }
}

/// Writes what comes, in batches; ends after `stop`, when everything that was sent is written.
pub(super) async fn write_all(mut writer: Writer, mut waiting: mpsc::Receiver<CallRecord>, stop: CancellationToken) {
    loop {
        let first = tokio::select! {
            biased;
            first = waiting.recv() => first,
            () = stop.cancelled(), if !waiting.is_closed() => {
                waiting.close();
                continue;
            }
        };
        let Some(first) = first else { return };
        let deadline = Instant::now() + LATENESS;
        let mut batch = vec![first];
        while batch.len() < BATCH {
            match timeout_at(deadline, waiting.recv()).await {
                Ok(Some(record)) => batch.push(record),
                Ok(None) | Err(_) => break,
            }
        }
        writer.write_batch(batch).await;
    }
}

fn finished(record: &CallRecord) -> LiveEvent {
    LiveEvent::CallFinished { call_id: record.id, tool_id: record.tool_id, succeeded: record.failure.is_none() }
}

/// Gives how many were lost.
async fn write_or_retry(store: &Store, batch: &[CallRecord]) -> usize {
    for attempt in 0..TRIES {
        match write(store, batch).await {
            Ok(()) => return 0,
            // Full now is full in a moment.
            Err(StoreError::Full(_)) => return batch.len(),
            Err(error) => tracing::warn!(error = %error, attempt, "call records could not be written yet"),
        }
        tokio::time::sleep(LATENESS * 2_u32.pow(attempt)).await;
    }
    let mut lost = 0;
    for (at, record) in batch.iter().enumerate() {
        match write(store, std::slice::from_ref(record)).await {
            Ok(()) => {}
            // Not about this record.
            Err(StoreError::Full(_) | StoreError::Busy(_) | StoreError::Away(_)) => return lost + batch.len() - at,
            Err(error) => {
                lost += 1;
                tracing::error!(error = %error, call.id = %record.id, "a call record was lost: the database refuses it");
            }
        }
    }
    lost
}

/// Writes a test run and keeps the evidence of its version within bounds.
pub(super) async fn keep_evidence(news: &News, room: &Room, mut record: CallRecord) -> CallRecord {
    let mut is_kept = false;
    for attempt in 0..TRIES {
        match evidence::keep(&news.store, &mut record).await {
            Ok(()) => {
                is_kept = true;
                break;
            }
            Err(StoreError::Full(_)) => break,
            Err(error) => tracing::warn!(error = %error, attempt, "the record of a test could not be written yet"),
        }
        tokio::time::sleep(LATENESS * 2_u32.pow(attempt)).await;
    }
    if !is_kept {
        room.lost(1);
    }
    news.tell(vec![finished(&record)]).await;
    record
}

async fn write(store: &Store, records: &[CallRecord]) -> Result<(), StoreError> {
    let tx = store.begin_log().await?;
    calls::insert_many(&tx, records).await?;
    secrets::note_use(&tx, &used::secrets(records)).await?;
    tx.commit().await
}
