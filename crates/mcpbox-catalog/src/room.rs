//! Room on the disk. Below the reserve clients write no more, so that admins can go on deciding, and records go on being kept until
//! half of it is used up. On a database elsewhere nothing is known of its disk; it says so itself when it is full.

use std::{
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use mcpbox_core::{
    failure::{Failure, FailureKind},
    settings::Storage,
};
use mcpbox_store::disk;
use serde::Serialize;

use crate::{Catalog, CatalogError};

const MB: u64 = 1_000_000;

/// See the module. Also what is kept of records, how many were written and how many could not be.
#[derive(Debug, Default)]
pub(crate) struct Room {
    place: OnceLock<PathBuf>,
    reserve: AtomicU64,
    runs_per_tool: AtomicU64,
    written: AtomicU64,
    lost: AtomicU64,
}

/// How much room there is for what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageStatus {
    /// Free bytes where the database is; none when it is on another machine.
    pub free_bytes: Option<u64>,
    /// All bytes there.
    pub total_bytes: Option<u64>,
    /// Free bytes below which clients can write no more.
    pub reserve_bytes: u64,
    /// Whether clients can write no more.
    pub is_low: bool,
    /// Records of runs that could not be written since this process started.
    pub lost_records: u64,
}

impl Room {
    /// Takes over what the settings say.
    pub(crate) fn set(&self, settings: &Storage) {
        self.reserve.store(u64::from(settings.reserve_mb) * MB, Ordering::Relaxed);
        self.runs_per_tool.store(u64::from(settings.runs_mb_per_tool) * MB, Ordering::Relaxed);
    }

    /// Most bytes of records of one tool.
    pub(crate) fn runs_per_tool(&self) -> u64 {
        self.runs_per_tool.load(Ordering::Relaxed)
    }

    /// Whether nothing that can be done without should be written any more.
    pub(crate) fn is_used_up(&self) -> bool {
        self.has_less_than(self.reserve.load(Ordering::Relaxed) / 2)
    }

    /// Counts records that were written.
    pub(crate) fn wrote(&self, records: usize) {
        self.written.fetch_add(u64::try_from(records).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How many records were written since this process started.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Counts records that were not written.
    pub(crate) fn lost(&self, records: usize) {
        let before = self.lost.fetch_add(u64::try_from(records).unwrap_or(u64::MAX), Ordering::Relaxed);
        let lost = before.saturating_add(u64::try_from(records).unwrap_or(u64::MAX));
        tracing::error!(
            records,
            lost,
            "records of runs could not be written and are lost; the runs themselves went on"
        );
    }

    fn status(&self) -> StorageStatus {
        let space = self.space();
        let reserve_bytes = self.reserve.load(Ordering::Relaxed);
        StorageStatus {
            free_bytes: space.map(|space| space.free),
            total_bytes: space.map(|space| space.total),
            reserve_bytes,
            is_low: space.is_some_and(|space| space.free < reserve_bytes),
            lost_records: self.lost.load(Ordering::Relaxed),
        }
    }

    fn has_less_than(&self, bytes: u64) -> bool {
        bytes > 0 && self.space().is_some_and(|space| space.free < bytes)
    }

    /// What cannot be told is not held against anybody: the database says when it is full.
    fn space(&self) -> Option<disk::Space> {
        disk::space(self.place.get()?).ok()
    }
}

impl Catalog {
    /// Watches the room of the file system that `place` is on: where the database is, when that is a file.
    pub fn watch_room(&self, place: PathBuf) {
        let _is_watched = self.room.place.set(place);
    }

    /// How much room there is for what is kept.
    pub fn storage(&self) -> StorageStatus {
        self.room.status()
    }

    /// Refuses what a client wants to have kept while the room is low.
    pub(crate) fn check_room(&self) -> Result<(), CatalogError> {
        let status = self.room.status();
        let Some(free) = status.free_bytes.filter(|_| status.is_low) else { return Ok(()) };
        let (free, reserve) = (free / MB, status.reserve_bytes / MB);
        let message = format!(
            "only {free} MB are free on the disk of this MCPbox, and {reserve} MB are kept for its admins; nothing was changed"
        );
        Err(self.storage_full(message).into())
    }

    /// The refusal of a write for which there is no room.
    fn storage_full(&self, message: String) -> Failure {
        Failure::new(FailureKind::StorageFull, message)
            .hint(NO_ROOM)
            .human(self.admin_page("settings"))
            .next("mcpbox_list_servers", serde_json::json!({}))
    }
}

/// What to do when there is no room.
pub(crate) const NO_ROOM: &str = "tell the human to free space on the disk of MCPbox; published tools can be called meanwhile, and deleting \
                                  tools that nobody needs works too";
