//! Backups in a folder of the data directory: made when they are due or somebody asks, the oldest removed. What is due is
//! read from the folder, so that a restart changes nothing.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use mcpbox_core::{
    event::LiveEvent,
    failure::{Failure, FailureKind},
    principal::Actor,
};
use serde::Serialize;
use serde_json::json;

use super::{BackupFileError, BackupRequest, file};
use crate::{Admin, Catalog, CatalogError, background::Timer, change::Change};

/// How often it is looked whether one is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After a failure the next try waits so long.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(15);
const PREFIX: &str = "mcpbox-";
const SUFFIX: &str = ".backup";
const STAMP: &str = "%Y%m%dT%H%M%S%3fZ";

/// Where backups are kept, and how the last one went.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    program: &'static str,
    failed: Mutex<Option<FailedBackup>>,
    /// One at a time.
    turn: tokio::sync::Mutex<()>,
}

/// Backups as they are.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BackupState {
    /// The folder.
    pub folder: String,
    /// What is in it, newest first.
    pub items: Vec<StoredBackup>,
    /// When the next one is due; none when the schedule is off.
    pub next_at: Option<DateTime<Utc>>,
    /// The last try, when it failed.
    pub failed: Option<FailedBackup>,
}

/// A backup in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoredBackup {
    /// Its file.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its size.
    pub bytes: u64,
}

/// A backup that could not be made.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailedBackup {
    /// When.
    pub at: DateTime<Utc>,
    /// Why, and what to do.
    pub reason: String,
}

/// Keeps backups in `path` from now on, and looks for due ones until the catalog ends. `program` is the version.
pub fn start(cat: &Arc<Catalog>, path: PathBuf, program: &'static str) {
    let folder = Folder { path, program, failed: Mutex::default(), turn: tokio::sync::Mutex::default() };
    // The first one stays: there is one a process.
    let _ = cat.backups.set(folder);
    let mut timer = Timer::of(cat, LOOK_EVERY, LOOK_EVERY);
    cat.background.spawn(async move {
        while let Some(cat) = timer.next().await {
            // What went wrong is in the state and in the log.
            let _told = make_if_due(&cat).await;
        }
    });
}

/// Makes a backup when the schedule says so.
///
/// # Errors
/// It could not be made; the state of the backups tells so too.
pub async fn make_if_due(cat: &Arc<Catalog>) -> Result<Option<StoredBackup>, CatalogError> {
    match state(cat).await?.next_at {
        Some(at) if at <= cat.now() => make(cat, Actor::system("backup")).await.map(Some),
        _ => Ok(None),
    }
}

/// What is in the folder, when the next one is due, and how the last one went.
///
/// # Errors
/// This process keeps no backups, or the folder cannot be read.
pub async fn state(cat: &Catalog) -> Result<BackupState, CatalogError> {
    let folder = folder(cat)?;
    let items = list(&folder.path).map_err(|error| unreadable(&folder.path, &error))?;
    let failed = folder.failed.lock().map(|failed| failed.clone()).unwrap_or_default();
    let schedule = cat.snapshot().settings().backup;
    let next_at = schedule.is_on.then(|| {
        let every = TimeDelta::hours(i64::from(schedule.every_hours));
        let due = items.first().map_or_else(|| cat.now(), |newest| newest.created_at + every);
        failed.as_ref().map_or(due, |failed| due.max(failed.at + RETRY_AFTER))
    });
    Ok(BackupState { folder: folder.path.display().to_string(), items, next_at, failed })
}

/// Whether backups are wanted and the last one failed. One that was made by hand is seen by whoever made it.
pub(crate) fn is_failing(cat: &Catalog) -> bool {
    let failed = cat.backups.get().is_some_and(|folder| folder.failed.lock().is_ok_and(|failed| failed.is_some()));
    failed && cat.snapshot().settings().backup.is_on
}

