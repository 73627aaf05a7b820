//! Writing records: calls in batches, tests one by one because evidence must be there for what follows.

use std::time::Duration;

use mcpbox_core::{call::CallRecord, event::LiveEvent};
use mcpbox_store::{Store, StoreError, calls, secrets};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::used;
use crate::{evidence, follow::News};

/// Most records of one transaction.
const BATCH: usize = 256;
/// Longest time a record waits for others.
const LATENESS: Duration = Duration::from_millis(50);
/// Tries to write a batch before each record is tried alone.
const TRIES: u32 = 3;

/// Writes what comes, in batches; ends after `stop`, when everything that was sent is written.
pub(super) async fn write_all(news: News, mut waiting: mpsc::Receiver<CallRecord>, stop: CancellationToken) {
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
        write_batch(&news, batch).await;
    }
}

/// Writes a batch; when that fails again and again, one by one, so that one bad record cannot take others with it.
async fn write_batch(news: &News, batch: Vec<CallRecord>) {
    write_or_retry(&news.store, &batch).await;
    news.tell(batch.iter().map(finished).collect()).await;
}

fn finished(record: &CallRecord) -> LiveEvent {
    LiveEvent::CallFinished { call_id: record.id, tool_id: record.tool_id, succeeded: record.failure.is_none() }
}

async fn write_or_retry(store: &Store, batch: &[CallRecord]) {
    for attempt in 0..TRIES {
        match write(store, batch).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(error = %error, attempt, "call records could not be written yet"),
        }
        tokio::time::sleep(LATENESS * 2_u32.pow(attempt)).await;
    }
    for record in batch {
        if let Err(error) = write(store, std::slice::from_ref(record)).await {
            tracing::error!(error = %error, call.id = %record.id, "a call record was lost: the database refuses it");
        }
    }
}

/// Writes a test run and keeps the evidence of its version within bounds.
pub(super) async fn keep_evidence(news: &News, mut record: CallRecord) -> CallRecord {
    let mut is_kept = false;
    for attempt in 0..TRIES {
        match evidence::keep(&news.store, &mut record).await {
            Ok(()) => {
                is_kept = true;
                break;
            }
            Err(error) => tracing::warn!(error = %error, attempt, "the record of a test could not be written yet"),
        }
        tokio::time::sleep(LATENESS * 2_u32.pow(attempt)).await;
    }
    if !is_kept {
        tracing::error!(call.id = %record.id, "the record of a test was lost: the database refuses it");
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
