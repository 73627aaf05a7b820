//! Restoring a backup file: read, checked against its manifest, its seal and its audit chain, and only then committed. A
//! SQLite database is restored beside its place and put there at the end.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use mcpbox_core::{audit::AuditEntry, principal::Actor};
use mcpbox_store::{
    Keyring, Location, Store, StoreError, audit,
    backup::{BackupError, Header, Input, Manifest, Restoring},
};
use secrecy::SecretString;
use serde_json::json;

use super::{
    BackupFileError,
    file::sync_directory_of,
    passphrase::{Decrypting, MAGIC},
};
use crate::verify;

/// How every file of zstd begins.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Buffer of the reader.
const BUFFER_BYTES: usize = 128 << 10;

/// A backup file, decrypted and decompressed as it is read.
pub struct Opened(Box<dyn BufRead + Send>);

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opened")
    }
}

/// A backup that was restored, and what of it is still to be put in its place.
#[derive(Debug)]
pub struct Restored {
    /// What was restored.
    pub report: RestoreReport,
    /// A SQLite file that was put aside.
    pub replaced: Option<PathBuf>,
}

/// What was restored.
#[derive(Debug, Clone)]
pub struct RestoreReport {
    /// What stood first.
    pub header: Header,
    /// What stood last.
    pub manifest: Manifest,
    /// Events of the audit chain.
    pub audit_rows: u64,
}

/// Opens a backup file; asks for the passphrase if it needs one.
///
/// # Errors
/// [`BackupFileError::NeedsPassphrase`], [`BackupFileError::WrongPassphrase`], [`BackupFileError::File`].
pub fn open(path: &Path, passphrase: Option<&SecretString>) -> Result<Opened, BackupFileError> {
    let failed = |source| BackupFileError::File { path: path.to_owned(), source };
    let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path).map_err(failed)?);
    let front = file.fill_buf().map_err(failed)?;
    let is_encrypted = front.starts_with(MAGIC);
    if !is_encrypted && !front.starts_with(&ZSTD) {
        return Err(BackupError::NotABackup.into());
    }
    let plain: Box<dyn Read + Send> = match (is_encrypted, passphrase) {
        (false, _) => Box::new(file),
        (true, None) => return Err(BackupFileError::NeedsPassphrase),
        (true, Some(passphrase)) => {
            let opened = Decrypting::new(file, passphrase).map_err(failed)?;
            Box::new(opened.ok_or(BackupFileError::WrongPassphrase)?)
        }
    };
    let decoder = zstd::Decoder::new(plain).map_err(|_| BackupError::NotABackup)?;
    Ok(Opened(Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))))
}

/// Restores a backup to `location`. `key` tells which key to open it with, given the one that is included.
///
/// # Errors
/// Nothing was changed then.
pub async fn restore<E: From<BackupFileError>>(
    mut opened: Opened,
    location: &Location,
    replace: bool,
    now: DateTime<Utc>,
    key: impl FnOnce(&Header, Option<&Keyring>) -> Result<Keyring, E>,
) -> Result<Restored, E> {
    let input = Input::open(opened.0.as_mut()).map_err(BackupFileError::from)?;
    let keyring = key(input.header(), input.key())?;
    match location {
        Location::Postgres(_) => {
            let (store, report) = restore_into(input, location, replace, now, &keyring).await?;
            store.close().await;
            Ok(Restored { report, replaced: None })
        }
        Location::Sqlite(path) => Ok(restore_file(input, path, replace, now, &keyring).await?),
    }
}

async fn restore_file(
    input: Input<'_>,
    path: &Path,
    replace: bool,
    now: DateTime<Utc>,
    keyring: &Keyring,
) -> Result<Restored, BackupFileError> {
    let failed = |source| BackupFileError::File { path: path.to_owned(), source };
    let is_there = fs::metadata(path).is_ok_and(|meta| meta.len() > 0);
    if is_there && !replace {
        return Err(BackupError::NotEmpty { location: path.display().to_string() }.into());
    }
    let draft = beside(path, ".restoring");
    remove_database(&draft).map_err(failed)?;
    let restored = restore_into(input, &Location::Sqlite(draft.clone()), false, now, keyring).await;
    let report = match restored {
        Ok((store, report)) => {
            // What is still in the log goes into the file: only the file is moved.
            let whole = store.checkpoint().await;
            store.close().await;
            whole.map_err(BackupError::from)?;
            report
        }
        Err(error) => {
            let _absent = remove_database(&draft);
            return Err(error);
        }
    };
    let replaced = if is_there { Some(put_aside(path, now).map_err(failed)?) } else { None };
    remove_database(path).map_err(failed)?;
    fs::rename(&draft, path).and_then(|()| sync_directory_of(path)).map_err(failed)?;
    remove_database(&draft).map_err(failed)?;
    Ok(Restored { report, replaced })
}

async fn restore_into(
    input: Input<'_>,
    location: &Location,
    replace: bool,
    now: DateTime<Utc>,
    keyring: &Keyring,
) -> Result<(Store, RestoreReport), BackupFileError> {
    let restoring = Restoring::begin(input, location, replace, keyring).await?;
    let internal = |error: crate::CatalogError| BackupFileError::Internal(error.into());
    let checked = verify::verify_at(&restoring.tx).await.map_err(internal)?;
    if !checked.intact {
        let chain = checked.broken_at.map(|sequence| format!("event {sequence} of the audit chain"));
        let first = checked.problems.first().map(|problem| format!("{}: {}", problem.subject, problem.message));
        return Err(BackupFileError::Audit { problem: chain.or(first).unwrap_or_default() });
    }
    let (header, manifest) = (restoring.header.clone(), restoring.manifest.clone());
    let entry = AuditEntry {
        actor: Actor::system("restore"),
        action: "backup.restore",
        subject: format!("backup:{}", header.id),
        detail: json!({"created_at": header.created_at, "rows": manifest.rows()}),
    };
    audit::append(&restoring.tx, entry, now).await.map_err(BackupError::from)?;
    let store = restoring.commit().await.map_err(BackupError::from)?;
    let report = RestoreReport { header, manifest, audit_rows: checked.rows.unwrap_or(0) };
    Ok((store, report))
}

/// Moves a database with its logs to a name that says when it was replaced.
fn put_aside(path: &Path, now: DateTime<Utc>) -> io::Result<PathBuf> {
    let aside = beside(path, &format!(".replaced-{}", now.format("%Y%m%dT%H%M%SZ")));
    for suffix in ["-wal", "-shm", ""] {
        match fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

fn remove_database(path: &Path) -> io::Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

impl From<StoreError> for BackupFileError {
    fn from(error: StoreError) -> Self {
        Self::Backup(error.into())
    }
}