/// Makes a backup now, and removes the oldest beyond those that are kept.
///
/// # Errors
/// It could not be made; the state of the backups tells so too.
pub async fn make(cat: &Arc<Catalog>, actor: Actor) -> Result<StoredBackup, CatalogError> {
    let folder = folder(cat)?;
    let _turn = folder.turn.lock().await;
    let now = cat.now();
    let made = write(cat, folder, now).await;
    let failed = made.as_ref().err().map(|error| FailedBackup { at: now, reason: reason(error) });
    if let Some(failed) = &failed {
        tracing::error!(reason = failed.reason, "a backup could not be made");
    }
    if let Ok(mut last) = folder.failed.lock() {
        (*last).clone_from(&failed);
    }
    let stored = made.map_err(|error| {
        let hint = "mend that and make a backup by hand; the schedule tries again by itself";
        CatalogError::from(Failure::new(FailureKind::Unavailable, reason(&error)).hint(hint))
    })?;
    let mut change = Change::begin(cat, actor).await?;
    let detail = json!({"name": stored.name, "bytes": stored.bytes});
    change.audit("backup.create", format!("backup:{}", stored.name), detail).await?;
    // The schedule and what came of it are one page.
    change.tell(LiveEvent::SettingsChanged);
    change.commit().await?;
    prune(&folder.path, usize::try_from(cat.snapshot().settings().backup.keep).unwrap_or(usize::MAX));
    Ok(stored)
}

async fn write(cat: &Catalog, folder: &Folder, now: DateTime<Utc>) -> Result<StoredBackup, BackupFileError> {
    let path = folder.path.clone();
    private_directory(&path).map_err(|source| BackupFileError::File { path: path.clone(), source })?;
    let name = format!("{PREFIX}{}{SUFFIX}", now.format(STAMP));
    let (passphrase, key) = (None, None);
    let request = BackupRequest { path: path.join(&name), passphrase, key, program: folder.program, now };
    let report = file::write(&cat.store, request).await?;
    Ok(StoredBackup { created_at: stamp_of(&name).unwrap_or(now), name, bytes: report.bytes })
}

/// Opens a backup of the folder, to be downloaded.
///
/// # Errors
/// `not_found`.
pub async fn open_stored(cat: &Arc<Catalog>, who: &Admin, name: &str) -> Result<(StoredBackup, File), CatalogError> {
    let folder = folder(cat)?;
    let gone = || Failure::new(FailureKind::NotFound, "there is no such backup").hint("take a name from the list");
    // Only names that this program gives: none of them leads out of the folder.
    let created_at = stamp_of(name).ok_or_else(gone)?;
    let file = File::open(folder.path.join(name)).map_err(|_| gone())?;
    let bytes = file.metadata().map_err(CatalogError::internal)?.len();
    let mut change = Change::begin(cat, who.actor()).await?;
    change.audit("backup.download", format!("backup:{name}"), json!({"bytes": bytes})).await?;
    change.commit().await?;
    Ok((StoredBackup { name: name.to_owned(), created_at, bytes }, file))
}

fn folder(cat: &Catalog) -> Result<&Folder, CatalogError> {
    cat.backups.get().ok_or_else(|| {
        let failure = Failure::new(FailureKind::Unavailable, "this process keeps no backups");
        failure.hint("use `mcpbox backup FILE`, or the process with the admin API").into()
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> CatalogError {
    let message = format!("the folder of the backups {} cannot be read: {error}", path.display());
    Failure::new(FailureKind::Unavailable, message).hint("mend its owner and its permissions").into()
}

/// The error with its causes: people have to see that the disk is full.
fn reason(error: &BackupFileError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn private_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn list(path: &Path) -> std::io::Result<Vec<StoredBackup>> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found: Vec<StoredBackup> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            Some(StoredBackup { created_at: stamp_of(&name)?, bytes: entry.metadata().ok()?.len(), name })
        })
        .collect();
    found.sort_by(|a, b| b.name.cmp(&a.name));
    Ok(found)
}

/// The moment in the name of a backup; none when this program gave no such name.
fn stamp_of(name: &str) -> Option<DateTime<Utc>> {
    let stamp = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let at = NaiveDateTime::parse_from_str(stamp, STAMP).ok()?.and_utc();
    (at.format(STAMP).to_string() == stamp).then_some(at)
}

fn prune(path: &Path, keep: usize) {
    for old in list(path).unwrap_or_default().into_iter().skip(keep.max(1)) {
        if let Err(error) = fs::remove_file(path.join(&old.name)) {
            tracing::warn!(%error, name = old.name, "an old backup could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_this_program_gives_are_names_of_backups() {
        assert!(stamp_of("mcpbox-20261121T230102123Z.backup").is_some());
        for bad in [
            "",
            "mcpbox-.backup",
            "../mcpbox-20261121T230102123Z.backup",
            "mcpbox-20261121T230102123Z.backup.part",
            "mcpbox-20261121T230102Z.backup",
            "mcpbox-20261321T230102123Z.backup",
        ] {
            assert_eq!(stamp_of(bad), None, "{bad}");
        }
    }
}
